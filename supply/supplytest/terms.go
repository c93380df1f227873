package supplytest

import (
	"sync"
	"testing"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/supply"
)

// Lithium is half of what lithium carbonate changes, 0.6 kg per kWh, three months late, between 60,000 and 120,000 a tonne.
func Lithium() supply.Indexation {
	return supply.Indexation{Index: "lithium.cn", Content: "0.6", Unit: "kg", Base: "80000", Lag: 3, Cap: "120000", Floor: "60000", PassThrough: "0.5"}
}

// IndexValue returns a value of lithium carbonate in CNY per tonne.
func IndexValue(month period.Month, value money.Decimal, vintage period.Date) supply.IndexValue {
	return supply.IndexValue{Index: "lithium.cn", Month: month, Value: value, Currency: "CNY", Per: "t", Evidence: Proof(vintage)}
}

// Terms returns a contract in CNY with calb: 60,000 a pack of 101 kWh, the index, and what a year's volume brings.
func Terms() supply.Contract {
	return supply.Contract{ID: "c-terms", Supplier: "calb", Part: "pack.nmc", Chemistry: "NMC", KWh: "101", Currency: "CNY", Signed: "2024-01-01",
		Prices: []supply.PackPrice{{From: "2024-01-01", Unit: "60000", Source: "contract"}},
		Terms: supply.Terms{Term: period.Span{From: "2024-01-01", To: "2027-01-01"}, MinOrder: 2, MonthlyCapacity: 4,
			Rebates:    []supply.RebateTier{{MinVolume: 3, Discount: "0.02"}, {MinVolume: 6, Discount: "0.05"}},
			TakeOrPay:  &supply.TakeOrPay{Minimum: 10, Rate: "0.8"},
			Indexation: []supply.Indexation{Lithium()}, CO2: "61.5"}}
}

func terms(t *testing.T, s *supply.Service) {
	ctx := t.Context()
	must(t)(s.AddContract(ctx, "", Terms()))
	must(t)(s.AddIndexValue(ctx, "", IndexValue("2024-01", "97500", "2024-02-10")))
	must(t)(s.AddIndexValue(ctx, "", IndexValue("2024-01", "97500", "2024-02-10")))
	_, err := s.AddIndexValue(ctx, "other", IndexValue("2024-01", "99000", "2024-02-10"))
	wantCode(t, "one value of a vintage", err, fault.Refused, "index_ambiguous")
	must(t)(s.AddIndexValue(ctx, "", IndexValue("2024-01", "98000", "2024-04-20")))
	receive := func(on period.Date, serials ...string) error {
		_, err := s.Receive(ctx, supply.Lot{Contract: "c-terms", Serials: serials, Received: on, Passport: "bp-1", Chemistry: "NMC",
			CO2: "60", Recycled: supply.RecycledShares{Nickel: "0.06", Cobalt: "0.16", Lithium: "0.06"}})
		return err
	}
	must(t)(nil, receive("2024-04-15", "N1", "N2"))
	must(t)(nil, receive("2024-04-20", "N3", "N4"))
	for serial, unit := range map[string]money.Decimal{
		"N1": "60530.25", // 0.5 × 0.6 kg/kWh × 101 kWh × 0.001 t/kg × 17,500
		"N3": "60545.4",  // the revision was known on that day: × 18,000
	} {
		p, err := s.Pack(ctx, serial)
		if err != nil || p.Unit != unit || len(p.Terms) != 2 || p.Terms[1].Record == "" {
			t.Errorf("pack %s: %+v %v", serial, p, err)
		}
	}
	wantCode(t, "beyond the month's capacity", receive("2024-04-21", "N5", "N6"), fault.Refused, "over_capacity")
	wantCode(t, "below the minimum order", receive("2024-04-21", "N5"), fault.Refused, "below_minimum_order")
	wantCode(t, "no value of the month", receive("2024-05-02", "N5", "N6"), fault.Refused, "index_missing")
	wantCode(t, "outside the term", receive("2027-01-01", "N5", "N6"), fault.Refused, "outside_term")
	_, err = s.Receive(ctx, supply.Lot{Contract: "c-terms", Serials: []string{"N5", "N6"}, Received: "2024-04-02", Chemistry: "LFP"})
	wantCode(t, "of another chemistry", err, fault.Refused, "chemistry_differs")
	e, err := s.Explain(ctx, "c-terms", "2024-04-20", 4)
	if err != nil || e.Unit != "60545.4" || len(e.Terms) != 2 || e.Terms[1].Amount != "545.4" || len(e.Later) != 3 || e.Number != 5 {
		t.Errorf("explained %+v %v", e, err)
	}
	// A later vintage changes no price of before.
	must(t)(s.AddIndexValue(ctx, "", IndexValue("2024-01", "50000", "2025-01-01")))
	if e, err := s.Explain(ctx, "c-terms", "2024-04-20", 4); err != nil || e.Unit != "60545.4" {
		t.Errorf("of the same day %+v %v", e, err)
	}
	if h, err := s.History(ctx, "N1"); err != nil || h.Lot.Passport != "bp-1" || h.Lot.Recycled.Cobalt != "0.16" || h.Contract.CO2 != "61.5" || len(h.Events) != 1 {
		t.Errorf("history %+v %v", h, err)
	}
	for asOf, want := range map[period.Date]int{"": 3, "2024-04-19": 1, "2024-04-20": 2} {
		if vs, err := s.IndexValues(ctx, "lithium.cn", asOf); err != nil || len(vs) != want {
			t.Errorf("%d values as of %q (%v)", len(vs), asOf, err)
		}
	}
	dollars := Terms()
	dollars.ID, dollars.Currency, dollars.MinOrder = "c-dollars", "USD", 1
	must(t)(s.AddContract(ctx, "", dollars))
	_, err = s.Explain(ctx, "c-dollars", "2024-04-15", 0)
	wantCode(t, "no rate from the index's currency", err, fault.Refused, "rate_missing")
	must(t)(s.AddRate(ctx, supply.Rate{From: "CNY", To: "USD", Rate: "0.14", Date: "2024-04-01", Source: "round"}))
	if e, err := s.Explain(ctx, "c-dollars", "2024-04-15", 0); err != nil || e.Unit != "60074.24" { // 530.25 × 0.14 = 74.235
		t.Errorf("in dollars %+v %v", e, err)
	}
}

