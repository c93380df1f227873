package billing

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"roadbook/fault"
	"roadbook/period"
)

// MaxRunDays bounds one call of Run.
const MaxRunDays = 366 * 20

// Run does all that is due up to and including the day, in the order of the days: invoices that a crash left unposted,
// attempts to collect, anniversaries, and at a month's last day its closing. It can be stopped or crash anywhere; the
// next call goes on and books nothing twice. An unreachable payment provider stops nothing else and is told at the end.
func (s *Service) Run(ctx context.Context, upTo period.Date) error {
	if _, err := period.ParseDate(string(upTo)); err != nil {
		return err
	}
	first, through, err := s.store.Progress(ctx)
	if err != nil || first == "" { // no contract yet
		return err
	}
	day := first
	if through != "" {
		day = through.AddDays(1)
	}
	if end := day.AddDays(MaxRunDays); upTo > end {
		return fault.New(fault.Refused, "run_too_long", "one run covers at most %d days: from %s not beyond %s", MaxRunDays, day, end)
	}
	lost, err := s.repair(ctx)
	if err != nil {
		return err
	}
	for ; day <= upTo; day = day.AddDays(1) {
		unanswered, err := s.day(ctx, day)
		if err != nil {
			return fmt.Errorf("billing of %s: %w", day, err)
		}
		lost = errors.Join(lost, unanswered)
		if err := s.store.SetProgress(ctx, day); err != nil {
			return err
		}
	}
	return lost
}

// repair finishes invoices that were stored and not posted.
func (s *Service) repair(ctx context.Context) (lost, err error) {
	return s.each(ctx, s.store.Unposted, func(inv Issued) error { return s.settle(ctx, inv, inv.Date) })
}

// day does what is due by the day. lost joins the charges that got no answer.
func (s *Service) day(ctx context.Context, day period.Date) (lost, err error) {
	due := func(ctx context.Context, after string, limit int) ([]Issued, error) {
		return s.store.DueCharges(ctx, day, after, limit)
	}
	lost, err = s.each(ctx, due, func(inv Issued) error { return s.collect(ctx, inv, day) })
	if err != nil {
		return nil, err
	}
	more, err := s.renew(ctx, day)
	lost = errors.Join(lost, more)
	if err != nil || day != day.Month().Last() {
		return lost, err
	}
	more, err = s.close(ctx, day.Month())
	return errors.Join(lost, more), err
}

// each walks a list page by page; ids rise strictly, so it ends even when nothing can be done about an invoice.
func (s *Service) each(ctx context.Context, list func(context.Context, string, int) ([]Issued, error), do func(Issued) error) (lost, err error) {
	for after := ""; ; {
		page, err := list(ctx, after, Page)
		if err != nil {
			return nil, err
		}
		for _, inv := range page {
			switch err := do(inv); {
			case errors.Is(err, errProvider):
				lost = errors.Join(lost, err)
			case err != nil:
				return nil, err
			}
			after = inv.ID
		}
		if len(page) < Page {
			return lost, nil
		}
	}
}

// renew invoices every subscription's periods that begin by the day. While an invoice of its order is past due, a period
// is skipped: what is not paid for is not sold again, and payment resumes with the next anniversary.
func (s *Service) renew(ctx context.Context, day period.Date) (lost, err error) {
	for after := ""; ; {
		page, err := s.store.DueSubscriptions(ctx, day, after, Page)
		if err != nil {
			return nil, err
		}
		for _, sub := range page {
			unanswered, err := s.renewOne(ctx, sub, day)
			if err != nil {
				return nil, err
			}
			lost = errors.Join(lost, unanswered)
			after = sub.ID
		}
		if len(page) < Page {
			return lost, nil
		}
	}
}

func (s *Service) renewOne(ctx context.Context, sub Subscription, day period.Date) (lost, err error) {
	for sub.State != Ended && sub.Due <= day {
		unanswered, err := s.step(ctx, sub)
		if err != nil {
			return nil, err
		}
		lost = errors.Join(lost, unanswered)
		next, err := s.store.Subscription(ctx, sub.ID)
		if err != nil {
			return nil, err
		}
		if next.State != Ended && next.Due <= sub.Due {
			return nil, fmt.Errorf("subscription %s does not get beyond %s", sub.ID, sub.Due)
		}
		sub = next
	}
	return lost, nil
}

func (s *Service) step(ctx context.Context, sub Subscription) (lost, err error) {
	if sub.State == Cancelling || sub.PastDue {
		return nil, s.store.Step(ctx, sub)
	}
	is, err := sub.renewal(s.cfg.Entity)
	if err != nil {
		return nil, err
	}
	inv, err := s.store.Issue(ctx, is)
	if err != nil {
		return nil, err
	}
	err = s.settle(ctx, inv, inv.Date)
	if errors.Is(err, errProvider) {
		return err, nil
	}
	return nil, err
}

// RunMonth closes a month: its usage is rated and invoiced, and what was earned in it is released. Run does so on the
// month's last day; again is fine.
func (s *Service) RunMonth(ctx context.Context, m period.Month) error {
	lost, err := s.close(ctx, m)
	return errors.Join(err, lost)
}

// close first shuts the month, so that no event can slip between the rating and the closing.
func (s *Service) close(ctx context.Context, m period.Month) (lost, err error) {
	if err := s.store.CloseMonth(ctx, m); err != nil {
		return nil, err
	}
	lost, err = s.rate(ctx, m)
	if err != nil {
		return nil, err
	}
	return lost, s.release(ctx, m)
}

func (s *Service) rate(ctx context.Context, m period.Month) (lost, err error) {
	for after := ""; ; {
		orders, err := s.store.MeteredOrders(ctx, m, after, Page)
		if err != nil {
			return nil, err
		}
		for _, order := range orders {
			ms, err := s.store.Metering(ctx, order, m)
			if err != nil {
				return nil, err
			}
			unanswered, err := s.rateOrder(ctx, m, ms)
			if err != nil {
				return nil, err
			}
			lost = errors.Join(lost, unanswered)
			after = order
		}
		if len(orders) < Page {
			return lost, nil
		}
	}
}

func (s *Service) rateOrder(ctx context.Context, m period.Month, ms []Metering) (lost, err error) {
	part := 0
	for chunk := range slices.Chunk(ms, MaxLines) {
		is, ok, err := usageInvoice(s.cfg.Entity, m, part, chunk)
		if err != nil {
			return nil, err
		}
		part++
		if !ok {
			continue
		}
		inv, err := s.store.Issue(ctx, is)
		if err != nil {
			return nil, err
		}
		switch err := s.settle(ctx, inv, inv.Date); {
		case errors.Is(err, errProvider):
			lost = errors.Join(lost, err)
		case err != nil:
			return nil, err
		}
	}
	return lost, nil
}

func (s *Service) release(ctx context.Context, m period.Month) error {
	for {
		rows, err := s.store.DueRows(ctx, m, Page)
		if err != nil {
			return err
		}
		for _, r := range rows {
			e := r.release()
			if _, err := s.books.Post(ctx, e); err != nil {
				return err
			}
			if err := s.store.Release(ctx, r.Obligation, r.Month); err != nil {
				return err
			}
		}
		if len(rows) < Page {
			return nil
		}
	}
}
