package scene

import (
	"roadbook/pilot"
	"roadbook/pilot/checker"
	"roadbook/pilot/motion"
	"roadbook/pilot/scene/world"
)

// Seat is pilot and checker as they sit in a car, wherever it drives. It is used by one goroutine.
type Seat struct {
	Pilot   *pilot.Pilot
	Checker *checker.Checker
	Alone   bool            // nobody checks the pilot: what it does by itself
	Out     pilot.Output    // of the last tick
	Say     checker.Verdict // of the last tick

	planner Planner
	in      motion.Input
}

// NewSeat puts a stack's pilot and checker into a car.
func NewSeat(s *Stack) (Seat, error) {
	if err := s.Check(); err != nil {
		return Seat{}, err
	}
	p, err := pilot.New(s.Pilot)
	if err != nil {
		return Seat{}, err
	}
	k, err := checker.New(s.Checker)
	return Seat{Pilot: p, Checker: k, planner: s.Planner}, err
}

// Reset begins a run cycle.
func (s *Seat) Reset(start pilot.Start) {
	s.Pilot.Reset(start)
	s.Checker.Reset()
	s.Out, s.Say = pilot.Output{}, checker.Verdict{}
}

// Step takes a tick of the world and returns the command for the actuators.
func (s *Seat) Step(w *world.World) motion.Command {
	w.Sense(&s.in)
	if s.planner == FullPilot {
		s.Pilot.Step(&s.in, &s.Out)
	} else {
		s.Out = pilot.Output{Engagement: motion.Engagement{Mode: motion.Active}}
	}
	if s.Alone {
		return s.Out.Command
	}
	cmd, say := s.Checker.Step(&s.in, s.Out.Engagement, s.Out.Command)
	s.Say = say
	if say.RequestMRM {
		s.Pilot.RequestMRM()
	}
	return cmd
}
