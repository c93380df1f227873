// Package jobs carries events from the outbox to those who want them: at least once, in order where nothing fails.
package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"roadbook/platform/sqldb"
)

// Limits of the dispatcher.
const (
	Batch       = 64               // events claimed at once
	Lease       = 30 * time.Second // after which another worker may take an event
	PollEvery   = 2 * time.Second  // how soon other replicas' events are seen
	MaxAttempts = 12               // then the event is a dead letter
	MaxBackoff  = 10 * time.Minute
)

// Event is a fact that is over.
type Event struct {
	Seq, Name, Key string
	At             time.Time // when the fact was
	Body           json.RawMessage
}

// Handler takes an event. It may be called again with the same event, also after it succeeded.
type Handler func(ctx context.Context, e Event) error

// Dispatcher hands events to handlers.
type Dispatcher struct {
	db       *sqldb.DB
	log      *slog.Logger
	handlers map[string][]Handler
	mu       sync.Mutex // one batch at a time: events of one process are handled in order
	stop     context.CancelFunc
	done     chan struct{}
}

// New returns a dispatcher; register handlers with On before Start.
func New(db *sqldb.DB, log *slog.Logger) *Dispatcher {
	return &Dispatcher{db: db, log: log, handlers: map[string][]Handler{}}
}

// On registers a handler of events of that name. Handlers run in the order of registration.
func (d *Dispatcher) On(name string, h Handler) { d.handlers[name] = append(d.handlers[name], h) }

// Handle adapts a function that takes the event's body.
func Handle[T any](fn func(ctx context.Context, e Event, body T) error) Handler {
	return func(ctx context.Context, e Event) error {
		var body T
		if err := json.Unmarshal(e.Body, &body); err != nil {
			return fmt.Errorf("body of %s: %w", e.Name, err)
		}
		return fn(ctx, e, body)
	}
}

// Start begins to deliver until Stop.
func (d *Dispatcher) Start(ctx context.Context) {
	ctx, d.stop = context.WithCancel(ctx)
	d.done = make(chan struct{})
	go func() {
		defer close(d.done)
		tick := time.NewTicker(PollEvery)
		defer tick.Stop()
		for {
			if err := d.Drain(ctx); err != nil && ctx.Err() == nil {
				d.log.Error("deliver events", "err", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-d.db.Emitted():
			case <-tick.C:
			}
		}
	}()
}

// Stop waits for the batch under way. Twice is fine.
func (d *Dispatcher) Stop() {
	if d.stop != nil {
		d.stop()
		<-d.done
	}
}

// Drain delivers until nothing is due. A failing event is put back with a growing delay and does not hold up the rest.
func (d *Dispatcher) Drain(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		events, err := d.db.ClaimEvents(ctx, Batch, time.Now(), Lease)
		if err != nil || len(events) == 0 {
			return err
		}
		var ok []string
		for _, w := range events {
			if err := d.deliver(ctx, w); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				dead := w.Attempts >= MaxAttempts
				d.log.Error("handle event", "event", w.Name, "key", w.Key, "attempt", w.Attempts, "dead", dead, "err", err)
				due := time.Now().Add(min(MaxBackoff, 50*time.Millisecond<<min(w.Attempts, 20)))
				if err := d.db.FailEvent(ctx, w.Seq, err, due, dead); err != nil {
					return err
				}
				continue
			}
			ok = append(ok, w.Seq)
		}
		if err := d.db.FinishEvents(ctx, ok); err != nil {
			return err
		}
	}
}

func (d *Dispatcher) deliver(ctx context.Context, w sqldb.Waiting) error {
	e := Event{Seq: w.Seq, Name: w.Name, Key: w.Key, At: w.At, Body: w.Body}
	for _, h := range d.handlers[w.Name] {
		if err := h(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// Settle drains until no event waits, also those that are put back for a later try. It fails on a dead letter.
func (d *Dispatcher) Settle(ctx context.Context) error {
	for {
		if err := d.Drain(ctx); err != nil {
			return err
		}
		waiting, dead, first, err := d.db.CountEvents(ctx)
		if err != nil {
			return err
		}
		if dead > 0 {
			return fmt.Errorf("%d events could not be handled, the first: %s", dead, first)
		}
		if waiting == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
