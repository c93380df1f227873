package app

import (
	"strings"
	"testing"

	"roadbook/console"
	"roadbook/evidence"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/period"
	"roadbook/supply"
	"roadbook/vin"
)

func (f fleetOf) standard(t *testing.T, minor int64, vintage period.Date) {
	t.Helper()
	_, err := f.a.Supply.AddStandard(t.Context(), "", supply.Standard{Part: "pack.101", Unit: money.Of(minor, "CNY"), Valid: period.Span{From: "2024-01-01"},
		Evidence: evidence.Evidence{Source: "plan for 2024", Date: vintage, Vintage: vintage, Who: "controlling", Level: evidence.Assumed}})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.a.events.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// balance is what an account holds of a car, or of everything.
func (f fleetOf) balance(t *testing.T, v vin.VIN, a ledger.Account) int64 {
	t.Helper()
	sums, err := f.a.Ledger.Balances(t.Context(), ledger.Filter{Vehicle: string(v), Accounts: []ledger.Account{a}})
	if err != nil {
		t.Fatal(err)
	}
	var minor int64
	for _, r := range sums {
		minor += r.Balance().Minor
	}
	return minor
}

// The pack at standard and its variance are what was paid, to the cent, and the car's result is the same with a standard.
func TestVarianceIsBookedBesideThePack(t *testing.T) {
	for _, row := range []struct {
		why      string
		standard int64 // the pack was 60,000.00
		variance int64
	}{
		{"dearer than planned", 5_876_543, 123_457},
		{"cheaper than planned", 6_100_001, -100_001},
	} {
		f := newFleet(t, 2)
		before, err := f.Home(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		f.standard(t, row.standard, "2024-04-10") // after both cars were delivered
		for _, v := range f.cars {
			if p, x := f.balance(t, v, ledger.CostPack), f.balance(t, v, ledger.CostVariance); p != row.standard || x != row.variance {
				t.Errorf("%s: car %s has its pack at %d and a variance of %d", row.why, v, p, x)
			}
			b, err := f.a.Ledger.EntryByRef(t.Context(), varianceRef(v))
			if err != nil || b.Date != "2024-04-10" || b.Kind != "price.varied" || !strings.Contains(b.Memo, "60,000.00 CNY") || b.Postings[0].Dims.Market != "CN" {
				t.Errorf("%s: entry %+v %v", row.why, b, err)
			}
			if err := f.a.books.varied(t.Context(), v); err != nil { // the same again
				t.Error(err)
			}
			e, err := f.Entry(t.Context(), b.Seq)
			if err != nil || len(e.Back) != 3 { // delivered, built, the car
				t.Errorf("%s: comes from %+v %v", row.why, e.Back, err)
			}
			for _, th := range e.Back {
				f.open(t, th)
			}
		}
		after, err := f.Home(t.Context())
		if err != nil || after.Statement.Net != before.Statement.Net || after.Statement.Line("variance").Minor != -2*row.variance || after.Statement.Line("pack").Minor != -2*row.standard {
			t.Errorf("%s: net %s, was %s; %+v %v", row.why, after.Statement.Net, before.Statement.Net, after.Statement.Lines, err)
		}
		if _, err := f.a.Ledger.Verify(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// A standard that is known before the car is sold is booked with the delivery; a revised one changes nothing booked.
func TestVarianceIsBookedOnce(t *testing.T) {
	f := newFleet(t, 1)
	f.standard(t, 5_900_000, "2024-01-02")
	f.standard(t, 5_800_000, "2024-06-01")
	b, err := f.a.Ledger.EntryByRef(t.Context(), varianceRef(f.cars[0]))
	if err != nil || b.Date != "2024-01-20" || b.Postings[0].Amount != money.Of(100_000, "CNY") || b.Postings[0].Debit != ledger.CostVariance {
		t.Errorf("%+v %v", b, err)
	}
}

func TestSettledYearIsBooked(t *testing.T) {
	f := newFleet(t, 1)
	ctx := t.Context()
	c := supply.Contract{ID: "c2", Supplier: "catl", Part: "pack.101", Chemistry: "NMC", KWh: "101", Currency: "CNY", Signed: "2023-01-01",
		Prices: []supply.PackPrice{{From: "2023-01-01", Unit: "60000.01", Source: "a test"}},
		Terms:  supply.Terms{Rebates: []supply.RebateTier{{MinVolume: 2, Discount: "0.025"}}, TakeOrPay: &supply.TakeOrPay{Minimum: 5, Rate: "0.5"}}}
	if _, err := f.a.Supply.AddContract(ctx, "", c); err != nil {
		t.Fatal(err)
	}
	if _, err := f.a.Supply.Receive(ctx, supply.Lot{Contract: "c2", Serials: []string{"Z1", "Z2"}, Received: "2023-12-31"}); err != nil {
		t.Fatal(err)
	}
	owed := f.balance(t, "", ledger.Payable)
	for range 2 {
		if _, err := f.a.Supply.Settle(ctx, "c2", 1, "2024-02-01"); err != nil {
			t.Fatal(err)
		}
		if err := f.a.events.Settle(ctx); err != nil {
			t.Fatal(err)
		}
	}
	b, err := f.a.Ledger.EntryByRef(ctx, settledRef("c2", 1))
	if err != nil || b.Date != "2023-12-31" || len(b.Postings) != 2 {
		t.Fatalf("%+v %v", b, err)
	}
	// 2.5 % of 120,000.02 is 3,000.0005; half of 60,000.01 for 3 packs is 90,000.015.
	if b.Postings[0].Amount != money.Of(300_000, "CNY") || b.Postings[1].Amount != money.Of(9_000_002, "CNY") {
		t.Errorf("%+v", b.Postings)
	}
	if got := owed - f.balance(t, "", ledger.Payable); got != 9_000_002-300_000 { // a liability is credited
		t.Errorf("owed %d more", got)
	}
	e, err := f.Entry(ctx, b.Seq)
	if err != nil || len(e.Back) != 1 || e.Back[0].Sort != console.EntriesThing {
		t.Errorf("comes from %+v %v", e.Back, err)
	}
}
