package console

import (
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"roadbook/fault"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
)

// Filter chooses entries: those with at least one posting that touches one of the accounts (any, when empty) and has
// the named dimensions (one of the products, any when there is none), booked in the month. It is the query string of /ledger.
type Filter struct {
	VIN      vin.VIN
	Accounts []ledger.Account
	Products []string
	Partner  string
	Month    period.Month
	Cursor   string
}

// MaxFilterText limits a product or partner name in a filter.
const MaxFilterText = 100

// ParseFilter reads a query string; a wrong field is refused by name and an unknown one too, so that a mistyped
// filter never shows more than was asked for.
func ParseFilter(q url.Values) (Filter, error) {
	var f Filter
	for name, values := range q {
		for _, v := range values {
			if v == "" {
				continue // an empty form field
			}
			if err := f.set(name, v); err != nil {
				return Filter{}, err
			}
		}
	}
	slices.Sort(f.Accounts)
	f.Accounts = slices.Compact(f.Accounts)
	slices.Sort(f.Products)
	f.Products = slices.Compact(f.Products)
	return f, nil
}

func (f *Filter) set(name, value string) error {
	switch name {
	case "vin":
		v, err := vin.Parse(strings.TrimSpace(value))
		if err != nil {
			return err
		}
		f.VIN = v
	case "account":
		if !slices.Contains(ledger.Accounts, ledger.Account(value)) {
			return fault.New(fault.Invalid, "account_unknown", "there is no account %.40q in the chart", value).At("/account")
		}
		f.Accounts = append(f.Accounts, ledger.Account(value))
	case "product", "partner":
		value = strings.TrimSpace(value)
		if len(value) > MaxFilterText {
			return fault.New(fault.Invalid, "too_long", "%s has more than %d bytes", name, MaxFilterText).At("/" + name)
		}
		switch {
		case name == "partner":
			f.Partner = value
		case value != "":
			f.Products = append(f.Products, value)
		}
	case "month":
		if _, err := period.ParseDate(value + "-01"); err != nil {
			return fault.New(fault.Invalid, "month", "%.40q is not a month of the form YYYY-MM", value).At("/month")
		}
		f.Month = period.Month(value)
	case "cursor":
		f.Cursor = value
	default:
		return fault.New(fault.Invalid, "filter_unknown", "%.40q is no filter; there are vin, account, product, partner, month", name)
	}
	return nil
}

// Query writes the filter as ParseFilter reads it.
func (f Filter) Query() url.Values {
	q := url.Values{}
	set := func(name, v string) {
		if v != "" {
			q.Set(name, v)
		}
	}
	set("vin", string(f.VIN))
	for _, a := range f.Accounts {
		q.Add("account", string(a))
	}
	for _, p := range f.Products {
		q.Add("product", p)
	}
	set("partner", f.Partner)
	set("month", string(f.Month))
	set("cursor", f.Cursor)
	return q
}

// Path is the address of the page that shows the entries.
func (f Filter) Path() templ.SafeURL {
	if q := f.Query().Encode(); q != "" {
		return templ.SafeURL("/ledger?" + q)
	}
	return "/ledger"
}

// matches reports whether the posting has the filter's dimensions; the accounts are looked at by Effect.
func (f Filter) matches(p ledger.Posting) bool {
	return (f.VIN == "" || p.Dims.Vehicle == string(f.VIN)) &&
		(len(f.Products) == 0 || slices.Contains(f.Products, p.Dims.Product)) &&
		(f.Partner == "" || p.Dims.Partner == f.Partner)
}

// Effect is what the entry adds to the filter's accounts, signed as a statement shows it: revenue and liabilities rise
// by a credit, assets by a debit, and a cost counts as negative. Summed over every matching entry it is the statement's
// figure. It is zero without an account, where there is no side to take.
func Effect(e ledger.Entry, f Filter) (money.Amount, error) {
	var sum money.Amount
	for _, p := range e.Postings {
		if !f.matches(p) {
			continue
		}
		for _, side := range []struct {
			account ledger.Account
			amount  money.Amount
		}{{p.Credit, p.Amount}, {p.Debit, p.Amount.Neg()}} {
			if !slices.Contains(f.Accounts, side.account) {
				continue
			}
			if strings.HasPrefix(string(side.account), "asset:") {
				side.amount = side.amount.Neg()
			}
			var err error
			if sum, err = sum.Add(side.amount); err != nil {
				return money.Amount{}, err
			}
		}
	}
	return sum, nil
}
