package supplyhttp

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/period"
	"roadbook/platform/web"
	"roadbook/supply"
)

// get adds a GET route that answers one record.
func get[In, Out any](api huma.API, id, path, summary string, do func(ctx context.Context, in *In) (Out, error)) {
	huma.Register(api, op(id, http.MethodGet, path, summary), func(ctx context.Context, in *In) (*one[Out], error) {
		out, err := do(ctx, in)
		return &one[Out]{out}, web.Error(err)
	})
}

// found adds a GET route that answers all records that a query finds.
func found[In, Out any](api huma.API, id, path, summary string, do func(ctx context.Context, in *In) ([]Out, error)) {
	huma.Register(api, op(id, http.MethodGet, path, summary), func(ctx context.Context, in *In) (*many[Out], error) {
		out, err := do(ctx, in)
		return all(out), web.Error(err)
	})
}

// keyed adds a POST route below a record that the path names; a key is of one such record's.
func keyed[In, Out any](api huma.API, id, path, summary, prefix string, of func(in *In) (key, parent string), do func(ctx context.Context, request string, in *In) (Out, error)) {
	huma.Register(api, op(id, http.MethodPost, path, summary), func(ctx context.Context, in *In) (*one[Out], error) {
		key, parent := of(in)
		request, err := web.Key(prefix, path+" "+parent, key)
		if err != nil {
			return nil, web.Error(err)
		}
		out, err := do(ctx, request, in)
		return &one[Out]{out}, web.Error(err)
	})
}

// SupplierPath names a supplier in a path.
type SupplierPath struct {
	Supplier string `path:"supplier"`
}

type siteCreation struct {
	Key
	SupplierPath
	Body supply.Site
}

type decisionCreation struct {
	Key
	Exclusion string `path:"exclusion"`
	Body      supply.Decision
}

// sources adds where parts come from: sites, qualifications, and what is to be looked at again.
func sources(api huma.API, s *supply.Service) {
	const sites = "/v1/suppliers/{supplier}/sites"
	keyed(api, "site-create", sites, "Record a supplier's site with its capacity", "sit",
		func(in *siteCreation) (string, string) { return in.Key.Key, in.Supplier },
		func(ctx context.Context, request string, in *siteCreation) (supply.Site, error) {
			in.Body.Supplier = in.Supplier
			return s.AddSite(ctx, request, in.Body)
		})
	found(api, "sites", sites, "List a supplier's sites", func(ctx context.Context, in *SupplierPath) ([]supply.Site, error) {
		return s.Sites(ctx, in.Supplier)
	})
	create(api, "qualification-create", "/v1/qualifications", "Record how far a supplier's part is qualified", "qlf", s.AddQualification)
	found(api, "qualifications", "/v1/qualifications", "List qualification records", func(ctx context.Context, in *struct {
		Supplier string `query:"supplier"`
		Part     string `query:"part"`
	}) ([]supply.Qualification, error) {
		return s.Qualifications(ctx, in.Supplier, in.Part)
	})
	get(api, "standing", "/v1/suppliers/{supplier}/standing", "Show whether a supplier's part may be bought on a day", func(ctx context.Context, in *struct {
		SupplierPath
		Part string `query:"part" required:"true"`
		Date string `query:"date" required:"true"`
	}) (supply.Standing, error) {
		return s.Standing(ctx, in.Supplier, in.Part, period.Date(in.Date))
	})
	found(api, "reviews", "/v1/supply/reviews", "List the exclusions that somebody must look at: ended, due for review, or without an end", func(ctx context.Context, in *struct {
		On string `query:"on" required:"true" doc:"day"`
	}) ([]supply.Review, error) {
		return s.Reviews(ctx, period.Date(in.On))
	})
	keyed(api, "review-decide", "/v1/supply/reviews/{exclusion}/decisions", "Answer a review: the exclusion is ended, renewed by another, or kept", "rvw",
		func(in *decisionCreation) (string, string) { return in.Key.Key, in.Exclusion },
		func(ctx context.Context, request string, in *decisionCreation) (supply.Decision, error) {
			in.Body.Exclusion = in.Exclusion
			return s.Decide(ctx, request, in.Body)
		})
	found(api, "decisions", "/v1/supply/decisions", "List what reviews decided", func(ctx context.Context, in *struct {
		Exclusion string `query:"exclusion"`
	}) ([]supply.Decision, error) {
		return s.Decisions(ctx, in.Exclusion)
	})
}
