package supply

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"roadbook/fault"
	"roadbook/id"
	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
)

// varyBatch is how many packs one supply.PriceVaried tells of.
const varyBatch = 200

// market gathers the index values and rates that prices in a currency may need on a day.
func (s *Service) market(ctx context.Context, xs []Indexation, in money.Currency, on period.Date) (Market, error) {
	var m Market
	for _, x := range xs {
		vs, err := s.store.IndexValues(ctx, x.Index, x.month(on))
		if err != nil {
			return m, err
		}
		m.Values = append(m.Values, vs...)
	}
	m.Values = slices.CompactFunc(m.Values, func(a, b IndexValue) bool { return a.ID == b.ID })
	for _, v := range m.Values {
		if err := s.addRate(ctx, &m, v.Currency, in, on); err != nil {
			return m, err
		}
	}
	return m, nil
}

// addRate adds the rate of the day, if there is one: who needs it refuses without.
func (s *Service) addRate(ctx context.Context, m *Market, from, to money.Currency, on period.Date) error {
	if from == to || slices.ContainsFunc(m.Rates, func(r Rate) bool { return r.From == from && r.To == to }) {
		return nil
	}
	r, err := s.store.RateOn(ctx, from, to, on)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err == nil {
		m.Rates = append(m.Rates, r)
	}
	return err
}

// Receive records a lot, fixes the price of each of its packs and compares it with the standard of the day.
func (s *Service) Receive(ctx context.Context, l Lot) (Lot, error) {
	if err := l.Check(); err != nil {
		return Lot{}, err
	}
	c, err := s.store.Contract(ctx, l.Contract)
	if err != nil {
		return Lot{}, err
	}
	refusal := s.mayBuy(ctx, c, l.Received)
	if refusal != nil && fault.KindOf(refusal) != fault.Refused {
		return Lot{}, refusal
	}
	m, err := s.market(ctx, c.Indexation, c.Currency, l.Received)
	if err != nil {
		return Lot{}, err
	}
	standards, err := s.store.Standards(ctx, c.Part)
	if err != nil {
		return Lot{}, err
	}
	standard, planned := newest(standards, standardSpan, l.Received, endOfTime)
	if planned {
		if err := s.addRate(ctx, &m, c.Currency, standard.Unit.Currency, l.Received); err != nil {
			return Lot{}, err
		}
	}
	l.ID = cmp.Or(l.ID, id.From("lot", append([]string{l.Contract, string(l.Received)}, l.Serials...)...))
	return s.store.AddLot(ctx, l, func(before Before) (Receipt, error) {
		if refusal != nil { // a repetition is not judged again
			return Receipt{}, refusal
		}
		packs, err := c.Receive(l, before, m)
		r := Receipt{Packs: packs}
		if err != nil || !planned {
			return r, err
		}
		rate, err := m.Rate(c.Currency, standard.Unit.Currency, l.Received)
		if err != nil { // the packs are there whether or not they can be compared; recording the standard again compares them
			return r, nil
		}
		for _, p := range packs {
			v, err := standard.Vary(p, rate)
			if err != nil {
				return r, err
			}
			r.Variances = append(r.Variances, v)
		}
		r.Varied, err = Varied("lot/"+l.ID, r.Variances)
		return r, err
	})
}

// Explain answers what one pack received on a day after `before` others would cost under a contract, term by term.
func (s *Service) Explain(ctx context.Context, contract string, on period.Date, before int64) (Explained, error) {
	if err := checkDate("/date", on); err != nil {
		return Explained{}, err
	}
	if before < 0 {
		return Explained{}, fault.New(fault.Invalid, "volume", "a number of packs is 0 or more, not %d", before).At("/before")
	}
	c, err := s.store.Contract(ctx, contract)
	if err != nil {
		return Explained{}, err
	}
	m, err := s.market(ctx, c.Indexation, c.Currency, on)
	if err != nil {
		return Explained{}, err
	}
	return c.Explain(on, before, m)
}

// History tells a pack's life, from the lot that brought it on.
func (s *Service) History(ctx context.Context, serial string) (History, error) {
	p, err := s.store.Pack(ctx, serial)
	if err != nil {
		return History{}, err
	}
	h := History{Pack: p, Events: []PackEvent{p.Arrival()}}
	if h.Lot, err = s.store.Lot(ctx, p.Lot); err != nil {
		return h, err
	}
	if h.Contract, err = s.store.Contract(ctx, p.Contract); err != nil {
		return h, err
	}
	es, err := s.store.PackEvents(ctx, serial)
	if err != nil {
		return h, err
	}
	h.Events = append(h.Events, es...)
	h.Variance, err = s.Variance(ctx, serial)
	return h, err
}

// BuiltInto returns the car that a pack was built into, whether or not it still is in it; empty: none.
func (s *Service) BuiltInto(ctx context.Context, serial string) (vin.VIN, error) {
	es, err := s.store.PackEvents(ctx, serial)
	if err != nil {
		return "", err
	}
	for _, e := range es {
		if e.State == Installed {
			return e.VIN, nil
		}
	}
	return "", nil
}

// Move records that a pack left its car, went into another use, or was recycled.
func (s *Service) Move(ctx context.Context, request string, e PackEvent) (PackEvent, error) {
	if err := e.Check(); err != nil {
		return PackEvent{}, err
	}
	e.ID, e.VIN = cmp.Or(e.ID, request, id.From("pev", e.Serial, string(e.State))), ""
	return s.store.Move(ctx, e)
}

