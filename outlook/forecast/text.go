package forecast

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// textRows is how many rows a long table shows.
const textRows = 12

// WriteText writes a result for a terminal, in the order of the reference: the answer first.
func WriteText(w io.Writer, r Result) error {
	t := &text{w: w, r: &r}
	t.line("%s", r.title())
	t.line("as of %s, %s, %d quarters from %s", r.AsOf, r.Currency, r.Quarters, r.Start)
	t.line("")
	t.line("%s", wrap(r.Answer.Sentence, 110))
	t.levers()
	t.years()
	t.fan(Deliveries)
	t.fan(GrossMargin)
	t.fan(Profit)
	t.breakEven()
	t.required()
	t.waterfall()
	t.split()
	t.tornado()
	t.indices()
	t.curves()
	t.floors()
	t.values()
	t.changes()
	t.updates()
	t.inputs()
	t.run()
	return t.err
}

type text struct {
	w   io.Writer
	r   *Result
	err error
}

func (r *Result) title() string {
	if r.Title != "" {
		return r.Title
	}
	return r.Case
}

func (t *text) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}

// table writes rows of tab-separated cells, aligned; the first column to the left.
func (t *text) table(head string, rows []string) {
	if t.err != nil || len(rows) == 0 {
		return
	}
	t.line("")
	t.line("%s", head)
	tw := tabwriter.NewWriter(t.w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(tw, "  "+r)
	}
	t.err = tw.Flush()
}

// wrap breaks a text at blanks.
func wrap(s string, width int) string {
	var b strings.Builder
	n := 0
	for i, word := range strings.Fields(s) {
		switch {
		case i == 0:
		case n+1+len(word) > width:
			b.WriteByte('\n')
			n = 0
		default:
			b.WriteByte(' ')
			n++
		}
		b.WriteString(word)
		n += len(word)
	}
	return b.String()
}

func (t *text) levers() {
	var rows []string
	for _, l := range t.r.Answer.Levers {
		v := "no root"
		if l.Value != nil {
			v = fmt.Sprintf("%s %s ± %s", l.Direction, large(*l.Value), large(l.SE))
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\tmodelled %s\tsearched %s to %s", l.Label, v, l.Unit, large(l.Modelled), large(l.Low), large(l.High)))
	}
	t.table(fmt.Sprintf("What reaches P(profit %d) = %s, each alone", t.r.Answer.Year, percent(t.r.Answer.Probability)), rows)
}

func (t *text) years() {
	rows := []string{"year\tP(profit)\t95 % interval\twithout software\tprofit 5 %\tmedian\t95 %\t"}
	for _, y := range t.r.Years {
		note := ""
		switch {
		case y.Partial:
			note = fmt.Sprintf("%s to %s only", y.From, y.Until)
		case len(y.Actual) > 0:
			note = fmt.Sprintf("with reported quarters: %d", len(y.Actual))
		}
		rows = append(rows, fmt.Sprintf("%d\t%s\t%s to %s\t%s\t%s\t%s\t%s\t%s", y.Year, percent(y.Chance.Value), percent(y.Chance.Low), percent(y.Chance.High),
			percent(y.Without.Value), large(y.Profit.P5.Value), large(y.Profit.P50.Value), large(y.Profit.P95.Value), note))
	}
	t.table("P(profit) by year", rows)
}

// value writes a figure of a metric.
func value(unit string, v float64) string {
	if unit == "share" {
		return percentOf(v)
	}
	return large(v)
}

func percentOf(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }

func (t *text) fan(m Metric) {
	for _, f := range t.r.Fans {
		if f.Metric != m {
			continue
		}
		rows := []string{"quarter\t5 %\t25 %\tmedian\t75 %\t95 %\treported"}
		dots := map[string]Dot{}
		for _, d := range f.Dots {
			dots[d.Period] = d
		}
		for i, p := range f.Points {
			if i >= textRows && i < len(f.Points)-1 {
				continue
			}
			row := string(p.Quarter)
			for _, v := range []float64{p.P5, p.P25, p.P50, p.P75, p.P95} {
				row += "\t" + value(f.Unit, v)
			}
			if d, ok := dots[string(p.Quarter)]; ok {
				row += "\t" + value(f.Unit, d.Value)
			} else {
				row += "\t"
			}
			rows = append(rows, row)
		}
		t.table(fmt.Sprintf("%s (%s)", f.Label, f.Unit), rows)
	}
}

func (t *text) breakEven() {
	rows := []string{"quarter\tvolume 5 %\tmedian\t95 %\tno root\tmodelled\tP(result ≥ 0)\tfleet median\tno root\tmodelled"}
	may := func(v *float64) string {
		if v == nil {
			return "no root"
		}
		return large(*v)
	}
	for i, q := range t.r.BreakEven.Quarters {
		if i >= textRows && i < len(t.r.BreakEven.Quarters)-1 {
			continue
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s", q.Quarter, may(q.Volume.P5), may(q.Volume.P50), may(q.Volume.P95), percent(q.Volume.NoRoot),
			large(q.Modelled), percent(q.Reached.Value), may(q.Fleet.P50), percent(q.Fleet.NoRoot), large(q.ModelledCar)))
	}
	t.table("Break-even: cars a quarter, and live cars whose software and licences pay the fixed cost", rows)
}