func settlement(t *testing.T, s *supply.Service, said func(t *testing.T, name string) int) {
	ctx := t.Context()
	c := Terms()
	c.Indexation, c.MinOrder, c.MonthlyCapacity = nil, 0, 0
	must(t)(s.AddContract(ctx, "", c))
	must(t)(s.Receive(ctx, supply.Lot{Contract: c.ID, Serials: []string{"N1", "N2", "N3", "N4", "N5", "N6", "N7"}, Received: "2024-12-31"}))
	must(t)(s.Receive(ctx, supply.Lot{Contract: c.ID, Serials: []string{"N8"}, Received: "2025-01-01"}))
	open, err := s.Settlement(ctx, c.ID, 1)
	// 7 packs: 5 % of 420,000; 3 are missing to 10: 0.8 × 60,000 × 3.
	if err != nil || open.Settled || open.Packs != 7 || open.Rebate != money.Of(2_100_000, "CNY") || open.Charge != money.Of(14_400_000, "CNY") {
		t.Errorf("so far %+v %v", open, err)
	}
	_, err = s.Settle(ctx, c.ID, 1, "2024-12-31")
	wantCode(t, "before the year is over", err, fault.Refused, "year_open")
	done, err := s.Settle(ctx, c.ID, 1, "2025-01-01")
	if err != nil || !done.Settled || done.Rebate != open.Rebate || done.Charge != open.Charge || done.Date() != "2024-12-31" || done.Booked.Rebate != open.Rebate {
		t.Errorf("settled %+v %v", done, err)
	}
	again, err := s.Settle(ctx, c.ID, 1, "2025-06-01")
	if err != nil || again.ID != done.ID || again.Packs != done.Packs {
		t.Errorf("again %+v %v", again, err)
	}
	_, err = s.Receive(ctx, supply.Lot{Contract: c.ID, Serials: []string{"N9"}, Received: "2024-06-01"})
	wantCode(t, "a lot of a settled year", err, fault.Refused, "year_settled")
	must(t)(s.Receive(ctx, supply.Lot{Contract: c.ID, Serials: []string{"N9"}, Received: "2025-06-01"}))
	if n := said(t, "supply.ContractSettled"); n != 1 {
		t.Errorf("told %d times", n)
	}
	if all, err := s.Settlements(ctx, c.ID); err != nil || len(all) != 1 || all[0].Discount != "0.05" {
		t.Errorf("settlements %+v %v", all, err)
	}
	_, err = s.Settlement(ctx, c.ID, 4)
	wantCode(t, "after the term", err, fault.Invalid, "year")
	// In dollars, booked by the rate of the year's last day.
	must(t)(s.AddRate(ctx, supply.Rate{From: "USD", To: "CNY", Rate: "7.10", Date: "2024-12-01", Source: "round"}))
	d := c
	d.ID, d.Currency, d.TakeOrPay = "c-dollars", "USD", nil
	must(t)(s.AddContract(ctx, "", d))
	must(t)(s.Receive(ctx, supply.Lot{Contract: d.ID, Serials: []string{"D1", "D2", "D3"}, Received: "2024-03-01"}))
	st, err := s.Settle(ctx, d.ID, 1, "2025-01-01")
	if err != nil || st.Rebate != money.Of(360_000, "USD") || st.Booked.Rebate != money.Of(2_556_000, "CNY") || st.Booked.Rate == nil {
		t.Errorf("in dollars %+v %v", st, err)
	}
	// Nothing bought: what was not taken is paid by the price of the last day. No tier, no rebate.
	e := c
	e.ID = "c-empty"
	must(t)(s.AddContract(ctx, "", e))
	if st, err := s.Settlement(ctx, e.ID, 1); err != nil || st.Charge != money.Of(48_000_000, "CNY") || !st.Rebate.IsZero() || st.Short != 10 {
		t.Errorf("nothing bought %+v %v", st, err)
	}
}

