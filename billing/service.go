package billing

import (
	"context"

	"roadbook/fault"
	"roadbook/ledger"
	"roadbook/offer"
	"roadbook/period"
	"roadbook/vin"
)

// Books takes entries. The same ref with the same content is a no-op; with other content it is refused.
type Books interface {
	Post(ctx context.Context, e ledger.Entry) (ledger.Booked, error)
}

// Store keeps what billing knows. Every method is one transaction; a repeated call has no second effect.
type Store interface {
	// Open stores an order's contract with all that it brings and numbers its invoice, saying Invoiced. A contract that is
	// already there with the same digest answers its invoice; with another digest it is idempotency_mismatch.
	Open(ctx context.Context, op Opening) (Issued, error)
	// Issue stores and numbers an invoice with its rows and ratings, and takes the renewed subscription a step on if it
	// still stands at is.Renewed. Says Invoiced. An invoice that is already there is answered as it is.
	Issue(ctx context.Context, is Issue) (Issued, error)
	Contract(ctx context.Context, orderID string) (Contract, error)
	Invoice(ctx context.Context, id string) (Issued, error)
	Invoices(ctx context.Context, q InvoiceQuery) ([]Issued, error)

	// Unposted and DueCharges list by id, strictly after the given one: invoices the ledger lacks; and posted ones that
	// are unpaid and whose next attempt is due by day.
	Unposted(ctx context.Context, after string, limit int) ([]Issued, error)
	DueCharges(ctx context.Context, day period.Date, after string, limit int) ([]Issued, error)
	MarkPosted(ctx context.Context, invoiceID string) error
	// Schedule brings an unpaid invoice's next attempt forward to the day, or sets it where none is due; if the invoice
	// still waits for the attempt that inv tells. It answers the invoice as it then is.
	Schedule(ctx context.Context, inv Issued, day period.Date) (Issued, error)
	// Decline and Settle record an attempt, if the invoice still waits for that attempt. Settle says Paid.
	Decline(ctx context.Context, d Decline) error
	Settle(ctx context.Context, p Payment, event Paid) error

	Subscription(ctx context.Context, id string) (Subscription, error)
	Subscriptions(ctx context.Context, q SubscriptionQuery) ([]Subscription, error)
	// Subscriptions are PastDue while an invoice of their order dated before Due is.
	// DueSubscriptions lists those that are not ended and whose next period begins by day, by id, strictly after the given one.
	DueSubscriptions(ctx context.Context, day period.Date, after string, limit int) ([]Subscription, error)
	// Step puts s.Step() in the place of s, if s still stands at s.Next.
	Step(ctx context.Context, s Subscription) error
	// Cancel makes an active subscription Cancelling.
	Cancel(ctx context.Context, id string) (Subscription, error)

	// Record counts checked events, each by Assign and each once, in the order given.
	Record(ctx context.Context, us []Usage) ([]Outcome, error)
	// CloseMonth makes later usage of the month, and of those before, fall to the next.
	CloseMonth(ctx context.Context, m period.Month) error
	// MeteredOrders lists the orders with usage to be billed with the month, by id; Metering tells an order's, by meter and service month.
	MeteredOrders(ctx context.Context, m period.Month, after string, limit int) ([]string, error)
	Metering(ctx context.Context, orderID string, m period.Month) ([]Metering, error)

	// DueRows lists rows of the month and those before that are not released, in a fixed order; Release marks one.
	DueRows(ctx context.Context, m period.Month, limit int) ([]Row, error)
	Release(ctx context.Context, obligation string, m period.Month) error

	// AddLicence stores a licence with its invoice (nil: none), and AddUnits a report with its. The same content again
	// answers what is stored, another content under the id is idempotency_mismatch.
	AddLicence(ctx context.Context, l Licence, is *Issue) (Licence, error)
	AddUnits(ctx context.Context, u Units, is *Issue) error
	Licence(ctx context.Context, id string) (Licence, error)
	Licences(ctx context.Context, after string, limit int) ([]Licence, error)
	Reported(ctx context.Context, licenceID string) ([]Units, error)

	// TakenUp reads the contracts and subscriptions of the cars, and the ids of what was paid for with more than nothing: of
	// orders, by an invoice that is not for use, and of meters.
	TakenUp(ctx context.Context, cars []vin.VIN) ([]Contract, []Subscription, map[string]bool, error)
	// Leave makes the customer's active subscriptions of the car Cancelling, and ends those of its meters that have no end
	// yet on the day, of those that were begun by the day. It answers all of these, also when they had ended before.
	Leave(ctx context.Context, v vin.VIN, customer string, on period.Date) ([]Subscription, []Meter, error)

	// Progress tells the day of the first contract or licence (empty: none) and the day through which Run is complete (empty: none).
	Progress(ctx context.Context) (first, through period.Date, err error)
	SetProgress(ctx context.Context, through period.Date) error
}

// Page is the number of rows that Run works on at a time.
const Page = 100

