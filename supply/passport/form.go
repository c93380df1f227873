package passport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"roadbook/fault"
	"roadbook/period"
)

// Limits of values.
const (
	MaxValue  = 64 << 10 // of one value, in bytes of JSON
	MaxText   = 4000     // of one text, in bytes
	MaxList   = 200      // entries of a list
	MaxDigits = 18       // of a number, without sign and point
)

// Kind is the shape of a value.
type Kind string

// The kinds.
const (
	Number     Kind = "number"     // a JSON number
	Whole      Kind = "integer"    // a JSON number without a fraction
	Text       Kind = "text"       // a JSON string
	Choice     Kind = "choice"     // a string of Form.Choices
	Month      Kind = "month"      // "2026-11"
	Date       Kind = "date"       // "2026-11-26"
	Link       Kind = "link"       // an absolute https or http URL
	Texts      Kind = "texts"      // an array of strings
	Parties    Kind = "contacts"   // an array of Contact
	Substances Kind = "substances" // an array of Substance
	PerPart    Kind = "per_part"   // an object of numbers: pack, module, cell
)

// Form is what a value must look like.
type Form struct {
	Kind    Kind     `json:"kind"`
	Unit    string   `json:"unit,omitempty"`
	Min     float64  `json:"min"` // both ends included; only of numbers
	Max     float64  `json:"max"`
	Choices []string `json:"choices,omitempty"`
}

func number(unit string, lo, hi float64) Form {
	return Form{Kind: Number, Unit: unit, Min: lo, Max: hi}
}
func whole(unit string, lo, hi float64) Form { return Form{Kind: Whole, Unit: unit, Min: lo, Max: hi} }
func of(k Kind) Form                         { return Form{Kind: k} }
func choice(of ...string) Form               { return Form{Kind: Choice, Choices: of} }

// Contact is a person or firm that can be reached.
type Contact struct {
	Name    string `json:"name"`
	ID      string `json:"id,omitempty"` // unique operator identifier
	Address string `json:"address"`
	Country string `json:"country"` // ISO 3166-1 alpha-2
	Web     string `json:"web,omitempty"`
	Email   string `json:"email,omitempty"`
}

// Substance is a material or a substance in the battery.
type Substance struct {
	Name    string      `json:"name"`
	CAS     string      `json:"cas,omitempty"`     // registry number, its check digit verified
	Part    string      `json:"part,omitempty"`    // "cathode", "anode", "electrolyte" …
	Percent json.Number `json:"percent,omitempty"` // by mass, 0 to 100
	Hazard  string      `json:"hazard,omitempty"`  // class of Regulation (EC) 1272/2008
}

// Parts is a number for the pack and, if known, for a module and a cell of it.
type Parts struct {
	Pack   json.Number `json:"pack"`
	Module json.Number `json:"module,omitempty"`
	Cell   json.Number `json:"cell,omitempty"`
}

// Value checks a value of outside bytes and returns it in its one spelling. A number may also come as its text ("81.5"),
// as from a command line. What it returns, it accepts and returns unchanged.
func (f Form) Value(raw []byte) (json.RawMessage, error) {
	if len(raw) > MaxValue {
		return nil, wrong("a value has at most %d bytes, this one %d", MaxValue, len(raw))
	}
	switch f.Kind {
	case Number, Whole:
		return f.number(raw)
	case Texts:
		return list(raw, func(at string, s *string) error { return text(at, *s, MaxText) })
	case Parties:
		return list(raw, func(at string, c *Contact) error { return c.check(at) })
	case Substances:
		return list(raw, func(at string, s *Substance) error { return s.check(at) })
	case PerPart:
		return f.parts(raw)
	}
	var s string
	if err := strict(raw, &s); err != nil {
		return nil, wrong("a JSON string is expected here (%s): %v", f.Kind, err)
	}
	if err := f.word(s); err != nil {
		return nil, err
	}
	return json.Marshal(s)
}

func (f Form) word(s string) error {
	switch f.Kind {
	case Text:
		return text("/value", s, MaxText)
	case Choice:
		if !slices.Contains(f.Choices, s) {
			return wrong("%.60q is none of %s", s, strings.Join(f.Choices, ", "))
		}
	case Month:
		if _, err := period.ParseDate(s + "-01"); err != nil || len(s) != 7 {
			return wrong("%.40q is not a month of the form YYYY-MM", s)
		}
	case Date:
		if _, err := period.ParseDate(s); err != nil {
			return wrong("%.40q is not a date of the form YYYY-MM-DD", s)
		}
	case Link:
		return link("/value", s)
	default:
		return wrong("no value can be of kind %q", f.Kind)
	}
	return nil
}

func (f Form) number(raw []byte) (json.RawMessage, error) {
	s := strings.TrimSpace(string(raw))
	if strings.HasPrefix(s, `"`) {
		var t string
		if err := strict(raw, &t); err != nil {
			return nil, wrong("a number is expected here: %v", err)
		}
		s = t
	}
	n, err := f.decimal("/value", s)
	return json.RawMessage(n), err
}