func life(t *testing.T, s *supply.Service) {
	ctx := t.Context()
	move := func(key, serial string, state supply.PackState, on period.Date) error {
		_, err := s.Move(ctx, key, supply.PackEvent{Serial: serial, State: state, Date: on, Place: "Shenzhen", Source: "order 7", Who: "workshop"})
		return err
	}
	wantCode(t, "in no car yet", move("k0", "P1", supply.Removed, "2023-09-10"), fault.Refused, "move_impossible")
	wantCode(t, "never used", move("k0", "P1", supply.Recycled, "2023-09-10"), fault.Refused, "move_impossible")
	must(t)(nil, s.Install(ctx, "P1", CarA, "2023-09-10"))
	wantCode(t, "still in a car", move("k0", "P1", supply.SecondLife, "2023-09-11"), fault.Refused, "move_impossible")
	wantCode(t, "before it was built in", move("k0", "P1", supply.Removed, "2023-09-09"), fault.Refused, "move_back")
	must(t)(nil, move("k1", "P1", supply.Removed, "2031-05-01"))
	must(t)(nil, move("k1", "P1", supply.Removed, "2031-05-01"))
	wantCode(t, "the key with another day", move("k1", "P1", supply.Removed, "2031-05-02"), fault.Conflict, "idempotency_mismatch")
	wantCode(t, "out of the car twice", move("k2", "P1", supply.Removed, "2031-05-03"), fault.Refused, "move_impossible")
	wantCode(t, "used packs go into no new car", s.Install(ctx, "P1", CarB, "2031-06-01"), fault.Refused, "move_impossible")
	must(t)(nil, s.Install(ctx, "P2", CarA, "2031-05-02")) // the car may have another
	if p, err := s.Pick(ctx, "road-1", "catl", "2031-06-01"); err != nil || p.Serial != "P3" {
		t.Errorf("picked %q (%v)", p.Serial, err)
	}
	must(t)(nil, move("k3", "P1", supply.SecondLife, "2031-07-01"))
	must(t)(nil, move("k4", "P1", supply.Recycled, "2041-07-01"))
	wantCode(t, "after the end", move("k5", "P1", supply.SecondLife, "2042-01-01"), fault.Refused, "move_impossible")
	wantCode(t, "an unknown pack", move("k6", "P99", supply.Removed, "2042-01-01"), fault.NotFound, "pack_unknown")
	h, err := s.History(ctx, "P1")
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, e := range h.Events {
		got += string(e.State) + "@" + string(e.Date) + "/" + string(e.VIN) + " "
	}
	want := "received@2023-09-05/ installed@2023-09-10/" + string(CarA) + " removed@2031-05-01/" + string(CarA) + " second_life@2031-07-01/ recycled@2041-07-01/ "
	if got != want || h.Pack.State != supply.Recycled || h.Pack.VIN != "" || h.Lot.ID != "lot-1" || h.Contract.ID != "c-catl" {
		t.Errorf("history %q\nwant %q\n%+v", got, want, h.Pack)
	}
	must(t)(s.CostOf(ctx, "road-1", "P1", "2042-01-01")) // what it cost stays a fact
}

