package checker

import (
	"math"
	"testing"

	"roadbook/pilot/motion"
)

var (
	nan    = math.NaN()
	active = motion.Engagement{Mode: motion.Active}
)

func newChecker(t testing.TB) *Checker {
	t.Helper()
	c, err := New(Default())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func input(now motion.Tick, v float64, o ...motion.Object) *motion.Input {
	return &motion.Input{Now: now, Ego: motion.Ego{D: 3.5, V: v, Length: 4.8, Width: 1.9, Wheelbase: 2.9, Friction: 1, BrakeMax: 7.59},
		Road: motion.Road{Lanes: 3, LaneWidth: 3.5}, Objects: list(now, o...)}
}

// car stands gap metres ahead of input's ego, or drives there.
func car(gap, d, v float64) motion.Object {
	return motion.Object{ID: 9, S: gap + 4.65, D: d, VS: v, Length: 4.5, Width: 1.8}
}

// TestStep: single ticks. Each row says what is asked and what comes of it.
func TestStep(t *testing.T) {
	type cmd = motion.Command
	em, mrm, td := active, active, active
	em.Emergency, mrm.Mode, td.Mode = true, motion.MinimumRisk, motion.Transition
	for _, row := range []struct {
		name    string
		in      *motion.Input
		edit    func(*motion.Input)
		claim   motion.Engagement
		ask     cmd
		get     cmd
		reason  Reason
		grade   Grade
		object  int32
		request bool
	}{
		{"nothing to do", input(5, 20), nil, active, cmd{Accel: 1, Indicator: 1}, cmd{Accel: 1, Indicator: 1}, 0, Clear, -1, false},
		{"at the envelope", input(5, 20), nil, active, cmd{Accel: 2}, cmd{Accel: 2}, 0, Clear, -1, false},
		{"too fast", input(5, 20), nil, active, cmd{Accel: 2.1}, cmd{Accel: 2}, Accel, Clear, -1, false},
		{"comfort", input(5, 20), nil, active, cmd{Accel: -3.5}, cmd{Accel: -3.5}, 0, Clear, -1, false},
		{"braking for nothing", input(5, 20), nil, active, cmd{Accel: -4.5}, cmd{Accel: -3.5}, Decel, Clear, -1, false},
		{"minimum risk", input(5, 20), nil, mrm, cmd{Accel: -4.5}, cmd{Accel: -4}, Decel, Clear, -1, false},
		{"braking for somebody", input(5, 20, car(20, 3.5, 20)), nil, active, cmd{Accel: -4.5}, cmd{Accel: -4.5}, 0, Near, 9, false},
		{"no emergency said", input(5, 20, car(20, 3.5, 20)), nil, active, cmd{Accel: -5.5}, cmd{Accel: -5}, Decel | Flag, Near, 9, false},
		{"emergency", input(5, 20), nil, em, cmd{Accel: -7.6, Emergency: true}, cmd{Accel: -7.6, Emergency: true}, 0, Clear, -1, false},
		{"beyond the brakes", input(5, 20), nil, em, cmd{Accel: -8, Emergency: true}, cmd{Accel: -7.6, Emergency: true}, Decel, Clear, -1, false},
		{"on ice", input(5, 20), func(in *motion.Input) { in.Ego.BrakeMax = 7.59 / 4 }, em, cmd{Accel: -8, Emergency: true}, cmd{Accel: -1.9, Emergency: true}, Decel, Clear, -1, false},
		{"almost no brakes", input(5, 20, car(30, 3.5, 0)), func(in *motion.Input) { in.Ego.BrakeMax = 0.6 }, active, cmd{}, cmd{Accel: -7.6 * 0.6 / 7.59}, Collision, Emergency, 9, false},
		{"flag without claim", input(5, 20), nil, active, cmd{Emergency: true}, cmd{Emergency: true}, Flag, Clear, -1, false},
		{"claim without flag", input(5, 20), nil, em, cmd{}, cmd{}, Flag, Clear, -1, false},
		{"acceleration is no number", input(5, 20), nil, active, cmd{Accel: nan}, cmd{Accel: -2.5}, Unreadable, Clear, -1, true},
		{"acceleration is infinite", input(5, 20), nil, active, cmd{Accel: math.Inf(-1)}, cmd{Accel: -2.5}, Unreadable | Flag, Clear, -1, true},
		{"angle is no number", input(5, 20), nil, active, cmd{Steer: nan}, cmd{Accel: -2.5}, Unreadable, Clear, -1, true},
		{"no speed", input(5, nan), nil, active, cmd{Accel: 1, Steer: 0.1}, cmd{Accel: -2.5}, Unreadable, Clear, -1, true},
		{"no list", input(5, 20), func(in *motion.Input) { in.Objects = nil }, active, cmd{Accel: 1}, cmd{Accel: -2.5}, Stale, Clear, -1, true},
		{"list of 0.2 s", input(25, 20), func(in *motion.Input) { in.Objects.At = 5 }, active, cmd{Accel: 1}, cmd{Accel: 1}, 0, Clear, -1, false},
		{"older list", input(26, 20), func(in *motion.Input) { in.Objects.At = 5 }, active, cmd{Accel: 1}, cmd{Accel: -2.5}, Stale, Clear, -1, true},
		{"braking harder than blind", input(26, 20), func(in *motion.Input) { in.Objects.At = 5 }, active, cmd{Accel: -3}, cmd{Accel: -3}, Stale, Clear, -1, true},
		{"the driver drives", input(5, 20, car(5, 3.5, 0)), nil, motion.Engagement{}, cmd{Accel: 9, Steer: 1}, cmd{Accel: 9, Steer: 1}, 0, Clear, -1, false},
		{"too late, and yet", input(5, 20, car(5, 3.5, 0)), nil, active, cmd{}, cmd{Accel: -7.6, Emergency: true}, Collision, Emergency, 9, false},
		{"during a transition demand", input(5, 20, car(5, 3.5, 0)), nil, td, cmd{}, cmd{Accel: -7.6, Emergency: true}, Collision, Emergency, 9, false},
		{"beside", input(5, 20, car(5, 7, 0)), nil, active, cmd{}, cmd{}, 0, Clear, -1, false},
		{"behind", input(5, 20, car(-4.66, 3.5, 30)), nil, active, cmd{}, cmd{}, 0, Clear, -1, false},
		{"faster", input(5, 20, car(5, 3.5, 25)), nil, active, cmd{}, cmd{}, 0, Near, 9, false},
		{"end of the lane", input(5, 20), func(in *motion.Input) { in.Road.BlockedAt = 20 }, active, cmd{}, cmd{Accel: -7.6, Emergency: true}, Collision, Emergency, -2, false},
		{"end of the lane far ahead", input(5, 20), func(in *motion.Input) { in.Road.BlockedAt = 120 }, active, cmd{}, cmd{}, 0, Clear, -1, false},
		{"end of the lane passed", input(5, 20), func(in *motion.Input) { in.Ego.S = 30; in.Road.BlockedAt = 29 }, active, cmd{}, cmd{}, 0, Clear, -1, false},
		{"the nearer of two", input(5, 20, car(60, 3.5, 15), car(8, 3.5, 2)), func(in *motion.Input) { in.Objects.List[0].ID = 8 }, active, cmd{}, cmd{Accel: -7.6, Emergency: true}, Collision, Emergency, 9, false},
		{"graded", input(5, 20, car(41, 3.5, 0)), nil, active, cmd{}, cmd{Accel: -6, Emergency: true}, Collision, Critical, 9, false},
		{"graded, lead brakes", input(5, 20, func() motion.Object { o := car(15, 3.5, 20); o.AS = -6; return o }()), nil, active, cmd{}, cmd{Accel: -4}, Collision, Proactive, 9, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newChecker(t)
			if row.edit != nil {
				row.edit(row.in)
			}
			got, v := c.Step(row.in, row.claim, row.ask)
			if !close6(got.Accel, row.get.Accel) || got.Steer != row.get.Steer || got.Emergency != row.get.Emergency || got.Hazard != row.get.Hazard || got.Indicator != row.get.Indicator {
				t.Errorf("%+v, expected %+v (%+v)", got, row.get, v)
			}
			if v.Reason != row.reason || v.Grade != row.grade || v.Object != row.object || v.RequestMRM != row.request {
				t.Errorf("%+v", v)
			}
			if v.Intervened != (got != row.ask) || v.Braking != (got.Accel < row.ask.Accel) {
				t.Errorf("it does not own up: %+v", v)
			}
		})
	}
}

