package partner

import (
	"context"
	"errors"
	"fmt"

	"roadbook/billing"
	"roadbook/fault"
	"roadbook/ledger"
	"roadbook/period"
)

// Books takes entries. The same ref with the same content is a no-op; with other content it is refused.
type Books interface {
	Post(ctx context.Context, e ledger.Entry) (ledger.Booked, error)
}

// Page is the number of rows that Close works on at a time; MaxMonths bounds the months that one Close catches up on.
const (
	Page      = 100
	MaxMonths = 1200
)

// Store keeps what partner knows. Every method is one transaction. Creating again with the same content answers what is
// stored; with other content it is idempotency_mismatch.
type Store interface {
	Create(ctx context.Context, p Partner) (Partner, error)
	Partner(ctx context.Context, id string) (Partner, error)
	Partners(ctx context.Context, after string, limit int) ([]Partner, error)

	// AddCard refuses a second card of a partner from the same day.
	AddCard(ctx context.Context, c RateCard) (RateCard, error)
	Cards(ctx context.Context, partner string) ([]RateCard, error)

	// Accrue stores an accrual for the statement of its month, or of the next open one. An accrual whose ref is there
	// already is answered as it was stored, with its own rate.
	Accrue(ctx context.Context, a Accrual) (stored Accrual, posted bool, err error)
	MarkPosted(ctx context.Context, ref string) error
	Unposted(ctx context.Context, after string, limit int) ([]Accrual, error)

	// Pay stores a payout likewise; it refuses more than is owed.
	Pay(ctx context.Context, p Payout) (stored Payout, posted bool, err error)
	UnpostedPayouts(ctx context.Context, after string, limit int) ([]Payout, error)

	// Open tells the first month that is not closed: after the last closed one, else that of the first accrual; empty: none.
	Open(ctx context.Context) (period.Month, error)
	// Close freezes every partner's statement of the month, which must be the open one; a closed one is left as it is.
	Close(ctx context.Context, m period.Month) error
	Statement(ctx context.Context, partner string, m period.Month) (Statement, error)
	Statements(ctx context.Context, partner string, after period.Month, limit int) ([]Statement, error)
}

// Service keeps accounts with partners.
type Service struct {
	store Store
	books Books
}

// New returns the service. It needs no clock: every date is a fact's own.
func New(store Store, books Books) *Service { return &Service{store: store, books: books} }

// Create takes up a partner.
func (s *Service) Create(ctx context.Context, p Partner) (Partner, error) {
	if err := p.Check(); err != nil {
		return Partner{}, err
	}
	return s.store.Create(ctx, p)
}

// Partner returns one partner.
func (s *Service) Partner(ctx context.Context, id string) (Partner, error) {
	return s.store.Partner(ctx, id)
}

// Partners lists partners by id.
func (s *Service) Partners(ctx context.Context, after string, limit int) ([]Partner, error) {
	return s.store.Partners(ctx, after, limit)
}

// AddCard agrees a share. The card that began last wins where two are valid.
func (s *Service) AddCard(ctx context.Context, c RateCard) (RateCard, error) {
	if err := c.Check(); err != nil {
		return RateCard{}, err
	}
	if _, err := s.store.Partner(ctx, c.Partner); err != nil {
		return RateCard{}, err
	}
	return s.store.AddCard(ctx, c)
}

// Cards lists a partner's rate cards by the day they begin.
func (s *Service) Cards(ctx context.Context, partner string) ([]RateCard, error) {
	return s.store.Cards(ctx, partner)
}

// OnInvoiced accrues the partners' shares of an invoice. A line that cannot be accrued does not hold up the others; the
// event comes again until its rate card is there.
func (s *Service) OnInvoiced(ctx context.Context, inv billing.Invoice) error {
	var failed error
	for _, l := range inv.Lines {
		if l.Partner == "" || l.Price.IsZero() {
			continue
		}
		if err := s.accrue(ctx, inv, l); err != nil {
			failed = errors.Join(failed, fmt.Errorf("share of %s in invoice %s line %d: %w", l.Partner, inv.ID, l.No, err))
		}
	}
	return failed
}

