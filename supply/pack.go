package supply

import (
	"fmt"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
)

// Limits of contracts and lots.
const (
	MaxPrices = 500
	MaxLot    = 1000 // serials of one lot
)

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
		if k := (step{p.From, p.MinVolume}); seen[k] {
			return fault.New(fault.Invalid, "price_ambiguous", "two prices hold from %s and %d packs on", p.From, p.MinVolume).At(at)
		} else {
			seen[k] = true
		}
	}
	return nil
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

// Lot is a delivery of packs under a contract.
type Lot struct {
	ID       string      `json:"id"`
	Contract string      `json:"contract"`
	Serials  []string    `json:"serials"`
	Received period.Date `json:"received"`
}

// Check refuses a lot that cannot be received.
func (l Lot) Check() error {
	if err := checkID("/contract", l.Contract); err != nil {
		return err
	}
	if err := checkDate("/received", l.Received); err != nil {
		return err
	}
	if len(l.Serials) == 0 || len(l.Serials) > MaxLot {
		return fault.New(fault.Invalid, "serials", "a lot has 1 to %d packs, this one %d", MaxLot, len(l.Serials)).At("/serials")
	}
	seen := map[string]bool{}
	for i, s := range l.Serials {
		at := fmt.Sprintf("/serials/%d", i)
		if err := checkID(at, s); err != nil {
			return err
		}
		if seen[s] {
			return fault.New(fault.Invalid, "serial_twice", "serial %q is in the lot twice", s).At(at)
		}
		seen[s] = true
	}
	return nil
}

// Pack is one battery pack that was received.
type Pack struct {
	Serial   string         `json:"serial"`
	Lot      string         `json:"lot"`
	Contract string         `json:"contract"`
	Supplier string         `json:"supplier"`
	Part     string         `json:"part"`
	Number   int64          `json:"number"` // 1 for the first pack under the contract
	Received period.Date    `json:"received"`
	Unit     money.Decimal  `json:"unit"` // its price, in major units of Currency
	Currency money.Currency `json:"currency"`
	Source   string         `json:"source"` // of the price
	VIN      vin.VIN        `json:"vin,omitempty"`
}

// Receive prices the packs of a lot that arrives after `before` others under the contract.
func (c Contract) Receive(l Lot, before int64) ([]Pack, error) {
	packs := make([]Pack, len(l.Serials))
	for i, s := range l.Serials {
		p, err := c.Price(l.Received, before+int64(i))
		if err != nil {
			return nil, err
		}
		packs[i] = Pack{Serial: s, Lot: l.ID, Contract: c.ID, Supplier: c.Supplier, Part: c.Part, Number: before + int64(i) + 1,
			Received: l.Received, Unit: p.Unit, Currency: c.Currency, Source: p.Source}
	}
	return packs, nil
}
