package supply

import (
	"fmt"
	"slices"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
)

// Category says which cost a line of a bill of materials is.
type Category string

// The categories. The pack is not a line: it is a thing with a serial number and a price of its own.
const (
	BOM      Category = "bom"
	Assembly Category = "assembly"
	Warranty Category = "warranty" // what is set aside per car for repairs to come
)

// Categories lists every category.
var Categories = []Category{BOM, Assembly, Warranty}

// MaxLines is how many lines a bill of materials may have.
const MaxLines = 500

// Model is a kind of car with its bill of materials.
type Model struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Currency money.Currency `json:"currency"`        // of its lines and of its cost
	Packs    []string       `json:"packs,omitempty"` // parts that fit; none named means any
	Lines    []Line         `json:"lines"`
}

// Line is what one part of a model costs while it is in force. Of several lines of one part the one with the latest
// beginning counts, so that a new price is a new line and nothing recorded is changed.
type Line struct {
	Part     string        `json:"part"`
	Category Category      `json:"category"`
	Quantity money.Decimal `json:"quantity"`
	Unit     money.Decimal `json:"unit"` // major units of the model's currency
	Valid    period.Span   `json:"valid"`
	Source   string        `json:"source"`
}

// Check refuses a model whose cost would not be settled.
func (m Model) Check() error {
	if err := checkID("/id", m.ID); err != nil {
		return err
	}
	if err := checkText("/name", m.Name, MaxName); err != nil {
		return err
	}
	if _, err := m.Currency.Exponent(); err != nil {
		return fault.New(fault.Invalid, "currency_unknown", "%v", err).At("/currency")
	}
	if len(m.Lines) == 0 || len(m.Lines) > MaxLines {
		return fault.New(fault.Invalid, "lines", "a bill of materials has 1 to %d lines, this one %d", MaxLines, len(m.Lines)).At("/lines")
	}
	for i, l := range m.Lines {
		at := fmt.Sprintf("/lines/%d", i)
		if err := l.check(at); err != nil {
			return err
		}
		if slices.ContainsFunc(m.Lines[:i], l.rivals) {
			return fault.New(fault.Invalid, "line_ambiguous", "two lines of part %q begin on %s", l.Part, l.Valid.From).At(at)
		}
	}
	return nil
}

func (l Line) check(at string) error {
	if err := checkID(at+"/part", l.Part); err != nil {
		return err
	}
	if !slices.Contains(Categories, l.Category) {
		return fault.New(fault.Invalid, "category", "category %.40q is none of %v", l.Category, Categories).At(at + "/category")
	}
	if err := positive(at+"/quantity", l.Quantity); err != nil {
		return err
	}
	if err := l.Unit.Check(); err != nil || l.Unit.Sign() < 0 {
		return fault.New(fault.Invalid, "decimal", "a unit cost is a decimal number of 0 or more, not %.40q", l.Unit).At(at + "/unit")
	}
	if err := checkSpan(at+"/valid", l.Valid); err != nil {
		return err
	}
	return checkText(at+"/source", l.Source, MaxText)
}

// rivals reports whether both lines would claim to be the part's newest.
func (l Line) rivals(o Line) bool { return l.Part == o.Part && l.Valid.From == o.Valid.From }

// inForce returns the lines that count on a day, in the order in which they were recorded.
func (m Model) inForce(on period.Date) []Line {
	newest := map[string]period.Date{}
	for _, l := range m.Lines {
		if l.Valid.Contains(on) {
			newest[l.Part] = max(newest[l.Part], l.Valid.From)
		}
	}
	return slices.DeleteFunc(slices.Clone(m.Lines), func(l Line) bool {
		return !l.Valid.Contains(on) || newest[l.Part] != l.Valid.From
	})
}

// Breakdown is what one car costs, part by part, in the model's currency.
type Breakdown struct {
	Model    string       `json:"model"`
	Serial   string       `json:"serial"` // of the pack
	Supplier string       `json:"supplier"`
	Date     period.Date  `json:"date"`
	Pack     money.Amount `json:"pack"`
	BOM      money.Amount `json:"bom"`
	Assembly money.Amount `json:"assembly"`
	Warranty money.Amount `json:"warranty"`
	Parts    []PartCost   `json:"parts"` // sum to the four above
	Rate     *Rate        `json:"rate,omitempty"`
}

// PartCost is one line of a Breakdown.
type PartCost struct {
	Part     string       `json:"part"`
	Category string       `json:"category"` // "pack" or a Category
	Amount   money.Amount `json:"amount"`
	Source   string       `json:"source"`
}

// Cost adds up what a car of the model built on a day with the pack costs. A pack in another currency is converted once,
// unrounded price by rate, at the rate of the day on which it was received (IAS 21.21): what it cost does not change later.
func (m Model) Cost(p Pack, on period.Date, rate *Rate) (Breakdown, error) {
	b := Breakdown{Model: m.ID, Serial: p.Serial, Supplier: p.Supplier, Date: on, Pack: money.Of(0, m.Currency),
		BOM: money.Of(0, m.Currency), Assembly: money.Of(0, m.Currency), Warranty: money.Of(0, m.Currency)}
	if len(m.Packs) > 0 && !slices.Contains(m.Packs, p.Part) {
		return b, fault.New(fault.Refused, "pack_does_not_fit", "pack %q is a %s; model %q takes %v", p.Serial, p.Part, m.ID, m.Packs)
	}
	lines := m.inForce(on)
	if len(lines) == 0 {
		return b, fault.New(fault.Refused, "bom_missing", "no line of the bill of materials of model %q is in force on %s", m.ID, on)
	}
	factors := []money.Decimal{p.Unit}
	if p.Currency != m.Currency {
		if rate == nil || rate.From != p.Currency || rate.To != m.Currency {
			return b, fault.New(fault.Refused, "rate_missing", "pack %q is priced in %s, model %q in %s, and there is no rate", p.Serial, p.Currency, m.ID, m.Currency)
		}
		b.Rate = rate
		factors = append(factors, rate.Rate)
	}
	if err := b.add(p.Part, "pack", p.Source, &b.Pack, factors...); err != nil {
		return b, err
	}
	for _, l := range lines {
		into := map[Category]*money.Amount{BOM: &b.BOM, Assembly: &b.Assembly, Warranty: &b.Warranty}[l.Category]
		if err := b.add(l.Part, string(l.Category), l.Source, into, l.Quantity, l.Unit); err != nil {
			return b, err
		}
	}
	return b, nil
}

func (b *Breakdown) add(part, category, source string, into *money.Amount, factors ...money.Decimal) error {
	a, err := money.Round(into.Currency, factors...)
	if err != nil {
		return err
	}
	if *into, err = into.Add(a); err != nil {
		return err
	}
	b.Parts = append(b.Parts, PartCost{Part: part, Category: category, Amount: a, Source: source})
	return nil
}

// Total is the whole cost, warranty included.
func (b Breakdown) Total() (money.Amount, error) {
	return money.Sum(b.Pack, b.BOM, b.Assembly, b.Warranty)
}
