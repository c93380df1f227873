package billingtest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"roadbook/billing"
	"roadbook/fault"
	"roadbook/ledger"
	"roadbook/period"
	"roadbook/vin"
)

// Licence is a platform licence of three years for a fee, with a royalty per car.
func Licence(id string) billing.Licence {
	return billing.Licence{ID: id, Licensee: "other-maker", Name: "Driving platform", Product: "licence.platform", Market: "CN", Currency: "CNY",
		Signed: "2026-01-15", Term: period.Span{From: "2026-02-01", To: "2029-02-01"}, Fee: CNY(100_000_001), Royalty: "12.505", Source: "a contract"}
}

// AddLicence may die.
func (m *Mortal) AddLicence(ctx context.Context, l billing.Licence, is *billing.Issue) (out billing.Licence, err error) {
	err = m.Crash.effect(func() (err error) { out, err = m.Store.AddLicence(ctx, l, is); return err })
	return out, err
}

// AddUnits may die.
func (m *Mortal) AddUnits(ctx context.Context, u billing.Units, is *billing.Issue) error {
	return m.Crash.effect(func() error { return m.Store.AddUnits(ctx, u, is) })
}

// licences: the fee is claimed once and earned over the term, royalties at once, all under the licence's account and of no car.
func licences(t *testing.T, s *billing.Service, store billing.Store, books *Books) {
	ctx := t.Context()
	l := Licence("lic_1")
	for range 2 {
		if got, err := s.AddLicence(ctx, l); err != nil || got != l {
			t.Fatalf("%+v %v", got, err)
		}
	}
	other := l
	other.Fee = CNY(5)
	if _, err := s.AddLicence(ctx, other); fault.CodeOf(err) != "idempotency_mismatch" {
		t.Errorf("the same id with another fee: %v", err)
	}
	if b := books.Balance(ledger.Deferred); b != -100_000_001 {
		t.Errorf("%d is deferred, want the fee", -b)
	}
	for _, u := range []billing.Units{{Licence: "lic_1", Month: "2026-03", Units: 1001}, {Licence: "lic_1", Month: "2026-03", Part: 1, Units: 3}, {Licence: "lic_1", Month: "2026-04"}} {
		for range 2 {
			if _, err := s.Royalty(ctx, u); err != nil {
				t.Fatal(err)
			}
		}
	}
	const royalties = 1_251_751 + 3752 // 1001 × 12.505 = 12,517.505, and 3 × 12.505 = 37.515, each rounded half up
	if b := books.Balance(ledger.RevenueLicence); b != -royalties {
		t.Errorf("royalties of %d are earned, want %d", -b, royalties)
	}
	if err := s.Run(ctx, "2026-03-31"); err != nil {
		t.Fatal(err)
	}
	// 59 of 1096 days: February is 28, March 31. Largest remainder may move one fen.
	if got, want := -books.Balance(ledger.RevenueLicence)-royalties, int64(100_000_001*59/1096); got < want || got > want+1 {
		t.Errorf("%d of the fee is earned by March, want %d", got, want)
	}
	if err := s.Run(ctx, "2029-03-31"); err != nil {
		t.Fatal(err)
	}
	if e, d := books.Balance(ledger.RevenueLicence), books.Balance(ledger.Deferred); e != -100_000_001-royalties || d != 0 {
		t.Errorf("at the end %d is earned and %d deferred", -e, -d)
	}
	if r := books.Balance(ledger.Receivable); r != 0 {
		t.Errorf("%d is not paid", r)
	}
	for _, e := range books.Entries() {
		for _, p := range e.Postings {
			if p.Dims.Vehicle != "" || p.Dims.Product != "licence.platform" || p.Dims.Customer != "other-maker" {
				t.Errorf("%s is booked for %+v", e.Ref, p.Dims)
			}
		}
	}
	all, err := s.Licences(ctx, "", 10)
	if err != nil || len(all) != 1 || all[0] != l {
		t.Errorf("licences %v %v", all, err)
	}
	units, err := s.Reported(ctx, "lic_1")
	if err != nil || len(units) != 3 || units[1].Part != 1 || units[2].Month != "2026-04" {
		t.Errorf("reported %v %v", units, err)
	}
	if _, err := s.Royalty(ctx, billing.Units{Licence: "lic_1", Month: "2026-03", Units: 1002}); fault.CodeOf(err) != "idempotency_mismatch" {
		t.Errorf("another number for the same month: %v", err)
	}
	if _, err := s.Royalty(ctx, billing.Units{Licence: "lic_9", Month: "2026-03", Units: 1}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown licence: %v", err)
	}
	if err := s.OnPlaced(ctx, placed(Order("ord_1", Car(1), "c", "2029-03-31", CarLine(100, 100)))); err != nil {
		t.Fatal(err)
	}
	if invoices, err := store.Invoices(ctx, billing.InvoiceQuery{Licences: true, Limit: 10}); err != nil || len(invoices) != 3 {
		t.Errorf("%d invoices, want 3: a month of no unit claims nothing (%v)", len(invoices), err)
	}
}

