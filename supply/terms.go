package supply

import (
	"fmt"
	"math/big"
	"slices"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
)

// Limits of a contract's terms.
const (
	MaxTiers = 50
	MaxYears = 50 // contract years
	// MaxYearPacks is how many packs a contract year may have: × 10^maxDecimals it fits int64.
	MaxYearPacks = 1_000_000_000
	maxDecimals  = 6 // of a discount or a rate, so that a settlement is computed in int64
)

// Terms is what a contract says beside its prices. All of it is optional: a contract without terms is its list of prices.
type Terms struct {
	Site            string             `json:"site,omitempty"`    // where the packs are made
	Region          string             `json:"region,omitempty"`  // market that the packs are bought for
	Term            period.Span        `json:"term,omitzero"`     // lots are received within; contract years count from its first day, else from signed
	Rebates         []RebateTier       `json:"rebates,omitempty"` // total-quantity discounts of a contract year
	TakeOrPay       *TakeOrPay         `json:"take_or_pay,omitempty"`
	MinOrder        int64              `json:"min_order,omitempty"`        // packs of one lot, at least
	MonthlyCapacity int64              `json:"monthly_capacity,omitempty"` // packs of one calendar month, at most; 0: not limited
	Indexation      []Indexation       `json:"indexation,omitempty"`       // what the price follows
	CO2             money.Decimal      `json:"kgco2e_per_kwh,omitempty"`   // carbon footprint that the supplier commits to
	Record          *evidence.Evidence `json:"record,omitempty"`           // of the contract; nil: its prices name their sources
}

// RebateTier is a total-quantity discount: a contract year in which MinVolume packs or more were received earns Discount on
// all packs of the year, the first one too. It is settled after the year: until then each pack costs its step price.
type RebateTier struct {
	MinVolume int64         `json:"min_volume"`
	Discount  money.Decimal `json:"discount" doc:"share of the year's spend, 0.03 is three percent"`
}

// TakeOrPay obliges to take Minimum packs in every contract year, or to pay Rate × the year's mean price for each that
// was not taken. A last year that the term cuts short obliges to its share of the minimum, by days, rounded down.
type TakeOrPay struct {
	Minimum int64         `json:"minimum"`
	Rate    money.Decimal `json:"rate" doc:"0.8 is eighty percent"`
}

func (c Contract) checkTerms() error {
	if err := firstOf(checkOptional("/site", c.Site), checkRegion("/region", c.Region)); err != nil {
		return err
	}
	if c.Term != (period.Span{}) {
		if err := checkSpan("/term", c.Term); err != nil {
			return err
		}
	}
	if c.MinOrder < 0 || c.MinOrder > MaxLot {
		return fault.New(fault.Invalid, "min_order", "a minimum order is 0 to %d packs, the most that a lot has, not %d", MaxLot, c.MinOrder).At("/min_order")
	}
	if c.MonthlyCapacity < 0 || c.MonthlyCapacity > MaxPieces {
		return fault.New(fault.Invalid, "capacity", "a capacity is 0 to %d packs a month, not %d", MaxPieces, c.MonthlyCapacity).At("/monthly_capacity")
	}
	if c.MonthlyCapacity > 0 && c.MinOrder > c.MonthlyCapacity {
		return fault.New(fault.Invalid, "capacity", "a minimum order of %d packs does not fit a capacity of %d a month", c.MinOrder, c.MonthlyCapacity).At("/min_order")
	}
	if err := c.checkRebates(); err != nil {
		return err
	}
	if t := c.TakeOrPay; t != nil {
		if t.Minimum < 1 || t.Minimum > MaxYearPacks {
			return fault.New(fault.Invalid, "take_or_pay", "a yearly minimum is 1 to %d packs, not %d", MaxYearPacks, t.Minimum).At("/take_or_pay/minimum")
		}
		if c.MonthlyCapacity > 0 && t.Minimum > 12*c.MonthlyCapacity {
			return fault.New(fault.Invalid, "take_or_pay", "a yearly minimum of %d packs cannot be met with a capacity of %d a month", t.Minimum, c.MonthlyCapacity).At("/take_or_pay/minimum")
		}
		if err := share("/take_or_pay/rate", t.Rate, "a take-or-pay rate"); err != nil {
			return err
		}
		if t.Rate.Sign() == 0 {
			return fault.New(fault.Invalid, "take_or_pay", "a rate of 0 obliges to nothing: leave take_or_pay out").At("/take_or_pay/rate")
		}
	}
	if len(c.Indexation) > MaxIndices {
		return fault.New(fault.Invalid, "indexation", "a price follows at most %d indices, this one %d", MaxIndices, len(c.Indexation)).At("/indexation")
	}
	for i, x := range c.Indexation {
		if err := x.check(fmt.Sprintf("/indexation/%d", i), true); err != nil {
			return err
		}
	}
	if c.CO2 != "" {
		if err := notNegative("/kgco2e_per_kwh", c.CO2, "a carbon footprint"); err != nil {
			return err
		}
	}
	if c.Record != nil {
		return c.Record.Check("/record")
	}
	return nil
}

