package scene

import (
	"math"
	"testing"

	"roadbook/pilot/motion"
	"roadbook/pilot/scene/world"
)

// TestRide measures drives whose jerk and lateral acceleration are known.
func TestRide(t *testing.T) {
	for _, c := range []struct {
		reason           string
		car              func(tick int) motion.Ego
		emergency        func(tick int) bool
		hard             int
		jerk, side, most float64 // most: how far both may be off
	}{
		{"steady", func(int) motion.Ego { return motion.Ego{V: 30} }, nil, 0, 0, 0, 0},
		{"braking that grows by 2 m/s³ up to 4 m/s²", func(k int) motion.Ego { return motion.Ego{V: 30, A: -min(4, 0.02*float64(k))} }, nil, 1000 - 151, 2, 0, 1e-9},
		{"a step of 2 m/s² within a tick is 4 m/s³ over half a second", func(k int) motion.Ego { return motion.Ego{V: 30, A: -2 * float64(k/300%2)} }, nil, 0, 4, 0, 1e-9},
		{"the same step in an emergency manoeuvre", func(k int) motion.Ego { return motion.Ego{V: 30, A: -2 * float64(k/300%2)} }, func(k int) bool { return k >= 295 }, 0, 0, 0, 0},
		{"one that begins as soon as the emergency manoeuvre is over", func(k int) motion.Ego { return motion.Ego{V: 30, A: -min(2, 0.04*float64(max(0, k-500)))} }, func(k int) bool { return k < 500 }, 0, 4, 0, 0.1},
		{"a bend of 300 m at 30 m/s", func(int) motion.Ego { return motion.Ego{V: 30, Steer: world.Atan(2.9 / 300)} }, nil, 0, 0, 3, 1e-6},
		{"to the right", func(int) motion.Ego { return motion.Ego{V: 30, Steer: -world.Atan(2.9 / 300)} }, nil, 0, 0, 3, 1e-6},
	} {
		var r Ride
		for k := range 1000 {
			e := c.car(k)
			e.Wheelbase = 2.9
			r.See(&e, c.emergency != nil && c.emergency(k))
		}
		if r.Ticks != 1000 || r.Hard != c.hard || math.Abs(r.Jerk-c.jerk) > c.most || math.Abs(r.Side-c.side) > c.most {
			t.Errorf("%s: %d hard ticks of %d, %g m/s³, %g m/s²; want %d, %g, %g", c.reason, r.Hard, r.Ticks, r.Jerk, r.Side, c.hard, c.jerk, c.side)
		}
	}
}
