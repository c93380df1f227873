package openx

import (
	"fmt"
	"math"

	"roadbook/pilot"
	"roadbook/pilot/motion"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/reference"
	"roadbook/pilot/scene/world"
)

// Limits of a run.
const (
	OpenEnd  = 90 * motion.Second // a run whose StopTrigger knows no time and does not fire ends here
	LongEnd  = 2 * 3600 * motion.Second
	rounding = 0.01 // m, that a tyre may stand on a marking
)

// Outcome is what came of one case, counted from the engagement on. Of its references the careful driver and the fuzzy safety
// model have run where it is Judged, and the others where both of these collide; elsewhere every collision is avoidable.
type Outcome struct {
	scene.Outcome
	With     string      `json:"with,omitempty"` // entity that it collided with
	Judged   bool        `json:"judged"`         // a cut-in, cut-out or deceleration
	Crossed  motion.Tick `json:"crossed_ticks"`  // the outer edge of a front tyre beyond the lane's marking without an indicator
	Standing bool        `json:"standing"`       // the ego stands at the end
	Open     bool        `json:"open,omitempty"` // the StopTrigger never fired
	Engaged  bool        `json:"engaged"`
}

// Unavoidable reports whether both the careful driver and the fuzzy safety model collide too.
func (o *Outcome) Unavoidable() bool {
	return o.Judged && o.References[reference.CC] && o.References[reference.FSM]
}

// Failed reports a collision that a reference model avoids, or that none of them is asked about, and a stack that would not
// engage.
func (o *Outcome) Failed() bool { return o.Collision && !o.Unavoidable() || !o.Engaged && !o.Collision }

// Player runs scenarios with the full stack in the ego's seat. It is used by one goroutine.
type Player struct {
	Engine Engine
	Rig    *scene.Rig
	Tick   func(p *Player) // after each tick; may be nil
	Asleep bool            // no stack drives: the ego keeps its speed and its wheel
	stack  scene.Stack
	setup  world.Setup
	index  []int // entity of each of the world's actors
	tally  scene.Tally
	// Of the reference models: up to where they differ, and of one of them.
	approach, trial trial
}

// NewPlayer builds a stack. The scenario's catalogue gives the size of its car.
func NewPlayer(s scene.Stack) (*Player, error) {
	r, err := scene.NewRig(s)
	if err != nil {
		return nil, err
	}
	p := &Player{Rig: r, stack: s, setup: world.DefaultSetup(0)}
	p.setup.Sensors = s.Sensors
	return p, nil
}

// Play runs a scenario to its end: the StopTrigger, a collision of the ego, or a limit.
func (p *Player) Play(s *Scenario, seed uint64) (Outcome, error) {
	e, w, t := &p.Engine, p.Rig.World, &p.tally
	var o Outcome
	e.Reset(s)
	if err := p.seat(s, seed); err != nil {
		return o, fmt.Errorf("%s: %w", s.File, err)
	}
	t.Begin(scene.Outcome{})
	ego := &e.States[s.Ego]
	end := s.end()
	for over := false; !over; {
		was := e.Engaged
		e.Trigger()
		if e.Ended || e.Now >= end {
			o.Open = !e.Ended
			break
		}
		pressed := e.Engaged && !was
		if pressed {
			t.Ego, o.Engaged = math.Round(ego.V*3.6e6)/1e6, p.Asleep
		}
		w.Driver.Engage = pressed // the button, for one tick
		var cmd motion.Command
		if !p.Asleep { // the stack sees all from the beginning; its commands reach the car once it is engaged
			cmd = p.Rig.Seat.Step(w)
			if pressed {
				o.Engaged = p.Rig.Out.Engagement.Mode == motion.Active
			}
		}
		e.Move()
		p.show()
		w.Step(&cmd)
		if e.Engaged {
			p.back(ego)
			t.Drove(w, &p.Rig.Seat, &cmd)
			if cmd.Indicator == 0 && p.crosses() {
				o.Crossed++
			}
		} else {
			p.hold(ego)
		}
		if p.Rig.Trace != nil {
			p.Rig.Trace.Add(w, &p.Rig.Seat, &cmd)
		}
		over = t.Look(w)
		if p.Tick != nil {
			p.Tick(p)
		}
	}
	if hit, k, _, _ := w.Collision(); hit {
		o.With = s.Entities[p.index[k]].Name
	}
	o.Outcome, o.Standing = t.End(), w.Ego.V == 0
	return o, nil
}

