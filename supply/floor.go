package supply

import (
	"fmt"
	"math/big"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
)

// Credit is what one car of a model is expected to bring by software after it is sold, at a stated confidence: the value
// that is exceeded with the probability Confidence. It lowers the price floor; a negative one, of software that costs more
// than it brings, raises it.
type Credit struct {
	ID         string        `json:"id,omitempty"`
	Model      string        `json:"model,omitempty"` // taken from the path of the request
	Amount     money.Amount  `json:"amount" doc:"per car, in the model's currency; negative where software costs more than it brings"`
	Confidence money.Decimal `json:"confidence" doc:"probability with which the value is exceeded, 0.9 is ninety percent"`
	Valid      period.Span   `json:"valid"`
	evidence.Evidence
}

func (c Credit) key() string              { return c.ID }
func (c Credit) proof() evidence.Evidence { return c.Evidence }

func creditSpan(c Credit) period.Span { return c.Valid }

// Check refuses a credit that does not say how sure it is and where it comes from.
func (c Credit) Check() error {
	if err := firstOf(checkID("/model", c.Model), checkCurrency("/amount/currency", c.Amount.Currency), checkSpan("/valid", c.Valid)); err != nil {
		return err
	}
	if err := decimalIn("/confidence", c.Confidence, "0", "1", "a confidence"); err != nil {
		return err
	}
	if h := ratio(c.Confidence); h.Sign() == 0 || h.Cmp(big.NewRat(1, 1)) == 0 {
		return fault.New(fault.Invalid, "confidence", "a confidence lies between 0 and 1: nothing is exceeded for certain or never, as %s would say", c.Confidence).At("/confidence")
	}
	return checkProof("", c.Evidence)
}

// Floor is the lowest price at which a car earns the margin, and how it comes about.
type Floor struct {
	Breakdown
	Margin  money.Decimal `json:"margin"`
	Credit  *Credit       `json:"credit,omitempty"` // nil: none is recorded for the day, and nothing is credited
	Minimum money.Amount  `json:"minimum"`
	Terms   []FloorTerm   `json:"terms"` // sum to Minimum
}

// FloorTerm is one addend of a price floor.
type FloorTerm struct {
	Key    string       `json:"key"` // "pack", "bom", "assembly", "warranty", "credit" or "margin"
	Label  string       `json:"label"`
	Amount money.Amount `json:"amount"`
	Source string       `json:"source,omitempty"`
}

// FloorPrice is ⌈total / (1 − margin)⌉ to the minor unit, computed exactly: at one unit less the margin would be missed.
func FloorPrice(total money.Amount, margin money.Decimal) (money.Amount, error) {
	if err := margin.Check(); err != nil {
		return money.Amount{}, fault.New(fault.Invalid, "margin", "%v", err).At("/margin")
	}
	m, ok := new(big.Rat).SetString(string(margin))
	one := big.NewRat(1, 1)
	if !ok || m.Cmp(one) >= 0 || m.Cmp(big.NewRat(-1, 1)) <= 0 {
		return money.Amount{}, fault.New(fault.Invalid, "margin", "a target margin lies between -1 and 1 (0.01 is one percent), not %s", margin).At("/margin")
	}
	p := new(big.Rat).SetInt64(total.Minor)
	p.Quo(p, one.Sub(one, m))
	up, rest := new(big.Int).DivMod(p.Num(), p.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		up.Add(up, big.NewInt(1))
	}
	if !up.IsInt64() {
		return money.Amount{}, fault.New(fault.Invalid, "amount_overflow", "the floor of %s at margin %s is too large", total, margin)
	}
	return money.Of(up.Int64(), total.Currency), nil
}

// Credited is the cost that the price must cover: total − credit, with the warranty in total. A credit above the whole cost
// would let a car be given away against what it may bring, and is refused.
func Credited(total money.Amount, c *Credit) (money.Amount, error) {
	if c == nil {
		return total, nil
	}
	if c.Amount.Currency != total.Currency {
		return total, fault.New(fault.Refused, "credit_currency", "credit %q is in %s, the cost in %s", c.ID, c.Amount.Currency, total.Currency)
	}
	if c.Amount.Minor > total.Minor {
		return total, fault.New(fault.Refused, "credit_exceeds_cost", "credit %q of %s exceeds the car's whole cost of %s: there is no price floor below zero", c.ID, c.Amount, total)
	}
	return total.Sub(c.Amount)
}

// FloorOf is (C + w − credit) / (1 − margin), term by term.
func FloorOf(b Breakdown, credit *Credit, margin money.Decimal) (Floor, error) {
	f := Floor{Breakdown: b, Margin: margin, Credit: credit}
	total, err := b.Total()
	if err != nil {
		return f, err
	}
	left, err := Credited(total, credit)
	if err != nil {
		return f, err
	}
	if f.Minimum, err = FloorPrice(left, margin); err != nil {
		return f, err
	}
	f.Terms = []FloorTerm{
		{Key: "pack", Label: "Battery pack " + b.Serial + " of " + b.Supplier, Amount: b.Pack},
		{Key: "bom", Label: "Other parts", Amount: b.BOM},
		{Key: "assembly", Label: "Assembly", Amount: b.Assembly},
		{Key: "warranty", Label: "Warranty to come", Amount: b.Warranty},
		{Key: "credit", Label: "Software value: none is recorded", Amount: money.Of(0, total.Currency)},
	}
	for _, p := range b.Parts {
		if p.Category == "pack" {
			f.Terms[0].Source = p.Source
		}
	}
	if credit != nil {
		f.Terms[4] = FloorTerm{Key: "credit", Label: fmt.Sprintf("Software value that is exceeded with probability %s", credit.Confidence),
			Amount: credit.Amount.Neg(), Source: credit.Source}
	}
	keep, err := f.Minimum.Sub(left)
	f.Terms = append(f.Terms, FloorTerm{Key: "margin", Label: fmt.Sprintf("Margin of %s of the price, rounded up to the minor unit", margin), Amount: keep})
	return f, err
}
