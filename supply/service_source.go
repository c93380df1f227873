package supply

import (
	"cmp"
	"context"

	"roadbook/fault"
	"roadbook/id"
	"roadbook/period"
)

// Exclude bars a supplier for a span. What was received before stays received; nothing more is.
func (s *Service) Exclude(ctx context.Context, e Exclusion) (Exclusion, error) {
	if err := e.Check(); err != nil {
		return Exclusion{}, err
	}
	if _, err := s.store.Supplier(ctx, e.Supplier); err != nil {
		return Exclusion{}, err
	}
	if e.Scope == (Scope{}) {
		e.ID = cmp.Or(e.ID, id.From("exc", e.Supplier, string(e.Span.From)))
	} else {
		e.ID = cmp.Or(e.ID, id.From("exc", e.Supplier, string(e.Span.From), e.Scope.Chemistry, e.Scope.Model, e.Scope.Region))
	}
	return s.store.AddExclusion(ctx, e)
}

// Exclusions lists a supplier's exclusions, past ones too.
func (s *Service) Exclusions(ctx context.Context, supplier string) ([]Exclusion, error) {
	if _, err := s.store.Supplier(ctx, supplier); err != nil {
		return nil, err
	}
	return s.store.Exclusions(ctx, supplier)
}

// allowed refuses a supplier that nobody knows, or that is excluded from the act on the day.
func (s *Service) allowed(ctx context.Context, supplier string, act Scope, on period.Date) error {
	if _, err := s.store.Supplier(ctx, supplier); err != nil {
		return err
	}
	ex, err := s.store.Exclusions(ctx, supplier)
	if err != nil || len(ex) == 0 {
		return err
	}
	ds, err := s.store.Decisions(ctx, "")
	if err != nil {
		return err
	}
	return BarredFor(Lifted(ex, ds), supplier, act, on)
}

// mayBuy refuses what allowed refuses, and a part that the supplier is not qualified for on the day.
func (s *Service) mayBuy(ctx context.Context, c Contract, on period.Date) error {
	if err := s.allowed(ctx, c.Supplier, c.scope(), on); err != nil {
		return err
	}
	qs, err := s.store.Qualifications(ctx, c.Supplier, c.Part)
	if err != nil {
		return err
	}
	return StandingOf(qs, c.Supplier, c.Part, on).refuse()
}

// Reviews lists the exclusions that somebody must look at on a day.
func (s *Service) Reviews(ctx context.Context, on period.Date) ([]Review, error) {
	if err := checkDate("/on", on); err != nil {
		return nil, err
	}
	ex, err := s.store.Exclusions(ctx, "")
	if err != nil {
		return nil, err
	}
	ds, err := s.store.Decisions(ctx, "")
	return Reviews(ex, ds, on), err
}

// Decide answers a review.
func (s *Service) Decide(ctx context.Context, request string, d Decision) (Decision, error) {
	if err := d.Check(); err != nil {
		return Decision{}, err
	}
	all, err := s.store.Exclusions(ctx, "")
	if err != nil {
		return Decision{}, err
	}
	byID := map[string]Exclusion{}
	for _, e := range all {
		byID[e.ID] = e
	}
	e, ok := byID[d.Exclusion]
	if !ok {
		return Decision{}, fault.New(fault.NotFound, "exclusion_unknown", "there is no exclusion %q", d.Exclusion)
	}
	if err := d.suits(e); err != nil {
		return Decision{}, err
	}
	if d.Outcome == Renewed {
		by, ok := byID[d.By]
		switch {
		case !ok:
			return Decision{}, fault.New(fault.NotFound, "exclusion_unknown", "there is no exclusion %q to go on", d.By).At("/renewed_by")
		case by.ID == e.ID || by.Supplier != e.Supplier || e.Span.To != "" && by.Span.From > e.Span.To || by.Span.To != "" && e.Span.To != "" && by.Span.To <= e.Span.To:
			return Decision{}, fault.New(fault.Refused, "no_renewal", "exclusion %q does not go on, without a gap, with the exclusion of %q beyond %s", by.ID, e.Supplier, open(e.Span.To)).At("/renewed_by")
		}
	}
	request = cmp.Or(request, id.From("rvw", d.Exclusion, string(d.Date), string(d.Outcome)))
	d.ID = cmp.Or(d.ID, request)
	return s.store.AddDecision(ctx, request, d)
}

