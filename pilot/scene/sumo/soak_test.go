package sumo

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"roadbook/fault"
	"roadbook/pilot/motion"
)

// short is a soak that fits into every check: 2 seeds of a minute.
func short() Options {
	o := DefaultOptions()
	o.Seeds, o.Seconds, o.Workers = 2, 60, 2
	return o
}

// soak needs the real SUMO: without it the test fails and says what to install.
func soak(t *testing.T, o Options) Report {
	t.Helper()
	r, err := Soak(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestShortSoak(t *testing.T) {
	r := soak(t, short())
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + b.String())
	if !r.Passed() {
		t.Errorf("goals missed: %v", r.Failures())
	}
	if c := &r.Total; c.Ticks != 2*6000 || c.Trips < 2 || c.Km < 1 || c.Following < c.Ticks/4 {
		t.Errorf("%d ticks, %d trips, %.2f km, %d ticks behind others: expected 12000 ticks among traffic", c.Ticks, c.Trips, c.Km, c.Following)
	}
	if r.Again != 1 || r.Differ != 0 || r.Suite().Replay.Again != 1 {
		t.Errorf("%d of %d replays differ", r.Differ, r.Again)
	}
	if r.Total.SumoEgo != 0 {
		t.Errorf("SUMO lists %d collisions of the ego, our geometry none", r.Total.SumoEgo)
	}
}

// The same seed must give the same counts and the same drive, also with another number of workers.
func TestSameSeedSameReport(t *testing.T) {
	o := short()
	o.Seconds = 30
	a := soak(t, o)
	o.Workers = 1
	b := soak(t, o)
	x, _ := json.Marshal(a.Seeds)
	y, _ := json.Marshal(b.Seeds)
	if string(x) != string(y) {
		t.Errorf("two workers:\n%s\none worker:\n%s", x, y)
	}
	if a.Seeds[0].Hash == a.Seeds[1].Hash {
		t.Error("two seeds gave the same drive")
	}
	for _, s := range a.Seeds {
		if s.Begins != s.Hash { // it is shorter than what is replayed
			t.Errorf("seed %d begins as %s, not %s", s.Seed, s.Begins, s.Hash)
		}
	}
}

// An ego that never brakes must be caught by the counts: otherwise a soak without collisions would say nothing.
func TestRecklessEgoIsCounted(t *testing.T) {
	o := short()
	o.Seeds, o.Seconds, o.SetLow = 1, 120, o.SetHigh
	o.drive = func(in *motion.Input) motion.Command {
		return motion.Command{Accel: min(1.5, o.SetHigh-in.Ego.V)}
	}
	r := soak(t, o)
	if r.Total.EgoCaused == 0 || r.Passed() {
		t.Errorf("an ego that never brakes caused %d collisions and passed: %v", r.Total.EgoCaused, r.Passed())
	}
	if r.Differ != 0 {
		t.Error("the first of the two minutes is another one when it is driven again")
	}
	if r.Total.Violated == 0 || float64(r.Total.MinTTC) > GoalTTC {
		t.Errorf("gap violated for %d ticks, shortest time to collision %g s", r.Total.Violated, r.Total.MinTTC)
	}
}

// A collision is shown as it was, whatever else the soak drove.
func TestShow(t *testing.T) {
	o := short()
	o.Seeds, o.Seconds, o.SetLow = 1, 120, o.SetHigh
	o.drive = func(in *motion.Input) motion.Command {
		return motion.Command{Accel: min(1.5, o.SetHigh-in.Ego.V)}
	}
	r := soak(t, o)
	if len(r.Total.Crashes) == 0 {
		t.Fatal("no collision to show")
	}
	c := r.Total.Crashes[len(r.Total.Crashes)-1]
	seed, trip, ok := Trip(c.ID())
	if !ok || seed != c.Seed || trip != c.Trip {
		t.Fatalf("%s is read as seed %d, trip %d", c.ID(), seed, trip)
	}
	x, err := Show(t.Context(), o, seed, trip)
	if err != nil {
		t.Fatal(err)
	}
	last := x.Frames[len(x.Frames)-1]
	if x.ID != c.ID() || float64(last.Tick)*motion.DT != c.At || last.Ego.S != c.S || last.Ego.VS < c.Speed-0.01 || last.Ego.VS > c.Speed || len(x.Frames) > int(recent) {
		t.Errorf("%s ends at tick %d, %g m with %g m/s after %d frames: the soak saw %+v", x.ID, last.Tick, last.Ego.S, last.Ego.VS, len(x.Frames), c)
	}
	with := slices.Index(x.Names, c.With)
	if with < 0 || len(x.Others) != len(x.Names) || len(last.Others) != len(x.Names) || math.Abs(last.Others[with].S-c.S) > 30 {
		t.Errorf("%s is not near at the end: %v", c.With, x.Names)
	}
	if _, err := Show(t.Context(), o, seed, trip+1000); fault.CodeOf(err) != "case" {
		t.Errorf("a trip that was not driven: %v", err)
	}
	for _, id := range []string{"", "seed-1", "seed-1/trip-x", "seed-1/trip-2 ", "seed-01/trip-2", "lane-1-2-3"} {
		if _, _, ok := Trip(id); ok {
			t.Errorf("%q is read as a trip", id)
		}
	}
}

// The soak of evidence is known before it runs, with the SUMO that is installed here.
func TestKnown(t *testing.T) {
	if v, err := Version(t.Context()); err != nil || v != Simulator {
		t.Errorf("%s is installed (%v): evidence is made with %s", v, err, Simulator)
	}
	o := DefaultOptions()
	r := report(&o, Simulator, make([]SeedReport, o.Seeds))
	s := r.Suite()
	if k := Known(); s.Manifest() != k.Manifest() || k.Defined != 20 || len(k.Inputs) != 3 {
		t.Errorf("it runs as %+v, and is known as %+v", s, k)
	}
	for reason, change := range map[string]func(*Options){"a seed less": func(o *Options) { o.Seeds-- }, "other seeds": func(o *Options) { o.First++ }, "fewer vehicles": func(o *Options) { o.Traffic.PerHour-- },
		"a shorter drive": func(o *Options) { o.Seconds-- }, "a longer car": func(o *Options) { o.Stack.Car.Length += 0.1 }, "slower": func(o *Options) { o.SetHigh-- }} {
		o := DefaultOptions()
		change(&o)
		r := report(&o, Simulator, make([]SeedReport, o.Seeds))
		if s, k := r.Suite(), Known(); s.Manifest() == k.Manifest() {
			t.Errorf("%s: the same manifest", reason)
		}
	}
}

func TestCancelEndsTheSimulations(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	o := short()
	o.Seconds = 3600
	if _, err := Soak(ctx, o, nil); err == nil || ctx.Err() == nil {
		t.Errorf("a cancelled soak ended with %v", err)
	}
}

func TestMissingSumoSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Soak(t.Context(), short(), nil)
	if fault.CodeOf(err) != "sumo_missing" || !strings.Contains(err.Error(), "apt-get install") {
		t.Errorf("without SUMO: %v", err)
	}
}

