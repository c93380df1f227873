package console

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"roadbook/outlook/forecast"
	"roadbook/platform/chart"
)

var forecastStudy = asksFor{"Forecast", "/forecast", "roadbook forecast -f examples/xiaomi-2023/forecast.yaml --server http://localhost:8080"}

func (c *console) forecast(ctx context.Context, r *http.Request) (templ.Component, error) {
	s, err := c.studies.Forecast(ctx, r.FormValue("run"))
	if err != nil {
		return nil, err
	}
	if s.Result == nil {
		return waitPage(forecastStudy, s.Work, s.Others), nil
	}
	return studyPage(forecastStudy, s.Work, s.Others, forecastBody(*s.Result)), nil
}

// chances draws the probability of a profit by year, with what it would be without software.
func chances(r forecast.Result) chart.Plot {
	p := chart.Plot{Title: "Probability of a profit by year", Unit: "probability", Full: true,
		Marks: []chart.Mark{{Name: "asked for", Y: r.Answer.Probability}},
		Lines: []chart.Series{{Name: "with software and licences"}, {Name: "without software"}}}
	for i, y := range r.Years {
		p.X = append(p.X, strconv.Itoa(y.Year))
		p.Lines[0].Y = append(p.Lines[0].Y, y.Chance.Value)
		p.Lines[1].Y = append(p.Lines[1].Y, y.Without.Value)
		p.Dots = append(p.Dots, chart.Dot{X: i, Y: y.Chance.Value, Lo: y.Chance.Low, Hi: y.Chance.High, Name: fmt.Sprintf("%d: %s ± %s", y.Year, pct(y.Chance.Value), pct(y.Chance.SE))})
	}
	return p
}

// fan draws a metric quarter by quarter, with what was reported as dots.
func fan(f forecast.Fan) chart.Plot {
	p := chart.Plot{Title: f.Label, Unit: f.Unit, Bands: []chart.Band{{Name: "5 to 95 %"}, {Name: "25 to 75 %"}}, Lines: []chart.Series{{Name: "median"}}}
	at := map[string]int{}
	for _, d := range f.Dots { // what was reported before the forecast begins stands to its left
		if len(f.Points) > 0 && d.Period < string(f.Points[0].Quarter) {
			at[d.Period] = 0
		}
	}
	for _, period := range slices.Sorted(maps.Keys(at)) {
		at[period] = len(p.X)
		p.X = append(p.X, period)
		for _, y := range []*[]float64{&p.Bands[0].Lo, &p.Bands[0].Hi, &p.Bands[1].Lo, &p.Bands[1].Hi, &p.Lines[0].Y} {
			*y = append(*y, math.NaN())
		}
	}
	for _, q := range f.Points {
		at[string(q.Quarter)] = len(p.X)
		p.X = append(p.X, string(q.Quarter))
		p.Bands[0].Lo, p.Bands[0].Hi = append(p.Bands[0].Lo, q.P5), append(p.Bands[0].Hi, q.P95)
		p.Bands[1].Lo, p.Bands[1].Hi = append(p.Bands[1].Lo, q.P25), append(p.Bands[1].Hi, q.P75)
		p.Lines[0].Y = append(p.Lines[0].Y, q.P50)
	}
	for _, d := range f.Dots {
		if x, ok := at[d.Period]; ok {
			p.Dots = append(p.Dots, chart.Dot{X: x, Y: d.Value, Name: d.Period + " reported: " + chart.Number(d.Value)})
		}
	}
	return p
}

