package sumo

import (
	"roadbook/pilot"
	"roadbook/pilot/checker"
	"roadbook/pilot/motion"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/world"
)

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

func newDriver(s *scene.Stack) (*driver, error) {
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