func (s *Service) accrue(ctx context.Context, inv billing.Invoice, l billing.InvoiceLine) error {
	p, err := s.store.Partner(ctx, l.Partner)
	if err != nil {
		return err
	}
	if p.Currency != l.Price.Currency {
		return fault.New(fault.Refused, "currency_mixed", "%s is settled in %s, not in %s", p.ID, p.Currency, l.Price.Currency)
	}
	cards, err := s.store.Cards(ctx, p.ID)
	if err != nil {
		return err
	}
	card, err := Effective(cards, inv.Date)
	if err != nil {
		return err
	}
	a, err := Accrue(inv, l, card)
	if err != nil {
		return err
	}
	a, posted, err := s.store.Accrue(ctx, a)
	if err != nil || posted {
		return err
	}
	return s.post(ctx, a)
}

func (s *Service) post(ctx context.Context, a Accrual) error {
	if !a.Share.IsZero() {
		if _, err := s.books.Post(ctx, a.entry()); err != nil {
			return err
		}
	}
	return s.store.MarkPosted(ctx, a.Ref)
}

// Pay books a payout, at most of what is owed.
func (s *Service) Pay(ctx context.Context, p Payout) (Payout, error) {
	if err := p.check(); err != nil {
		return Payout{}, err
	}
	who, err := s.store.Partner(ctx, p.Partner)
	if err != nil {
		return Payout{}, err
	}
	if p.Amount.Currency != who.Currency {
		return Payout{}, fault.New(fault.Invalid, "currency_mixed", "%s is settled in %s, not in %s", who.ID, who.Currency, p.Amount.Currency).At("/amount")
	}
	p, posted, err := s.store.Pay(ctx, p)
	if err != nil || posted {
		return p, err
	}
	return p, s.postPayout(ctx, p, who)
}

func (s *Service) postPayout(ctx context.Context, p Payout, who Partner) error {
	if _, err := s.books.Post(ctx, p.entry(who.Market)); err != nil {
		return err
	}
	return s.store.MarkPosted(ctx, p.Ref())
}

// Close freezes the statements of every month up to and including m. Again is fine.
func (s *Service) Close(ctx context.Context, m period.Month) error {
	if _, err := period.ParseDate(string(m) + "-01"); err != nil {
		return fault.New(fault.Invalid, "month", "%.20q is not a month YYYY-MM", string(m)).At("/month")
	}
	if err := s.repair(ctx); err != nil {
		return err
	}
	for range MaxMonths {
		open, err := s.store.Open(ctx)
		if err != nil || open == "" || open > m {
			return err
		}
		if err := s.store.Close(ctx, open); err != nil {
			return err
		}
	}
	return fault.New(fault.Refused, "close_too_long", "one close covers at most %d months", MaxMonths)
}

// repair posts what a crash left stored and not posted. Refs rise strictly, so it ends.
func (s *Service) repair(ctx context.Context) error {
	for after, n := "", Page; n == Page; {
		as, err := s.store.Unposted(ctx, after, Page)
		if err != nil {
			return err
		}
		for _, a := range as {
			if err := s.post(ctx, a); err != nil {
				return err
			}
			after = a.Ref
		}
		n = len(as)
	}
	for after, n := "", Page; n == Page; {
		ps, err := s.store.UnpostedPayouts(ctx, after, Page)
		if err != nil {
			return err
		}
		for _, p := range ps {
			who, err := s.store.Partner(ctx, p.Partner)
			if err != nil {
				return err
			}
			if err := s.postPayout(ctx, p, who); err != nil {
				return err
			}
			after = p.Ref()
		}
		n = len(ps)
	}
	return nil
}

// Statement returns a partner's statement of a month.
func (s *Service) Statement(ctx context.Context, partner string, m period.Month) (Statement, error) {
	return s.store.Statement(ctx, partner, m)
}

// Statements lists a partner's statements by month.
func (s *Service) Statements(ctx context.Context, partner string, after period.Month, limit int) ([]Statement, error) {
	return s.store.Statements(ctx, partner, after, limit)
}
