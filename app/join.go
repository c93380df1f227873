package app

import (
	"context"
	"slices"
	"time"

	"roadbook/billing"
	"roadbook/car"
	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/period"
	"roadbook/pilot/r157"
	"roadbook/platform/pki"
	"roadbook/supply"
	"roadbook/update"
	"roadbook/vin"
)

// What one domain asks, answered by another.

// parts answers fleet: what does a car with this pack cost, and is the pack to be had?
type parts struct{ supply *supply.Service }

func (p parts) Cost(ctx context.Context, model, serial string, on period.Date) (fleet.Cost, error) {
	b, err := p.supply.CostOf(ctx, model, serial, on)
	if err != nil {
		return fleet.Cost{}, err
	}
	return fleet.Cost{Pack: b.Pack, BOM: b.BOM, Assembly: b.Assembly, Warranty: b.Warranty, Supplier: b.Supplier}, nil
}

func (p parts) Install(ctx context.Context, serial string, v vin.VIN, on period.Date) error {
	return p.supply.Install(ctx, serial, v, on)
}

// authority answers fleet: a certificate for the car's key.
type authority struct{ pki *pki.PKI }

func (a authority) SignCar(csr []byte, v vin.VIN) ([]byte, string, time.Time, error) {
	return a.pki.SignCar(csr, v)
}

// floor answers offer: below which price must this car not be sold?
type floor struct {
	fleet  *fleet.Service
	supply *supply.Service
	margin money.Decimal
}

func (f floor) Minimum(ctx context.Context, v vin.VIN, on period.Date) (money.Amount, error) {
	sold, err := f.fleet.Car(ctx, v)
	if err != nil {
		return money.Amount{}, err
	}
	fl, err := f.supply.Floor(ctx, sold.Model, sold.PackSerial, on, f.margin)
	return fl.Minimum, err
}

// wording answers offer: what must be said of the highway pilot in a market, and may it be sold there?
type wording struct{ markets []r157.ODD }

func (w wording) Word(market string, features []string) (string, error) {
	if !slices.Contains(features, car.FeaturePilot) {
		return "", nil
	}
	m, err := r157.Market(w.markets, market)
	if err != nil {
		return "", fault.New(fault.Refused, "pilot_market", "the highway pilot is not sold in market %.20q: %v", market, err)
	}
	return m.Label, nil
}

// labels lists the words by country.
func (w wording) labels() map[string]string {
	out := map[string]string{}
	for _, m := range w.markets {
		for _, c := range m.Countries {
			out[c] = m.Label
		}
	}
	return out
}

// inventory answers update: which computer does the car have, and whose reports are its own?
type inventory struct{ fleet *fleet.Service }

func (i inventory) Vehicle(ctx context.Context, v vin.VIN) (update.Vehicle, error) {
	car, err := i.fleet.Car(ctx, v)
	if err != nil {
		return update.Vehicle{}, err
	}
	out := update.Vehicle{}
	for _, e := range car.ECUs {
		if e.Role == fleet.Primary {
			out.ECU, out.HardwareID = e.Serial, e.HardwareID
		}
	}
	key, err := i.fleet.Key(ctx, v)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return update.Vehicle{}, err
	}
	out.Key = key
	return out, nil
}

// activate gives the car what was paid for.
func (a *App) activate(ctx context.Context, e billing.Paid) error {
	var paid []offer.Activation
	for _, l := range e.Lines {
		if len(l.Features) > 0 {
			paid = append(paid, offer.Activation{SKU: l.SKU, Kind: l.Kind, Features: l.Features, From: l.From, Until: l.Until})
		}
	}
	if len(paid) == 0 {
		return nil
	}
	_, err := a.Offer.Activate(ctx, e.OrderID, e.VIN, paid...)
	return err
}

// sold tells fleet who owns the car now.
func (a *App) sold(ctx context.Context, inv billing.Invoice) error {
	for _, l := range inv.Lines {
		if l.Kind == offer.Vehicle {
			return a.Fleet.MarkSold(ctx, inv.VIN, inv.Customer, inv.Date)
		}
	}
	return nil
}

// resold ends what the former owner pays for by the month or by use, and lets the new one buy in the car. What is paid for
// stays with the car: a feature for good, a term to its end, a subscription to the end of its month.
func (a *App) resold(ctx context.Context, e fleet.Resold) error {
	left, err := a.Billing.Leave(ctx, e.VIN, e.From, e.On)
	if err != nil {
		return err
	}
	for _, l := range left {
		if _, err := a.Offer.Cancel(ctx, offer.Cancellation{OrderID: l.OrderID, VIN: l.VIN, SKU: l.SKU, On: l.Until}); err != nil {
			return err
		}
	}
	return a.Offer.Transfer(ctx, offer.Transfer{VIN: e.VIN, N: e.N, Owner: e.To})
}
