package ledger

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"roadbook/fault"
)

// Limits of the service.
const (
	MaxBatch = 1000 // entries of one transaction
	MaxPage  = 100  // entries of one page

	MaxVehicles = 500 // vehicles of one query: Over asks for more in turn
)

// Clock tells the time of booking. Book dates are the entries' own.
type Clock interface{ Now() time.Time }

// Store keeps the books.
type Store interface {
	// Append books what Plan makes of the batch, with its roll-up, in one transaction, and answers per entry. An error
	// means that nothing of the batch is booked, or that it is not known.
	Append(ctx context.Context, batch []Entry, at time.Time) ([]Outcome, error)
	// Entries returns up to limit entries after number after, in order, that have a posting which the filter selects.
	Entries(ctx context.Context, f Filter, after int64, limit int) ([]Booked, error)
	// Newest returns up to limit such entries before number before (0: of all), in falling order.
	Newest(ctx context.Context, f Filter, before int64, limit int) ([]Booked, error)
	// Find returns the entry with the number or, if seq is 0, with the ref; a *fault.Error NotFound if there is none.
	Find(ctx context.Context, seq int64, ref string) (Booked, error)
	// Sums returns the selected rows of the roll-up, sorted by SortSums.
	Sums(ctx context.Context, f Filter) ([]Sum, error)
	// ByProduct returns the selected rows added up by account, product and currency, sorted by SortSums.
	ByProduct(ctx context.Context, f Filter) ([]Sum, error)
	// Over adds the selected rows of the vehicles up by account, product, month and currency, sorted by SortSums. At most
	// MaxVehicles; none means all, and what is of none.
	Over(ctx context.Context, vehicles []string, f Filter) ([]Sum, error)
	// State returns the head, the whole roll-up, and the roll-up over all vehicles, as they were at one moment.
	State(ctx context.Context) (head Head, sums, totals []Sum, err error)
}

// Service is the ledger.
type Service struct {
	store Store
	clock Clock

	turn  chan struct{} // holds a token while a caller commits a batch
	mu    sync.Mutex
	queue []*ticket
}

// ticket is one entry on its way into the books.
type ticket struct {
	entry   Entry
	outcome Outcome
	done    chan struct{} // closed when outcome is set
}

// New returns the ledger over a store.
func New(store Store, clock Clock) *Service {
	return &Service{store: store, clock: clock, turn: make(chan struct{}, 1)}
}

// Post books one entry durably. The same entry again answers what is stored. See PostAll.
func (s *Service) Post(ctx context.Context, e Entry) (Booked, error) {
	o := s.PostAll(ctx, []Entry{e})[0]
	return o.Booked, o.Err
}

// PostAll books entries durably and answers for each: one that is refused does not hold up the others.
//
// A durable commit waits for the disk, so callers share it: entries queue, and whoever finds no commit under way
// commits all that is queued, up to MaxBatch, for everybody. There is no goroutine to own and nothing to stop. An
// entry whose caller gives up while it is still queued is withdrawn; once its batch is under way, only asking again
// with the same ref tells what became of it.
func (s *Service) PostAll(ctx context.Context, entries []Entry) []Outcome {
	out := make([]Outcome, len(entries))
	tickets := make([]*ticket, len(entries))
	var fit []*ticket
	for i, e := range entries {
		if err := e.Check(); err != nil {
			out[i].Err = err
			continue
		}
		e.Postings = slices.Clone(e.Postings) // the caller may change its own while the entry waits
		tickets[i] = &ticket{entry: e, done: make(chan struct{})}
		fit = append(fit, tickets[i])
	}
	s.mu.Lock()
	s.queue = append(s.queue, fit...)
	s.mu.Unlock()
	for i, t := range tickets {
		if t != nil {
			out[i] = s.await(ctx, t)
		}
	}
	return out
}

// await returns the ticket's outcome; while it is open and nobody commits, it commits.
func (s *Service) await(ctx context.Context, t *ticket) Outcome {
	for {
		select {
		case <-t.done:
			return t.outcome
		default:
		}
		select {
		case <-t.done:
			return t.outcome
		case <-ctx.Done():
			if s.withdraw(t) {
				return Outcome{Err: fault.New(fault.Unavailable, "not_booked", "the caller gave up before entry %q was booked: %v", t.entry.Ref, ctx.Err())}
			}
			return Outcome{Err: errors.Join(errors.New("the entry's commit was under way"), ctx.Err())}
		case s.turn <- struct{}{}:
			s.commit(ctx)
			<-s.turn
		}
	}
}

