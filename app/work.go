package app

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/period"
	"roadbook/vin"
)

// The regular work: what falls due because time passes.

const (
	markClock = "clock"        // where simulated time stands
	markDay   = "billed"       // the day through which billing has run
	markMonth = "closed-month" // the last month that was closed
	workEvery = 10 * time.Minute
)

// work runs the regular work now and then, until ctx ends. Simulated time does not pass by itself: there Advance does it.
func (a *App) work(ctx context.Context) {
	defer close(a.done)
	tick := time.NewTicker(workEvery)
	defer tick.Stop()
	for {
		if a.sim == nil {
			if err := a.Tick(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("regular work", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Tick does all that is due by now: renewals and dunning of each day, the close of each month, a look at the pilots that are being rolled out. It goes on where it was;
// doing it again has no second effect.
func (a *App) Tick(ctx context.Context) error {
	a.tick.Lock()
	defer a.tick.Unlock()
	today := period.DateOf(a.clock.Now())
	done, err := a.marks.get(ctx, markDay)
	if err != nil || done >= string(today) {
		return err
	}
	if err := a.Billing.Run(ctx, today); err != nil {
		return err
	}
	if err := a.closeMonths(ctx, today.Month()); err != nil {
		return err
	}
	if err := a.watchPilots(ctx); err != nil {
		return err
	}
	return a.marks.set(ctx, markDay, string(today))
}

// closeMonths closes the months before this one that are still open: what carriers take, and the partners' statements.
func (a *App) closeMonths(ctx context.Context, this period.Month) error {
	closed, err := a.marks.get(ctx, markMonth)
	if err != nil {
		return err
	}
	next := this // nothing was ever closed: begin with the first car's month
	if closed != "" {
		next = period.Month(closed).Next()
	} else if first, err := a.firstMonth(ctx); err != nil {
		return err
	} else if first != "" {
		next = first
	}
	for ; next < this; next = next.Next() {
		if err := a.accrue(ctx, next); err != nil {
			return err
		}
		// The partners' statements count what was invoiced: let the invoices be heard first.
		if err := a.events.Settle(ctx); err != nil {
			return err
		}
		if err := a.Partner.Close(ctx, next); err != nil {
			return err
		}
		a.keepPassports(ctx)
		if err := a.marks.set(ctx, markMonth, string(next)); err != nil {
			return err
		}
	}
	return nil
}

// accrue counts what each sold car had of others in a month: the connection, the bytes of telemetry and updates, and, where
// there is a tariff, its transport to the customer and the computing for the features that it may use.
func (a *App) accrue(ctx context.Context, m period.Month) error {
	if err := a.Signal.Settle(ctx); err != nil {
		return err
	}
	telemetry, err := a.Signal.MonthBytes(ctx, m)
	if err != nil {
		return err
	}
	optional, err := a.optionalMeters(ctx)
	if err != nil {
		return err
	}
	return a.eachSold(ctx, func(v vin.VIN, on period.Date) error {
		if on.Month() > m {
			return nil
		}
		more, err := a.optionalUse(ctx, optional, v, on, m)
		if err != nil {
			return err
		}
		bytes := telemetry[v]
		deliveries, err := a.Update.CarDeliveries(ctx, v)
		if err != nil {
			return err
		}
		for _, d := range deliveries {
			if d.State.Final() && period.MonthOf(d.UpdatedAt) == m {
				bytes += d.Image.Length
			}
		}
		for _, used := range append([]use{{meterConnectivity, 1}, {meterDelivery, bytes}}, more...) {
			if used.quantity == 0 {
				continue
			}
			_, err := a.Supply.Accrue(ctx, m, v, used.meter, money.Decimal(strconv.FormatInt(used.quantity, 10)))
			if fault.KindOf(err) == fault.NotFound {
				a.log.Warn("no tariff", "meter", used.meter, "month", m)
				continue
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// use is how much of a meter a car had in a month.
type use struct {
	meter    string
	quantity int64
}

// optionalMeters lists the meters with a tariff that not every maker has: without one, nothing is to be counted.
func (a *App) optionalMeters(ctx context.Context) (out []string, err error) {
	tariffs, err := a.Supply.Tariffs(ctx, "")
	for _, t := range tariffs {
		if (t.Meter == meterLogistics || strings.HasPrefix(t.Meter, meterInference)) && !slices.Contains(out, t.Meter) {
			out = append(out, t.Meter)
		}
	}
	return out, err
}

// optionalUse is what a car sold on a day had of these meters in a month. A feature counts as one unit-month however many
// of the month's days the car had it.
func (a *App) optionalUse(ctx context.Context, meters []string, v vin.VIN, sold period.Date, m period.Month) (out []use, err error) {
	if len(meters) == 0 {
		return nil, nil
	}
	_, rights, err := a.Offer.Rights(ctx, v)
	if err != nil {
		return nil, err
	}
	for _, meter := range meters {
		feature, inference := strings.CutPrefix(meter, meterInference)
		had := !inference && sold.Month() == m || inference && slices.ContainsFunc(rights, func(r offer.Right) bool {
			return slices.Contains(r.Features, feature) && m.Span().Overlap(period.Span{From: r.From, To: r.Ends}).Days() > 0
		})
		if had {
			out = append(out, use{meter, 1})
		}
	}
	return out, nil
}

// Advance moves simulated time: it first lets everything that is under way come to rest, so that what happened before
// the new time is known before it, and then does what has fallen due.
func (a *App) Advance(ctx context.Context, to time.Time) error {
	if a.sim == nil {
		return fault.New(fault.Refused, "clock_real", "this server runs on real time; start it with --simulate to set its clock")
	}
	if err := a.settle(ctx); err != nil {
		return err
	}
	if a.sim.Set(to) {
		if err := a.marks.set(ctx, markClock, a.sim.Now().Format(time.RFC3339Nano)); err != nil {
			return err
		}
	}
	if err := a.Tick(ctx); err != nil {
		return err
	}
	return a.settle(ctx)
}

// settle waits until every frame that is stored is rolled up and every event is handled.
func (a *App) settle(ctx context.Context) error {
	if err := a.Signal.Settle(ctx); err != nil {
		return err
	}
	return a.events.Settle(ctx)
}

// eachSold calls fn for every sold car with the day of its sale.
func (a *App) eachSold(ctx context.Context, fn func(v vin.VIN, on period.Date) error) error {
	for after := vin.VIN(""); ; {
		cars, err := a.Fleet.Cars(ctx, after, fleet.MaxPage)
		if err != nil || len(cars) == 0 {
			return err
		}
		for _, c := range cars {
			if c.SoldOn != "" {
				if err := fn(c.VIN, c.SoldOn); err != nil {
					return err
				}
			}
		}
		after = cars[len(cars)-1].VIN
	}
}

// firstMonth is the month of the first sale, or empty.
func (a *App) firstMonth(ctx context.Context) (first period.Month, err error) {
	err = a.eachSold(ctx, func(_ vin.VIN, on period.Date) error {
		if m := on.Month(); first == "" || m < first {
			first = m
		}
		return nil
	})
	return first, err
}
