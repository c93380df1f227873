package runs

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/platform/web"
)

type oneOutput struct{ Body Run }

type listOutput struct {
	Body struct {
		Data       []Run  `json:"data"`
		NextCursor string `json:"next_cursor,omitempty" doc:"absent on the last page"`
	}
}

// Register adds the operator's routes.
func Register(api huma.API, r *Runs) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"runs"}, MaxBodyBytes: MaxInput + 1}
	}
	ask := op("ask-run", http.MethodPost, "/v1/runs/{kind}", "Ask for long work: the body is the case, YAML or JSON")
	ask.DefaultStatus = http.StatusAccepted
	ask.Description = "Answers at once. Read the run again for its progress and, once it has ended, its result."
	huma.Register(api, ask, func(ctx context.Context, in *struct {
		Kind    string `path:"kind" doc:"forecast, award or backtest" maxLength:"40"`
		Key     string `header:"Idempotency-Key" maxLength:"255"`
		RawBody []byte `contentType:"application/octet-stream"`
	}) (*oneOutput, error) {
		run, err := r.Ask(ctx, in.Key, in.Kind, in.RawBody)
		return &oneOutput{run}, web.Error(err)
	})
	huma.Register(api, op("list-runs", http.MethodGet, "/v1/runs", "List runs, the newest first, without their results"),
		func(ctx context.Context, in *struct {
			Kind   string `query:"kind" maxLength:"40"`
			Cursor string `query:"cursor" doc:"next_cursor of the page before" maxLength:"100"`
			Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
		}) (*listOutput, error) {
			page, err := r.List(ctx, in.Kind, in.Cursor, in.Limit)
			out := &listOutput{}
			out.Body.Data = append([]Run{}, page...)
			if len(page) == in.Limit {
				out.Body.NextCursor = page[len(page)-1].ID
			}
			return out, web.Error(err)
		})
	type named struct {
		ID string `path:"id" maxLength:"100"`
	}
	huma.Register(api, op("get-run", http.MethodGet, "/v1/runs/{id}", "Show a run: how far it is, and what it found"),
		func(ctx context.Context, in *named) (*oneOutput, error) {
			run, err := r.Get(ctx, in.ID)
			return &oneOutput{run}, web.Error(err)
		})
	stop := op("stop-run", http.MethodPost, "/v1/runs/{id}/stop", "Ask a run to end with what it has found")
	stop.DefaultStatus = http.StatusOK
	huma.Register(api, stop, func(ctx context.Context, in *named) (*oneOutput, error) {
		run, err := r.Stop(ctx, in.ID)
		return &oneOutput{run}, web.Error(err)
	})
}
