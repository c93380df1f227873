package app

import (
	"slices"
	"testing"

	"roadbook/billing"
	"roadbook/console"
	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/outlook"
	"roadbook/period"
	"roadbook/supply"
	"roadbook/vin"
)

// sell builds one more car and sells it to "late".
func (f fleetOf) sell(t *testing.T, serial int, on period.Date) vin.VIN {
	t.Helper()
	ctx := t.Context()
	if _, err := f.a.Supply.Receive(ctx, supply.Lot{ID: "lot2", Contract: "c1", Received: on, Serials: []string{"PACK-late"}}); err != nil {
		t.Fatal(err)
	}
	v, err := vin.Make("LRB", "SU7EV", 'R', 'B', serial)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.a.Fleet.Build(ctx, "", fleet.Plan{VIN: v, Model: "su7", PackSerial: "PACK-late", BuiltAt: day(on),
		ECUs: []fleet.ECU{{Serial: "ECU-late", HardwareID: "hw1", Role: fleet.Primary}}}); err != nil {
		t.Fatal(err)
	}
	f.place(t, offer.Request{ID: "ord_late", VIN: v, Customer: "late", Market: "CN", Currency: "CNY", PlacedAt: day(on), Lines: []offer.RequestLine{{SKU: "car.su7"}}})
	return v
}

