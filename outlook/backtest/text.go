package backtest

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText writes a report for a terminal: first what it is worth, then every figure, then where it was wrong.
func WriteText(w io.Writer, r Report) error {
	var b strings.Builder
	reg := r.Registration
	fmt.Fprintf(&b, "Backtest %s", reg.Name)
	if t := reg.Spec.Title; t != "" {
		fmt.Fprintf(&b, ": %s", t)
	}
	fmt.Fprintf(&b, "\nRegistered %s, model %s, seed %d, %d paths; SHA-256 %s\n", reg.Registered.Format("2006-01-02 15:04:05 UTC"), reg.Model, reg.Spec.Seed, reg.Spec.Paths, reg.SHA256)
	if r.File != "" {
		kept := "written to"
		if r.Kept {
			kept = "kept in"
		}
		fmt.Fprintf(&b, "The registration is %s %s\n", kept, r.File)
	}
	if r.Score == nil {
		fmt.Fprintf(&b, "Not scored yet: the actuals have not been read.\n\n")
		writePredictions(&b, reg)
	} else {
		writeScore(&b, *r.Score)
		for _, e := range r.Earlier {
			fmt.Fprintf(&b, "An earlier score of this registration is kept: as of %s, %d figures scored.\n", e.AsOf, len(e.Rows))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writePredictions(b *strings.Builder, reg Registration) {
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "forecast\tas of\ttarget\t5 %\t50 %\t95 %")
	for _, f := range reg.Forecasts {
		for _, p := range f.Predictions {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", f.Name, f.AsOf, p.Target, p.show(p.At(0.05)), p.show(p.At(0.5)), p.show(p.At(0.95)))
		}
	}
	_ = t.Flush() // a Builder takes all
}

func writeScore(b *strings.Builder, s Score) {
	fmt.Fprintf(b, "Scored as of %s\n", s.AsOf)
	n := 0
	for _, g := range s.Skill {
		n += g.N
	}
	if n == 0 {
		fmt.Fprintf(b, "No evidence of skill: every figure below was forecast when its actual was already known (demonstration).\n")
	}
	for _, r := range s.Remarks {
		fmt.Fprintf(b, "Remark: %s\n", r)
	}
	fmt.Fprintln(b)
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "forecast\tas of\ttarget\t5 %\t50 %\t95 %\treported\tlevel\tPIT\tCRPS\tlast\tyear before\tlabel")
	for _, r := range s.Rows {
		mark := ""
		if !r.Inside {
			mark = " (outside)"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.3f%s\t%s\t%s\t%s\t%s\n", r.Forecast, r.AsOf, r.Target, r.show(r.P5), r.show(r.P50), r.show(r.P95),
			r.show(r.Actual), r.Level, r.PIT.Mid(), mark, r.show(r.CRPS), r.naive(Last), r.naive(YearBefore), r.Label)
	}
	_ = t.Flush()
	for _, part := range []struct {
		title string
		gs    []Group
	}{{"Skill (registered before the actual was known)", s.Skill}, {"Demonstrations (excluded from skill)", s.Demonstrations}} {
		for _, g := range part.gs {
			writeGroup(b, part.title, g)
		}
	}
	for _, c := range s.Compared {
		fmt.Fprintf(b, "\n%s\n", c)
	}
	fmt.Fprintln(b, "\nWhere it was wrong")
	if len(s.Misses) == 0 {
		fmt.Fprintf(b, "  Nowhere outside the interval, of %d figures.\n", len(s.Rows))
	}
	for i, m := range s.Misses {
		fmt.Fprintf(b, "  %d. %s\n", i+1, m.Words)
	}
	for _, r := range s.Rows {
		if len(r.Revised) > 0 {
			fmt.Fprintf(b, "  Revised: %s of %s was %s before %s.\n", r.Target, r.Maker, r.show(r.Revised[0]), r.Vintage)
		}
		if len(r.Others) > 0 {
			fmt.Fprintf(b, "  Sources disagree on %s of %s: another prints %s.\n", r.Target, r.Maker, r.show(r.Others[0]))
		}
	}
	if len(s.Unscored) > 0 {
		fmt.Fprintln(b, "\nNot scored")
	}
	for _, u := range s.Unscored {
		fmt.Fprintf(b, "  %s, %s of %s (forecast %s, %s, %s): %s%s\n", u.Forecast, u.Target, u.Maker, u.show(u.P5), u.show(u.P50), u.show(u.P95), u.Reason, u.limit())
	}
}

func writeGroup(b *strings.Builder, title string, g Group) {
	fmt.Fprintf(b, "\n%s: %s, %d figures of %d makers\n", title, g.Variant, g.N, g.Makers)
	fmt.Fprintf(b, "  %s\n", g.Verdict)
	fmt.Fprintf(b, "  %.0f %% interval: %d of %d inside, %.0f %% (95 %% confidence %.0f to %.0f %%); %d above it, %d below\n", 100*g.Coverage.Nominal,
		g.Coverage.Inside, g.Coverage.N, 100*g.Coverage.Rate, 100*g.Coverage.Range.Low, 100*g.Coverage.Range.High, g.Above, g.Below)
	switch misses := g.Above + g.Below; {
	case misses > 1 && g.Below == 0:
		fmt.Fprintf(b, "  Every miss is on one side: the actuals were higher. What is wrong is shared, not chance.\n")
	case misses > 1 && g.Above == 0:
		fmt.Fprintf(b, "  Every miss is on one side: the actuals were lower. What is wrong is shared, not chance.\n")
	}
	if g.Firm < g.N {
		fmt.Fprintf(b, "  of the %d figures with a firm actual (level R or D): %d inside\n", g.FirmOnly.N, g.FirmOnly.Inside)
	}
	fmt.Fprintf(b, "  PIT histogram: %s  χ² p = %.3f\n", bars(g.Calibration.Bins), g.Calibration.ChiP)
	for _, m := range g.Metrics {
		t := Target{Unit: m.Unit}
		word := "better"
		if m.Skill < 0 {
			word = "worse"
		}
		fmt.Fprintf(b, "  CRPS %s: %s against %s of the naive forecast %q: %.0f %% %s, ahead in %d of %d\n", m.Metric, t.show(m.CRPS), t.show(m.Naive), m.Rule,
			100*abs(m.Skill), word, m.Better, m.N)
	}
}

func abs(x float64) float64 { return max(x, -x) }

// bars draws a histogram in one line: the count of each bin.
func bars(bins []float64) string {
	parts := make([]string, len(bins))
	for i, n := range bins {
		parts[i] = fmt.Sprintf("%.0f", n)
	}
	return "[" + strings.Join(parts, " ") + "]"
}

func (r Row) naive(rule Naive) string {
	for _, n := range r.Naive {
		if n.Rule == rule {
			return r.show(n.CRPS)
		}
	}
	return "–"
}

func (u Unscored) limit() string {
	switch {
	case u.Least != nil && u.Most != nil:
		return fmt.Sprintf("; PIT %.2f to %.2f", *u.Least, *u.Most)
	case u.Least != nil:
		return fmt.Sprintf("; PIT at least %.2f", *u.Least)
	case u.Most != nil:
		return fmt.Sprintf("; PIT at most %.2f", *u.Most)
	}
	return ""
}
