package pilot

import "roadbook/pilot/motion"

// Start says how a run cycle begins.
type Start struct {
	Active bool    // engaged from the first tick, as in the grids; otherwise Off (6.2.2)
	Set    float64 // m/s, the set speed when Active
}

// Output is what a tick gives.
type Output struct {
	Command    motion.Command
	Engagement motion.Engagement
	Set        float64 // m/s, the speed that the driver asked for
}

// Pilot is the highway pilot of one car. It is not safe for use by several goroutines.
type Pilot struct {
	p     Params
	set   float64
	start Start
}

// New gives a pilot that is Off. It refuses parameters that make no sense.
func New(p Params) (*Pilot, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	return &Pilot{p: p}, nil
}

// Reset begins a new run cycle.
func (p *Pilot) Reset(s Start) { *p = Pilot{p: p.p, start: s, set: s.Set} }

// Step takes one tick of 10 ms. in is only read; out is overwritten. A nil object list is a list never received.
func (p *Pilot) Step(in *motion.Input, out *Output) {
	*out = Output{Set: p.set}
	if p.start.Active {
		out.Engagement.Mode = motion.Active
	}
}