// end is the tick at which a run ends although the StopTrigger has not fired: a StopTrigger that names a time fires by itself.
func (s *Scenario) end() motion.Tick {
	for _, g := range s.stop.groups {
		for i := g.from; i < g.to; i++ {
			if s.conds[i].kind == simulationTime {
				return LongEnd
			}
		}
	}
	return OpenEnd
}

// seat sets up the world with everybody in place.
func (p *Player) seat(s *Scenario, seed uint64) error {
	body := &s.Entities[s.Ego]
	car := p.stack.Car
	car.Length, car.Width, car.RearToCentre = body.Length, body.Width, body.Ahead
	if body.Axle > 0 {
		car.Wheelbase = body.Axle
	}
	p.setup.Car, p.setup.Road, p.setup.Seed = car, s.Band.Road, seed
	p.setup.Actors, p.index = p.setup.Actors[:0], p.index[:0]
	for i := range s.Entities {
		if i == s.Ego {
			continue
		}
		x := &s.Entities[i]
		a := world.Actor{Kind: x.Kind, Length: x.Length, Width: x.Width, Script: world.Script{Mode: world.External}}
		p.place(&a, i)
		p.setup.Actors, p.index = append(p.setup.Actors, a), append(p.index, i)
	}
	c, d, _ := p.Engine.Box(s.Ego)
	ego := &p.Engine.States[s.Ego]
	p.setup.Ego = world.Start{S: c, D: d, V: ego.V}
	if err := p.Rig.World.Reset(&p.setup); err != nil {
		return err
	}
	p.Rig.Seat.Reset(pilot.Start{})
	p.hold(ego)
	return nil
}

// place gives an actor of the world the state of its entity.
func (p *Player) place(a *world.Actor, i int) {
	x := &p.Engine.States[i]
	a.S, a.D, a.Heading = p.Engine.Box(i)
	a.VS, a.VD, a.A = x.VS, x.VD, x.A
}

// show moves the world's actors to where their entities are now. The speeds are those of the box's centre, which swings
// out before the origin when a long vehicle turns.
func (p *Player) show() {
	road := p.Rig.World.Road()
	for k, i := range p.index {
		a := &p.Rig.World.Actors[k]
		s, d := a.S, a.D
		p.place(a, i)
		if x := &p.Engine.States[i]; x.VD != 0 || a.D != d {
			a.VS, a.VD = (a.S-s)/motion.DT, (a.D-d)/motion.DT
			if curve := road.Curvature(a.S); curve != 0 {
				a.VS *= 1 - float64(a.D*curve)
			}
		}
	}
}

// hold puts the world's ego where the scenario drives it, before the stack is engaged: along its lane, wheels in the bend.
func (p *Player) hold(x *State) {
	w := p.Rig.World
	w.Ego.S, w.Ego.D, w.Ego.Heading = p.Engine.Box(p.Engine.s.Ego)
	w.Ego.V, w.Ego.A = x.V, x.A
	k := w.Road().Curvature(x.S)
	w.Ego.Steer = world.Atan(float64(w.Ego.Wheelbase*k) / (1 - float64(x.D*k)))
}

// back tells the scenario where the ego is: its origin lies behind the centre of the box.
func (p *Player) back(x *State) {
	g := &p.Rig.World.Ego
	body := &p.Engine.s.Entities[p.Engine.s.Ego]
	at := State{S: g.S, D: g.D, Heading: g.Heading}
	x.S, x.D, x.Heading = shift(p.Rig.World.Road(), &at, -body.Ahead)
	sin, cos := world.SinCos(g.Heading)
	x.V, x.VS, x.VD, x.A = g.V, float64(g.V*cos), float64(g.V*sin), g.A
}

// crosses reports whether the outer edge of a front tyre stands beyond the marking of the lane that the car's centre is in.
func (p *Player) crosses() bool {
	w := p.Rig.World
	g := &w.Ego
	body := &p.Engine.s.Entities[p.Engine.s.Ego]
	d := g.D + float64((body.Axle-body.Ahead)*world.Sin(g.Heading))
	off := math.Abs(d - w.Road().Center(w.Road().Lane(g.D)))
	return off+float64(0.5*g.Width) > float64(0.5*w.Road().LaneWidth())+rounding
}
