package world

import (
	"roadbook/fault"
	"roadbook/pilot/motion"
)

// MaxActors bounds the actors of a world.
const MaxActors = 256

// Actor is a thing on the road beside the ego: its body, its state, and the script that moves it.
type Actor struct {
	Kind          motion.Kind
	Length, Width float64 // m
	S, D          float64 // m, centre
	VS, VD        float64 // m/s along the lane and to the left, over ground
	A             float64 // m/s² along the lane
	Heading       float64 // rad of the box against the lane
	Script        Script
}

// Mode says what moves an actor.
type Mode uint8

// Modes of a script.
const (
	Scripted Mode = iota // keeps its speeds, apart from Ramps and Brakes
	Polyline             // follows Points
	Driven               // a driver: IDM and MOBIL
	Traced               // keeps its lateral speed and follows the speeds of Trace
	External             // the caller sets S, D, VS, VD, A and Heading before each Step
)

// Script is what an actor does, as data. Slices belong to the caller, are not copied and must not change until the next
// Reset.
type Script struct {
	Mode   Mode
	Turn   bool    // the box points where it moves; otherwise it keeps its heading
	Ramps  []Ramp  // in order of At, Scripted and Traced
	Brakes []Brake // in order of At, Scripted
	Points []Point // Polyline
	Driver Driver  // Driven
	Trace  []Speed // Traced
}

// Ramp moves an actor sideways to an offset.
type Ramp struct {
	At    motion.Tick
	To    float64 // m, D of the centre
	Speed float64 // m/s, > 0
	Accel float64 // m/s², of the lateral speed; 0: at once
	Ease  bool    // slows down by Accel so that it arrives with lateral speed 0; otherwise it moves on until it is there
}

// Brake changes an actor's speed: it slows down, or speeds up when To is higher.
type Brake struct {
	At   motion.Tick
	Rate float64 // m/s², > 0
	Jerk float64 // m/s³ of its onset; 0: at once
	To   float64 // m/s
}

// Point is where an actor is at a time. Between two points it moves at constant speed; before the first and behind the
// last it stands.
type Point struct {
	At   motion.Tick
	S, D float64
}

// Speed is a speed at a time, of a recorded drive. Between two the speed changes linearly.
type Speed struct {
	At motion.Tick
	V  float64 // m/s
}

// check refuses what is no actor.
func (a *Actor) check() *fault.Error {
	bad := func(format string, args ...any) *fault.Error {
		return fault.New(fault.Invalid, "actor_out_of_range", format, args...)
	}
	if a.Kind > motion.Obstacle {
		return bad("kind %d is not a class of objects", a.Kind)
	}
	if !(a.Length >= 0.1 && a.Length <= 30 && a.Width >= 0.1 && a.Width <= 5) {
		return bad("the box is %g × %g m, expected 0.1 to 30 × 0.1 to 5", a.Length, a.Width)
	}
	if !(abs(a.S) <= 1e6 && abs(a.D) <= 1000 && abs(a.VS) <= 120 && abs(a.VD) <= 30 && abs(a.A) <= 100 && abs(a.Heading) <= 2*Pi) {
		return bad("the state s %g m, d %g m, %g and %g m/s, %g m/s², heading %g rad is out of range", a.S, a.D, a.VS, a.VD, a.A, a.Heading)
	}
	s := &a.Script
	for i, r := range s.Ramps {
		if !(abs(r.To) <= 1000 && r.Speed > 0 && r.Speed <= 30 && r.Accel >= 0 && r.Accel <= 100) || i > 0 && r.At < s.Ramps[i-1].At {
			return bad("lateral ramp %d to %g m at %g m/s and %g m/s²: expected a positive speed, no negative acceleration, rising times", i, r.To, r.Speed, r.Accel)
		}
	}
	for i, b := range s.Brakes {
		if !(b.Rate > 0 && b.Rate <= 100 && b.Jerk >= 0 && b.To >= 0 && b.To <= 120) || i > 0 && b.At < s.Brakes[i-1].At {
			return bad("brake %d at %g m/s² to %g m/s: expected a positive rate, a speed of 0 to 120 m/s, rising times", i, b.Rate, b.To)
		}
	}
	for i, p := range s.Points {
		if !(abs(p.S) <= 1e6 && abs(p.D) <= 1000) || i > 0 && p.At <= s.Points[i-1].At {
			return bad("point %d at tick %d: expected a place within 1,000 km and rising times", i, p.At)
		}
	}
	for i, p := range s.Trace {
		if !(p.V >= 0 && p.V <= 120) || i > 0 && p.At <= s.Trace[i-1].At {
			return bad("speed %d of the trace, %g m/s at tick %d: expected 0 to 120 m/s and rising times", i, p.V, p.At)
		}
	}
	switch s.Mode {
	case Scripted, External:
	case Polyline:
		if len(s.Points) == 0 {
			return bad("the polyline has no point")
		}
	case Traced:
		if len(s.Trace) == 0 {
			return bad("the trace has no speed")
		}
	case Driven:
		return s.Driver.check()
	default:
		return bad("mode %d of the script is not known", s.Mode)
	}
	return nil
}

