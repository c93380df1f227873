// Package inservicehttp serves the fleet's pilots to operators.
package inservicehttp

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/inservice"
	"roadbook/period"
	"roadbook/platform/web"
	"roadbook/vin"
	"roadbook/wire/pilotlog"
)

type one[T any] struct{ Body T }

type list[T any] struct {
	Body struct {
		Data []T `json:"data"`
	}
}

func listOf[T any](rows []T, err error) (*list[T], error) {
	if err != nil {
		return nil, web.Error(err)
	}
	out := &list[T]{}
	out.Body.Data = rows
	return out, nil
}

// SpanInput is exported because huma reads only exported parts of an input.
type SpanInput struct {
	From string `query:"from" doc:"First day, YYYY-MM-DD; 90 days back if absent"`
	To   string `query:"to" doc:"Day after the last, YYYY-MM-DD; tomorrow if absent"`
}

func (s SpanInput) span(now time.Time) period.Span {
	out := period.Span{From: period.Date(s.From), To: period.Date(s.To)}
	if out.To == "" {
		out.To = period.DateOf(now).AddDays(1)
	}
	if out.From == "" {
		out.From = period.DateOf(now).AddDays(-90)
	}
	return out
}

// EventsInput selects events.
type EventsInput struct {
	VIN      string   `query:"vin"`
	Software string   `query:"software"`
	Kind     []string `query:"kind,explode" doc:"Repeat for several; all if absent"`
	From     string   `query:"from"`
	To       string   `query:"to"`
	Before   string   `query:"before" doc:"Time of the last row of the page before, RFC 3339"`
	Limit    int      `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

func (in EventsInput) query() (inservice.EventQuery, error) {
	q := inservice.EventQuery{Software: in.Software, Span: period.Span{From: period.Date(in.From), To: period.Date(in.To)}, Limit: in.Limit}
	for _, d := range []string{in.From, in.To} {
		if d != "" {
			if _, err := period.ParseDate(d); err != nil {
				return q, err
			}
		}
	}
	if in.VIN != "" {
		v, err := vin.Parse(in.VIN)
		if err != nil {
			return q, err
		}
		q.VIN = v
	}
	for _, k := range in.Kind {
		q.Kinds = append(q.Kinds, pilotlog.Kind(k))
	}
	if in.Before != "" {
		t, err := time.Parse(time.RFC3339Nano, in.Before)
		if err != nil {
			return q, huma.Error422UnprocessableEntity("before is no time like 2023-09-01T08:00:00Z")
		}
		q.Before = t
	}
	return q, nil
}

// FilingInput names a filing.
type FilingInput struct {
	Year         int    `query:"year" required:"true" doc:"The period ends on 30 November of it"`
	Manufacturer string `query:"manufacturer" required:"true"`
	Permit       string `query:"permit" required:"true"`
}

// Register adds the operator's routes.
func Register(api huma.API, s *inservice.Service, clock inservice.Clock) {
	tags := []string{"inservice"}
	huma.Register(api, huma.Operation{OperationID: "get-pilot-rates", Method: http.MethodGet, Path: "/v1/pilot/rates", Tags: tags,
		Summary: "Events per 1,000 km of the pilot, by version, with exact 95 % intervals"},
		func(ctx context.Context, in *struct {
			SpanInput
			Country string `query:"country" pattern:"^[A-Z]{2}$" doc:"Only of cars in this country (ISO 3166-1); everywhere if absent"`
		}) (*one[inservice.Rates], error) {
			r, err := s.Rates(ctx, in.span(clock.Now()), in.Country)
			return &one[inservice.Rates]{r}, web.Error(err)
		})
	huma.Register(api, huma.Operation{OperationID: "judge-pilot", Method: http.MethodGet, Path: "/v1/pilot/versions/{software}/verdict", Tags: tags,
		Summary: "Whether a version of the pilot is worse than its limits or than the other versions"},
		func(ctx context.Context, in *struct {
			Software string `path:"software"`
			SWIN     string `query:"swin" doc:"Only what the regulation knows by this identification, as reports spell it"`
		}) (*one[inservice.Verdict], error) {
			v, err := s.Judge(ctx, inservice.Name{Software: in.Software, SWIN: in.SWIN})
			if err != nil {
				return nil, web.Error(err)
			}
			return &one[inservice.Verdict]{v[0]}, nil
		})
	huma.Register(api, huma.Operation{OperationID: "list-pilot-events", Method: http.MethodGet, Path: "/v1/pilot/events", Tags: tags,
		Summary: "Single events of the fleet's pilots, newest first"},
		func(ctx context.Context, in *EventsInput) (*list[inservice.Event], error) {
			q, err := in.query()
			if err != nil {
				return nil, web.Error(err)
			}
			return listOf(s.Events(ctx, q))
		})
	huma.Register(api, huma.Operation{OperationID: "list-pilot-differences", Method: http.MethodGet, Path: "/v1/pilot/differences", Tags: tags,
		Summary: "Where a candidate in shadow mode would have acted otherwise, newest first"},
		func(ctx context.Context, in *EventsInput) (*list[inservice.Difference], error) {
			q, err := in.query()
			if err != nil {
				return nil, web.Error(err)
			}
			return listOf(s.Differences(ctx, q))
		})
	huma.Register(api, huma.Operation{OperationID: "get-pilot-limits", Method: http.MethodGet, Path: "/v1/pilot/limits", Tags: tags,
		Summary: "What a version of the pilot is held to"},
		func(ctx context.Context, _ *struct{}) (*one[inservice.Limits], error) {
			l, err := s.Limits(ctx)
			return &one[inservice.Limits]{l}, web.Error(err)
		})
	huma.Register(api, huma.Operation{OperationID: "set-pilot-limits", Method: http.MethodPost, Path: "/v1/pilot/limits", Tags: tags,
		DefaultStatus: http.StatusCreated, Summary: "Supersede the limits"},
		func(ctx context.Context, in *struct {
			Key  string `header:"Idempotency-Key" required:"true" maxLength:"255"`
			Body inservice.Limits
		}) (*one[inservice.Limits], error) {
			l, err := s.SetLimits(ctx, in.Key, in.Body)
			return &one[inservice.Limits]{l}, web.Error(err)
		})
	huma.Register(api, huma.Operation{OperationID: "list-pilot-stops", Method: http.MethodGet, Path: "/v1/pilot/stops", Tags: tags,
		Summary: "Rollouts that were stopped by what the fleet reported, newest first"},
		func(ctx context.Context, _ *struct{}) (*list[inservice.Stop], error) {
			return listOf(s.Stops(ctx, 100))
		})
	for _, t := range []struct {
		id, path, summary string
		write             func(context.Context, inservice.Filing, io.Writer) error
	}{
		{"export-disengagements", "/v1/pilot/california/disengagements", "Disengagements in the United States in the columns of California's yearly form OL 311R (rev. 7/2020), as CSV", s.Disengagements},
		{"export-mileage", "/v1/pilot/california/mileage", "Miles by car and month in the United States in the columns of California's yearly form OL 311R (rev. 7/2020), as CSV", s.Mileage},
	} {
		huma.Register(api, huma.Operation{OperationID: t.id, Method: http.MethodGet, Path: t.path, Tags: tags, Summary: t.summary,
			Description: "Of 13 CCR § 227.50 as in force until 27 April 2026; the monthly reports of § 227.56 are another thing. Strike out what was not driven in California.",
			Responses:   map[string]*huma.Response{"200": {Description: "CSV", Content: map[string]*huma.MediaType{"text/csv": {}}}}},
			func(ctx context.Context, in *FilingInput) (*huma.StreamResponse, error) {
				var b bytes.Buffer
				if err := t.write(ctx, inservice.Filing{Manufacturer: in.Manufacturer, Permit: in.Permit, Year: in.Year}, &b); err != nil {
					return nil, web.Error(err)
				}
				return &huma.StreamResponse{Body: func(c huma.Context) {
					c.SetHeader("Content-Type", "text/csv; charset=utf-8")
					c.SetHeader("Content-Disposition", `attachment; filename="`+t.id+`.csv"`)
					_, _ = c.BodyWriter().Write(b.Bytes()) // the client may have gone
				}}, nil
			})
	}
}
