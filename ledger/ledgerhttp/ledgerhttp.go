// Package ledgerhttp shows the books to the operator. It has no route that writes: entries come from facts, not from requests.
package ledgerhttp

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/fault"
	"roadbook/ledger"
	"roadbook/period"
	"roadbook/platform/web"
)

// Filter is the selection that the list routes share.
type Filter struct {
	Vehicle string   `query:"vehicle" doc:"VIN of the car that a posting is about" maxLength:"500"`
	Account []string `query:"account,explode" doc:"any of these accounts, on either side; repeat the parameter" example:"revenue:hardware"`
	Product []string `query:"product,explode" doc:"any of these SKUs; repeat the parameter" maxItems:"200"`
	Partner string   `query:"partner" maxLength:"500"`
	From    string   `query:"from" doc:"first book date, YYYY-MM-DD"`
	To      string   `query:"to" doc:"the day after the last book date, YYYY-MM-DD"`
}

func (f Filter) domain() ledger.Filter {
	out := ledger.Filter{Vehicle: f.Vehicle, Products: f.Product, Partner: f.Partner, From: period.Date(f.From), To: period.Date(f.To)}
	for _, a := range f.Account {
		out.Accounts = append(out.Accounts, ledger.Account(a))
	}
	return out
}

type entriesInput struct {
	Filter
	Ref    string `query:"ref" doc:"the one entry with this ref; the other parameters are then ignored" maxLength:"200"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before" maxLength:"100"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type entriesOutput struct {
	Body struct {
		Data       []ledger.Booked `json:"data"`
		NextCursor string          `json:"next_cursor,omitempty" doc:"absent on the last page"`
	}
}

type entryOutput struct{ Body ledger.Booked }

type balancesOutput struct {
	Body struct {
		Data []Balance `json:"data"`
	}
}

// Balance is what one account holds in one currency.
type Balance struct {
	ledger.Sum
	Balance int64 `json:"balance" doc:"debit less credit, in minor units: positive for costs and assets"`
}

type verdictOutput struct{ Body ledger.Verdict }

// Register adds the operator's routes.
func Register(api huma.API, s *ledger.Service) {
	get := func(id, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{"ledger"}}
	}
	huma.Register(api, get("ledger-entries", "/v1/ledger/entries", "List entries, oldest first"),
		func(ctx context.Context, in *entriesInput) (*entriesOutput, error) {
			out, err := list(ctx, s, in)
			return out, web.Error(err)
		})
	huma.Register(api, get("ledger-entry", "/v1/ledger/entries/{seq}", "Show one entry with its place in the chain"),
		func(ctx context.Context, in *struct {
			Seq int64 `path:"seq" minimum:"1"`
		}) (*entryOutput, error) {
			b, err := s.Entry(ctx, in.Seq)
			return &entryOutput{b}, web.Error(err)
		})
	huma.Register(api, get("ledger-balances", "/v1/ledger/balances", "Show the trial balance, or that of a selection"),
		func(ctx context.Context, in *struct{ Filter }) (*balancesOutput, error) {
			sums, err := s.Balances(ctx, in.domain())
			out := &balancesOutput{}
			out.Body.Data = make([]Balance, len(sums))
			for i, r := range sums {
				out.Body.Data[i] = Balance{r, r.Debit - r.Credit}
			}
			return out, web.Error(err)
		})
	huma.Register(api, get("ledger-verify", "/v1/ledger/verify", "Go through all the books: chain, balance, roll-up"),
		func(ctx context.Context, _ *struct{}) (*verdictOutput, error) {
			v, err := s.Verify(ctx)
			return &verdictOutput{v}, web.Error(err)
		})
}

func list(ctx context.Context, s *ledger.Service, in *entriesInput) (*entriesOutput, error) {
	out := &entriesOutput{}
	out.Body.Data = []ledger.Booked{}
	if in.Ref != "" {
		b, err := s.EntryByRef(ctx, in.Ref)
		if fault.KindOf(err) == fault.NotFound {
			return out, nil
		}
		out.Body.Data = append(out.Body.Data, b)
		return out, err
	}
	after, err := parseCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	page, err := s.Entries(ctx, in.domain(), after, in.Limit)
	out.Body.Data = append(out.Body.Data, page...)
	if len(page) == in.Limit {
		out.Body.NextCursor = cursor(page[len(page)-1].Seq)
	}
	return out, err
}

func cursor(seq int64) string {
	return base64.RawURLEncoding.EncodeToString(strconv.AppendInt(nil, seq, 10))
}

func parseCursor(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		var seq int64
		if seq, err = strconv.ParseInt(string(b), 10, 64); err == nil && seq >= 0 {
			return seq, nil
		}
	}
	return 0, fault.New(fault.Invalid, "cursor", "the cursor is not one that a list has returned").At("/cursor")
}