// withdraw takes a ticket out of the queue; it reports false when the ticket's batch is under way.
func (s *Service) withdraw(t *ticket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.queue, t)
	if i < 0 {
		return false
	}
	s.queue = slices.Delete(s.queue, i, i+1)
	return true
}

// commit books what is queued, up to MaxBatch, for all its callers: the one who happens to do it must not take the
// others' entries down when it gives up, so its cancellation does not reach the store.
func (s *Service) commit(ctx context.Context) {
	s.mu.Lock()
	n := min(len(s.queue), MaxBatch)
	batch := slices.Clone(s.queue[:n])
	s.queue = slices.Delete(s.queue, 0, n)
	s.mu.Unlock()
	s.write(context.WithoutCancel(ctx), batch)
	for _, t := range batch {
		close(t.done)
	}
}

// write appends the batch. When the database refuses a statement, halving finds the entry that is to blame.
func (s *Service) write(ctx context.Context, batch []*ticket) {
	if len(batch) == 0 {
		return
	}
	entries := make([]Entry, len(batch))
	for i, t := range batch {
		entries[i] = t.entry
	}
	outcomes, err := s.store.Append(ctx, entries, s.clock.Now().UTC().Truncate(time.Microsecond))
	if err != nil && len(batch) > 1 {
		s.write(ctx, batch[:len(batch)/2])
		s.write(ctx, batch[len(batch)/2:])
		return
	}
	for i, t := range batch {
		if err != nil {
			t.outcome.Err = err
		} else {
			t.outcome = outcomes[i]
		}
	}
}

// Entries returns up to limit entries after number after, in order, that the filter selects. To page on, pass the last number.
func (s *Service) Entries(ctx context.Context, f Filter, after int64, limit int) ([]Booked, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	return s.store.Entries(ctx, f, after, max(1, min(limit, MaxPage)))
}

// Newest returns up to limit entries before number before, the newest first; before 0 begins with the last entry.
func (s *Service) Newest(ctx context.Context, f Filter, before int64, limit int) ([]Booked, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	return s.store.Newest(ctx, f, before, max(1, min(limit, MaxPage)))
}

// Entry returns the entry with that number.
func (s *Service) Entry(ctx context.Context, seq int64) (Booked, error) {
	if seq < 1 {
		return Booked{}, fault.New(fault.NotFound, "entry_unknown", "entries are numbered from 1; there is no entry %d", seq)
	}
	return s.store.Find(ctx, seq, "")
}

// EntryByRef returns the entry with that ref.
func (s *Service) EntryByRef(ctx context.Context, ref string) (Booked, error) {
	return s.store.Find(ctx, 0, ref)
}

// Sums returns the rows of the roll-up that the filter selects.
func (s *Service) Sums(ctx context.Context, f Filter) ([]Sum, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	return s.store.Sums(ctx, f)
}

// ByProduct returns one row per account, product and currency over all that the filter selects.
func (s *Service) ByProduct(ctx context.Context, f Filter) ([]Sum, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	return s.store.ByProduct(ctx, f)
}

// Over returns one row per account, product, month and currency over all that the filter selects of the vehicles. The
// vehicle "" is what is of none; no vehicles means all of it. It holds the rows that it answers and never one per vehicle.
func (s *Service) Over(ctx context.Context, vehicles []string, f Filter) ([]Sum, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	if f.Vehicle != "" {
		return nil, fault.New(fault.Invalid, "vehicle", "the vehicles are named once, not in the filter too").At("/vehicle")
	}
	if len(vehicles) <= MaxVehicles {
		return s.store.Over(ctx, vehicles, f)
	}
	at := map[Sum]Sum{}
	for some := range slices.Chunk(vehicles, MaxVehicles) {
		rows, err := s.store.Over(ctx, some, f)
		if err != nil {
			return nil, err
		}
		Collect(at, rows)
	}
	return Collected(at), nil
}

// Balances returns one row per account and currency over all that the filter selects.
func (s *Service) Balances(ctx context.Context, f Filter) ([]Sum, error) {
	sums, err := s.ByProduct(ctx, f)
	return Wide(sums), err
}

// TrialBalance returns the balances of all accounts, in the order of the chart.
func (s *Service) TrialBalance(ctx context.Context) ([]Sum, error) {
	return s.Balances(ctx, Filter{})
}
