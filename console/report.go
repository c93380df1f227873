package console

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/a-h/templ"

	"roadbook/outlook/backtest"
	"roadbook/outlook/forecast"
	"roadbook/supply/sourcing"
)

// Report is a case in one file that needs nothing else: pictures, tables, and every assumption with its source.
// What is nil is left out.
type Report struct {
	Title    string
	Made     time.Time
	Command  string // that makes it again
	Forecast *forecast.Result
	Award    *sourcing.Plan
	Backtest *backtest.Report
}

// Write writes the report as HTML. It names no other file and no address that a browser would load.
func (r Report) Write(ctx context.Context, w io.Writer) error {
	var b bytes.Buffer
	if err := reportPage(r, r.chapters()).Render(ctx, &b); err != nil {
		return err
	}
	// On paper nothing unfolds.
	_, err := w.Write(bytes.ReplaceAll(b.Bytes(), []byte("<details"), []byte("<details open")))
	return err
}

// chapter is one part of a report.
type chapter struct {
	id, title string
	body      templ.Component
}

func (r Report) chapters() []chapter {
	var out []chapter
	if r.Forecast != nil {
		out = append(out, chapter{"forecast", "Will software carry the car?", forecastBody(*r.Forecast)})
	}
	if r.Award != nil {
		out = append(out, chapter{"sourcing", "Where to buy the battery", awardBody(*r.Award)})
	}
	if r.Backtest != nil {
		out = append(out, chapter{"backtest", "How far such forecasts were off", backtestBody(*r.Backtest)})
	}
	return out
}

// styles is the style sheet as it stands in a file of its own.
func styles() templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		a, ok := readAsset("roadbook.css")
		if !ok {
			panic("console: no style sheet") // it is embedded
		}
		_, err := io.WriteString(w, "<style>"+string(a.body)+"</style>")
		return err
	})
}