func TestOptionsRefused(t *testing.T) {
	for _, c := range []struct {
		why string
		set func(*Options)
		at  string
	}{
		{"no seed", func(o *Options) { o.Seeds = 0 }, "/seeds"},
		{"no time", func(o *Options) { o.Seconds = 0 }, "/seconds"},
		{"an empty road", func(o *Options) { o.Warm = 0 }, "/warm_s"},
		{"too many workers", func(o *Options) { o.Workers = MaxWorkers + 1 }, "/workers"},
		{"faster than the road", func(o *Options) { o.SetHigh = 60 }, "/set_low_mps"},
		{"a demand that no road takes", func(o *Options) { o.Traffic.PerHour = 1e9 }, "/traffic/vehicles_per_hour"},
		{"a car that cannot be", func(o *Options) { o.Stack.Car.Length = 0 }, "/length_m"},
	} {
		o := DefaultOptions()
		c.set(&o)
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), c.at) {
			t.Errorf("%s: %v, expected a refusal at %s", c.why, err, c.at)
		}
	}
}

// The distance of 5.2.3.3, at the rows of its table and beyond.
func TestDistance(t *testing.T) {
	for _, c := range []struct{ kmh, want float64 }{{0, 2}, {7, 2}, {7.2, 2}, {10, 3.06}, {20, 6.67}, {30, 10.83}, {40, 15.56}, {50, 20.83}, {60, 26.67}, {100, 50}, {130, 65}} {
		if got := distance(c.kmh/3.6, 1.8); got < c.want-0.01 || got > c.want+0.01 {
			t.Errorf("at %g km/h: %.3f m, expected %.2f", c.kmh, got, c.want)
		}
	}
}

// The routes of a seed do not change, and those of another do.
func TestRoutes(t *testing.T) {
	d := DefaultTraffic()
	a, b, c := routes(&d, 4.3, 1.9, 600, 1), routes(&d, 4.3, 1.9, 600, 1), routes(&d, 4.3, 1.9, 600, 2)
	if string(a) != string(b) || string(a) == string(c) {
		t.Error("routes do not follow the seed")
	}
	if n := strings.Count(string(a), `<vehicle id="v`); n < 430 || n > 640 {
		t.Errorf("%d vehicles in 600 s, expected about 533", n)
	}
	if n := strings.Count(string(a), `type="ego"`); n != 75 {
		t.Errorf("%d cars for the ego in 600 s, expected 75", n)
	}
}

// BenchmarkSoak tells how fast SUMO is with the ego in it: steps of 0.1 s, each with ten ticks of the full stack.
func BenchmarkSoak(b *testing.B) {
	o := DefaultOptions()
	o.Seeds, o.Seconds = 1, 300
	for b.Loop() {
		if _, err := Soak(b.Context(), o, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((o.Seconds+o.Warm)/stepLength*float64(b.N)/b.Elapsed().Seconds(), "steps/s")
}

// BenchmarkSumoAlone is SUMO in the same traffic without an ego: the limit that a soak cannot beat.
func BenchmarkSumoAlone(b *testing.B) {
	o := DefaultOptions()
	o.Seeds, o.Seconds, o.Warm = 1, 1, 480
	for b.Loop() {
		if _, err := Soak(b.Context(), o, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((o.Seconds+o.Warm)/stepLength*float64(b.N)/b.Elapsed().Seconds(), "steps/s")
}
