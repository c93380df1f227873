package reference

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// car is a conflict between two cars of 4.3 × 1.9 m in lanes of 3.5 m.
func car(c Conflict) *Conflict {
	c.Length, c.Width, c.EgoLength, c.EgoWidth, c.LaneWidth = 4.3, 1.9, 4.3, 1.9, 3.5
	return &c
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: %g, want %g ± %g", what, got, want, within)
	}
}

// TestDistances holds the formulae against values computed by hand.
func TestDistances(t *testing.T) {
	// 20 m/s behind 10 m/s: 15 + 0.84375 + 22.25²/12 - 100/12
	near(t, "RSS longitudinal", RSSLongitudinal(20, 10), 15+0.84375+41.255208333-8.333333333, 1e-6)
	// 1 m/s: 0.3 + (2+0.75)·0.375 + 1.75²/2
	near(t, "RSS lateral", RSSLateral(1), 0.3+1.03125+1.53125, 1e-12)
	near(t, "RSS lateral at rest", RSSLateral(0), 0.3+0.28125+0.28125, 1e-12)
	// PFS at 20 m/s behind a standing car: safe 15+50+2 = 67, unsafe 15+33.333 = 48.333; 60 - 2 lies between
	near(t, "PFS far", PFS(69.01, 20, 0), 0, 0)
	near(t, "PFS near", PFS(50.3, 20, 0), 1, 0)
	near(t, "PFS between", PFS(60, 20, 0), (58.0-67)/(48.3333333333-67), 1e-9)
	// CFS: closing at 10 m/s without braking: 7.5 + 100/8 = 20 safe, 7.5 + 100/12 = 15.833 unsafe
	near(t, "CFS far", CFS(20.01, 20, 10, 0), 0, 0)
	near(t, "CFS near", CFS(15.8, 20, 10, 0), 1, 0)
	near(t, "CFS between", CFS(18, 20, 10, 0), 2.0/(20-15.8333333333), 1e-9)
	near(t, "CFS faster other", CFS(1, 10, 20, 0), 0, 0)
	// braking at 4 from 12 to behind 10 m/s: slower than the other after 0.75 s; 2²/8 = 0.5 m are needed
	near(t, "CFS braking, room", CFS(0.51, 12, 10, -4), 0, 0)
	near(t, "CFS braking, none", CFS(0.49, 12, 10, -4), 1, 0)
}

// TestStoppingGap finds, for a standing obstacle in the lane, the speed from which each model just stops: the distance of its
// delay and of its braking has a closed form.
func TestStoppingGap(t *testing.T) {
	const u, ramp = 15.0, FullBrake / Jerk // m/s; s
	// Full braking with a ramp from 0: while ramping it covers u·t - J·t³/6 and loses J·t²/2.
	braking := func(u float64) float64 {
		after := u - Jerk*ramp*ramp/2
		return u*ramp - Jerk*ramp*ramp*ramp/6 + after*after/(2*FullBrake)
	}
	released := u - ccRelease*0.75
	for _, row := range []struct {
		why  string
		m    Model
		kind Kind
		need float64 // m, from the trigger to standstill
		trig func(gap float64) bool
	}{
		// the stopped car is in view from the first tick only in a deceleration whose lead stands
		{"CC holds 0.75 s at 0.4, then ramps from 0.4", CC, Deceleration, u*0.75 - ccRelease*0.75*0.75/2 + braking(released), nil},
		{"Reg157 holds 0.35 s, then brakes at 6", Reg157, Deceleration, u*0.35 + u*u/12, nil},
		{"RSS holds 0.75 s, then ramps", RSS, Deceleration, u*0.75 + braking(u), nil},
	} {
		collides := func(gap float64) bool {
			return Run(row.m, car(Conflict{Kind: row.kind, Ego: u, Other: 0, Gap: gap})).Collision
		}
		if m := row.need + 1; collides(m) {
			t.Errorf("%s: collides from %g m", row.why, m)
		}
		if m := row.need - 1; !collides(m) {
			t.Errorf("%s: stops within %g m", row.why, m)
		}
	}
}

