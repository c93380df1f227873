// Package evidence says where a figure comes from and since when we know it: no figure without a source, a date, a
// vintage and a name.
package evidence

import (
	"slices"

	"roadbook/fault"
	"roadbook/period"
)

// Level says how much a figure may be relied on.
type Level string

// The levels.
const (
	Reported  Level = "R" // by a source
	Derived   Level = "D" // by arithmetic on reported figures
	Assumed   Level = "A" // no public source found
	Uncertain Level = "U" // one weak source, or none of its own
)

// Levels lists every level, the firmest first.
var Levels = []Level{Reported, Derived, Assumed, Uncertain}

// MaxText is the longest source, name or definition, in bytes.
const MaxText = 2000

// Evidence is what every input, quote and actual carries.
type Evidence struct {
	Source     string      `json:"source" yaml:"source"`
	Date       period.Date `json:"date" yaml:"date"`       // the fact's own
	Vintage    period.Date `json:"vintage" yaml:"vintage"` // when it became known to us
	Who        string      `json:"who" yaml:"who"`         // entered it
	Level      Level       `json:"level" yaml:"level"`
	Definition string      `json:"definition,omitempty" yaml:"definition"` // what exactly is counted: "operating result"
	Supersedes string      `json:"supersedes,omitempty" yaml:"supersedes"` // the record that this one corrects
}

// Check refuses evidence with a missing source, date, vintage, who or level. At is the JSON pointer of what carries it.
func (e Evidence) Check(at string) error {
	for _, f := range []struct{ name, text string }{{"source", e.Source}, {"who", e.Who}} {
		if f.text == "" || len(f.text) > MaxText {
			return fault.New(fault.Invalid, "evidence", "every figure names its %s in 1 to %d bytes, this one has %d", f.name, MaxText, len(f.text)).At(at + "/" + f.name)
		}
	}
	for _, f := range []struct {
		name, why string
		date      period.Date
	}{{"date", "of the fact", e.Date}, {"vintage", "on which it became known", e.Vintage}} {
		if _, err := period.ParseDate(string(f.date)); err != nil {
			return fault.New(fault.Invalid, "evidence", "every figure has a %s, the day %s, of the form YYYY-MM-DD, not %.40q", f.name, f.why, f.date).At(at + "/" + f.name)
		}
	}
	if !slices.Contains(Levels, e.Level) {
		return fault.New(fault.Invalid, "evidence", "level %.40q is not R (reported), D (derived), A (assumed) or U (uncertain)", e.Level).At(at + "/level")
	}
	if len(e.Definition) > MaxText || len(e.Supersedes) > MaxText {
		return fault.New(fault.Invalid, "evidence", "a definition has at most %d bytes", MaxText).At(at + "/definition")
	}
	return nil
}

// Known reports whether the figure was known on a day.
func (e Evidence) Known(asOf period.Date) bool { return e.Vintage <= asOf }
