package console

import (
	"testing"

	"github.com/a-h/templ"

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
	if s := steps[0]; s.Label != "Hardware margin" || s.Amount != cny(218_000) || s.Link != "#line-hardware_margin" {
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

// A line leads to just its entries, or nowhere.
func TestEntriesBehindALine(t *testing.T) {
	s := newFixture(t).statement("")
	for _, tc := range []struct {
		reason string
		line   outlook.StatementLine
		want   templ.SafeURL
	}{
		{"an account of its own", s.Lines[1], "/ledger?account=cost%3Apack"},
		{"one account, told apart by its products", s.Lines[len(s.Lines)-1], "/ledger?account=cost%3Apayment&product=app.karaoke&product=pilot.highway"},
		{"a total with a part of an account would show the other part too", s.Lines[5], ""},
		{"a total of whole accounts", outlook.StatementLine{Total: true, Accounts: []ledger.Account{ledger.CostPack, ledger.CostBOM}, Link: "x"}, "/ledger?account=cost%3Apack&account=cost%3Abom"},
		{"nothing is booked", outlook.StatementLine{Accounts: []ledger.Account{ledger.CostPayment}}, ""},
		{"entries without a product cannot be asked for", outlook.StatementLine{Accounts: []ledger.Account{ledger.CostPayment}, Products: []string{"", "a"}, Link: "x"}, ""},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			if got := entries(s, tc.line); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

func TestStepsRefuseMixedCurrencies(t *testing.T) {
	s := outlook.Statement{Lines: []outlook.StatementLine{
		{Label: "Revenue", Amount: cny(1), Accounts: []ledger.Account{ledger.RevenueHardware}},
		{Label: "Pack", Amount: money.Of(-1, "USD"), Accounts: []ledger.Account{ledger.CostPack}},
		{Key: outlook.HardwareMargin, Total: true}}}
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
