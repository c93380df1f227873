package openx

import (
	"fmt"
	"math"

	"roadbook/pilot"
	"roadbook/pilot/checker"
	"roadbook/pilot/motion"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/world"
)

// Limits of a run.
const (
	OpenEnd  = 90 * motion.Second // a run whose StopTrigger knows no time and does not fire ends here
	LongEnd  = 2 * 3600 * motion.Second
	rounding = 0.01 // m, that a tyre may stand on a marking
)

// Outcome is what came of one case.
type Outcome struct {
	Collision bool        `json:"collision"`
	With      string      `json:"with,omitempty"` // entity
	Type      string      `json:"type"`
	AtFault   bool        `json:"at_fault,omitempty"`
	MinTTC    scene.Least `json:"min_ttc_s"`
	MinGap    scene.Least `json:"min_gap_m"` // to what is in the ego's way
	MaxDecel  float64     `json:"max_decel_mps2"`
	MaxJerk   float64     `json:"max_jerk_mps3"` // see scene.Ride; once engaged
	MaxSide   float64     `json:"max_side_mps2"`
	HardTicks int         `json:"hard_ticks"`
	Crossed   motion.Tick `json:"crossed_ticks"` // the outer edge of a front tyre beyond the lane's marking without an indicator
	Standing  bool        `json:"standing"`      // the ego stands at the end
	Ticks     motion.Tick `json:"ticks"`
	Open      bool        `json:"open,omitempty"` // the StopTrigger never fired
	Engaged   bool        `json:"engaged"`
	Emergency bool        `json:"emergency"`
	Demand    bool        `json:"transition_demand"`
	Minimum   bool        `json:"mrm"`
	Checker   bool        `json:"checker"`
	Kind      string      `json:"kind,omitempty"` // "cut_in", "cut_out" or "deceleration": the models below have run
	CC        bool        `json:"cc_collides,omitempty"`
	FSM       bool        `json:"fsm_collides,omitempty"`
	RSS       bool        `json:"rss_collides,omitempty"`    // RSS and the model of 5.2.5.2 run
	Reg157    bool        `json:"reg157_collides,omitempty"` // only where CC and FSM both collide
	Ego       float64     `json:"ego_kmh"`                   // at the engagement
	Hash      uint64      `json:"hash"`
}

// Unavoidable reports whether both the careful driver and the fuzzy safety model collide too.
func (o *Outcome) Unavoidable() bool { return o.Kind != "" && o.CC && o.FSM }

// Failed reports a collision that a reference model avoids, or that none of them is asked about, and a stack that would not
// engage.
func (o *Outcome) Failed() bool { return o.Collision && !o.Unavoidable() || !o.Engaged && !o.Collision }

