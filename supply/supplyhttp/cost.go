package supplyhttp

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/money"
	"roadbook/period"
	"roadbook/supply"
)

// TrimPath names a trim of a model in a path.
type TrimPath struct {
	Model string `path:"model"`
	Trim  string `path:"trim"`
}

type structureCreation struct {
	Key
	TrimPath
	Body supply.Structure
}

// ModelPath names a model in a path.
type ModelPath struct {
	Model string `path:"model"`
}

type creditCreation struct {
	Key
	ModelPath
	Body supply.Credit
}

// Asked says for which day, as of when and for how many a cost is asked.
type Asked struct {
	Date     string `query:"date" required:"true" doc:"day"`
	AsOf     string `query:"as_of" doc:"what was known on this day; default the date"`
	Volume   int64  `query:"volume" minimum:"0" doc:"pieces of a part in one order; default 1000"`
	Currency string `query:"currency" doc:"default that of the model or of the books"`
}

func (a Asked) asked() supply.Asked {
	return supply.Asked{Date: period.Date(a.Date), AsOf: period.Date(a.AsOf), Volume: a.Volume, Currency: money.Currency(a.Currency)}
}

// costs adds what parts cost and should cost, and what a trim of a model comes to.
func costs(api huma.API, s *supply.Service) {
	const structures = "/v1/models/{model}/trims/{trim}/structures"
	keyed(api, "structure-create", structures, "Record a version of a trim's bill of materials", "str",
		func(in *structureCreation) (string, string) { return in.Key.Key, in.Model + " " + in.Trim },
		func(ctx context.Context, request string, in *structureCreation) (supply.Structure, error) {
			in.Body.Model, in.Body.Trim = in.Model, in.Trim
			return s.AddStructure(ctx, request, in.Body)
		})
	found(api, "structures", structures, "List the versions of a trim's bill of materials", func(ctx context.Context, in *TrimPath) ([]supply.Structure, error) {
		return s.Structures(ctx, in.Model, in.Trim)
	})
	get(api, "trim-cost", "/v1/models/{model}/trims/{trim}/cost", "Add up what a trim costs: should-cost, and the best quotes beside it", func(ctx context.Context, in *struct {
		TrimPath
		Asked
	}) (supply.RollUp, error) {
		return s.RollUp(ctx, in.Model, in.Trim, in.asked())
	})
	create(api, "should-cost-create", "/v1/should-costs", "Record what a part should cost by material, process and overhead", "sho", s.AddShouldCost)
	found(api, "should-costs", "/v1/should-costs", "List should-costs", func(ctx context.Context, in *partQuery) ([]supply.ShouldCost, error) {
		return s.ShouldCosts(ctx, in.Part)
	})
	create(api, "quote-create", "/v1/quotes", "Record what a supplier asks for a part", "quo", s.AddQuote)
	found(api, "quotes", "/v1/quotes", "List quotes", func(ctx context.Context, in *partQuery) ([]supply.Quote, error) {
		return s.Quotes(ctx, in.Part)
	})
	get(api, "part-quotes", "/v1/parts/{part}/quotes", "Compare a part's quotes on a day with its should-cost and with each other", func(ctx context.Context, in *struct {
		Part string `path:"part"`
		Asked
	}) (supply.Comparison, error) {
		return s.Compare(ctx, in.Part, in.asked())
	})
	const credits = "/v1/models/{model}/credits"
	keyed(api, "credit-create", credits, "Record what software is worth per car at a confidence; it lowers the price floor", "crd",
		func(in *creditCreation) (string, string) { return in.Key.Key, in.Model },
		func(ctx context.Context, request string, in *creditCreation) (supply.Credit, error) {
			in.Body.Model = in.Model
			return s.AddCredit(ctx, request, in.Body)
		})
	found(api, "credits", credits, "List a model's software credits", func(ctx context.Context, in *ModelPath) ([]supply.Credit, error) {
		return s.Credits(ctx, in.Model)
	})
}
