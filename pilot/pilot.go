package pilot

import (
	"math"

	"roadbook/pilot/motion"
	"roadbook/pilot/r157"
)

// Start says how a run cycle begins.
type Start struct {
	Active bool    // engaged from the first tick, as in the grids; otherwise Off (6.2.2)
	Set    float64 // m/s, the set speed when Active
}

// Of the minimum risk manoeuvre (5.5).
const (
	riskBrake = 2.5 // m/s²
	edgeBrake = 0.8 // m/s², while it changes lanes
	edgeSpeed = 6.0 // m/s, below which it then does not brake
	endBrake  = 4.0 // m/s², the most for the end of the permitted road (5.5.2)
	endGap    = 8.0 // m, left to it
)

// Output is what a tick gives.
type Output struct {
	Command    motion.Command
	Engagement motion.Engagement
	Events     [r157.MaxEvents]r157.Event
	NEvents    int
	Notice     r157.Notice
	Set        float64 // m/s, the speed that the driver asked for
}

// Pilot is the highway pilot of one car. It is not safe for use by several goroutines.
type Pilot struct {
	p    Params
	m    *r157.Machine
	said r157.Output
	mode motion.Mode // of the last tick
	asks r157.Asks
	set  float64

	tr     tracker
	roll   rollouts
	aside  float64 // s, for how long a lateral acceleration is thought to go on
	bend   float64 // 1/m, of the road here, without its sign
	need   demand
	planAt motion.Tick
	begun  bool

	cmd       float64 // m/s², commanded last
	hist      [64]float64
	histAt    int
	curve     float64 // 1/m, commanded last
	steered   bool
	lastCurve float64 // 1/m, of the last sound command
	emergency bool
	calm      int
	request   bool
	change    change
}

// New gives a pilot that is Off. It refuses parameters that make no sense.
func New(p Params) (*Pilot, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	m, err := r157.New(&p.Domain, p.Engagement)
	if err != nil {
		return nil, err
	}
	x := &Pilot{p: p, m: m}
	x.Reset(Start{})
	return x, nil
}

