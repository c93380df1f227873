package backtest

import (
	"fmt"
	"strings"

	"roadbook/evidence"
	"roadbook/outlook/record"
	"roadbook/period"
)

// flows are the metrics whose quarters add up to a year or to nine months.
var flows = map[string]bool{"deliveries": true, "vehicle_revenue": true, "revenue": true, "other_revenue": true, "services_revenue": true,
	"gross_profit": true, "result": true, "net_result": true}

// weights are the metrics that weigh a ratio's quarters.
var weights = map[string]string{"gross_margin": "revenue", "vehicle_margin": "vehicle_revenue"}

// derive makes an actual that nobody printed from ones that were, by arithmetic alone: a price per car from vehicle revenue
// and deliveries, a year or nine months from their quarters. It counts as known when its last part was, and is level D,
// or U where a part of it is weaker. All parts have the target's definition. First is the day on which it could first be
// derived, before any part was revised.
func derive(facts []record.Fact, maker string, t Target, p record.Period) (f record.Fact, first period.Date, ok bool) {
	var d derivation
	get := func(metric string, p record.Period) float64 {
		if f, ok := find(facts, maker, Target{Metric: metric, Definition: definition(metric, t)}, p); ok {
			if v, ok := f.Base(); ok {
				d.use(f)
				return v
			}
		}
		d.missing = true
		return 0
	}
	var value float64
	quarters := quartersOf(p)
	switch {
	case t.Metric == "asp":
		value = get("vehicle_revenue", p) / get("deliveries", p)
	case len(quarters) > 0 && flows[t.Metric]:
		for _, q := range quarters {
			value += get(t.Metric, q)
		}
	case len(quarters) > 0 && weights[t.Metric] != "":
		var sum float64
		for _, q := range quarters {
			w := get(weights[t.Metric], q)
			value, sum = value+w*get(t.Metric, q), sum+w
		}
		value /= sum
	default:
		return record.Fact{}, "", false
	}
	if d.missing || !(value-value == 0) { // not finite: divided by nothing
		return record.Fact{}, "", false
	}
	for _, part := range d.from {
		first = max(first, part.First())
	}
	return d.fact(record.Key(maker, p.String(), t.Metric), value, t), first, true
}

// definition is the target's for its own metric; what a ratio is weighed with has none.
func definition(metric string, t Target) string {
	if metric == t.Metric {
		return t.Definition
	}
	return ""
}

// quartersOf lists the quarters of a year or of nine months.
func quartersOf(p record.Period) []record.Period {
	n := 0
	switch {
	case p.IsYear():
		n = 4
	case strings.HasPrefix(p.String(), "9M"):
		n = 3
	}
	var out []record.Period
	for q := range n {
		at, err := record.ParsePeriod(fmt.Sprintf("%04dQ%d", p.Year(), q+1))
		if err != nil {
			return nil
		}
		out = append(out, at)
	}
	return out
}

// derivation gathers what an actual was derived from.
type derivation struct {
	from    []record.Fact
	missing bool
}

func (d *derivation) use(f record.Fact) { d.from = append(d.from, f) }

func (d *derivation) fact(key string, value float64, t Target) record.Fact {
	f := record.Fact{Record: record.Record{Key: key, Value: &value, Unit: "1", Evidence: evidence.Evidence{Who: "backtest", Level: evidence.Derived, Definition: t.Definition}}}
	ids := make([]string, len(d.from))
	sources := make([]string, len(d.from))
	for i, part := range d.from {
		ids[i], sources[i] = part.ID, part.Key
		f.Date, f.Vintage = max(f.Date, part.Date), max(f.Vintage, part.Vintage)
		if part.Level == evidence.Uncertain || part.Level == evidence.Assumed {
			f.Level = evidence.Uncertain
		}
	}
	f.ID, f.Source = "derived:"+strings.Join(ids, "+"), "derived from "+join(sources)
	return f
}