// Player runs scenarios with the full stack in the ego's seat. It is used by one goroutine.
type Player struct {
	Engine  Engine
	Rig     *scene.Rig
	Tick    func(p *Player, cmd *motion.Command, so *Outcome) // after each tick; may be nil
	Verdict checker.Verdict                                   // of the last tick
	Asleep  bool                                              // no stack drives: the ego keeps its speed and its wheel
	stack   scene.Stack
	setup   world.Setup
	index   []int // entity of each of the world's actors
	in      motion.Input
	out     pilot.Output
	cmd     motion.Command
	ride    scene.Ride
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
	e := &p.Engine
	e.Reset(s)
	o := Outcome{MinTTC: scene.Least(math.Inf(1)), MinGap: scene.Least(math.Inf(1)), Type: world.NoContact.String()}
	if err := p.seat(s, seed); err != nil {
		return o, fmt.Errorf("%s: %w", s.File, err)
	}
	w := p.Rig.World
	ego := &e.States[s.Ego]
	p.ride = scene.Ride{}
	h := mix(0x9E3779B97F4A7C15)
	end := s.end()
	for {
		was := e.Engaged
		e.Trigger()
		if e.Ended || e.Now >= end {
			o.Open = !e.Ended
			break
		}
		pressed := e.Engaged && !was
		if pressed {
			o.Ego, o.Engaged = float64(ego.V*3.6), p.Asleep
		}
		w.Driver.Engage = pressed // the button, for one tick
		w.Sense(&p.in)
		cmd := &p.cmd
		*cmd = motion.Command{}
		acted := false
		if !p.Asleep { // the stack sees all from the beginning; its commands reach the car once it is engaged
			p.Rig.Pilot.Step(&p.in, &p.out)
			*cmd, p.Verdict = p.Rig.Checker.Step(&p.in, p.out.Engagement, p.out.Command)
			acted = p.Verdict.Intervened
			if p.Verdict.RequestMRM {
				p.Rig.Pilot.RequestMRM()
			}
			if pressed {
				o.Engaged = p.out.Engagement.Mode == motion.Active
			}
		}
		e.Move()
		p.show()
		w.Step(cmd)
		if e.Engaged {
			p.back(ego)
		} else {
			p.hold(ego)
		}
		if p.Rig.Trace != nil {
			p.Rig.Trace.Add(w, cmd, &p.out, &p.Verdict)
		}
		p.score(&o, cmd, acted)
		h.add(w.Ego.S, w.Ego.D, w.Ego.V)
		for i := range w.Actors {
			h.add(w.Actors[i].S, w.Actors[i].D, w.Actors[i].VS)
		}
		if p.Tick != nil {
			p.Tick(p, cmd, &o)
		}
		if hit, k, kind, _ := w.Collision(); hit {
			o.Collision, o.With, o.Type, o.AtFault = true, s.Entities[p.index[k]].Name, kind.String(), kind.AtFault()
			o.MinTTC, o.MinGap = 0, 0
			break
		}
	}
	o.HardTicks, o.MaxJerk, o.MaxSide = p.ride.Hard, p.ride.Jerk, p.ride.Side
	o.Ticks, o.Standing, o.Hash = e.Now, w.Ego.V == 0, uint64(h)
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
	p.Rig.Pilot.Reset(pilot.Start{})
	p.Rig.Checker.Reset()
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

func (p *Player) score(o *Outcome, cmd *motion.Command, acted bool) {
	w := p.Rig.World
	g := &w.Ego
	if p.Engine.Engaged {
		mode := p.out.Engagement.Mode
		emergency := cmd.Emergency || p.out.Engagement.Emergency
		p.ride.See(g, emergency)
		o.Emergency = o.Emergency || emergency
		o.Demand = o.Demand || mode == motion.Transition
		o.Minimum = o.Minimum || mode == motion.MinimumRisk
		o.Checker = o.Checker || acted
		o.MaxDecel = max(o.MaxDecel, -g.A)
		if cmd.Indicator == 0 && p.crosses() {
			o.Crossed++
		}
	}
	for i := range w.Actors {
		a := &w.Actors[i]
		if gap, in := w.Gap(i); in && a.S > g.S {
			o.MinGap = min(o.MinGap, scene.Least(max(gap, 0)))
			if t := world.TTC(gap, g.V-a.VS); t < world.Never {
				o.MinTTC = min(o.MinTTC, scene.Least(t))
			}
		}
	}
}

// crosses reports whether the outer edge of a front tyre stands beyond the marking of the lane that the car's centre is in.
func (p *Player) crosses() bool {
	w := p.Rig.World
	g := &w.Ego
	body := &p.Engine.s.Entities[p.Engine.s.Ego]
	d := g.D + float64((body.Axle-body.Ahead)*world.Sin(g.Heading))
	off := math.Abs(d - w.Road().Center(w.Road().Lane(g.D)))
	return off+g.Width/2 > w.Road().LaneWidth()/2+rounding
}

// mix is a hash of the truth of every tick.
type mix uint64

func (h *mix) add(list ...float64) {
	for _, v := range list {
		x := uint64(*h) ^ math.Float64bits(v)
		x *= 0xFF51AFD7ED558CCD
		*h = mix(x ^ x>>32)
	}
}

// Out returns what the pilot gave in the last tick.
func (p *Player) Out() *pilot.Output { return &p.out }
