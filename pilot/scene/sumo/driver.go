package sumo

import (
	"roadbook/pilot"
	"roadbook/pilot/motion"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/world"
)

// driver is pilot and checker as they sit in the car.
type driver struct {
	scene.Seat
	cmd   motion.Command
	in    motion.Input
	other func(*motion.Input) motion.Command // drives in their place when set
}

func newDriver(s *scene.Stack) (*driver, error) {
	seat, err := scene.NewSeat(s)
	return &driver{Seat: seat}, err
}

// reset begins a run cycle, engaged with a set speed in m/s.
func (d *driver) reset(set float64) { d.Reset(pilot.Start{Active: true, Set: set}) }

// tick drives one tick of the world.
func (d *driver) tick(w *world.World) {
	if d.other != nil {
		w.Sense(&d.in)
		d.cmd = d.other(&d.in)
	} else {
		d.cmd = d.Step(w)
	}
	w.Step(&d.cmd)
}
