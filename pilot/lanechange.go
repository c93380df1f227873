package pilot

import (
	"math"

	"roadbook/pilot/motion"
	"roadbook/pilot/r157"
)

// Figures of the lane change procedure (5.2.6).
const (
	signalTicks  = 3 * motion.Second // the indicator runs before the manoeuvre
	patience     = 4 * motion.Second // then it waits so long for a gap
	moveTime     = 5.0               // s, of the movement sideways
	restTicks    = 8 * motion.Second // between two procedures
	approachMax  = 130 * kmh         // m/s, of somebody not seen yet
	othersBrake  = 3.0               // m/s², an approaching car may have to brake by at most
	seenTime     = 0.4               // s until it brakes, when it was detected for a second
	unseenTime   = 1.4               // s, when it was not
	detectedFor  = 20                // lists in a second
	slowReason   = 4.0               // m/s that a lead is slower than wanted, for an overtaking
	blockedSight = 400.0             // m ahead of a closed lane at which it is left
)

// stage is where a procedure stands.
type stage uint8

const (
	none  stage = iota
	waits       // the indicator runs
	moves       // between the lanes, there or back
)

// change is a lane change procedure.
type change struct {
	stage     stage
	from, to  int // lanes
	since     motion.Tick
	ended     motion.Tick // the last one; 0: none
	start     float64     // m, lateral position at which the movement began
	indicator int8
	crossing  bool
}

func (c *change) on() bool { return c.stage != none }

// Critical is the distance in metres behind which somebody who approaches at dv m/s more than the ego's v does not have to brake
// harder than 3 m/s² for a lane change, and one second of way is left (5.2.6). react is the time in s until it brakes.
func Critical(v, dv, react float64) float64 {
	if dv <= 0 {
		return v
	}
	return float64(dv*react) + float64(dv*dv)/(2*othersBrake) + v
}

// room reports whether a lane can be moved into now.
func (p *Pilot) room(in *motion.Input, f frame, lane int) bool {
	if lane < 0 || lane >= f.lanes {
		return false
	}
	ego := &in.Ego
	v := math.Max(ego.V, 0)
	at := float64(float64(lane) * f.width)
	behind := false
	for i := range p.tr.n {
		k := &p.tr.list[i]
		b := p.pathOf(k, ego, in.Now)
		end := b.d + float64(b.vd*2)
		if math.Abs(b.d-at) > b.wide+0.3 && math.Abs(end-at) > b.wide && (b.d-at)*(end-at) > 0 {
			continue
		}
		switch gap := math.Abs(b.s) - b.half; {
		case gap < 2:
			return false
		case b.s > 0:
			if rel := math.Max(0, v-b.vs); gap < math.Max(v, 5)+float64(rel*rel)/(2*othersBrake) {
				return false
			}
		default:
			behind = true
			react := unseenTime
			if k.seen >= detectedFor {
				react = seenTime
			}
			if gap < math.Max(Critical(v, b.vs-v, react), 5) {
				return false
			}
		}
	}
	if !behind {
		top := approachMax
		if in.Road.Limit > 0 {
			top = math.Min(top, in.Road.Limit)
		}
		return Critical(v, top-v, unseenTime) <= p.p.Change.Rear
	}
	return true
}

// target is the lane that there is a reason to change to, or the present one.
func (p *Pilot) target(in *motion.Input, f frame) int {
	left, right := in.Road.LeftCrossable && f.index+1 < f.lanes, in.Road.RightCrossable && f.index > 0
	switch {
	case p.mode == motion.MinimumRisk: // towards the edge of the road (5.5.1)
		if p.p.Market.RiskChange && right && in.Ego.V > 5 {
			return f.index - 1
		}
	case p.mode != motion.Active && p.mode != motion.Transition || !p.p.Market.LaneChange:
	case in.Road.BlockedAt > 0 && in.Road.BlockedAt-in.Ego.S < blockedSight && in.Ego.V > 3:
		if left && (p.room(in, f, f.index+1) || !right) {
			return f.index + 1
		}
		if right {
			return f.index - 1
		}
	case p.mode == motion.Active && p.p.Change.Overtake && left && p.behindSlow(in, f):
		return f.index + 1
	}
	return f.index
}

// behindSlow reports whether the lead is a reason to overtake.
func (p *Pilot) behindSlow(in *motion.Input, f frame) bool {
	want := p.speed(in)
	for i := range p.tr.n {
		k := &p.tr.list[i]
		if k.lead && k.vs > 5 && k.vs < want-slowReason && math.Abs(k.d-f.lane) < f.width/2 {
			return k.s-in.Ego.S < math.Max(60, float64(3*in.Ego.V))
		}
	}
	return false
}

// procedure takes the lane change procedure one plan further.
func (p *Pilot) procedure(in *motion.Input, f frame) {
	c := &p.change
	p.asks.LaneChange, p.asks.Crossing = r157.NoChange, false
	urgent := p.need.hard || p.emergency
	switch c.stage {
	case none:
		to := p.target(in, f)
		if to == f.index || urgent || c.ended > 0 && in.Now-c.ended < restTicks {
			return
		}
		*c = change{stage: waits, from: f.index, to: to, since: in.Now, ended: c.ended, indicator: 1}
		if to < f.index {
			c.indicator = -1
		}
	case waits:
		waited := in.Now - c.since
		switch {
		case urgent || waited > signalTicks+patience || p.target(in, f) == f.index && p.mode != motion.MinimumRisk:
			p.finish(in.Now)
			p.asks.LaneChange = r157.Aborted
			return
		case waited >= signalTicks && p.room(in, f, c.to):
			c.stage, c.since, c.start = moves, in.Now, in.Ego.D
		}
	case moves:
		c.crossing = math.Abs(in.Ego.D-float64(float64(c.from)*f.width))+float64(in.Ego.Width/2) > f.width/2
		away := math.Abs(in.Ego.D - float64(float64(c.to)*f.width))
		if !c.crossing && !p.room(in, f, c.to) && float64(in.Now-c.since)*motion.DT < moveTime/2 && c.from != c.to {
			c.to, c.start, c.since = c.from, in.Ego.D, in.Now // back, at the first opportunity
		}
		if away < 0.15 && math.Abs(in.Ego.Heading) < 0.02 {
			aborted := c.from == c.to
			p.finish(in.Now)
			if aborted {
				p.asks.LaneChange = r157.Aborted
			}
			return
		}
	}
	p.asks.LaneChange, p.asks.Crossing = r157.Changing, c.crossing
}

func (p *Pilot) finish(now motion.Tick) { p.change = change{ended: max(now, 1)} }

// sideways gives where the car is to be across the road: the middle of its lane, or on the smooth way to another.
func (p *Pilot) sideways(in *motion.Input, f frame) aim {
	c := &p.change
	if c.stage != moves {
		return aim{d: f.lane}
	}
	u := float64(in.Now-c.since) * motion.DT / moveTime
	if u >= 1 {
		return aim{d: f.lane}
	}
	// A polynomial of the fifth degree: no jump of position, speed or acceleration at either end.
	w, u2 := f.lane-c.start, float64(u*u)
	u3 := float64(u2 * u)
	return aim{
		d: c.start + float64(w*u3*(10-float64(15*u)+float64(6*u2))),
		v: float64(w*u2*(30-float64(60*u)+float64(30*u2))) / moveTime,
		a: float64(w*u*(60-float64(180*u)+float64(120*u2))) / (moveTime * moveTime),
	}
}
