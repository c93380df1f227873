package app

import (
	"context"
	"strconv"
	"strings"

	"roadbook/billing"
	"roadbook/console"
	"roadbook/fault"
	"roadbook/ledger"
	"roadbook/money"
)

// Ledger is a page of the entries that the filter selects. The total comes from the roll-up, which is the sum of the
// postings: it covers all pages and costs the same however many there are.
func (s *source) Ledger(ctx context.Context, f console.Filter) (console.Ledger, error) {
	before := int64(0)
	if f.Cursor != "" {
		text, err := readCursor(f.Cursor)
		if err != nil {
			return console.Ledger{}, err
		}
		if before, err = strconv.ParseInt(text, 10, 64); err != nil || before < 1 {
			return console.Ledger{}, errCursor(f.Cursor)
		}
	}
	which := ledger.Filter{Vehicle: string(f.VIN), Accounts: f.Accounts, Products: f.Products, Partner: f.Partner}
	if f.Month != "" {
		which.From, which.To = f.Month.First(), f.Month.Next().First()
	}
	entries, err := s.a.Ledger.Newest(ctx, which, before, console.PageSize+1)
	if err != nil {
		return console.Ledger{}, err
	}
	l := console.Ledger{AsOf: s.today(), Entries: entries}
	if len(entries) > console.PageSize {
		l.Entries = entries[:console.PageSize]
		l.Next = writeCursor(strconv.FormatInt(l.Entries[console.PageSize-1].Seq, 10))
	}
	if len(f.Accounts) == 0 {
		return l, nil
	}
	sums, err := s.a.Ledger.Balances(ctx, which)
	if err != nil {
		return console.Ledger{}, err
	}
	l.Total, err = total(sums)
	return l, err
}

// total adds balances up as console.Effect signs them. Amounts of several currencies have no sum: the zero Amount.
func total(sums []ledger.Sum) (money.Amount, error) {
	var all money.Amount
	for _, r := range sums {
		b := r.Balance()
		if !strings.HasPrefix(string(r.Account), "asset:") {
			b = b.Neg()
		}
		if all.Currency != "" && all.Currency != b.Currency {
			return money.Amount{}, nil
		}
		var err error
		if all, err = all.Add(b); err != nil {
			return money.Amount{}, err
		}
	}
	return all, nil
}

// Entry is an entry with what it was booked for and what followed.
func (s *source) Entry(ctx context.Context, seq int64) (console.Entry, error) {
	b, err := s.a.Ledger.Entry(ctx, seq)
	if err != nil {
		return console.Entry{}, err
	}
	e := console.Entry{Booked: b}
	e.Back, e.Ahead, err = s.trace(ctx, b)
	return e, err
}

// Invoice is an invoice by its id or, as people write it, by its number, with the entries that it led to.
func (s *source) Invoice(ctx context.Context, name string) (console.Invoice, error) {
	inv, err := s.invoice(ctx, name)
	if err != nil {
		return console.Invoice{}, err
	}
	out := console.Invoice{ID: inv.ID, Number: inv.Number, VIN: inv.VIN, Customer: inv.Customer, Issued: inv.Date,
		State: string(inv.Standing.State), Total: inv.Total}
	for _, l := range inv.Lines {
		out.Lines = append(out.Lines, console.InvoiceLine{SKU: string(l.SKU), Name: l.Name, Partner: l.Partner, Period: l.Service, Amount: l.Amount})
	}
	for _, ref := range s.refsOf(inv) {
		if out.Entries, err = s.appendEntry(ctx, out.Entries, ref); err != nil {
			return console.Invoice{}, err
		}
	}
	return out, nil
}

func (s *source) invoice(ctx context.Context, name string) (billing.Issued, error) {
	if digits, ok := strings.CutPrefix(strings.ToUpper(name), "INV-"); ok {
		if n, err := strconv.ParseInt(digits, 10, 64); err == nil && n > 0 {
			found, err := s.a.Billing.Invoices(ctx, billing.InvoiceQuery{After: n - 1, Limit: 1})
			if err != nil {
				return billing.Issued{}, err
			}
			if len(found) == 1 && strings.EqualFold(found[0].Number, name) {
				return found[0], nil
			}
		}
	}
	return s.a.Billing.Invoice(ctx, name)
}

// appendEntry appends the entry with the ref, if it is booked.
func (s *source) appendEntry(ctx context.Context, to []ledger.Booked, ref string) ([]ledger.Booked, error) {
	b, err := s.a.Ledger.EntryByRef(ctx, ref)
	if fault.KindOf(err) == fault.NotFound {
		return to, nil
	}
	if err != nil {
		return to, err
	}
	return append(to, b), nil
}
