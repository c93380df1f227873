// Package supplytest builds what supply records, and holds the suite that every supply.Store passes.
package supplytest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/supply"
	"roadbook/vin"
)

// Two cars.
var (
	CarA = car(1)
	CarB = car(2)
)

func car(n int) vin.VIN {
	v, err := vin.Make("LRB", "R1CNE", 'P', 'B', n)
	if err != nil {
		panic(err)
	}
	return v
}

// Contract returns a contract in USD: 10,200 for the first two packs, 10,000 from the third on, 9,000 from 2024 on.
func Contract(id, supplier string) supply.Contract {
	return supply.Contract{ID: id, Supplier: supplier, Part: "pack.lfp", Chemistry: "LFP", KWh: "73.6", Currency: "USD", Signed: "2023-09-01",
		Prices: []supply.PackPrice{
			{From: "2023-08-01", MinVolume: 0, Unit: "10200", Source: "quote"},
			{From: "2023-08-01", MinVolume: 2, Unit: "10000", Source: "quote, volume"},
			{From: "2024-01-01", MinVolume: 0, Unit: "9000", Source: "quote of 2024"},
		}}
}

// Model returns a model in CNY: 60,000 of parts, 7,200 of assembly, 4,300 of warranty.
func Model() supply.Model {
	line := func(part string, c supply.Category, quantity, unit money.Decimal) supply.Line {
		return supply.Line{Part: part, Category: c, Quantity: quantity, Unit: unit, Valid: period.Span{From: "2023-09-01"}, Source: "assumed"}
	}
	return supply.Model{ID: "road-1", Name: "Road One", Currency: "CNY", Packs: []string{"pack.lfp"}, Lines: []supply.Line{
		line("body", supply.BOM, "1", "50000"), line("seat", supply.BOM, "4", "2500"),
		line("assembly", supply.Assembly, "1", "7200"), line("warranty", supply.Warranty, "1", "4300")}}
}

// Filled records two suppliers, a contract with each, a lot of three packs of catl and one of calb, a model and a rate.
func Filled(t testing.TB, store supply.Store) *supply.Service {
	t.Helper()
	ctx := context.Background()
	s, err := supply.New(store, supply.Config{Currency: "CNY"})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []supply.Supplier{{ID: "catl", Name: "CATL"}, {ID: "calb", Name: "CALB"}, {ID: "byd", Name: "BYD"}, {ID: "carrier", Name: "Carrier"}} {
		must(t)(s.AddSupplier(ctx, "", p))
	}
	must(t)(s.AddContract(ctx, "", Contract("c-catl", "catl")))
	calb := Contract("c-calb", "calb")
	calb.Prices = calb.Prices[:1]
	calb.Prices[0].Unit = "9850"
	must(t)(s.AddContract(ctx, "", calb))
	must(t)(s.Receive(ctx, supply.Lot{ID: "lot-1", Contract: "c-catl", Serials: []string{"P1", "P2", "P3"}, Received: "2023-09-05"}))
	must(t)(s.Receive(ctx, supply.Lot{ID: "lot-2", Contract: "c-calb", Serials: []string{"Q1"}, Received: "2023-09-20"}))
	must(t)(s.AddModel(ctx, "", Model()))
	must(t)(s.AddRate(ctx, supply.Rate{From: "USD", To: "CNY", Rate: "7.20", Date: "2023-08-01", Source: "round"}))
	return s
}