func (t *text) required() {
	q := &t.r.Required
	need := "no root"
	if q.Revenue != nil {
		need = fmt.Sprintf("%s ± %s", number(q.Revenue.Value), number(q.Revenue.SE))
	}
	rows := []string{
		fmt.Sprintf("required for P = %s\t%s", percent(q.Probability), need),
		fmt.Sprintf("modelled, 5 %% / median / 95 %%\t%s / %s / %s", number(q.Modelled.P5.Value), number(q.Modelled.P50.Value), number(q.Modelled.P95.Value)),
		fmt.Sprintf("earned after all costs of software\t%s / %s / %s", number(q.Earned.P5.Value), number(q.Earned.P50.Value), number(q.Earned.P95.Value)),
	}
	for _, c := range q.Comparables {
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s", c.Name, number(c.Value), c.Basis))
	}
	t.table(fmt.Sprintf("Software revenue per fleet car-month in %d, %s", q.Year, t.r.Currency), rows)
}

func (t *text) waterfall() {
	var rows []string
	for _, s := range t.r.Waterfall.Steps {
		label := s.Label
		if s.Total {
			label = "= " + label
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\t(%s to %s)", label, number(s.Mean), number(s.P5), number(s.P95)))
	}
	t.table(fmt.Sprintf("A car over %d quarters of life, discounted to its sale, mean (5 to 95 %%)", LifeQuarters), rows)
}

func (t *text) split() {
	rows := []string{"year\tcars\tsoftware\tlicences\tfixed\tresult"}
	for _, s := range t.r.Split {
		rows = append(rows, fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%s", s.Year, large(s.Hardware.Value), large(s.Software.Value), large(s.Licence.Value), large(s.Fixed.Value), large(s.Profit.Value)))
	}
	t.table("Who earns what, mean", rows)
}

func (t *text) tornado() {
	o := &t.r.Tornado
	widest := 0.0
	for _, b := range o.Bars {
		widest = math.Max(widest, math.Abs(b.ProfitHigh-b.ProfitLow))
	}
	rows := []string{"input\tat 10 %\tat 90 %\tprofit there\tprofit here\t"}
	for i, b := range o.Bars {
		if i >= textRows || widest == 0 {
			break
		}
		bar := strings.Repeat("█", int(math.Round(20*math.Abs(b.ProfitHigh-b.ProfitLow)/widest)))
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s", b.Input, large(b.Low), large(b.High), large(b.ProfitLow), large(b.ProfitHigh), bar))
	}
	if len(o.Bars) > 0 {
		t.table(fmt.Sprintf("Mean profit of %d with one input at its 10 %% and 90 %% quantile", o.Year), rows)
	}
}

func (t *text) indices() {
	rows := []string{"factor\tfirst\t95 % range\ttotal\t95 % range"}
	for i, x := range t.r.Indices.List {
		if i >= textRows {
			break
		}
		rows = append(rows, fmt.Sprintf("%s\t%.3f\t%.3f to %.3f\t%.3f\t%.3f to %.3f", x.Factor, x.First, x.FirstLow, x.FirstHigh, x.Total, x.TotalLow, x.TotalHigh))
	}
	if len(t.r.Indices.List) > 0 {
		t.table("Sobol indices of the "+t.r.Indices.Of+", on the independent factors behind the copula", rows)
	}
}

func (t *text) curves() {
	rows := []string{"quarter\treceived\tearned\tdeferred at the end"}
	any := false
	for i, p := range t.r.Curves.Points {
		any = any || p.Billed != 0 || p.Recognised != 0
		if i < textRows || i == len(t.r.Curves.Points)-1 {
			rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s", p.Quarter, large(p.Billed), large(p.Recognised), large(p.Deferred)))
		}
	}
	if any {
		t.table("Software revenue: three curves, mean", rows)
	}
}

func (t *text) floors() {
	for _, f := range t.r.Floors {
		rows := []string{"confidence\tsoftware credited\tprice floor"}
		for _, x := range f.List {
			rows = append(rows, fmt.Sprintf("%s\t%s ± %s\t%s ± %s", percent(x.Confidence), number(x.Credit.Value), number(x.Credit.SE), number(x.Floor.Value), number(x.Floor.SE)))
		}
		t.table(fmt.Sprintf("Price floor of %s: (cost %s + warranty %s − software) / (1 − %s); price %s", f.Model, number(f.Cost), number(f.Warranty), percent(f.Margin), number(f.Price)), rows)
	}
}

func (t *text) values() {
	row := func(name string, s Spread) string {
		return fmt.Sprintf("%s\t%s ± %s\t%s\t%s\t%s", name, large(s.Mean.Value), large(s.Mean.SE), large(s.P5.Value), large(s.P50.Value), large(s.P95.Value))
	}
	t.table("Values", []string{"\tmean\t5 %\tmedian\t95 %", row("NPV of cash", t.r.NPV), row("NPV of profit", t.r.ProfitNPV), row("peak cash need", t.r.PeakCash)})
}

func (t *text) changes() {
	c := t.r.Changes
	if c == nil {
		return
	}
	rows := []string{"step\tfrom\tto\tP(profit)\tprofit", fmt.Sprintf("%s of %s\t\t\t%s\t%s", c.From, c.Since, percent(c.Before.Chance), large(c.Before.Profit))}
	for _, s := range c.Steps {
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%+.1f points\t%s", s.Input, s.Before, s.After, 100*s.Chance, signed(s.Profit)))
	}
	rows = append(rows, fmt.Sprintf("now\t\t\t%s\t%s", percent(c.After.Chance), large(c.After.Profit)))
	t.table("What changed, swapped one by one in this order", rows)
}

func signed(v float64) string {
	if v > 0 {
		return "+" + large(v)
	}
	return large(v)
}

func (t *text) updates() {
	var rows []string
	for _, u := range t.r.Updates {
		rows = append(rows, fmt.Sprintf("%s\t%s (%s to %s)\t→ %s (%s to %s)\tdata weigh %s\t%s", u.Input, number(u.Before.Mean), number(u.Before.P5), number(u.Before.P95),
			number(u.After.Mean), number(u.After.P5), number(u.After.P95), percent(u.Weight), u.Method))
	}
	t.table("Updated by the ledger", rows)
}

func (t *text) inputs() {
	rows := []string{"input\tlevel\tknown since\tlaw\tsource"}
	for _, in := range t.r.Inputs {
		source := in.Evidence.Source
		if runes := []rune(source); len(runes) > 60 {
			source = string(runes[:59]) + "…"
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\t%s", in.Name, in.Evidence.Level, in.Evidence.Vintage, in.Law, source))
	}
	t.table("Inputs", rows)
}

func (t *text) run() {
	t.line("")
	for _, n := range t.r.Notes {
		t.line("note: %s", n)
	}
	r := &t.r.Run
	t.line("model %s, %s; %d paths in %d scrambles of %d points, seed %d; quarters from %d paths; case %.12s", r.Model, r.Engine, r.Paths, r.Scrambles, r.Points, r.Seed, r.FanPaths, r.CaseHash)
}
