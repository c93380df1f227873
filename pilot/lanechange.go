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
	signalTime   = 3.0               // s, the same
	moveTime     = 5.0               // s, of the movement sideways
	restTicks    = 8 * motion.Second // between two procedures
	riskRest     = 1 * motion.Second // likewise, of a minimum risk manoeuvre
	homeTicks    = 6 * motion.Second // for so long the lane on the right must be free before it is gone back to
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
	failed    bool        // the last one came to nothing
	late      bool        // it had to wait for a gap
	passing   bool        // it leaves the lane because of a slower lead
	away      int         // lanes to the left of where overtaking began
	free      motion.Tick // since when the lane on the right has been free; 0: it is not
}

func (c *change) on() bool { return c.stage != none }

// leaves reports whether the car is on its way out of a lane, and still more in it than in the next.
func (c *change) leaves(d, width float64) bool {
	return c.stage == moves && c.from != c.to && math.Abs(d-float64(float64(c.from)*width)) < width/2
}

// goesOn reports whether a procedure that waits is still wanted when this is the target now.
func (c *change) goesOn(target int, mode motion.Mode) bool {
	switch {
	case mode == motion.MinimumRisk: // also when it has become slow by now
		return c.to < c.from
	case c.passing:
		return target == c.to
	}
	return target != c.from
}

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
	v := max(ego.V, 0)
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
			if rel := max(0, v-b.vs); gap < max(v, 5)+float64(rel*rel)/(2*othersBrake) {
				return false
			}
		default:
			behind = true
			react := unseenTime
			if k.seen >= detectedFor {
				react = seenTime
			}
			if gap < max(Critical(v, b.vs-v, react), 5) {
				return false
			}
		}
	}
	if !behind {
		top := approachMax
		if in.Road.Limit > 0 {
			top = min(top, in.Road.Limit)
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
	case p.mode != motion.Active || !p.p.Change.Overtake:
	case left && p.slow(in, f.lane, f.width, slowReason, signalTime+moveTime/2):
		return f.index + 1
	case right && p.change.away > 0 && p.change.free > 0 && in.Now-p.change.free >= homeTicks:
		return f.index - 1
	}
	return f.index
}

// slow reports whether somebody in a lane drives slower by so much than is wanted, and is so near that the least gap would be
// reached in so many seconds.
func (p *Pilot) slow(in *motion.Input, lane, width, by, seconds float64) bool {
	want := p.speed(in)
	for i := range p.tr.n {
		k := &p.tr.list[i]
		if k.vs <= 5 || k.vs >= want-by || math.Abs(k.d-lane) >= width/2 || k.s < in.Ego.S {
			continue
		}
		gap := k.s - in.Ego.S - float64(0.5*(k.length+in.Ego.Length))
		if gap < MinGap(in.Ego.V, p.p.Market.THW)+float64((want-k.vs)*seconds)+10 {
			return true
		}
	}
	return false
}

// homeward keeps since when the lane on the right has been free, after overtaking.
func (p *Pilot) homeward(in *motion.Input, f frame) {
	c := &p.change
	if c.away == 0 || c.on() || f.index == 0 {
		return
	}
	if to := f.index - 1; !p.room(in, f, to) || p.slow(in, float64(float64(to)*f.width), f.width, 1, 15) {
		c.free = 0
	} else if c.free == 0 {
		c.free = in.Now
	}
}

// rest is for how long no procedure follows another.
func (p *Pilot) rest() motion.Tick {
	if p.mode == motion.MinimumRisk && !p.change.failed {
		return riskRest
	}
	return restTicks
}

// procedure takes the lane change procedure one plan further.
func (p *Pilot) procedure(in *motion.Input, f frame) {
	c := &p.change
	p.asks.LaneChange, p.asks.Crossing = r157.NoChange, false
	urgent := p.need.hard || p.emergency
	p.homeward(in, f)
	switch c.stage {
	case none:
		to := p.target(in, f)
		if to == f.index || urgent || c.ended > 0 && in.Now-c.ended < p.rest() {
			return
		}
		*c = change{stage: waits, from: f.index, to: to, since: in.Now, ended: c.ended, indicator: 1, away: c.away, free: c.free}
		c.passing = to > f.index && p.mode == motion.Active && !(in.Road.BlockedAt > 0)
		if to < f.index {
			c.indicator = -1
		}
	case waits:
		waited := in.Now - c.since
		switch {
		case urgent || waited > signalTicks+patience || !c.goesOn(p.target(in, f), p.mode):
			p.finish(in.Now, false)
			p.asks.LaneChange = r157.Aborted
			return
		case waited >= signalTicks && p.room(in, f, c.to):
			c.stage, c.since, c.start = moves, in.Now, in.Ego.D
		case waited >= signalTicks:
			c.late = true
		}
	case moves:
		away, room := math.Abs(in.Ego.D-float64(float64(c.to)*f.width)), (f.width-in.Ego.Width)/2
		c.crossing = math.Abs(in.Ego.D-float64(float64(c.from)*f.width)) > room && away > room
		if !c.crossing && !p.room(in, f, c.to) && float64(in.Now-c.since)*motion.DT < moveTime/2 && c.from != c.to {
			c.to, c.start, c.since = c.from, in.Ego.D, in.Now // back, at the first opportunity
		}
		if away < 0.15 && math.Abs(in.Ego.Heading) < 0.02 {
			aborted := c.from == c.to
			p.finish(in.Now, !aborted)
			if aborted {
				p.asks.LaneChange = r157.Aborted
			}
			return
		}
	}
	p.asks.LaneChange, p.asks.Crossing = r157.Changing, c.crossing
}

// finish ends a procedure, with a change of lane or without.
func (p *Pilot) finish(now motion.Tick, done bool) {
	c := &p.change
	away := c.away
	switch {
	case !done:
	case c.passing:
		away++
	case c.to < c.from:
		away = max(away-1, 0)
	}
	*c = change{ended: max(now, 1), failed: !done, away: away}
}

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

// overtakes reports whether somebody at d, with a gap, is being overtaken: there is more than the least gap left, and the way to the
// side is free or may yet become so.
func (p *Pilot) overtakes(d, gap, width, v float64) bool {
	c := &p.change
	return c.passing && c.to > c.from && (c.stage == moves || !c.late) &&
		math.Abs(d-float64(float64(c.from)*width)) < width/2 && gap > MinGap(v, p.p.Market.THW)
}