// checkRebates wants tiers in rising order whose discounts rise too: more packs never earn a smaller share.
func (c Contract) checkRebates() error {
	if len(c.Rebates) > MaxTiers {
		return fault.New(fault.Invalid, "rebates", "a contract has at most %d rebate tiers, this one %d", MaxTiers, len(c.Rebates)).At("/rebates")
	}
	for i, t := range c.Rebates {
		at := fmt.Sprintf("/rebates/%d", i)
		if t.MinVolume < 1 || t.MinVolume > MaxPieces {
			return fault.New(fault.Invalid, "rebates", "a tier begins at 1 pack or more, not at %d", t.MinVolume).At(at + "/min_volume")
		}
		if err := share(at+"/discount", t.Discount, "a discount"); err != nil {
			return err
		}
		if ratio(t.Discount).Cmp(big.NewRat(1, 1)) >= 0 {
			return fault.New(fault.Invalid, "rebates", "a discount of everything is no purchase: it lies below 1").At(at + "/discount")
		}
		if i > 0 && t.MinVolume <= c.Rebates[i-1].MinVolume {
			return fault.New(fault.Invalid, "rebates", "tiers are listed from the smallest volume up: %d does not exceed %d", t.MinVolume, c.Rebates[i-1].MinVolume).At(at + "/min_volume")
		}
		if i > 0 && !less(c.Rebates[i-1].Discount, t.Discount) {
			return fault.New(fault.Invalid, "rebates", "a higher tier earns a higher discount: %s does not exceed %s", t.Discount, c.Rebates[i-1].Discount).At(at + "/discount")
		}
	}
	return nil
}

// share refuses what is no number from 0 to 1 of at most maxDecimals decimals.
func share(at string, d money.Decimal, what string) error {
	if err := decimalIn(at, d, "0", "1", what); err != nil {
		return err
	}
	if new(big.Int).Rem(power(maxDecimals), ratio(d).Denom()).Sign() != 0 {
		return fault.New(fault.Invalid, "decimal", "%s has at most %d decimals, unlike %s", what, maxDecimals, d).At(at)
	}
	return nil
}

func checkRegion(at, s string) error {
	if len(s) > MaxName {
		return fault.New(fault.Invalid, "text", "a region has at most %d bytes", MaxName).At(at)
	}
	return nil
}

// scope is what exclusions see of the contract.
func (c Contract) scope() Scope { return Scope{Chemistry: c.Chemistry, Region: c.Region} }

// Tier returns the rebate tier that so many packs reach; ok is false below the first.
func (c Contract) Tier(packs int64) (t RebateTier, ok bool) {
	i := slices.IndexFunc(c.Rebates, func(t RebateTier) bool { return t.MinVolume > packs })
	if i < 0 {
		i = len(c.Rebates)
	}
	if i == 0 {
		return RebateTier{}, false
	}
	return c.Rebates[i-1], true
}

// Year returns the days of the n-th contract year, from 1 on; a year is cut off where the term ends.
func (c Contract) Year(n int) (period.Span, error) {
	from := c.Term.From
	if from == "" {
		from = c.Signed
	}
	if n < 1 || n > MaxYears {
		return period.Span{}, fault.New(fault.Invalid, "year", "a contract year is 1 to %d, counted from %s, not %d", MaxYears, from, n).At("/year")
	}
	s := period.Span{From: from.AddMonths(12 * (n - 1)), To: from.AddMonths(12 * n)}
	if c.Term.To != "" {
		if s.From >= c.Term.To {
			return s, fault.New(fault.Invalid, "year", "contract %q ends on %s, before its year %d", c.ID, c.Term.To, n).At("/year")
		}
		s.To = min(s.To, c.Term.To)
	}
	return s, nil
}

// Explained is a price with the terms that it is the sum of.
type Explained struct {
	Contract string         `json:"contract"`
	Date     period.Date    `json:"date"`
	Number   int64          `json:"number"` // of the pack under the contract
	Currency money.Currency `json:"currency"`
	Unit     money.Decimal  `json:"unit"`
	Terms    []PriceTerm    `json:"terms"`
	Later    []string       `json:"later,omitempty"` // what the year's end may still change
}

// Explain returns the price of one pack received on a day after `before` others, term by term: the step of the price list,
// and for each index what it had changed by then, as it was known on that day.
func (c Contract) Explain(on period.Date, before int64, m Market) (Explained, error) {
	step, err := c.Price(on, before)
	if err != nil {
		return Explained{}, err
	}
	e := Explained{Contract: c.ID, Date: on, Number: before + 1, Currency: c.Currency, Unit: step.Unit}
	e.Terms = append(e.Terms, PriceTerm{Key: "step", Label: fmt.Sprintf("price list of %s after %d packs", step.From, step.MinVolume), Amount: step.Unit, Source: step.Source})
	for _, x := range c.Indexation {
		t, err := x.surcharge(c.KWh, c.Currency, on, on, m)
		if err != nil {
			return Explained{}, err
		}
		e.Unit = plus(e.Unit, t.Amount)
		e.Terms = append(e.Terms, t)
	}
	if e.Unit.Sign() <= 0 {
		return Explained{}, fault.New(fault.Refused, "price_not_positive", "the indices take the price of contract %q on %s to %s %s: a floor of the collar is missing", c.ID, on, e.Unit, c.Currency)
	}
	for _, t := range c.Rebates {
		e.Later = append(e.Later, fmt.Sprintf("a rebate of %s of the year's spend from %d packs a year on", t.Discount, t.MinVolume))
	}
	if t := c.TakeOrPay; t != nil {
		e.Later = append(e.Later, fmt.Sprintf("%s of the mean price for each pack below %d a year", t.Rate, t.Minimum))
	}
	return e, nil
}
