package backtest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"roadbook/evidence"
	"roadbook/outlook/chance"
	"roadbook/outlook/record"
	"roadbook/period"
)

// Label says what a score is worth.
type Label string

// The labels.
const (
	Forecast      Label = "forecast"      // registered before its actual was known
	Demonstration Label = "demonstration" // registered on the day on which its actual became known, or later: no evidence of skill
)

// Least makers and quarters for a verdict on skill: one company is one draw.
const (
	LeastMakers   = 4
	LeastQuarters = 8
)

// Bins of the histogram of PITs.
const Bins = 10

// Score is a registration beside the actuals that were known on a day.
type Score struct {
	Name           string      `json:"name"`
	Registration   string      `json:"registration_sha256"`
	Registered     time.Time   `json:"registered"`
	Model          string      `json:"model_version"`
	AsOf           period.Date `json:"as_of"`
	Rows           []Row       `json:"rows"`
	Skill          []Group     `json:"skill"`              // per variant, of forecasts alone
	Demonstrations []Group     `json:"demonstrations"`     // per variant, of demonstrations alone
	Compared       []Compared  `json:"compared,omitempty"` // variants that forecast the same figures
	Unscored       []Unscored  `json:"unscored,omitempty"`
	Misses         []Miss      `json:"misses,omitempty"` // where it was most wrong, the worst first
	Remarks        []string    `json:"remarks,omitempty"`
}

// Row is one prediction beside its actual, in base units.
type Row struct {
	Forecast string      `json:"forecast"`
	Variant  string      `json:"variant"`
	Maker    string      `json:"maker"`
	AsOf     period.Date `json:"as_of"`
	Target
	P5      float64        `json:"p5"`
	P50     float64        `json:"p50"`
	P95     float64        `json:"p95"`
	Actual  float64        `json:"actual"`
	Record  string         `json:"record"`
	Source  string         `json:"source"`
	Vintage period.Date    `json:"vintage"`       // of this actual
	First   period.Date    `json:"first_vintage"` // on which anything became known of it
	Level   evidence.Level `json:"level"`
	Revised []float64      `json:"revised,omitempty"`   // earlier values of the same actual, the newest first
	Others  []float64      `json:"conflicts,omitempty"` // what other sources of that day print
	Label   Label          `json:"label"`
	PIT     chance.PIT     `json:"pit"`
	Inside  bool           `json:"inside"` // of the central interval
	CRPS    float64        `json:"crps"`
	Naive   []NaiveScore   `json:"naive,omitempty"`
}

// NaiveScore is a naive forecast beside the same actual. Its CRPS is its absolute error.
type NaiveScore struct {
	NaiveValue
	CRPS float64 `json:"crps"`
}

// Unscored is a prediction that could not be scored, and why.
type Unscored struct {
	Forecast string `json:"forecast"`
	Variant  string `json:"variant"`
	Maker    string `json:"maker"`
	Target
	P5     float64  `json:"p5"`
	P50    float64  `json:"p50"`
	P95    float64  `json:"p95"`
	Reason string   `json:"reason"`
	Least  *float64 `json:"pit_least,omitempty"` // where only a bound is known: the PIT is at least
	Most   *float64 `json:"pit_most,omitempty"`  // or at most
	Record string   `json:"record,omitempty"`
}

// Score compares a registration with what was known on a day. It refuses a registration that was changed.
func (r Registration) Score(records []record.Record, asOf period.Date) (Score, error) {
	if err := r.Verify(); err != nil {
		return Score{}, err
	}
	if _, err := period.ParseDate(string(asOf)); err != nil {
		return Score{}, err
	}
	s := Score{Name: r.Name, Registration: r.SHA256, Registered: r.Registered, Model: r.Model, AsOf: asOf, Remarks: r.Spec.Remarks}
	facts := record.At(records, asOf)
	for _, f := range r.Forecasts {
		for _, p := range f.Predictions {
			row, no := r.match(f, p, facts)
			if no != nil {
				s.Unscored = append(s.Unscored, *no)
			} else {
				s.Rows = append(s.Rows, row)
			}
		}
	}
	s.Skill = groups(s.Rows, Forecast, r.Spec.Coverage)
	s.Demonstrations = groups(s.Rows, Demonstration, r.Spec.Coverage)
	s.Compared = compare(s.Rows)
	s.Misses = misses(s.Rows, r.Spec.Coverage)
	return s, nil
}

