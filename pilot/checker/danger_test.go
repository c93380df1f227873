package checker

import (
	"testing"

	"roadbook/pilot/motion"
)

func TestGraver(t *testing.T) {
	for _, row := range []struct{ a, b, want danger }{
		{danger{Near, 0, 1}, danger{Proactive, 2, 2}, danger{Proactive, 2, 2}},
		{danger{Critical, 4.5, 1}, danger{Proactive, 5, 2}, danger{Critical, 4.5, 1}},
		{danger{Critical, 4.5, 1}, danger{Critical, 5, 2}, danger{Critical, 5, 2}},
		{danger{Critical, 5, 1}, danger{Critical, 5, 2}, danger{Critical, 5, 1}},
	} {
		if row.a.add(row.b); row.a != row.want {
			t.Errorf("%+v, expected %+v", row.a, row.want)
		}
	}
}

// TestLook: everything is assessed with a new list, 50 ms after the last time, and when the pilot takes the car.
func TestLook(t *testing.T) {
	c := newChecker(t)
	in := input(5, 5, car(25, 3.5, 0))
	near := func(now motion.Tick, v float64, m motion.Mode) bool {
		in.Now, in.Ego.V = now, v
		_, verdict := c.Step(in, motion.Engagement{Mode: m}, motion.Command{})
		return verdict.Grade == Emergency
	}
	for _, row := range []struct {
		now  motion.Tick
		v    float64
		mode motion.Mode
		list motion.Tick
		want bool
		why  string
	}{
		{5, 5, motion.Active, 5, false, "slow"},
		{6, 20, motion.Active, 5, false, "fast, and not looked yet"},
		{9, 20, motion.Active, 5, false, "not yet"},
		{10, 20, motion.Active, 5, true, "50 ms later, on the same list"},
		{11, 5, motion.Active, 5, true, "slow, and not looked yet"},
		{12, 5, motion.Active, 12, false, "a new list"},
		{13, 20, motion.Off, 12, false, "the driver drives"},
		{14, 20, motion.Active, 12, true, "engaged again"},
	} {
		in.Objects.At = row.list
		if got := near(row.now, row.v, row.mode); got != row.want {
			t.Errorf("tick %d, %s: %v", row.now, row.why, got)
		}
	}
}

// edge finds the gap below which o is an emergency for a car at v.
func edge(c *Checker, o other, v float64) float64 {
	lo, hi := 0.0, 150.0
	for hi-lo > 1e-6 {
		o.gap = (lo + hi) / 2
		if c.judge(&motion.Ego{V: v}, &other{gap: o.gap, edge: o.edge, v: o.v, brake: o.brake, toward: o.toward, gather: o.gather, lengths: 9}, 1, 0, 7.59).grade == Emergency {
			lo = o.gap
		} else {
			hi = o.gap
		}
	}
	return hi
}

// TestLastMoment: how much room full braking needs, worked out by hand.
func TestLastMoment(t *testing.T) {
	c := newChecker(t)
	hold := 0.08 + 0.1 + 0.1 + 7.59/60
	if got, want := edge(c, other{edge: -1, v: 10}, 30), 20*hold+400/(2*7.59)+0.5; !close6(got, want) {
		t.Errorf("slower: %v, expected %v", got, want)
	}
	if got, want := edge(c, other{edge: -1}, 20), 20*hold+400/(2*7.59)+0.5; !close6(got, want) {
		t.Errorf("standing: %v, expected %v", got, want)
	}
	if got, want := edge(c, other{edge: -1, v: 10, brake: -0.49}, 30), edge(c, other{edge: -1, v: 10}, 30); got != want {
		t.Errorf("braking like noise: %v, expected %v", got, want)
	}
	if got, least := edge(c, other{edge: -1, v: 10, brake: -0.51}, 30), edge(c, other{edge: -1, v: 10}, 30)+1; got < least {
		t.Errorf("braking gently: %v, expected at least %v", got, least)
	}
	if got, want := edge(c, other{edge: -1, v: 29}, 30), 1*hold+1/(2*7.59)+0.2; !close6(got, want) {
		t.Errorf("hardly closing: %v, expected %v", got, want)
	}
}

// TestGuess: a vehicle that gathers lateral speed is braked for while that helps, and is passed when it does not.
func TestGuess(t *testing.T) {
	for _, row := range []struct {
		o      other
		v      float64
		grade  Grade
		acting bool
		why    string
	}{
		{other{gap: 30, edge: 0.8, v: 10, toward: 0.3, gather: 0}, 30, Near, false, "at this lateral speed the ego passes"},
		{other{gap: 30, edge: 0.8, v: 10, toward: 0.3, gather: 2}, 30, Near, false, "it gathers lateral speed, and braking does not help"},
		{other{gap: 33.5, edge: 0.8, v: 10, toward: 0.3, gather: 2}, 30, Emergency, false, "it gathers lateral speed, and braking helps"},
		{other{gap: 33.5, edge: 0.8, v: 10, toward: -0.3, gather: 2}, 30, Near, false, "it moves away"},
		{other{gap: 20, edge: -0.5, v: 10, toward: 0}, 30, Emergency, false, "in the path"},
		{other{gap: 70, edge: -0.5, v: 10, toward: 0}, 30, Near, false, "in the path, with room"},
		{other{gap: 70, edge: -0.5, v: 10, toward: 0}, 30, Emergency, true, "braking goes on until comfort is enough"},
	} {
		c := newChecker(t)
		if row.acting {
			c.danger.grade = Emergency
		}
		row.o.lengths = 9
		if got := c.judge(&motion.Ego{V: row.v}, &row.o, 1, 0, 7.59); got.grade != row.grade {
			t.Errorf("%s: %+v", row.why, got)
		}
	}
}

func TestBraking(t *testing.T) {
	c := newChecker(t)
	for _, row := range []struct {
		accel, wait, b float64
		want           profile
	}{
		{0, 0, 6, profile{20, 0, 0.3, -6}}, {0, 0.5, 6, profile{20, 0, 0.8, -6}}, {-3, 0, 6, profile{20, -3, 0.25, -6}}, {-5, 0.1, 3, profile{20, -5, 0.3, -3}},
	} {
		if got := c.braking(20, row.accel, row.wait, row.b); !close6(got.hold, row.want.hold) || got.v != 20 || got.first != row.want.first || got.after != row.want.after {
			t.Errorf("%+v, expected %+v", got, row.want)
		}
	}
}
