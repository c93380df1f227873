package sumo

import (
	"roadbook/pilot"
	"roadbook/pilot/checker"
	"roadbook/pilot/motion"
	"roadbook/pilot/scene/world"
)

// Stack is what drives the ego.
type Stack struct {
	Pilot   pilot.Params   `json:"pilot"`
	Checker checker.Params `json:"checker"`
	Car     world.CarSpec  `json:"car"`
	Sensors world.Sensors  `json:"sensors"`
}

// DefaultStack is the pilot as it is shipped, in the reference car, with noise-free sensors 0.1 s old.
func DefaultStack() Stack {
	return Stack{Pilot: pilot.Default(), Checker: checker.Default(), Car: world.DefaultCar(), Sensors: world.DefaultSensors()}
}

// driver is pilot and checker as they sit in the car.
type driver struct {
	pilot   *pilot.Pilot
	checker *checker.Checker
	in      motion.Input
	out     pilot.Output
	cmd     motion.Command
	verdict checker.Verdict
	other   func(*motion.Input) motion.Command // drives in their place when set
}

func newDriver(s *Stack) (*driver, error) {
	p, err := pilot.New(s.Pilot)
	if err != nil {
		return nil, err
	}
	c, err := checker.New(s.Checker)
	if err != nil {
		return nil, err
	}
	return &driver{pilot: p, checker: c}, nil
}

// reset begins a run cycle, engaged with a set speed in m/s.
func (d *driver) reset(set float64) {
	d.pilot.Reset(pilot.Start{Active: true, Set: set})
	d.checker.Reset()
	d.verdict = checker.Verdict{}
}

// tick drives one tick of the world.
func (d *driver) tick(w *world.World) {
	w.Sense(&d.in)
	if d.other != nil {
		d.cmd = d.other(&d.in)
		w.Step(&d.cmd)
		return
	}
	d.pilot.Step(&d.in, &d.out)
	d.cmd, d.verdict = d.checker.Step(&d.in, d.out.Engagement, d.out.Command)
	if d.verdict.RequestMRM {
		d.pilot.RequestMRM()
	}
	w.Step(&d.cmd)
}