// match finds a prediction's actual and scores it, or says why there is none.
func (r Registration) match(f Frozen, p Prediction, facts []record.Fact) (Row, *Unscored) {
	no := &Unscored{Forecast: f.Name, Variant: f.Variant, Maker: f.Maker, Target: p.Target, P5: p.At(0.05), P50: p.At(0.5), P95: p.At(0.95)}
	at, err := record.ParsePeriod(p.Period)
	if err != nil {
		no.Reason = err.Error()
		return Row{}, no
	}
	fact, ok := find(facts, f.Maker, p.Target, at)
	first := fact.First()
	if !ok {
		fact, first, ok = derive(facts, f.Maker, p.Target, at)
	}
	if !ok {
		no.Reason = otherDefinitions(facts, f.Maker, p.Target, at)
		return Row{}, no
	}
	actual, ok := fact.Base()
	if !ok {
		no.Record = fact.ID
		no.Reason, no.Least, no.Most = bounded(fact, p)
		return Row{}, no
	}
	row := Row{Forecast: f.Name, Variant: f.Variant, Maker: f.Maker, AsOf: f.AsOf, Target: p.Target, P5: no.P5, P50: no.P50, P95: no.P95,
		Actual: actual, Record: fact.ID, Source: fact.Source, Vintage: fact.Vintage, First: first, Level: fact.Level, Label: Forecast,
		PIT: chance.PITOf(p.Quantiles, actual), CRPS: chance.CRPS(p.Quantiles, actual)}
	row.Inside = row.PIT.Within(r.Spec.Coverage)
	if period.DateOf(r.Registered) >= row.First {
		row.Label = Demonstration
	}
	for _, old := range fact.Superseded {
		if v, ok := old.Base(); ok && v != actual {
			row.Revised = append(row.Revised, v)
		}
	}
	for _, c := range fact.Conflicts {
		if v, ok := c.Base(); ok {
			row.Others = append(row.Others, v)
		}
	}
	for _, n := range p.Naive {
		row.Naive = append(row.Naive, NaiveScore{n, math.Abs(n.Value - actual)})
	}
	return row, nil
}

// otherDefinitions says that nothing is known, or that only what is known is something else.
func otherDefinitions(facts []record.Fact, maker string, t Target, at record.Period) string {
	var others []string
	for _, f := range facts {
		if f.Subject() == maker && f.Metric() == t.Metric && same(f.Period(), at) {
			others = append(others, fmt.Sprintf("%q", cmp.Or(record.Measure(f.Definition), "none")))
		}
	}
	if len(others) == 0 {
		return "no actual is known"
	}
	return fmt.Sprintf("the definition differs: forecast is %q, reported is %s", cmp.Or(record.Measure(t.Definition), "none"), join(others))
}

// bounded says what a bound tells: a PIT of at least, or at most, that of the bound.
func bounded(f record.Fact, p Prediction) (reason string, least, most *float64) {
	scale := record.Scale(f.Unit)
	if f.Low != nil {
		v := chance.PITOf(p.Quantiles, *f.Low*scale).Below
		least = &v
		reason = "only a lower bound is known: more than " + p.show(*f.Low*scale)
	}
	if f.High != nil {
		v := chance.PITOf(p.Quantiles, *f.High*scale).UpTo
		most = &v
		reason = "only an upper bound is known: less than " + p.show(*f.High*scale)
	}
	switch {
	case f.Low != nil && f.High != nil:
		reason = fmt.Sprintf("only a range is known: %s to %s", p.show(*f.Low*scale), p.show(*f.High*scale))
	case reason == "":
		reason = "what is known is no number"
	}
	return reason, least, most
}

// Group judges the rows of one variant and one label together.
type Group struct {
	Variant     string             `json:"variant"`
	N           int                `json:"n"`
	Firm        int                `json:"firm"` // actuals of level R or D
	Makers      int                `json:"makers"`
	Quarters    int                `json:"quarters"` // the most quarters of one metric scored of the maker with the fewest
	Coverage    chance.Coverage    `json:"coverage"`
	FirmOnly    chance.Coverage    `json:"coverage_firm"`
	Calibration chance.Calibration `json:"calibration"`
	Metrics     []MetricSkill      `json:"metrics"`
	Above       int                `json:"above"` // actuals above the central interval
	Below       int                `json:"below"`
	Verdict     string             `json:"verdict"`
}

