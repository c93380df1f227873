// Package supplyhttp lets the operator record what things cost and ask what a car costs.
package supplyhttp

import (
	"context"
	"encoding/base64"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/platform/web"
	"roadbook/supply"
)

// one is an answer of one record, many one of a page of them.
type one[T any] struct{ Body T }

type many[T any] struct {
	Body struct {
		Data       []T    `json:"data"`
		NextCursor string `json:"next_cursor,omitempty" doc:"absent on the last page"`
	}
}

// Page asks for a page.
type Page struct {
	Cursor string `query:"cursor" doc:"next_cursor of the page before" maxLength:"400"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

// Key is the header that makes a POST repeatable.
type Key struct {
	Key string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"255" doc:"the same key with the same body has no second effect; with another body it is refused"`
}

type creation[T any] struct {
	Key
	Body T
}

func op(id, method, path, summary string) huma.Operation {
	o := huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"supply"}}
	if method == http.MethodPost {
		o.DefaultStatus = http.StatusCreated
	}
	return o
}

// create adds a POST route; prefix names the ids that are made from the caller's key.
func create[In, Out any](api huma.API, id, path, summary, prefix string, do func(ctx context.Context, request string, in In) (Out, error)) {
	huma.Register(api, op(id, http.MethodPost, path, summary), func(ctx context.Context, in *creation[In]) (*one[Out], error) {
		request, err := web.Key(prefix, path, in.Key.Key)
		if err != nil {
			return nil, web.Error(err)
		}
		out, err := do(ctx, request, in.Body)
		return &one[Out]{out}, web.Error(err)
	})
}

// list adds a GET route of a table; key is what the cursor holds of a record.
func list[T any](api huma.API, id, path, summary string, do func(ctx context.Context, after string, limit int) ([]T, error), key func(T) string) {
	huma.Register(api, op(id, http.MethodGet, path, summary), func(ctx context.Context, in *Page) (*many[T], error) {
		after, err := base64.RawURLEncoding.DecodeString(in.Cursor)
		if err != nil {
			return nil, web.Error(fault.New(fault.Invalid, "cursor", "the cursor is not one that a list has returned").At("/cursor"))
		}
		page, err := do(ctx, string(after), in.Limit)
		out := all(page)
		if len(page) == in.Limit {
			out.Body.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(key(page[len(page)-1])))
		}
		return out, web.Error(err)
	})
}

func all[T any](data []T) *many[T] {
	out := &many[T]{}
	out.Body.Data = append([]T{}, data...)
	return out
}

// Register adds the operator's routes.
func Register(api huma.API, s *supply.Service) {
	create(api, "supplier-create", "/v1/suppliers", "Record a supplier", "sup", s.AddSupplier)
	list(api, "suppliers", "/v1/suppliers", "List suppliers", s.Suppliers, func(p supply.Supplier) string { return p.ID })
	exclusions(api, s)

	create(api, "pack-contract-create", "/v1/pack-contracts", "Record a contract for battery packs", "pct", s.AddContract)
	list(api, "pack-contracts", "/v1/pack-contracts", "List contracts for battery packs", s.Contracts, func(c supply.Contract) string { return c.ID })

	create(api, "pack-lot-create", "/v1/pack-lots", "Receive a lot of packs; each pack's price is fixed now", "lot",
		func(ctx context.Context, request string, in lotBody) (supply.Lot, error) {
			return s.Receive(ctx, supply.Lot{ID: request, Contract: in.Contract, Serials: in.Serials, Received: in.Received,
				Passport: in.Passport, Chemistry: in.Chemistry, CO2: in.CO2, Recycled: in.Recycled})
		})
	list(api, "pack-lots", "/v1/pack-lots", "List lots of packs", s.Lots, func(l supply.Lot) string { return l.ID })
	huma.Register(api, op("pack", http.MethodGet, "/v1/packs/{serial}", "Show a pack, its price and the car that it is in"),
		func(ctx context.Context, in *struct {
			Serial string `path:"serial"`
		}) (*one[supply.Pack], error) {
			p, err := s.Pack(ctx, in.Serial)
			return &one[supply.Pack]{p}, web.Error(err)
		})
	models(api, s)
	prices(api, s)
	sources(api, s)
	contracts(api, s)
	lives(api, s)
	costs(api, s)
}

type lotBody struct {
	Contract string      `json:"contract"`
	Serials  []string    `json:"serials" minItems:"1"`
	Received period.Date `json:"received"`

	Passport  string                `json:"passport,omitempty" doc:"id of the battery passports of its packs"`
	Chemistry string                `json:"chemistry,omitempty" doc:"as the supplier tells it; another than the contract's is refused"`
	CO2       money.Decimal         `json:"kgco2e_per_kwh,omitempty" doc:"carbon footprint"`
	Recycled  supply.RecycledShares `json:"recycled,omitzero" doc:"shares of ni, co, li and pb recovered from waste, 0 to 1"`
}

type exclusionBody struct {
	Span     period.Span `json:"span"`
	Reason   string      `json:"reason"`
	Owner    string      `json:"owner" doc:"who answers for the decision"`
	Evidence string      `json:"evidence" doc:"what it rests on"`

	Scope  supply.Scope       `json:"scope,omitzero" doc:"default everything of the supplier"`
	Review period.Date        `json:"review,omitempty" doc:"day on which it is to be looked at again at the latest"`
	Record *evidence.Evidence `json:"record,omitempty" doc:"where, since when and by whom it is known"`
}

