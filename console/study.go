package console

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"roadbook/money"
	"roadbook/outlook/backtest"
	"roadbook/outlook/forecast"
	"roadbook/platform/chart"
	"roadbook/supply/sourcing"
)

// Studies answer with the results of long work. An empty id means the newest that has one; none at all is a Study without
// a result, an unknown id a fault of kind NotFound.
type Studies interface {
	Award(ctx context.Context, id string) (Study[sourcing.Plan], error)
	Forecast(ctx context.Context, id string) (Study[forecast.Result], error)
	Backtest(ctx context.Context, id string) (Study[backtest.Report], error)
}

// Study is the result of long work, with the work itself and what else was worked on.
type Study[T any] struct {
	Work   Work // the zero Work when nothing has been asked for yet
	Result *T   // nil while it runs, and when it failed
	Others []Work
}

// Work is one piece of long work.
type Work struct {
	ID, Title, State string
	Asked            time.Time
	Progress         int // percent
	Doing            string
	Error            string
}

// Ended reports whether nothing more will happen.
func (w Work) Ended() bool { return w.State != "waiting" && w.State != "running" }

// asksFor names the kind of a study and how to ask for one.
type asksFor struct{ title, path, command string }

var awardStudy = asksFor{"Sourcing", "/sourcing", "roadbook source -f examples/xiaomi-2023/source.yaml --server http://localhost:8080"}

func (c *console) award(ctx context.Context, r *http.Request) (templ.Component, error) {
	s, err := c.studies.Award(ctx, r.FormValue("run"))
	if err != nil {
		return nil, err
	}
	if s.Result == nil {
		return waitPage(awardStudy, s.Work, s.Others), nil
	}
	return studyPage(awardStudy, s.Work, s.Others, awardBody(*s.Result)), nil
}

// pct writes a share: 0.4234 → "42.3 %".
func pct(v float64) string { return chart.Number(v*100) + " %" }

// whole writes a quantity without decimals.
func whole(v float64) string {
	if v < 0 {
		return count(int64(v - 0.5))
	}
	return count(int64(v + 0.5))
}

// fixed writes a number with so many decimals.
func fixed(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	return reading(s)
}

// major is an amount as a number of major units, for drawings only.
func major(a money.Amount) float64 {
	exp, err := a.Currency.Exponent()
	if err != nil {
		return float64(a.Minor)
	}
	v := float64(a.Minor)
	for range exp {
		v /= 10
	}
	return v
}
