package passport

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"time"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/period"
)

// Subject is what a value is true of: one battery by its serial, a lot by its id, or a model by its part number.
type Subject struct {
	Grain Grain  `json:"grain"`
	ID    string `json:"id"`
}

// String reads "item P1".
func (s Subject) String() string { return string(s.Grain) + " " + s.ID }

var idForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$`)

// Check refuses a subject that names nothing.
func (s Subject) Check(at string) error {
	if !slices.Contains(Grains, s.Grain) {
		return fault.New(fault.Invalid, "grain", "grain %.40q is none of %v", s.Grain, Grains).At(at + "/grain")
	}
	if !idForm.MatchString(s.ID) {
		return fault.New(fault.Invalid, "id", "%.40q is not an id of 1 to 128 letters, digits, '.', '_', ':' and '-'", s.ID).At(at + "/id")
	}
	return nil
}

// Record is one value of one attribute with where it comes from. Records are never changed: a correction is a further
// record that supersedes the wrong one.
type Record struct {
	ID        string          `json:"id"`
	Subject   Subject         `json:"subject"`
	Attribute string          `json:"attribute"`
	Value     json.RawMessage `json:"value"`
	Origin    Origin          `json:"origin"`
	At        time.Time       `json:"at,omitzero"` // when it was measured, if that is known more exactly than the day
	evidence.Evidence
}

// Check refuses a record that a passport cannot show, and returns it with its value in its one spelling.
func (r Record) Check(a Attribute) (Record, error) {
	if err := r.Subject.Check("/subject"); err != nil {
		return r, err
	}
	if !a.Admits(r.Subject.Grain) {
		return r, fault.New(fault.Invalid, "grain", "%s differs from %s to %s: it cannot be recorded for a whole %s",
			a, a.Grain, a.Grain, r.Subject.Grain).At("/subject/grain")
	}
	if !slices.Contains(Origins, r.Origin) {
		return r, fault.New(fault.Invalid, "origin", "origin %.40q is none of %v", r.Origin, Origins).At("/origin")
	}
	if err := r.Evidence.Check(""); err != nil {
		return r, err
	}
	if r.Vintage < r.Date && !a.Dynamic {
		return r, fault.New(fault.Invalid, "vintage", "it cannot have been known on %s before it was so on %s", r.Vintage, r.Date).At("/vintage")
	}
	v, err := a.Form.Value(r.Value)
	if err != nil {
		return r, fmt.Errorf("%s: %w", a, err)
	}
	r.Value = v
	return r, nil
}

// Join refuses a record that would leave open which of several counts: of one attribute and subject (and, of a dynamic one, of
// one day) there is one that no other supersedes. had is what is recorded of the same attribute and subject.
func (r Record) Join(a Attribute, had []Record) error {
	gone := map[string]bool{}
	for _, h := range had {
		gone[h.Supersedes] = true
	}
	if r.Supersedes != "" {
		i := slices.IndexFunc(had, func(h Record) bool { return h.ID == r.Supersedes })
		switch {
		case i < 0:
			return fault.New(fault.Refused, "superseded_unknown", "%s of %s has no record %.80q to supersede", a.Name, r.Subject, r.Supersedes).At("/supersedes")
		case gone[r.Supersedes]:
			return fault.New(fault.Refused, "superseded_twice", "record %q is superseded already; name the one that stands", r.Supersedes).At("/supersedes")
		case r.Vintage < had[i].Vintage:
			return fault.New(fault.Refused, "vintage", "a correction known on %s cannot supersede what became known on %s", r.Vintage, had[i].Vintage).At("/vintage")
		}
	}
	for _, h := range had {
		if gone[h.ID] || h.ID == r.Supersedes || a.Dynamic && h.Date != r.Date {
			continue
		}
		return fault.New(fault.Refused, "value_recorded", "%s of %s is recorded as %.80s on %s (%s); a correction names it in supersedes",
			a.Name, r.Subject, h.Value, h.Date, h.ID).At("/supersedes")
	}
	if a.ID == BatteryStatus {
		return r.follows(had, gone)
	}
	return nil
}

// follows refuses a life that goes back: a battery is original once, before anything else (Art. 3(1) numbers 29 to 32).
func (r Record) follows(had []Record, gone map[string]bool) error {
	status := func(x Record) string {
		var s string
		if json.Unmarshal(x.Value, &s) != nil {
			return ""
		}
		return s
	}
	for _, h := range had {
		if gone[h.ID] || h.ID == r.Supersedes {
			continue
		}
		first, then := h, r
		if r.Date < h.Date {
			first, then = r, h
		}
		if status(then) == Original && status(first) != Original {
			return fault.New(fault.Refused, "status_goes_back", "the battery was %s on %s: it cannot be original on %s", status(first), first.Date, then.Date).At("/value")
		}
	}
	return nil
}

// known keeps the records that were known on a day and that no record known on that day supersedes.
func known(all []Record, asOf period.Date) []Record {
	gone := map[string]bool{}
	var out []Record
	for _, r := range all {
		if r.Known(asOf) {
			out = append(out, r)
			if r.Supersedes != "" {
				gone[r.Supersedes] = true
			}
		}
	}
	return slices.DeleteFunc(out, func(r Record) bool { return gone[r.ID] })
}

// counts reports whether r counts before o, both of one attribute of one battery: the finer subject, then the later fact, then
// what became known later, then the firmer,
// then what was measured later. The id settles the rest, so that the order of records never matters.
func (r Record) counts(o Record) bool {
	if x, y := slices.Index(Grains, r.Subject.Grain), slices.Index(Grains, o.Subject.Grain); x != y {
		return x > y
	}
	if r.Date != o.Date {
		return r.Date > o.Date
	}
	if r.Vintage != o.Vintage {
		return r.Vintage > o.Vintage
	}
	if x, y := slices.Index(evidence.Levels, r.Level), slices.Index(evidence.Levels, o.Level); x != y {
		return x < y
	}
	if !r.At.Equal(o.At) {
		return r.At.After(o.At)
	}
	return r.ID > o.ID
}
