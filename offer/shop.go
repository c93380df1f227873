package offer

import (
	"context"
	"slices"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
)

// MaxShop is the longest catalogue that a car is shown.
const MaxShop = 500

// Item is a product as a car's owner sees it.
type Item struct {
	SKU        SKU           `json:"sku"`
	Name       string        `json:"name"`
	Kind       Kind          `json:"kind"`
	Features   []string      `json:"features,omitempty"`
	TermMonths int           `json:"term_months,omitempty"`
	Meter      string        `json:"meter,omitempty"`
	Partner    string        `json:"partner,omitempty"`
	Unit       money.Decimal `json:"unit"` // per piece, per month or per metered unit, in the currency of Due
	Due        money.Amount  `json:"due"`  // now
	State      State         `json:"state"`
	Until      period.Date   `json:"until,omitempty"` // last day of the right, exclusive
}

// State says whether there is something to buy.
type State string

// The states of an item.
const (
	Available State = "available"
	Pending   State = "pending" // bought; not paid yet
	Owned     State = "owned"
)

// Shop lists what the car's owner can buy today and what is bought already. Cars are not sold in cars.
func (s *Service) Shop(ctx context.Context, v vin.VIN) ([]Item, error) {
	sale, err := s.store.Sale(ctx, v)
	if err != nil {
		return nil, err
	}
	products, err := s.store.Products(ctx, "", MaxShop)
	if err != nil {
		return nil, err
	}
	held, err := s.store.Held(ctx, v)
	if err != nil {
		return nil, err
	}
	_, rights, err := s.store.Rights(ctx, v)
	if err != nil {
		return nil, err
	}
	today := period.DateOf(s.clock.Now())
	items := []Item{}
	for _, p := range products {
		if p.Kind == Vehicle {
			continue
		}
		price, err := p.PriceAt(sale.Currency, today)
		if err != nil {
			continue // not sold in this market today
		}
		name, err := s.named(p.Name, sale.Market, p.Features)
		if fault.KindOf(err) == fault.Refused {
			continue // may not be sold in this market
		}
		if err != nil {
			return nil, err
		}
		it := Item{SKU: p.SKU, Name: name, Kind: p.Kind, Features: p.Features, TermMonths: p.TermMonths, Meter: p.Meter,
			Partner: p.Partner, Unit: price.Unit, Due: money.Of(0, sale.Currency)}
		if p.Kind != Metered {
			if it.Due, err = money.Round(sale.Currency, price.Unit); err != nil {
				return nil, err
			}
		}
		it.State, it.Until = p.state(held, rights, today)
		items = append(items, it)
	}
	return items, nil
}

// state looks at what the car holds. A term that runs shows as owned and can be bought again when it is over.
func (p Product) state(held []SKU, rights []Right, today period.Date) (State, period.Date) {
	state, until, found := Available, period.Date(""), false
	for _, r := range rights {
		if r.SKU != p.SKU || !r.Active(today) {
			continue
		}
		if !found || r.Ends == "" || until != "" && r.Ends > until {
			until = r.Ends
		}
		state, found = Owned, true
	}
	switch {
	case found || !p.Kind.Lasting() || !slices.Contains(held, p.SKU):
		return state, until
	case len(p.Features) == 0: // nothing to wait for
		return Owned, ""
	}
	return Pending, ""
}

// Purchase is an order from the car itself, in its owner's name and market and at today's prices.
func (s *Service) Purchase(ctx context.Context, v vin.VIN, orderID string, sku SKU) (Order, error) {
	sale, err := s.store.Sale(ctx, v)
	if err != nil {
		return Order{}, err
	}
	p, err := s.store.Product(ctx, sku)
	if err != nil {
		return Order{}, pointed(err, "/sku")
	}
	if p.Kind == Vehicle {
		return Order{}, fault.New(fault.Refused, "sku_not_in_car", "%s is not sold in a car", sku).At("/sku")
	}
	return s.Place(ctx, Request{ID: orderID, VIN: v, Customer: sale.Owner, Market: sale.Market, Currency: sale.Currency,
		Lines: []RequestLine{{SKU: sku}}})
}
