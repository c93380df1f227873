package checker

import (
	"math"

	"roadbook/pilot/motion"
)

// danger is the gravest conflict of a tick.
type danger struct {
	grade  Grade
	demand float64 // m/s²; 0: none
	object int32
}

// IDs of no object.
const (
	nobody  int32 = -1
	laneEnd int32 = -2
)

// assess looks at everything ahead, for a car that is about to accelerate with accel. b is what its brakes give.
func (c *Checker) assess(in *motion.Input, accel, b float64) danger {
	worst := danger{object: nobody}
	age := float64(in.Now-c.scene.at) * motion.DT
	e := &in.Ego
	tracks := c.scene.tracks[c.scene.side][:c.scene.n]
	for i := range tracks {
		if tracks[i].s+float64(tracks[i].vs*age) <= e.S { // behind: never a reason to brake
			continue
		}
		t := tracks[i].now(age)
		o := ahead(e, &t)
		worst.add(c.judge(e, &o, t.id, accel, b))
	}
	if in.Road.BlockedAt > e.S {
		o := other{gap: in.Road.BlockedAt - e.S - float64(0.5*e.Length), edge: -e.Width, lengths: e.Length}
		worst.add(c.judge(e, &o, laneEnd, accel, b))
	}
	return worst
}

// add keeps the graver of two.
func (d *danger) add(n danger) {
	if n.grade > d.grade || n.grade == d.grade && n.demand > d.demand {
		*d = n
	}
}

// ahead puts a track against the ego.
func ahead(e *motion.Ego, t *track) other {
	side := math.Copysign(1, t.d-e.D)
	return other{
		gap:     t.s - e.S - float64(0.5*(t.length+e.Length)),
		edge:    math.Abs(t.d-e.D) - float64(0.5*(t.width+e.Width)),
		v:       t.vs,
		brake:   min(t.as, 0),
		toward:  float64(side * (float64(e.V*e.Heading) - t.vd)),
		gather:  min(float64(-side*t.ad), float64(-side*t.rate)), // who has stopped gathering is believed at once
		lengths: t.length + e.Length,
	}
}

// settle makes the gap to be kept smaller where the speeds are nearly the same, in seconds of closing.
const settle = 0.2

// judge grades one vehicle ahead.
func (c *Checker) judge(e *motion.Ego, o *other, id int32, accel, b float64) danger {
	p := &c.p
	d := danger{object: id}
	if !p.RSS.near(o, e.V, b) {
		return d
	}
	d.grade = Near
	if o.brake > -p.Wait.Slow {
		o.brake = 0
	}
	held := max(accel, e.A)
	keep := profile{e.V, e.A, p.Brakes.Latency + p.Brakes.Lag, accel}
	full := c.braking(e.V, held, 0, b)
	last := c.braking(e.V, held, p.Wait.Look, b)
	planned := c.braking(e.V, held, p.Wait.Look, min(b, p.Fuzzy.Comfort))
	eased := c.braking(e.V, 0, p.Wait.Release, min(b, p.Wait.Comfort))
	margin := min(p.Wait.Gap, float64(settle*max(0, e.V-o.v)))
	for i, w := range [...]window{o.stays(&p.Wait), o.gathers(&p.Wait)} {
		if !o.hits(&keep, w, margin) {
			continue // what is asked for already is enough, or the ego passes
		}
		if o.edge > 0 && o.hits(&full, w, 0) && (i > 0 || !o.hits(&keep, w, 0) || c.danger.grade != Emergency && o.beside(&full, w)) {
			continue // braking now does not help any more: passing does, or nothing
		}
		switch {
		case o.hits(&last, w, margin) || c.danger.grade == Emergency && o.hits(&eased, w, margin):
			return danger{Emergency, b, id}
		case o.edge <= 0 && o.hits(&planned, w, margin):
			pfs, cfs := p.Fuzzy.proactive(o.gap, e.V, o.v), p.Fuzzy.critical(o.gap, e.V, o.v, e.A)
			d.grade, d.demand = Proactive, p.Fuzzy.demand(pfs, cfs)
			if cfs > 0 {
				d.grade = Critical
			}
		}
	}
	return d
}

// braking is the profile of holding accel for wait seconds and then braking with b: dead time, lag and the ramp of the
// brakes shift the braking back by as much as they cost in speed.
func (c *Checker) braking(v, accel, wait, b float64) profile {
	k := &c.p.Brakes
	ramp := max(0, b+accel) / float64(2*k.Jerk)
	return profile{v, accel, wait + k.Latency + k.Lag + ramp, -b}
}
