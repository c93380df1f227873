// Package demo sends a small fleet down its whole road: it asks the maker's side only through its API, and its cars
// reach it only through their sockets. A simulated clock lets a year pass in less than a minute.
//
// Every request carries an id that follows from the case and the day, and every car remembers how far its day is. So the
// demo can be killed at any point, and the maker's side too, and goes on where it was.
package demo

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"roadbook/app/client"
	"roadbook/app/scenario"
	"roadbook/car"
	"roadbook/car/drive"
	"roadbook/car/highway"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/platform/clock"
	"roadbook/vin"
)

// Limits of a demo.
const (
	MaxCars   = 500
	MaxMonths = 60
	workers   = 4 // cars that drive at the same time
)

// Config says which road is driven.
type Config struct {
	Scenario  scenario.Scenario
	Cars      int
	Months    int
	Dir       string        // where the cars keep what they know, a folder each
	Traces    []drive.Trace // replayed in turn; nil: generated
	API       *client.Client
	Candidate *highway.Candidate // runs in the shadow of every car's pilot; nil: none
	Progress  func(done, total int, doing string)
	Log       *slog.Logger
}

// Run drives the road from where it is to its end.
func Run(ctx context.Context, cfg Config) error {
	if cfg.Cars < 1 || cfg.Cars > MaxCars || cfg.Months < 1 || cfg.Months > MaxMonths {
		return fault.New(fault.Invalid, "demo", "a demo has 1 to %d cars and 1 to %d months, not %d and %d", MaxCars, MaxMonths, cfg.Cars, cfg.Months)
	}
	d := &demo{Config: cfg, end: cfg.Scenario.Start.AddMonths(cfg.Months)}
	d.award()
	defer d.stop(context.WithoutCancel(ctx))
	var now struct {
		Now time.Time `json:"now"`
	}
	if err := d.API.Get(ctx, "/v1/clock", &now); err != nil {
		return err
	}
	d.clock = clock.NewSim(now.Now)
	if err := d.API.Get(ctx, "/v1/provisioning", &d.provisioning); err != nil {
		return err
	}
	if err := d.prepare(ctx); err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	if err := d.publishApps(ctx); err != nil {
		return fmt.Errorf("apps: %w", err)
	}
	first := max(d.Scenario.Start, period.DateOf(now.Now))
	total := days(d.Scenario.Start, d.end)
	for day := first; day < d.end; day = day.AddDays(1) {
		d.Progress(days(d.Scenario.Start, day), total, string(day.Month()))
		if err := d.day(ctx, day); err != nil {
			return fmt.Errorf("%s: %w", day, err)
		}
	}
	// The last month closes when the first day after it begins.
	if err := d.advance(ctx, d.end.Time().Add(dawn)); err != nil {
		return err
	}
	d.Progress(total, total, "done")
	return nil
}

// BuildOne prepares the case and builds its first car, and returns what the car's program is to be given.
func BuildOne(ctx context.Context, cfg Config) (car.Config, error) {
	cfg.Cars, cfg.Months = 1, 1
	d := &demo{Config: cfg}
	d.award()
	var p car.Provisioning
	if err := d.API.Get(ctx, "/v1/provisioning", &p); err != nil {
		return car.Config{}, err
	}
	if err := d.prepare(ctx); err != nil {
		return car.Config{}, err
	}
	v, err := d.name(0)
	if err != nil {
		return car.Config{}, err
	}
	secret, err := d.build(ctx, 0, v)
	return car.Config{VIN: v, ECU: ecuSerial(v), HardwareID: d.Scenario.Model.HardwareID, Secret: secret, Provisioning: p}, err
}

// The hours of a day, after midnight UTC.
const (
	dawn    = 4 * time.Hour  // the books of the day before are closed
	trading = 9 * time.Hour  // cars are built and sold
	evening = 18 * time.Hour // cars drive, owners buy
)

type demo struct {
	Config
	clock        *clock.Sim
	provisioning car.Provisioning
	end          period.Date
	cars         []*owned // in the order in which they were built
	contractOf   []string // by car: where its pack comes from
}

// owned is a car with its owner.
type owned struct {
	index  int
	vin    vin.VIN
	sold   period.Date
	agent  *car.Agent
	screen *car.Screen
}

// day lets one day pass.
func (d *demo) day(ctx context.Context, day period.Date) error {
	if err := d.advance(ctx, day.Time().Add(dawn)); err != nil {
		return err
	}
	if err := d.advance(ctx, day.Time().Add(trading)); err != nil {
		return err
	}
	for i := len(d.cars); i < d.Cars && d.buildDay(i) <= day; i++ {
		if err := d.buildAndSell(ctx, i); err != nil {
			return fmt.Errorf("car %d: %w", i+1, err)
		}
	}
	if day == d.releaseDay() {
		if err := d.campaign(ctx); err != nil {
			return fmt.Errorf("campaign: %w", err)
		}
	}
	if err := d.advance(ctx, day.Time().Add(evening)); err != nil {
		return err
	}
	return d.each(ctx, func(ctx context.Context, c *owned) error { return d.drive(ctx, c, day) })
}

