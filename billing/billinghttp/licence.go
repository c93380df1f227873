package billinghttp

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/billing"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/period"
	"roadbook/platform/web"
)

// licenceBody is a licence as it comes from outside; billing.Licence.Check judges every field.
type licenceBody struct {
	ID       string       `json:"id" example:"lic_vw_2025"`
	Licensee string       `json:"licensee" doc:"who uses our software, and pays"`
	Name     string       `json:"name" doc:"what is licensed"`
	Product  string       `json:"product" doc:"SKU under which it is booked" example:"licence.platform"`
	Market   string       `json:"market"`
	Currency string       `json:"currency"`
	Signed   string       `json:"signed" doc:"day on which the fee is invoiced, YYYY-MM-DD"`
	Term     period.Span  `json:"term" doc:"days over which the fee is earned, the end exclusive"`
	Fee      money.Amount `json:"fee,omitempty" doc:"for the whole term"`
	Royalty  string       `json:"royalty,omitempty" doc:"per unit, in major units" example:"12.50"`
	Source   string       `json:"source" doc:"the contract"`
}

// LicenceReported is a licence with what its licensee has reported.
type LicenceReported struct {
	billing.Licence
	Reported []billing.Units `json:"reported"`
}

func registerLicences(api huma.API, s *billing.Service) {
	tags := []string{"licence"}
	huma.Register(api, huma.Operation{OperationID: "add-licence", Method: http.MethodPost, Path: "/v1/licences", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Take up a licence to another maker and invoice its fee; the same again is a no-op"},
		func(ctx context.Context, in *struct {
			Key  string `header:"Idempotency-Key" required:"true" maxLength:"255"`
			Body licenceBody
		}) (*one[billing.Licence], error) {
			b := in.Body
			l, err := s.AddLicence(ctx, billing.Licence{ID: b.ID, Licensee: b.Licensee, Name: b.Name, Product: offer.SKU(b.Product), Market: b.Market,
				Currency: money.Currency(b.Currency), Signed: period.Date(b.Signed), Term: b.Term, Fee: b.Fee, Royalty: money.Decimal(b.Royalty), Source: b.Source})
			return &one[billing.Licence]{l}, web.Error(err)
		})
	huma.Register(api, huma.Operation{OperationID: "list-licences", Method: http.MethodGet, Path: "/v1/licences", Tags: tags, Summary: "List licences to other makers"},
		func(ctx context.Context, in *struct {
			Cursor string `query:"cursor"`
			Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
		}) (*Page[billing.Licence], error) {
			after, err := ParseCursor(in.Cursor)
			if err != nil {
				return nil, web.Error(err)
			}
			rows, err := s.Licences(ctx, after, in.Limit+1)
			if err != nil {
				return nil, web.Error(err)
			}
			return page(rows, in.Limit, func(l billing.Licence) string { return l.ID }), nil
		})
	huma.Register(api, huma.Operation{OperationID: "get-licence", Method: http.MethodGet, Path: "/v1/licences/{id}", Tags: tags, Summary: "Get a licence with what was reported"},
		func(ctx context.Context, in *pathID) (*one[LicenceReported], error) {
			l, err := s.Licence(ctx, in.ID)
			if err != nil {
				return nil, web.Error(err)
			}
			units, err := s.Reported(ctx, in.ID)
			return &one[LicenceReported]{LicenceReported{l, append([]billing.Units{}, units...)}}, web.Error(err)
		})
	huma.Register(api, huma.Operation{OperationID: "licence-royalty", Method: http.MethodPost, Path: "/v1/licences/{id}/units", Tags: tags,
		Summary: "Report a month's units and invoice their royalty; the same again is a no-op"},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Month string `json:"month" example:"2025-03"`
				Units int64  `json:"units"`
				Part  int    `json:"part,omitempty" doc:"0: the month's report; 1, 2… what was forgotten"`
			}
		}) (*one[billing.Units], error) {
			u, err := s.Royalty(ctx, billing.Units{Licence: in.ID, Month: period.Month(in.Body.Month), Part: in.Body.Part, Units: in.Body.Units})
			return &one[billing.Units]{u}, web.Error(err)
		})
}
