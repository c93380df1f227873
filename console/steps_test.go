package console

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roadbook/ledger"
	"roadbook/money"
	"roadbook/outlook"
)

func TestSteps(t *testing.T) {
	f := newFixture(t)
	steps, err := Steps(f.statement(f.car))
	if err != nil {
		t.Fatal(err)
	}
	if s := steps[0]; s.Label != "Hardware margin" || s.Amount != cny(230_000) || s.Link.VIN != f.car || len(s.Link.Accounts) != len(hardware) {
		t.Errorf("the hardware step is %+v", s)
	}
	var sum money.Amount
	for _, s := range steps[:len(steps)-1] {
		if sum, err = sum.Add(s.Amount); err != nil {
			t.Fatal(err)
		}
	}
	if last := steps[len(steps)-1]; !last.Total || last.Amount != sum {
		t.Errorf("the steps sum to %s, the total is %+v", sum, last)
	}
}

// A line that sums lines before it is in the table and is not counted twice in the drawing.
func TestStepsLeaveOutSums(t *testing.T) {
	s := newFixture(t).statement("")
	want, err := Steps(s)
	if err != nil {
		t.Fatal(err)
	}
	margin := outlook.StatementLine{Label: "Hardware margin", Amount: cny(230_000), Accounts: []ledger.Account{ledger.RevenueHardware, ledger.CostPack, ledger.CostBOM, ledger.CostWarranty}}
	s.Lines = slices.Insert(s.Lines, 4, margin)
	got, err := Steps(s)
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
}

func TestStepsRefuseMixedCurrencies(t *testing.T) {
	s := outlook.Statement{Lines: []outlook.StatementLine{
		{Label: "Revenue", Amount: cny(1), Accounts: []ledger.Account{ledger.RevenueHardware}},
		{Label: "Pack", Amount: money.Of(-1, "USD"), Accounts: []ledger.Account{ledger.CostPack}}}}
	if _, err := Steps(s); err == nil {
		t.Error("CNY and USD were added")
	}
}

func TestStepsOfAnEmptyFleet(t *testing.T) {
	steps, err := Steps(outlook.Statement{})
	if err != nil || len(steps) != 2 || len(Plot(steps).Bars) != 2 {
		t.Errorf("%v %v", steps, err)
	}
}