// InvoiceQuery selects invoices in the order of their numbers. Zero fields select all.
type InvoiceQuery struct {
	VIN      vin.VIN
	Licences bool // only those of licences, which have no car
	State    State
	After    int64 // number
	Limit    int
}

// SubscriptionQuery selects subscriptions in the order of their ids. Zero fields select all.
type SubscriptionQuery struct {
	VIN   vin.VIN
	After string
	Limit int
}

// Config holds what a maker decides.
type Config struct {
	Entity string // legal entity that issues the invoices
	Ladder []int  // days after the invoice's date on which a soft decline is tried again
}

// DefaultConfig retries on days 1, 3, 5 and 7.
func DefaultConfig() Config { return Config{Entity: "maker", Ladder: []int{1, 3, 5, 7}} }

// Check refuses a configuration that cannot work.
func (c Config) Check() error {
	if c.Entity == "" {
		return fault.New(fault.Invalid, "entity", "billing needs the name of the legal entity")
	}
	last := 0
	for _, d := range c.Ladder {
		if d <= last {
			return fault.New(fault.Invalid, "ladder", "the days of the dunning ladder rise from 1: %v", c.Ladder)
		}
		last = d
	}
	return nil
}

// Service bills.
type Service struct {
	store    Store
	books    Books
	provider Provider
	cfg      Config
}

// New returns the service. It needs no clock: every date is a fact's own.
func New(store Store, books Books, provider Provider, cfg Config) (*Service, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	return &Service{store: store, books: books, provider: provider, cfg: cfg}, nil
}

// OnPlaced takes up an order: contract, subscriptions, meters, and the invoice for what is due now, which is posted and
// charged. An error after the invoice is stored leaves it for the next call, [Service.OnInvoiced] or [Service.Run].
func (s *Service) OnPlaced(ctx context.Context, e offer.Placed) error {
	op, err := open(s.cfg.Entity, e.Order)
	if err != nil {
		return err
	}
	inv, err := s.store.Open(ctx, op)
	if err != nil {
		return err
	}
	return s.settle(ctx, inv, inv.Date)
}

// OnInvoiced brings an invoice to the ledger and charges it, unless that is done.
func (s *Service) OnInvoiced(ctx context.Context, e Invoiced) error {
	inv, err := s.store.Invoice(ctx, e.Invoice.ID)
	if err != nil {
		return err
	}
	return s.settle(ctx, inv, inv.Date)
}

// settle posts and charges as far as that is due by the day.
func (s *Service) settle(ctx context.Context, inv Issued, by period.Date) error {
	if err := s.post(ctx, &inv); err != nil {
		return err
	}
	return s.collect(ctx, inv, by)
}

func (s *Service) post(ctx context.Context, inv *Issued) error {
	if inv.Standing.Posted {
		return nil
	}
	if e, ok := inv.issue(); ok {
		if _, err := s.books.Post(ctx, e); err != nil {
			return err
		}
	}
	inv.Standing.Posted = true
	return s.store.MarkPosted(ctx, inv.ID)
}

// Contract returns the contract of an order.
func (s *Service) Contract(ctx context.Context, orderID string) (Contract, error) {
	return s.store.Contract(ctx, orderID)
}

// Invoice returns one invoice.
func (s *Service) Invoice(ctx context.Context, id string) (Issued, error) {
	return s.store.Invoice(ctx, id)
}

// Invoices lists invoices.
func (s *Service) Invoices(ctx context.Context, q InvoiceQuery) ([]Issued, error) {
	return s.store.Invoices(ctx, q)
}

// Subscription returns one subscription.
func (s *Service) Subscription(ctx context.Context, id string) (Subscription, error) {
	return s.store.Subscription(ctx, id)
}

// Subscriptions lists subscriptions.
func (s *Service) Subscriptions(ctx context.Context, q SubscriptionQuery) ([]Subscription, error) {
	return s.store.Subscriptions(ctx, q)
}

// Cancel ends a subscription with the period that is already invoiced. Twice is fine.
func (s *Service) Cancel(ctx context.Context, id string) (Subscription, error) {
	return s.store.Cancel(ctx, id)
}

// RecordUsage counts a batch of events; each has its own outcome, in the order given. It answers after the commit.
func (s *Service) RecordUsage(ctx context.Context, us []Usage) ([]Outcome, error) {
	if len(us) > MaxUsageBatch {
		return nil, fault.New(fault.Invalid, "batch", "a batch has at most %d events, this one %d", MaxUsageBatch, len(us))
	}
	out := make([]Outcome, len(us))
	var good []Usage
	var at []int
	for i, u := range us {
		if err := u.Check(); err != nil {
			out[i] = u.Reject(err)
			continue
		}
		good, at = append(good, u), append(at, i)
	}
	if len(good) == 0 {
		return out, nil
	}
	recorded, err := s.store.Record(ctx, good)
	if err != nil {
		return nil, err
	}
	for k, o := range recorded {
		out[at[k]] = o
	}
	return out, nil
}
