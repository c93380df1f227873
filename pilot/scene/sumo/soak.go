package sumo

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"

	"roadbook/fault"
	"roadbook/pilot/motion"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/world"
)

// Options is what a soak drives. DefaultOptions is complete; Check refuses nonsense.
type Options struct {
	Seeds   int         `json:"seeds"`
	First   uint64      `json:"first_seed"`
	Seconds float64     `json:"seconds"` // driven by the ego, per seed
	Warm    float64     `json:"warm_s"`  // in which the road fills before the ego drives
	Workers int         `json:"-"`       // simulations at a time; 0: one. The report does not depend on it
	Dir     string      `json:"-"`       // for SUMO's files; "": a temporary folder that is removed
	SetLow  float64     `json:"set_low_mps"`
	SetHigh float64     `json:"set_high_mps"` // set speeds of the trips are drawn between both
	Traffic Traffic     `json:"traffic"`
	Stack   scene.Stack `json:"stack"`

	drive func(*motion.Input) motion.Command // in place of pilot and checker, in tests
}

// DefaultOptions is a soak of 20 seeds of 30 minutes each: 10 hours.
func DefaultOptions() Options {
	return Options{Seeds: 20, First: 1, Seconds: 1800, Warm: 180, Workers: 1, SetLow: 25, SetHigh: 130 / 3.6, Traffic: DefaultTraffic(), Stack: scene.DefaultStack()}
}

// Limits of Options.
const (
	MaxSeeds   = 10_000
	MaxSeconds = 36_000
	MaxWorkers = 64
)

// Check refuses options that cannot be run.
func (o *Options) Check() error {
	bad := func(at, format string, args ...any) error {
		return fault.New(fault.Invalid, "soak_out_of_range", format, args...).At(at)
	}
	switch {
	case o.Seeds < 1 || o.Seeds > MaxSeeds:
		return bad("/seeds", "%d seeds, expected 1 to %d", o.Seeds, MaxSeeds)
	case !(o.Seconds >= 1 && o.Seconds <= MaxSeconds):
		return bad("/seconds", "%g seconds for each seed, expected 1 to %d", o.Seconds, MaxSeconds)
	case !(o.Warm >= 30 && o.Warm <= 3600):
		return bad("/warm_s", "%g s before the ego drives, expected 30 to 3600", o.Warm)
	case o.Workers < 0 || o.Workers > MaxWorkers:
		return bad("/workers", "%d workers, expected 0 to %d", o.Workers, MaxWorkers)
	case !(o.SetLow >= 5 && o.SetLow <= o.SetHigh && o.SetHigh <= limit+1e-9):
		return bad("/set_low_mps", "set speeds of %g to %g m/s, expected 5 to %.2f, rising", o.SetLow, o.SetHigh, limit)
	}
	if err := o.Traffic.Check(); err != nil {
		return err
	}
	if err := o.Stack.Check(); err != nil {
		return err
	}
	if o.Stack.Planner != scene.FullPilot {
		return bad("/stack/planner", "%.40q drives: expected %s, for a constant throttle never steers", o.Stack.Planner, scene.FullPilot)
	}
	setup := o.setup()
	return setup.Check()
}

// setup is the world of every trip, without actors that are there.
func (o *Options) setup() world.Setup {
	s := world.DefaultSetup(0)
	road, err := world.NewRoad(world.RoadPlan{Lanes: lanes, LaneWidth: laneWidth, Limit: limit})
	if err == nil {
		s.Road = road
	}
	s.Car, s.Sensors = o.Stack.Car, o.Stack.Sensors
	s.Actors = make([]world.Actor, slots)
	for i := range s.Actors {
		s.Actors[i] = parked
	}
	return s
}

// Progress is told after each seed; it is called by one goroutine at a time.
type Progress func(done, total int, r SeedReport)

// SeedReport is what came of one seed.
type SeedReport struct {
	Seed   uint64 `json:"seed"`
	Hash   string `json:"hash"`   // of the ego's drive, tick by tick
	Begins string `json:"begins"` // the same of its first minute
	Counts
}

