package billing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"roadbook/fault"
	"roadbook/id"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/period"
)

// MaxLines of an order: an invoice's payment books two postings per line, and an entry has at most ledger.MaxPostings.
const MaxLines = ledger.MaxPostings / 2

// Contract is an order that billing has taken up.
type Contract struct {
	Order  offer.Order `json:"order"`
	Date   period.Date `json:"date"`
	Digest string      `json:"digest"` // of the order
}

// Opening is all that an order brings into being at once.
type Opening struct {
	Contract      Contract
	Subscriptions []Subscription
	Meters        []Meter
	Issue         Issue
}

// Issue is an invoice to be stored, still without its number, with the schedule of what it defers.
type Issue struct {
	Invoice Invoice
	Rows    []Row
	Renewed int      // ForRenewal: the number of the period that is invoiced
	Rated   []Rating // ForUsage: what is now billed of each meter and service month
}

// check refuses an order that cannot be billed, naming the field.
func check(o offer.Order) error {
	if o.ID == "" || o.Customer == "" {
		return fault.New(fault.Invalid, "order", "an order has an id and a customer").At("/order/id")
	}
	if o.PlacedAt.IsZero() {
		return fault.New(fault.Invalid, "placed_at", "an order says when it was placed").At("/order/placed_at")
	}
	if _, err := o.Currency.Exponent(); err != nil {
		return err
	}
	if len(o.Lines) == 0 || len(o.Lines) > MaxLines {
		return fault.New(fault.Invalid, "lines", "an order has 1 to %d lines, this one %d", MaxLines, len(o.Lines)).At("/order/lines")
	}
	seen := map[offer.SKU]bool{}
	for i, l := range o.Lines {
		at := fmt.Sprintf("/order/lines/%d", i)
		if err := checkLine(o, l, at); err != nil {
			return err
		}
		if seen[l.SKU] {
			return fault.New(fault.Invalid, "sku_twice", "%s is on the order twice", l.SKU).At(at + "/sku")
		}
		seen[l.SKU] = true
	}
	return nil
}

func checkLine(o offer.Order, l offer.Line, at string) error {
	account := ledger.Account(l.Account)
	switch {
	case l.SKU == "":
		return fault.New(fault.Invalid, "sku", "a line names its product").At(at + "/sku")
	case !slices.Contains(offer.Kinds, l.Kind):
		return fault.New(fault.Invalid, "kind_unknown", "%q is not a kind of product", l.Kind).At(at + "/kind")
	case !slices.Contains(ledger.Accounts, account) || !strings.HasPrefix(l.Account, "revenue:"):
		return fault.New(fault.Invalid, "account_unknown", "%q is not a revenue account of the chart", l.Account).At(at + "/account")
	case !within(l.Price, o.Currency) || !within(l.StandAlone, o.Currency):
		return fault.New(fault.Invalid, "currency_mixed", "an order in %s has no line in %s and %s", o.Currency, l.Price.Currency, l.StandAlone.Currency).At(at + "/price")
	case l.Price.Minor < 0 || l.StandAlone.Minor < 0:
		return fault.New(fault.Invalid, "amount_negative", "a price is 0 or more, not %s and %s", l.Price, l.StandAlone).At(at + "/price")
	case l.Kind == offer.Term && (l.TermMonths < 1 || l.TermMonths > 1200):
		return fault.New(fault.Invalid, "term_months", "a term has 1 to 1200 months, not %d", l.TermMonths).At(at + "/term_months")
	case l.Kind == offer.Metered && l.Meter == "":
		return fault.New(fault.Invalid, "meter", "a metered product names its meter").At(at + "/meter")
	}
	if byUnit(l.Kind) {
		if err := l.Unit.Check(); err != nil {
			return err
		}
		if l.Unit.Sign() < 0 {
			return fault.New(fault.Invalid, "amount_negative", "a unit price is 0 or more, not %s", l.Unit).At(at + "/unit")
		}
		if _, err := money.Round(o.Currency, l.Unit, MaxPriced); err != nil {
			return fault.New(fault.Invalid, "unit_too_large", "%s units at %s are more than an amount holds", MaxPriced, l.Unit).At(at + "/unit")
		}
		if l.Price.Minor != 0 {
			return fault.New(fault.Invalid, "price_twice", "a %s has a unit price and no fixed price", l.Kind).At(at + "/price")
		}
	}
	return nil
}

