package supply

import (
	"regexp"

	"roadbook/fault"
	"roadbook/period"
)

// Limits of texts.
const (
	MaxName = 200  // of a name or a part, in bytes
	MaxText = 2000 // of a reason, an evidence or a source, in bytes
)

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$`)

// checkID refuses ids that would not fit into a URL as they are.
func checkID(at, s string) error {
	if !nameForm.MatchString(s) {
		return fault.New(fault.Invalid, "id", "%.40q is not an id of 1 to 128 letters, digits, '.', '_', ':' and '-'", s).At(at)
	}
	return nil
}

// checkText refuses an empty or overlong text.
func checkText(at, s string, most int) error {
	if s == "" || len(s) > most {
		return fault.New(fault.Invalid, "text", "a text of 1 to %d bytes is needed here, this one has %d", most, len(s)).At(at)
	}
	return nil
}

func checkDate(at string, d period.Date) error {
	if _, err := period.ParseDate(string(d)); err != nil {
		return fault.New(fault.Invalid, "date", "%.40q is not a date of the form YYYY-MM-DD", d).At(at)
	}
	return nil
}

// checkSpan wants a first day; the end may be open.
func checkSpan(at string, s period.Span) error {
	if err := checkDate(at+"/from", s.From); err != nil {
		return err
	}
	if s.To == "" {
		return nil
	}
	if err := checkDate(at+"/to", s.To); err != nil {
		return err
	}
	if s.To <= s.From {
		return fault.New(fault.Invalid, "span", "the span ends on %s, before it has begun on %s", s.To, s.From).At(at + "/to")
	}
	return nil
}

// Supplier delivers parts or services.
type Supplier struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"`
	Parts []string `json:"parts,omitempty"` // what kind of thing it delivers: "pack", "data"
}

// Check refuses a supplier that cannot be recorded.
func (s Supplier) Check() error {
	if err := checkID("/id", s.ID); err != nil {
		return err
	}
	return checkText("/name", s.Name, MaxName)
}

// Exclusion bars a supplier on the days of a span: nothing is contracted, received, picked or built in from it.
type Exclusion struct {
	ID       string      `json:"id"`
	Supplier string      `json:"supplier"`
	Span     period.Span `json:"span"`
	Reason   string      `json:"reason"`
	Owner    string      `json:"owner"`    // who answers for the decision
	Evidence string      `json:"evidence"` // what it rests on
}

// Check refuses an exclusion that does not say why, who and on what grounds.
func (e Exclusion) Check() error {
	if err := checkID("/supplier", e.Supplier); err != nil {
		return err
	}
	if err := checkSpan("/span", e.Span); err != nil {
		return err
	}
	for _, f := range []struct{ at, text string }{{"/reason", e.Reason}, {"/owner", e.Owner}, {"/evidence", e.Evidence}} {
		if err := checkText(f.at, f.text, MaxText); err != nil {
			return err
		}
	}
	return nil
}

// Barred returns the refusal if one of the supplier's exclusions holds on the day.
func Barred(exclusions []Exclusion, supplier string, on period.Date) error {
	for _, e := range exclusions {
		if e.Supplier == supplier && e.Span.Contains(on) {
			end := "further notice"
			if e.Span.To != "" {
				end = string(e.Span.To)
			}
			return fault.New(fault.Refused, "supplier_excluded", "supplier %q is excluded on %s (from %s until %s): %s; decided by %s",
				supplier, on, e.Span.From, end, e.Reason, e.Owner)
		}
	}
	return nil
}
