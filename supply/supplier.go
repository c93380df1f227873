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