func exclusions(api huma.API, s *supply.Service) {
	const path = "/v1/suppliers/{supplier}/exclusions" // a key is of one supplier's list
	huma.Register(api, op("exclusion-create", http.MethodPost, path, "Exclude a supplier for a span of days"),
		func(ctx context.Context, in *struct {
			Key
			Body     exclusionBody
			Supplier string `path:"supplier"`
		}) (*one[supply.Exclusion], error) {
			request, err := web.Key("exc", path+" "+in.Supplier, in.Key.Key)
			if err != nil {
				return nil, web.Error(err)
			}
			b := in.Body
			e, err := s.Exclude(ctx, supply.Exclusion{ID: request, Supplier: in.Supplier, Span: b.Span, Reason: b.Reason, Owner: b.Owner, Evidence: b.Evidence,
				Scope: b.Scope, Review: b.Review, Record: b.Record})
			return &one[supply.Exclusion]{e}, web.Error(err)
		})
	huma.Register(api, op("exclusions", http.MethodGet, path, "List a supplier's exclusions, past ones too"),
		func(ctx context.Context, in *struct {
			Supplier string `path:"supplier"`
		}) (*many[supply.Exclusion], error) {
			found, err := s.Exclusions(ctx, in.Supplier)
			return all(found), web.Error(err)
		})
}

func models(api huma.API, s *supply.Service) {
	create(api, "model-create", "/v1/models", "Record a model with its bill of materials", "mdl", s.AddModel)
	list(api, "models", "/v1/models", "List models", s.Models, func(m supply.Model) string { return m.ID })
	huma.Register(api, op("model", http.MethodGet, "/v1/models/{model}", "Show a model with its bill of materials"),
		func(ctx context.Context, in *struct {
			Model string `path:"model"`
		}) (*one[supply.Model], error) {
			m, err := s.Model(ctx, in.Model)
			return &one[supply.Model]{m}, web.Error(err)
		})
	const lines = "/v1/models/{model}/lines" // a key is of one model's lines
	huma.Register(api, op("model-line-create", http.MethodPost, lines, "Add a part, or a part's new price from a day on"),
		func(ctx context.Context, in *struct {
			Key
			Body  supply.Line
			Model string `path:"model"`
		}) (*one[supply.Line], error) {
			request, err := web.Key("bom", lines+" "+in.Model, in.Key.Key)
			if err != nil {
				return nil, web.Error(err)
			}
			l, err := s.AddLine(ctx, request, in.Model, in.Body)
			return &one[supply.Line]{l}, web.Error(err)
		})
	huma.Register(api, op("model-floor", http.MethodGet, "/v1/models/{model}/floor", "Show the lowest price at a target margin, and how it comes about"),
		func(ctx context.Context, in *struct {
			Model  string `path:"model"`
			Serial string `query:"serial" doc:"pack; default the cheapest in stock"`
			Date   string `query:"date" required:"true" doc:"day on which the car is built"`
			Margin string `query:"margin" default:"0.01" doc:"0.01 is one percent"`
		}) (*one[supply.Floor], error) {
			f, err := s.Floor(ctx, in.Model, in.Serial, period.Date(in.Date), money.Decimal(in.Margin))
			return &one[supply.Floor]{f}, web.Error(err)
		})
}

type tariffBody struct {
	Meter    string         `json:"meter"`
	Supplier string         `json:"supplier"`
	Currency money.Currency `json:"currency"`
	Price    money.Decimal  `json:"price" doc:"major units for every per units of the meter"`
	Per      int64          `json:"per,omitempty" default:"1" doc:"a power of ten; 1000000000 prices bytes by the gigabyte"`
	Valid    period.Span    `json:"valid"`
	Source   string         `json:"source"`
}

type rateBody struct {
	From   money.Currency `json:"from"`
	To     money.Currency `json:"to"`
	Rate   money.Decimal  `json:"rate" doc:"units of to for one unit of from"`
	Date   period.Date    `json:"date"`
	Source string         `json:"source"`
}

func prices(api huma.API, s *supply.Service) {
	create(api, "tariff-create", "/v1/tariffs", "Record a tariff of a metered service", "tar",
		func(ctx context.Context, request string, b tariffBody) (supply.Tariff, error) {
			return s.AddTariff(ctx, supply.Tariff{ID: request, Meter: b.Meter, Supplier: b.Supplier, Currency: b.Currency, Price: b.Price,
				Per: b.Per, Valid: b.Valid, Source: b.Source})
		})
	huma.Register(api, op("tariffs", http.MethodGet, "/v1/tariffs", "List tariffs"),
		func(ctx context.Context, in *struct {
			Meter string `query:"meter"`
		}) (*many[supply.Tariff], error) {
			found, err := s.Tariffs(ctx, in.Meter)
			return all(found), web.Error(err)
		})
	create(api, "rate-create", "/v1/rates", "Record an exchange rate of a day", "fxr",
		func(ctx context.Context, request string, b rateBody) (supply.Rate, error) {
			return s.AddRate(ctx, supply.Rate{ID: request, From: b.From, To: b.To, Rate: b.Rate, Date: b.Date, Source: b.Source})
		})
	list(api, "rates", "/v1/rates", "List exchange rates", s.Rates, func(r supply.Rate) string { return r.ID })
}