func must(t testing.TB) func(any, error) {
	return func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func wantCode(t testing.TB, why string, err error, kind fault.Kind, code string) {
	t.Helper()
	if fault.KindOf(err) != kind || fault.CodeOf(err) != code {
		t.Errorf("%s: got %v (%s), want %s %s", why, err, fault.KindOf(err), kind, code)
	}
}

// Suite is what every store must do; open returns an empty one. said counts the events of a name of the store that was opened
// last.
func Suite(t *testing.T, open func(t *testing.T) supply.Store, said func(t *testing.T, name string) int) {
	t.Run("recorded once", func(t *testing.T) { recordedOnce(t, Filled(t, open(t))) })
	t.Run("exclusion", func(t *testing.T) { exclusion(t, Filled(t, open(t))) })
	t.Run("pack prices", func(t *testing.T) { packPrices(t, Filled(t, open(t))) })
	t.Run("cost and floor", func(t *testing.T) { costAndFloor(t, Filled(t, open(t))) })
	t.Run("install", func(t *testing.T) { install(t, Filled(t, open(t))) })
	t.Run("concurrent installs", func(t *testing.T) { concurrentInstalls(t, Filled(t, open(t))) })
	t.Run("pick", func(t *testing.T) { pick(t, Filled(t, open(t))) })
	t.Run("accrue", func(t *testing.T) { accrue(t, Filled(t, open(t)), said) })
	t.Run("lists", func(t *testing.T) { lists(t, Filled(t, open(t))) })
	t.Run("qualification", func(t *testing.T) { qualification(t, Filled(t, open(t))) })
	t.Run("scoped exclusion", func(t *testing.T) { scopedExclusion(t, Filled(t, open(t))) })
	t.Run("reviews", func(t *testing.T) { reviews(t, Filled(t, open(t))) })
	t.Run("terms", func(t *testing.T) { terms(t, Filled(t, open(t))) })
	t.Run("settlement", func(t *testing.T) { settlement(t, Filled(t, open(t)), said) })
	t.Run("life", func(t *testing.T) { life(t, Filled(t, open(t))) })
	t.Run("concurrent moves", func(t *testing.T) { concurrentMoves(t, Filled(t, open(t))) })
	t.Run("variance", func(t *testing.T) { variance(t, Filled(t, open(t)), said) })
	t.Run("roll-up and quotes", func(t *testing.T) { rollUp(t, Filled(t, open(t))) })
	t.Run("credit", func(t *testing.T) { credit(t, Filled(t, open(t))) })
}

func recordedOnce(t *testing.T, s *supply.Service) {
	ctx := t.Context()
	must(t)(s.AddSupplier(ctx, "", supply.Supplier{ID: "catl", Name: "CATL"}))
	_, err := s.AddSupplier(ctx, "", supply.Supplier{ID: "catl", Name: "Another"})
	wantCode(t, "the id with other content", err, fault.Conflict, "idempotency_mismatch")
	must(t)(s.AddSupplier(ctx, "req", supply.Supplier{ID: "new", Name: "New"}))
	must(t)(s.AddSupplier(ctx, "req", supply.Supplier{ID: "new", Name: "New"}))
	_, err = s.AddSupplier(ctx, "req", supply.Supplier{ID: "newer", Name: "New"})
	wantCode(t, "the request with another id", err, fault.Conflict, "idempotency_mismatch")
	must(t)(s.AddModel(ctx, "", Model()))
	must(t)(s.Receive(ctx, supply.Lot{ID: "lot-1", Contract: "c-catl", Serials: []string{"P1", "P2", "P3"}, Received: "2023-09-05"}))
	_, err = s.Receive(ctx, supply.Lot{ID: "lot-1", Contract: "c-catl", Serials: []string{"P1"}, Received: "2023-09-05"})
	wantCode(t, "the lot with other packs", err, fault.Conflict, "idempotency_mismatch")
	_, err = s.Receive(ctx, supply.Lot{ID: "lot-9", Contract: "c-catl", Serials: []string{"P9", "P1"}, Received: "2023-09-05"})
	wantCode(t, "a pack comes once", err, fault.Conflict, "serial_taken")
	if _, err := s.Pack(ctx, "P9"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a pack of the refused lot is there: %v", err)
	}
	_, err = s.AddRate(ctx, supply.Rate{ID: "again", From: "USD", To: "CNY", Rate: "7.30", Date: "2023-08-01", Source: "other"})
	wantCode(t, "one rate a day", err, fault.Refused, "rate_ambiguous")
	_, err = s.AddLine(ctx, "", "road-1", Model().Lines[0])
	wantCode(t, "one line of a part a day", err, fault.Refused, "line_ambiguous")
	_, err = s.AddLine(ctx, "", "road-2", Model().Lines[0])
	wantCode(t, "a line needs its model", err, fault.NotFound, "model_unknown")
	_, err = s.AddContract(ctx, "", Contract("c-x", "nobody"))
	wantCode(t, "a contract needs its supplier", err, fault.NotFound, "supplier_unknown")
}

func exclusion(t *testing.T, s *supply.Service) {
	ctx := t.Context()
	ban := func(supplier string, from, to period.Date) supply.Exclusion {
		return supply.Exclusion{Supplier: supplier, Span: period.Span{From: from, To: to}, Reason: "legal conflict", Owner: "purchasing", Evidence: "brief"}
	}
	must(t)(s.Exclude(ctx, ban("byd", "2023-08-01", "2026-08-01")))
	must(t)(s.Exclude(ctx, ban("byd", "2023-08-01", "2026-08-01")))
	_, err := s.AddContract(ctx, "", Contract("c-byd", "byd"))
	wantCode(t, "no contract in the span", err, fault.Refused, "supplier_excluded")
	late := Contract("c-byd", "byd")
	late.Signed = "2026-08-01"
	must(t)(s.AddContract(ctx, "", late))
	_, err = s.Receive(ctx, supply.Lot{Contract: "c-byd", Serials: []string{"B1"}, Received: "2026-07-31"})
	wantCode(t, "no lot on the last day", err, fault.Refused, "supplier_excluded")
	must(t)(s.Receive(ctx, supply.Lot{Contract: "c-byd", Serials: []string{"B1"}, Received: "2026-08-01"}))
	must(t)(s.Exclude(ctx, ban("calb", "2023-10-01", "")))
	_, err = s.Pick(ctx, "road-1", "calb", "2023-10-01")
	wantCode(t, "no pick of what was received before", err, fault.Refused, "supplier_excluded")
	_, err = s.CostOf(ctx, "road-1", "Q1", "2023-10-01")
	wantCode(t, "no cost of what may not be built in", err, fault.Refused, "supplier_excluded")
	wantCode(t, "nothing is built in", s.Install(ctx, "Q1", CarA, "2024-10-01"), fault.Refused, "supplier_excluded")
	must(t)(nil, s.Install(ctx, "Q1", CarA, "2023-09-30"))
	must(t)(s.CostOf(ctx, "road-1", "Q1", "2023-10-01")) // it is in a car: what it cost is a fact
	found, err := s.Exclusions(ctx, "byd")
	if err != nil || len(found) != 1 || found[0].Reason != "legal conflict" || found[0].ID == "" {
		t.Errorf("exclusions %+v %v", found, err)
	}
}

func packPrices(t *testing.T, s *supply.Service) {
	ctx := t.Context()
	must(t)(s.Receive(ctx, supply.Lot{Contract: "c-catl", Serials: []string{"P4"}, Received: "2023-12-31"}))
	must(t)(s.Receive(ctx, supply.Lot{Contract: "c-catl", Serials: []string{"P5"}, Received: "2024-01-01"}))
	for _, row := range []struct {
		why, serial string
		unit        money.Decimal
		number      int64
	}{
		{"the first pack", "P1", "10200", 1},
		{"below the step keeps its price within the lot that reaches it", "P2", "10200", 2},
		{"beyond the step", "P3", "10000", 3},
		{"a later lot goes on counting", "P4", "10000", 4},
		{"the newest price list holds from its day, with its own steps", "P5", "9000", 5},
	} {
		p, err := s.Pack(ctx, row.serial)
		if err != nil || p.Unit != row.unit || p.Number != row.number || p.Supplier != "catl" {
			t.Errorf("%s: %+v %v", row.why, p, err)
		}
	}
	_, err := s.Receive(ctx, supply.Lot{Contract: "c-catl", Serials: []string{"P0"}, Received: "2023-07-31"})
	wantCode(t, "no price before the first list", err, fault.Refused, "price_missing")
}

func costAndFloor(t *testing.T, s *supply.Service) {
	ctx := t.Context()
	f, err := s.Floor(ctx, "road-1", "P3", "2023-09-10", "0.01")
	if err != nil {
		t.Fatal(err)
	}
	want := supply.Breakdown{Pack: money.Of(7_200_000, "CNY"), BOM: money.Of(6_000_000, "CNY"), Assembly: money.Of(720_000, "CNY"), Warranty: money.Of(430_000, "CNY")}
	if f.Pack != want.Pack || f.BOM != want.BOM || f.Assembly != want.Assembly || f.Warranty != want.Warranty || f.Supplier != "catl" || len(f.Parts) != 5 {
		t.Errorf("breakdown %+v", f.Breakdown)
	}
	if f.Minimum != money.Of(14_494_950, "CNY") { // 143,500 / 0.99 = 144,949.494…
		t.Errorf("floor %s", f.Minimum)
	}
	if f.Rate == nil || f.Rate.Rate != "7.20" {
		t.Errorf("the rate is not told: %+v", f.Rate)
	}
	// A new line and a new rate change what is built later, and no cost of before.
	l := Model().Lines[0]
	l.Unit, l.Valid.From = "48000", "2023-10-01"
	must(t)(s.AddLine(ctx, "", "road-1", l))
	must(t)(s.AddRate(ctx, supply.Rate{From: "USD", To: "CNY", Rate: "7.00", Date: "2023-09-15", Source: "round"}))
	if again, err := s.Floor(ctx, "road-1", "P3", "2023-09-10", "0.01"); err != nil || again.Minimum != f.Minimum {
		t.Errorf("the floor of the same day became %s (%v)", again.Minimum, err)
	}
	later, err := s.CostOf(ctx, "road-1", "P3", "2023-10-01")
	if err != nil || later.BOM != money.Of(5_800_000, "CNY") || later.Pack != want.Pack {
		t.Errorf("from October on %+v %v", later, err)
	}
	if q, err := s.CostOf(ctx, "road-1", "Q1", "2023-09-20"); err != nil || q.Pack != money.Of(6_895_000, "CNY") {
		t.Errorf("a pack received after the new rate costs %+v %v", q.Pack, err)
	}
	_, err = s.CostOf(ctx, "road-1", "P1", "2023-08-31")
	wantCode(t, "not received yet", err, fault.Refused, "pack_not_received")
	_, err = s.Floor(ctx, "road-1", "P1", "2023-09-10", "1")
	wantCode(t, "all margin and no cost", err, fault.Invalid, "margin")
	_, err = s.CostOf(ctx, "road-2", "P1", "2023-09-10")
	wantCode(t, "an unknown model", err, fault.NotFound, "model_unknown")
	other := Model()
	other.ID, other.Packs = "road-3", []string{"pack.nmc"}
	must(t)(s.AddModel(ctx, "", other))
	_, err = s.CostOf(ctx, "road-3", "P1", "2023-09-10")
	wantCode(t, "a pack that does not fit", err, fault.Refused, "pack_does_not_fit")
	yen := Model()
	yen.ID, yen.Currency = "road-4", "JPY"
	must(t)(s.AddModel(ctx, "", yen))
	_, err = s.CostOf(ctx, "road-4", "P1", "2023-09-10")
	wantCode(t, "no rate to yen", err, fault.Refused, "rate_missing")
}

func install(t *testing.T, s *supply.Service) {
	ctx := t.Context()
	must(t)(nil, s.Install(ctx, "P1", CarA, "2023-09-10"))
	must(t)(nil, s.Install(ctx, "P1", CarA, "2023-09-10"))
	wantCode(t, "the pack of another car", s.Install(ctx, "P1", CarB, "2023-09-10"), fault.Refused, "pack_installed")
	wantCode(t, "a second pack", s.Install(ctx, "P2", CarA, "2023-09-10"), fault.Refused, "car_has_pack")
	wantCode(t, "an unknown pack", s.Install(ctx, "P99", CarB, "2023-09-10"), fault.NotFound, "pack_unknown")
	wantCode(t, "no VIN", s.Install(ctx, "P2", "LRB", "2023-09-10"), fault.Invalid, "vin_length")
	wantCode(t, "before it came", s.Install(ctx, "P2", CarB, "2023-09-04"), fault.Refused, "pack_not_received")
	if p, err := s.Pack(ctx, "P1"); err != nil || p.VIN != CarA {
		t.Errorf("the pack says %q (%v)", p.VIN, err)
	}
}

func concurrentInstalls(t *testing.T, s *supply.Service) {
	var mu sync.Mutex
	var won []vin.VIN
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			v := car(100 + i)
			err := s.Install(t.Context(), "P1", v, "2023-09-10")
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won = append(won, v)
			} else if fault.CodeOf(err) != "pack_installed" {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Errorf("the pack is in %d cars", len(won))
	}
}

