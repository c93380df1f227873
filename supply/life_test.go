package supply_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/supply"
	"roadbook/supply/supplytest"
)

// Every pair of states: what may follow, and what may not.
func TestEveryMove(t *testing.T) {
	allowed := map[string]bool{"received installed": true, "installed removed": true, "removed second_life": true, "removed recycled": true, "second_life recycled": true}
	for _, from := range supply.PackStates {
		for _, to := range supply.PackStates {
			p := supply.Pack{Serial: "P", State: from}
			q, _, err := p.Next(supply.PackEvent{State: from, Date: "2024-01-01"}, supply.PackEvent{Serial: "P", State: to, Date: "2024-01-01", VIN: supplytest.CarA})
			may := allowed[fmt.Sprintf("%s %s", from, to)]
			if may != (err == nil) || err == nil && q.State != to || err != nil && (fault.CodeOf(err) != "move_impossible" || q.State != from) {
				t.Errorf("from %s to %s: %+v %v", from, to, q, err)
			}
		}
	}
}

// A life only goes on: dates never fall, a pack is in a car exactly while it is installed, and an event keeps its car.
func TestLifeGoesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := supply.Pack{Serial: "P", State: supply.Received, Received: "2024-01-01"}
		life := []supply.PackEvent{p.Arrival()}
		for range 12 {
			e := supply.PackEvent{Serial: "P", State: rapid.SampledFrom(supply.PackStates).Draw(t, "state"),
				Date: period.Date("2024-01-01").AddDays(rapid.IntRange(-3, 30).Draw(t, "day"))}
			if e.State == supply.Installed {
				e.VIN = supplytest.CarA
			}
			before := p
			next, e, err := p.Next(life[len(life)-1], e)
			if err != nil {
				if next.State != before.State || next.VIN != before.VIN {
					t.Fatalf("a refusal changed %+v to %+v", before, next)
				}
				continue
			}
			p, life = next, append(life, e)
			if (p.VIN != "") != (p.State == supply.Installed) || e.State == supply.Removed && e.VIN == "" {
				t.Fatalf("%+v after %+v", p, e)
			}
		}
		for i := 1; i < len(life); i++ {
			if life[i].Date < life[i-1].Date || life[i].State == life[i-1].State {
				t.Fatalf("%+v", life)
			}
		}
	})
}

func TestScopes(t *testing.T) {
	act := supply.Scope{Chemistry: "LFP", Model: "road-1", Region: "CN"}
	for _, row := range []struct {
		scope supply.Scope
		want  bool
	}{
		{supply.Scope{}, true}, {supply.Scope{Chemistry: "LFP"}, true}, {supply.Scope{Chemistry: "NMC"}, false},
		{supply.Scope{Chemistry: "LFP", Region: "EU"}, false}, {supply.Scope{Model: "road-1", Region: "CN"}, true},
	} {
		if row.scope.Covers(act) != row.want {
			t.Errorf("%+v covers %+v: %t", row.scope, act, !row.want)
		}
	}
	if (supply.Scope{Model: "road-1"}).Covers(supply.Scope{Chemistry: "LFP"}) {
		t.Error("an act of no known model is not of this one")
	}
}

// price floor: P* = (C + w − credit) / (1 − m)
func TestCreditedFloor(t *testing.T) {
	b := supply.Breakdown{Model: "m", Serial: "P", Supplier: "s", Pack: money.Of(7_000_000, "CNY"), BOM: money.Of(6_000_000, "CNY"), Assembly: money.Of(700_000, "CNY"), Warranty: money.Of(300_000, "CNY")}
	credit := func(minor int64) *supply.Credit {
		return &supply.Credit{ID: "c", Amount: money.Of(minor, "CNY"), Confidence: "0.9"}
	}
	for _, row := range []struct {
		why    string
		credit *supply.Credit
		margin money.Decimal
		want   int64
		code   string
	}{
		{"no credit", nil, "0.01", 14_141_415, ""},                         // 140,000 / 0.99
		{"a credit of nothing is none", credit(0), "0.01", 14_141_415, ""}, //
		{"5,000 of software", credit(500_000), "0.01", 13_636_364, ""},     // 135,000 / 0.99
		{"software that costs", credit(-500_000), "0.01", 14_646_465, ""},  // 145,000 / 0.99
		{"at no margin the cost", credit(500_000), "0", 13_500_000, ""},    //
		{"as much as the car costs", credit(14_000_000), "0.01", 0, ""},    //
		{"more", credit(14_000_001), "0.01", 0, "credit_exceeds_cost"},     //
		{"another currency", &supply.Credit{Amount: money.Of(1, "USD")}, "0", 0, "credit_currency"},
	} {
		f, err := supply.FloorOf(b, row.credit, row.margin)
		if fault.CodeOf(err) != row.code || err == nil && f.Minimum.Minor != row.want {
			t.Errorf("%s: %s %v, want %d %q", row.why, f.Minimum, err, row.want, row.code)
		}
		if row.code == "credit_exceeds_cost" && !strings.Contains(err.Error(), "140,000.00 CNY") {
			t.Errorf("%v does not say the cost", err)
		}
		var sum int64
		for _, x := range f.Terms {
			sum += x.Amount.Minor
		}
		if err == nil && (sum != f.Minimum.Minor || len(f.Terms) != 6) {
			t.Errorf("%s: the terms %+v sum to %d", row.why, f.Terms, sum)
		}
	}
}

