package console

import (
	"bytes"
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"roadbook/fault"
	"roadbook/outlook/backtest"
	"roadbook/outlook/forecast"
	"roadbook/supply/sourcing"
)

// studied are results of the real engines on small cases, made once: the pages show what they will be given.
var studied = sync.OnceValues(func() (all results, err error) {
	ctx := context.Background()
	if all.award, err = smallAward(ctx); err != nil {
		return all, err
	}
	if all.forecast, err = smallForecast(ctx); err != nil {
		return all, err
	}
	all.backtest, err = backtest.Run(ctx, os.DirFS("../examples/makers"), "backtest.yaml", backtest.Options{Now: at("2026-11-01T00:00:00Z")})
	return all, err
})

type results struct {
	award    sourcing.Plan
	forecast forecast.Result
	backtest backtest.Report
}

func smallAward(ctx context.Context) (sourcing.Plan, error) {
	b, err := os.ReadFile("../examples/xiaomi-2023/source.yaml")
	if err != nil {
		return sourcing.Plan{}, err
	}
	c, err := sourcing.Parse(b)
	if err != nil {
		return sourcing.Plan{}, err
	}
	return sourcing.Solve(ctx, c, sourcing.Options{Engine: "builtin", Gap: 0.02})
}

func smallForecast(ctx context.Context) (forecast.Result, error) {
	b, err := os.ReadFile("../outlook/forecast/testdata/full.yaml")
	if err != nil {
		return forecast.Result{}, err
	}
	c, err := forecast.Parse(b)
	if err != nil {
		return forecast.Result{}, err
	}
	return forecast.Run(ctx, c, forecast.Options{Paths: 4096, Detail: 1024, Indices: 128, Before: &c})
}

// done is the newest work of each kind; waiting and broken have no result.
var (
	done    = Work{ID: "run_done", Title: "A case", State: "done", Asked: at("2026-11-02T09:30:00Z")}
	working = Work{ID: "run_working", Title: "A long case", State: "running", Asked: at("2026-11-03T09:30:00Z"), Progress: 40, Doing: "paths"}
	broken  = Work{ID: "run_broken", Title: "A wrong case", State: "failed", Asked: at("2026-11-04T09:30:00Z"), Error: "inputs/0: every figure names its source"}
)

func studyOf[T any](id string, result T) (Study[T], error) {
	s := Study[T]{Work: done, Result: &result, Others: []Work{broken, working, done}}
	switch id {
	case "", done.ID:
		return s, nil
	case working.ID:
		return Study[T]{Work: working, Others: s.Others}, nil
	case broken.ID:
		return Study[T]{Work: broken, Others: s.Others}, nil
	case "none":
		return Study[T]{}, nil
	}
	return Study[T]{}, fault.New(fault.NotFound, "run", "there is no run %q", id)
}

func (f *fixture) Award(_ context.Context, id string) (Study[sourcing.Plan], error) {
	all, err := studied()
	if err != nil {
		return Study[sourcing.Plan]{}, err
	}
	return studyOf(id, all.award)
}

func (f *fixture) Forecast(_ context.Context, id string) (Study[forecast.Result], error) {
	all, err := studied()
	if err != nil {
		return Study[forecast.Result]{}, err
	}
	return studyOf(id, all.forecast)
}

func (f *fixture) Backtest(_ context.Context, id string) (Study[backtest.Report], error) {
	all, err := studied()
	if err != nil {
		return Study[backtest.Report]{}, err
	}
	return studyOf(id, all.backtest)
}

func TestStudies(t *testing.T) {
	h := handler(newFixture(t))
	all, err := studied()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]string{
		"/sourcing":                 {"Award", "What each rule costs", all.award.Awards[0].Supplier, "proven within"},
		"/forecast":                 {"Probability of a profit by year", "Every input and its source", all.forecast.Inputs[0].Name, all.forecast.Inputs[0].Evidence.Source},
		"/backtest":                 {"Where it was wrong", all.backtest.Registration.SHA256, "no evidence of skill"},
		"/sourcing?run=run_working": {"A long case is running.", "40 %"},
		"/forecast?run=run_broken":  {"A wrong case: failed.", "every figure names its source"},
		"/backtest?run=none":        {"Nothing has been asked for yet.", "roadbook backtest -f"},
		"/forecast?run=other":       {"There is no run"},
	} {
		_, body, _ := get(t, h, path)
		said := text(parse(t, body))
		for _, w := range want {
			if !strings.Contains(said, w) {
				t.Errorf("%s does not say %q", path, w)
			}
		}
		if waits := strings.Contains(body, `http-equiv="refresh"`); waits != strings.Contains(path, "working") {
			t.Errorf("%s loads itself again: %v", path, waits)
		}
		checkMarkup(t, parse(t, body))
	}
}

// A report needs nothing but itself, and every assumption is in it.
func TestReport(t *testing.T) {
	all, err := studied()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	r := Report{Title: "A case", Made: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC), Command: "roadbook report", Forecast: &all.forecast, Award: &all.award, Backtest: &all.backtest}
	if err := r.Write(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	html := b.String()
	for _, not := range []string{"<script", "src=", "@import", `href="/`, "<details>"} {
		if strings.Contains(html, not) {
			t.Errorf("the report holds %q", not)
		}
	}
	said := text(parse(t, html))
	for _, in := range all.forecast.Inputs {
		if !strings.Contains(said, strings.Join(strings.Fields(in.Evidence.Source), " ")) {
			t.Errorf("the source of %s is not in the report", in.Name)
		}
	}
	if n := strings.Count(html, "<svg class=\"chart\""); n < 15 {
		t.Errorf("only %d pictures", n)
	}
}
