package app_test

import (
	"testing"

	"roadbook/app"
	"roadbook/evidence"
	"roadbook/money"
	"roadbook/outlook"
	"roadbook/outlook/forecast"
)

const learnCase = `
name: learns
currency: CNY
as_of: 2026-11-01
start: 2027Q1
quarters: 8
defaults: {who: test, vintage: 2026-10-01}
inputs:
  - {name: cars, unit: cars, dist: fixed, value: 1000, source: assumed, date: 2026-10-01, level: A}
  - {name: price, unit: CNY, dist: fixed, value: 200000, source: assumed, date: 2026-10-01, level: A}
  - {name: margin, unit: share, dist: fixed, value: 0.1, source: assumed, date: 2026-10-01, level: A}
  - {name: attach, unit: share, dist: beta, a: 2, b: 8, source: assumed, date: 2026-10-01, level: A}
  - {name: renewal, unit: share, dist: beta, a: 3, b: 3, source: assumed, date: 2026-10-01, level: A}
  - {name: churn, unit: share, dist: beta, a: 1, b: 9, source: assumed, date: 2026-10-01, level: A}
  - {name: known, unit: share, dist: fixed, value: 0.3, source: assumed, date: 2026-10-01, level: A}
  - {name: bundle, unit: quarters, dist: fixed, value: 2, source: assumed, date: 2026-10-01, level: A}
  - {name: fee, unit: CNY, dist: fixed, value: 99, source: assumed, date: 2026-10-01, level: A}
  - {name: line, unit: CNY, dist: lognormal, p5: 7, p95: 20, source: assumed, date: 2026-10-01, level: A}
models:
  - {id: m, volume: {base: cars}, price: {base: price}, gross_margin: {base: margin}}
products:
  - {id: pilot.month, attach: {base: attach}, bundle: {quarters: bundle}, renewal: renewal, churn: churn, arpu: {base: fee}}
  - {id: radio, attach: {base: known}, arpu: {base: fee}}
running:
  connectivity: {base: line}
`

func TestLessons(t *testing.T) {
	c, err := forecast.Parse([]byte(learnCase))
	if err != nil {
		t.Fatal(err)
	}
	ev := evidence.Evidence{Source: "/v1/outlook/cohorts/2026Q1", Date: "2026-10-31", Vintage: "2026-10-31", Who: "ledger", Level: evidence.Reported}
	cost := func(fen, months int64) outlook.UnitCost {
		return outlook.UnitCost{Key: "connectivity_cost", Total: money.Of(fen, "CNY"), CarMonths: months, Evidence: ev}
	}
	seen := outlook.Observations{AsOf: "2026-10-31", Currency: "CNY",
		Products: []outlook.Observation{
			{Cohort: "2026Q1", Sold: 60, Uptake: outlook.Uptake{SKU: "pilot.month", Attached: 21, Ended: 40, Renewed: 10, AtRisk: 200, Churned: 20}, Evidence: ev},
			{Cohort: "2026Q2", Sold: 40, Uptake: outlook.Uptake{SKU: "pilot.month", Attached: 9, AtRisk: 100, Churned: 10}, Evidence: ev},
			{Cohort: "2026Q1", Sold: 60, Uptake: outlook.Uptake{SKU: "radio", Attached: 50}, Evidence: ev},
			{Cohort: "2026Q1", Sold: 60, Uptake: outlook.Uptake{SKU: "something.else", Attached: 50}, Evidence: ev},
		},
		Costs: []outlook.UnitCost{cost(144_000, 100), cost(160_000, 100), {Key: "delivery", Total: money.Of(9, "CNY"), CarMonths: 1, Evidence: ev}},
	}
	learned := app.Lessons(c, seen)
	want := map[string][2]int64{ // trials, successes
		"attach":  {100, 30},
		"renewal": {40, 10},
		"churn":   {100, 27}, // 10 % of the months are 27.1 % of the quarters
		"line":    {0, 0},
	}
	if len(learned) != len(want) {
		t.Fatalf("%d lessons: %+v, want %d: what is known is not learned, what the case does not name neither", len(learned), learned, len(want))
	}
	for _, o := range learned {
		if w, ok := want[o.Input]; !ok || o.Trials != w[0] || o.Successes != w[1] {
			t.Errorf("%s: %d of %d, want %v", o.Input, o.Successes, o.Trials, w)
		}
		if o.Input == "line" && (o.Mean == nil || *o.Mean != 15.2 || o.N != 2) {
			t.Errorf("connectivity %+v, want a mean of 15.20 CNY over two cohorts", o)
		}
	}
	after, updates, err := c.With(learned)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range updates {
		if u.Input == "attach" && (u.Before.Mean != 0.2 || u.After.Mean < 0.28 || u.After.Mean > 0.3) {
			t.Errorf("attach goes from %g to %g: 2+30 of 10+100 is 0.29", u.Before.Mean, u.After.Mean)
		}
	}
	if err := after.Check(); err != nil {
		t.Error(err)
	}
	if none := app.Lessons(c, outlook.Observations{AsOf: "2026-10-31", Currency: "CNY"}); len(none) != 0 {
		t.Errorf("a fleet without cohorts teaches %+v", none)
	}
}
