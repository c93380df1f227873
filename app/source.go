package app

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"roadbook/billing"
	"roadbook/console"
	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
)

// source answers the console's pages out of the domains. It holds no fact: what a page shows is read when it is opened,
// but for the live counters, which all open pages share.
type source struct {
	a *App

	mu      sync.Mutex
	counted console.Counters
	until   time.Time // counted is good until then, by the machine's clock
}

func newSource(a *App) *source { return &source{a: a} }

func (s *source) today() period.Date { return period.DateOf(s.a.clock.Now()) }

// countFor is how long counters are good for: many pages, one count.
const countFor = time.Second

// Counters counts what the header of every page shows.
func (s *source) Counters(ctx context.Context) (console.Counters, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.until) {
		return s.counted, nil
	}
	c := console.Counters{CarsConnected: s.connectedCars(), Date: s.today(), Progress: -1}
	var err error
	if c.FramesStored, err = s.framesStored(ctx); err != nil {
		return c, err
	}
	if c.Entries, err = s.entries(ctx); err != nil {
		return c, err
	}
	s.counted, s.until = c, time.Now().Add(countFor)
	return c, nil
}

// entries counts the ledger's entries: their numbers have no gap, so it is the last one's.
func (s *source) entries(ctx context.Context) (int64, error) {
	last, err := s.a.Ledger.Newest(ctx, ledger.Filter{}, 0, 1)
	if err != nil || len(last) == 0 {
		return 0, err
	}
	return last[0].Seq, nil
}

// Home is the fleet's answer and the figures behind it.
func (s *source) Home(ctx context.Context) (console.Home, error) {
	st, answer, err := s.a.Outlook.Fleet(ctx)
	if err != nil {
		return console.Home{}, err
	}
	figures, err := s.figures(ctx, st.Cars)
	return console.Home{Answer: answer.Sentence, Hardware: answer.Hardware, Software: answer.Software, Statement: st, Counters: figures}, err
}

// Cars is a page of the fleet in the order of VINs.
func (s *source) Cars(ctx context.Context, cursor string) (console.Cars, error) {
	after, err := carCursor(cursor)
	if err != nil {
		return console.Cars{}, err
	}
	page, err := s.a.Fleet.Cars(ctx, after, console.PageSize+1)
	if err != nil {
		return console.Cars{}, err
	}
	earned, err := s.a.Outlook.Cars(ctx, after, console.PageSize+1)
	if err != nil {
		return console.Cars{}, err
	}
	net := map[vin.VIN]money.Amount{}
	for _, st := range earned {
		net[vin.VIN(st.VIN)] = st.Net
	}
	out := console.Cars{AsOf: s.today()}
	if len(page) > console.PageSize {
		page = page[:console.PageSize]
		out.Next = writeCursor(string(page[console.PageSize-1].VIN))
	}
	for _, c := range page {
		row := console.CarRow{VIN: c.VIN, Model: c.Model, State: s.state(c), Net: net[c.VIN]}
		if row.OdometerKm, err = s.odometer(ctx, c.VIN); err != nil {
			return out, err
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// state is a car's, in one word: what matters most comes first.
func (s *source) state(c fleet.Car) string {
	switch {
	case !c.RevokedAt.IsZero():
		return "revoked"
	case s.connected(c.VIN):
		return "connected"
	}
	return string(c.State)
}

// figures are the counts of the home page.
func (s *source) figures(ctx context.Context, sold int) ([]console.Figure, error) {
	cars, err := s.a.Fleet.Count(ctx)
	if err != nil {
		return nil, err
	}
	r, err := s.recurring(ctx)
	if err != nil {
		return nil, err
	}
	stored, err := s.framesStored(ctx)
	if err != nil {
		return nil, err
	}
	open, err := s.openInvoices(ctx)
	if err != nil {
		return nil, err
	}
	return []console.Figure{
		{Label: "Cars built", Value: strconv.Itoa(cars), Note: fmt.Sprintf("%d sold", sold)},
		{Label: "Paying cars", Value: fmt.Sprintf("%d of %d", len(r.cars), sold), Note: "have a running subscription"},
		{Label: "Recurring revenue a month", Value: r.text(s.a.cfg.Currency), Note: fmt.Sprintf("%d subscriptions", r.subscriptions),
			Link: entriesThing(console.Filter{Accounts: []ledger.Account{ledger.RevenueSubscription}}, "")},
		{Label: "Frames stored", Value: strconv.FormatInt(stored, 10), Note: fmt.Sprintf("%d cars connected", s.connectedCars())},
		{Label: "Open invoices", Value: strconv.Itoa(open), Link: entriesThing(console.Filter{Accounts: []ledger.Account{ledger.Receivable}}, "")},
	}, nil
}

// recurring is what running subscriptions bring in a month. One that is past due or cancelled brings nothing more.
type recurring struct {
	subscriptions int
	cars          map[vin.VIN]bool
	amounts       []money.Amount // one per currency
}

func (s *source) recurring(ctx context.Context) (recurring, error) {
	r := recurring{cars: map[vin.VIN]bool{}}
	q := billing.SubscriptionQuery{Limit: billing.Page}
	for {
		page, err := s.a.Billing.Subscriptions(ctx, q)
		if err != nil {
			return r, err
		}
		for _, sub := range page {
			q.After = sub.ID
			if sub.State != billing.Active || sub.PastDue {
				continue
			}
			price, err := money.Round(sub.Currency, sub.Terms.Unit)
			if err != nil {
				return r, err
			}
			if err := r.add(price); err != nil {
				return r, err
			}
			r.subscriptions++
			r.cars[sub.VIN] = true
		}
		if len(page) < q.Limit {
			return r, nil
		}
	}
}

func (r *recurring) add(a money.Amount) (err error) {
	for i := range r.amounts {
		if r.amounts[i].Currency == a.Currency {
			r.amounts[i], err = r.amounts[i].Add(a)
			return err
		}
	}
	r.amounts = append(r.amounts, a)
	return nil
}

func (r recurring) text(none money.Currency) string {
	if len(r.amounts) == 0 {
		return money.Of(0, none).String()
	}
	parts := make([]string, len(r.amounts))
	for i, a := range r.amounts {
		parts[i] = a.String()
	}
	return strings.Join(parts, " + ")
}

// openInvoices counts what is not paid yet.
func (s *source) openInvoices(ctx context.Context) (n int, err error) {
	for _, state := range []billing.State{billing.Open, billing.PastDue} {
		if err := s.eachInvoice(ctx, billing.InvoiceQuery{State: state}, func(billing.Issued) bool { n++; return true }); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// A cursor is the last row's place in the order of the list.
func writeCursor(place string) string { return base64.RawURLEncoding.EncodeToString([]byte(place)) }

func readCursor(cursor string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", errCursor(cursor)
	}
	return string(b), nil
}

func errCursor(cursor string) error {
	return fault.New(fault.Invalid, "cursor", "the cursor %.80q is not one of this list", cursor)
}
