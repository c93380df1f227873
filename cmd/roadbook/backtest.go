package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"roadbook/app"
	"roadbook/console"
	"roadbook/outlook/backtest"
	"roadbook/outlook/record"
	"roadbook/period"
)

type backtestCmd struct {
	asked        `embed:""`
	Actuals      string      `help:"Score against these records (or an economics file) instead of the backtest's own." placeholder:"FILE" type:"existingfile"`
	Out          string      `help:"Keep the registration and every score in this folder." placeholder:"DIR" type:"path"`
	RegisterOnly bool        `help:"Freeze the forecasts and end: the actuals are not read."`
	AsOf         period.Date `help:"Score with what was known on this day (default: today)." placeholder:"YYYY-MM-DD"`
}

// Help is shown by roadbook backtest --help.
func (backtestCmd) Help() string {
	return `Freezes forecasts with their priors, targets and seed under a hash, before any actual is read, and then scores them
against what was reported: where each figure fell in its forecast, coverage, CRPS against a naive forecast, and in words
where it was wrong. A forecast that was registered after its actual was known is a demonstration and no evidence of skill.

    roadbook backtest -f examples/xiaomi-2023/backtest.yaml
    roadbook backtest -f case/backtest.yaml --register-only --out registered
    roadbook backtest -f case/backtest.yaml --out registered --as-of 2026-12-31 --html backtest.html`
}

// Run registers, scores and writes.
func (c backtestCmd) Run(ctx context.Context, out io.Writer) error {
	var r backtest.Report
	if c.Server != "" {
		b, err := c.bundle()
		if err != nil {
			return err
		}
		if err := c.remote(ctx, "backtest", b, &r); err != nil {
			return err
		}
	} else {
		var err error
		if r, err = c.run(ctx); err != nil {
			return err
		}
	}
	return c.write(out, r, func(w io.Writer) error { return backtest.WriteText(w, r) }, func(w io.Writer) error {
		return console.Report{Title: titleOr(r.Registration.Spec.Title, r.Registration.Name), Made: time.Now(), Command: "roadbook backtest -f " + c.File, Backtest: &r}.Write(ctx, w)
	})
}

func (c backtestCmd) run(ctx context.Context) (backtest.Report, error) {
	files, spec := tree(c.File)
	o := backtest.Options{Dir: c.Out, RegisterOnly: c.RegisterOnly, AsOf: c.AsOf, Now: time.Now(), Progress: progress(os.Stderr)}
	if c.Actuals != "" {
		o.Actuals = func() ([]record.Record, error) { return actuals(c.Actuals) }
	}
	return backtest.Run(ctx, files, spec, o)
}

// tree opens the folder of a backtest: it names no file outside.
func tree(file string) (files fs.FS, spec string) {
	return os.DirFS(filepath.Dir(file)), filepath.Base(file)
}

// actuals reads records, or imports an economics file.
func actuals(file string) ([]record.Record, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	read := record.Read
	if strings.HasSuffix(file, ".json") {
		read = record.Import
	}
	rs, err := read(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return rs, nil
}

// bundle packs the backtest with the YAML files beside it.
func (c backtestCmd) bundle() ([]byte, error) {
	files, spec := tree(c.File)
	b := app.Bundle{Spec: spec, Files: map[string]string{}}
	err := fs.WalkDir(files, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) != ".yaml" {
			return err
		}
		text, err := fs.ReadFile(files, p)
		b.Files[p] = string(text)
		return err
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(b)
}