// TestTriggers are hand-computed cases of when a model reacts.
func TestTriggers(t *testing.T) {
	// d_react of CC: 0.8 + 0.8 - 0.72 - 0.375 = 0.505 m. From 3.5 m the edges are 1.6 m apart; at 1 m/s without ramp the
	// edge distance reaches 0.505 after 1.095 s. The other is 10 m/s slower and 30 m ahead: 19.05 m at that time, TTC 1.9 s.
	c := car(Conflict{Kind: CutIn, Ego: 20, Other: 10, Gap: 30, Lateral: 3.5, LateralSpeed: 1})
	if r := Run(CC, c); r.Onset != 110 || r.Collision {
		t.Errorf("CC reacts at tick %d, want 110: %+v", r.Onset, r)
	}
	// With 34.95 m the TTC is 2 s only when 20 m are left, at 1.495 s.
	c.Gap = 34.95
	if r := Run(CC, c); r.Onset != 150 {
		t.Errorf("CC reacts at tick %d, want 150", r.Onset)
	}
	// Reg157: L <= 0.5 m at 1.1 s; TTC <= 10/12 + 0.45 = 1.283 s: 12.83 m left at 2.212 s; it brakes 0.35 s later.
	if r := Run(Reg157, c); r.Onset != 222+35 || math.Abs(r.MaxDecel-6) > 1e-6 {
		t.Errorf("Reg157 brakes at tick %d with %g, want 257 with 6", r.Onset, r.MaxDecel)
	}
	// FSM: at tick 0 the other is 1.6 s from the ego's path and passed after (34.95+8.6)/10 = 4.36 s: it evaluates as soon as
	// the other moves sideways, at tick 1.
	// PFS: 15+50+2-100/14 = 59.86 > 32.95: reacts, brakes 0.75 s later.
	if r := Run(FSM, c); r.Onset != 76 || r.Collision {
		t.Errorf("FSM brakes at tick %d, want 76", r.Onset)
	}
	// RSS: D < d_lon (48.8 m), L < d_lat(1 m/s) = 2.86: reacts, brakes 0.75 s later.
	if r := Run(RSS, c); r.Onset != 76 || r.Collision {
		t.Errorf("RSS brakes at tick %d, want 76", r.Onset)
	}
	// Nobody reacts to a car that stays in its lane: L = 1.6 m > d_lat(0) = 0.86 m.
	c.LateralSpeed = 0
	for m := range Model(Models) {
		if r := Run(m, c); r.Onset >= 0 || r.Collision || !math.IsInf(r.MinTTC, 1) {
			t.Errorf("%v reacts to a car in the next lane: %+v", m, r)
		}
	}
	if c.CutsIn() || KeepSpeed(c).Collision || !Bound(c, Standard()) {
		t.Error("a car in the next lane cuts in, or is in the way")
	}
	// A lead that leaves the lane hides the standing car until it is 0.375 m aside: at 1 m/s after 0.38 s (first beyond).
	out := car(Conflict{Kind: CutOut, Ego: 20, Other: 20, Gap: 40, LateralSpeed: -1, FrontGap: 60})
	if r := Run(Reg157, out); r.Onset < 38+35-1 || r.Onset > 38+35+1 || r.Collision {
		t.Errorf("Reg157 brakes at tick %d, want about 73: %+v", r.Onset, r)
	}
	// A car that comes from behind the ego's front never concerns the models once the ego is ahead.
	if r := Run(FSM, car(Conflict{Kind: CutIn, Ego: 20, Other: 10, Gap: -4, Lateral: 3.5, LateralSpeed: 0.3})); r.Collision || r.Onset >= 0 {
		t.Errorf("the ego passes: %+v", r)
	}
}

// TestRamp: full braking of CC and RSS grows by 12.65 m/s³ up to 7.593, FSM reaches it only by a critical grade.
func TestRamp(t *testing.T) {
	c := car(Conflict{Kind: Deceleration, Ego: 30, Other: 30, Gap: 20, LeadDecel: 8})
	for m, most := range map[Model]float64{CC: FullBrake, RSS: FullBrake, Reg157: 6, FSM: 6} {
		if r := Run(m, c); math.Abs(r.MaxDecel-most) > 1e-6 {
			t.Errorf("%v brakes at most with %g, want %g", m, r.MaxDecel, most)
		}
	}
}

func TestSide(t *testing.T) {
	// Lateral motion into the flank of the ego that drives abreast at the same speed.
	if r := KeepSpeed(car(Conflict{Kind: CutIn, Ego: 20, Other: 20, Gap: -3, Lateral: 3.5, LateralSpeed: 1})); !r.Collision {
		t.Errorf("it is none: %+v", r)
	}
}