// TestModes walks through all pairs of modes.
func TestModes(t *testing.T) {
	rows := map[motion.Mode]string{ // by the mode before; for Off Ready Active Transition MinimumRisk Standstill Locked
		motion.Off: "+++....", motion.Ready: "+++....", motion.Active: "+++++..", motion.Transition: "++.++..",
		motion.MinimumRisk: "+...+++", motion.Standstill: "+....++", motion.Locked: "......+",
	}
	for from := motion.Off; from <= motion.Locked; from++ {
		for to := motion.Off; to <= motion.Locked; to++ {
			var w watch
			k := Default().Watch
			if r := w.step(0, &motion.Engagement{Mode: from}, &k); r != 0 {
				t.Errorf("first mode %d: %d", from, r)
			}
			r := w.step(1, &motion.Engagement{Mode: to, Since: 1}, &k)
			if ok := r&Order == 0; ok != (rows[from][to] == '+' || from == to) {
				t.Errorf("%d after %d: allowed %v", to, from, ok)
			}
		}
		if got, want := drives(from), from >= motion.Active && from <= motion.Standstill; got != want {
			t.Errorf("drives in mode %d: %v", from, got)
		}
	}
}

// TestTimers: 4 s and 10 s to the tick, whatever is claimed of their beginning.
func TestTimers(t *testing.T) {
	for _, row := range []struct {
		since     motion.Tick // claimed
		escalated motion.Tick // from then on
		overdue   motion.Tick // first
		why       string
	}{
		{100, 500, 1101, "escalated at 4 s: overdue after 10 s"},
		{100, 501, 1101, "as late as it may be"},
		{100, 502, 501, "a tick too late"},
		{90, 491, 1091, "claimed to be older than seen"},
		{400, 501, 1101, "claimed to be younger than seen"},
	} {
		var w watch
		k := Default().Watch
		first := motion.Tick(0)
		w.step(99, &active, &k)
		for now := motion.Tick(100); now < 1300 && first == 0; now++ {
			claim := motion.Engagement{Mode: motion.Transition, Since: row.since, Escalated: now >= row.escalated}
			if w.step(now, &claim, &k)&Overdue != 0 {
				first = now
			}
		}
		if first != row.overdue {
			t.Errorf("%s: overdue at %d, expected %d", row.why, first, row.overdue)
		}
	}
}

