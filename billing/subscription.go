package billing

import (
	"strconv"

	"roadbook/id"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/period"
	"roadbook/vin"
)

// SubscriptionState says whether a subscription goes on.
type SubscriptionState string

// The states of a subscription. Whether it is past due follows from its order's invoices.
const (
	Active     SubscriptionState = "active"
	Cancelling SubscriptionState = "cancelling" // runs until the end of the period that is invoiced, and no further
	Ended      SubscriptionState = "ended"
)

// SubscriptionStates lists every state.
var SubscriptionStates = []SubscriptionState{Active, Cancelling, Ended}

// Subscription is a service paid by the month in advance. Period k is [Anchor + k months, Anchor + k+1 months), clamped
// to the month's end and restored in longer months.
type Subscription struct {
	ID       string            `json:"id"`
	OrderID  string            `json:"order_id"`
	VIN      vin.VIN           `json:"vin"`
	Customer string            `json:"customer"`
	Market   string            `json:"market"`
	Currency money.Currency    `json:"currency"`
	Terms    offer.Line        `json:"terms"` // as agreed; a later price does not reach it
	Anchor   period.Date       `json:"anchor"`
	Next     int               `json:"next"` // the first period that is neither invoiced nor skipped
	Due      period.Date       `json:"due"`  // its first day
	State    SubscriptionState `json:"state"`
	PastDue  bool              `json:"past_due"` // an invoice of its order was declined and is unpaid
}

func newSubscription(o offer.Order, l offer.Line, day period.Date) Subscription {
	s := Subscription{ID: id.From("sub", o.ID, string(l.SKU)), OrderID: o.ID, VIN: o.VIN, Customer: o.Customer, Market: o.Market,
		Currency: o.Currency, Terms: l, Anchor: day, Next: 1, State: Active}
	s.Due = s.Period(1).From
	return s
}

// Period returns the k-th month of the subscription, counted from 0.
func (s Subscription) Period(k int) period.Span {
	return period.Span{From: s.Anchor.AddMonths(k), To: s.Anchor.AddMonths(k + 1)}
}

// Step returns the subscription with the next period behind it: invoiced, or skipped because an invoice is past due.
// A cancelled one ends instead.
func (s Subscription) Step() Subscription {
	if s.State != Active {
		s.State = Ended
		return s
	}
	s.Next++
	s.Due = s.Period(s.Next).From
	return s
}

// line is the invoice line of the k-th period.
func (s Subscription) line(k int) InvoiceLine {
	return InvoiceLine{No: 1, SKU: s.Terms.SKU, Name: s.Terms.Name, Kind: s.Terms.Kind, Features: s.Terms.Features,
		Account: ledger.Account(s.Terms.Account), Partner: s.Terms.Partner, Service: s.Period(k), Quantity: "1", Unit: s.Terms.Unit,
		Calc: Calc{Method: Rated, Factors: []money.Decimal{s.Terms.Unit, "1"}, Rounding: HalfUp}}
}

// renewal is the invoice of the subscription's next period.
func (s Subscription) renewal(entity string) (Issue, error) {
	inv := Invoice{ID: id.From("inv", s.OrderID, string(ForRenewal)+"/"+s.ID, strconv.Itoa(s.Next)), Entity: entity, Reason: ForRenewal,
		OrderID: s.OrderID, Subscription: s.ID, VIN: s.VIN, Customer: s.Customer, Market: s.Market, Currency: s.Currency,
		Date: s.Due, IssuedAt: s.Due.Time()}
	if err := inv.add(s.line(s.Next)); err != nil {
		return Issue{}, err
	}
	rows, err := inv.schedule()
	return Issue{Invoice: inv, Rows: rows, Renewed: s.Next}, err
}
