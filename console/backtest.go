package console

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"github.com/a-h/templ"

	"roadbook/outlook/backtest"
	"roadbook/platform/chart"
)

var backtestStudy = asksFor{"Backtest", "/backtest", "roadbook backtest -f examples/xiaomi-2023/backtest.yaml --server http://localhost:8080"}

func (c *console) backtest(ctx context.Context, r *http.Request) (templ.Component, error) {
	s, err := c.studies.Backtest(ctx, r.FormValue("run"))
	if err != nil {
		return nil, err
	}
	if s.Result == nil {
		return waitPage(backtestStudy, s.Work, s.Others), nil
	}
	return studyPage(backtestStudy, s.Work, s.Others, backtestBody(*s.Result)), nil
}

// pits draws how often an actual fell into each tenth of its forecast: level bars mean calibrated.
func pits(g backtest.Group) chart.Plot {
	p := chart.Plot{Title: "Where the actuals fell in their forecasts, " + g.Variant, Unit: "figures", Bars: []chart.Series{{Name: "figures", Y: g.Calibration.Bins}}}
	n := len(g.Calibration.Bins)
	for i := range n {
		p.X = append(p.X, fmt.Sprintf("%d–%d %%", 100*i/n, 100*(i+1)/n))
	}
	if n > 0 {
		p.Marks = []chart.Mark{{Name: "calibrated", Y: float64(g.N) / float64(n)}}
	}
	return p
}

// reached draws each figure's place between its forecast's 5 and 95 %: what lies outside was a surprise.
func reached(rows []backtest.Row) chart.Ranges {
	out := chart.Ranges{Title: "Reported figures in the range of their forecasts", Base: 0.5, Unit: "place in the forecast: 0 the lowest, 1 the highest"}
	for _, r := range rows {
		note := ""
		if !r.Inside {
			note = "outside"
		}
		out.Rows = append(out.Rows, chart.Range{Label: r.Forecast + " " + r.Metric + " " + r.Period, From: 0.5, To: r.PIT.Mid(), Note: note})
	}
	return out
}

// verdictOf is the headline: what the scores are worth.
func verdictOf(r backtest.Report) string {
	if r.Score == nil {
		return "Registered, not scored yet."
	}
	outside, all := 0, len(r.Score.Rows)
	for _, row := range r.Score.Rows {
		if !row.Inside {
			outside++
		}
	}
	evidence := 0
	for _, g := range r.Score.Skill {
		evidence += g.N
	}
	s := fmt.Sprintf("%d of %d reported figures lay outside their forecast.", outside, all)
	if evidence == 0 {
		s += " Demonstration, no evidence of skill."
	}
	return s
}

// groupsOf lists the groups with what they are called.
func groupsOf(s backtest.Score) []titled {
	var out []titled
	for _, g := range s.Skill {
		out = append(out, titled{"Skill: registered before the actual was known", g})
	}
	for _, g := range s.Demonstrations {
		out = append(out, titled{"Demonstration, excluded from skill", g})
	}
	return out
}

type titled struct {
	Title string
	backtest.Group
}

// scaled writes a value in the target's own unit.
func scaled(t backtest.Target, v float64) string {
	if t.Unit == "%" {
		return pct(v)
	}
	return chart.Number(v)
}

// registered says what was frozen, and when.
func registered(r backtest.Registration) string {
	return fmt.Sprintf("%s. Registered %s %s, model %s, %s paths, seed %d.", cmp.Or(r.Spec.Title, r.Name), day(r.Registered), clockTime(r.Registered), r.Model,
		count(int64(r.Spec.Paths)), r.Spec.Seed)
}
