package outlook

import (
	"context"
	"time"

	"roadbook/billing"
	"roadbook/fleet"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Books answers with sums of the ledger.
type Books interface {
	// ByProduct adds up by account and product.
	ByProduct(ctx context.Context, f ledger.Filter) ([]ledger.Sum, error)
	// Over adds up by account, product and month over some vehicles; none means all.
	Over(ctx context.Context, vehicles []string, f ledger.Filter) ([]ledger.Sum, error)
}

// Fleet answers which cars there are.
type Fleet interface {
	Car(ctx context.Context, v vin.VIN) (fleet.Car, error)
	Cars(ctx context.Context, after vin.VIN, limit int) ([]fleet.Car, error)
	// Sold returns how many cars are sold by a day and how many days they have been on the road together.
	Sold(ctx context.Context, by period.Date) (cars int, days int64, err error)
	// SoldOn returns how many cars were sold on each day.
	SoldOn(ctx context.Context) (map[period.Date]int, error)
	// Sales lists cars sold in a span, by day and VIN, with their owners, after one of the list.
	Sales(ctx context.Context, span period.Span, after fleet.Sale, limit int) ([]fleet.Sale, error)
	Owners(ctx context.Context, v vin.VIN) ([]fleet.Ownership, error)
}

// Orders answers what the owners of some cars took.
type Orders interface {
	Taken(ctx context.Context, cars []vin.VIN) ([]billing.Taken, error)
}

// Service makes statements of the books as they stand.
type Service struct {
	books    Books
	fleet    Fleet
	orders   Orders
	clock    Clock
	currency money.Currency
}

// New returns the service. Statements are in the currency; what is booked in others is shown beside them.
func New(books Books, fleet Fleet, orders Orders, clock Clock, currency money.Currency) (*Service, error) {
	if _, err := currency.Exponent(); err != nil {
		return nil, err
	}
	return &Service{books, fleet, orders, clock, currency}, nil
}

// Fleet returns the fleet's statement as of today, and the answer that it gives.
func (s *Service) Fleet(ctx context.Context) (Statement, Answer, error) {
	today := period.DateOf(s.clock.Now())
	cars, days, err := s.fleet.Sold(ctx, today)
	if err != nil {
		return Statement{}, Answer{}, err
	}
	st, err := s.statement(ctx, "", today, cars)
	if err != nil {
		return Statement{}, Answer{}, err
	}
	a, err := AnswerOf(st, days)
	return st, a, err
}

// Car returns a car's statement as of today.
func (s *Service) Car(ctx context.Context, v vin.VIN) (Statement, error) {
	c, err := s.fleet.Car(ctx, v)
	if err != nil {
		return Statement{}, err
	}
	return s.car(ctx, c, period.DateOf(s.clock.Now()))
}

// Cars returns the statements of up to limit cars with a greater VIN, in the order of VINs.
func (s *Service) Cars(ctx context.Context, after vin.VIN, limit int) ([]Statement, error) {
	cars, err := s.fleet.Cars(ctx, after, limit)
	if err != nil {
		return nil, err
	}
	today := period.DateOf(s.clock.Now())
	out := make([]Statement, len(cars))
	for i, c := range cars {
		if out[i], err = s.car(ctx, c, today); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) car(ctx context.Context, c fleet.Car, today period.Date) (Statement, error) {
	sold := 0
	if c.State == fleet.StateSold {
		sold = 1
	}
	return s.statement(ctx, c.VIN, today, sold)
}

// statement takes the books up to the end of today's month: their sums have the grain of a month.
func (s *Service) statement(ctx context.Context, v vin.VIN, today period.Date, sold int) (Statement, error) {
	sums, err := s.books.ByProduct(ctx, ledger.Filter{Vehicle: string(v), To: today.AddDays(1)})
	if err != nil {
		return Statement{}, err
	}
	return Build(s.currency, v, today, sums, sold)
}
