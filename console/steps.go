package console

import (
	"slices"

	"github.com/a-h/templ"

	"roadbook/ledger"
	"roadbook/money"
	"roadbook/outlook"
	"roadbook/vin"
)

// behind is the filter that shows the entries behind accounts of a statement, of some products or of all.
func behind(s outlook.Statement, accounts []ledger.Account, products ...string) Filter {
	return Filter{VIN: vin.VIN(s.VIN), Accounts: accounts, Products: products}
}

// entries is the address of the entries that make a line's amount. It is empty when there are none, and when no filter
// shows just them: a total over lines that take different products of one account leads to its parts instead.
func entries(s outlook.Statement, l outlook.StatementLine) templ.SafeURL {
	if l.Link == "" || slices.Contains(l.Products, "") || l.Total && slices.ContainsFunc(s.Lines, func(part outlook.StatementLine) bool {
		return len(part.Products) > 0 && slices.ContainsFunc(part.Accounts, func(a ledger.Account) bool { return slices.Contains(l.Accounts, a) })
	}) {
		return ""
	}
	return behind(s, l.Accounts, l.Products...).Path()
}

// row is the id of a line's row in the table of the statement, and rowPath its address within the page.
func row(key string) string { return "line-" + key }

func rowPath(key string) templ.SafeURL { return templ.SafeURL("#" + row(key)) }

// netPath leads to the entries behind the net result: those of all lines, once each.
func netPath(s outlook.Statement) templ.SafeURL {
	var all []ledger.Account
	for _, l := range s.Lines {
		for _, a := range l.Accounts {
			if !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	return behind(s, all).Path()
}

// Steps turns a statement into a waterfall whose steps sum up to the net. The lines up to the hardware margin become one
// step: beside the price of a car and the cost of its pack, a thousand times larger than what is earned later, nothing
// else could be seen. That step leads to the table of its parts, every other one to its entries.
func Steps(s outlook.Statement) ([]Step, error) {
	margin := Step{Label: "Hardware margin", Link: rowPath(outlook.HardwareMargin)}
	var rest []Step
	hardware := slices.ContainsFunc(s.Lines, isMargin)
	for _, l := range s.Lines {
		var err error
		switch {
		case isMargin(l):
			hardware = false
		case l.Total: // sums lines that are steps of their own
		case hardware:
			margin.Amount, err = margin.Amount.Add(l.Amount)
		case !l.Amount.IsZero():
			rest = append(rest, Step{Label: l.Label, Amount: l.Amount, Link: entries(s, l)})
		}
		if err != nil {
			return nil, err
		}
	}
	if margin.Amount == (money.Amount{}) {
		margin.Amount.Currency = s.Net.Currency
	}
	steps := append([]Step{margin}, rest...)
	return append(steps, Step{Label: "Net", Amount: s.Net, Total: true, Link: netPath(s)}), nil
}

func isMargin(l outlook.StatementLine) bool { return l.Total && l.Key == outlook.HardwareMargin }
