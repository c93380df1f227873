package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"testing/fstest"

	"roadbook/console"
	"roadbook/fault"
	"roadbook/outlook"
	"roadbook/outlook/backtest"
	"roadbook/outlook/forecast"
	"roadbook/platform/runs"
	"roadbook/supply/sourcing"
)

// The kinds of long work.
const (
	kindForecast = "forecast"
	kindAward    = "award"
	kindBacktest = "backtest"
)

// studies says what long work there is and how it is done.
func (a *App) studies() {
	a.runs.On(kindForecast, forecastTitle, a.doForecast)
	a.runs.On(kindAward, awardTitle, a.doAward)
	a.runs.On(kindBacktest, backtestTitle, a.doBacktest)
}

func titleOf(title, name string) string {
	if title != "" {
		return title
	}
	return name
}

func forecastTitle(input []byte) (string, error) {
	c, err := forecast.Parse(input)
	return titleOf(c.Title, c.Name), err
}

// doForecast runs a case, corrected by what the fleet's own books say of its products.
func (a *App) doForecast(ctx context.Context, input []byte, progress runs.Progress) (any, error) {
	c, err := forecast.Parse(input)
	if err != nil {
		return nil, err
	}
	c, updates, note, err := a.learn(ctx, c)
	if err != nil {
		return nil, err
	}
	o := forecast.Options{Progress: progress}
	if before, ok, err := a.before(ctx, c); err != nil {
		return nil, err
	} else if ok {
		o.Before = &before
	}
	r, err := forecast.Run(ctx, c, o)
	if r.Updates = updates; note != "" {
		r.Notes = append(r.Notes, note)
	}
	return r, err
}

// before finds the case of the same name that was computed last.
func (a *App) before(ctx context.Context, c forecast.Case) (forecast.Case, bool, error) {
	inputs, err := a.runs.Inputs(ctx, kindForecast, runs.MaxList)
	if err != nil {
		return forecast.Case{}, false, err
	}
	for _, b := range inputs {
		if old, err := forecast.Parse(b); err == nil && old.Name == c.Name && old.AsOf < c.AsOf {
			return old, true, nil
		}
	}
	return forecast.Case{}, false, nil
}

func awardTitle(input []byte) (string, error) {
	c, err := sourcing.Parse(input)
	return titleOf(c.Title, c.Name), err
}

func (a *App) doAward(ctx context.Context, input []byte, progress runs.Progress) (any, error) {
	c, err := sourcing.Parse(input)
	if err != nil {
		return nil, err
	}
	return sourcing.Solve(ctx, c, sourcing.Options{Engine: "auto", Progress: func(p sourcing.Progress) {
		progress(p.Done, max(1, p.Of), p.Words())
	}})
}

// Bundle is a backtest with the files that it names: what a server is sent, since it reads no files of others.
type Bundle struct {
	Spec  string            `json:"spec"` // the name of one of the files
	Files map[string]string `json:"files"`
}

// MaxBundle is how many files a bundle may have.
const MaxBundle = 200

func readBundle(input []byte) (Bundle, fs.FS, error) {
	var b Bundle
	d := json.NewDecoder(bytes.NewReader(input))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		return b, nil, fault.New(fault.Invalid, "bundle", "a backtest is sent as a JSON bundle of its files: %v", err)
	}
	if len(b.Files) > MaxBundle {
		return b, nil, fault.New(fault.Invalid, "bundle", "a bundle has at most %d files, this one %d", MaxBundle, len(b.Files)).At("/files")
	}
	files := fstest.MapFS{}
	for name, text := range b.Files {
		if !fs.ValidPath(name) {
			return b, nil, fault.New(fault.Invalid, "bundle", "%.80q is not a path within the bundle", name).At("/files")
		}
		files[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o400}
	}
	if _, ok := files[b.Spec]; !ok {
		return b, nil, fault.New(fault.Invalid, "bundle", "the bundle has no file %.80q", b.Spec).At("/spec")
	}
	return b, files, nil
}

func backtestTitle(input []byte) (string, error) {
	b, _, err := readBundle(input)
	if err != nil {
		return "", err
	}
	s, err := backtest.Parse([]byte(b.Files[b.Spec]))
	return titleOf(s.Title, s.Name), err
}

// doBacktest registers and scores. The actuals are the bundle's own where it names some, and this server's records beside them.
func (a *App) doBacktest(ctx context.Context, input []byte, progress runs.Progress) (any, error) {
	b, files, err := readBundle(input)
	if err != nil {
		return nil, err
	}
	return backtest.Run(ctx, files, b.Spec, backtest.Options{Now: a.clock.Now(), Progress: progress})
}

// study reads a run of a kind and its result.
func study[T any](ctx context.Context, a *App, kind, id string) (console.Study[T], error) {
	var s console.Study[T]
	list, err := a.runs.List(ctx, kind, "", console.PageSize)
	if err != nil {
		return s, err
	}
	for _, r := range list {
		s.Others = append(s.Others, workOf(r))
	}
	var run runs.Run
	if id != "" {
		run, err = a.runs.Get(ctx, id)
	} else if run, err = a.runs.Latest(ctx, kind); fault.KindOf(err) == fault.NotFound {
		if len(list) == 0 {
			return s, nil
		}
		run, err = a.runs.Get(ctx, list[0].ID)
	}
	if err != nil {
		return s, err
	}
	if run.Kind != kind {
		return s, fault.New(fault.NotFound, "run", "%s is no %s", id, kind)
	}
	s.Work = workOf(run)
	if len(run.Result) > 0 {
		s.Result = new(T)
		if err := json.Unmarshal(run.Result, s.Result); err != nil {
			return s, fmt.Errorf("result of %s: %w", run.ID, err)
		}
	}
	return s, nil
}

func workOf(r runs.Run) console.Work {
	w := console.Work{ID: r.ID, Title: r.Title, State: string(r.State), Asked: r.Asked, Doing: r.Doing, Error: r.Error}
	if r.Total > 0 {
		w.Progress = min(100, 100*r.Done/r.Total)
	}
	return w
}

// Award, Forecast and Backtest answer the console.
func (s *source) Award(ctx context.Context, id string) (console.Study[sourcing.Plan], error) {
	return study[sourcing.Plan](ctx, s.a, kindAward, id)
}

func (s *source) Forecast(ctx context.Context, id string) (console.Study[forecast.Result], error) {
	return study[forecast.Result](ctx, s.a, kindForecast, id)
}

func (s *source) Backtest(ctx context.Context, id string) (console.Study[backtest.Report], error) {
	return study[backtest.Report](ctx, s.a, kindBacktest, id)
}

// Cohorts answers with the fleet by the quarter of the sale, and the fleet's own life.
func (s *source) Cohorts(ctx context.Context) (console.Cohorts, error) {
	all, err := s.a.Outlook.Cohorts(ctx, "")
	if err != nil {
		return console.Cohorts{}, err
	}
	life, err := s.a.Outlook.Life(ctx, "", outlook.Quarterly)
	return console.Cohorts{Cohorts: all, Fleet: life}, err
}
