package app

import (
	"context"

	"roadbook/console"
	"roadbook/inservice"
	"roadbook/period"
)

// pilotDays is how far back the page of the pilots looks.
const pilotDays = 365

// Pilots answers with what the fleet's highway pilots did in the last year.
func (s *source) Pilots(ctx context.Context) (console.Pilots, error) {
	today := s.today()
	out := console.Pilots{AsOf: today, Labels: s.a.wording.labels()}
	var err error
	if out.Aside, err = s.a.asides.count(ctx); err != nil {
		return out, err
	}
	if out.Rates, err = s.a.Pilots.Rates(ctx, period.Span{From: today.AddDays(-pilotDays), To: today.AddDays(1)}, ""); err != nil {
		return out, err
	}
	var names []inservice.Name
	for _, v := range out.Rates.Versions {
		names = append(names, v.Name())
	}
	if out.Verdicts, err = s.a.Pilots.Judge(ctx, names...); err != nil {
		return out, err
	}
	if out.Limits, err = s.a.Pilots.Limits(ctx); err != nil {
		return out, err
	}
	if out.Stops, err = s.a.Pilots.Stops(ctx, 20); err != nil {
		return out, err
	}
	if out.Events, err = s.a.Pilots.Events(ctx, inservice.EventQuery{Kinds: inservice.Watched, Limit: console.PageSize}); err != nil {
		return out, err
	}
	out.Differences, err = s.a.Pilots.Differences(ctx, inservice.EventQuery{Limit: 20})
	return out, err
}
