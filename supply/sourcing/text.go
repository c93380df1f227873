package sourcing

import (
	"fmt"
	"io"
	"strings"

	"roadbook/money"
)

// WriteText writes a plan as a report for a terminal.
func WriteText(w io.Writer, p Plan) error {
	t := &text{w: w}
	t.say("%s\n", p.Answer)
	if p.Title != "" {
		t.say("\n%s (as of %s)\n", p.Title, p.AsOf)
	}
	r := p.Run
	t.say("\nStatus %s · engine %s · bound by %s · gap %s (asked %s) · %.1f CPU s · %d nodes · %d LPs · seed %d\n", r.Status, or(r.Engine), or(r.BoundBy), percent(r.Gap), percent(r.Tolerance), r.CPU, r.Nodes, r.LPs, r.Seed)
	t.say("%d columns, %d rows, %d yes-or-no · case %.16s\n", r.Columns, r.Rows, r.Binaries, p.CaseHash)
	if len(p.Conflicts) > 0 {
		t.say("\nThese cannot hold together; take any one away and the rest can:\n")
		for _, c := range p.Conflicts {
			t.say("  · %s\n", c.Words)
		}
	}
	if len(p.Scenarios) > 0 {
		t.award(p)
		t.cost(p)
	}
	t.rules(p)
	if len(p.Notes) > 0 {
		t.say("\nTo look at\n")
		for _, n := range p.Notes {
			t.say("  · %s\n", n.Words)
		}
	}
	return t.err
}

type text struct {
	w   io.Writer
	err error
}

func (t *text) say(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format, args...)
	}
}

func percent(v float64) string { return fmt.Sprintf("%.3g %%", 100*v) }

func or(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// table writes rows under a head, numbers to the right.
func (t *text) table(title string, rows [][]string) {
	if len(rows) < 2 {
		return
	}
	width := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	t.say("\n%s\n", title)
	for _, r := range rows {
		var b strings.Builder
		for i, c := range r {
			pad := strings.Repeat(" ", width[i]-len([]rune(c)))
			if i == 0 {
				b.WriteString("  " + c + pad)
			} else {
				b.WriteString("  " + pad + c)
			}
		}
		t.say("%s\n", strings.TrimRight(b.String(), " "))
	}
}

func (t *text) award(p Plan) {
	rows := [][]string{{"offer", "awarded", "packs", "share", "from", "qualification", "barred by"}}
	for _, a := range p.Awards {
		rows = append(rows, []string{a.Supplier + " / " + a.Pack, map[bool]string{true: "yes", false: "no"}[a.Awarded], fmt.Sprintf("%.0f", a.Packs), fmt.Sprintf("%.1f %%", 100*a.Share),
			or(string(a.From)), a.Qualification.String(), strings.Join(a.Excluded, " ")})
	}
	t.table("Award", rows)
	rows = [][]string{{"supplier, contract year", "tier", "discount", "volume", "paid, not taken"}}
	for _, c := range p.Tiers {
		name := fmt.Sprintf("%s %d (from %s)", c.Supplier, c.Year, c.Begins)
		if c.Scenario != "" {
			name += " " + c.Scenario
		}
		tier := "–"
		if c.Tier > 0 {
			tier = fmt.Sprint(c.Tier)
		}
		rows = append(rows, []string{name, tier, fmt.Sprintf("%.1f %%", 100*c.Discount), fmt.Sprintf("%.0f", c.Volume), fmt.Sprintf("%.0f", c.Shortfall)})
	}
	t.table("Tiers", rows)
}

func (t *text) cost(p Plan) {
	rows := [][]string{{"cost, expected", "amount"}}
	for _, l := range p.Cost {
		rows = append(rows, []string{strings.ReplaceAll(l.Kind, "_", " "), l.Amount.String()})
	}
	rows = append(rows, []string{"total", p.Mean.String()}, []string{"a car", p.PerCar.String()})
	if len(p.Scenarios) > 1 {
		rows = append(rows, []string{fmt.Sprintf("CVaR %g %%", 100*p.Alpha), p.CVaR.String()}, []string{"worst scenario", p.Worst.String()},
			[]string{fmt.Sprintf("objective: %g mean + %g CVaR", 1-p.Lambda, p.Lambda), p.Objective.String()})
	}
	rows = append(rows, []string{"no plan is below", p.Bound.String()})
	t.table("Cost", rows)
	if len(p.Scenarios) > 1 {
		rows = [][]string{{"scenario", "probability", "cars", "total", "a car"}}
		for _, s := range p.Scenarios {
			rows = append(rows, []string{s.ID, percent(s.Probability), fmt.Sprintf("%.0f", s.Cars), s.Total.String(), s.PerCar.String()})
		}
		t.table("Scenarios", rows)
	}
	rows = [][]string{{"paid to", "packs", "amount"}}
	for _, s := range p.Suppliers {
		name := s.Supplier
		if name == "" {
			name = "elsewhere"
		}
		rows = append(rows, []string{name, fmt.Sprintf("%.0f", s.Packs), s.Amount.String()})
	}
	t.table("Suppliers", rows)
	if len(p.Currencies) > 1 {
		rows = [][]string{{"currency", "own", "rate", "in " + string(p.Currency)}}
		for _, c := range p.Currencies {
			rows = append(rows, []string{string(c.Currency), c.Own.String(), fmt.Sprintf("%g", c.Rate), c.Spend.String()})
		}
		t.table("Currencies", rows)
	}
}

func (t *text) rules(p Plan) {
	rows := [][]string{{"rule", "costs at least", "at most", "a car"}}
	for _, r := range p.Prices {
		car := span(r.LowPerCar, r.HighPerCar)
		if r.Note != "" {
			car = r.Note
		}
		rows = append(rows, []string{r.Words, r.Low.String(), r.High.String(), car})
	}
	t.table("What each rule costs (with it less without it, proven)", rows)
	rows = [][]string{{"one supplier alone", "cost", "against the plan, a car", "from elsewhere"}}
	for _, s := range p.Singles {
		if !s.Feasible {
			rows = append(rows, []string{s.Supplier, "infeasible", s.Why, ""})
			continue
		}
		rows = append(rows, []string{s.Supplier, s.Cost.String(), s.PerCar.String(), fmt.Sprintf("%.0f", s.Short)})
	}
	t.table("Single suppliers (share caps and dual sourcing left out)", rows)
	rows = [][]string{{"path", "award kept", "decided anew", "a car", "changes"}}
	for _, s := range p.Sensitivity {
		rows = append(rows, []string{fmt.Sprintf("%s × %g", s.Commodity, s.Factor), s.Fixed.String(), s.Resolved.String(), s.PerCar.String(), strings.Join(s.Changed, " ")})
	}
	t.table("If the commodity's path were another", rows)
}

func span(low, high money.Amount) string {
	if low == high {
		return low.String()
	}
	return low.String() + " to " + high.String()
}
