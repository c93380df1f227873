package sumo

import (
	"context"
	"fmt"
	"math"
	"os"

	"roadbook/fault"
	"roadbook/pilot/motion"
	"roadbook/pilot/scene"
)

// Of what is shown of a collision.
const (
	recent = 30 * motion.Second // before it
	shown  = 150.0              // m around the ego, of the vehicles that are near at the collision
)

// ID names the trip that a collision ended, as evidence does; Trip reads it.
func (c *Crash) ID() string { return fmt.Sprintf("seed-%d/trip-%d", c.Seed, c.Trip) }

// Trip reads the seed and the trip of a Crash's ID; ok is false for anything else.
func Trip(id string) (seed uint64, trip int, ok bool) {
	n, err := fmt.Sscanf(id, "seed-%d/trip-%d", &seed, &trip)
	ok = err == nil && n == 2 && id == (&Crash{Seed: seed, Trip: trip}).ID()
	return seed, trip, ok
}

// Show drives a seed again up to the collision that ends a trip, and keeps the last half minute. The options are those of the
// soak; how many seeds it had does not matter, nor for how long they drove, as long as it is not less.
func Show(ctx context.Context, o Options, seed uint64, trip int) (scene.Shown, error) {
	o.Seeds, o.First = 1, seed
	if err := o.Check(); err != nil {
		return scene.Shown{}, err
	}
	dir, err := os.MkdirTemp("", "roadbook-soak-")
	if err != nil {
		return scene.Shown{}, err
	}
	defer os.RemoveAll(dir)
	network, err := buildNetwork(ctx, dir)
	if err != nil {
		return scene.Shown{}, err
	}
	w := &witness{trip: trip}
	if _, err := (job{opts: &o, used: &ports{}, dir: dir, network: network, seed: seed, witness: w}).drive(ctx); err != nil {
		return scene.Shown{}, err
	}
	if w.crash == nil {
		return scene.Shown{}, fault.New(fault.NotFound, "case", "trip %d of seed %d ends without a collision", trip, seed)
	}
	return w.tell(), nil
}

// witness keeps the last ticks of one trip.
type witness struct {
	trip  int
	trace scene.Trace
	names []string
	crash *Crash
}

// over reports whether there is nothing more to see.
func (w *witness) over(d *drive) bool { return w != nil && (w.crash != nil || d.count.Trips > w.trip) }

// see keeps a tick.
func (w *witness) see(d *drive) {
	if w == nil || d.count.Trips != w.trip {
		return
	}
	w.trace.Add(&d.world, &d.driver.Seat, &d.driver.cmd)
	if f := w.trace.Frames; len(f) >= 2*int(recent) {
		w.trace.Frames = append(f[:0], f[len(f)-int(recent):]...)
	}
}

// met keeps, of the vehicles that are near now, their ways for as long as each is known.
func (w *witness) met(d *drive, c *Crash) {
	if w == nil || c.Trip != w.trip {
		return
	}
	w.crash = c
	t := &w.trace
	t.Frames = t.Frames[max(0, len(t.Frames)-int(recent)):]
	t.Others = nil
	var near []int
	for i := range d.slots {
		if a := &d.world.Actors[i]; d.slots[i].id != "" && math.Abs(a.S-d.world.Ego.S) <= shown {
			near = append(near, i)
			w.names = append(w.names, d.slots[i].id)
			t.Others = append(t.Others, scene.Shape{Kind: a.Kind, Length: a.Length, Width: a.Width})
		}
	}
	for k := range t.Frames {
		f := &t.Frames[k]
		others := make([]scene.State, len(near))
		for j, i := range near {
			others[j] = f.Others[i]
			if since := motion.Tick((d.slots[i].since-d.adopt-1)*stepTicks) + 1; f.Tick < since {
				others[j] = scene.State{S: math.NaN(), D: math.NaN(), VS: math.NaN()}
			}
		}
		f.Others = others
	}
}

func (w *witness) tell() scene.Shown {
	c := w.crash
	who := "caused by another"
	if c.Ego {
		who = "caused by the ego"
	}
	fact := func(name, format string, args ...any) scene.Fact {
		return scene.Fact{Name: name, Value: fmt.Sprintf(format, args...)}
	}
	x := scene.Shown{ID: c.ID(), Lanes: lanes, LaneWidth: laneWidth, Names: w.names, Began: motion.Active, Trace: w.trace,
		Outcome: scene.Outcome{ID: c.ID(), Collision: true, Type: c.Type, AtFault: c.Ego, References: c.Models}, Verdict: "collision, " + who + ": " + c.Why,
		Facts: []scene.Fact{fact("With", "%s", c.With), fact("Into the trip", "%.2f s", c.At), fact("Ego", "%.1f km/h", c.Speed*3.6), fact("Other", "%.1f km/h", c.Other*3.6),
			fact("Ahead in the lane", "for %.2f s", c.InLane)}}
	if c.Why == preventable || c.Why == unpreventable {
		x.Facts = append(x.Facts, x.Outcome.Avoided())
	}
	return x
}