// TestDisobeyed: a request that is not obeyed within a second is carried out, and forgotten when it is obeyed or withdrawn.
func TestDisobeyed(t *testing.T) {
	c := newChecker(t)
	in := input(0, 20)
	in.Objects.At = -100
	step := func(m motion.Mode) (motion.Command, Verdict) {
		in.Now++
		return c.Step(in, motion.Engagement{Mode: m, Since: in.Now}, motion.Command{Accel: 1})
	}
	for range 2 {
		for i := 1; i <= 150; i++ {
			got, v := step(motion.Active)
			if over := i > 100; v.Reason&Disobeyed != 0 != over || got.Hazard != over || !v.RequestMRM || got.Accel != -2.5 {
				t.Fatalf("tick %d: %+v %+v", i, got, v)
			}
		}
		if got, v := step(motion.Off); v.RequestMRM || got.Hazard || v.Intervened {
			t.Fatalf("the driver has the car: %+v %+v", got, v)
		}
	}
	for range 150 {
		if got, v := step(motion.MinimumRisk); v.Reason&Disobeyed != 0 || got.Hazard {
			t.Fatalf("it was obeyed: %+v %+v", got, v)
		}
	}
	for _, stale := range []int{60, 150} { // it is forgotten when the list comes again
		in.Objects.At = -100
		for i := 1; i <= stale; i++ {
			if _, v := step(motion.Active); v.Reason&Disobeyed != 0 != (i > 100) {
				t.Fatalf("tick %d: %+v", i, v)
			}
		}
		in.Objects.At = in.Now
		if _, v := step(motion.Active); v.RequestMRM || v.Reason != 0 {
			t.Fatalf("%+v", v)
		}
		c.scene = scene{}
	}
	c.Reset()
	claim := motion.Engagement{Mode: motion.Transition, Since: -2000, Escalated: true}
	for i := 1; i <= 101; i++ {
		in.Now++
		in.Objects.At = in.Now
		got, v := c.Step(in, claim, motion.Command{})
		if over := i > 100; v.Reason&Overdue == 0 || over != (got == motion.Command{Accel: -2.5, Hazard: true}) {
			t.Fatalf("overdue, tick %d: %+v %+v", i, got, v)
		}
	}
}