func concurrentMoves(t *testing.T, s *supply.Service) {
	must(t)(nil, s.Install(t.Context(), "P1", CarA, "2023-09-10"))
	must(t)(s.Move(t.Context(), "out", supply.PackEvent{Serial: "P1", State: supply.Removed, Date: "2031-05-01", Source: "s", Who: "w"}))
	var mu sync.Mutex
	var wg sync.WaitGroup
	won := 0
	for i := range 6 {
		wg.Go(func() {
			state := []supply.PackState{supply.SecondLife, supply.Recycled}[i%2]
			_, err := s.Move(t.Context(), string(rune('a'+i)), supply.PackEvent{Serial: "P1", State: state, Date: "2031-06-01", Place: "p", Source: "s", Who: "w"})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if fault.CodeOf(err) != "move_impossible" {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	h, err := s.History(t.Context(), "P1")
	if err != nil || len(h.Events) != 3+won || won < 1 || won > 2 || h.Events[len(h.Events)-1].State != h.Pack.State {
		t.Errorf("%d moves succeeded: %+v %v", won, h.Events, err)
	}
}

func variance(t *testing.T, s *supply.Service, said func(t *testing.T, name string) int) {
	ctx := t.Context()
	standard := func(minor int64, from, to, vintage period.Date) supply.Standard {
		return supply.Standard{Part: "pack.lfp", Unit: money.Of(minor, "CNY"), Valid: period.Span{From: from, To: to}, Evidence: Proof(vintage)}
	}
	of := func(serial string) *supply.Variance {
		v, err := s.Variance(ctx, serial)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if of("P1") != nil {
		t.Error("a variance without a standard")
	}
	// Recorded after P1 to P3 and Q1 came: they are compared now, by the rate of their day (7.20).
	st := standard(7_200_000, "2023-09-01", "2024-01-01", "2023-10-15")
	must(t)(s.AddStandard(ctx, "", st))
	must(t)(s.AddStandard(ctx, "", st))
	for serial, minor := range map[string]int64{"P1": 144_000, "P2": 144_000, "P3": 0, "Q1": -108_000} { // 10,200, 10,000 and 9,850 dollars
		v := of(serial)
		if v == nil || v.Amount != money.Of(minor, "CNY") || v.Actual.Minor != 7_200_000+minor || v.Known != "2023-10-15" {
			t.Errorf("%s: %+v", serial, v)
		}
	}
	if n := said(t, "supply.PriceVaried"); n != 1 {
		t.Errorf("told %d times", n)
	}
	// Recorded before a lot: fixed with it, and a later standard changes nothing.
	must(t)(s.AddStandard(ctx, "", standard(6_500_001, "2024-01-01", "", "2023-12-01")))
	must(t)(s.Receive(ctx, supply.Lot{Contract: "c-catl", Serials: []string{"P4", "P5"}, Received: "2024-01-05"}))
	if v := of("P4"); v == nil || v.Amount != money.Of(-20_001, "CNY") || v.Known != "2024-01-05" {
		t.Errorf("P4: %+v", v)
	}
	must(t)(s.AddStandard(ctx, "", standard(1_000_000, "2024-01-01", "", "2024-02-01")))
	if v := of("P4"); v.Amount != money.Of(-20_001, "CNY") {
		t.Errorf("P4 became %+v", v)
	}
	if n := said(t, "supply.PriceVaried"); n != 2 {
		t.Errorf("told %d times", n)
	}
	must(t)(s.Receive(ctx, supply.Lot{Contract: "c-catl", Serials: []string{"P6"}, Received: "2024-02-05"}))
	if v := of("P6"); v == nil || v.Unit != money.Of(1_000_000, "CNY") {
		t.Errorf("the revised standard holds for what comes later: %+v", v)
	}
	dollars := standard(1, "2025-01-01", "", "2025-01-01")
	dollars.Unit.Currency = "USD"
	_, err := s.AddStandard(ctx, "", dollars)
	wantCode(t, "a standard is in the books' currency", err, fault.Invalid, "standard_currency")
	if all, err := s.Standards(ctx, "pack.lfp"); err != nil || len(all) != 3 {
		t.Errorf("standards %+v %v", all, err)
	}
	if h, err := s.History(ctx, "P4"); err != nil || h.Variance == nil {
		t.Errorf("history %+v %v", h, err)
	}
}
