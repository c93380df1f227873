package pilot

import (
	"math"

	"roadbook/pilot/motion"
)

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
	start Start
	set   float64

	tr     tracker
	roll   rollouts
	aside  float64 // s, for how long a lateral acceleration is thought to go on
	need   demand
	planAt motion.Tick
	begun  bool

	cmd       float64 // m/s², commanded last
	hist      [64]float64
	histAt    int
	curve     float64 // 1/m, commanded last
	steered   bool
	emergency bool
	calm      int
}

// New gives a pilot that is Off. It refuses parameters that make no sense.
func New(p Params) (*Pilot, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	x := &Pilot{p: p}
	x.Reset(Start{})
	return x, nil
}

// Reset begins a new run cycle.
func (p *Pilot) Reset(s Start) {
	p.start, p.set = s, s.Set
	p.tr.reset()
	p.need, p.planAt, p.begun = demand{}, 0, false
	p.cmd, p.hist, p.histAt = 0, [64]float64{}, 0
	p.curve, p.steered, p.emergency, p.calm = 0, false, false, 0
	e := p.p.Emergency
	p.roll.steps = min(max(int(math.Floor(e.Latency/rollStep+0.5)), 0), len(p.roll.pipe))
	p.roll.gain = rollStep / (e.Lag + rollStep/2)
	if p.roll.gain > 1 {
		p.roll.gain = 1
	}
	p.roll.jerk = float64(e.Jerk * rollStep)
	p.roll.wait = 3
	p.aside = 0.8
}

// Step takes one tick of 10 ms. in is only read; out is overwritten. A nil object list is a list never received.
func (p *Pilot) Step(in *motion.Input, out *Output) {
	*out = Output{Set: p.set}
	if p.start.Active {
		out.Engagement.Mode = motion.Active
	}
	ego := &in.Ego
	if !usable(ego) { // nothing is known of the car itself: brake gently, hold the wheel
		p.need = demand{accel: -p.p.Comfort.Brake, jerk: p.p.Comfort.Jerk}
		p.begun = false
		out.Command = motion.Command{Accel: p.accelerate(p.need, ego), Steer: bicycle(p.curve, 3), Hazard: true}
		p.remember(p.cmd)
		return
	}
	p.roll.bmax = p.p.Emergency.Brake
	if ego.BrakeMax > 0.5 && ego.BrakeMax < p.roll.bmax {
		p.roll.bmax = ego.BrakeMax
	}
	fresh := p.tr.update(in.Now, in.Objects)
	f := frame{d: ego.D, width: math.Max(2, math.Min(finite(in.Road.LaneWidth, 6), 6))}
	f.lane = float64(math.Floor(ego.D/f.width+0.5) * f.width)
	if fresh || !p.begun || in.Now-p.planAt >= motion.PlanPeriod {
		p.roll.v, p.roll.a, p.roll.cmd = math.Max(ego.V, 0), ego.A, p.cmd
		p.roll.up = math.Min(p.p.Comfort.Accel, 1.5)
		p.pipe()
		p.need = p.decide(in, f, p.speed(in))
		p.planAt, p.begun = in.Now, true
	}
	a := p.accelerate(p.need, ego)
	p.remember(a)
	p.urgency(a)
	out.Command.Accel = a
	out.Command.Steer = p.steer(in, aim{d: f.lane})
	out.Command.Emergency = p.emergency
	out.Engagement.Emergency = p.emergency
}

// urgency keeps the flag of the emergency manoeuvre (5.3.1.1): up when more than 5 m/s² is asked, down when the risk is gone.
func (p *Pilot) urgency(a float64) {
	switch {
	case a < -5:
		p.emergency, p.calm = true, 0
	case p.emergency && a > -p.p.Comfort.Brake:
		if p.calm++; p.calm >= 50 {
			p.emergency = false
		}
	default:
		p.calm = 0
	}
}

// usable reports whether the car knows enough of itself to be driven by.
func usable(e *motion.Ego) bool {
	return math.Abs(e.S) < 1e9 && math.Abs(e.D) < 1e4 && math.Abs(e.Heading) < 3.2 && e.V > -5 && e.V < saneV &&
		math.Abs(e.A) < 30 && e.Length > 0 && e.Length < maxSize && e.Width > 0 && e.Width < 5 // false for NaN
}

// speed is the speed to drive at when nobody is in the way.
func (p *Pilot) speed(in *motion.Input) float64 {
	v := math.Min(p.set, p.p.Market.MaxSpeed)
	if in.Road.Limit > 0 {
		v = math.Min(v, in.Road.Limit)
	}
	return math.Max(0, v)
}
