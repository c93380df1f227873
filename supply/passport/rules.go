package passport

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"roadbook/evidence"
	"roadbook/id"
)

// Rule says how an attribute follows from others.
type rule struct {
	attribute string
	from      []string
	text      string // for its source
	of        func(v []float64) float64
}

// share is 100 x / whole; fade 100 (whole − x) / whole, by Annex IV and the state of certified energy of UN GTR 22.
func share(v []float64) float64 { return 100 * v[0] / v[1] }
func fade(v []float64) float64  { return 100 * (v[1] - v[0]) / v[1] }

// rules are tried in order, so that a later one may use what an earlier one made. The fades are relative to the value at the
// beginning of life (BattReg Annex IV: "decrease over time and upon usage").
func rules() []rule {
	return []rule{
		{SOCE, []string{RemainingEnergy, CertifiedEnergy}, "100 × remaining / certified usable energy", share},
		{RemainingEnergy, []string{SOCE, CertifiedEnergy}, "state of certified energy × certified usable energy / 100", func(v []float64) float64 { return v[0] * v[1] / 100 }},
		{"capacity_fade", []string{"remaining_capacity", "rated_capacity"}, "100 × (rated − remaining) / rated capacity", fade},
		{"power_fade", []string{"remaining_power", "original_power"}, "100 × (original − remaining) / original power", fade},
		{"efficiency_fade", []string{"remaining_efficiency", "initial_efficiency"}, "100 × (initial − remaining) / initial efficiency", fade},
		{"self_discharge_evolution", []string{"current_self_discharge", "initial_self_discharge"}, "100 × (current − initial) / initial self-discharge",
			func(v []float64) float64 { return -fade(v) }},
		{FullCycles, []string{EnergyThroughput, CertifiedEnergy}, "energy throughput / certified usable energy", func(v []float64) float64 { return v[0] / v[1] }},
	}
}

// derive adds to best what follows from it by a rule, where nothing is recorded. The derived value is as late as its latest
// input, and it is uncertain if one of them is; it stands for the battery itself. A result outside its attribute's range is
// no result: the attribute stays missing.
func (c Catalogue) derive(p Pack, best map[string]Record) {
	for _, r := range rules() {
		if _, ok := best[r.attribute]; ok {
			continue
		}
		var values []float64
		for _, from := range r.from {
			v, err := strconv.ParseFloat(string(best[from].Value), 64)
			if err != nil {
				break
			}
			values = append(values, v)
		}
		a, err := c.Of(r.attribute)
		if err != nil || len(values) != len(r.from) {
			continue
		}
		v := r.of(values)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		value, err := a.Form.Value([]byte(decimal(v)))
		if err != nil {
			continue
		}
		best[r.attribute] = follow(p, a, value, r.text, best, r.from)
	}
	const subject = "carbon_footprint_subject"
	parts := []string{"manufacturer", BatteryCategory, "manufacturing_place"}
	if _, ok := best[subject]; ok {
		return
	}
	for _, from := range parts {
		if _, ok := best[from]; !ok {
			return
		}
	}
	a, err := c.Of(subject)
	if err != nil {
		return
	}
	value, err := json.Marshal("as recorded under " + strings.Join(parts, ", "))
	if err != nil {
		return
	}
	best[subject] = follow(p, a, value, "Art. 7(1)(a)-(c)", best, parts)
}

func follow(p Pack, a Attribute, value json.RawMessage, text string, best map[string]Record, from []string) Record {
	out := Record{Subject: Subject{Item, p.Serial}, Attribute: a.ID, Value: value, Origin: a.Origin,
		Evidence: evidence.Evidence{Who: "rule", Level: evidence.Derived, Definition: text}}
	named := make([]string, len(from))
	for i, f := range from {
		r := best[f]
		out.Date, out.Vintage = max(out.Date, r.Date), max(out.Vintage, r.Vintage)
		if r.Level == evidence.Assumed || r.Level == evidence.Uncertain {
			out.Level = evidence.Uncertain
		}
		out.Origin = r.Origin
		named[i] = fmt.Sprintf("%s %s of %s (%s)", f, r.Value, r.Date, r.ID)
	}
	out.Origin = best[from[0]].Origin
	out.Source = cut("derived from " + strings.Join(named, "; "))
	out.ID = id.From("psr", p.Serial, a.ID, string(value), string(out.Date), out.Source)
	return out
}

// cut keeps a text within what evidence takes, without splitting a character.
func cut(s string) string {
	for len(s) > evidence.MaxText {
		s = strings.ToValidUTF8(s[:evidence.MaxText], "")
	}
	return s
}

// decimal writes a derived figure with at most three decimals: no instrument in a car is finer.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }
