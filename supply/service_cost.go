package supply

import (
	"cmp"
	"context"

	"roadbook/fault"
	"roadbook/id"
	"roadbook/money"
	"roadbook/period"
)

// DefaultVolume is how many pieces of a part are ordered at once where nothing else is said.
const DefaultVolume = 1000

// AddIndexValue records the value of a commodity index in a month, as it became known on its vintage.
func (s *Service) AddIndexValue(ctx context.Context, request string, v IndexValue) (IndexValue, error) {
	if err := v.Check(); err != nil {
		return IndexValue{}, err
	}
	request = cmp.Or(request, id.From("idx", v.Index, string(v.Month), string(v.Vintage)))
	v.ID = cmp.Or(v.ID, request)
	return s.store.AddIndexValue(ctx, request, v)
}

// IndexValues lists the values of an index, every vintage, or of all.
func (s *Service) IndexValues(ctx context.Context, index string, asOf period.Date) ([]IndexValue, error) {
	vs, err := s.store.IndexValues(ctx, index, "")
	return asKnown(vs, asOf), err
}

// asKnown keeps what was known on a day; an empty day keeps all.
func asKnown[T recorded](in []T, asOf period.Date) []T {
	if asOf == "" {
		return in
	}
	return known(in, asOf)
}

// AddStructure records a version of the bill of materials of a model's trim.
func (s *Service) AddStructure(ctx context.Context, request string, st Structure) (Structure, error) {
	if err := st.Check(); err != nil {
		return Structure{}, err
	}
	if _, err := s.store.Model(ctx, st.Model); err != nil {
		return Structure{}, err
	}
	request = cmp.Or(request, id.From("str", st.Model, st.Trim, string(st.Valid.From), string(st.Vintage)))
	st.ID = cmp.Or(st.ID, request)
	return s.store.AddStructure(ctx, request, st)
}

// Structures lists the versions of a trim's bill of materials, or of all trims of the model.
func (s *Service) Structures(ctx context.Context, model, trim string) ([]Structure, error) {
	if _, err := s.store.Model(ctx, model); err != nil {
		return nil, err
	}
	return s.store.Structures(ctx, model, trim)
}

// AddShouldCost records what a part should cost.
func (s *Service) AddShouldCost(ctx context.Context, request string, c ShouldCost) (ShouldCost, error) {
	if err := c.Check(); err != nil {
		return ShouldCost{}, err
	}
	request = cmp.Or(request, id.From("sho", c.Part, string(c.Valid.From), string(c.Vintage)))
	c.ID = cmp.Or(c.ID, request)
	return s.store.AddShouldCost(ctx, request, c)
}

// ShouldCosts lists the should-costs of a part, or all.
func (s *Service) ShouldCosts(ctx context.Context, part string) ([]ShouldCost, error) {
	return s.store.ShouldCosts(ctx, part)
}

// AddQuote records what a supplier asks for a part. An excluded supplier may quote: the quote shows what the exclusion costs.
func (s *Service) AddQuote(ctx context.Context, request string, q Quote) (Quote, error) {
	if err := q.Check(); err != nil {
		return Quote{}, err
	}
	if _, err := s.store.Supplier(ctx, q.Supplier); err != nil {
		return Quote{}, err
	}
	request = cmp.Or(request, id.From("quo", q.Supplier, q.Part, string(q.Valid.From), string(q.Vintage)))
	q.ID = cmp.Or(q.ID, request)
	return s.store.AddQuote(ctx, request, q)
}

// Quotes lists the quotes of a part, or all.
func (s *Service) Quotes(ctx context.Context, part string) ([]Quote, error) {
	return s.store.Quotes(ctx, part)
}

// Asked is what a cost is asked for: the day, what was known by when, how many pieces are ordered, and the currency.
type Asked struct {
	Date     period.Date
	AsOf     period.Date // empty: the date
	Volume   int64       // 0: DefaultVolume
	Currency money.Currency
}

func (a Asked) complete(in money.Currency) (Asked, error) {
	a.AsOf = cmp.Or(a.AsOf, a.Date)
	a.Currency = cmp.Or(a.Currency, in)
	if a.Volume == 0 {
		a.Volume = DefaultVolume
	}
	if a.Volume < 1 || a.Volume > MaxPieces {
		return a, fault.New(fault.Invalid, "volume", "an order has 1 to %d pieces, not %d", MaxPieces, a.Volume).At("/volume")
	}
	return a, firstOf(checkDate("/date", a.Date), checkDate("/as_of", a.AsOf), checkCurrency("/currency", a.Currency))
}

