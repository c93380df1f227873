package app

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/fault"
	"roadbook/pilot/scene/bundle"
	"roadbook/platform/web"
)

// verdictBody is what the gate says of a release.
type verdictBody struct {
	ReleaseID string           `json:"release_id"`
	Needed    bool             `json:"needed" doc:"The release carries the pilot"`
	OK        bool             `json:"ok" doc:"A campaign may start"`
	Evidence  string           `json:"evidence,omitempty" doc:"SHA-256 of the bundle that counts"`
	Made      string           `json:"made,omitempty"`
	Shipped   string           `json:"shipped,omitempty" doc:"Software of the shipped release that it was compared with"`
	Findings  []bundle.Finding `json:"findings"`
	Figures   []figureBody     `json:"figures"`
}

type figureBody struct {
	Suite     string `json:"suite"`
	Figure    string `json:"figure"`
	Title     string `json:"title"`
	Value     string `json:"value"`
	Limit     string `json:"limit"`
	Shipped   string `json:"shipped"`
	Broken    bool   `json:"broken"`
	Regressed bool   `json:"regressed"`
}

// registerEvidence adds the gate's answer, which is no domain's.
func (a *App) registerEvidence(api huma.API) {
	huma.Register(api, huma.Operation{OperationID: "get-verdict", Method: http.MethodGet, Path: "/v1/releases/{id}/verdict", Tags: []string{"update"},
		Summary:     "Whether a release may go out, figure by figure",
		Description: "Engineering evidence, not type approval. A release that does not carry the pilot needs none."},
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*struct{ Body verdictBody }, error) {
			r, err := a.Update.ReleaseByID(ctx, in.ID)
			if err != nil {
				return nil, web.Error(err)
			}
			v, err := a.pilot.assess(ctx, r)
			if err != nil {
				return nil, web.Error(err)
			}
			return &struct{ Body verdictBody }{v.body()}, nil
		})
}

func (a assessment) body() verdictBody {
	b := verdictBody{ReleaseID: a.Release.ID, Needed: a.Needed, OK: a.err() == nil, Evidence: a.SHA256, Findings: a.findings(), Figures: []figureBody{}}
	if a.Bundle != nil {
		b.Made = a.Bundle.Made
	}
	if a.Shipped != nil {
		b.Shipped = a.Shipped.Subject.RXSWIN
	}
	for _, f := range a.Verdict.Figures {
		b.Figures = append(b.Figures, figureBody{f.Suite, f.Figure, f.Title, f.Text(), f.LimitText(), f.ShippedText(), f.Broken, f.Regressed})
	}
	return b
}

// findings is what stands against the release, the refusal first.
func (a assessment) findings() []bundle.Finding {
	out := []bundle.Finding{}
	if f, ok := errors.AsType[*fault.Error](a.Refusal); ok {
		out = append(out, bundle.Finding{Code: f.Code, Text: f.Detail})
	}
	return append(out, a.Verdict.Findings...)
}