// decimal checks a number without an exponent and takes superfluous zeros off it.
func (f Form) decimal(at, s string) (string, error) {
	digits := strings.TrimPrefix(s, "-")
	before, after, point := strings.Cut(digits, ".")
	if !allDigits(before) || point && !allDigits(after) || len(before)+len(after) > MaxDigits {
		return "", wrong("a decimal number of at most %d digits is expected here, not %.40q", MaxDigits, s).At(at)
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(v, 0) {
		return "", wrong("%.40q is not a number", s).At(at)
	}
	before, after = strings.TrimLeft(before, "0"), strings.TrimRight(after, "0")
	if f.Kind == Whole && after != "" {
		return "", wrong("a whole number is expected here, not %.40q", s).At(at)
	}
	if v < f.Min || v > f.Max {
		return "", wrong("%s is not within %g and %g %s", s, f.Min, f.Max, f.Unit).At(at)
	}
	if before == "" {
		before = "0"
	}
	if after != "" {
		before += "." + after
	}
	if v < 0 {
		before = "-" + before
	}
	return before, nil
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func (f Form) parts(raw []byte) (json.RawMessage, error) {
	var p Parts
	if err := strict(raw, &p); err != nil {
		return nil, wrong(`an object of numbers is expected here, {"pack": …, "module": …, "cell": …}: %v`, err)
	}
	if p.Pack == "" {
		return nil, wrong("the number of the pack is missing").At("/value/pack")
	}
	for _, n := range []struct {
		at string
		n  *json.Number
	}{{"/value/pack", &p.Pack}, {"/value/module", &p.Module}, {"/value/cell", &p.Cell}} {
		if *n.n == "" {
			continue
		}
		d, err := f.decimal(n.at, n.n.String())
		if err != nil {
			return nil, err
		}
		*n.n = json.Number(d)
	}
	return json.Marshal(p)
}

func list[T any](raw []byte, check func(at string, entry *T) error) (json.RawMessage, error) {
	var all []T
	if err := strict(raw, &all); err != nil {
		return nil, wrong("a JSON array is expected here: %v", err)
	}
	if len(all) == 0 || len(all) > MaxList {
		return nil, wrong("a list has 1 to %d entries, this one %d", MaxList, len(all))
	}
	for i := range all {
		if err := check(fmt.Sprintf("/value/%d", i), &all[i]); err != nil {
			return nil, err
		}
	}
	return json.Marshal(all)
}

func (c Contact) check(at string) error {
	if err := text(at+"/name", c.Name, MaxText); err != nil {
		return err
	}
	if err := text(at+"/address", c.Address, MaxText); err != nil {
		return err
	}
	if len(c.Country) != 2 || strings.Trim(c.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return wrong("country %.40q is not a code of two capital letters (ISO 3166-1)", c.Country).At(at + "/country")
	}
	if c.ID != "" {
		if err := text(at+"/id", c.ID, MaxText); err != nil {
			return err
		}
	}
	if c.Web != "" {
		if err := link(at+"/web", c.Web); err != nil {
			return err
		}
	}
	if c.Email != "" {
		if a, err := mail.ParseAddress(c.Email); err != nil || a.Address != c.Email {
			return wrong("%.80q is not an e-mail address", c.Email).At(at + "/email")
		}
	}
	return nil
}

func (s *Substance) check(at string) error {
	if err := text(at+"/name", s.Name, MaxText); err != nil {
		return err
	}
	if s.CAS != "" && !casValid(s.CAS) {
		return wrong("%.40q is not a CAS number of the form 7439-93-2 with a right check digit", s.CAS).At(at + "/cas")
	}
	for _, f := range []struct{ at, s string }{{"/part", s.Part}, {"/hazard", s.Hazard}} {
		if f.s != "" {
			if err := text(at+f.at, f.s, MaxText); err != nil {
				return err
			}
		}
	}
	if s.Percent == "" {
		return nil
	}
	d, err := number("%", 0, 100).decimal(at+"/percent", s.Percent.String())
	s.Percent = json.Number(d)
	return err
}

// casValid checks the form NNNNNNN-NN-C: C is the sum of the digits, each by its place counted from the right, modulo 10.
func casValid(s string) bool {
	parts := strings.Split(s, "-")
	if len(parts) != 3 || len(parts[0]) < 2 || len(parts[0]) > 7 || len(parts[1]) != 2 || len(parts[2]) != 1 {
		return false
	}
	digits := parts[0] + parts[1]
	if !allDigits(digits) || !allDigits(parts[2]) {
		return false
	}
	sum := 0
	for i := range len(digits) {
		sum += (len(digits) - i) * int(digits[i]-'0')
	}
	return sum%10 == int(parts[2][0]-'0')
}

func text(at, s string, most int) error {
	if strings.TrimSpace(s) == "" || len(s) > most || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' }) {
		return wrong("a text of 1 to %d bytes without control characters is expected here", most).At(at)
	}
	return nil
}

func link(at, s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(s) > MaxText {
		return wrong("%.80q is not an absolute http or https address", s).At(at)
	}
	return nil
}

// strict decodes one JSON value, with no unknown field and nothing after it.
func strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("not as expected: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("there is more than one value")
	}
	return nil
}

func wrong(format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, "value", format, args...).At("/value")
}