// taken: what the owners of some cars took, and what ends when a car becomes another's.
func taken(t *testing.T, s *billing.Service, _ billing.Store, _ *Books) {
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for n := range 2 {
		must(s.OnPlaced(ctx, placed(Order(fmt.Sprintf("sale_%d", n), Car(n), "anna", "2026-01-10", CarLine(1000, 1000), TermLine(0, 12, 2)))))
	}
	must(s.OnPlaced(ctx, placed(Order("sub", Car(0), "anna", "2026-01-20", SubscriptionLine("9.90")))))
	must(s.OnPlaced(ctx, placed(Order("km", Car(0), "anna", "2026-01-21", MeteredLine("0.1")))))
	must(s.Run(ctx, "2026-03-01"))
	got, err := s.Taken(ctx, []vin.VIN{Car(0), Car(7)})
	must(err)
	if len(got) != 4 {
		t.Fatalf("taken %+v", got)
	}
	term, sub, km := got[1], got[2], got[3]
	if got[0].SKU != "car.one" || !got[0].WithCar || !got[0].Paid || term.SKU != "connectivity.term" || !term.WithCar || term.Until != "2026-03-10" || !slices.Equal(term.Features, []string{"connectivity"}) {
		t.Errorf("with the car: %+v %+v", got[0], term)
	}
	if sub.WithCar || !sub.Paid || sub.Until != "2026-03-20" || sub.Next != 2 || sub.State != string(billing.Active) || sub.Day != "2026-01-20" || sub.Customer != "anna" {
		t.Errorf("subscription %+v", sub)
	}
	if km.Paid || km.SKU != "pilot.km" {
		t.Errorf("a meter that counted nothing is not paid for: %+v", km)
	}
	if all, err := s.Taken(ctx, nil); err != nil || all != nil {
		t.Errorf("of no car: %v %v", all, err)
	}

	left, err := s.Leave(ctx, Car(0), "anna", "2026-03-05")
	must(err)
	again, err := s.Leave(ctx, Car(0), "anna", "2026-03-05")
	must(err)
	want := []billing.Left{{OrderID: "sub", VIN: Car(0), SKU: "pilot.month", Until: "2026-03-20"}, {OrderID: "km", VIN: Car(0), SKU: "pilot.km", Until: "2026-03-05"}}
	if !slices.Equal(left, want) || !slices.Equal(again, want) {
		t.Errorf("left %+v, again %+v", left, again)
	}
	must(s.OnPlaced(ctx, placed(Order("km2", Car(0), "bert", "2026-03-06", MeteredLine("0.2"), SubscriptionLine("9.90")))))
	if stays, err := s.Leave(ctx, Car(0), "anna", "2026-03-05"); err != nil || !slices.Equal(stays, want) {
		t.Errorf("told again, it ends what is another's: %+v %v", stays, err)
	}
	use := func(id string, day int) billing.Usage {
		return billing.Usage{Source: "car", ID: id, VIN: Car(0), Meter: "pilot.km", Quantity: "10", At: time.Date(2026, 3, day, 8, 0, 0, 0, time.UTC)}
	}
	out, err := s.RecordUsage(ctx, []billing.Usage{use("1", 4), use("2", 5), use("3", 6)})
	must(err)
	if out[0].Verdict != billing.Accepted || out[1].Code != "meter_unknown" || out[2].Verdict != billing.Accepted {
		t.Errorf("use before, between and after: %+v", out)
	}
	must(s.Run(ctx, "2026-04-30"))
	got, err = s.Taken(ctx, []vin.VIN{Car(0)})
	must(err)
	for _, x := range got {
		switch {
		case x.OrderID == "sub" && (x.State != string(billing.Ended) || x.Until != "2026-03-20" || x.Next != 2):
			t.Errorf("the former owner's subscription goes on: %+v", x)
		case x.OrderID == "km2" && x.Customer != "bert", x.OrderID == "km2" && !x.Paid, x.OrderID == "km" && !x.Paid:
			t.Errorf("each owner pays for his own: %+v", x)
		}
	}
}