// Soak drives the ego through the traffic of o.Seeds simulations. A simulation that fails ends the soak with its error.
func Soak(ctx context.Context, o Options, progress Progress) (Report, error) {
	if err := o.Check(); err != nil {
		return Report{}, err
	}
	version, err := Version(ctx)
	if err != nil {
		return Report{}, err
	}
	dir := o.Dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "roadbook-soak-"); err != nil {
			return Report{}, err
		}
		defer os.RemoveAll(dir)
	}
	network, err := buildNetwork(ctx, dir)
	if err != nil {
		return Report{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		done  int
		each  = job{opts: &o, used: &ports{}, dir: dir, network: network}
		next  = make(chan int)
		seeds = make([]SeedReport, o.Seeds)
	)
	for range max(1, min(o.Workers, o.Seeds)) {
		wg.Go(func() {
			for i := range next {
				r, err := each.of(o.First + uint64(i)).drive(ctx)
				if err != nil {
					cancel(err)
					return
				}
				mu.Lock()
				seeds[i] = r
				done++
				if progress != nil {
					progress(done, o.Seeds, r)
				}
				mu.Unlock()
			}
		})
	}
feed:
	for i := range o.Seeds {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	wg.Wait()
	if done < o.Seeds {
		return Report{}, context.Cause(ctx)
	}
	again, err := each.of(o.First).until(replayed).drive(ctx)
	if err != nil {
		return Report{}, err
	}
	r := report(&o, version, seeds)
	if r.Again = 1; again.Begins != seeds[0].Begins {
		r.Differ = 1
	}
	return r, nil
}

// replayed is how much of the first seed is driven a second time.
const replayed = 60 * motion.Second

// demand is for how long vehicles enter the road, s: trips need a car to take over, which may take a while.
func (o *Options) demand() float64 { return min(o.Warm+float64(o.Seconds*1.5)+600, maxDemand) }

// job is one simulation.
type job struct {
	opts         *Options
	used         *ports
	dir, network string
	seed         uint64
	witness      *witness    // who looks on; may be nil
	end          motion.Tick // when the ego has driven enough; 0: as the options say
}

func (j job) of(seed uint64) job { j.seed = seed; return j }

func (j job) until(t motion.Tick) job { j.end = t; return j }

// drive drives one seed.
func (j job) drive(ctx context.Context) (SeedReport, error) {
	o := j.opts
	file := filepath.Join(j.dir, fmt.Sprintf("seed-%d.rou.xml", j.seed))
	if err := os.WriteFile(file, routes(&o.Traffic, o.Stack.Car.Length, o.Stack.Car.Width, o.demand(), j.seed), 0o600); err != nil {
		return SeedReport{}, err
	}
	defer os.Remove(file)
	drv, err := newDriver(&o.Stack)
	if err != nil {
		return SeedReport{}, err
	}
	drv.other = o.drive
	sim, err := start(ctx, j.used, j.network, file, o.Traffic.Change, j.seed)
	if err != nil {
		return SeedReport{}, err
	}
	defer sim.stop()
	d := &drive{opts: o, seed: j.seed, sim: sim, rng: rand.New(rand.NewPCG(j.seed, 0xE60)), driver: drv, witness: j.witness, setup: o.setup(), hash: scene.NewTrail(), count: zero()}
	want := motion.Tick(math.Round(o.Seconds * 100))
	if j.end > 0 {
		want = min(want, j.end)
	}
	if err := d.run(ctx, want); err != nil {
		sim.stop()
		return SeedReport{}, fmt.Errorf("seed %d, step %d, ego %q at %.1f m: %w; sumo says: %s", j.seed, d.step, d.ego, d.world.Ego.S, err, sim.said.text())
	}
	return SeedReport{Seed: j.seed, Hash: fmt.Sprintf("%016x", uint64(d.hash)), Begins: fmt.Sprintf("%016x", uint64(d.begins)), Counts: d.count}, nil
}
