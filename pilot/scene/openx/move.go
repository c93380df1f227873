package openx

import (
	"math"

	"roadbook/pilot/motion"
	"roadbook/pilot/scene/world"
)

// still is the speed, in m/s, below which a lane change waits.
const still = 1e-6

// begin starts an action. What takes no time is done at once.
func (e *Engine) begin(a *action, r *run) {
	x := &e.States[a.actor]
	r.phase, r.start = running, e.Now
	switch a.kind {
	case engage:
		e.Engaged = true
		r.phase = complete
	case moveTo:
		e.put(x, &a.place)
		r.phase = complete
	case distanceTo:
		e.space(a)
		r.phase = complete
	case speedTo:
		body := &e.s.Entities[a.actor]
		r.from, r.target = x.V, a.value
		if a.ref >= 0 {
			r.target = max(0, e.States[a.ref].V+a.value)
		}
		if body.MaxSpeed > 0 {
			r.target = min(r.target, body.MaxSpeed)
		}
		if a.step || r.target == r.from {
			x.V = r.target
			r.phase = complete
		}
	case laneTo:
		lane := e.s.Band.laneAt(e.States[a.ref].D) + int(a.value)
		r.target = e.s.Band.middle(lane)
		e.sideways(r, x)
		r.length = math.Pi * math.Abs(r.target-r.from) / (2 * a.rate)
	case offsetTo:
		r.target = e.s.Band.middle(e.s.Band.laneAt(x.D)) + a.value
		if a.ref >= 0 {
			r.target = e.States[a.ref].D + a.value
		}
		e.sideways(r, x)
		r.length = math.Pi * math.Sqrt(math.Abs(r.target-r.from)/(2*a.rate))
	case follow:
		e.put(x, &a.path[0].place)
	}
}

func (e *Engine) sideways(r *run, x *State) {
	r.from = x.D
	if r.target == r.from {
		r.phase = complete
	}
}

// put places an origin.
func (e *Engine) put(x *State, p *place) {
	b := e.s.Band
	if p.relative {
		o := &e.States[p.entity]
		lane := b.laneAt(o.D) + p.lane
		x.S = b.S(b.Station(o.S) + p.s)
		x.D = b.middle(lane) + p.offset
	} else {
		x.S = b.S(p.s)
		x.D, _ = b.D(p.lane, p.s, p.offset) // place has refused lanes that are not there
	}
	x.Heading, x.VD = p.heading, 0
}

// space puts an actor at a distance of another one, measured along the actor.
func (e *Engine) space(a *action) {
	x := &e.States[a.actor]
	want := a.value
	if a.timeGap {
		want = float64(a.value * x.V)
	}
	for range 50 {
		ahead, behind, origin := e.alongEntity(a.actor, a.ref)
		gap, sign := behind, 1.0 // the other one is behind
		if a.trailing {
			gap, sign = ahead, -1
		}
		if !a.free {
			gap = -float64(sign * origin)
		}
		miss := want - gap
		x.S += float64(sign * miss)
		if math.Abs(miss) < 1e-9 {
			return
		}
	}
}

// Move steps everybody but an engaged ego from this tick to the next.
func (e *Engine) Move() {
	e.Now++
	e.moving = true
	for i := range e.States {
		if i != e.s.Ego || !e.Engaged {
			e.advance(i)
		}
	}
	e.moving = false
}

func (e *Engine) advance(i int) {
	x := &e.States[i]
	if k := e.side[i]; k >= 0 && e.s.action[k].kind == follow {
		e.trace(k, x)
		return
	}
	if x.V == 0 && e.long[i] < 0 && e.side[i] < 0 { // it stands
		x.VS, x.VD, x.A = 0, 0, 0
		return
	}
	before := x.V
	if k := e.long[i]; k >= 0 {
		e.accelerate(k, x)
	}
	mean := (before + x.V) / 2
	x.A = (x.V - before) / motion.DT
	way, d := float64(mean*motion.DT), x.D
	if k := e.side[i]; k >= 0 {
		a, r := &e.s.action[k], &e.runs[k]
		pace := 1.0
		if a.kind == laneTo {
			pace = 0
			if mean > still {
				pace = min(1, mean/a.rate)
			}
		}
		r.elapsed += float64(pace * motion.DT)
		if r.elapsed >= r.length-1e-9 {
			x.D = r.target
			e.end(k)
		} else if r.elapsed > 0 {
			x.D = r.from + float64((r.target-r.from)*((1-world.Cos(math.Pi*r.elapsed/r.length))/2))
		}
		if a.kind == laneTo {
			rest := float64(way*way) - float64((x.D-d)*(x.D-d))
			way = math.Sqrt(max(rest, 0))
		}
	}
	x.VS, x.VD = way/motion.DT, (x.D-d)/motion.DT
	e.turn(i, x, mean)
	if k := e.s.Band.Road.Curvature(x.S); k != 0 {
		way /= 1 - float64((d+x.D)/2*k)
	}
	x.S += way
}

// turn lets a vehicle head where it moves, as fast as its wheelbase and its wheels let it: a long one cannot swing round in
// a lane change that is as fast sideways as ahead. Persons keep their heading while they move along the lane.
func (e *Engine) turn(i int, x *State, v float64) {
	body := &e.s.Entities[i]
	want := 0.0
	if x.VD != 0 {
		want = world.Atan2(x.VD, x.VS)
	} else if body.Kind == motion.Pedestrian {
		return
	}
	step := want - x.Heading
	if step == 0 {
		return
	}
	if body.lock > 0 {
		most := float64(v*body.lock) / body.Axle * motion.DT
		step = max(-most, min(most, step))
	}
	x.Heading += step
}

// accelerate steps the speed of an actor; the sign of the rate follows from the target.
func (e *Engine) accelerate(k int, x *State) {
	a, r := &e.s.action[k], &e.runs[k]
	body := &e.s.Entities[a.actor]
	rate, most := a.rate, body.MaxAccel
	if r.target < x.V {
		most = body.MaxDec
	}
	if most > 0 {
		rate = min(rate, most)
	}
	step := float64(rate * motion.DT)
	switch {
	case rate == 0:
	case math.Abs(r.target-x.V) <= step+1e-12:
		x.V = r.target
		e.end(k)
	case r.target > x.V:
		x.V += step
	default:
		x.V -= step
	}
}

// trace puts an actor where its trajectory is now; at its end it stands.
func (e *Engine) trace(k int, x *State) {
	a, r := &e.s.action[k], &e.runs[k]
	t := (float64(e.Now-r.start)*motion.DT)/a.scale - a.shift
	for r.leg+2 < len(a.path) && a.path[r.leg+1].time <= t {
		r.leg++
	}
	p, q := &a.path[r.leg], &a.path[r.leg+1]
	from, to := *x, *x
	e.put(&from, &p.place)
	e.put(&to, &q.place)
	span := (q.time - p.time) * a.scale
	part := min(max((t-p.time)/(q.time-p.time), 0), 1)
	x.S = from.S + float64((to.S-from.S)*part)
	x.D = from.D + float64((to.D-from.D)*part)
	x.Heading = from.Heading + float64((to.Heading-from.Heading)*part)
	x.VS, x.VD = (to.S-from.S)/span, (to.D-from.D)/span
	if t < p.time {
		x.VS, x.VD = 0, 0
	}
	if part == 1 && r.leg+2 == len(a.path) {
		x.VS, x.VD = 0, 0
		e.end(k)
	}
	x.V = math.Sqrt(float64(x.VS*x.VS) + float64(x.VD*x.VD))
	x.A = 0
}
