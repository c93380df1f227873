package checker

import (
	"math"

	"roadbook/pilot/motion"
)

// brakes returns what the brakes give now, in m/s². A value that makes no sense is not believed.
func (c *Checker) brakes(e *motion.Ego) float64 {
	if !finite(e.BrakeMax) || e.BrakeMax < 0.5 || e.BrakeMax > 12 {
		return c.p.Brakes.Max
	}
	return e.BrakeMax
}

// floor returns the hardest braking that a command may ask, in m/s²: comfort while nothing is near.
func (c *Checker) floor(m motion.Mode, emergency bool, b float64) float64 {
	switch {
	case emergency:
		return c.full(b)
	case c.danger.grade > Clear:
		return c.p.Envelope.Demand
	case m == motion.MinimumRisk:
		return c.p.Envelope.MinimumRisk
	}
	return c.p.Envelope.Decel
}

// full is full braking, in m/s², where the brakes give b.
func (c *Checker) full(b float64) float64 { return float64(c.p.Envelope.Emergency*b) / c.p.Brakes.Max }

// slack lets pass a change of the steering angle that keeps the bound by another rounding or a slightly other formula.
const slack = 1.05

// limitSteer keeps the steering angle within its own bound, the rate, the lateral acceleration and the lateral jerk.
// sin(atan x) <= atan x, so that no tangent is needed and the bound is kept.
func (c *Checker) limitSteer(e *motion.Ego, cmd *motion.Command, v *Verdict) {
	l := &c.p.Envelope
	r := e.Wheelbase / max(float64(e.V*e.V), 1)
	x := float64(l.LateralAccel * r)
	most := min(l.Steer, x/math.Sqrt(1+float64(x*x)))
	step := float64(min(l.SteerRate, float64(l.LateralJerk*slack*r)) * motion.DT)
	from := c.steered
	if !c.ran {
		from = e.Steer
	}
	from = clamp(from, most) // the speed may have grown since
	if low, high := max(from-step, -most), min(from+step, most); cmd.Steer < low || cmd.Steer > high {
		v.Reason |= Steering
		cmd.Steer = max(low, min(cmd.Steer, high))
	}
}

// hold returns the steering angle, in rad, that brings the car to the middle of its lane and keeps it there.
func hold(in *motion.Input) float64 {
	const pull, damp = 0.64, 1.6 // 1/s², 1/s: a critically damped return at 0.8 rad/s
	e, r := &in.Ego, &in.Road
	off := 0.0
	if r.LaneWidth > 0 {
		off = e.D - float64(math.Round(e.D/r.LaneWidth)*r.LaneWidth)
	}
	back := (float64(pull*off) + float64(damp*e.V*e.Heading)) / max(float64(e.V*e.V), 25)
	return float64(e.Wheelbase * (r.Curvature[0] - back))
}

// readable reports whether the car's own state can be reckoned with.
func readable(e *motion.Ego) bool {
	return finite(e.S, e.D, e.Heading, e.A, e.Steer) && e.V >= 0 && e.V <= 100 && e.Length > 0 && e.Length <= 30 && e.Width > 0 && e.Width <= 5 &&
		e.Wheelbase > 0 && e.Wheelbase <= e.Length
}

// clamp limits v to ±most.
func clamp(v, most float64) float64 { return max(-most, min(most, v)) }