// MetricSkill is a metric's mean CRPS against a naive forecast, over the rows that have one: 1 − CRPS/naive.
// Above 0 is better than the naive forecast.
type MetricSkill struct {
	Metric string  `json:"metric"`
	Unit   string  `json:"unit,omitempty"`
	Rule   Naive   `json:"rule"`
	N      int     `json:"n"`
	CRPS   float64 `json:"crps"`
	Naive  float64 `json:"naive"`
	Skill  float64 `json:"skill"`
	Better int     `json:"better"` // rows in which the forecast had the lower score
}

func groups(rows []Row, label Label, coverage float64) []Group {
	var order []string
	by := map[string][]Row{}
	for _, r := range rows {
		if r.Label != label {
			continue
		}
		if by[r.Variant] == nil {
			order = append(order, r.Variant)
		}
		by[r.Variant] = append(by[r.Variant], r)
	}
	out := make([]Group, 0, len(order))
	for _, v := range order {
		out = append(out, group(v, by[v], label, coverage))
	}
	return out
}

func group(variant string, rows []Row, label Label, coverage float64) Group {
	g := Group{Variant: variant, N: len(rows)}
	var pits, firm []chance.PIT
	quarters := map[string]map[string]map[string]bool{} // maker, metric, quarter
	for _, r := range rows {
		pits = append(pits, r.PIT)
		if r.Level == evidence.Reported || r.Level == evidence.Derived {
			firm = append(firm, r.PIT)
		}
		switch {
		case !r.Inside && r.PIT.Mid() > 0.5:
			g.Above++
		case !r.Inside:
			g.Below++
		}
		if quarters[r.Maker] == nil {
			quarters[r.Maker] = map[string]map[string]bool{}
		}
		if p, err := record.ParsePeriod(r.Period); err == nil && p.Quarter() > 0 {
			if quarters[r.Maker][r.Metric] == nil {
				quarters[r.Maker][r.Metric] = map[string]bool{}
			}
			quarters[r.Maker][r.Metric][r.Period] = true
		}
	}
	g.Firm, g.Makers, g.Quarters = len(firm), len(quarters), fewest(quarters)
	g.Coverage, g.FirmOnly, g.Calibration = chance.Cover(pits, coverage), chance.Cover(firm, coverage), chance.Calibrate(pits, Bins)
	g.Metrics = skills(rows)
	g.Verdict = g.verdict(label)
	return g
}

// fewest takes of every maker the metric with the most quarters, and of the makers the least.
func fewest(quarters map[string]map[string]map[string]bool) int {
	least := math.MaxInt
	for _, metrics := range quarters {
		most := 0
		for _, qs := range metrics {
			most = max(most, len(qs))
		}
		least = min(least, most)
	}
	if least == math.MaxInt {
		return 0
	}
	return least
}

func (g Group) verdict(label Label) string {
	switch {
	case label == Demonstration:
		return "A demonstration: the priors were written when the actuals were known, so this is no evidence of skill."
	case g.Makers < LeastMakers || g.Quarters < LeastQuarters:
		return fmt.Sprintf("No verdict: %d makers and %d quarters, where at least %d and %d are needed; one company is one draw.", g.Makers, g.Quarters, LeastMakers, LeastQuarters)
	case g.Coverage.Range.High < g.Coverage.Nominal:
		return "Too sure of itself: fewer actuals lie in the interval than chance explains."
	case g.Coverage.Range.Low > g.Coverage.Nominal:
		return "Too cautious: more actuals lie in the interval than chance explains."
	case g.Calibration.ChiP < 0.05:
		return "Not calibrated: the PITs are not uniform."
	}
	return "Consistent with calibration."
}

func skills(rows []Row) []MetricSkill {
	type key struct {
		metric string
		rule   Naive
	}
	var out []MetricSkill
	at := map[key]int{}
	for _, r := range rows {
		for _, n := range r.Naive {
			k := key{r.Metric, n.Rule}
			i, ok := at[k]
			if !ok {
				i = len(out)
				at[k] = i
				out = append(out, MetricSkill{Metric: r.Metric, Unit: r.Unit, Rule: n.Rule})
			}
			m := &out[i]
			m.N++
			m.CRPS += r.CRPS
			m.Naive += n.CRPS
			if r.CRPS < n.CRPS {
				m.Better++
			}
		}
	}
	for i := range out {
		m := &out[i]
		m.CRPS, m.Naive = m.CRPS/float64(m.N), m.Naive/float64(m.N)
		if m.Naive > 0 {
			m.Skill = 1 - m.CRPS/m.Naive
		}
	}
	slices.SortStableFunc(out, func(a, b MetricSkill) int {
		return cmp.Or(cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Rule, b.Rule))
	})
	return out
}
