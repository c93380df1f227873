package billingtest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"roadbook/billing"
	"roadbook/fault"
	"roadbook/period"
)

// Always is a provider that always takes the money, for a fee of 1 %.
type Always struct{}

// Charge succeeds.
func (Always) Charge(_ context.Context, r billing.ChargeRequest) (billing.Charge, error) {
	fee, err := r.Amount.MulDiv(1, 100)
	return billing.Charge{ID: "ch_" + r.Key, Result: billing.Succeeded, Fee: fee}, err
}

// Suite is what every billing.Store passes. open returns an empty store.
func Suite(t *testing.T, open func(t *testing.T) billing.Store) {
	service := func(t *testing.T) (*billing.Service, billing.Store, *Books) {
		t.Helper()
		store, books := open(t), NewBooks()
		s, err := billing.New(store, books, Always{}, billing.DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		return s, store, books
	}
	t.Run("numbers have no gap, whoever issues at once", func(t *testing.T) {
		s, store, _ := service(t)
		var wg sync.WaitGroup
		const orders = 8
		for n := range orders {
			wg.Go(func() {
				o := Order(fmt.Sprintf("ord_%d", n), Car(n), "c", "2026-01-31", CarLine(100, 100))
				if err := s.OnPlaced(t.Context(), placed(o)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		all, err := store.Invoices(t.Context(), billing.InvoiceQuery{Limit: 100})
		if err != nil || len(all) != orders {
			t.Fatalf("%d invoices, %v; want %d", len(all), err, orders)
		}
		for i, inv := range all {
			if want := fmt.Sprintf("INV-%d", i+1); inv.Number != want || inv.Standing.State != billing.Settled || !inv.Standing.Posted {
				t.Errorf("invoice %d is %s, %+v; want %s, posted and paid", i, inv.Number, inv.Standing, want)
			}
		}
	})
	t.Run("an order is taken up once", func(t *testing.T) {
		s, store, _ := service(t)
		o := Order("ord_1", Car(1), "c", "2026-01-31", CarLine(100, 100), TermLine(0, 12, 12))
		for range 2 {
			if err := s.OnPlaced(t.Context(), placed(o)); err != nil {
				t.Fatal(err)
			}
		}
		o.Lines[0].Price = CNY(101)
		if err := s.OnPlaced(t.Context(), placed(o)); fault.CodeOf(err) != "idempotency_mismatch" {
			t.Errorf("the same order with another price: %v", err)
		}
		if all, err := store.Invoices(t.Context(), billing.InvoiceQuery{Limit: 10}); err != nil || len(all) != 1 {
			t.Errorf("%d invoices, %v; want 1", len(all), err)
		}
		c, err := store.Contract(t.Context(), "ord_1")
		if err != nil || c.Date != "2026-01-31" || len(c.Order.Lines) != 2 {
			t.Errorf("contract %+v, %v", c, err)
		}
	})
	t.Run("what is not there is not found", func(t *testing.T) {
		_, store, _ := service(t)
		_, e1 := store.Invoice(t.Context(), "inv_x")
		_, e2 := store.Contract(t.Context(), "ord_x")
		_, e3 := store.Subscription(t.Context(), "sub_x")
		_, e4 := store.Cancel(t.Context(), "sub_x")
		for i, err := range []error{e1, e2, e3, e4} {
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("%d: %v, want not found", i, err)
			}
		}
	})
	t.Run("usage counts once, and late usage falls to the open month", func(t *testing.T) {
		s, store, _ := service(t)
		if err := s.OnPlaced(t.Context(), placed(Order("ord_1", Car(1), "c", "2026-01-10", MeteredLine("0.35")))); err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 1, 20, 8, 0, 0, 0, time.UTC)
		u := billing.Usage{Source: "car", ID: "1", VIN: Car(1), Meter: "pilot.km", Quantity: "10", At: at}
		other, unknown, early, negative := u, u, u, u
		other.Quantity = "11"
		unknown.ID, unknown.Meter = "2", "wash"
		early.ID, early.At = "3", at.AddDate(0, 0, -15)
		negative.ID, negative.Quantity = "4", "-1"
		want := []struct {
			u       billing.Usage
			verdict billing.Verdict
			code    string
		}{{u, billing.Accepted, ""}, {u, billing.Duplicate, ""}, {other, billing.Rejected, "idempotency_mismatch"},
			{unknown, billing.Rejected, "meter_unknown"}, {early, billing.Rejected, "meter_unknown"}, {negative, billing.Rejected, "quantity_negative"}}
		var batch []billing.Usage
		for _, w := range want {
			batch = append(batch, w.u)
		}
		got, err := s.RecordUsage(t.Context(), batch)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			if got[i].Verdict != w.verdict || got[i].Code != w.code {
				t.Errorf("event %d: %+v, want %s %s", i, got[i], w.verdict, w.code)
			}
		}
		if err := s.Run(t.Context(), "2026-01-31"); err != nil {
			t.Fatal(err)
		}
		u.ID, u.Quantity = "5", "2.5"
		if got, err := s.RecordUsage(t.Context(), []billing.Usage{u}); err != nil || got[0].Verdict != billing.Accepted {
			t.Fatalf("late usage: %+v, %v", got, err)
		}
		ms, err := store.Metering(t.Context(), "ord_1", "2026-02")
		if err != nil || len(ms) != 1 || ms[0].Service != "2026-01" || ms[0].Quantity != "12.5" || ms[0].Billed != CNY(350) {
			t.Errorf("metering %+v, %v; want 12.5 of January, 3.50 billed", ms, err)
		}
	})
	t.Run("licences are of no car", func(t *testing.T) { s, store, books := service(t); licences(t, s, store, books) })
	t.Run("what was taken, and what ends with an owner", func(t *testing.T) { s, store, books := service(t); taken(t, s, store, books) })
	t.Run("progress never goes back", func(t *testing.T) {
		_, store, _ := service(t)
		for _, d := range []period.Date{"2026-02-01", "2026-01-01"} {
			if err := store.SetProgress(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		if first, through, err := store.Progress(t.Context()); first != "" || through != "2026-02-01" || err != nil {
			t.Errorf("progress %q, %q, %v", first, through, err)
		}
	})
	t.Run("lists go on after the cursor", func(t *testing.T) {
		s, store, _ := service(t)
		for n := range 3 {
			o := Order(fmt.Sprintf("ord_%d", n), Car(n%2), "c", "2026-01-01", SubscriptionLine("9.90"))
			if err := s.OnPlaced(t.Context(), placed(o)); err != nil {
				t.Fatal(err)
			}
		}
		first, err := store.Subscriptions(t.Context(), billing.SubscriptionQuery{Limit: 2})
		if err != nil || len(first) != 2 {
			t.Fatalf("%d, %v", len(first), err)
		}
		rest, err := store.Subscriptions(t.Context(), billing.SubscriptionQuery{After: first[1].ID, Limit: 2})
		if err != nil || len(rest) != 1 || rest[0].ID <= first[1].ID {
			t.Errorf("after %s: %v, %v", first[1].ID, rest, err)
		}
		if mine, err := store.Invoices(t.Context(), billing.InvoiceQuery{VIN: Car(0), State: billing.Settled, After: 1, Limit: 9}); err != nil || len(mine) != 1 || mine[0].Number == "INV-1" {
			t.Errorf("paid invoices of a car after INV-1: %v, %v", mine, err)
		}
	})
}
