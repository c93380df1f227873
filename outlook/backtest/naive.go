package backtest

import "roadbook/outlook/record"

// naive makes the naive forecasts of a target from facts that were known. A rule that finds nothing says nothing.
func naive(facts []record.Fact, maker string, t Target, rules []Naive) []NaiveValue {
	target, err := record.ParsePeriod(t.Period)
	if err != nil {
		return nil
	}
	known := func(p record.Period) (record.Fact, bool) { return find(facts, maker, t, p) }
	var out []NaiveValue
	for _, rule := range rules {
		p := target
		for range MaxBack {
			if rule == Last {
				p = p.Before()
			} else {
				p = p.YearsBefore(1)
			}
			if f, ok := known(p); ok {
				if v, ok := f.Base(); ok {
					out = append(out, NaiveValue{Rule: rule, Value: v, Period: p.String(), Record: f.ID})
					break
				}
			}
		}
	}
	return out
}

// MaxBack is how many periods back a naive forecast looks.
const MaxBack = 40

// find returns the fact on a maker's metric in the target's definition in a period. A year is a year, called FY or not.
func find(facts []record.Fact, maker string, t Target, p record.Period) (record.Fact, bool) {
	for _, f := range facts {
		if f.Subject() == maker && f.Metric() == t.Metric && same(f.Period(), p) && record.Measure(f.Definition) == record.Measure(t.Definition) {
			return f, true
		}
	}
	return record.Fact{}, false
}

func same(a, b record.Period) bool {
	return a.String() != "" && (a.String() == b.String() || a.IsYear() && b.IsYear() && a.Year() == b.Year())
}