// Decisions lists what reviews decided about an exclusion, or about all.
func (s *Service) Decisions(ctx context.Context, exclusion string) ([]Decision, error) {
	return s.store.Decisions(ctx, exclusion)
}

// AddSite records a place where a supplier makes parts.
func (s *Service) AddSite(ctx context.Context, request string, site Site) (Site, error) {
	if err := site.Check(); err != nil {
		return Site{}, err
	}
	if _, err := s.store.Supplier(ctx, site.Supplier); err != nil {
		return Site{}, err
	}
	return s.store.AddSite(ctx, cmp.Or(request, site.ID), site)
}

// Sites lists a supplier's sites.
func (s *Service) Sites(ctx context.Context, supplier string) ([]Site, error) {
	if _, err := s.store.Supplier(ctx, supplier); err != nil {
		return nil, err
	}
	return s.store.Sites(ctx, supplier)
}

// siteOf returns a site of the supplier.
func (s *Service) siteOf(ctx context.Context, supplier, site string) (Site, error) {
	found, err := s.store.Site(ctx, site)
	if err == nil && found.Supplier != supplier {
		err = fault.New(fault.Refused, "site_of_another", "site %q belongs to supplier %q, not to %q", site, found.Supplier, supplier).At("/site")
	}
	return found, err
}

// AddQualification records how far a supplier's part is.
func (s *Service) AddQualification(ctx context.Context, request string, q Qualification) (Qualification, error) {
	if err := q.Check(); err != nil {
		return Qualification{}, err
	}
	if _, err := s.store.Supplier(ctx, q.Supplier); err != nil {
		return Qualification{}, err
	}
	if q.Site != "" {
		if _, err := s.siteOf(ctx, q.Supplier, q.Site); err != nil {
			return Qualification{}, err
		}
	}
	request = cmp.Or(request, id.From("qlf", q.Supplier, q.Part, string(q.State), string(q.since()), string(q.Vintage)))
	q.ID = cmp.Or(q.ID, request)
	return s.store.AddQualification(ctx, request, q)
}

// Qualifications lists the records of a supplier and a part; an empty one means all.
func (s *Service) Qualifications(ctx context.Context, supplier, part string) ([]Qualification, error) {
	return s.store.Qualifications(ctx, supplier, part)
}

// Standing says how a supplier's part stands on a day.
func (s *Service) Standing(ctx context.Context, supplier, part string, on period.Date) (Standing, error) {
	if err := firstOf(checkID("/part", part), checkDate("/date", on)); err != nil {
		return Standing{}, err
	}
	if _, err := s.store.Supplier(ctx, supplier); err != nil {
		return Standing{}, err
	}
	qs, err := s.store.Qualifications(ctx, supplier, part)
	return StandingOf(qs, supplier, part, on), err
}

// AddContract records a contract for packs. An excluded supplier gets none, and none is made for a part that the supplier is
// not qualified for.
func (s *Service) AddContract(ctx context.Context, request string, c Contract) (Contract, error) {
	if err := c.Check(); err != nil {
		return Contract{}, err
	}
	_, err := s.store.Contract(ctx, c.ID)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return Contract{}, err
	}
	if err != nil { // a repetition is not judged again
		if err := s.mayBuy(ctx, c, c.Signed); err != nil {
			return Contract{}, err
		}
		if err := s.fitsSite(ctx, c); err != nil {
			return Contract{}, err
		}
	}
	return s.store.AddContract(ctx, cmp.Or(request, c.ID), c)
}

// fitsSite refuses a contract for more than its site can make in a month on the day of signature.
func (s *Service) fitsSite(ctx context.Context, c Contract) error {
	if c.Site == "" {
		return nil
	}
	site, err := s.siteOf(ctx, c.Supplier, c.Site)
	if err != nil {
		return err
	}
	if n, ok := site.CapacityOn(c.Part, c.Chemistry, c.Signed); ok && c.MonthlyCapacity > n {
		return fault.New(fault.Refused, "site_capacity", "site %q makes %d of part %q a month on %s, fewer than the %d of the contract", c.Site, n, c.Part, c.Signed, c.MonthlyCapacity).At("/monthly_capacity")
	}
	return nil
}
