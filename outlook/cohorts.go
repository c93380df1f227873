package outlook

import (
	"context"
	"maps"
	"slices"

	"roadbook/fleet"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
)

// Cohorts is the fleet by the quarter of the sale. Lines of the cohorts and of the rest sum to the total, which is the
// fleet's statement.
type Cohorts struct {
	AsOf       period.Date    `json:"as_of"`
	Currency   money.Currency `json:"currency"`
	Cohorts    []Cohort       `json:"cohorts"`
	Rest       []Line         `json:"rest"`                 // booked for cars that are not sold, and for none: licences
	RestNet    money.Amount   `json:"rest_net"`             // sum of Rest
	Allocation []Allocation   `json:"allocation,omitempty"` // what is booked for no car, split by the key that was asked for
	Total      Statement      `json:"total"`
}

// Life returns the life of a car, or of the fleet when v is empty, as of today.
func (s *Service) Life(ctx context.Context, v vin.VIN, g Grain) (Life, error) {
	l := Life{VIN: string(v), AsOf: period.DateOf(s.clock.Now()), Grain: g}
	if _, err := g.months(); err != nil {
		return Life{}, err
	}
	var vehicles []string
	sold := map[period.Month]int64{}
	if v != "" {
		car, err := s.fleet.Car(ctx, v)
		if err != nil {
			return Life{}, err
		}
		if l.Owners, err = s.fleet.Owners(ctx, v); err != nil {
			return Life{}, err
		}
		vehicles = []string{string(v)}
		if l.SoldOn = car.SoldOn; l.SoldOn != "" {
			sold[l.SoldOn.Month()] = 1
		}
	} else {
		on, err := s.fleet.SoldOn(ctx)
		if err != nil {
			return Life{}, err
		}
		for day, n := range on {
			if day <= l.AsOf {
				sold[day.Month()] += int64(n)
			}
		}
	}
	rows, err := s.books.Over(ctx, vehicles, ledger.Filter{To: l.AsOf.AddDays(1)})
	if err != nil {
		return Life{}, err
	}
	return LifeOf(s.currency, l, rows, sold)
}

// Cohorts returns all cohorts as of today. What is booked for no car stays outside them, unless a key says how to split it.
func (s *Service) Cohorts(ctx context.Context, k Key) (Cohorts, error) {
	if k != "" {
		if err := k.Check(); err != nil {
			return Cohorts{}, err
		}
	}
	today := period.DateOf(s.clock.Now())
	st, w, err := s.whole(ctx, today)
	if err != nil {
		return Cohorts{}, err
	}
	out := Cohorts{AsOf: today, Currency: s.currency, Cohorts: []Cohort{}, Total: st, RestNet: st.Net}
	on, err := s.fleet.SoldOn(ctx)
	if err != nil {
		return Cohorts{}, err
	}
	quarters := map[Quarter]bool{}
	for day, n := range on {
		if day <= today {
			quarters[QuarterOf(day.Month())] = true
			out.Total.Cars += n
		}
	}
	for _, q := range slices.Sorted(maps.Keys(quarters)) {
		c, err := s.gather(ctx, q, today, w)
		if err != nil {
			return Cohorts{}, err
		}
		out.Cohorts = append(out.Cohorts, c)
	}
	if err := out.rest(); err != nil || k == "" {
		return out, err
	}
	common, err := s.books.Over(ctx, []string{""}, ledger.Filter{To: today.AddDays(1)})
	if err != nil {
		return Cohorts{}, err
	}
	none, err := build(s.currency, "", today, common, 0, w)
	if err != nil {
		return Cohorts{}, err
	}
	var lines []Line
	for _, l := range none.Lines {
		lines = append(lines, Line{Key: l.Key, Label: l.Label, Amount: l.Amount, Total: l.Total, Link: l.Link})
	}
	out.Allocation, err = Allocate(k, lines, out.Cohorts)
	return out, err
}

// rest is what the total has beside the cohorts.
func (c *Cohorts) rest() (err error) {
	for _, l := range c.Total.Lines {
		r := Line{Key: l.Key, Label: l.Label, Amount: l.Amount, Total: l.Total, Link: l.Link}
		for _, x := range c.Cohorts {
			if r.Amount, err = r.Amount.Sub(x.Line(l.Key).Amount); err != nil {
				return err
			}
		}
		c.Rest = append(c.Rest, r)
	}
	for _, x := range c.Cohorts {
		if c.RestNet, err = c.RestNet.Sub(x.Net); err != nil {
			return err
		}
	}
	return nil
}