// mind is what an actor's script remembers.
type mind struct {
	ramp, brake, next int         // the step of the script that is under way
	wheel             wheel       // of a driver
	home              [2]float64  // S and D at tick 0
	inWay             motion.Tick // how long it has been in the way of the ego
}

// move steps an actor from tick now to now+1.
func (w *World) move(i int, now motion.Tick) {
	a, m := &w.Actors[i], &w.minds[i]
	s := &a.Script
	switch s.Mode {
	case External:
		return
	case Driven:
		w.steer(a, &m.wheel, now)
		return
	case Polyline:
		a.follow(m, now+1)
	case Traced:
		v := a.VS
		a.VS = speedAt(s.Trace, &m.next, now+1)
		a.A = (a.VS - v) / motion.DT
		w.advance(a, float64(0.5*(v+a.VS)))
		a.sideways(m, now)
	case Scripted:
		v := a.VS
		a.brake(m, now)
		w.advance(a, float64(0.5*(v+a.VS)))
		a.sideways(m, now)
	}
	if s.Turn {
		a.Heading = 0
		if a.VS != 0 || a.VD != 0 {
			a.Heading = Atan2(a.VD, a.VS)
		}
	}
}

// advance moves an actor along the lane for a tick at the mean speed v over ground.
func (w *World) advance(a *Actor, v float64) {
	if w.road.curved {
		v /= 1 - float64(a.D*w.road.Curvature(a.S))
	}
	a.S += float64(v * motion.DT)
}

// brake changes the speed by the brake that is due.
func (a *Actor) brake(m *mind, now motion.Tick) {
	list := a.Script.Brakes
	for m.brake+1 < len(list) && list[m.brake+1].At <= now {
		m.brake++
	}
	if len(list) == 0 || list[m.brake].At > now {
		a.VS += float64(a.A * motion.DT)
		if a.A < 0 && a.VS <= 0 {
			a.VS, a.A = 0, 0
		}
		return
	}
	b := &list[m.brake]
	want := b.Rate
	if a.VS > b.To {
		want = -want
	}
	switch {
	case a.VS == b.To:
		want = 0
		a.A = 0
	case b.Jerk == 0:
		a.A = want
	default:
		a.A += max(-b.Jerk*motion.DT, min(b.Jerk*motion.DT, want-a.A))
	}
	v := a.VS + float64(a.A*motion.DT)
	if (a.VS > b.To) != (v > b.To) {
		v = b.To
	}
	a.VS = v
	if v == b.To {
		a.A = 0
	}
}

// sideways moves an actor by its lateral speed and by the ramp that is due.
func (a *Actor) sideways(m *mind, now motion.Tick) {
	list := a.Script.Ramps
	for m.ramp+1 < len(list) && list[m.ramp+1].At <= now {
		m.ramp++
	}
	if len(list) == 0 || list[m.ramp].At > now {
		a.D += float64(a.VD * motion.DT)
		return
	}
	r := &list[m.ramp]
	left := r.To - a.D
	if left == 0 {
		a.VD = 0
		return
	}
	sign := 1.0
	if left < 0 {
		sign, left = -1, -left
	}
	v := float64(a.VD * sign) // towards the target
	was := v
	goal := r.Speed
	if r.Accel == 0 {
		v = goal
		was = v
	} else {
		step := float64(r.Accel * motion.DT)
		if r.Ease { // the speed from which Accel still stops it at the target when this tick is over
			h := float64(0.5 * step)
			goal = min(goal, max(0, sqrt(max(0, float64(h*h)+float64(2*float64(r.Accel*(left-float64(was*(0.5*motion.DT)))))))-h))
		}
		v += max(-step, min(step, goal-v))
	}
	move := 0.5 * float64((was+v)*motion.DT)
	if v > 0 && (move >= left || r.Ease && left < 1e-4) {
		a.D, a.VD = r.To, 0
		return
	}
	a.D += float64(sign * move)
	a.VD = sign * v
}

// follow puts an actor where its polyline is at a tick.
func (a *Actor) follow(m *mind, at motion.Tick) {
	p := a.Script.Points
	for m.next+1 < len(p) && p[m.next+1].At <= at {
		m.next++
	}
	q := &p[m.next]
	v := a.VS
	if at < q.At || m.next+1 == len(p) {
		a.S, a.D, a.VS, a.VD, a.A = q.S, q.D, 0, 0, 0
		return
	}
	n := &p[m.next+1]
	span := float64(n.At - q.At)
	part := float64(at-q.At) / span
	a.S, a.D = q.S+float64((n.S-q.S)*part), q.D+float64((n.D-q.D)*part)
	a.VS, a.VD = (n.S-q.S)/(span*motion.DT), (n.D-q.D)/(span*motion.DT)
	a.A = (a.VS - v) / motion.DT
	if now := at - 1; now < q.At { // the first tick of a leg: its speed is a step, not an acceleration
		a.A = 0
	}
}

// speedAt returns the speed of a trace at a tick; next remembers where it was found.
func speedAt(t []Speed, next *int, at motion.Tick) float64 {
	for *next+1 < len(t) && t[*next+1].At <= at {
		*next++
	}
	q := &t[*next]
	if at <= q.At || *next+1 == len(t) {
		return q.V
	}
	n := &t[*next+1]
	return q.V + float64((n.V-q.V)*(float64(at-q.At)/float64(n.At-q.At)))
}