func pick(t *testing.T, s *supply.Service) {
	ctx := t.Context()
	for _, row := range []struct {
		why, supplier string
		on            period.Date
		want          string
	}{
		{"the cheapest of all", "", "2023-09-20", "Q1"},
		{"what has not come cannot be picked", "", "2023-09-19", "P3"},
		{"the cheapest of the one that is named", "catl", "2023-09-20", "P3"},
	} {
		if p, err := s.Pick(ctx, "road-1", row.supplier, row.on); err != nil || p.Serial != row.want {
			t.Errorf("%s: picked %q (%v), want %q", row.why, p.Serial, err, row.want)
		}
	}
	must(t)(nil, s.Install(ctx, "Q1", CarA, "2023-09-20"))
	if p, err := s.Pick(ctx, "road-1", "", "2023-09-20"); err != nil || p.Serial != "P3" {
		t.Errorf("picked %q (%v) although it is not the cheapest that is left", p.Serial, err)
	}
	_, err := s.Pick(ctx, "road-1", "", "2023-09-01")
	wantCode(t, "nothing has come yet", err, fault.Refused, "stock_empty")
}

func accrue(t *testing.T, s *supply.Service, said func(t *testing.T, name string) int) {
	ctx := t.Context()
	tariff := func(meter string, price money.Decimal, cur money.Currency, per int64, from period.Date) supply.Tariff {
		return supply.Tariff{Meter: meter, Supplier: "carrier", Currency: cur, Price: price, Per: per, Valid: period.Span{From: from}, Source: "assumed"}
	}
	must(t)(s.AddTariff(ctx, tariff("delivery.byte", "9.00", "CNY", 1_000_000_000, "2023-09-01")))
	must(t)(s.AddTariff(ctx, tariff("connectivity.car_month", "2", "USD", 0, "2023-09-01")))
	must(t)(s.AddTariff(ctx, tariff("connectivity.car_month", "3", "USD", 0, "2023-12-31")))
	_, err := s.AddTariff(ctx, func() supply.Tariff {
		x := tariff("delivery.byte", "8", "CNY", 1, "2023-09-01")
		x.ID = "other"
		return x
	}())
	wantCode(t, "two tariffs from one day on", err, fault.Refused, "tariff_ambiguous")
	for _, row := range []struct {
		why      string
		month    period.Month
		meter    string
		quantity money.Decimal
		minor    int64
	}{
		{"bytes by the gigabyte", "2023-10", "delivery.byte", "1234567890", 1111},
		{"dollars are converted", "2023-10", "connectivity.car_month", "1", 1440},
		{"the same again is the same", "2023-10", "connectivity.car_month", "1", 1440},
		{"the tariff of the month's last day", "2023-12", "connectivity.car_month", "1", 2160},
		{"too little to cost anything", "2023-11", "delivery.byte", "1", 0},
	} {
		c, err := s.Accrue(ctx, row.month, CarA, row.meter, row.quantity)
		if err != nil || c.Amount != money.Of(row.minor, "CNY") || c.Date != row.month.Last() || c.Supplier != "carrier" || c.ID == "" {
			t.Errorf("%s: %+v %v", row.why, c, err)
		}
	}
	_, err = s.Accrue(ctx, "2023-10", CarA, "connectivity.car_month", "2")
	wantCode(t, "another quantity", err, fault.Conflict, "idempotency_mismatch")
	_, err = s.Accrue(ctx, "2023-08", CarA, "connectivity.car_month", "1")
	wantCode(t, "before the first tariff", err, fault.NotFound, "tariff_missing")
	_, err = s.Accrue(ctx, "2023-10", CarB, "connectivity.car_month", "-1")
	wantCode(t, "a negative quantity", err, fault.Invalid, "quantity")
	if n := said(t, "supply.CostAccrued"); n != 3 {
		t.Errorf("%d costs were told of, want 3: each once, and none of nothing", n)
	}
}

func lists(t *testing.T, s *supply.Service) {
	ctx := t.Context()
	var ids []string
	for after := ""; ; {
		page, err := s.Suppliers(ctx, after, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page {
			ids = append(ids, p.ID)
		}
		if len(page) < 3 {
			break
		}
		after = page[len(page)-1].ID
	}
	if fmt.Sprint(ids) != "[byd calb carrier catl]" {
		t.Errorf("suppliers %v", ids)
	}
	ms, err := s.Models(ctx, "", 10)
	if err != nil || len(ms) != 1 || len(ms[0].Lines) != 4 {
		t.Errorf("models %+v %v", ms, err)
	}
	if cs, err := s.Contracts(ctx, "", 10); err != nil || len(cs) != 2 || cs[1].Prices[2].Unit != "9000" {
		t.Errorf("contracts %+v %v", cs, err)
	}
	if ls, err := s.Lots(ctx, "", 10); err != nil || len(ls) != 2 || len(ls[0].Serials) != 3 {
		t.Errorf("lots %+v %v", ls, err)
	}
	if rs, err := s.Rates(ctx, "", 10); err != nil || len(rs) != 1 {
		t.Errorf("rates %+v %v", rs, err)
	}
}
