package billing

import (
	"context"
	"slices"

	"roadbook/fault"
	"roadbook/offer"
	"roadbook/period"
	"roadbook/vin"
)

// Taken is one product of an order as it stands now: what a car's owner took, whether it was ever paid for, and until when
// it runs. It is read for many cars at once, so it carries no amounts: those are the ledger's.
type Taken struct {
	OrderID  string      `json:"order_id"`
	VIN      vin.VIN     `json:"vin"`
	Customer string      `json:"customer"`
	Day      period.Date `json:"day"`
	SKU      offer.SKU   `json:"sku"`
	Name     string      `json:"name"`
	Kind     offer.Kind  `json:"kind"`
	Features []string    `json:"features,omitempty"`
	WithCar  bool        `json:"with_car"`        // on the order that sold the car
	Paid     bool        `json:"paid"`            // it has a price, and money was received for its order or, Metered, for its use
	Until    period.Date `json:"until,omitempty"` // Term: its end, exclusive. Subscription: the first day that is not invoiced
	Next     int         `json:"next,omitempty"`  // Subscription: as in Subscription
	State    string      `json:"state,omitempty"` // Subscription: as in Subscription
}

// MaxCars is how many cars one call of Taken reads.
const MaxCars = 500

// Taken lists what was ordered for the cars, by car, day, order and SKU.
func (s *Service) Taken(ctx context.Context, cars []vin.VIN) ([]Taken, error) {
	if len(cars) == 0 {
		return nil, nil
	}
	if len(cars) > MaxCars {
		return nil, fault.New(fault.Invalid, "cars", "at most %d cars are read at once, not %d", MaxCars, len(cars))
	}
	contracts, subs, paid, err := s.store.TakenUp(ctx, cars)
	if err != nil {
		return nil, err
	}
	bySub := map[string]Subscription{}
	for _, sub := range subs {
		bySub[sub.OrderID+" "+string(sub.Terms.SKU)] = sub
	}
	var out []Taken
	for _, c := range contracts {
		withCar := c.Order.SellsCar()
		for _, l := range c.Order.Lines {
			t := Taken{OrderID: c.Order.ID, VIN: c.Order.VIN, Customer: c.Order.Customer, Day: c.Date, SKU: l.SKU, Name: l.Name, Kind: l.Kind,
				Features: l.Features, WithCar: withCar, Paid: paid[c.Order.ID] && (l.Price.Minor > 0 || l.Unit.Sign() > 0)}
			switch l.Kind {
			case offer.Term:
				t.Until = c.Date.AddMonths(l.TermMonths)
			case offer.Subscription:
				sub := bySub[c.Order.ID+" "+string(l.SKU)]
				t.Until, t.Next, t.State = sub.Due, sub.Next, string(sub.State)
			case offer.Metered:
				t.Paid = paid[meterID(c.Order.ID, l.SKU)]
			case offer.Vehicle, offer.Perpetual, offer.App:
			}
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b Taken) int {
		return compare(string(a.VIN), string(b.VIN), string(a.Day), string(b.Day), a.OrderID, b.OrderID, string(a.SKU), string(b.SKU))
	})
	return out, nil
}

// compare orders by pairs, the first that differs.
func compare(pairs ...string) int {
	for i := 0; i < len(pairs); i += 2 {
		switch {
		case pairs[i] < pairs[i+1]:
			return -1
		case pairs[i] > pairs[i+1]:
			return 1
		}
	}
	return 0
}

// Left is a product that ends because the car has another owner.
type Left struct {
	OrderID string
	VIN     vin.VIN
	SKU     offer.SKU
	Until   period.Date // what is paid lasts until then, exclusive
}

// Leave ends what a customer pays for a car by the month or by use, because on that day the car became another's: a
// subscription with the period that is already invoiced, which is paid for and stays with the car; a meter on the day
// itself, so that what the next owner drives is not the former one's to pay. Terms and features stay with the car. Again
// is fine, and tells the same.
func (s *Service) Leave(ctx context.Context, v vin.VIN, customer string, on period.Date) ([]Left, error) {
	if _, err := period.ParseDate(string(on)); err != nil {
		return nil, err
	}
	subs, meters, err := s.store.Leave(ctx, v, customer, on)
	if err != nil {
		return nil, err
	}
	var out []Left
	for _, sub := range subs {
		out = append(out, Left{OrderID: sub.OrderID, VIN: v, SKU: sub.Terms.SKU, Until: sub.Due})
	}
	for _, m := range meters {
		out = append(out, Left{OrderID: m.OrderID, VIN: v, SKU: m.Terms.SKU, Until: m.Until})
	}
	return out, nil
}
