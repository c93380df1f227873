package billing

import (
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/period"
)

// Row is the part of an obligation that is earned in one month. It never changes but to be released.
type Row struct {
	Obligation string         `json:"obligation"`
	Month      period.Month   `json:"month"`
	Amount     money.Amount   `json:"amount"`
	Account    ledger.Account `json:"account"`
	Dims       ledger.Dims    `json:"dims"`
	Released   bool           `json:"released"`
}

// Spread splits an amount over the months of a bounded, non-empty span, weighted by days, by largest remainder.
func Spread(a money.Amount, span period.Span) ([]period.Month, []money.Amount, error) {
	months := span.Months()
	days := make([]int64, len(months))
	for i, m := range months {
		days[i] = int64(m.Span().Overlap(span).Days())
	}
	parts, err := a.Allocate(days)
	return months, parts, err
}

// schedule lists the rows of all that the invoice defers.
func (i Invoice) schedule() ([]Row, error) {
	var rows []Row
	for _, l := range i.Lines {
		if !l.OverTime() || l.Amount.IsZero() {
			continue
		}
		months, parts, err := Spread(l.Amount, l.Service)
		if err != nil {
			return nil, err
		}
		for k, m := range months {
			if !parts[k].IsZero() {
				rows = append(rows, Row{Obligation: l.Obligation, Month: m, Amount: parts[k], Account: l.Account, Dims: i.Dims(l)})
			}
		}
	}
	return rows, nil
}

// release is the entry that earns the row.
func (r Row) release() ledger.Entry {
	return ledger.Entry{Ref: "recognise/" + r.Obligation + "/" + string(r.Month), Date: r.Month.Last(), Kind: "revenue.recognised",
		Postings: []ledger.Posting{{Debit: ledger.Deferred, Credit: r.Account, Amount: r.Amount, Dims: r.Dims}}}
}

// issue is the entry that claims the invoice; ok is false when it claims nothing.
func (i Invoice) issue() (e ledger.Entry, ok bool) {
	e = ledger.Entry{Ref: "invoice/" + i.ID + "/issue", Date: i.Date, Kind: "invoice.issued"}
	for _, l := range i.Lines {
		if l.Amount.IsZero() {
			continue
		}
		credit := l.Account
		if l.OverTime() {
			credit = ledger.Deferred
		}
		e.Postings = append(e.Postings, ledger.Posting{Debit: ledger.Receivable, Credit: credit, Amount: l.Amount, Dims: i.Dims(l)})
	}
	return e, len(e.Postings) > 0
}

// payment is the entry of a charge that succeeded; the provider's fee is spread over the lines by their amounts.
func (i Invoice) payment(p Payment) (ledger.Entry, error) {
	e := ledger.Entry{Ref: "payment/" + p.ID, Date: p.Date, Kind: "payment.received"}
	weights := make([]int64, len(i.Lines))
	for k, l := range i.Lines {
		weights[k] = l.Amount.Minor
		if !l.Amount.IsZero() {
			e.Postings = append(e.Postings, ledger.Posting{Debit: ledger.Cash, Credit: ledger.Receivable, Amount: l.Amount, Dims: i.Dims(l)})
		}
	}
	fees, err := p.Fee.Allocate(weights)
	if err != nil {
		return e, err
	}
	for k, fee := range fees {
		if !fee.IsZero() {
			e.Postings = append(e.Postings, ledger.Posting{Debit: ledger.CostPayment, Credit: ledger.Cash, Amount: fee, Dims: i.Dims(i.Lines[k])})
		}
	}
	return e, nil
}
