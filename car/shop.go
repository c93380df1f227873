package car

import (
	"context"
	"fmt"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"roadbook/car/cockpit"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/wire/command"
)

// Times of a purchase.
const (
	buyWithin    = 15 * time.Second
	rightsWithin = 5 * time.Second // how long it waits for its right, which comes later all the same
	rightsEvery  = 200 * time.Millisecond
)

// item is a product of the maker's shop, as GET /car/v1/shop tells it.
type item struct {
	SKU        string        `json:"sku"`
	Name       string        `json:"name"`
	Kind       string        `json:"kind"`
	Features   []string      `json:"features"`
	TermMonths int           `json:"term_months"`
	Meter      string        `json:"meter"`
	Partner    string        `json:"partner"`
	Unit       money.Decimal `json:"unit"`
	Due        money.Amount  `json:"due"`
	State      string        `json:"state"`
	Until      period.Date   `json:"until"`
}

// offer says what a driver agrees to. A kind or state that this car does not know is not shown: it could not tell the terms.
func (it item) offer(today period.Date) (cockpit.Offer, bool) {
	o := cockpit.Offer{SKU: it.SKU, Name: it.Name, Price: it.Due, State: cockpit.OfferState(it.State)}
	if !slices.Contains([]cockpit.OfferState{cockpit.Available, cockpit.Pending, cockpit.Owned}, o.State) {
		return o, false
	}
	if it.Partner != "" {
		o.About = "by " + it.Partner
	}
	switch it.Kind {
	case "perpetual", "app":
		o.Term = "for good"
	case "term":
		o.Term = months(it.TermMonths)
		if o.State == cockpit.Owned && it.Until != "" {
			o.Term = "until " + it.Until.Time().Format("2 January 2006")
		}
	case "subscription":
		o.Per, o.Term, o.Renews = "month", "month by month", today.AddMonths(1)
		o.Cancel = "through the maker's service; it runs to the end of the paid month"
		if it.Until != "" {
			o.Renews = it.Until
		}
	case "metered":
		unit := unitOf(it.Meter)
		o.Term = fmt.Sprintf("as used: %s %s a %s, billed when the month is over", it.Unit, it.Due.Currency, unit)
		o.Cancel = "stop using it"
		if p, err := money.Parse(string(it.Unit), it.Due.Currency); err == nil { // else it is less than the smallest coin
			o.Price, o.Per = p, unit
		}
	default:
		return o, false
	}
	return o, true
}

func months(n int) string {
	if n == 1 {
		return "1 month"
	}
	return fmt.Sprintf("%d months", n)
}

// unitOf is the last word of a meter: "km" of "pilot.km".
func unitOf(meter string) string { return meter[strings.LastIndexByte(meter, '.')+1:] }

// Shop is what can be bought now, or what could be when the car was last connected.
func (s *Screen) Shop(ctx context.Context) ([]cockpit.Offer, error) {
	items, err := s.shop.look(ctx, s.agent)
	if err != nil {
		return nil, err
	}
	today := period.DateOf(s.agent.cfg.Clock.Now())
	out := []cockpit.Offer{}
	for _, it := range items {
		if o, ok := it.offer(today); ok {
			out = append(out, o)
		}
	}
	return out, nil
}

// Buy orders a product and waits a little for its right, so that the feature is on when the driver looks again.
func (s *Screen) Buy(ctx context.Context, sku, key string) error {
	// Whoever presses the button and looks away has bought all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), buyWithin+s.rights)
	defer cancel()
	var sent atomic.Bool // once it is, no answer does not mean that nothing happened
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	had := s.allowed(sku)
	err := s.agent.Buy(traced, sku, key)
	switch {
	case err == nil:
		s.awaitRights(ctx, sku, had)
		return nil
	case sent.Load() && fault.CodeOf(err) == codeUnreachable:
		return fault.New(fault.Unknown, codeUnreachable, "the order was sent and no answer came: %v", err)
	case !sent.Load() && ctx.Err() != nil:
		return fault.New(fault.Unavailable, codeUnreachable, "the maker's side does not answer")
	}
	return err
}

// codeUnreachable is what once says of a connection that failed.
const codeUnreachable = "unreachable"

// awaitRights fetches the grant until it turns on what was bought. What does not come in time is left to the next Sync.
func (s *Screen) awaitRights(ctx context.Context, sku string, had bool) {
	ctx, cancel := context.WithTimeout(ctx, s.rights)
	defer cancel()
	tick := time.NewTicker(rightsEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := s.fetchRights(ctx); err != nil {
			s.agent.log.Info("right not fetched", "sku", sku, "err", err)
		}
		if s.allowed(sku) && !had {
			return
		}
		if had || len(s.turnsOn(sku)) == 0 {
			break // nothing that could be seen to turn on
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	s.agent.hint(command.Hint{Kind: command.Grant})
}

// fetchRights fetches the grant unless the car moves: rights are decided at park.
func (s *Screen) fetchRights(ctx context.Context) error {
	if !s.road.TryLock() {
		return fault.New(fault.Refused, "moving", "the car moves")
	}
	defer s.road.Unlock()
	return s.agent.FetchGrant(ctx)
}

// turnsOn lists the features of a product.
func (s *Screen) turnsOn(sku string) []string {
	for _, it := range s.shop.last() {
		if it.SKU == sku {
			return it.Features
		}
	}
	return nil
}

// allowed reports whether all that a product turns on is on.
func (s *Screen) allowed(sku string) bool {
	features := s.turnsOn(sku)
	return len(features) > 0 && !slices.ContainsFunc(features, func(f string) bool { return !s.agent.grants.Allowed(f) })
}