// each runs fn for every car, a few at a time, and returns the first error.
func (d *demo) each(ctx context.Context, fn func(context.Context, *owned) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan *owned)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for c := range next {
				if err := fn(ctx, c); err != nil {
					cancel(fmt.Errorf("car %s: %w", c.vin, err))
				}
			}
		})
	}
	for _, c := range d.cars {
		select {
		case next <- c:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}

// advance moves the maker's clock, which first finishes what is under way and then does what is due, and the cars' clock.
func (d *demo) advance(ctx context.Context, to time.Time) error {
	if to.Before(d.clock.Now()) {
		return nil // this part of the day has passed before a restart
	}
	in := map[string]any{"now": to}
	if err := d.API.Post(ctx, "/v1/clock", "clock/"+to.Format(time.RFC3339), in, nil); err != nil {
		return err
	}
	d.clock.Set(to)
	return nil
}

// buildDay spreads the cars over the first month.
func (d *demo) buildDay(i int) period.Date { return d.Scenario.Start.AddDays(i * 28 / d.Cars) }

func (d *demo) releaseDay() period.Date {
	return d.Scenario.Start.AddMonths(d.Scenario.Release.Month).AddDays(9)
}

// drive is a car's day: a trip, what its owner wants, and all that the car has to tell the cloud.
func (d *demo) drive(ctx context.Context, c *owned, day period.Date) error {
	if len(d.bought(c, day.AddDays(-1))) > 0 {
		// By now the right is there. A hint tells the car, too, but perhaps only after it has driven away.
		if err := c.agent.FetchGrant(ctx); err != nil {
			return fmt.Errorf("grant: %w", err)
		}
	}
	if err := c.agent.Drive(ctx, day, d.trip(c, day)); err != nil {
		return err
	}
	for _, r := range d.bought(c, day) {
		if err := c.agent.Buy(ctx, r.SKU, fmt.Sprintf("%s/%s/%d", c.vin, r.SKU, r.AfterMonths)); err != nil {
			return fmt.Errorf("buy %s: %w", r.SKU, err)
		}
		if err := d.install(ctx, c, r.SKU); err != nil {
			return fmt.Errorf("install %s: %w", r.SKU, err)
		}
	}
	return c.agent.Sync(ctx)
}

// bought lists the offers that a car's owner takes on a day: of each, the day after its month is over.
func (d *demo) bought(c *owned, day period.Date) []scenario.TakeRate {
	var out []scenario.TakeRate
	for _, r := range d.Scenario.TakeRates {
		if day == c.sold.AddMonths(r.AfterMonths).AddDays(1) && takes(c.vin, r.SKU, number(r.Rate)) {
			out = append(out, r)
		}
	}
	return out
}

// trip is what the car drives on a day: a recorded trace or a generated one, the same whenever it is asked for.
func (d *demo) trip(c *owned, day period.Date) drive.Trace {
	if n := len(d.Traces); n > 0 {
		return d.Traces[hash(string(c.vin), string(day))%uint64(n)]
	}
	km := number(d.Scenario.Driving.KmPerDay.Value)
	habit := 0.6 + 0.8*unit(string(c.vin), "habit")
	return drive.Generate(hash(string(c.vin), string(day)), km*habit, number(d.Scenario.Driving.HighwayShare.Value))
}

// takes decides once and for all whether a car's owner takes an offer.
func takes(v vin.VIN, sku string, rate float64) bool { return unit(string(v), "takes", sku) < rate }

func hash(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = h.Write([]byte(p + "\x00")) // a hash never fails
	}
	x := h.Sum64() // FNV mixes its last bytes poorly; finish as MurmurHash3 does
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return x
}

// unit is a number in [0, 1) that follows from the parts.
func unit(parts ...string) float64 { return float64(hash(parts...)>>11) / math.Pow(2, 53) }

// number reads a share or a distance of the case, which Parse has checked; money never passes here.
func number(d money.Decimal) float64 {
	f, err := strconv.ParseFloat(string(d), 64)
	if err != nil {
		return 0
	}
	return f
}

func days(from, to period.Date) int { return period.Span{From: from, To: to}.Days() }

// open starts the car's agent on its folder.
func (d *demo) open(ctx context.Context, c *owned, secret string) error {
	dir := filepath.Join(d.Dir, string(c.vin))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	a, err := car.Open(ctx, car.Config{Dir: dir, VIN: c.vin, ECU: ecuSerial(c.vin), HardwareID: d.Scenario.Model.HardwareID,
		Secret: secret, Provisioning: d.provisioning, Clock: d.clock, Candidate: d.Candidate,
		Log: d.Log.With("car", strconv.Itoa(c.index+1)), Patience: d.API.Patience})
	if err != nil {
		return err
	}
	c.agent = a
	c.screen, err = car.NewScreen(a)
	return err
}

func (d *demo) stop(ctx context.Context) {
	for _, c := range d.cars {
		if err := c.agent.Stop(ctx); err != nil {
			d.Log.Warn("stop car", "vin", c.vin, "err", err)
		}
	}
}