func within(a money.Amount, c money.Currency) bool { return a.Currency == c || a == (money.Amount{}) }

// byUnit reports whether a kind is billed by its unit price, period by period, outside the order's fixed price.
func byUnit(k offer.Kind) bool { return k == offer.Subscription || k == offer.Metered }

// allocate explains each line's share of the order's fixed price: in proportion to the stand-alone prices, and where
// none is known, to the agreed prices.
func allocate(o offer.Order) (map[int]Calc, error) {
	total := money.Of(0, o.Currency)
	var at []int
	var alone, agreed []int64
	for i, l := range o.Lines {
		if byUnit(l.Kind) {
			continue
		}
		var err error
		if total, err = total.Add(l.Price); err != nil {
			return nil, err
		}
		at, alone, agreed = append(at, i), append(alone, l.StandAlone.Minor), append(agreed, l.Price.Minor)
	}
	weights := alone
	if !slices.ContainsFunc(weights, positive) {
		weights = agreed
	}
	calcs := map[int]Calc{}
	for k, i := range at {
		if !slices.ContainsFunc(weights, positive) { // all is free
			calcs[i] = Calc{Method: Nothing}
			continue
		}
		calcs[i] = Calc{Method: Allocated, Total: total, Weights: weights, Index: k, Numerator: weights[k], Denominator: sum(weights), Rounding: LargestRemainder}
	}
	return calcs, nil
}

func positive(n int64) bool { return n > 0 }

func sum(ns []int64) (total int64) {
	for _, n := range ns {
		total += n
	}
	return total
}

// open derives everything that an order brings into being. It is a pure function of the order: a repeat gives the same.
func open(entity string, o offer.Order) (Opening, error) {
	if err := check(o); err != nil {
		return Opening{}, err
	}
	o.PlacedAt = o.PlacedAt.UTC()
	day := period.DateOf(o.PlacedAt)
	calcs, err := allocate(o)
	if err != nil {
		return Opening{}, err
	}
	inv := Invoice{ID: id.From("inv", o.ID, string(ForOrder), string(day)), Entity: entity, Reason: ForOrder, OrderID: o.ID,
		VIN: o.VIN, Customer: o.Customer, Market: o.Market, Currency: o.Currency, Date: day, IssuedAt: o.PlacedAt}
	op := Opening{Contract: Contract{Order: o, Date: day, Digest: digest(o)}}
	for i, l := range o.Lines {
		line := InvoiceLine{No: i + 1, SKU: l.SKU, Name: l.Name, Kind: l.Kind, Features: l.Features, Account: ledger.Account(l.Account),
			Partner: l.Partner, Quantity: "1", Unit: l.Unit, Price: money.Of(l.Price.Minor, o.Currency), Calc: calcs[i]}
		switch l.Kind {
		case offer.Term:
			line.Service = period.Span{From: day, To: day.AddMonths(l.TermMonths)}
		case offer.Subscription:
			sub := newSubscription(o, l, day)
			op.Subscriptions = append(op.Subscriptions, sub)
			line = sub.line(0)
			line.No = i + 1
		case offer.Metered:
			op.Meters = append(op.Meters, newMeter(o, l, day))
			line.Quantity, line.Calc = "0", Calc{Method: Nothing}
		case offer.Vehicle, offer.Perpetual, offer.App: // earned on delivery, which is now
		}
		if err := inv.add(line); err != nil {
			return Opening{}, err
		}
	}
	rows, err := inv.schedule()
	if err != nil {
		return Opening{}, err
	}
	op.Issue = Issue{Invoice: inv, Rows: rows}
	return op, nil
}

// add appends a line with the amount that its Calc gives, and its obligation's id.
func (i *Invoice) add(l InvoiceLine) error {
	amount, err := l.Calc.Amount(i.Currency)
	if err != nil {
		return err
	}
	l.Amount = amount
	if byUnit(l.Kind) {
		l.Price = amount
	}
	l.Obligation = id.From("pob", i.ID, strconv.Itoa(l.No))
	if i.Total, err = money.Of(i.Total.Minor, i.Currency).Add(amount); err != nil {
		return err
	}
	i.Lines = append(i.Lines, l)
	return nil
}
