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
	for _, l := range s.Lines {
		var err error
		switch {
		case isTotal(l):
			continue // a sum of lines that are drawn themselves
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
			if !isTotal(l) && !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	return all
}

// isTotal reports whether the line repeats the sum of lines before it.
func isTotal(l outlook.StatementLine) bool { return len(l.Accounts) == 0 }

// software lists the accounts of a statement that are no part of the hardware margin.
func software(s outlook.Statement) []ledger.Account {
	return slices.DeleteFunc(profitAndLoss(s), func(a ledger.Account) bool { return slices.Contains(hardware, a) })
}
