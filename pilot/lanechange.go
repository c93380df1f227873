package pilot

import "roadbook/pilot/motion"

// stage is where a lane change procedure stands (5.2.6).
type stage uint8

const (
	none  stage = iota
	waits       // the indicator runs, at least 3 s
	moves       // between the lanes
	back        // returns
)

// change is a lane change procedure.
type change struct {
	stage     stage
	from, to  int // lanes
	since     motion.Tick
	indicator int8
}

func (c *change) on() bool { return c.stage != none }

// sideways gives where the car is to be across the road.
func (p *Pilot) sideways(_ *motion.Input, f frame) aim { return aim{d: f.lane} }
