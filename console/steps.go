package console

import (
	"slices"

	"roadbook/ledger"
	"roadbook/money"
	"roadbook/outlook"
	"roadbook/vin"
)

// hardware are the accounts whose sum is the margin on the car itself.
var hardware = []ledger.Account{ledger.RevenueHardware, ledger.CostPack, ledger.CostBOM, ledger.CostAssembly, ledger.CostWarranty}

// behind is the filter that shows the entries behind a line of a statement.
func behind(s outlook.Statement, accounts []ledger.Account) Filter {
	return Filter{VIN: vin.VIN(s.VIN), Accounts: accounts}
}

// Steps turns a statement into a waterfall. The hardware lines become one step: beside the price of a car and the cost of
// its pack, a thousand times larger than what is earned later, nothing else could be seen.
func Steps(s outlook.Statement) ([]Step, error) {
	margin := Step{Label: "Hardware margin", Link: behind(s, hardware)}
	var rest []Step
	for _, l := range lines(s) {
		var err error
		switch {
		case isHardware(l):
			margin.Amount, err = margin.Amount.Add(l.Amount)
		case !l.Amount.IsZero():
			rest = append(rest, Step{Label: l.Label, Amount: l.Amount, Link: behind(s, l.Accounts)})
		}
		if err != nil {
			return nil, err
		}
	}
	if margin.Amount == (money.Amount{}) {
		margin.Amount.Currency = s.Net.Currency
	}
	steps := append([]Step{margin}, rest...)
	return append(steps, Step{Label: "Net", Amount: s.Net, Total: true, Link: behind(s, profitAndLoss(s))}), nil
}

func isHardware(l outlook.StatementLine) bool {
	for _, a := range l.Accounts {
		if !slices.Contains(hardware, a) {
			return false
		}
	}
	return len(l.Accounts) > 0
}

// profitAndLoss lists the accounts of all lines, once each.
func profitAndLoss(s outlook.Statement) []ledger.Account {
	var all []ledger.Account
	for _, l := range s.Lines {
		for _, a := range l.Accounts {
			if !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	return all
}

// lines returns the lines of a statement that are no sums of lines before them. A sum names only accounts that were named
// already (or none): it is shown in the table, and neither drawn nor added again.
func lines(s outlook.Statement) []outlook.StatementLine {
	var own []outlook.StatementLine
	for i, l := range s.Lines {
		if !isTotal(s.Lines, i) {
			own = append(own, l)
		}
	}
	return own
}

func isTotal(all []outlook.StatementLine, i int) bool {
	for _, a := range all[i].Accounts {
		if !slices.ContainsFunc(all[:i], func(l outlook.StatementLine) bool { return slices.Contains(l.Accounts, a) }) {
			return false
		}
	}
	return true
}

// software lists the accounts of a statement that are no part of the hardware margin.
func software(s outlook.Statement) []ledger.Account {
	return slices.DeleteFunc(profitAndLoss(s), func(a ledger.Account) bool { return slices.Contains(hardware, a) })
}
