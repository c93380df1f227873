package app

import (
	"slices"
	"strconv"
	"testing"

	"roadbook/console"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/vin"
)

// Every figure of a statement, and every total of a list, is the sum over all pages of what the list shows for each entry.
func TestLedgerTotalIsTheSumOfItsEntries(t *testing.T) {
	f := newFleet(t, 3)
	ctx := t.Context()
	filters := []console.Filter{
		{Accounts: []ledger.Account{ledger.RevenueHardware}},
		{Accounts: []ledger.Account{ledger.Receivable, ledger.Cash}},
		{Accounts: ledger.Accounts},
		{VIN: f.cars[1], Accounts: []ledger.Account{ledger.Deferred}},
		{Month: "2024-02", Accounts: []ledger.Account{ledger.RevenueSubscription, ledger.CostPayment}},
		{Month: "2023-02", Accounts: []ledger.Account{ledger.RevenueSubscription}},
		{Partner: "ptn_lark", Accounts: []ledger.Account{ledger.PartnerPayable}},
		{Products: []string{"pilot", "car.su7"}, Accounts: []ledger.Account{ledger.Cash}},
		{VIN: f.cars[0]},
	}
	for _, filter := range filters {
		var sum money.Amount
		last, pages := int64(1)<<62, 0
		page, err := f.Ledger(ctx, filter)
		total := page.Total
		for ; ; page, err = f.Ledger(ctx, filter) {
			if err != nil {
				t.Fatal(err)
			}
			if pages++; page.Total != total || page.AsOf != "2024-04-16" {
				t.Errorf("%+v: page %d says %s as of %s, the first %s", filter, pages, page.Total, page.AsOf, total)
			}
			for _, e := range page.Entries {
				if e.Seq >= last {
					t.Errorf("%+v: entry %d comes after %d", filter, e.Seq, last)
				}
				last = e.Seq
				effect, err := console.Effect(e.Entry, filter)
				if err != nil {
					t.Fatal(err)
				}
				if sum, err = sum.Add(effect); err != nil {
					t.Fatal(err)
				}
			}
			if filter.Cursor = page.Next; page.Next == "" {
				break
			}
		}
		if sum.Minor != total.Minor || len(filter.Accounts) == 0 && total != (money.Amount{}) {
			t.Errorf("%+v: the total is %s, the entries make %s", filter, total, sum)
		}
	}
	home, err := f.Home(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range home.Statement.Lines {
		page, err := f.Ledger(ctx, console.Filter{Accounts: l.Accounts, Products: l.Products})
		if err != nil {
			t.Fatal(err)
		}
		if l.Link != "" && !l.Total && page.Total.Minor != l.Amount.Minor {
			t.Errorf("%s is %s, the entries behind it %s", l.Key, l.Amount, page.Total)
		}
	}
}

// What an entry led to names that entry as what it was booked for, and the other way round.
func TestEntriesKnowTheirNeighboursBothWays(t *testing.T) {
	f := newFleet(t, 2)
	ctx := t.Context()
	count, err := f.entries(ctx)
	if err != nil || count < 20 {
		t.Fatalf("%d entries, %v", count, err)
	}
	all := map[string]console.Entry{}
	for seq := int64(1); seq <= count; seq++ {
		e, err := f.Entry(ctx, seq)
		if err != nil {
			t.Fatal(err)
		}
		all[strconv.FormatInt(seq, 10)] = e
	}
	names := func(in []console.Thing, id string) bool {
		return slices.ContainsFunc(in, func(th console.Thing) bool { return th.Sort == console.EntryThing && th.ID == id })
	}
	kinds := map[string]int{}
	for id, e := range all {
		for _, th := range e.Ahead {
			if th.Sort == console.EntryThing && !names(all[th.ID].Back, id) {
				t.Errorf("%s leads to entry %s, which does not lead back", e.Booked.Ref, th.ID)
			}
		}
		for _, th := range e.Back {
			if th.Sort == console.EntryThing && !names(all[th.ID].Ahead, id) {
				t.Errorf("%s comes from entry %s, which does not lead to it", e.Booked.Ref, th.ID)
			}
		}
		if len(e.Back) == 0 {
			t.Errorf("%s comes from nothing", e.Booked.Ref)
		}
		for _, th := range append(e.Back, e.Ahead...) {
			f.open(t, th)
		}
		kinds[e.Booked.Kind] += len(e.Back) + len(e.Ahead)
	}
	for kind, least := range map[string]int{"car.built": 4, "invoice.issued": 20, "payment.received": 20, "revenue.recognised": 20, "partner.accrued": 8, "car.delivered": 8} {
		if kinds[kind] < least {
			t.Errorf("entries of kind %s have %d neighbours together, want %d or more", kind, kinds[kind], least)
		}
	}
}

// open asks for what a thing leads to.
func (f fleetOf) open(t *testing.T, th console.Thing) {
	t.Helper()
	var err error
	switch th.Sort {
	case console.CarThing:
		_, err = f.a.Fleet.Car(t.Context(), vin.VIN(th.ID))
	case console.EntryThing:
		seq, _ := strconv.ParseInt(th.ID, 10, 64)
		_, err = f.a.Ledger.Entry(t.Context(), seq)
	case console.InvoiceThing:
		_, err = f.a.Billing.Invoice(t.Context(), th.ID)
	case console.CampaignThing:
		_, err = f.a.Update.Campaign(t.Context(), th.ID)
	}
	if err != nil || th.Path() == "" {
		t.Errorf("%+v leads nowhere: %v", th, err)
	}
}