// Reset begins a new run cycle.
func (p *Pilot) Reset(s Start) {
	p.set = s.Set
	p.m.Reset(s.Active, 0)
	p.mode, p.asks, p.request = motion.Off, r157.Asks{}, false
	if s.Active {
		p.mode = motion.Active
	}
	p.tr.reset()
	p.need, p.planAt, p.begun = demand{}, 0, false
	p.cmd, p.hist, p.histAt = 0, [64]float64{}, 0
	p.curve, p.steered, p.emergency, p.calm = 0, false, false, 0
	p.change = change{}
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

// RequestMRM tells the pilot that the checker wants a minimum risk manoeuvre; it is taken up in the next tick.
func (p *Pilot) RequestMRM() { p.request = true }

// SetSpeed changes the set speed, m/s.
func (p *Pilot) SetSpeed(v float64) { p.set = finite(v, saneV) }

// Step takes one tick of 10 ms. in is only read; out is overwritten. A nil object list is a list never received.
func (p *Pilot) Step(in *motion.Input, out *Output) {
	p.asks.Brake = max(0, -p.cmd)
	p.asks.Emergency = p.emergency
	p.asks.MRM = p.request
	p.request = false
	p.m.Step(in, p.asks, &p.said)
	mode := p.said.Engagement.Mode
	if mode == motion.Active && p.mode != motion.Active && p.mode != motion.Transition { // engaged by the button: at this speed
		p.set = max(finite(in.Ego.V, saneV), 0)
		p.cmd, p.begun, p.steered = max(-p.p.Comfort.Brake, min(finite(in.Ego.A, 30), p.p.Comfort.Accel)), false, false
	}
	p.mode = mode
	out.Engagement, out.Events, out.NEvents, out.Notice, out.Set = p.said.Engagement, p.said.Events, p.said.N, p.said.Notice, p.set
	p.drive(in, &out.Command)
	out.Command.Hazard = out.Command.Hazard || out.Notice.Hazard
	switch {
	case mode == motion.Standstill || mode == motion.Locked && in.Ego.V < 0.1 && p.said.Notice.Hazard && pedals(&in.Driver) <= 0: // held; no move-off without the driver (5.5.4)
		out.Command.Accel, out.Command.Emergency = min(out.Command.Accel, -1.5), false
	case !r157.Engaged(mode): // the driver drives
		out.Command = motion.Command{Accel: pedals(&in.Driver), Steer: finite(in.Ego.Steer, 0.6), Hazard: out.Notice.Hazard, Indicator: in.Driver.Indicator}
		p.cmd, p.emergency, p.begun, p.steered, p.change = 0, false, false, false, change{}
	default:
		if out.Notice.Brakes && in.Driver.Brake > -out.Command.Accel { // 6.3.2
			out.Command.Accel = max(-in.Driver.Brake, -p.roll.bmax)
		}
	}
	// Whatever went wrong above, the actuators get a command that is one.
	if c := &out.Command; math.IsNaN(c.Accel) || math.IsNaN(c.Steer) {
		c.Accel, c.Steer = -p.p.Comfort.Brake, bicycle(finite(p.lastCurve, 0.2), 2.8)
		p.cmd, p.steered, p.begun = c.Accel, false, false
		p.tr.reset()
	}
	p.lastCurve = finite(p.curve, 0.2)
	out.Engagement.Emergency = p.said.Engagement.Emergency || out.Command.Emergency
}

// pedals is what a driver who drives asks for, m/s².
func pedals(d *motion.Driver) float64 {
	if b := finite(d.Brake, 9.81); b > 0 {
		return -b
	}
	return float64(2 * max(0, finite(d.Accelerator, 1)))
}

// drive gives the command of an engaged pilot.
func (p *Pilot) drive(in *motion.Input, out *motion.Command) {
	*out = motion.Command{}
	ego := &in.Ego
	p.roll.bmax = p.p.Emergency.Brake
	if ego.BrakeMax > 0.5 && ego.BrakeMax < p.roll.bmax {
		p.roll.bmax = ego.BrakeMax
	}
	if !usable(ego) { // nothing is known of the car itself: brake gently, hold the wheel
		p.need = demand{accel: -p.p.Comfort.Brake, jerk: p.p.Comfort.Jerk}
		p.begun = false
		out.Accel, out.Steer, out.Hazard = p.accelerate(p.need, ego), bicycle(p.curve, 3), true
		p.remember(p.cmd)
		p.asks.Demand = r157.Failure
		return
	}
	p.asks.Demand = r157.NoReason
	fresh := p.tr.update(in.Now, in.Objects)
	f := p.frame(in)
	if fresh || !p.begun || in.Now-p.planAt >= motion.PlanPeriod {
		p.roll.v, p.roll.a, p.roll.cmd = max(ego.V, 0), ego.A, p.cmd
		p.roll.up = min(p.p.Comfort.Accel, 1.5)
		p.bend = math.Abs(finite(in.Road.Curvature[0], 0.2))
		p.pipe()
		p.procedure(in, f)
		f = p.frame(in)
		p.need = p.decide(in, f, p.speed(in))
		if p.change.stage == moves { // both lanes count
			g := f
			g.d = f.lane
			if d := p.decide(in, g, p.speed(in)); d.accel < p.need.accel {
				p.need = d
			}
		}
		p.bounds(in)
		p.planAt, p.begun = in.Now, true
	}
	if in.Now-p.tr.at > stale || !p.tr.any && in.Now > stale { // blind
		p.need.accel = min(p.need.accel, -2)
		p.asks.Demand = r157.Failure
	}
	out.Accel = p.accelerate(p.need, ego)
	p.remember(out.Accel)
	p.urgency(out.Accel)
	out.Steer = p.steer(in, p.sideways(in, f))
	out.Emergency = p.emergency
	out.Indicator = p.change.indicator
}

// bounds adds what no other vehicle asks for: the end of the lane, and the minimum risk manoeuvre.
func (p *Pilot) bounds(in *motion.Input) {
	ego := &in.Ego
	p.asks.Ends = false
	if at := finite(in.Road.BlockedAt, 1e9); at > 0 && !p.change.leaves(ego.D, in.Road.LaneWidth) {
		gap := max(at-ego.S-float64(ego.Length/2), 0)
		p.asks.Ends, p.asks.ToEnd = !p.p.Market.LaneChange || in.Road.Lanes < 2 || gap < max(50, float64(4*ego.V)), gap
		if a := p.follow(ego.V, gap, 0, 0); a < p.need.accel {
			p.need.accel = a
		}
		if b := float64(ego.V*ego.V) / (2 * max(gap-2, 0.5)); b > 2 && -b < p.need.accel {
			p.need.accel, p.need.jerk = max(-b, -p.roll.bmax), softJerk
			p.need.hard = b > p.p.Comfort.Brake
		}
	}
	if p.mode == motion.MinimumRisk {
		b := riskBrake
		if p.edging(in) {
			b = edgeBrake
			if ego.V < edgeSpeed {
				b = 0
			}
		}
		if end := in.Place.ToEnd; end >= 0 { // it stands before the permitted road ends (5.4.2)
			b = max(b, min(float64(ego.V*ego.V)/(2*max(end-endGap, 0.5)), endBrake))
		}
		if -b < p.need.accel {
			p.need.accel = -b
		}
	}
}

// edging reports whether a minimum risk manoeuvre is on its way to the edge of the road, so that it must not stand before: it changes
// lanes, or has done so and will again.
func (p *Pilot) edging(in *motion.Input) bool {
	c := &p.change
	if c.stage == moves || c.stage == waits && !c.late {
		return true
	}
	return c.stage == none && c.ended > 0 && !c.failed && in.Now-c.ended <= riskRest+motion.PlanPeriod && p.target(in, p.frame(in)) < p.frame(in).index
}

// frame finds the lane that is driven in.
func (p *Pilot) frame(in *motion.Input) frame {
	f := frame{d: in.Ego.D, width: max(2, min(finite(in.Road.LaneWidth, 6), 6))}
	if in.Road.LaneWidth != in.Road.LaneWidth || in.Road.LaneWidth <= 0 {
		f.width = 3.5
	}
	lanes := max(1, min(in.Road.Lanes, 16))
	f.index = max(0, min(int(math.Floor(f.d/f.width+0.5)), lanes-1))
	if p.change.on() {
		f.index = max(0, min(p.change.to, lanes-1))
		if p.change.stage == waits {
			f.index = max(0, min(p.change.from, lanes-1))
		}
	}
	f.lanes = lanes
	f.lane = float64(float64(f.index) * f.width)
	return f
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

// speed is the speed to drive at when nobody is in the way: by the driver, the market, the road, how far one sees, and the bends.
func (p *Pilot) speed(in *motion.Input) float64 {
	v := min(p.set, p.p.Market.MaxSpeed)
	if in.Road.Limit > 0 {
		v = min(v, in.Road.Limit)
	}
	if m := p.said.Notice.MaxSpeed; m > 0 {
		v = min(v, m)
	}
	comfort := p.p.Comfort
	for i := range in.Road.Curvature {
		k := math.Abs(finite(in.Road.Curvature[i], 0.2))
		if k < 1e-4 {
			continue
		}
		bend := math.Sqrt(comfort.CurveLateral / k)
		// Before the bend there is way to slow down in.
		way := max(0, float64(float64(i)*max(0, finite(in.Road.CurveStep, 100)))-float64(in.Ego.V*0.5))
		v = min(v, math.Sqrt(float64(bend*bend)+float64(2*0.8*way)))
	}
	return max(0, v)
}
