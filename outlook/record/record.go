package record

import (
	"math"
	"regexp"
	"strings"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/id"
	"roadbook/money"
	"roadbook/outlook/chance"
)

// Limits of a record.
const (
	MaxKey  = 200  // bytes of a key
	MaxUnit = 40   // bytes of a unit
	MaxText = 4000 // bytes of a text, a note, a cross-check or a conflict
)

// Record is one figure: exactly one of Value, Dist, Low and High (either or both), or Text is set.
// The definition of its evidence says what exactly is counted, such as "adjusted net loss".
type Record struct {
	ID  string `json:"id" yaml:"id"`
	Key string `json:"key" yaml:"key"` // subject/period/metric: "xiaomi/2024Q2/deliveries"; a figure without a period has "-"

	Value *float64     `json:"value,omitempty" yaml:"value,omitempty"`
	Dist  *chance.Spec `json:"dist,omitempty" yaml:"dist,omitempty"`
	Low   *float64     `json:"low,omitempty" yaml:"low,omitempty"`   // "more than", or the lower end of a range
	High  *float64     `json:"high,omitempty" yaml:"high,omitempty"` // "less than", or the upper end
	Text  string       `json:"text,omitempty" yaml:"text,omitempty"` // what the source prints and is no number

	Unit     string         `json:"unit" yaml:"unit"`                             // "cars", "%", "bn", "per car", "1"
	Currency money.Currency `json:"currency,omitempty" yaml:"currency,omitempty"` // ISO 4217, of amounts
	Note     string         `json:"note,omitempty" yaml:"note,omitempty"`
	XCheck   string         `json:"xcheck,omitempty" yaml:"xcheck,omitempty"`     // a second source
	Conflict string         `json:"conflict,omitempty" yaml:"conflict,omitempty"` // a contradiction that is kept

	evidence.Evidence `yaml:",inline"`
}

var keyParts = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]*/(-|[0-9A-Z-]+)/[A-Za-z0-9][A-Za-z0-9_.+-]*$`)

// Subject returns whom or what the record is about: "xiaomi".
func (r Record) Subject() string { return part(r.Key, 0) }

// Period returns the record's period, or the zero Period of a figure that has none.
func (r Record) Period() Period {
	p, err := ParsePeriod(part(r.Key, 1))
	if err != nil {
		return Period{}
	}
	return p
}

// Metric returns what is counted: "deliveries".
func (r Record) Metric() string { return part(r.Key, 2) }

func part(key string, n int) string {
	parts := strings.SplitN(key, "/", 3)
	if n >= len(parts) {
		return ""
	}
	return parts[n]
}

// Key joins the three parts of a key. An empty period is written "-".
func Key(subject, per, metric string) string {
	if per == "" {
		per = "-"
	}
	return subject + "/" + per + "/" + metric
}

// Check refuses a record without evidence, with a malformed key, or with none or several of the forms of a value.
func (r Record) Check() error {
	bad := func(at, format string, args ...any) error {
		return fault.New(fault.Invalid, "record", format, args...).At(at)
	}
	if r.ID == "" || len(r.ID) > id.MaxKey {
		return bad("/id", "a record has an id of 1 to %d bytes", id.MaxKey)
	}
	if len(r.Key) > MaxKey || !keyParts.MatchString(r.Key) {
		return bad("/key", "a key is subject/period/metric such as xiaomi/2024Q2/deliveries, in at most %d bytes, not %.60q", MaxKey, r.Key)
	}
	if p := part(r.Key, 1); p != "-" {
		if _, err := ParsePeriod(p); err != nil {
			return bad("/key", "the period of key %.60q: %v", r.Key, err)
		}
	}
	if err := r.content(bad); err != nil {
		return err
	}
	if r.Unit == "" || len(r.Unit) > MaxUnit {
		return bad("/unit", `a record has a unit of 1 to %d bytes ("1" for a plain number)`, MaxUnit)
	}
	if r.Currency != "" {
		if _, err := r.Currency.Exponent(); err != nil {
			return bad("/currency", "%v", err)
		}
	}
	for _, f := range []struct{ name, text string }{{"text", r.Text}, {"note", r.Note}, {"xcheck", r.XCheck}, {"conflict", r.Conflict}} {
		if len(f.text) > MaxText {
			return bad("/"+f.name, "a %s has at most %d bytes", f.name, MaxText)
		}
	}
	if r.Supersedes == r.ID {
		return bad("/supersedes", "a record does not supersede itself")
	}
	return r.Evidence.Check("")
}

func (r Record) content(bad func(at, format string, args ...any) error) error {
	forms := 0
	for _, set := range []bool{r.Value != nil, r.Dist != nil, r.Low != nil || r.High != nil, r.Text != ""} {
		if set {
			forms++
		}
	}
	if forms != 1 {
		return bad("/value", "a record has exactly one of value, dist, low and high, or text; this one has %d of them", forms)
	}
	for _, f := range []struct {
		at string
		v  *float64
	}{{"/value", r.Value}, {"/low", r.Low}, {"/high", r.High}} {
		if f.v != nil && (math.IsNaN(*f.v) || math.IsInf(*f.v, 0)) {
			return bad(f.at, "a figure is a finite number")
		}
	}
	if r.Low != nil && r.High != nil && *r.Low > *r.High {
		return bad("/low", "a range goes upwards, not from %g to %g", *r.Low, *r.High)
	}
	if r.Dist != nil {
		if _, err := r.Dist.Dist(); err != nil {
			return bad("/dist", "%v", err)
		}
	}
	return nil
}

// scales are the factors of the units that scale a plain number.
var scales = map[string]float64{"%": 0.01, "k": 1e3, "m": 1e6, "bn": 1e9}

// Scale returns the factor from a unit to its base: 0.01 for "%", 1e9 for "bn", 1 for all that does not scale.
func Scale(unit string) float64 {
	if f, ok := scales[unit]; ok {
		return f
	}
	return 1
}

// Base returns the number in base units (a fraction for "%", the currency's major unit for "bn"), and whether the
// record is a number at all: a bound, a range, a distribution and a text are none.
func (r Record) Base() (float64, bool) {
	if r.Value == nil {
		return 0, false
	}
	return *r.Value * Scale(r.Unit), true
}

// signs are the names of a sign, not of a measure: an operating loss and an operating income are one definition.
var signs = map[string]bool{"loss": true, "income": true, "profit": true, "result": true, "deficit": true, "surplus": true}

// Measure returns the definition without remarks in parentheses and without the words that tell only the sign:
// "operating income (first profit)" and "operating loss" are both "operating", and "adjusted net loss" is not.
func Measure(definition string) string {
	if i := strings.IndexByte(definition, '('); i >= 0 {
		definition = definition[:i]
	}
	words := strings.Fields(strings.ToLower(definition))
	kept := words[:0]
	for _, w := range words {
		if !signs[w] {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}
