package billing

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"roadbook/fault"
	"roadbook/id"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/period"
	"roadbook/vin"
)

// Limits of a usage event.
const (
	MaxUsageBatch = 1000
	MaxSource     = 100 // bytes of a source and of an id

	MaxQuantity money.Decimal = "1000000"    // of one event
	MaxPriced   money.Decimal = "1000000000" // a unit price must allow so many units, else a month's rating could overflow
)

// Usage is one event of metered use: Quantity units of Meter by VIN at At. (Source, ID) names it: the same again counts once.
type Usage struct {
	Source   string        `json:"source"`
	ID       string        `json:"id"`
	VIN      vin.VIN       `json:"vin"`
	Meter    string        `json:"meter"`
	Quantity money.Decimal `json:"quantity"`
	At       time.Time     `json:"at"`
}

// Check refuses an event that can never be counted.
func (u Usage) Check() error {
	switch {
	case u.Source == "" || len(u.Source) > MaxSource || u.ID == "" || len(u.ID) > MaxSource:
		return fault.New(fault.Invalid, "usage_id", "source and id have 1 to %d bytes", MaxSource).At("/id")
	case u.At.IsZero() || u.At.Year() < 2000 || u.At.Year() > 2999:
		return fault.New(fault.Invalid, "usage_at", "an event says when it was").At("/at")
	}
	if _, err := vin.Parse(string(u.VIN)); err != nil {
		return err
	}
	if err := u.Quantity.Check(); err != nil {
		return err
	}
	if u.Quantity.Sign() < 0 {
		return fault.New(fault.Invalid, "quantity_negative", "a quantity is 0 or more, not %s", u.Quantity).At("/quantity")
	}
	if q, ok := new(big.Rat).SetString(string(u.Quantity)); !ok || q.Cmp(maxQuantity) > 0 {
		return fault.New(fault.Invalid, "quantity_too_large", "a quantity is at most %s, not %s", MaxQuantity, u.Quantity).At("/quantity")
	}
	return nil
}

var maxQuantity, _ = new(big.Rat).SetString(string(MaxQuantity))

// Digest is what "the same event" means.
func (u Usage) Digest() string {
	u.At = u.At.UTC().Truncate(time.Microsecond)
	return digest(u)
}

// Verdict says what became of a usage event.
type Verdict string

// The verdicts.
const (
	Accepted  Verdict = "accepted"
	Duplicate Verdict = "duplicate"
	Rejected  Verdict = "rejected"
)

// Outcome is the answer for one event of a batch.
type Outcome struct {
	Source  string  `json:"source"`
	ID      string  `json:"id"`
	Verdict Verdict `json:"verdict"`
	Code    string  `json:"code,omitempty"`   // why it was rejected
	Detail  string  `json:"detail,omitempty"` // for a person
}

// Reject answers an event with the error that it met.
func (u Usage) Reject(err error) Outcome {
	return Outcome{Source: u.Source, ID: u.ID, Verdict: Rejected, Code: fault.CodeOf(err), Detail: err.Error()}
}

// Meter counts a metered product of an order.
type Meter struct {
	ID       string         `json:"id"`
	OrderID  string         `json:"order_id"`
	VIN      vin.VIN        `json:"vin"`
	Customer string         `json:"customer"`
	Market   string         `json:"market"`
	Currency money.Currency `json:"currency"`
	Terms    offer.Line     `json:"terms"`
	Since    period.Date    `json:"since"`
	Until    period.Date    `json:"until,omitempty"` // exclusive; from then on the car is another's
}

func meterID(orderID string, sku offer.SKU) string { return id.From("mtr", orderID, string(sku)) }

func newMeter(o offer.Order, l offer.Line, day period.Date) Meter {
	return Meter{ID: meterID(o.ID, l.SKU), OrderID: o.ID, VIN: o.VIN, Customer: o.Customer, Market: o.Market,
		Currency: o.Currency, Terms: l, Since: day}
}

// Assign decides which of the car's meters counts the event, and with which month's invoice: its own month's, or the
// next one's when that is closed. closed is the last closed month, or empty.
func Assign(u Usage, meters []Meter, closed period.Month) (Meter, period.Month, error) {
	day := period.DateOf(u.At)
	best := -1
	for i, m := range meters {
		if m.VIN != u.VIN || m.Terms.Meter != u.Meter || !(period.Span{From: m.Since, To: m.Until}).Contains(day) {
			continue
		}
		if best < 0 || m.Since > meters[best].Since || m.Since == meters[best].Since && m.ID > meters[best].ID {
			best = i
		}
	}
	if best < 0 {
		return Meter{}, "", fault.New(fault.Refused, "meter_unknown", "car %s has no meter %.60q on %s", u.VIN, u.Meter, day).At("/meter")
	}
	bill := day.Month()
	if bill <= closed {
		bill = closed.Next()
	}
	return meters[best], bill, nil
}

// Metering is the use of one meter in one service month, up to and including the month that is being billed.
type Metering struct {
	Meter    Meter
	Service  period.Month
	Quantity money.Decimal // all that was ever counted for the service month
	Billed   money.Amount  // what earlier invoices claimed for it
}

// Rating records what an invoice claims for a meter's service month.
type Rating struct {
	Meter   string
	Service period.Month
	Amount  money.Amount
}

// Total adds decimals exactly.
func Total(ds []money.Decimal) (money.Decimal, error) {
	total := new(big.Rat)
	for _, d := range ds {
		if err := d.Check(); err != nil {
			return "", err
		}
		r, ok := new(big.Rat).SetString(string(d))
		if !ok {
			return "", fault.New(fault.Invalid, "decimal", "%.40q is not a decimal number", string(d))
		}
		total.Add(total, r)
	}
	s := total.FloatString(money.MaxDecimals)
	return money.Decimal(strings.TrimSuffix(strings.TrimRight(s, "0"), ".")), nil
}

// usageInvoice rates a month's use of one order's meters, in the given order. A service month is rated as a whole and
// what was billed before is taken off, so that neither the cut into events nor their delay changes what it costs.
// ok is false when there is nothing to claim.
// part numbers the invoices of an order's month that has more than MaxLines lines.
func usageInvoice(entity string, month period.Month, part int, ms []Metering) (is Issue, ok bool, err error) {
	m := ms[0].Meter
	name := string(month)
	if part > 0 {
		name += "/" + strconv.Itoa(part)
	}
	inv := Invoice{ID: id.From("inv", m.OrderID, string(ForUsage), name), Entity: entity, Reason: ForUsage, OrderID: m.OrderID,
		VIN: m.VIN, Customer: m.Customer, Market: m.Market, Currency: m.Currency, Date: month.Last(), IssuedAt: month.Next().First().Time().Add(-time.Second)}
	var rated []Rating
	for _, x := range ms {
		t := x.Meter.Terms
		line := InvoiceLine{No: len(inv.Lines) + 1, SKU: t.SKU, Name: t.Name, Kind: t.Kind, Features: t.Features, Account: ledger.Account(t.Account),
			Partner: t.Partner, Service: x.Service.Span(), Quantity: x.Quantity, Unit: t.Unit,
			Calc: Calc{Method: Rated, Factors: []money.Decimal{t.Unit, x.Quantity}, Less: x.Billed, Rounding: HalfUp}}
		if err := inv.add(line); err != nil {
			return Issue{}, false, err
		}
		rated = append(rated, Rating{Meter: x.Meter.ID, Service: x.Service, Amount: inv.Lines[len(inv.Lines)-1].Amount})
	}
	return Issue{Invoice: inv, Rated: rated}, inv.Total.Minor > 0, nil
}