// TestSteering: angle, rate, lateral acceleration and lateral jerk.
func TestSteering(t *testing.T) {
	for _, row := range []struct {
		v, from, want, get float64
		reason             Reason
		why                string
	}{
		{0, 0.55, 0.55, 0.55, 0, "within"},
		{0, 0, 0.1, 0.006, Steering, "rate 0.6 rad/s"},
		{0, 0, -0.1, -0.006, Steering, "to the right"},
		{0.5, 0.598, 0.7, 0.6, Steering, "the wheel's own stop"},
		{10, 0, 0.01, 1.05 * 5 * 2.9 / 100 * 0.01, Steering, "jerk 5 m/s³ at 10 m/s, and a little"},
		{10, 0.0865, 0.2, 0.087 / math.Sqrt(1+0.087*0.087), Steering, "3 m/s² at 10 m/s"},
		{30, 0.05, 0.05, 3 * 2.9 / 900 / math.Sqrt(1+3*2.9/900*3*2.9/900), Steering, "from beyond the bound"},
	} {
		c := newChecker(t)
		in := input(5, row.v)
		in.Ego.Steer = row.from
		got, v := c.Step(in, active, motion.Command{Steer: row.want})
		if !close6(got.Steer, row.get) || v.Reason != row.reason {
			t.Errorf("%s: %v, expected %v, %+v", row.why, got.Steer, row.get, v)
		}
		in.Ego.Steer = 0.3 // from then on what was let through counts, not what is measured
		if next, _ := c.Step(in, active, motion.Command{Steer: got.Steer}); math.Abs(next.Steer-got.Steer) > 1e-12 {
			t.Errorf("%s: then %v", row.why, next.Steer)
		}
		if _, v := c.Step(in, motion.Engagement{}, motion.Command{}); v.Intervened {
			t.Error("the driver steers")
		}
		in.Ego.Steer = row.from
		if next, _ := c.Step(in, active, motion.Command{Steer: row.want}); !close6(next.Steer, row.get) {
			t.Errorf("%s: engaged again it begins with %v", row.why, next.Steer)
		}
	}
	c := newChecker(t)
	in := input(5, 0)
	in.Ego.Steer = 0.3
	c.Step(in, active, motion.Command{Steer: 0.3})
	in.Ego.V = nan
	if got, _ := c.Step(in, active, motion.Command{Steer: 0.1}); got.Steer != 0.3 {
		t.Errorf("without a state the wheel moves to %v", got.Steer)
	}
}