// Compare shows every quote of a part on a day beside its should-cost.
func (s *Service) Compare(ctx context.Context, part string, a Asked) (Comparison, error) {
	a, err := a.complete(s.cfg.Currency)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{Part: part, Date: a.Date, AsOf: a.AsOf, Volume: a.Volume, Quotes: []QuotedPrice{}}
	shoulds, err := s.store.ShouldCosts(ctx, part)
	if err != nil {
		return c, err
	}
	if sc, ok := newest(shoulds, shouldSpan, a.Date, a.AsOf); ok {
		rate, err := s.rate(ctx, sc.Currency, a.Currency, a.Date)
		if err != nil {
			return c, err
		}
		p, err := sc.Cost(a.Currency, rate)
		if err != nil {
			return c, err
		}
		c.Should = &p
	}
	quotes, err := s.store.Quotes(ctx, part)
	if err != nil {
		return c, err
	}
	for _, q := range known(quotes, a.AsOf) {
		if !q.Valid.Contains(a.Date) {
			continue
		}
		p, err := s.quoted(ctx, q, a)
		if fault.KindOf(err) == fault.Refused { // an index value or a rate is missing
			c.Unpriced = append(c.Unpriced, Unpriced{Quote: q.ID, Supplier: q.Supplier, Why: err.Error()})
			continue
		}
		if err != nil {
			return c, err
		}
		c.Quotes = append(c.Quotes, p)
	}
	c.judge()
	return c, nil
}

// quoted prices a quote and asks whether it may be taken.
func (s *Service) quoted(ctx context.Context, q Quote, a Asked) (QuotedPrice, error) {
	m, err := s.market(ctx, q.Indexation, q.Currency, a.Date)
	if err != nil {
		return QuotedPrice{}, err
	}
	if err := s.addRate(ctx, &m, q.Currency, a.Currency, a.Date); err != nil {
		return QuotedPrice{}, err
	}
	p, err := q.price(a.Volume, a.Date, a.AsOf, a.Currency, m)
	if err != nil {
		return p, err
	}
	qs, err := s.store.Qualifications(ctx, q.Supplier, q.Part)
	if err != nil {
		return p, err
	}
	st := StandingOf(qs, q.Supplier, q.Part, a.Date)
	p.Standing = st.State
	for _, no := range []error{s.allowed(ctx, q.Supplier, Scope{}, a.Date), st.refuse()} {
		if no == nil {
			continue
		}
		if fault.KindOf(no) != fault.Refused {
			return p, no
		}
		p.may(no.Error())
	}
	return p, nil
}

// RollUp adds up what a trim costs by its bill of materials on a day: by should-cost, and by the best quotes beside it.
func (s *Service) RollUp(ctx context.Context, model, trim string, a Asked) (RollUp, error) {
	m, err := s.store.Model(ctx, model)
	if err != nil {
		return RollUp{}, err
	}
	if a, err = a.complete(m.Currency); err != nil {
		return RollUp{}, err
	}
	all, err := s.store.Structures(ctx, model, trim)
	if err != nil {
		return RollUp{}, err
	}
	st, ok := newest(all, structureSpan, a.Date, a.AsOf)
	if !ok {
		return RollUp{}, fault.New(fault.NotFound, "structure_missing", "no bill of materials of trim %q of model %q that holds on %s was known on %s", trim, model, a.Date, a.AsOf)
	}
	r, err := st.RollUp(a.Date, a.Currency, func(part string) (UnitCost, error) {
		c, err := s.Compare(ctx, part, a)
		u := UnitCost{Should: c.Should}
		for _, q := range c.Quotes {
			if q.Quote == c.Best {
				u.Quote = &q
			}
		}
		return u, err
	})
	r.AsOf = a.AsOf
	return r, err
}

// AddCredit records what software is worth per car of a model at a confidence.
func (s *Service) AddCredit(ctx context.Context, request string, c Credit) (Credit, error) {
	if err := c.Check(); err != nil {
		return Credit{}, err
	}
	m, err := s.store.Model(ctx, c.Model)
	if err != nil {
		return Credit{}, err
	}
	if c.Amount.Currency != m.Currency {
		return Credit{}, fault.New(fault.Invalid, "credit_currency", "model %q costs in %s, and so is its credit, not in %s", c.Model, m.Currency, c.Amount.Currency).At("/amount/currency")
	}
	request = cmp.Or(request, id.From("crd", c.Model, string(c.Valid.From), string(c.Vintage)))
	c.ID = cmp.Or(c.ID, request)
	return s.store.AddCredit(ctx, request, c)
}

// Credits lists the credits of a model, or of all.
func (s *Service) Credits(ctx context.Context, model string) ([]Credit, error) {
	return s.store.Credits(ctx, model)
}