// TestBoundClosed: full braking from 20 m/s with 0.1 s latency and a first-order lag of 0.1 s needs about
// u²/(2·7.59) + u·0.2; the jerk of 30 m/s³ adds a little.
func TestBoundClosed(t *testing.T) {
	const u = 20.0
	need := u*u/(2*7.59) + u*0.2
	for gap, want := range map[float64]bool{need - 2.5: false, need + 3: true} {
		if got := Bound(car(Conflict{Kind: Deceleration, Ego: u, Other: 0, Gap: gap}), Standard()); got != want {
			t.Errorf("a standing car %.1f m ahead: bound %v, want %v", gap, got, want)
		}
	}
}

// TestBoundIsAbove: what a model avoids that brakes no harder and no sooner than the bound may, the bound avoids too.
func TestBoundIsAbove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := draw(t)
		if c.Kind == CutIn {
			return // its onsets stand on a grid of 0.1 s
		}
		if !Run(CC, c).Collision && !Bound(c, Standard()) {
			t.Fatalf("the careful driver avoids what cannot be avoided: %+v", *c)
		}
	})
}

func draw(t *rapid.T) *Conflict {
	c := car(Conflict{Kind: Kind(rapid.IntRange(0, 2).Draw(t, "kind"))})
	c.Ego = rapid.Float64Range(3, 36).Draw(t, "ego")
	c.Other = c.Ego
	c.Gap = rapid.Float64Range(1, 100).Draw(t, "gap")
	c.LateralSpeed = rapid.Float64Range(0.1, 3).Draw(t, "lateral")
	c.LateralAccel = rapid.Float64Range(0.3, 6).Draw(t, "ramp")
	switch c.Kind {
	case CutIn:
		c.Other = rapid.Float64Range(1, 40).Draw(t, "other")
		c.Lateral = rapid.Float64Range(3, 4).Draw(t, "offset")
	case CutOut:
		c.FrontGap = rapid.Float64Range(1, 150).Draw(t, "front")
	case Deceleration:
		c.LeadDecel = rapid.Float64Range(0.3, 9.8).Draw(t, "decel")
	}
	return c
}

// TestMonotone: with more room from the start no model fares worse in a deceleration, and sides do not matter.
func TestMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := draw(t)
		more := *c
		more.Gap += rapid.Float64Range(0.1, 50).Draw(t, "more")
		for m := range Model(Models) {
			if c.Kind == Deceleration && (m == CC || m == Reg157) && !Run(m, c).Collision && Run(m, &more).Collision {
				t.Fatalf("%v collides with more room: %+v", m, more)
			}
		}
		other := *c
		other.Lateral = -c.Lateral
		if c.Kind == CutOut {
			other.LateralSpeed = -c.LateralSpeed
		}
		if All(c) != All(&other) || Bound(c, Standard()) != Bound(&other, Standard()) {
			t.Fatalf("left and right differ: %+v", *c)
		}
	})
}

// TestHarmless: where keeping the speed is safe, the bound is too; where nobody moves sideways, nobody cuts in.
func TestHarmless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := draw(t)
		if !KeepSpeed(c).Collision && !Bound(c, Standard()) {
			t.Fatalf("%+v", *c)
		}
		if n := c.Ticks(); n < MinTicks || n > MaxTicks {
			t.Fatalf("%d ticks", n)
		}
		if c.Kind == CutIn && !c.CutsIn() {
			t.Fatalf("it moves at %g m/s and never enters: %+v", c.LateralSpeed, *c)
		}
		c.LateralSpeed = 0
		if c.Kind == CutIn && c.CutsIn() {
			t.Fatalf("it does not move: %+v", *c)
		}
	})
}

func TestNames(t *testing.T) {
	for k := range Kind(3) {
		if got, ok := KindOf(k.String()); !ok || got != k {
			t.Errorf("kind %d", k)
		}
	}
	if _, ok := KindOf("unknown"); ok || Kind(9).String() != "unknown" || Model(9).String() != "unknown" {
		t.Error("what is no kind has a name")
	}
	var k Kind
	if err := k.UnmarshalText([]byte("drift")); err == nil {
		t.Error("a kind of nothing")
	}
}

func TestAllocations(t *testing.T) {
	c := car(Conflict{Kind: CutIn, Ego: 30, Other: 15, Gap: 40, Lateral: 3.5, LateralSpeed: 1, LateralAccel: 1.5})
	if n := testing.AllocsPerRun(20, func() { All(c); Bound(c, Standard()) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func BenchmarkAll(b *testing.B) {
	c := car(Conflict{Kind: CutIn, Ego: 30, Other: 15, Gap: 40, Lateral: 3.5, LateralSpeed: 1, LateralAccel: 1.5})
	for b.Loop() {
		All(c)
		Bound(c, Standard())
	}
}
