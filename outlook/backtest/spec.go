package backtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"roadbook/fault"
	"roadbook/outlook/record"
	"roadbook/period"
	"roadbook/strict"
)

// Limits of a specification.
const (
	MaxSpec      = 256 << 10 // bytes
	MaxCase      = 1 << 20   // bytes of a case
	MaxForecasts = 60
	MaxTargets   = 40
	MaxPaths     = 1 << 24
)

// Naive is a forecast that needs no model. It predicts one number.
type Naive string

// The naive forecasts.
const (
	Last       Naive = "last"        // the newest known period of the same length
	YearBefore Naive = "year_before" // the same quarter (or period) of the newest year of which it is known
)

// Target is one figure that is forecast, and how it is shown.
type Target struct {
	Metric     string `json:"metric" yaml:"metric"` // deliveries, asp, gross_margin, vehicle_margin, result, revenue…
	Period     string `json:"period" yaml:"period"` // 2024Q3, FY2024, 9M2025
	Definition string `json:"definition,omitempty" yaml:"definition,omitempty"`
	Unit       string `json:"unit,omitempty" yaml:"unit,omitempty"`   // in which it is shown: %, k, m, bn; none: base units
	Model      string `json:"model,omitempty" yaml:"model,omitempty"` // the model's name of the metric, where it has another
}

// Asked returns the metric by the model's name.
func (t Target) Asked() string {
	if t.Model != "" {
		return t.Model
	}
	return t.Metric
}

// String names the target: "gross margin FY2024", "result FY2024 (adjusted net)".
func (t Target) String() string {
	s := strings.ReplaceAll(t.Metric, "_", " ") + " " + t.Period
	if m := record.Measure(t.Definition); m != "" {
		s += " (" + m + ")"
	}
	return s
}

// Entry is one forecast: a case as of a day, for one maker.
type Entry struct {
	Name    string      `json:"name" yaml:"name"`
	Maker   string      `json:"maker" yaml:"maker"`     // the subject of its actuals: "xiaomi"
	Variant string      `json:"variant" yaml:"variant"` // forecasts of one variant are judged together
	Case    string      `json:"case" yaml:"case"`       // a file beside the specification
	AsOf    period.Date `json:"as_of" yaml:"as_of"`
	Targets []Target    `json:"targets,omitempty" yaml:"targets,omitempty"` // none: those of the specification
}

