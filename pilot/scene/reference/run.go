package reference

import "math"

// Result is how a run ended.
type Result struct {
	Collision bool
	MaxDecel  float64 // m/s²
	Onset     int     // tick of the first braking; -1: none
	MinTTC    float64 // s, to what is in the ego's path; +Inf: never closing
}

// Run drives the conflict with a model.
func Run(m Model, c *Conflict) Result {
	d := NewDriver(m, c.Kind, float64(0.5*(c.LaneWidth-c.EgoWidth)), c.LaneWidth, c.Width)
	return drive(c, &d, nil)
}

// KeepSpeed drives the conflict without ever braking.
func KeepSpeed(c *Conflict) Result { return drive(c, nil, nil) }

// All runs the four models and says which of them collide, by Model.
func All(c *Conflict) (out [Models]Result) {
	for m := range Model(Models) {
		out[m] = Run(m, c)
	}
	return out
}

// drive runs the conflict to its end: with a model, with a braking that begins at a tick, or keeping the speed.
func drive(c *Conflict, d *Driver, b *braking) Result {
	t := start(c)
	r := Result{Onset: -1, MinTTC: math.Inf(1)}
	s, u, a := 0.0, c.Ego, 0.0
	half, wide := float64((c.EgoLength+c.Length)/2), float64((c.EgoWidth+c.Width)/2)
	for tick, n := 0, c.Ticks(); tick < n; tick++ {
		os, od, ou, ov := t.s, t.d, t.vs, t.vd
		revealed := true
		if c.Kind == CutOut {
			revealed = math.Abs(t.d) > Revealed
			os, od, ou, ov = t.standing, 0, c.Front, 0
		}
		v := View{Gap: math.Abs(os-s) - half, Edge: math.Abs(od) - wide, Ego: u, Other: ou, EgoAccel: a,
			Towards: -float64(math.Copysign(1, od) * ov), Passed: s > os, Lengths: c.EgoLength + c.Length}
		if v.Edge < 0 && v.Gap < 0 {
			r.Collision = true
			break
		}
		if v.Edge < 0 && !v.Passed && u > ou {
			r.MinTTC = math.Min(r.MinTTC, v.Gap/(u-ou))
		}
		if over(c, &t, &v) {
			break
		}
		next := u
		switch {
		case d != nil && revealed:
			next = d.Step(&v)
		case b != nil:
			next = b.step(tick, u)
		}
		a = (next - u) / dt
		if next < u && r.Onset < 0 {
			r.Onset = tick
		}
		r.MaxDecel = math.Max(r.MaxDecel, -a)
		u = next
		s += float64(u * dt)
		t.step()
	}
	return r
}

// over reports whether nothing can happen any more: the ego has passed, or the others move as they will for ever and the
// gap does not shrink.
func over(c *Conflict, t *traffic, v *View) bool {
	switch c.Kind {
	case CutIn:
		return v.Passed && v.Gap >= 0 && v.Ego >= v.Other || t.dir == 0 && v.Gap >= 0 && !v.Passed && v.Ego <= v.Other
	case Deceleration:
		return t.vs == c.Target && v.Ego <= c.Target
	default:
		return v.Ego <= c.Front && (c.Front == 0 || math.Abs(t.d) > Revealed)
	}
}
