package scene

import (
	"math"

	"roadbook/pilot/motion"
	"roadbook/pilot/scene/world"
)

// Tally makes the Outcome of a drive, tick by tick.
type Tally struct {
	Outcome
	ride  Ride
	trail Trail
}

// Begin starts the tally of a drive; o says what is known before it.
func (t *Tally) Begin(o Outcome) {
	*t = Tally{Outcome: o, trail: NewTrail()}
	t.Type = world.NoContact.String()
	t.MinTTC, t.MinGap = Least(math.Inf(1)), Least(math.Inf(1))
}

// Drove counts what a seat that drives did in a tick.
func (t *Tally) Drove(w *world.World, s *Seat, cmd *motion.Command) {
	e := &s.Out.Engagement
	t.Transition = t.Transition || e.Mode == motion.Transition
	t.Minimum = t.Minimum || e.Mode == motion.MinimumRisk
	emergency := cmd.Emergency || e.Emergency
	t.Emergency = t.Emergency || emergency
	t.Checker = t.Checker || s.Say.Intervened
	t.ride.See(&w.Ego, emergency)
	t.MaxDecel = max(t.MaxDecel, -w.Ego.A)
}

// Look counts what a tick brought, whoever drove. It ends with a collision.
func (t *Tally) Look(w *world.World) (over bool) {
	e := &w.Ego
	t.Ticks++
	t.trail.Add(e.S)
	t.trail.Add(e.D)
	t.trail.Add(e.V)
	t.trail.Add(e.A)
	for i := range w.Actors {
		a := &w.Actors[i]
		t.trail.Add(a.S)
		t.trail.Add(a.D)
		if gap, inWay := w.Gap(i); inWay && a.S > e.S {
			t.MinGap = min(t.MinGap, Least(max(gap, 0)))
			t.MinTTC = min(t.MinTTC, least(world.TTC(gap, e.V-a.VS)))
		}
	}
	hit, _, kind, _ := w.Collision()
	if hit {
		t.Collision, t.Type, t.AtFault = true, kind.String(), kind.AtFault()
		t.MinTTC, t.MinGap = 0, 0
	}
	return hit
}

// End returns the outcome.
func (t *Tally) End() Outcome {
	t.HardTicks, t.MaxJerk, t.MaxSide = t.ride.Hard, t.ride.Jerk, t.ride.Side
	t.Hash = uint64(t.trail)
	return t.Outcome
}

// Trail mixes the truth of every tick into 64 bits.
type Trail uint64

// NewTrail is a trail of nothing.
func NewTrail() Trail { return 0x9E3779B97F4A7C15 }

// Add goes on by one figure.
func (t *Trail) Add(v float64) {
	x := uint64(*t) ^ math.Float64bits(v)
	x *= 0xFF51AFD7ED558CCD
	*t = Trail(x ^ x>>32)
}
