package billingtest

import (
	"context"
	"errors"

	"roadbook/billing"
	"roadbook/ledger"
	"roadbook/period"
)

// ErrCrash is what every call answers once the process is dead.
var ErrCrash = errors.New("the process died")

// Crash kills a process at its In-th effect: before it, or after it when the effect is made and its answer is lost.
// From then on every effect fails, until a new Crash takes its place.
type Crash struct {
	In    int // 0: never
	After bool
	Done  int // effects so far
	dead  bool
}

func (c *Crash) effect(do func() error) error {
	if c.dead {
		return ErrCrash
	}
	c.Done++
	if c.Done != c.In {
		return do()
	}
	c.dead = true
	if c.After {
		return errors.Join(ErrCrash, do())
	}
	return ErrCrash
}

// Mortal is a Store, Books and Provider of a process that may die. Reads live on; they have no effect.
type Mortal struct {
	billing.Store
	Books    billing.Books
	Provider billing.Provider
	Crash    *Crash
}

// Open may die.
func (m *Mortal) Open(ctx context.Context, op billing.Opening) (out billing.Issued, err error) {
	err = m.Crash.effect(func() (err error) { out, err = m.Store.Open(ctx, op); return err })
	return out, err
}

// Issue may die.
func (m *Mortal) Issue(ctx context.Context, is billing.Issue) (out billing.Issued, err error) {
	err = m.Crash.effect(func() (err error) { out, err = m.Store.Issue(ctx, is); return err })
	return out, err
}

// MarkPosted may die.
func (m *Mortal) MarkPosted(ctx context.Context, id string) error {
	return m.Crash.effect(func() error { return m.Store.MarkPosted(ctx, id) })
}

// Decline may die.
func (m *Mortal) Decline(ctx context.Context, d billing.Decline) error {
	return m.Crash.effect(func() error { return m.Store.Decline(ctx, d) })
}

// Settle may die.
func (m *Mortal) Settle(ctx context.Context, p billing.Payment, e billing.Paid) error {
	return m.Crash.effect(func() error { return m.Store.Settle(ctx, p, e) })
}

// Step may die.
func (m *Mortal) Step(ctx context.Context, s billing.Subscription) error {
	return m.Crash.effect(func() error { return m.Store.Step(ctx, s) })
}

// CloseMonth may die.
func (m *Mortal) CloseMonth(ctx context.Context, mo period.Month) error {
	return m.Crash.effect(func() error { return m.Store.CloseMonth(ctx, mo) })
}

// Record may die.
func (m *Mortal) Record(ctx context.Context, us []billing.Usage) (out []billing.Outcome, err error) {
	err = m.Crash.effect(func() (err error) { out, err = m.Store.Record(ctx, us); return err })
	return out, err
}

// Release may die.
func (m *Mortal) Release(ctx context.Context, obligation string, mo period.Month) error {
	return m.Crash.effect(func() error { return m.Store.Release(ctx, obligation, mo) })
}

// SetProgress may die.
func (m *Mortal) SetProgress(ctx context.Context, day period.Date) error {
	return m.Crash.effect(func() error { return m.Store.SetProgress(ctx, day) })
}

// Post may die.
func (m *Mortal) Post(ctx context.Context, e ledger.Entry) (out ledger.Booked, err error) {
	err = m.Crash.effect(func() (err error) { out, err = m.Books.Post(ctx, e); return err })
	return out, err
}

// Charge may die.
func (m *Mortal) Charge(ctx context.Context, r billing.ChargeRequest) (out billing.Charge, err error) {
	err = m.Crash.effect(func() (err error) { out, err = m.Provider.Charge(ctx, r); return err })
	return out, err
}
