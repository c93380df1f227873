package checker

import "math"

// never is later than anything that matters, in seconds.
const never = 60.0

// window is when another vehicle is in the ego's path, in seconds from now.
type window struct{ in, out float64 }

// profile is how the ego goes on: accel first for hold seconds, then accel after, never backwards.
type profile struct{ v, first, hold, after float64 }

// at returns how far the ego has come after t seconds.
func (p *profile) at(t float64) float64 {
	h := min(t, p.hold)
	x, v := advance(p.v, p.first, h)
	y, _ := advance(v, p.after, t-h)
	return x + y
}

// stop returns when the ego stands, or never.
func (p *profile) stop() float64 {
	_, v := advance(p.v, p.first, p.hold)
	switch {
	case v == 0 && p.first < 0:
		return p.v / -p.first
	case p.after < 0:
		return p.hold + v/-p.after
	}
	return never
}

// advance moves on for t seconds at acceleration a, no further than to standstill, and returns way and speed.
func advance(v, a, t float64) (way, speed float64) {
	if a < 0 && v < float64(-a*t) {
		return float64(v*v) / float64(-2*a), 0
	}
	return float64(v*t) + float64(0.5*a*t*t), v + float64(a*t)
}

// other is a vehicle ahead, against the ego.
type other struct {
	gap     float64 // m between bumpers; negative: side by side
	edge    float64 // m between sides; <= 0: in the path
	v       float64 // m/s along the lane
	brake   float64 // m/s², <= 0
	toward  float64 // m/s sideways towards the ego's path; negative: away
	gather  float64 // m/s², its change
	lengths float64 // m, of both
}

// hits reports whether the ego, driving p, runs into o or is run into by it, if o is in the path during w.
// The gap is piecewise quadratic in time: its least value lies at a seam of the ego's pieces or where the speeds are equal.
// Where the other comes to a standstill it does not: from there on the gap shrinks until the ego stands, too.
func (o *other) hits(p *profile, w window, margin float64) bool {
	gap := func(t float64) float64 {
		way, _ := advance(o.v, o.brake, t)
		return o.gap + way - p.at(t)
	}
	if w.in >= w.out {
		return false
	}
	if g := gap(w.in); g <= margin {
		return g > -o.lengths // else the ego has passed
	}
	first := (p.v - o.v) / (o.brake - p.first)
	after := (p.v + float64(p.first*p.hold) - float64(p.after*p.hold) - o.v) / (o.brake - p.after)
	for _, t := range [...]float64{w.out, p.hold, p.stop(), first, after} {
		if t > w.in && t <= w.out && gap(t) <= margin { // false for the NaN and infinity of equal accelerations
			return true
		}
	}
	return false
}

// beside reports whether o comes into the path of the ego, driving p, at its side and not ahead of it: braking then only
// keeps the ego there for longer.
func (o *other) beside(p *profile, w window) bool {
	way, _ := advance(o.v, o.brake, w.in)
	return o.gap+way <= p.at(w.in)
}

// stays is the window if o goes on sideways as it moves now.
func (o *other) stays(k *Wait) window {
	switch {
	case o.edge <= 0 && o.toward >= -k.Drift:
		return window{0, never}
	case o.edge <= 0: // it leaves
		return window{0, o.edge / o.toward}
	case o.toward <= k.Drift:
		return window{never, never}
	}
	return window{max(0, o.edge-k.Side) / o.toward, never}
}

// gathers is the window if o goes on to gather lateral speed for k.Horizon, up to k.Lateral.
func (o *other) gathers(k *Wait) window {
	if o.edge <= 0 || o.gather <= k.Gather || o.toward >= k.Lateral || o.toward < 0 {
		return o.stays(k)
	}
	way := max(0, o.edge-k.Side)
	ramp := min(k.Horizon, (k.Lateral-o.toward)/o.gather)
	top := o.toward + float64(o.gather*ramp)
	if in := float64(0.5 * (o.toward + top) * ramp); in < way {
		return window{ramp + (way-in)/top, never}
	}
	return window{(math.Sqrt(float64(o.toward*o.toward)+float64(2*o.gather*way)) - o.toward) / o.gather, never}
}
