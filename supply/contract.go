package supply

import (
	"fmt"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
)

// MaxPrices is how many prices a contract may have.
const MaxPrices = 500

// Contract is an agreement to buy battery packs of one kind.
type Contract struct {
	ID        string         `json:"id"`
	Supplier  string         `json:"supplier"`
	Part      string         `json:"part"`
	Chemistry string         `json:"chemistry"`
	KWh       money.Decimal  `json:"kwh"`
	Currency  money.Currency `json:"currency"`
	Signed    period.Date    `json:"signed"`
	Prices    []PackPrice    `json:"prices"`
	Terms
}

// PackPrice holds from a day on, for the packs after the first MinVolume that came under the contract.
type PackPrice struct {
	From      period.Date   `json:"from"`
	MinVolume int64         `json:"min_volume"`
	Unit      money.Decimal `json:"unit"` // major units of the contract's currency per pack
	Source    string        `json:"source"`
}

// Check refuses a contract that does not settle every price.
func (c Contract) Check() error {
	for _, f := range []struct{ at, id string }{{"/id", c.ID}, {"/supplier", c.Supplier}, {"/part", c.Part}} {
		if err := checkID(f.at, f.id); err != nil {
			return err
		}
	}
	if err := checkText("/chemistry", c.Chemistry, MaxName); err != nil {
		return err
	}
	if err := positive("/kwh", c.KWh); err != nil {
		return err
	}
	if _, err := c.Currency.Exponent(); err != nil {
		return fault.New(fault.Invalid, "currency_unknown", "%v", err).At("/currency")
	}
	if err := checkDate("/signed", c.Signed); err != nil {
		return err
	}
	if len(c.Prices) == 0 || len(c.Prices) > MaxPrices {
		return fault.New(fault.Invalid, "prices", "a contract has 1 to %d prices, this one %d", MaxPrices, len(c.Prices)).At("/prices")
	}
	type step struct {
		from   period.Date
		volume int64
	}
	seen := map[step]bool{}
	for i, p := range c.Prices {
		at := fmt.Sprintf("/prices/%d", i)
		if err := checkDate(at+"/from", p.From); err != nil {
			return err
		}
		if err := positive(at+"/unit", p.Unit); err != nil {
			return err
		}
		if err := checkText(at+"/source", p.Source, MaxText); err != nil {
			return err
		}
		if p.MinVolume < 0 {
			return fault.New(fault.Invalid, "volume", "a volume is 0 or more, not %d", p.MinVolume).At(at + "/min_volume")
		}
		k := step{p.From, p.MinVolume}
		if seen[k] {
			return fault.New(fault.Invalid, "price_ambiguous", "two prices hold from %s and %d packs on", p.From, p.MinVolume).At(at)
		}
		seen[k] = true
	}
	return c.checkTerms()
}

func positive(at string, d money.Decimal) error {
	if err := d.Check(); err != nil {
		return fault.New(fault.Invalid, "decimal", "%v", err).At(at)
	}
	if d.Sign() <= 0 {
		return fault.New(fault.Invalid, "not_positive", "a number above 0 is needed here, not %s", d).At(at)
	}
	return nil
}

// Price returns the price of one pack received on a day after `before` others: of the price list that is newest on that
// day, the highest volume step that is reached. Packs below a step keep their price when the step is reached.
func (c Contract) Price(on period.Date, before int64) (PackPrice, error) {
	var newest period.Date
	for _, p := range c.Prices {
		if p.From <= on && p.From > newest {
			newest = p.From
		}
	}
	best := -1
	for i, p := range c.Prices {
		if p.From == newest && p.MinVolume <= before && (best < 0 || p.MinVolume > c.Prices[best].MinVolume) {
			best = i
		}
	}
	if best < 0 {
		return PackPrice{}, fault.New(fault.Refused, "price_missing", "contract %q has no price on %s after %d packs", c.ID, on, before)
	}
	return c.Prices[best], nil
}
