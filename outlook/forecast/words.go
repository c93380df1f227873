package forecast

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// number writes a figure with at most five significant digits and thousands apart: 1,640 or 0.045 or −3.1e+09 as −3,100,000,000.
func number(v float64) string {
	a := math.Abs(v)
	switch {
	case v == 0:
		return "0"
	case a >= 1e15 || a < 1e-4:
		return strconv.FormatFloat(v, 'g', 4, 64)
	case a >= 1000:
		return thousands(round(v))
	case a >= 100:
		return trim(strconv.FormatFloat(v, 'f', 1, 64))
	case a >= 1:
		return trim(strconv.FormatFloat(v, 'f', 2, 64))
	}
	return trim(strconv.FormatFloat(v, 'f', 4, 64))
}

// exact writes a known figure as it is.
func exact(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) >= 1000 && math.Abs(v) < 1e15 {
		return thousands(v)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// round keeps five significant digits.
func round(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 4, 64), 64)
	if err != nil {
		return v
	}
	return r
}

func trim(s string) string {
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// thousands writes a whole number with commas.
func thousands(v float64) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if v < 0 {
		return "-" + s
	}
	return s
}

// large writes an amount in billions or millions where it is that large.
func large(v float64) string {
	switch a := math.Abs(v); {
	case a >= 9.995e8:
		return strconv.FormatFloat(v/1e9, 'f', 2, 64) + " bn"
	case a >= 9.995e5:
		return strconv.FormatFloat(v/1e6, 'f', 1, 64) + " m"
	}
	return number(v)
}

// percent writes a probability.
func percent(p float64) string {
	switch {
	case p > 0 && p < 0.0005:
		return "below 0.1 %"
	case p < 1 && p > 0.9995:
		return "above 99.9 %"
	}
	return strconv.FormatFloat(100*p, 'f', 1, 64) + " %"
}

// sentence answers the question, and says plainly when the answer is no.
func (r *Result) sentence(c *Case) string {
	a, q := &r.Answer, &r.Required
	p, without := a.Chance, a.Without
	said := fmt.Sprintf("P(profit %d) is %s (95 %% interval %s to %s), asked for %s", a.Year, percent(p.Value), percent(p.Low), percent(p.High), percent(a.Probability))
	switch {
	case without.Low >= a.Probability:
		a.Verdict = NoGap
		if p.High < a.Probability {
			a.Verdict = No
			return fmt.Sprintf("No: there is a profit without software, with a probability of %s, and software, which costs more than it earns, takes it away: %s.", percent(without.Value), said)
		}
		return fmt.Sprintf("Yes, but there is no gap for software to close: without it P(profit %d) is %s; %s; it adds %s %s per fleet car-month (5 to 95 %%: %s to %s).",
			a.Year, percent(without.Value), said, number(q.Earned.P50.Value), r.Currency, number(q.Earned.P5.Value), number(q.Earned.P95.Value))
	case p.Low >= a.Probability:
		a.Verdict = Yes
		return fmt.Sprintf("Yes: software closes the gap: %s; without it %s; %s.", said, percent(without.Value), r.figures())
	case p.High < a.Probability:
		a.Verdict = No
	default:
		a.Verdict = Undecided
		return fmt.Sprintf("Undecided: the error of the estimate spans what is asked for: %s; run more paths; %s.", said, r.figures())
	}
	if len(c.Products) == 0 {
		return fmt.Sprintf("No: the case has no software to close the gap: %s; %s; what would close it: %s.", said, r.figures(), r.closes())
	}
	return fmt.Sprintf("No: software does not close the gap: %s; %s; what would close it, each alone: %s.", r.figures(), said, r.closes())
}

// figures are required, modelled and best comparable.
func (r *Result) figures() string {
	q := &r.Required
	var b strings.Builder
	if q.Revenue == nil {
		b.WriteString("no software revenue per fleet car-month would do (no root)")
	} else if q.Revenue.Value <= 0 {
		fmt.Fprintf(&b, "required nothing per fleet car-month")
	} else {
		fmt.Fprintf(&b, "required %s %s per fleet car-month", number(q.Revenue.Value), r.Currency)
	}
	m := &q.Modelled
	fmt.Fprintf(&b, ", modelled P5/P50/P95 %s/%s/%s", number(m.P5.Value), number(m.P50.Value), number(m.P95.Value))
	if best := q.best(); best != nil {
		fmt.Fprintf(&b, ", best public comparable %s (%s)", number(best.Value), best.Name)
	}
	return b.String()
}

// best is the highest comparable.
func (q *Required) best() *ComparedWith {
	var best *ComparedWith
	for i := range q.Comparables {
		if best == nil || q.Comparables[i].Value > best.Value {
			best = &q.Comparables[i]
		}
	}
	return best
}

// closes lists what would close the gap.
func (r *Result) closes() string {
	var out []string
	for _, l := range r.Answer.Levers {
		if l.Name != "software" {
			out = append(out, l.say())
		}
	}
	return strings.Join(out, ", ")
}

// say writes a lever: "volume ≥ 98,500 cars a quarter (modelled 81,000)" or "pack cost: no root".
func (l *Lever) say() string {
	if l.Value == nil {
		edge := "up to " + large(l.High)
		if l.Direction == "≤" {
			edge = "down to " + large(l.Low)
		}
		return fmt.Sprintf("%s: no root %s %s (P at most %s)", l.Label, edge, l.Unit, percent(l.Best))
	}
	return fmt.Sprintf("%s %s %s %s (modelled %s)", l.Label, l.Direction, large(*l.Value), l.Unit, large(l.Modelled))
}
