package scene

import (
	"math"

	"roadbook/pilot"
	"roadbook/pilot/motion"
	"roadbook/pilot/scene/reference"
	"roadbook/pilot/scene/world"
)

// Rig is the full stack in its world: sensors, pilot, checker, car. It runs one case after the other in the same storage and
// allocates nothing per tick. It is not safe for use by several goroutines.
type Rig struct {
	World *world.World
	Seat
	Trace *Trace // filled by Run when not nil
	Bare  bool   // leave the reference models and the bound out
	// Actuate, when not nil, changes what reaches the actuators: a defect of the stack that nobody in it knows of.
	Actuate func(now motion.Tick, cmd *motion.Command)

	stack  Stack
	setup  world.Setup
	actors [2]world.Actor
	ramps  [1]world.Ramp
	brakes [1]world.Brake
	tally  Tally
	cmd    motion.Command
}

// NewRig builds a stack.
func NewRig(s Stack) (*Rig, error) {
	seat, err := NewSeat(&s)
	if err != nil {
		return nil, err
	}
	r := &Rig{World: &world.World{}, Seat: seat, stack: s, setup: world.DefaultSetup(0)}
	r.setup.Car, r.setup.Sensors = s.Car, s.Sensors
	return r, nil
}

// Run runs one case to its end and beside it the reference models. The ego starts engaged in the middle lane of three with
// its speed as the set speed.
func (r *Rig) Run(c *Case) (Outcome, error) {
	f := c.Conflict()
	f.EgoLength, f.EgoWidth = r.stack.Car.Length, r.stack.Car.Width
	n := f.Ticks()
	if c.Duration > 0 {
		n = int(math.Ceil(c.Duration * 100))
	}
	o := Outcome{ID: c.ID, Kind: c.Kind, Ego: c.Ego}
	if !r.Bare {
		for m, run := range reference.All(&f) {
			o.References[m] = run.Collision
		}
		brakes, car := reference.Standard(), r.stack.Car
		car.Friction = or(c.Friction, car.Friction)
		brakes.Max = min(brakes.Max, car.Braking())
		o.KeepSpeedSafe = !reference.KeepSpeed(&f).Collision
		o.Bound = o.KeepSpeedSafe || reference.Bound(&f, brakes)
		o.CutsIn = f.CutsIn()
	}
	if err := r.start(c, &f); err != nil {
		return o, err
	}
	return r.drive(o, n), nil
}

// start puts everything in its place.
func (r *Rig) start(c *Case, f *reference.Conflict) error {
	s := &r.setup
	if s.Road.LaneWidth() != f.LaneWidth {
		road, err := world.NewRoad(world.RoadPlan{Lanes: 3, LaneWidth: f.LaneWidth})
		if err != nil {
			return err
		}
		s.Road = road
	}
	s.Car.Friction = or(c.Friction, r.stack.Car.Friction)
	s.Seed = c.Seed
	middle := s.Road.Center(1)
	s.Ego = world.Start{D: middle, V: f.Ego}
	a := &r.actors[0]
	*a = world.Actor{Kind: class(f.Length, f.Width), Length: f.Length, Width: f.Width, S: f.Gap + float64((f.EgoLength+f.Length)/2), D: middle + f.Lateral, VS: f.Other}
	s.Actors = r.actors[:1]
	switch f.Kind {
	case reference.CutIn:
		if f.LateralSpeed > 0 && f.Lateral != 0 {
			r.ramps[0] = world.Ramp{To: middle, Speed: f.LateralSpeed, Accel: f.LateralAccel}
			a.Script.Ramps = r.ramps[:]
		}
	case reference.CutOut:
		if f.LateralSpeed != 0 {
			r.ramps[0] = world.Ramp{To: middle + math.Copysign(reference.CutOutOffset, f.LateralSpeed), Speed: math.Abs(f.LateralSpeed), Accel: f.LateralAccel}
			a.Script.Ramps = r.ramps[:]
		}
		r.actors[1] = world.Actor{Kind: a.Kind, Length: f.Length, Width: f.Width, S: a.S + f.FrontGap + f.Length, D: middle, VS: f.Front}
		s.Actors = r.actors[:2]
	case reference.Deceleration:
		if f.LeadDecel > 0 && f.Other > f.Target {
			r.brakes[0] = world.Brake{Rate: f.LeadDecel, To: f.Target}
			a.Script.Brakes = r.brakes[:]
		}
	}
	if err := r.World.Reset(s); err != nil {
		return err
	}
	r.Seat.Reset(pilot.Start{Active: true, Set: f.Ego})
	return nil
}

// class is what a box of that size is.
func class(length, width float64) motion.Kind {
	switch {
	case width < 1.2:
		return motion.Motorcycle
	case length > 7:
		return motion.Truck
	}
	return motion.Car
}

// drive runs the loop at 100 Hz for n ticks, or to a collision.
func (r *Rig) drive(o Outcome, n int) Outcome {
	w, t := r.World, &r.tally
	middle := w.Ego.D
	t.Begin(o)
	for over := false; t.Ticks < n && !over; {
		r.cmd = r.Seat.Step(w)
		if r.Actuate != nil {
			r.Actuate(w.Now, &r.cmd)
		}
		w.Step(&r.cmd)
		if r.Trace != nil {
			r.Trace.Add(w, &r.Seat, &r.cmd)
		}
		t.Drove(w, &r.Seat, &r.cmd)
		t.MaxLateral = max(t.MaxLateral, math.Abs(w.Ego.D-middle))
		over = t.Look(w)
	}
	return t.End()
}
