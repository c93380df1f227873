package sumo

import (
	"math"
	"testing"

	"roadbook/pilot/motion"
	"roadbook/pilot/scene/reference"
	"roadbook/pilot/scene/world"
)

// met is a drive in the moment of a collision: the ego in the middle lane, and one vehicle in slot 0 whose way is known from
// step 40 on. other gives where it was, by step.
func met(other func(step int) pose) *drive {
	o := DefaultOptions()
	d := &drive{opts: &o, seed: 7, step: 100, adopt: 20, count: zero()}
	d.world.Now = 800
	d.world.Ego = motion.Ego{S: 1000, D: laneWidth, V: 30, Length: 4.7, Width: 1.9}
	d.world.Actors = []world.Actor{{Kind: motion.Car, Length: 4.5, Width: 1.8}}
	d.meter = meter{lane: 1, begun: true}
	d.count.Trips = 3
	d.slots[0] = slot{id: "v1", since: 40, measure: watch{inLane: 50}}
	for k := 40; k <= d.step; k++ {
		d.slots[0].past[k%history] = other(k)
		d.egoPast[k%history] = pose{s: 1000 - float64(d.step-k)*3, d: laneWidth, v: 30}
	}
	put(&d.world.Actors[0], &d.slots[0].past[d.step%history])
	return d
}

// cutsIn is a vehicle that moves over from the lane to the left during the last steps, to meet the ego at the end with v m/s.
func cutsIn(v float64, steps int) func(int) pose {
	return func(k int) pose {
		over := math.Min(math.Max(float64(k-(100-steps))/float64(steps), 0), 1)
		p := pose{s: 1004.6 - float64(100-k)*v*stepLength, d: laneWidth * (2 - over), v: v}
		if over > 0 && over < 1 {
			p.vd = -laneWidth / (float64(steps) * stepLength)
		}
		return p
	}
}

// ahead is a vehicle that has been in the ego's lane all the time.
func ahead(k int) pose { return pose{s: 1004.6 - float64(100-k)*2, d: laneWidth, v: 20} }

// TestBlame goes through all ways in which the fault for a collision is found.
func TestBlame(t *testing.T) {
	none := [reference.Models]bool{}
	all := [reference.Models]bool{true, true, true, true}
	for _, c := range []struct {
		reason string
		other  func(int) pose
		kind   world.Contact
		change func(*drive)
		ego    bool
		why    string
		models [reference.Models]bool
	}{
		{"struck from behind", ahead, world.Struck, nil, false, "struck from behind", none},
		{"struck from behind, just after it moved over", ahead, world.Struck, func(d *drive) { d.meter.changed, d.meter.changedAt = true, 800-ownMoment+1 }, true,
			"the ego moved into the lane of the other, which could not stop", none},
		{"struck from behind, long after it moved over", ahead, world.Struck, func(d *drive) { d.meter.changed, d.meter.changedAt = true, 800-ownMoment }, false, "struck from behind", none},
		{"the other came from the side", ahead, world.SideByOther, nil, false, "the other moved into the ego's side", none},
		{"the ego went to the side", ahead, world.SideByEgo, nil, true, "the ego moved into the other's side", none},
		{"behind another, just after it moved over", ahead, world.RearEnd, func(d *drive) { d.meter.changed, d.meter.changedAt = true, 790 }, true, "the ego moved into the lane behind the other", none},
		{"into a lead that was always there", ahead, world.RearEnd, nil, true, "the other had been in the ego's lane all the time", none},
		{"into what stands in the lane", ahead, world.RunInto, nil, true, "the other had been in the ego's lane all the time", none},
		{"a slow cut-in, hardly slower", cutsIn(28, 50), world.RearEnd, nil, true, preventable, none},
		{"a fast cut-in right before it, half as fast", cutsIn(12, 6), world.CutIn, nil, false, unpreventable, all},
		{"the same, but it was there before the ego was taken over", cutsIn(12, 6), world.CutIn, func(d *drive) { d.adopt = 97 }, true, "the other had been in the ego's lane all the time", none},
		{"the same, but only its end is known", cutsIn(12, 6), world.CutIn, func(d *drive) { d.slots[0].since = 97 }, true, "the other had been in the ego's lane all the time", none},
	} {
		d := met(c.other)
		if c.change != nil {
			c.change(d)
		}
		d.crash(0, c.kind)
		got := d.count.Crashes[0]
		if got.Ego != c.ego || got.Why != c.why || got.Models != c.models {
			t.Errorf("%s: the ego's %v, %q, models %v; want %v, %q, %v", c.reason, got.Ego, got.Why, got.Models, c.ego, c.why, c.models)
		}
		if got.Seed != 7 || got.Trip != 3 || got.At != 8 || got.With != "v1" || got.Type != c.kind.String() || got.Speed != 30 || got.InLane != 0.5 {
			t.Errorf("%s: %+v", c.reason, got)
		}
		if d.count.EgoCaused+d.count.OtherCaused != 1 || (d.count.EgoCaused == 1) != c.ego {
			t.Errorf("%s: counted %d of the ego's and %d of others", c.reason, d.count.EgoCaused, d.count.OtherCaused)
		}
	}
}

// A cut-in begins when its centre has left the middle of its own lane by more than the models see.
func TestCutInBegins(t *testing.T) {
	d := met(cutsIn(28, 50))
	begin, found := d.cutIn(&d.slots[0])
	if p := d.slots[0].past[begin%history]; !found || begin != 55 || math.Abs(p.d-2*laneWidth) > reference.Revealed {
		t.Errorf("it began at step %d (%v) at %g m; want 55, the last within %g m of its lane", begin, found, p.d, reference.Revealed)
	}
	for ; d.step < 100+history; d.step++ { // so long ago that it is not remembered
		d.slots[0].past[(d.step+1)%history] = pose{d: laneWidth}
	}
	if _, found = d.cutIn(&d.slots[0]); found {
		t.Error("what is not remembered is found")
	}
}

// The other's way is linear between steps, and goes on straight after the last.
func TestWayOfTheOther(t *testing.T) {
	d := met(cutsIn(20, 10))
	s := &d.slots[0]
	for _, c := range []struct{ f, s, d, vd float64 }{
		{0, 984.6, 2 * laneWidth, -laneWidth}, {0.5, 985.6, laneWidth * 1.95, -laneWidth}, {9.5, 1003.6, laneWidth * 1.05, 0}, {10, 1004.6, laneWidth, 0}, {15, 1014.6, laneWidth, 0},
	} {
		if p := s.at(90, 100, c.f); math.Abs(p.s-c.s) > 1e-9 || math.Abs(p.d-c.d) > 1e-9 || math.Abs(p.vd-c.vd) > 1e-9 || p.v != 20 {
			t.Errorf("%g steps on: %+v, want s %g, d %g, %g m/s sideways", c.f, p, c.s, c.d, c.vd)
		}
	}
}

// Crashes of the ego come first, and not more are kept than there is room for.
func TestSortCrashes(t *testing.T) {
	var list []Crash
	for i := range 2 * maxCrashes {
		list = append(list, Crash{Trip: i, Ego: i%40 == 39})
	}
	got := sortCrashes(list)
	if len(got) != maxCrashes || !got[0].Ego || got[0].Trip != 39 || !got[4].Ego || got[5].Ego || got[5].Trip != 0 {
		t.Errorf("%d kept: %+v …", len(got), got[:6])
	}
}