// TestHold: without a steering command the car finds the middle of its lane, on a bend too.
func TestHold(t *testing.T) {
	for _, curvature := range []float64{0, 0.002, -0.002} {
		c := newChecker(t)
		in := input(0, 25)
		in.Ego.D, in.Ego.Heading, in.Road.Curvature[0], in.Ego.Steer = 4, -0.005, curvature, curvature*2.9
		for range 1500 {
			got, _ := c.Step(in, active, motion.Command{Steer: nan})
			in.Ego.D += in.Ego.V * in.Ego.Heading * 0.01
			in.Ego.Heading += in.Ego.V * (got.Steer/2.9 - curvature) * 0.01
			in.Now++
			in.Objects.At = in.Now
			if d := in.Ego.D; d < 3.4 || d > 4.1 {
				t.Fatalf("curvature %v: at %v m", curvature, d)
			}
		}
		if math.Abs(in.Ego.D-3.5) > 0.01 || math.Abs(in.Ego.Heading) > 0.001 {
			t.Errorf("curvature %v: ends at %v m, %v rad", curvature, in.Ego.D, in.Ego.Heading)
		}
	}
	in := input(0, 20)
	for _, row := range []struct{ d, heading, v, width, curvature, want float64 }{
		{4, 0, 20, 3.5, 0, -2.9 * 0.64 * 0.5 / 400}, {4, 0, 2, 3.5, 0, -2.9 * 0.64 * 0.5 / 25}, {3.5, 0.01, 20, 3.5, 0, -2.9 * 1.6 * 0.2 / 400},
		{9, 0, 20, 0, 0.001, 0.0029}, {0.95, 0, 20, 0.9, 0, -2.9 * 0.64 * 0.05 / 400}, {0.2, 0, 20, 3.5, 0.001, 0.0029 - 2.9*0.64*0.2/400},
	} {
		in.Ego.D, in.Ego.Heading, in.Ego.V, in.Road.LaneWidth, in.Road.Curvature[0] = row.d, row.heading, row.v, row.width, row.curvature
		if got := hold(in); !close6(got*1e4, row.want*1e4) {
			t.Errorf("%+v: %v", row, got)
		}
	}
}

// TestReadable: a state that cannot be is not reckoned with, and brakes that cannot be are not believed.
func TestReadable(t *testing.T) {
	good := input(0, 20).Ego
	for i, row := range []struct {
		edit func(*motion.Ego)
		ok   bool
	}{
		{func(e *motion.Ego) {}, true}, {func(e *motion.Ego) { e.S = nan }, false}, {func(e *motion.Ego) { e.D = nan }, false}, {func(e *motion.Ego) { e.Heading = nan }, false},
		{func(e *motion.Ego) { e.A = nan }, false}, {func(e *motion.Ego) { e.Steer = nan }, false}, {func(e *motion.Ego) { e.V = -0.1 }, false}, {func(e *motion.Ego) { e.V = 0 }, true},
		{func(e *motion.Ego) { e.V = 100 }, true}, {func(e *motion.Ego) { e.V = 100.5 }, false}, {func(e *motion.Ego) { e.Length = 0 }, false}, {func(e *motion.Ego) { e.Length = 30 }, true},
		{func(e *motion.Ego) { e.Length = 30.5 }, false}, {func(e *motion.Ego) { e.Width = 0 }, false}, {func(e *motion.Ego) { e.Width = 5 }, true}, {func(e *motion.Ego) { e.Width = 5.5 }, false},
		{func(e *motion.Ego) { e.Wheelbase = 0 }, false}, {func(e *motion.Ego) { e.Wheelbase = 4.8 }, true}, {func(e *motion.Ego) { e.Wheelbase = 4.9 }, false},
		{func(e *motion.Ego) { e.Wheelbase = 0.5 }, true}, {func(e *motion.Ego) { e.Length, e.Wheelbase = 0.5, 0.4 }, true}, {func(e *motion.Ego) { e.Width = 0.5 }, true},
	} {
		e := good
		row.edit(&e)
		if readable(&e) != row.ok {
			t.Errorf("row %d: %+v", i, e)
		}
	}
	c := newChecker(t)
	for v, want := range map[float64]float64{0.5: 0.5, 0.4: 7.59, 12: 12, 12.5: 7.59, 5: 5, nan: 7.59, math.Inf(1): 7.59} {
		if got := c.brakes(&motion.Ego{BrakeMax: v}); got != want {
			t.Errorf("brakes of %v: %v", v, got)
		}
	}
}