// Settlement answers what a contract year comes to: as it was settled, or as it stands so far.
func (s *Service) Settlement(ctx context.Context, contract string, year int) (Settlement, error) {
	c, span, m, err := s.year(ctx, contract, year)
	if err != nil {
		return Settlement{}, err
	}
	done, err := s.store.Settlements(ctx, contract)
	if err != nil {
		return Settlement{}, err
	}
	if i := slices.IndexFunc(done, func(st Settlement) bool { return st.Year == year }); i >= 0 {
		return done[i], nil
	}
	bought, err := s.store.Bought(ctx, contract, span)
	if err != nil {
		return Settlement{}, err
	}
	return s.settle(c, year, bought, m)
}

// Settle closes a contract year on a day after its end, once: the rebate and the charge are fixed, said and booked, and no lot
// of the year can follow. The same again answers what was settled.
func (s *Service) Settle(ctx context.Context, contract string, year int, on period.Date) (Settlement, error) {
	if err := checkDate("/on", on); err != nil {
		return Settlement{}, err
	}
	c, span, m, err := s.year(ctx, contract, year)
	if err != nil {
		return Settlement{}, err
	}
	if on < span.To {
		return Settlement{}, fault.New(fault.Refused, "year_open", "year %d of contract %q ends on %s and cannot be settled on %s", year, contract, span.To.AddDays(-1), on).At("/on")
	}
	key := settlementID(contract, year)
	return s.store.Settle(ctx, key, contract, span, func(bought []Bought) (Settlement, error) {
		st, err := s.settle(c, year, bought, m)
		st.ID, st.Settled = key, true
		return st, err
	})
}

func settlementID(contract string, year int) string {
	return id.From("stl", contract, strconv.Itoa(year))
}

// Settlements lists the settled years of a contract.
func (s *Service) Settlements(ctx context.Context, contract string) ([]Settlement, error) {
	if _, err := s.store.Contract(ctx, contract); err != nil {
		return nil, err
	}
	return s.store.Settlements(ctx, contract)
}

// year returns a contract, the days of one of its years, and the market of the year's last day.
func (s *Service) year(ctx context.Context, contract string, year int) (Contract, period.Span, Market, error) {
	c, err := s.store.Contract(ctx, contract)
	if err != nil {
		return c, period.Span{}, Market{}, err
	}
	span, err := c.Year(year)
	if err != nil {
		return c, span, Market{}, err
	}
	last := span.To.AddDays(-1)
	m, err := s.market(ctx, c.Indexation, c.Currency, last)
	if err != nil {
		return c, span, m, err
	}
	return c, span, m, s.addRate(ctx, &m, c.Currency, cmp.Or(s.cfg.Currency, c.Currency), last)
}

// settle computes a year and what it comes to in the currency of the books.
func (s *Service) settle(c Contract, year int, bought []Bought, m Market) (Settlement, error) {
	st, err := c.Settle(year, bought, m)
	if err != nil {
		return st, err
	}
	in := cmp.Or(s.cfg.Currency, c.Currency)
	if st.Rebate.IsZero() && st.Charge.IsZero() {
		return st, st.book(in, nil)
	}
	rate, err := m.Rate(c.Currency, in, st.Date())
	if err != nil {
		return st, err
	}
	return st, st.book(in, rate)
}

// AddStandard records what a part is planned to cost, and compares the packs that came before and have no standard yet.
// Repeated after an error it goes on where it stopped.
func (s *Service) AddStandard(ctx context.Context, request string, st Standard) (Standard, error) {
	if err := st.Check(); err != nil {
		return Standard{}, err
	}
	if s.cfg.Currency != "" && st.Unit.Currency != s.cfg.Currency {
		return Standard{}, fault.New(fault.Invalid, "standard_currency", "a standard is in the currency of the books, %s, not in %s", s.cfg.Currency, st.Unit.Currency).At("/unit/currency")
	}
	request = cmp.Or(request, id.From("std", st.Part, string(st.Valid.From), string(st.Vintage)))
	st.ID = cmp.Or(st.ID, request)
	st, err := s.store.AddStandard(ctx, request, st)
	if err != nil {
		return Standard{}, err
	}
	standards, err := s.store.Standards(ctx, st.Part)
	if err != nil {
		return Standard{}, err
	}
	for after := ""; ; {
		packs, err := s.store.Unvaried(ctx, st.Part, st.Valid, after, varyBatch)
		if err != nil || len(packs) == 0 {
			return st, err
		}
		if err := s.vary(ctx, st.ID, standards, packs); err != nil {
			return Standard{}, err
		}
		after = packs[len(packs)-1].Serial
	}
}

// vary compares packs with the standards of their days. A pack whose rate is missing is left for the next time.
func (s *Service) vary(ctx context.Context, cause string, standards []Standard, packs []Pack) error {
	var vs []Variance
	for _, p := range packs {
		standard, ok := newest(standards, standardSpan, p.Received, endOfTime)
		if !ok {
			continue
		}
		rate, err := s.rate(ctx, p.Currency, standard.Unit.Currency, p.Received)
		if fault.KindOf(err) == fault.Refused {
			continue
		}
		if err != nil {
			return err
		}
		v, err := standard.Vary(p, rate)
		if err != nil {
			return err
		}
		vs = append(vs, v)
	}
	if len(vs) == 0 {
		return nil
	}
	return s.store.Vary(ctx, cause, vs)
}

// Standards lists the standards of a part, or all.
func (s *Service) Standards(ctx context.Context, part string) ([]Standard, error) {
	return s.store.Standards(ctx, part)
}

// Variance returns by how much a pack differs from its standard; nil: no standard was set for its day.
func (s *Service) Variance(ctx context.Context, serial string) (*Variance, error) {
	v, err := s.store.Variance(ctx, serial)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &v, nil
}
