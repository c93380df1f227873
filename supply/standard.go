package supply

import (
	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
)

// Standard is what a part is planned to cost in a span of days. Of several that hold on a day, the one with the latest
// beginning counts.
type Standard struct {
	ID    string       `json:"id,omitempty"`
	Part  string       `json:"part"`
	Unit  money.Amount `json:"unit"` // per piece, in the currency of the books
	Valid period.Span  `json:"valid"`
	evidence.Evidence
}

func (s Standard) key() string              { return s.ID }
func (s Standard) proof() evidence.Evidence { return s.Evidence }

func standardSpan(s Standard) period.Span { return s.Valid }

// Check refuses a standard that settles nothing.
func (s Standard) Check() error {
	if err := firstOf(checkID("/part", s.Part), checkCurrency("/unit/currency", s.Unit.Currency), checkSpan("/valid", s.Valid)); err != nil {
		return err
	}
	if s.Unit.Minor <= 0 {
		return fault.New(fault.Invalid, "not_positive", "a standard cost is above 0, not %s", s.Unit).At("/unit/minor")
	}
	return checkProof("", s.Evidence)
}

// Variance is by how much a pack cost more than its standard (less, if negative): actual = standard + variance, to the
// minor unit. It is fixed once, when the pack and a standard for its day are both known, and stands whatever is recorded
// later.
type Variance struct {
	Serial   string       `json:"serial"`
	Part     string       `json:"part"`
	Contract string       `json:"contract"`
	Received period.Date  `json:"received"`
	Known    period.Date  `json:"known"` // from which day on both were known: no book entry is older
	Standard string       `json:"standard"`
	Unit     money.Amount `json:"unit"`   // the standard cost
	Actual   money.Amount `json:"actual"` // the price, by the rate of the day of receipt
	Amount   money.Amount `json:"amount"` // actual − unit: a cost above standard is positive
	Rate     *Rate        `json:"rate,omitempty"`
}

// Vary compares a pack with its standard. A pack in another currency is converted once, unrounded price by rate, at the rate
// of the day on which it was received, as Model.Cost does.
func (s Standard) Vary(p Pack, rate *Rate) (Variance, error) {
	factors := []money.Decimal{p.Unit}
	if p.Currency != s.Unit.Currency {
		if rate == nil || rate.From != p.Currency || rate.To != s.Unit.Currency {
			return Variance{}, fault.New(fault.Refused, "rate_missing", "pack %q is priced in %s, the standard in %s, and there is no rate", p.Serial, p.Currency, s.Unit.Currency)
		}
		factors = append(factors, rate.Rate)
	}
	actual, err := money.Round(s.Unit.Currency, factors...)
	if err != nil {
		return Variance{}, err
	}
	diff, err := actual.Sub(s.Unit)
	return Variance{Serial: p.Serial, Part: p.Part, Contract: p.Contract, Received: p.Received, Known: max(p.Received, s.Vintage), Standard: s.ID,
		Unit: s.Unit, Actual: actual, Amount: diff, Rate: rate}, err
}

// PriceVaried is said of packs whose price and standard became known: of a lot when it is received, or of packs received
// before when a standard for their day is recorded. Sum is what they cost above standard together.
type PriceVaried struct {
	ID    string       `json:"id"`
	Part  string       `json:"part"`
	Date  period.Date  `json:"date"`
	Sum   money.Amount `json:"sum"`
	Packs []Variance   `json:"packs"`
}

// Varied makes the event of variances of one part, or nil if all of them are nothing. A pack varies once, so that the cause
// and the first pack that does name the event.
func Varied(cause string, vs []Variance) (*PriceVaried, error) {
	var e *PriceVaried
	for _, v := range vs {
		if v.Amount.IsZero() {
			continue
		}
		if e == nil {
			e = &PriceVaried{ID: cause + "/" + v.Serial, Part: v.Part, Sum: money.Of(0, v.Amount.Currency)}
		}
		var err error
		if e.Sum, err = e.Sum.Add(v.Amount); err != nil {
			return nil, err
		}
		e.Date = max(e.Date, v.Known)
		e.Packs = append(e.Packs, v)
	}
	return e, nil
}