func (f fleetOf) place(t *testing.T, r offer.Request) {
	t.Helper()
	if _, err := f.a.Offer.Place(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	f.settled(t)
}

func (f fleetOf) settled(t *testing.T) {
	t.Helper()
	if err := f.a.events.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (f fleetOf) advance(t *testing.T, to period.Date) {
	t.Helper()
	if err := f.a.Advance(t.Context(), day(to)); err != nil {
		t.Fatal(err)
	}
}

// active lists the features that the car may use on a day.
func (f fleetOf) active(t *testing.T, v vin.VIN, on period.Date) []string {
	t.Helper()
	_, rights, err := f.a.Offer.Rights(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range rights {
		if r.Active(on) {
			out = append(out, r.Features...)
		}
	}
	slices.Sort(out)
	return out
}

// A car changes hands: what was bought for good or for a term stays with it, the subscription ends with the month that is
// paid for, and the next owner buys in his own name.
func TestResale(t *testing.T) {
	f := newFleet(t, 2)
	ctx, v := t.Context(), f.cars[0]
	car, err := f.a.Fleet.Car(ctx, v)
	if err != nil {
		t.Fatal(err)
	}
	first := car.Owner
	if _, err := f.a.Fleet.Resell(ctx, "r", v, "second", "2024-04-16"); err != nil {
		t.Fatal(err)
	}
	f.settled(t)
	if got := f.active(t, v, "2024-04-19"); !slices.Equal(got, []string{"app.karaoke", "connectivity", "pilot"}) {
		t.Errorf("until the paid month is over the car may use %v", got)
	}
	f.advance(t, "2024-05-10")
	if got := f.active(t, v, "2024-05-10"); !slices.Equal(got, []string{"app.karaoke", "connectivity"}) {
		t.Errorf("after it the car may use %v", got)
	}
	if got := f.active(t, f.cars[1], "2024-05-10"); !slices.Contains(got, "pilot") {
		t.Errorf("the other car may use %v", got)
	}
	o, err := f.a.Offer.Purchase(ctx, v, "ord_second", "pilot")
	if err != nil || o.Customer != "second" {
		t.Fatalf("the new owner buys %+v %v", o, err)
	}
	f.settled(t)
	if _, err := f.a.Offer.Purchase(ctx, v, "ord_third", "app.karaoke"); fault.CodeOf(err) != "already_owned" {
		t.Errorf("what stays with the car is bought again: %v", err)
	}
	// The sale and the resale are told again.
	if err := f.a.resold(ctx, fleet.Resold{VIN: v, From: first, To: "second", N: 2, On: "2024-04-16"}); err != nil {
		t.Error(err)
	}
	if err := f.a.Fleet.MarkSold(ctx, v, first, car.SoldOn); err != nil {
		t.Error(err)
	}
	f.advance(t, "2024-07-01")
	if got := f.active(t, v, "2024-07-01"); !slices.Contains(got, "pilot") {
		t.Errorf("the new owner's subscription has ended: %v", got)
	}
	subs, err := f.a.Billing.Subscriptions(ctx, billing.SubscriptionQuery{VIN: v, Limit: 10})
	if err != nil || len(subs) != 2 {
		t.Fatalf("%+v %v", subs, err)
	}
	for _, s := range subs {
		want := billing.Ended
		if s.Customer == "second" {
			want = billing.Active
		}
		if s.State != want || s.Customer == first && s.Due != "2024-04-20" {
			t.Errorf("the subscription of %s is %s, due %s", s.Customer, s.State, s.Due)
		}
	}
	c, err := f.a.Outlook.Cohort(ctx, "2024Q1")
	if err != nil {
		t.Fatal(err)
	}
	r := c.Resale
	if c.Cars != 2 || r.Cars != 1 || r.SecondAttached != 1 || *r.FirstRate != 1 || *r.Factor != 1 || r.EndedByResale != 1 || r.CarMonths != 3 || r.SoftwareAfter.Minor <= 0 {
		t.Errorf("resale of the cohort %+v", r)
	}
	i := slices.IndexFunc(c.Products, func(p outlook.Uptake) bool { return p.SKU == "pilot" })
	// Month's ends: February, March and April of the resold car's first subscriber, June of its second; February to June of the other.
	if p := c.Products[i]; p.Attached != 2 || p.AtRisk != 3+1+5 || p.Churned != 0 || p.EndedByResale != 1 {
		t.Errorf("pilot %+v", p)
	}
	if p := c.Products[slices.IndexFunc(c.Products, func(p outlook.Uptake) bool { return p.SKU == "connectivity.year" })]; p.Bundled != 2 || p.Ended != 0 || p.Attached != 0 {
		t.Errorf("connectivity %+v", p)
	}
}

// From the ledger alone, on a real one: lives end in the trial balance, cohorts and rest sum to the fleet's statement,
// licence income is of no car, and inference and logistics are booked by their meters.
func TestLifeTiesOutToTheLedger(t *testing.T) {
	f := newFleet(t, 3)
	ctx := t.Context()
	for _, x := range []struct {
		meter string
		price money.Decimal
	}{{"inference.pilot", "3.10"}, {"logistics.car", "1500"}, {"connectivity.car_month", "14.40"}} {
		if _, err := f.a.Supply.AddTariff(ctx, supply.Tariff{Meter: x.meter, Supplier: "catl", Currency: "CNY", Price: x.price, Valid: period.Span{From: "2024-04-01"}, Source: "a test"}); err != nil {
			t.Fatal(err)
		}
	}
	late := f.sell(t, 9, "2024-04-16")
	licence := billing.Licence{ID: "lic_1", Licensee: "other", Name: "Platform", Product: "licence.platform", Market: "CN", Currency: "CNY", Signed: "2024-04-16",
		Term: period.Span{From: "2024-04-16", To: "2025-04-16"}, Fee: money.Of(36_500_000, "CNY"), Royalty: "10", Source: "a test"}
	if _, err := f.a.Billing.AddLicence(ctx, licence); err != nil {
		t.Fatal(err)
	}
	if _, err := f.a.Billing.Royalty(ctx, billing.Units{Licence: "lic_1", Month: "2024-04", Units: 7}); err != nil {
		t.Fatal(err)
	}
	f.settled(t)
	f.advance(t, "2024-05-16")

	st, answer, err := f.a.Outlook.Fleet(ctx)
	if err != nil {
		t.Fatal(err)
	}
	// 15 of 365 days of the fee, and 7 units at 10.
	if st.Line("licence").Minor != 1_500_000+7_000 || st.Line("inference").Minor != -3*310 || st.Line("logistics").Minor != -150_000 || st.Line("connectivity_cost").Minor != -4*1_440 {
		t.Errorf("licence %s, inference %s, logistics %s, connectivity %s", st.Line("licence"), st.Line("inference"), st.Line("logistics"), st.Line("connectivity_cost"))
	}
	if answer.Licence.IsZero() {
		t.Errorf("answer %+v", answer)
	}
	if one, err := f.a.Outlook.Car(ctx, late); err != nil || one.Line("logistics").Minor != -150_000 || !one.Line("licence").IsZero() || !one.Line("inference").IsZero() {
		t.Errorf("the late car %+v %v", one, err)
	}

	trial, err := f.a.Ledger.TrialBalance(ctx)
	if err != nil {
		t.Fatal(err)
	}
	of := func(a ledger.Account) (n int64) {
		for _, r := range trial {
			if r.Account == a {
				n += r.Debit - r.Credit
			}
		}
		return n
	}
	for _, g := range outlook.Grains {
		life, err := f.a.Outlook.Life(ctx, "", g)
		if err != nil {
			t.Fatal(err)
		}
		end := life.Periods[len(life.Periods)-1].Curve
		if end.Deferred.Minor != -of(ledger.Deferred) || end.CashTotal.Minor != of(ledger.Cash) || end.Receivable.Minor != of(ledger.Receivable) || end.NetTotal != st.Net ||
			end.RecognisedTotal != st.Revenue || end.Deferred != st.Deferred || end.CashTotal != st.Cash || end.Stock.Minor != of(ledger.Inventory) {
			t.Errorf("by %s the fleet's life ends at %+v; the trial balance is %+v", g, end, trial)
		}
	}
	var deferred int64
	for _, v := range append(slices.Clone(f.cars), late) {
		life, err := f.a.Outlook.Life(ctx, v, outlook.Monthly)
		if err != nil {
			t.Fatal(err)
		}
		car, err := f.a.Outlook.Car(ctx, v)
		if err != nil {
			t.Fatal(err)
		}
		end := life.Periods[len(life.Periods)-1].Curve
		if end.NetTotal != car.Net || end.Deferred != car.Deferred || end.CashTotal != car.Cash || life.Total.Net != car.Net {
			t.Errorf("the life of %s ends at %+v, its statement says %+v", v, end, car)
		}
		deferred += end.Deferred.Minor
	}
	if unearned := -of(ledger.Deferred) - deferred; unearned != 36_500_000-1_500_000 {
		t.Errorf("%d is deferred for no car, want what is left of the licence", unearned)
	}

	for _, k := range outlook.Keys {
		all, err := f.a.Outlook.Cohorts(ctx, k)
		if fault.CodeOf(err) == "key_empty" && k == outlook.ByDelivery { // no tariff for bytes here
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(all.Cohorts) != 2 || all.Cohorts[0].Cars != 3 || all.Cohorts[1].Cars != 1 || all.Total.Net != st.Net || all.RestNet != st.Line(outlook.Licence) {
			t.Errorf("cohorts %+v, rest %s", all.Cohorts, all.RestNet)
		}
		for _, l := range st.Lines {
			sum := all.Cohorts[0].Line(l.Key).Amount.Minor + all.Cohorts[1].Line(l.Key).Amount.Minor
			for _, r := range all.Rest {
				if r.Key == l.Key {
					sum += r.Amount.Minor
				}
			}
			if sum != l.Amount.Minor {
				t.Errorf("%s sums to %d, the fleet has %s", l.Key, sum, l.Amount)
			}
		}
		var split int64
		for _, a := range all.Allocation {
			for _, p := range a.Parts {
				split += p.Amount.Minor
			}
		}
		if split != st.Line(outlook.Licence).Minor {
			t.Errorf("by %s %d is allocated, the ledger has %s", k, split, st.Line(outlook.Licence))
		}
	}
	if v, err := f.a.Ledger.Verify(ctx); err != nil || !v.OK {
		t.Errorf("%+v %v", v, err)
	}

	// Each entry of the licence leads to its invoice, and to no car.
	page, err := f.Ledger(ctx, console.Filter{Products: []string{"licence.platform"}})
	if err != nil || len(page.Entries) != 5 { // fee and royalty issued and paid, April earned
		t.Fatalf("%d entries, %v", len(page.Entries), err)
	}
	for _, b := range page.Entries {
		e, err := f.Entry(ctx, b.Seq)
		if err != nil || !slices.ContainsFunc(e.Back, func(x console.Thing) bool { return x.Sort == console.InvoiceThing }) ||
			slices.ContainsFunc(e.Back, func(x console.Thing) bool { return x.Sort == console.CarThing }) {
			t.Errorf("%s leads back to %+v %v", b.Ref, e.Back, err)
		}
	}
}
