// Package billinghttp serves invoices, subscriptions and usage to operators.
package billinghttp

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/billing"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/platform/web"
	"roadbook/vin"
)

// Page is one page of a list.
type Page[T any] struct {
	Body struct {
		Data       []T    `json:"data"`
		NextCursor string `json:"next_cursor,omitempty" doc:"Pass as cursor to get the next page; absent on the last"`
	}
}

// page cuts the one row too many that was asked for and points behind the last that is shown.
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

// ListInput is what every list takes. It is exported because huma reads only exported parts of an input.
type ListInput struct {
	VIN    string `query:"vin" doc:"Only this car"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

func (in ListInput) car() (vin.VIN, error) {
	if in.VIN == "" {
		return "", nil
	}
	return vin.Parse(in.VIN)
}

type one[T any] struct{ Body T }

type pathID struct {
	ID string `path:"id"`
}

// Keyed is what a write on one thing takes.
type Keyed struct {
	ID  string `path:"id"`
	Key string `header:"Idempotency-Key" required:"true" maxLength:"255"`
}

// Register adds the operator's routes.
func Register(api huma.API, s *billing.Service) {
	registerLicences(api, s)
	tags := []string{"billing"}
	huma.Register(api, huma.Operation{OperationID: "list-invoices", Method: http.MethodGet, Path: "/v1/invoices", Tags: tags,
		Summary: "List invoices in the order of their numbers"},
		func(ctx context.Context, in *struct {
			ListInput
			State string `query:"state" enum:"open,past_due,paid" doc:"Only those in this state"`
		}) (*Page[billing.Issued], error) {
			car, err := in.car()
			if err != nil {
				return nil, web.Error(err)
			}
			after, err := afterNumber(in.Cursor)
			if err != nil {
				return nil, web.Error(err)
			}
			rows, err := s.Invoices(ctx, billing.InvoiceQuery{VIN: car, State: billing.State(in.State), After: after, Limit: in.Limit + 1})
			if err != nil {
				return nil, web.Error(err)
			}
			return page(rows, in.Limit, func(i billing.Issued) string { return strings.TrimPrefix(i.Number, "INV-") }), nil
		})
	huma.Register(api, huma.Operation{OperationID: "get-invoice", Method: http.MethodGet, Path: "/v1/invoices/{id}", Tags: tags,
		Summary: "Get an invoice with how each line was computed"},
		func(ctx context.Context, in *pathID) (*one[billing.Issued], error) {
			inv, err := s.Invoice(ctx, in.ID)
			return &one[billing.Issued]{inv}, web.Error(err)
		})
	huma.Register(api, huma.Operation{OperationID: "charge-invoice", Method: http.MethodPost, Path: "/v1/invoices/{id}/charge", Tags: tags,
		Summary: "Try again to collect an unpaid invoice"},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Date string `json:"date" doc:"Book date of the payment, YYYY-MM-DD"`
			}
		}) (*one[billing.Issued], error) {
			day, err := period.ParseDate(in.Body.Date)
			if err != nil {
				return nil, web.Error(err)
			}
			inv, err := s.Charge(ctx, in.ID, day)
			return &one[billing.Issued]{inv}, web.Error(err)
		})
	huma.Register(api, huma.Operation{OperationID: "list-subscriptions", Method: http.MethodGet, Path: "/v1/subscriptions", Tags: tags,
		Summary: "List subscriptions"},
		func(ctx context.Context, in *ListInput) (*Page[billing.Subscription], error) {
			car, err := in.car()
			if err != nil {
				return nil, web.Error(err)
			}
			after, err := ParseCursor(in.Cursor)
			if err != nil {
				return nil, web.Error(err)
			}
			rows, err := s.Subscriptions(ctx, billing.SubscriptionQuery{VIN: car, After: after, Limit: in.Limit + 1})
			if err != nil {
				return nil, web.Error(err)
			}
			return page(rows, in.Limit, func(s billing.Subscription) string { return s.ID }), nil
		})
	huma.Register(api, huma.Operation{OperationID: "cancel-subscription", Method: http.MethodPost, Path: "/v1/subscriptions/{id}/cancel", Tags: tags,
		Summary: "End a subscription with the period that is already invoiced"},
		func(ctx context.Context, in *Keyed) (*one[billing.Subscription], error) {
			sub, err := s.Cancel(ctx, in.ID)
			return &one[billing.Subscription]{sub}, web.Error(err)
		})
	huma.Register(api, huma.Operation{OperationID: "record-usage", Method: http.MethodPost, Path: "/v1/usage", Tags: tags,
		Summary: "Count a batch of metered use, each event once by source and id"},
		func(ctx context.Context, in *struct {
			Key  string `header:"Idempotency-Key" required:"true" maxLength:"255"`
			Body struct {
				Events []usageEvent `json:"events" maxItems:"1000"`
			}
		}) (*one[usageOutcomes], error) {
			us := make([]billing.Usage, len(in.Body.Events))
			for i, e := range in.Body.Events {
				us[i] = e.usage()
			}
			out, err := s.RecordUsage(ctx, us)
			if err != nil {
				return nil, web.Error(err)
			}
			return &one[usageOutcomes]{usageOutcomes{Data: out}}, nil
		})
}

// usageEvent is a usage event as it comes from outside: what is wrong with one is told of that one, not of the batch.
type usageEvent struct {
	Source   string    `json:"source" doc:"Who counted; with id the event's name"`
	ID       string    `json:"id"`
	VIN      string    `json:"vin"`
	Meter    string    `json:"meter" example:"pilot.km"`
	Quantity string    `json:"quantity" doc:"Decimal number, 0 or more" example:"12.7"`
	At       time.Time `json:"at"`
}

// usage leaves the check of every field to billing.Usage.Check.
func (e usageEvent) usage() billing.Usage {
	return billing.Usage{Source: e.Source, ID: e.ID, VIN: vin.VIN(e.VIN), Meter: e.Meter, Quantity: money.Decimal(e.Quantity), At: e.At}
}

type usageOutcomes struct {
	Data []billing.Outcome `json:"data" doc:"One per event, in the order of the request"`
}

func afterNumber(cursor string) (int64, error) {
	key, err := ParseCursor(cursor)
	if err != nil || key == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		return 0, fault.New(fault.Invalid, "cursor", "%.40q is not a cursor of this list", cursor).At("/cursor")
	}
	return n, nil
}
