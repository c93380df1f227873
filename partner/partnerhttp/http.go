// Package partnerhttp serves partners, their rate cards and statements to operators.
package partnerhttp

import (
	"context"
	"encoding/base64"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/fault"
	"roadbook/id"
	"roadbook/money"
	"roadbook/partner"
	"roadbook/period"
	"roadbook/platform/web"
)

// Page is one page of a list.
type Page[T any] struct {
	Body struct {
		Data       []T    `json:"data"`
		NextCursor string `json:"next_cursor,omitempty" doc:"Pass as cursor to get the next page; absent on the last"`
	}
}

func page[T any](rows []T, limit int, key func(T) string) *Page[T] {
	p := &Page[T]{}
	if len(rows) > limit {
		rows = rows[:limit]
		p.Body.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(key(rows[limit-1])))
	}
	p.Body.Data = rows
	if rows == nil {
		p.Body.Data = []T{}
	}
	return p
}

// ParseCursor reads a cursor that page made.
func ParseCursor(s string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return "", fault.New(fault.Invalid, "cursor", "%.40q is not a cursor of this list", s).At("/cursor")
	}
	return string(b), nil
}

// PartnerStatement gives the statement a name of its own in the OpenAPI document, where a car's profit and loss is one too.
type PartnerStatement partner.Statement

type one[T any] struct{ Body T }

// ListInput is what every list takes. It is exported because huma reads only exported parts of an input.
type ListInput struct {
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

// Register adds the operator's routes.
func Register(api huma.API, s *partner.Service) {
	tags := []string{"partner"}
	huma.Register(api, huma.Operation{OperationID: "create-partner", Method: http.MethodPost, Path: "/v1/partners", Tags: tags,
		DefaultStatus: http.StatusCreated, Summary: "Take up a partner"},
		func(ctx context.Context, in *struct {
			Key  string `header:"Idempotency-Key" required:"true" maxLength:"255"`
			Body struct {
				ID       string `json:"id,omitempty" doc:"ptn_…, when the catalogue names it already; made from the key otherwise"`
				Name     string `json:"name"`
				Market   string `json:"market"`
				Currency string `json:"currency"`
			}
		}) (*one[partner.Partner], error) {
			p := partner.Partner{ID: in.Body.ID, Name: in.Body.Name, Market: in.Body.Market, Currency: money.Currency(in.Body.Currency)}
			if p.ID == "" {
				p.ID = id.From("ptn", "/v1/partners", in.Key)
			}
			p, err := s.Create(ctx, p)
			return &one[partner.Partner]{p}, web.Error(err)
		})
	huma.Register(api, huma.Operation{OperationID: "list-partners", Method: http.MethodGet, Path: "/v1/partners", Tags: tags,
		Summary: "List partners"},
		func(ctx context.Context, in *ListInput) (*Page[partner.Partner], error) {
			after, err := ParseCursor(in.Cursor)
			if err != nil {
				return nil, web.Error(err)
			}
			rows, err := s.Partners(ctx, after, in.Limit+1)
			if err != nil {
				return nil, web.Error(err)
			}
			return page(rows, in.Limit, func(p partner.Partner) string { return p.ID }), nil
		})
	huma.Register(api, huma.Operation{OperationID: "add-rate-card", Method: http.MethodPost, Path: "/v1/partners/{id}/rate-cards", Tags: tags,
		DefaultStatus: http.StatusCreated, Summary: "Agree a partner's share from a day on"},
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Key  string `header:"Idempotency-Key" required:"true" maxLength:"255"`
			Body struct {
				Numerator   int64       `json:"numerator" example:"7000"`
				Denominator int64       `json:"denominator" example:"10000"`
				Valid       period.Span `json:"valid"`
				Source      string      `json:"source"`
			}
		}) (*one[partner.RateCard], error) {
			c, err := s.AddCard(ctx, partner.RateCard{ID: id.From("rcd", "/v1/partners/"+in.ID+"/rate-cards", in.Key), Partner: in.ID,
				Numerator: in.Body.Numerator, Denominator: in.Body.Denominator, Valid: in.Body.Valid, Source: in.Body.Source})
			return &one[partner.RateCard]{c}, web.Error(err)
		})
	huma.Register(api, huma.Operation{OperationID: "pay-partner", Method: http.MethodPost, Path: "/v1/partners/{id}/payouts", Tags: tags,
		DefaultStatus: http.StatusCreated, Summary: "Book a payout, at most of what is owed"},
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Key  string `header:"Idempotency-Key" required:"true" maxLength:"255"`
			Body struct {
				Amount money.Amount `json:"amount"`
				Date   string       `json:"date" doc:"Book date, YYYY-MM-DD"`
			}
		}) (*one[partner.Payout], error) {
			p, err := s.Pay(ctx, partner.Payout{ID: id.From("pyt", "/v1/partners/"+in.ID+"/payouts", in.Key), Partner: in.ID,
				Amount: in.Body.Amount, Date: period.Date(in.Body.Date)})
			return &one[partner.Payout]{p}, web.Error(err)
		})
	huma.Register(api, huma.Operation{OperationID: "list-partner-statements", Method: http.MethodGet, Path: "/v1/partners/{id}/statements", Tags: tags,
		Summary: "List a partner's statements by month"},
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
			ListInput
		}) (*Page[PartnerStatement], error) {
			after, err := ParseCursor(in.Cursor)
			if err != nil {
				return nil, web.Error(err)
			}
			rows, err := s.Statements(ctx, in.ID, period.Month(after), in.Limit+1)
			if err != nil {
				return nil, web.Error(err)
			}
			out := make([]PartnerStatement, len(rows))
			for i, st := range rows {
				out[i] = PartnerStatement(st)
			}
			return page(out, in.Limit, func(st PartnerStatement) string { return string(st.Month) }), nil
		})
	huma.Register(api, huma.Operation{OperationID: "get-partner-statement", Method: http.MethodGet, Path: "/v1/partners/{id}/statements/{month}", Tags: tags,
		Summary: "Get a partner's frozen statement of a month"},
		func(ctx context.Context, in *struct {
			ID    string `path:"id"`
			Month string `path:"month" example:"2026-03"`
		}) (*one[PartnerStatement], error) {
			st, err := s.Statement(ctx, in.ID, period.Month(in.Month))
			return &one[PartnerStatement]{PartnerStatement(st)}, web.Error(err)
		})
}
