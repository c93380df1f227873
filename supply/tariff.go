package supply

import (
	"strings"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
)

// Rate is a currency's price in another on a day. It holds until a later one is recorded.
type Rate struct {
	ID     string         `json:"id,omitempty"`
	From   money.Currency `json:"from"`
	To     money.Currency `json:"to"`
	Rate   money.Decimal  `json:"rate"` // units of To for one unit of From
	Date   period.Date    `json:"date"`
	Source string         `json:"source"`
}

// Check refuses a rate that converts nothing.
func (r Rate) Check() error {
	for _, f := range []struct {
		at  string
		cur money.Currency
	}{{"/from", r.From}, {"/to", r.To}} {
		if _, err := f.cur.Exponent(); err != nil {
			return fault.New(fault.Invalid, "currency_unknown", "%v", err).At(f.at)
		}
	}
	if r.From == r.To {
		return fault.New(fault.Invalid, "currency_same", "%s is not converted into itself", r.From).At("/to")
	}
	if err := positive("/rate", r.Rate); err != nil {
		return err
	}
	if err := checkDate("/date", r.Date); err != nil {
		return err
	}
	return checkText("/source", r.Source, MaxText)
}

// Tariff is what a supplier takes for a metered service: Price for every Per units of the meter.
type Tariff struct {
	ID       string         `json:"id,omitempty"`
	Meter    string         `json:"meter"` // "connectivity.car_month", "delivery.byte"
	Supplier string         `json:"supplier"`
	Currency money.Currency `json:"currency"`
	Price    money.Decimal  `json:"price"`         // major units
	Per      int64          `json:"per,omitempty"` // a power of ten; 0 means 1, and 1000000000 prices bytes by the gigabyte
	Valid    period.Span    `json:"valid"`
	Source   string         `json:"source"`
}

// Check refuses a tariff that does not settle a price.
func (t Tariff) Check() error {
	for _, f := range []struct{ at, id string }{{"/meter", t.Meter}, {"/supplier", t.Supplier}} {
		if err := checkID(f.at, f.id); err != nil {
			return err
		}
	}
	if _, err := t.Currency.Exponent(); err != nil {
		return fault.New(fault.Invalid, "currency_unknown", "%v", err).At("/currency")
	}
	if err := t.Price.Check(); err != nil || t.Price.Sign() < 0 {
		return fault.New(fault.Invalid, "decimal", "a price is a decimal number of 0 or more, not %.40q", t.Price).At("/price")
	}
	if _, ok := t.share(); !ok {
		return fault.New(fault.Invalid, "per", "a price is per 1, 10, 100… up to 10^12 units, not per %d", t.Per).At("/per")
	}
	if err := checkSpan("/valid", t.Valid); err != nil {
		return err
	}
	return checkText("/source", t.Source, MaxText)
}

// share returns 1/Per, which is a finite decimal for powers of ten alone.
func (t Tariff) share() (money.Decimal, bool) {
	per := max(t.Per, 1)
	zeros := 0
	for ; per%10 == 0 && zeros < money.MaxDecimals; zeros++ {
		per /= 10
	}
	if per != 1 || t.Per < 0 {
		return "", false
	}
	if zeros == 0 {
		return "1", true
	}
	return money.Decimal("0." + strings.Repeat("0", zeros-1) + "1"), true
}

// Cost prices a quantity of the meter in a currency. Rate converts where the tariff's own is another.
func (t Tariff) Cost(quantity money.Decimal, in money.Currency, rate *Rate) (money.Amount, error) {
	share, _ := t.share()
	factors := []money.Decimal{quantity, t.Price, share}
	if t.Currency != in {
		if rate == nil || rate.From != t.Currency || rate.To != in {
			return money.Amount{}, fault.New(fault.Refused, "rate_missing", "the tariff of %q is in %s and there is no rate to %s", t.Meter, t.Currency, in)
		}
		factors = append(factors, rate.Rate)
	}
	return money.Round(in, factors...)
}

// tariffOn returns the meter's tariff that is in force on a day: of several the one with the latest beginning.
func tariffOn(tariffs []Tariff, meter string, on period.Date) (Tariff, error) {
	best := -1
	for i, t := range tariffs {
		if t.Meter == meter && t.Valid.Contains(on) && (best < 0 || t.Valid.From > tariffs[best].Valid.From) {
			best = i
		}
	}
	if best < 0 {
		return Tariff{}, fault.New(fault.NotFound, "tariff_missing", "there is no tariff for %q on %s", meter, on).At("/meter")
	}
	return tariffs[best], nil
}

// CostAccrued is said once per car, month and meter that cost something. Date is the day to book it on: the month's last.
type CostAccrued struct {
	ID       string        `json:"id"`
	VIN      vin.VIN       `json:"vin"`
	Month    period.Month  `json:"month"`
	Date     period.Date   `json:"date"`
	Meter    string        `json:"meter"`
	Supplier string        `json:"supplier"`
	Tariff   string        `json:"tariff"` // id of the tariff that priced it
	Quantity money.Decimal `json:"quantity"`
	Amount   money.Amount  `json:"amount"`
}
