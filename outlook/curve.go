package outlook

import (
	"strings"

	"roadbook/ledger"
	"roadbook/money"
)

// Curve says of one period what came in, what was put off and what was earned, and how things stood at its end. Cash,
// deferred and recognised are three curves: a term that is paid today is cash today, deferred today and recognised over its
// months.
//
// Always true, to the minor unit: Deferred = the Deferred before + Added − Released, and
// CashTotal + Receivable + Stock = NetTotal + Deferred + Owed. The last period's figures are the trial balance.
type Curve struct {
	Cash       money.Amount `json:"cash"`       // received, less fees; what is owed to suppliers is in Owed until it is paid
	Added      money.Amount `json:"added"`      // to what is deferred: invoiced and not yet earned
	Released   money.Amount `json:"released"`   // of what was deferred: earned, or taken back
	Recognised money.Amount `json:"recognised"` // earned: all revenue, whether it was deferred before or not
	Cost       money.Amount `json:"cost"`       // negative
	Net        money.Amount `json:"net"`        // Recognised + Cost

	CashTotal       money.Amount `json:"cash_total"`
	Deferred        money.Amount `json:"deferred"`
	RecognisedTotal money.Amount `json:"recognised_total"`
	NetTotal        money.Amount `json:"net_total"`
	Receivable      money.Amount `json:"receivable"`
	Stock           money.Amount `json:"stock"` // all other assets: what is built and not yet delivered
	Owed            money.Amount `json:"owed"`  // all other liabilities: to suppliers and partners, and set aside for repairs
}

// next returns the curve of the period after c that has these sums.
func (c Curve) next(currency money.Currency, sums []ledger.Sum) (Curve, error) {
	zero := money.Of(0, currency)
	n := c
	n.Cash, n.Added, n.Released, n.Recognised, n.Cost, n.Net = zero, zero, zero, zero, zero, zero
	var err error
	add := func(a money.Amount, into ...*money.Amount) {
		for _, t := range into {
			if err == nil {
				*t, err = t.Add(a)
			}
		}
	}
	for _, r := range sums {
		if r.Currency != currency {
			continue
		}
		class, _, _ := strings.Cut(string(r.Account), ":")
		switch b := r.Balance(); {
		case r.Account == ledger.Cash:
			add(b, &n.Cash, &n.CashTotal)
		case r.Account == ledger.Receivable:
			add(b, &n.Receivable)
		case class == "asset":
			add(b, &n.Stock)
		case r.Account == ledger.Deferred:
			add(money.Of(r.Credit, currency), &n.Added)
			add(money.Of(r.Debit, currency), &n.Released)
			add(b.Neg(), &n.Deferred)
		case class == "liability":
			add(b.Neg(), &n.Owed)
		case class == "revenue":
			add(b.Neg(), &n.Recognised, &n.RecognisedTotal, &n.Net, &n.NetTotal)
		case class == "cost":
			add(b.Neg(), &n.Cost, &n.Net, &n.NetTotal)
		}
	}
	return n, err
}

// flat is a curve on which nothing happened yet.
func flat(currency money.Currency) Curve {
	zero := money.Of(0, currency)
	return Curve{zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero}
}