// breakEvens draws the smallest volume that breaks even beside the modelled one.
func breakEvens(b forecast.BreakEven) chart.Plot {
	p := chart.Plot{Title: "Cars a quarter that it takes to break even", Unit: "cars a quarter",
		Bands: []chart.Band{{Name: "it takes, 5 to 95 %"}}, Lines: []chart.Series{{Name: "it takes, median"}, {Name: "modelled, mean"}}}
	for _, q := range b.Quarters {
		p.X = append(p.X, string(q.Quarter))
		p.Bands[0].Lo, p.Bands[0].Hi = append(p.Bands[0].Lo, orNaN(q.Volume.P5)), append(p.Bands[0].Hi, orNaN(q.Volume.P95))
		p.Lines[0].Y = append(p.Lines[0].Y, orNaN(q.Volume.P50))
		p.Lines[1].Y = append(p.Lines[1].Y, q.Modelled)
	}
	return p
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

// required draws what a car-month must bring beside what it is modelled to bring and what others disclosed.
func required(r forecast.Required, unit string) chart.Ranges {
	out := chart.Ranges{Title: "Software revenue per car on the road and month", Unit: unit + " per car-month"}
	if r.Revenue != nil {
		out.Rows = append(out.Rows, chart.Range{Label: "required", To: r.Revenue.Value, Lo: r.Revenue.Low, Hi: r.Revenue.High, Note: chart.Number(r.Revenue.Value)})
	}
	out.Rows = append(out.Rows, chart.Range{Label: "modelled, median; 5 to 95 %", To: r.Modelled.P50.Value, Lo: r.Modelled.P5.Value, Hi: r.Modelled.P95.Value, Note: chart.Number(r.Modelled.P50.Value)})
	for _, c := range r.Comparables {
		out.Rows = append(out.Rows, chart.Range{Label: c.Name, To: c.Value, Note: chart.Number(c.Value)})
	}
	return out
}

// life draws one car's life from its price to what it leaves.
func life(w forecast.Waterfall, unit string) chart.Ranges {
	out := chart.Ranges{Title: "One car over its life", Unit: unit + " per car, discounted; the whisker holds 90 % of the paths' totals"}
	level := 0.0
	for _, s := range w.Steps {
		r := chart.Range{Label: s.Label, From: level, To: level + s.Mean, Note: chart.Number(s.Mean)}
		if s.Total {
			r.From, r.To, r.Lo, r.Hi = 0, s.Mean, s.P5, s.P95
		}
		level = r.To
		out.Rows = append(out.Rows, r)
	}
	return out
}

// split draws who earned each year's contribution.
func split(years []forecast.SplitYear, unit string) chart.Plot {
	p := chart.Plot{Title: "Hardware, software and licences", Unit: unit, Bars: []chart.Series{{Name: "hardware"}, {Name: "software"}, {Name: "licences"}, {Name: "fixed cost"}}}
	for i, y := range years {
		p.X = append(p.X, strconv.Itoa(y.Year))
		for k, v := range []float64{y.Hardware.Value, y.Software.Value, y.Licence.Value, y.Fixed.Value} {
			p.Bars[k].Y = append(p.Bars[k].Y, v)
		}
		p.Dots = append(p.Dots, chart.Dot{X: i, Y: y.Profit.Value, Name: "profit " + chart.Number(y.Profit.Value)})
	}
	return p
}

// topBars is how many rows a tornado and the indices show.
const topBars = 12

func tornado(t forecast.Tornado, unit string) chart.Ranges {
	out := chart.Ranges{Title: "Mean profit of the year when one input alone moves", Unit: unit + ", from each input's 10 % to its 90 % quantile", Base: t.Base.ProfitLow}
	for _, b := range t.Bars[:min(topBars, len(t.Bars))] {
		out.Rows = append(out.Rows, chart.Range{Label: cmp.Or(b.Label, b.Input), From: b.ProfitLow, To: b.ProfitHigh, Note: chart.Number(b.Low) + " to " + chart.Number(b.High)})
	}
	return out
}

func indices(all forecast.Indices) chart.Ranges {
	out := chart.Ranges{Title: "Share of the variance, total effect", Unit: "the whisker is the 95 % interval"}
	for _, x := range all.List[:min(topBars, len(all.List))] {
		out.Rows = append(out.Rows, chart.Range{Label: x.Factor, To: x.Total, Lo: x.TotalLow, Hi: x.TotalHigh, Note: "alone " + chart.Number(x.First)})
	}
	return out
}

func curves(c forecast.Curves, unit string) chart.Plot {
	p := chart.Plot{Title: "Software revenue: billed, recognised, deferred", Unit: unit + ", mean", Lines: []chart.Series{{Name: "billed"}, {Name: "recognised"}, {Name: "deferred at the end"}}}
	for _, q := range c.Points {
		p.X = append(p.X, string(q.Quarter))
		for k, v := range []float64{q.Billed, q.Recognised, q.Deferred} {
			p.Lines[k].Y = append(p.Lines[k].Y, v)
		}
	}
	return p
}

func floors(f forecast.Floors, unit string) chart.Plot {
	p := chart.Plot{Title: "Price floor against confidence", Unit: unit, Lines: []chart.Series{{Name: "price floor"}}, Marks: []chart.Mark{{Name: "price", Y: f.Price}}}
	for _, l := range f.List {
		p.X = append(p.X, pct(l.Confidence))
		p.Lines[0].Y = append(p.Lines[0].Y, l.Floor.Value)
	}
	return p
}

// leverText says what one lever must reach, or that no value of it does.
func leverText(l forecast.Lever) string {
	if l.Value == nil {
		return fmt.Sprintf("no root between %s and %s; the best reaches %s", chart.Number(l.Low), chart.Number(l.High), pct(l.Best))
	}
	return fmt.Sprintf("%s %s (modelled %s)", l.Direction, chart.Number(*l.Value), chart.Number(l.Modelled))
}

// plusMinus writes an estimate with its 95 % interval.
func plusMinus(e forecast.Estimate) string {
	if e.SE == 0 {
		return chart.Number(e.Value)
	}
	return chart.Number(e.Value) + " (" + chart.Number(e.Low) + " to " + chart.Number(e.High) + ")"
}

func chanceText(e forecast.Estimate) string {
	return pct(e.Value) + " (" + pct(e.Low) + " to " + pct(e.High) + ")"
}

func possible(v *float64) string {
	if v == nil {
		return "no root"
	}
	return chart.Number(*v)
}

// firstFans are shown open; the others fold away.
var firstFans = []forecast.Metric{forecast.Profit, forecast.Deliveries, forecast.Revenue, forecast.GrossMargin}

func shownFirst(all []forecast.Fan, first bool) []forecast.Fan {
	return slices.DeleteFunc(slices.Clone(all), func(f forecast.Fan) bool { return slices.Contains(firstFans, f.Metric) != first })
}

// behindFigure returns the inputs that a figure rests on.
func behindFigure(all []forecast.InputUse, ids []string) []string {
	var out []string
	for _, in := range all {
		if slices.Contains(ids, in.Record) {
			out = append(out, in.Name)
		}
	}
	return out
}
