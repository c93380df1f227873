package billing

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"roadbook/fault"
	"roadbook/id"
	"roadbook/money"
	"roadbook/period"
)

// Provider moves money. The same Key is the same charge, whatever happened to the first answer; an error of kind Unknown
// or Unavailable leaves open whether it was made, and the same request may be sent again.
type Provider interface {
	Charge(ctx context.Context, r ChargeRequest) (Charge, error)
}

// ChargeRequest asks for an invoice's total.
type ChargeRequest struct {
	Key      string // chosen before asking: one per attempt
	Amount   money.Amount
	Customer string
	Invoice  string
}

// ChargeResult is how a charge ended.
type ChargeResult string

// The results of a charge.
const (
	Succeeded    ChargeResult = "succeeded"
	SoftDeclined ChargeResult = "soft_declined" // may work later
	HardDeclined ChargeResult = "hard_declined" // will not work by itself
)

// Charge is the provider's answer.
type Charge struct {
	ID     string
	Result ChargeResult
	Reason string       // of a decline
	Fee    money.Amount // what the provider keeps
}

// Payment is a charge that succeeded.
type Payment struct {
	ID      string // id.From("pay", invoice, attempt)
	Invoice string
	Attempt int
	Date    period.Date
	Amount  money.Amount
	Fee     money.Amount
	Charge  string // the provider's id
}

// Decline is a charge that did not.
type Decline struct {
	Invoice string
	Attempt int
	Date    period.Date
	Hard    bool
	Reason  string
	Charge  string
	Next    period.Date // of the next attempt; empty: none by itself
}

// MaxAsks bounds how often one charge is asked for when the answer is lost.
const MaxAsks = 3

// errProvider marks a charge whose outcome is not known: other invoices need not wait for it.
var errProvider = errors.New("the payment provider gave no answer")

// collect charges the invoice if an attempt is due by the day. The attempt's date is the day on which it was due, so
// that a charge made late because of a crash is booked as if nothing had happened.
func (s *Service) collect(ctx context.Context, inv Issued, by period.Date) error {
	st := inv.Standing
	if st.State == Settled || st.NextCharge == "" || st.NextCharge > by {
		return nil
	}
	return s.attempt(ctx, inv, st.NextCharge)
}

// Charge tries again to collect an invoice that is past due, on the given day: the customer has a new card. The day is
// stored before the charge, so that whoever finishes it after a crash books the same.
func (s *Service) Charge(ctx context.Context, invoiceID string, day period.Date) (Issued, error) {
	inv, err := s.store.Invoice(ctx, invoiceID)
	if err != nil {
		return Issued{}, err
	}
	if day < inv.Date {
		return Issued{}, fault.New(fault.Invalid, "date", "an invoice of %s is not charged on %s", inv.Date, day).At("/date")
	}
	if err := s.post(ctx, &inv); err != nil {
		return Issued{}, err
	}
	if inv, err = s.store.Schedule(ctx, inv, day); err != nil {
		return Issued{}, err
	}
	if err := s.collect(ctx, inv, day); err != nil {
		return Issued{}, err
	}
	return s.store.Invoice(ctx, invoiceID)
}

// attempt charges, books and only then marks: a crash in between leaves the attempt as it was, and its repetition finds
// the same charge by its key and the same entry by its ref.
func (s *Service) attempt(ctx context.Context, inv Issued, day period.Date) error {
	n := inv.Standing.Attempts
	p := Payment{ID: id.From("pay", inv.ID, strconv.Itoa(n)), Invoice: inv.ID, Attempt: n, Date: day, Amount: inv.Total}
	if inv.Total.IsZero() {
		return s.store.Settle(ctx, p, inv.paid(day))
	}
	c, err := s.ask(ctx, ChargeRequest{Key: p.ID, Amount: inv.Total, Customer: inv.Customer, Invoice: inv.ID})
	if err != nil {
		return err
	}
	switch c.Result {
	case Succeeded:
		p.Fee, p.Charge = c.Fee, c.ID
		e, err := inv.payment(p)
		if err != nil {
			return err
		}
		if _, err := s.books.Post(ctx, e); err != nil {
			return err
		}
		return s.store.Settle(ctx, p, inv.paid(day))
	case SoftDeclined, HardDeclined:
		d := Decline{Invoice: inv.ID, Attempt: n, Date: day, Hard: c.Result == HardDeclined, Reason: c.Reason, Charge: c.ID}
		if !d.Hard && n < len(s.cfg.Ladder) {
			d.Next = max(inv.Date.AddDays(s.cfg.Ladder[n]), day.AddDays(1))
		}
		return s.store.Decline(ctx, d)
	}
	return fmt.Errorf("the payment provider answers %q, which is no result", c.Result)
}

func (s *Service) ask(ctx context.Context, r ChargeRequest) (Charge, error) {
	for ask := 1; ; ask++ {
		c, err := s.provider.Charge(ctx, r)
		if err == nil {
			return c, nil
		}
		k := fault.KindOf(err)
		lost := k == fault.Unknown || k == fault.Unavailable
		if !lost || ctx.Err() != nil {
			return Charge{}, err
		}
		if ask == MaxAsks {
			return Charge{}, fmt.Errorf("%w to %d requests for invoice %s: %w", errProvider, ask, r.Invoice, err)
		}
	}
}
