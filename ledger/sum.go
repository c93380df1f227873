package ledger

import (
	"cmp"
	"slices"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
)

// Sum is one row of the roll-up: what was debited and credited to one account for one vehicle, product, partner and
// market in one month and currency. Wider sums have the dimensions that they are taken over empty.
type Sum struct {
	Account  Account        `json:"account"`
	Vehicle  string         `json:"vehicle,omitempty"`
	Product  string         `json:"product,omitempty"`
	Partner  string         `json:"partner,omitempty"`
	Market   string         `json:"market,omitempty"`
	Month    period.Month   `json:"month,omitempty"`
	Currency money.Currency `json:"currency"`
	Debit    int64          `json:"debit"`  // minor units
	Credit   int64          `json:"credit"` // minor units
}

// Balance is debits less credits: positive for costs and assets.
func (s Sum) Balance() money.Amount { return money.Of(s.Debit-s.Credit, s.Currency) }

// key is the row without its figures.
func (s Sum) key() Sum { s.Debit, s.Credit = 0, 0; return s }

func compareSums(a, b Sum) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Vehicle, b.Vehicle), cmp.Compare(a.Product, b.Product),
		cmp.Compare(a.Partner, b.Partner), cmp.Compare(a.Market, b.Market), cmp.Compare(a.Month, b.Month), cmp.Compare(a.Currency, b.Currency))
}

// RollUp adds up the postings of the entries, in the order of the rows' keys: two writers that upsert hot rows in one
// order cannot deadlock.
func RollUp(entries ...Entry) []Sum {
	at := map[Sum]Sum{}
	for _, e := range entries {
		for _, p := range e.Postings {
			k := Sum{Vehicle: p.Dims.Vehicle, Product: p.Dims.Product, Partner: p.Dims.Partner, Market: p.Dims.Market,
				Month: e.Date.Month(), Currency: p.Amount.Currency}
			k.Account = p.Debit
			addTo(at, k, p.Amount.Minor, 0)
			k.Account = p.Credit
			addTo(at, k, 0, p.Amount.Minor)
		}
	}
	return sorted(at)
}

// Fleet adds rows up over their vehicles, in the order of the rows' keys.
func Fleet(sums []Sum) []Sum {
	at := map[Sum]Sum{}
	for _, s := range sums {
		k := s.key()
		k.Vehicle = ""
		addTo(at, k, s.Debit, s.Credit)
	}
	return sorted(at)
}

// Wide adds rows up over all dimensions and months: one row per account and currency, sorted by SortSums.
func Wide(sums []Sum) []Sum {
	at := map[Sum]Sum{}
	for _, s := range sums {
		addTo(at, Sum{Account: s.Account, Currency: s.Currency}, s.Debit, s.Credit)
	}
	out := sorted(at)
	SortSums(out)
	return out
}

// Collect adds rows to those that are collected by their keys: a row without its figures is its key.
func Collect(at map[Sum]Sum, more []Sum) {
	for _, s := range more {
		addTo(at, s.key(), s.Debit, s.Credit)
	}
}

// Collected returns what was collected, sorted by SortSums.
func Collected(at map[Sum]Sum) []Sum {
	out := sorted(at)
	SortSums(out)
	return out
}

// SortSums sorts rows by account in the order of the chart, then by the other parts of their keys.
func SortSums(sums []Sum) {
	slices.SortFunc(sums, func(a, b Sum) int {
		return cmp.Or(cmp.Compare(slices.Index(Accounts, a.Account), slices.Index(Accounts, b.Account)), compareSums(a, b))
	})
}

func addTo(at map[Sum]Sum, key Sum, debit, credit int64) {
	s, ok := at[key]
	if !ok {
		s = key
	}
	s.Debit += debit
	s.Credit += credit
	at[key] = s
}

func sorted(at map[Sum]Sum) []Sum {
	out := make([]Sum, 0, len(at))
	for _, s := range at {
		out = append(out, s)
	}
	slices.SortFunc(out, compareSums)
	return out
}

// Filter selects postings. Empty fields select all. Entries have the grain of a day; sums have the grain of a month, and
// a month is in when any of its days in [From, To) is.
type Filter struct {
	Vehicle  string
	Accounts []Account // any of these, on either side
	Products []string  // any of these
	Partner  string
	From, To period.Date // half open; an empty bound is none
}

// Check refuses a filter that could only select nothing by mistake.
func (f Filter) Check() error {
	for _, a := range f.Accounts {
		if !known(a) {
			return fault.New(fault.Invalid, "account_unknown", "account %q is not in the chart", a).At("/account")
		}
	}
	if len(f.Products) > MaxPostings {
		return fault.New(fault.Invalid, "products", "at most %d products are selected at once, not %d", MaxPostings, len(f.Products)).At("/product")
	}
	for at, d := range map[string]period.Date{"/from": f.From, "/to": f.To} {
		if _, err := period.ParseDate(string(d)); d != "" && err != nil {
			return fault.New(fault.Invalid, "date", "%.40q is not a date of the form YYYY-MM-DD", d).At(at)
		}
	}
	return nil
}

// Months returns the first and the last month that the filter's dates touch; an empty one is no bound.
func (f Filter) Months() (first, last period.Month) {
	if f.From != "" {
		first = f.From.Month()
	}
	if f.To != "" {
		last = f.To.AddDays(-1).Month()
	}
	return first, last
}
