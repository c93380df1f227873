package billing_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roadbook/billing"
	"roadbook/billing/billingsql"
	"roadbook/billing/billingtest"
	"roadbook/billing/fakepay"
	"roadbook/fault"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/period"
	"roadbook/platform/sqldb/sqldbtest"
)

// world is billing with a real store, a real provider and books in memory.
type world struct {
	*billing.Service
	mortal *billingtest.Mortal
	books  *billingtest.Books
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := sqldbtest.SQLite(t, "billing", billingsql.Migrations())
	if err := db.Migrate(t.Context(), "fakepay", fakepay.Migrations()); err != nil {
		t.Fatal(err)
	}
	pay, err := fakepay.New(db, fakepay.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{books: billingtest.NewBooks()}
	w.mortal = &billingtest.Mortal{Store: billingsql.New(db), Books: w.books, Provider: pay, Crash: &billingtest.Crash{}}
	w.Service, err = billing.New(w.mortal, w.mortal, w.mortal, billing.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) place(t *testing.T, o offer.Order) {
	t.Helper()
	if err := w.OnPlaced(t.Context(), offer.Placed{Order: o}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) run(t *testing.T, upTo period.Date) {
	t.Helper()
	if err := w.Run(t.Context(), upTo); err != nil {
		t.Fatal(err)
	}
}

func (w *world) invoices(t *testing.T) []billing.Issued {
	t.Helper()
	all, err := w.Invoices(t.Context(), billing.InvoiceQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// holds checks what must always hold between billing and the books once nothing is under way.
func (w *world) holds(t *testing.T) {
	t.Helper()
	var open, deferred int64
	for _, inv := range w.invoices(t) {
		if inv.Standing.State != billing.Settled {
			open += inv.Total.Minor
		}
		var total int64
		for _, l := range inv.Lines {
			again, err := l.Calc.Amount(inv.Currency)
			if err != nil || again != l.Amount {
				t.Errorf("line %d of %s is %s and computes to %s, %v", l.No, inv.ID, l.Amount, again, err)
			}
			total += l.Amount.Minor
		}
		if total != inv.Total.Minor {
			t.Errorf("the lines of %s sum to %d, its total is %s", inv.ID, total, inv.Total)
		}
	}
	rows, err := w.mortal.DueRows(t.Context(), "9999-12", 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		deferred += r.Amount.Minor
	}
	if got := w.books.Balance(ledger.Receivable); got != open {
		t.Errorf("receivable is %d, open invoices are %d", got, open)
	}
	if got := -w.books.Balance(ledger.Deferred); got != deferred {
		t.Errorf("deferred is %d, unreleased rows are %d", got, deferred)
	}
}

func TestOneCarsYear(t *testing.T) {
	w := newWorld(t)
	car := billingtest.Car(1)
	w.place(t, billingtest.Order("ord_1", car, "anna", "2026-01-31", billingtest.CarLine(20_000_000, 20_000_000),
		billingtest.TermLine(0, 120_000, 12), billingtest.SubscriptionLine("99"), billingtest.MeteredLine("0.35")))
	w.holds(t)

	inv := w.invoices(t)[0]
	if inv.Number != "INV-1" || inv.Total != billingtest.CNY(20_009_900) || inv.Standing.State != billing.Settled {
		t.Fatalf("first invoice %s of %s: %+v", inv.Number, inv.Total, inv.Standing)
	}
	// 20,000,000 × 120,000 / 20,120,000 = 119,284.29…: the year of connectivity is not free, it is part of the price.
	if inv.Lines[1].Amount != billingtest.CNY(119_284) || inv.Lines[0].Amount != billingtest.CNY(19_880_716) {
		t.Errorf("allocated %s and %s", inv.Lines[0].Amount, inv.Lines[1].Amount)
	}
	use := func(id, km string, at time.Time) {
		t.Helper()
		out, err := w.RecordUsage(t.Context(), []billing.Usage{{Source: "car", ID: id, VIN: car, Meter: "pilot.km", Quantity: money.Decimal(km), At: at}})
		if err != nil || out[0].Verdict != billing.Accepted {
			t.Fatalf("usage: %+v, %v", out, err)
		}
	}
	use("1", "100.5", time.Date(2026, 2, 10, 9, 0, 0, 0, time.UTC))
	w.run(t, "2026-03-31")
	w.holds(t)
	use("2", "1.5", time.Date(2026, 2, 28, 23, 0, 0, 0, time.UTC)) // late: the car was in a tunnel
	subs, err := w.Subscriptions(t.Context(), billing.SubscriptionQuery{VIN: car, Limit: 10})
	if err != nil || len(subs) != 1 || subs[0].Due != "2026-04-30" {
		t.Fatalf("subscriptions %+v, %v", subs, err)
	}
	if _, err := w.Cancel(t.Context(), subs[0].ID); err != nil {
		t.Fatal(err)
	}
	w.run(t, "2027-02-28")
	w.holds(t)

	var got []string
	for _, inv := range w.invoices(t) {
		got = append(got, string(inv.Date)+" "+string(inv.Reason)+" "+inv.Total.String()+" "+string(inv.Lines[0].Service.From))
	}
	want := []string{
		"2026-01-31 order 200,099.00 CNY ",
		"2026-02-28 renewal 99.00 CNY 2026-02-28", // clamped
		"2026-02-28 usage 35.18 CNY 2026-02-01",   // 100.5 × 0.35 = 35.175
		"2026-03-31 renewal 99.00 CNY 2026-03-31", // the 31st is restored
		"2026-04-30 usage 0.52 CNY 2026-02-01",    // 102 × 0.35 = 35.70, less 35.18; then the cancellation holds
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error("invoices (-want +got):", d)
	}
	if d := w.books.Balance(ledger.Deferred); d != 0 {
		t.Errorf("a year later %d is still deferred", d)
	}
	if r := -w.books.Balance(ledger.RevenueConnectivity); r != 119_284 {
		t.Errorf("connectivity earned %d", r)
	}
	fee := w.books.Balance(ledger.CostPayment)
	if cash := w.books.Balance(ledger.Cash); cash+fee != 20_009_900+3_518+9_900+9_900+52 {
		t.Errorf("cash %d and fees %d are not what was invoiced", cash, fee)
	}
	before := w.books.Entries()
	w.run(t, "2027-02-28")
	if err := w.RunMonth(t.Context(), "2026-05"); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, w.books.Entries()); d != "" {
		t.Error("running again books something:", d)
	}
}

func TestDunning(t *testing.T) {
	for _, c := range []struct {
		customer, why string
		days          period.Date // run up to
		state         billing.State
		attempts      int
		paidOn        period.Date
		invoices      int
	}{
		{"anna", "pays at once", "2026-03-15", billing.Settled, 0, "2026-01-15", 3},
		{"soft-decline-bo", "declined on day 0 and day 1, paid on day 3; renewals go the same way", "2026-01-18", billing.Settled, 2, "2026-01-18", 1},
		{"soft-decline-bo", "past due between the attempts", "2026-01-17", billing.PastDue, 2, "", 1},
		{"hard-decline-cy", "a stolen card is not tried again, and no further month is sold", "2026-03-20", billing.PastDue, 1, "", 1},
		{"lost-answer-di", "the answer was lost, the charge was not: asked again with the same key", "2026-03-15", billing.Settled, 0, "2026-01-15", 3},
	} {
		t.Run(c.customer+" "+string(c.days), func(t *testing.T) {
			w := newWorld(t)
			w.place(t, billingtest.Order("ord_1", billingtest.Car(1), c.customer, "2026-01-15", billingtest.SubscriptionLine("30")))
			w.run(t, c.days)
			w.holds(t)
			all := w.invoices(t)
			st := all[0].Standing
			if st.State != c.state || st.Attempts != c.attempts || st.PaidOn != c.paidOn || len(all) != c.invoices {
				t.Errorf("%s: %d invoices, first %+v", c.why, len(all), st)
			}
		})
	}
}

func TestLatePaymentRestores(t *testing.T) {
	w := newWorld(t)
	w.place(t, billingtest.Order("ord_1", billingtest.Car(1), "hard-decline-cy", "2026-01-15", billingtest.SubscriptionLine("30")))
	w.run(t, "2026-03-20")
	subs, err := w.Subscriptions(t.Context(), billing.SubscriptionQuery{Limit: 1})
	if err != nil || !subs[0].PastDue || subs[0].Due != "2026-04-15" {
		t.Fatalf("subscription %+v, %v; want past due, the unpaid months skipped", subs, err)
	}
	w.mortal.Provider = billingtest.Always{} // a new card
	inv, err := w.Charge(t.Context(), w.invoices(t)[0].ID, "2026-03-21")
	if err != nil || inv.Standing.State != billing.Settled || inv.Standing.PaidOn != "2026-03-21" {
		t.Fatalf("charged again: %+v, %v", inv.Standing, err)
	}
	w.run(t, "2026-04-15")
	w.holds(t)
	if all := w.invoices(t); len(all) != 2 || all[1].Date != "2026-04-15" {
		t.Errorf("after the payment %d invoices; want the next month's", len(all))
	}
}

// silent is a provider that never answers.
type silent struct{}

func (silent) Charge(context.Context, billing.ChargeRequest) (billing.Charge, error) {
	return billing.Charge{}, fault.New(fault.Unavailable, "provider_down", "no answer")
}

func TestProviderDownStopsNothingElse(t *testing.T) {
	w := newWorld(t)
	real := w.mortal.Provider
	w.mortal.Provider = silent{}
	o := billingtest.Order("ord_1", billingtest.Car(1), "anna", "2026-01-15", billingtest.TermLine(1200, 1200, 12))
	if err := w.OnPlaced(t.Context(), offer.Placed{Order: o}); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("placed with the provider down: %v, want unavailable", err)
	}
	if err := w.Run(t.Context(), "2026-02-28"); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("run with the provider down: %v, want it told", err)
	}
	w.holds(t)
	if earned := -w.books.Balance(ledger.RevenueConnectivity); earned == 0 {
		t.Error("nothing was released while the provider was down")
	}
	w.mortal.Provider = real
	w.run(t, "2026-03-01")
	w.holds(t)
	if st := w.invoices(t)[0].Standing; st.State != billing.Settled || st.PaidOn != "2026-01-15" {
		t.Errorf("after the provider is back: %+v; want paid on the day it was due", st)
	}
}

func TestRefusals(t *testing.T) {
	good := func() offer.Order {
		return billingtest.Order("ord_1", billingtest.Car(1), "anna", "2026-01-15", billingtest.CarLine(100, 100), billingtest.TermLine(1, 1, 1),
			billingtest.SubscriptionLine("1"), billingtest.MeteredLine("1"))
	}
	for _, c := range []struct {
		code, pointer, why string
		spoil              func(*offer.Order)
	}{
		{"order", "/order/id", "a contract has a name", func(o *offer.Order) { o.ID = "" }},
		{"placed_at", "/order/placed_at", "the order's day is the invoice's", func(o *offer.Order) { o.PlacedAt = time.Time{} }},
		{"lines", "/order/lines", "an order sells something", func(o *offer.Order) { o.Lines = nil }},
		{"currency_unknown", "", "no amount without a currency", func(o *offer.Order) { o.Currency = "XXX" }},
		{"currency_mixed", "/order/lines/0/price", "one order, one currency", func(o *offer.Order) { o.Lines[0].Price.Currency = "EUR" }},
		{"currency_mixed", "/order/lines/1/price", "weights too", func(o *offer.Order) { o.Lines[1].StandAlone.Currency = "EUR" }},
		{"amount_negative", "/order/lines/0/price", "a credit is no sale", func(o *offer.Order) { o.Lines[0].Price.Minor = -1 }},
		{"amount_negative", "/order/lines/1/price", "nor is a negative weight", func(o *offer.Order) { o.Lines[1].StandAlone.Minor = -1 }},
		{"amount_negative", "/order/lines/2/unit", "nor a negative unit price", func(o *offer.Order) { o.Lines[2].Unit = "-1" }},
		{"decimal", "", "a unit price is a number", func(o *offer.Order) { o.Lines[3].Unit = "1e3" }},
		{"unit_too_large", "/order/lines/3/unit", "a month's rating must not overflow", func(o *offer.Order) { o.Lines[3].Unit = "1000000000" }},
		{"price_twice", "/order/lines/2/price", "else it would be billed twice", func(o *offer.Order) { o.Lines[2].Price.Minor = 5 }},
		{"account_unknown", "/order/lines/0/account", "the chart is closed", func(o *offer.Order) { o.Lines[0].Account = "revenue:hats" }},
		{"account_unknown", "/order/lines/0/account", "revenue is no cost", func(o *offer.Order) { o.Lines[0].Account = "cost:bom" }},
		{"kind_unknown", "/order/lines/0/kind", "how would it be earned?", func(o *offer.Order) { o.Lines[0].Kind = "rent" }},
		{"term_months", "/order/lines/1/term_months", "a term ends", func(o *offer.Order) { o.Lines[1].TermMonths = 0 }},
		{"meter", "/order/lines/3/meter", "something counts", func(o *offer.Order) { o.Lines[3].Meter = "" }},
		{"sku", "/order/lines/0/sku", "a line has a product", func(o *offer.Order) { o.Lines[0].SKU = "" }},
		{"sku_twice", "/order/lines/3/sku", "ids follow from the product", func(o *offer.Order) { o.Lines[3].SKU = o.Lines[2].SKU }},
	} {
		t.Run(c.code+c.pointer, func(t *testing.T) {
			w := newWorld(t)
			o := good()
			c.spoil(&o)
			err := w.OnPlaced(t.Context(), offer.Placed{Order: o})
			e, ok := errors.AsType[*fault.Error](err)
			if !ok || e.Code != c.code || e.Kind != fault.Invalid || c.pointer != "" && e.Pointer != c.pointer {
				t.Errorf("%s: got %v, want %s at %s", c.why, err, c.code, c.pointer)
			}
			if len(w.invoices(t)) != 0 || len(w.books.Entries()) != 0 {
				t.Error("a refused order left something behind")
			}
		})
	}
	newWorld(t).place(t, good())
}

func TestEveryKindIsBilled(t *testing.T) {
	lines := map[offer.Kind]offer.Line{offer.Vehicle: billingtest.CarLine(700, 700), offer.Term: billingtest.TermLine(700, 700, 3),
		offer.Perpetual: billingtest.FeatureLine(700, 700), offer.Subscription: billingtest.SubscriptionLine("7"),
		offer.Metered: billingtest.MeteredLine("7"), offer.App: billingtest.AppLine(700, "ptn_a")}
	for _, k := range offer.Kinds {
		t.Run(string(k), func(t *testing.T) {
			w := newWorld(t)
			w.place(t, billingtest.Order("ord_1", billingtest.Car(1), "anna", "2026-01-15", lines[k]))
			w.holds(t)
			inv := w.invoices(t)[0]
			want := int64(700)
			if k == offer.Metered {
				want = 0 // in arrears
			}
			deferred := -w.books.Balance(ledger.Deferred)
			if later := k == offer.Term || k == offer.Subscription; inv.Total.Minor != want || (deferred == 700) != later {
				t.Errorf("total %s, deferred %d", inv.Total, deferred)
			}
			for _, e := range w.books.Entries() {
				for _, p := range e.Postings {
					if p.Dims.Vehicle == "" || p.Dims.Customer == "" || p.Dims.Product == "" || p.Dims.Market == "" || (p.Dims.Partner != "") != (k == offer.App) {
						t.Errorf("%s has dims %+v", e.Ref, p.Dims)
					}
				}
			}
		})
	}
}
