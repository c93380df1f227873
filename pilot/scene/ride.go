package scene

import (
	"math"

	"roadbook/pilot/motion"
	"roadbook/pilot/scene/world"
)

// Ride measures how a drive feels, from what the car does tick by tick. Jerk is a mean over half a second, as UN R79 takes
// it; it counts where no emergency manoeuvre ran within that time. The zero value begins a drive.
type Ride struct {
	Ticks, Hard int     // driven; of them braking above Hard
	Jerk        float64 // m/s³, largest along the car
	Side        float64 // m/s², largest sideways, by speed and wheels

	past [jerkTicks]float64 // m/s², acceleration of the last ticks
	calm int                // ticks since the start or an emergency manoeuvre
}

// jerkTicks is the time that a jerk is a mean of.
const jerkTicks = int(motion.Second / 2)

// See takes the car as it is after a tick.
func (r *Ride) See(e *motion.Ego, emergency bool) {
	i := r.Ticks % jerkTicks
	was := r.past[i]
	r.past[i] = e.A
	r.Ticks++
	if -e.A > Hard {
		r.Hard++
	}
	if r.calm++; emergency {
		r.calm = 0
	} else if r.calm > jerkTicks {
		r.Jerk = max(r.Jerk, math.Abs(e.A-was)/(float64(jerkTicks)*motion.DT))
	}
	if steer := math.Abs(e.Steer); e.V*e.V*steer*1.3 > r.Side*e.Wheelbase { // a tangent of up to 0.8 rad is below 1.3 times the angle
		r.Side = max(r.Side, e.V*e.V*world.Tan(min(steer, 0.8))/e.Wheelbase)
	}
}