// Spec is a backtest: which forecasts are made, as of which days, of what, and how they are compared.
type Spec struct {
	Name      string   `json:"name" yaml:"name"`
	Title     string   `json:"title,omitempty" yaml:"title,omitempty"`
	Seed      uint64   `json:"seed" yaml:"seed"`
	Paths     int      `json:"paths" yaml:"paths"`         // in all, a power of two
	Scrambles int      `json:"scrambles" yaml:"scrambles"` // at least 16
	Coverage  float64  `json:"coverage" yaml:"coverage"`   // of the central interval: 0.9
	Naive     []Naive  `json:"naive,omitempty" yaml:"naive,omitempty"`
	History   string   `json:"history,omitempty" yaml:"history,omitempty"` // records from which the naive forecasts are made
	Actuals   string   `json:"actuals,omitempty" yaml:"actuals,omitempty"` // records against which all are scored; not opened before the registration is kept; none: nothing to score yet
	Targets   []Target `json:"targets,omitempty" yaml:"targets,omitempty"`
	Forecasts []Entry  `json:"forecasts" yaml:"forecasts"`
	Remarks   []string `json:"remarks,omitempty" yaml:"remarks,omitempty"` // what a reader of the scores must know
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,63}$`)

// Parse reads and checks a specification. Unknown keys are refused.
func Parse(b []byte) (Spec, error) {
	if len(b) > MaxSpec {
		return Spec{}, fault.New(fault.Invalid, "backtest_size", "a backtest's file has at most %d bytes, this one %d", MaxSpec, len(b))
	}
	s := Spec{Paths: 16_384, Scrambles: 16, Coverage: 0.9}
	if err := strict.YAML(b, &s); err != nil {
		return Spec{}, fault.New(fault.Invalid, "backtest_yaml", "%v", err)
	}
	for i := range s.Forecasts {
		if s.Forecasts[i].Targets == nil {
			s.Forecasts[i].Targets = slices.Clone(s.Targets)
		}
	}
	if err := s.check(); err != nil {
		return Spec{}, err
	}
	return s, nil
}

func bad(at, format string, args ...any) error {
	return fault.New(fault.Invalid, "backtest", format, args...).At(at)
}

func (s Spec) check() error {
	switch {
	case !nameForm.MatchString(s.Name):
		return bad("/name", "a backtest has a name of 1 to 64 small letters, digits, '.', '_' or '-', not %.80q", s.Name)
	case s.Paths < 256 || s.Paths > MaxPaths || s.Paths&(s.Paths-1) != 0:
		return bad("/paths", "paths is a power of two from 256 to %d, not %d", MaxPaths, s.Paths)
	case s.Scrambles < 2 || s.Scrambles > 256 || s.Paths/s.Scrambles < 16:
		return bad("/scrambles", "scrambles is 2 to 256, with 16 paths each or more, not %d", s.Scrambles)
	case !(s.Coverage >= 0.5 && s.Coverage <= 0.99):
		return bad("/coverage", "coverage is the part that the central interval should hold, 0.5 to 0.99, not %g", s.Coverage)
	case len(s.Forecasts) == 0 || len(s.Forecasts) > MaxForecasts:
		return bad("/forecasts", "a backtest has 1 to %d forecasts, not %d", MaxForecasts, len(s.Forecasts))
	case len(s.Naive) > 0 && s.History == "":
		return bad("/history", "naive forecasts are made from records: name the file")
	}
	for i, n := range s.Naive {
		if n != Last && n != YearBefore || slices.Contains(s.Naive[:i], n) {
			return bad(fmt.Sprintf("/naive/%d", i), "the naive forecasts are %q and %q, each once, not %.40q", Last, YearBefore, n)
		}
	}
	for i, f := range s.Forecasts {
		at := fmt.Sprintf("/forecasts/%d", i)
		if err := f.check(at); err != nil {
			return err
		}
		if slices.ContainsFunc(s.Forecasts[:i], func(o Entry) bool { return o.Name == f.Name }) {
			return bad(at+"/name", "forecast %q is given twice", f.Name)
		}
	}
	return nil
}

func (f Entry) check(at string) error {
	for _, n := range []struct{ field, text string }{{"name", f.Name}, {"maker", f.Maker}, {"variant", f.Variant}} {
		if !nameForm.MatchString(n.text) {
			return bad(at+"/"+n.field, "a %s is 1 to 64 small letters, digits, '.', '_' or '-', not %.80q", n.field, n.text)
		}
	}
	if f.Case == "" {
		return bad(at+"/case", "a forecast names its case, a file beside the backtest's")
	}
	if _, err := period.ParseDate(string(f.AsOf)); err != nil {
		return bad(at+"/as_of", "a forecast has the day on which it knows what it knows: %v", err)
	}
	if len(f.Targets) == 0 || len(f.Targets) > MaxTargets {
		return bad(at+"/targets", "a forecast has 1 to %d targets, of its own or the backtest's, not %d", MaxTargets, len(f.Targets))
	}
	for i, t := range f.Targets {
		at := fmt.Sprintf("%s/targets/%d", at, i)
		if !nameForm.MatchString(t.Metric) {
			return bad(at+"/metric", "a target has a metric such as deliveries, not %.80q", t.Metric)
		}
		if _, err := record.ParsePeriod(t.Period); err != nil {
			return bad(at+"/period", "%v", err)
		}
		if t.Unit != "" && record.Scale(t.Unit) == 1 {
			return bad(at+"/unit", "a target is shown in %%, k, m or bn, not in %.40q", t.Unit)
		}
		if slices.Contains(f.Targets[:i], t) {
			return bad(at, "%s is asked for twice", t)
		}
	}
	return nil
}