func TestRecordsSayWhereTheyComeFrom(t *testing.T) {
	whole := supplytest.Proof("2024-01-01")
	site := supply.Site{ID: "s", Supplier: "x", Name: "S", Country: "CN", Evidence: whole}
	q := supply.Qualification{Supplier: "x", Part: "p", State: supply.Qualified, Started: "2024-01-01", QualifiedOn: "2024-06-01", Evidence: whole}
	st := supply.Standard{Part: "p", Unit: money.Of(1, "CNY"), Valid: period.Span{From: "2024-01-01"}, Evidence: whole}
	cr := supply.Credit{Model: "m", Amount: money.Of(1, "CNY"), Confidence: "0.9", Valid: period.Span{From: "2024-01-01"}, Evidence: whole}
	dec := supply.Decision{Exclusion: "e", Outcome: supply.Kept, Next: "2025-01-01", Evidence: whole}
	for _, row := range []struct {
		why  string
		do   func()
		err  func() error
		code string
	}{
		{"a country is two letters", func() { site.Country = "China" }, func() error { return site.Check() }, "country"},
		{"a capacity is 0 or more", func() {
			site.Country = "CN"
			site.Capacity = []supply.Capacity{{Part: "p", From: "2024-01-01", PerMonth: -1}}
		}, func() error { return site.Check() }, "capacity"},
		{"of a part or a chemistry", func() {
			site.Capacity = []supply.Capacity{{Part: "p", Chemistry: "LFP", From: "2024-01-01", PerMonth: 1}}
		}, func() error { return site.Check() }, "capacity"},
		{"qualified before it began", func() { q.QualifiedOn = "2023-12-31" }, func() error { return q.Check() }, "qualified_on"},
		{"qualified without a day", func() { q.QualifiedOn = "" }, func() error { return q.Check() }, "date"},
		{"started with one", func() { q.State, q.QualifiedOn = supply.Started, "2024-06-01" }, func() error { return q.Check() }, "qualified_on"},
		{"a standard of nothing", func() { st.Unit.Minor = 0 }, func() error { return st.Check() }, "not_positive"},
		{"certainty", func() { cr.Confidence = "1" }, func() error { return cr.Check() }, "confidence"},
		{"ninety is no probability", func() { cr.Confidence = "90" }, func() error { return cr.Check() }, "decimal"},
		{"a review in the past", func() { dec.Next = "2024-01-01" }, func() error { return dec.Check() }, "next"},
		{"renewed by nothing", func() { dec.Outcome, dec.Next = supply.Renewed, "" }, func() error { return dec.Check() }, "renewed_by"},
		{"decided by nobody", func() { dec.Outcome, dec.Who = supply.Ended, "" }, func() error { return dec.Check() }, "evidence"},
	} {
		row.do()
		if err := row.err(); fault.CodeOf(err) != row.code {
			t.Errorf("%s: %v, want %q", row.why, err, row.code)
		}
	}
}

func TestCapacityOfASite(t *testing.T) {
	s := supply.Site{Capacity: []supply.Capacity{{Chemistry: "LFP", From: "2024-01-01", PerMonth: 100}, {Chemistry: "LFP", From: "2025-01-01", PerMonth: 200}, {Part: "pack.a", From: "2024-01-01", PerMonth: 30}}}
	for _, row := range []struct {
		part, chemistry string
		on              period.Date
		want            int64
		ok              bool
	}{{"pack.b", "LFP", "2024-12-31", 100, true}, {"pack.b", "LFP", "2025-01-01", 200, true}, {"pack.a", "LFP", "2025-01-01", 30, true}, {"pack.b", "NMC", "2025-01-01", 0, false}, {"pack.b", "LFP", "2023-12-31", 0, false}} {
		if n, ok := s.CapacityOn(row.part, row.chemistry, row.on); n != row.want || ok != row.ok {
			t.Errorf("%+v: %d %t", row, n, ok)
		}
	}
}
