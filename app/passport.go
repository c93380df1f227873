package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/id"
	"roadbook/period"
	"roadbook/signal"
	"roadbook/supply"
	"roadbook/supply/passport"
	"roadbook/supply/supplysql"
	"roadbook/vin"
)

// batteries answers passport: which battery is it, and what do supply, fleet and signal say of it? No fact names a VIN, a
// price or a person: passports are read outside the house.
type batteries struct {
	supply *supply.Service
	fleet  *fleet.Service
	signal *signal.Service
}

func (a *App) buildPassports() (err error) {
	b := batteries{a.Supply, a.Fleet, a.Signal}
	a.Passport, err = passport.New(supplysql.NewPassports(a.db), b, b, a.clock, passport.Config{Base: a.cfg.Passports})
	return err
}

func (b batteries) Pack(ctx context.Context, serial string) (passport.Pack, error) {
	p, err := b.supply.Pack(ctx, serial)
	return passport.Pack{Serial: p.Serial, Lot: p.Lot, Model: p.Part, Since: p.Received, VIN: p.VIN}, err
}

// Facts tells what follows from the lot that brought the battery, from its life since, and from the sale of its car. The
// lot's recycled shares are left out: they are not told apart by waste before and after use, as the passport's are.
func (b batteries) Facts(ctx context.Context, p passport.Pack) ([]passport.Record, error) {
	h, err := b.supply.History(ctx, p.Serial)
	if err != nil {
		return nil, err
	}
	var out []passport.Record
	tell := func(attribute, value string, origin passport.Origin, level evidence.Level, source, definition string, on period.Date) {
		out = append(out, passport.Record{ID: id.From("psf", p.Serial, attribute, value, string(on)), Subject: passport.Subject{Grain: passport.Item, ID: p.Serial},
			Attribute: attribute, Value: json.RawMessage(value), Origin: origin,
			Evidence: evidence.Evidence{Source: source, Date: on, Vintage: on, Who: string(origin), Level: level, Definition: definition}})
	}
	lot := "lot " + h.Lot.ID
	tell(passport.BatteryID, strconv.Quote(p.Serial), passport.Supplier, evidence.Reported, lot, "serial number", h.Pack.Received)
	chemistry, err := json.Marshal(h.Contract.Chemistry)
	if err != nil {
		return nil, err
	}
	tell(passport.Chemistry, string(chemistry), passport.Supplier, evidence.Reported, lot, "as contracted", h.Pack.Received)
	if h.Lot.CO2 != "" {
		tonnes, err := product(string(h.Lot.CO2), string(h.Contract.KWh))
		if err != nil {
			return nil, err
		}
		tell(passport.AbsoluteFootprint, tonnes, passport.Supplier, evidence.Derived, lot,
			fmt.Sprintf("%s kg CO2e per kWh of capacity × %s kWh", h.Lot.CO2, h.Contract.KWh), h.Pack.Received)
	}
	for _, e := range h.Events {
		if e.Date == "" {
			e.Date = h.Pack.Received // built in before days were recorded
		}
		switch e.State {
		case supply.Received:
			tell(passport.BatteryStatus, strconv.Quote(passport.Original), passport.Factory, evidence.Reported, lot, "", e.Date)
		case supply.Installed:
			tell(passport.BatteryCategory, strconv.Quote(string(passport.EV)), passport.Factory, evidence.Derived, "built into a car", "", e.Date)
			if err := b.inService(ctx, e, tell); err != nil {
				return nil, err
			}
		case supply.SecondLife:
			tell(passport.BatteryStatus, strconv.Quote(passport.Repurposed), passport.Factory, evidence.Uncertain, "life of the battery",
				"in use elsewhere; re-used or remanufactured is recorded by hand", e.Date)
		case supply.Recycled:
			tell(passport.BatteryStatus, strconv.Quote(passport.Waste), passport.Factory, evidence.Derived, "life of the battery", "recycled", e.Date)
		}
	}
	return out, nil
}

// inService tells when the car was first sold: then its battery was put into service.
func (b batteries) inService(ctx context.Context, e supply.PackEvent, tell func(attribute, value string, origin passport.Origin, level evidence.Level, source, definition string, on period.Date)) error {
	if e.VIN == "" {
		return nil
	}
	c, err := b.fleet.Car(ctx, e.VIN)
	if fault.KindOf(err) == fault.NotFound || err == nil && c.SoldOn == "" {
		return nil
	}
	if err != nil {
		return err
	}
	tell(passport.ServiceDate, strconv.Quote(string(c.SoldOn)), passport.Factory, evidence.Derived, "sale of the car", "the day on which the car was sold", c.SoldOn)
	return nil
}

// product is kg per kWh times kWh, in tonnes.
func product(kg, kwh string) (string, error) {
	x, err := strconv.ParseFloat(kg, 64)
	if err != nil {
		return "", err
	}
	y, err := strconv.ParseFloat(kwh, 64)
	return strconv.FormatFloat(x*y/1000, 'f', 6, 64), err
}

// Readings is what the car last reported of its battery.
func (b batteries) Readings(ctx context.Context, v vin.VIN) (passport.Readings, error) {
	latest, err := b.signal.Latest(ctx, v)
	out := passport.Readings{}
	for _, r := range latest {
		out[r.Signal.Path] = passport.Reading{Value: r.Value, At: r.At}
	}
	return out, err
}

// keepPassports records what each sold car reports of its battery, so that the passports of a month can be shown later. It is
// not what money depends on: what fails is told and tried again next month.
func (a *App) keepPassports(ctx context.Context) {
	for after := vin.VIN(""); ; {
		cars, err := a.Fleet.Cars(ctx, after, fleet.MaxPage)
		if err != nil {
			a.log.Warn("passports not kept", "err", err)
			return
		}
		if len(cars) == 0 {
			return
		}
		for _, c := range cars {
			after = c.VIN
			if c.SoldOn == "" || c.PackSerial == "" {
				continue
			}
			if _, err := a.Passport.Keep(ctx, c.PackSerial); err != nil {
				a.log.Warn("passport not kept", "serial", c.PackSerial, "err", err)
			}
		}
	}
}
