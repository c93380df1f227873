// Package outlookhttp shows the operator what each car and the fleet earn.
package outlookhttp

import (
	"context"
	"encoding/base64"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/fault"
	"roadbook/outlook"
	"roadbook/platform/web"
	"roadbook/vin"
)

// Fleet is the fleet's answer with the statement that it rests on.
type Fleet struct {
	outlook.Answer
	Statement outlook.Statement `json:"statement"`
}

type fleetOutput struct{ Body Fleet }

type statementOutput struct{ Body outlook.Statement }

type statementsOutput struct {
	Body struct {
		Data       []outlook.Statement `json:"data"`
		NextCursor string              `json:"next_cursor,omitempty" doc:"absent on the last page"`
	}
}

func op(id, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{"outlook"}}
}

// Register adds the operator's routes.
func Register(api huma.API, s *outlook.Service) {
	registerLife(api, s)
	registerCohorts(api, s)
	huma.Register(api, op("outlook", "/v1/outlook", "Answer whether software carries the car, with the fleet's profit and loss"),
		func(ctx context.Context, _ *struct{}) (*fleetOutput, error) {
			st, a, err := s.Fleet(ctx)
			return &fleetOutput{Fleet{a, st}}, web.Error(err)
		})
	huma.Register(api, op("outlook-cars", "/v1/outlook/cars", "List the profit and loss of every car"),
		func(ctx context.Context, in *struct {
			Cursor string `query:"cursor" doc:"next_cursor of the page before" maxLength:"100"`
			Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"100"`
		}) (*statementsOutput, error) {
			after, err := base64.RawURLEncoding.DecodeString(in.Cursor)
			if err != nil {
				return nil, web.Error(fault.New(fault.Invalid, "cursor", "the cursor is not one that a list has returned").At("/cursor"))
			}
			page, err := s.Cars(ctx, vin.VIN(after), in.Limit)
			out := &statementsOutput{}
			out.Body.Data = append([]outlook.Statement{}, page...)
			if len(page) == in.Limit {
				out.Body.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(page[len(page)-1].VIN))
			}
			return out, web.Error(err)
		})
	huma.Register(api, op("outlook-car", "/v1/outlook/cars/{vin}", "Show the profit and loss of one car; every line leads to its entries"),
		func(ctx context.Context, in *struct {
			VIN string `path:"vin"`
		}) (*statementOutput, error) {
			v, err := vin.Parse(in.VIN)
			if err != nil {
				return nil, web.Error(err)
			}
			st, err := s.Car(ctx, v)
			return &statementOutput{st}, web.Error(err)
		})
}