// Cohort returns one cohort as of today; a quarter in which no car was sold has no cars.
func (s *Service) Cohort(ctx context.Context, q Quarter) (Cohort, error) {
	if _, err := ParseQuarter(string(q)); err != nil {
		return Cohort{}, err
	}
	today := period.DateOf(s.clock.Now())
	_, w, err := s.whole(ctx, today)
	if err != nil {
		return Cohort{}, err
	}
	return s.gather(ctx, q, today, w)
}

// whole is the fleet's statement, and whose the payment fees are: the same for all cohorts, so that they add up.
func (s *Service) whole(ctx context.Context, today period.Date) (Statement, whose, error) {
	rows, err := s.books.ByProduct(ctx, ledger.Filter{To: today.AddDays(1)})
	if err != nil {
		return Statement{}, whose{}, err
	}
	w := whoseOf(rows)
	st, err := build(s.currency, "", today, rows, 0, w)
	return st, w, err
}

// gather lets a cohort's cars stream by, a page at a time.
func (s *Service) gather(ctx context.Context, q Quarter, today period.Date, w whose) (Cohort, error) {
	g := newGathering(q, today)
	span := q.Span()
	span.To = min(span.To, today.AddDays(1))
	for after := (fleet.Sale{}); ; {
		page, err := s.fleet.Sales(ctx, span, after, fleet.MaxSales)
		if err != nil {
			return Cohort{}, err
		}
		if len(page) == 0 {
			return g.cohort(s.currency, w)
		}
		if err := s.page(ctx, g, page); err != nil {
			return Cohort{}, err
		}
		after = page[len(page)-1]
	}
}

func (s *Service) page(ctx context.Context, g *gathering, page []fleet.Sale) error {
	until := ledger.Filter{To: g.asOf.AddDays(1)}
	bySale, byResale := map[period.Month][]string{}, map[period.Month][]string{}
	cars := make([]vin.VIN, len(page))
	for i, x := range page {
		cars[i] = x.VIN
		bySale[x.On.Month()] = append(bySale[x.On.Month()], string(x.VIN))
		if len(x.Owners) > 1 && x.Owners[1].Since <= g.asOf {
			m := x.Owners[1].Since.Month()
			byResale[m] = append(byResale[m], string(x.VIN))
		}
	}
	for sold, of := range bySale {
		rows, err := s.books.Over(ctx, of, until)
		if err != nil {
			return err
		}
		g.add(len(of), sold, rows)
	}
	for resold, of := range byResale {
		if resold >= g.asOf.Month() {
			continue // there is no month after it yet
		}
		rows, err := s.books.Over(ctx, of, ledger.Filter{From: resold.Next().First(), To: until.To})
		if err != nil {
			return err
		}
		ledger.Collect(g.after, monthless(rows))
		g.later += int64(len(of)) * int64(between(resold, g.asOf.Month()))
	}
	taken, err := s.orders.Taken(ctx, cars)
	if err != nil {
		return err
	}
	of := byCar(taken)
	for _, x := range page {
		g.uptake.car(x, of[x.VIN])
	}
	return nil
}

// CohortCars lists up to limit cars of a cohort after one, each with its statement: what a cohort's figures are made of.
func (s *Service) CohortCars(ctx context.Context, q Quarter, after fleet.Sale, limit int) ([]Statement, []fleet.Sale, error) {
	if _, err := ParseQuarter(string(q)); err != nil {
		return nil, nil, err
	}
	today := period.DateOf(s.clock.Now())
	span := q.Span()
	span.To = min(span.To, today.AddDays(1))
	sales, err := s.fleet.Sales(ctx, span, after, max(1, min(limit, fleet.MaxPage)))
	if err != nil {
		return nil, nil, err
	}
	out := make([]Statement, len(sales))
	for i, x := range sales {
		if out[i], err = s.statement(ctx, x.VIN, today, 1); err != nil {
			return nil, nil, err
		}
	}
	return out, sales, nil
}

// Observations returns what the cohorts say about a forecast's inputs, as of today.
func (s *Service) Observations(ctx context.Context) (Observations, error) {
	c, err := s.Cohorts(ctx, "")
	if err != nil {
		return Observations{}, err
	}
	return ObservationsOf(c.AsOf, c.Currency, c.Cohorts)
}
