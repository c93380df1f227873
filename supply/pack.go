package supply

import (
	"fmt"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
)

// MaxLot is how many packs a lot may have.
const MaxLot = 1000

// Lot is a delivery of packs under a contract.
type Lot struct {
	ID       string      `json:"id"`
	Contract string      `json:"contract"`
	Serials  []string    `json:"serials"`
	Received period.Date `json:"received"`

	Passport  string         `json:"passport,omitempty"`                              // of the battery passports of its packs
	Chemistry string         `json:"chemistry,omitempty"`                             // as the supplier tells it; the contract's own
	CO2       money.Decimal  `json:"kgco2e_per_kwh,omitempty" doc:"carbon footprint"` // kg CO2e per kWh
	Recycled  RecycledShares `json:"recycled,omitzero"`
}

// RecycledShares is which share of the metal in a lot was recovered from waste, 0 to 1; empty: not told, which is not 0.
type RecycledShares struct {
	Nickel  money.Decimal `json:"ni,omitempty"`
	Cobalt  money.Decimal `json:"co,omitempty"`
	Lithium money.Decimal `json:"li,omitempty"`
	Lead    money.Decimal `json:"pb,omitempty"`
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
	if err := checkOptional("/passport", l.Passport); err != nil {
		return err
	}
	if len(l.Chemistry) > MaxName {
		return fault.New(fault.Invalid, "text", "a chemistry has at most %d bytes", MaxName).At("/chemistry")
	}
	if l.CO2 != "" {
		if err := notNegative("/kgco2e_per_kwh", l.CO2, "a carbon footprint"); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		at    string
		share money.Decimal
	}{{"/recycled/ni", l.Recycled.Nickel}, {"/recycled/co", l.Recycled.Cobalt}, {"/recycled/li", l.Recycled.Lithium}, {"/recycled/pb", l.Recycled.Lead}} {
		if f.share != "" {
			if err := decimalIn(f.at, f.share, "0", "1", "a recycled share"); err != nil {
				return err
			}
		}
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
	State    PackState      `json:"state"`
	Terms    []PriceTerm    `json:"terms,omitempty"` // that Unit is the sum of; none: the step of the contract alone
}

// Before is what came under a contract before a lot.
type Before struct {
	Packs int64 // in all
	Month int64 // in the calendar month of the lot
}

// Receive prices the packs of a lot that arrives after others under the contract, and refuses what the contract does not
// allow: a lot below the minimum order, beyond the monthly capacity, or outside the contract's term.
func (c Contract) Receive(l Lot, before Before, m Market) ([]Pack, error) {
	if err := c.allows(l, before); err != nil {
		return nil, err
	}
	packs := make([]Pack, len(l.Serials))
	for i, s := range l.Serials {
		p, err := c.Explain(l.Received, before.Packs+int64(i), m)
		if err != nil {
			return nil, err
		}
		packs[i] = Pack{Serial: s, Lot: l.ID, Contract: c.ID, Supplier: c.Supplier, Part: c.Part, Number: before.Packs + int64(i) + 1,
			Received: l.Received, Unit: p.Unit, Currency: c.Currency, Source: p.Terms[0].Source, State: Received}
		if len(p.Terms) > 1 {
			packs[i].Terms = p.Terms
		}
	}
	return packs, nil
}

// allows refuses a lot that the contract does not provide for.
func (c Contract) allows(l Lot, before Before) error {
	n := int64(len(l.Serials))
	switch {
	case l.Chemistry != "" && l.Chemistry != c.Chemistry:
		return fault.New(fault.Refused, "chemistry_differs", "contract %q is for %s, the lot is of %s", c.ID, c.Chemistry, l.Chemistry).At("/chemistry")
	case c.Term.From != "" && !c.Term.Contains(l.Received):
		return fault.New(fault.Refused, "outside_term", "contract %q runs from %s until %s; %s is outside", c.ID, c.Term.From, open(c.Term.To), l.Received).At("/received")
	case n < c.MinOrder:
		return fault.New(fault.Refused, "below_minimum_order", "contract %q has a minimum order of %d packs, this lot has %d", c.ID, c.MinOrder, n).At("/serials")
	case c.MonthlyCapacity > 0 && before.Month+n > c.MonthlyCapacity:
		return fault.New(fault.Refused, "over_capacity", "contract %q provides %d packs a month; %d came in %s before this lot of %d",
			c.ID, c.MonthlyCapacity, before.Month, l.Received.Month(), n).At("/serials")
	}
	return nil
}

func open(to period.Date) string {
	if to == "" {
		return "further notice"
	}
	return string(to)
}
