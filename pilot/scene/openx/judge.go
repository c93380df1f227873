package openx

import (
	"math"

	"roadbook/pilot/motion"
	"roadbook/pilot/scene/reference"
)

// conflict is what the reference models are asked about: who comes into the ego's way, and how.
type conflict struct {
	kind   reference.Kind
	actor  int // challenger or lead
	behind int // cut-out: the first that stands in the lane before the lead; otherwise -1
}

// conflict finds the family of a scenario from what its events do: a lane change into the ego's lane is a cut-in, one out
// of it with something standing ahead a cut-out, a lead in the ego's lane that brakes to standstill a deceleration.
func (e *Engine) conflict() (c conflict, ok bool) {
	s, band := e.s, e.s.Band
	lane := band.laneAt(e.States[s.Ego].D)
	for i := range s.action {
		a := &s.action[i]
		if a.actor == s.Ego {
			continue
		}
		x := &e.States[a.actor]
		inLane := math.Abs(x.D-band.middle(lane)) <= band.Road.LaneWidth()/2 && x.S > e.States[s.Ego].S
		switch {
		case a.kind == laneTo && !inLane && band.laneAt(e.States[a.ref].D)+int(a.value) == lane:
			return conflict{reference.CutIn, a.actor, -1}, true
		case a.kind == laneTo && inLane:
			c = conflict{reference.CutOut, a.actor, -1}
			for k := range e.States {
				o := &e.States[k]
				if k != s.Ego && k != a.actor && band.laneAt(o.D) == lane && o.V == 0 && (c.behind < 0 || o.S < e.States[c.behind].S) {
					c.behind = k
				}
			}
			if c.behind >= 0 {
				return c, true
			}
		case a.kind == speedTo && inLane && a.ref < 0 && a.value == 0 && x.V > 0:
			return conflict{reference.Deceleration, a.actor, -1}, true
		}
	}
	return conflict{}, false
}

// Judge runs the careful driver and the fuzzy safety model through the scenario, each in the ego's seat from the moment of
// engagement on, with the truth before its eyes, and enters into o which of them collide; where both do, the other two.
func (p *Player) Judge(s *Scenario, o *Outcome) {
	e := &p.other
	e.Reset(s)
	c, ok := e.conflict()
	if !ok {
		return
	}
	o.Kind = c.kind.String()
	o.CC = e.drive(s, c, reference.CC)
	o.FSM = e.drive(s, c, reference.FSM)
	if o.CC && o.FSM {
		o.RSS = e.drive(s, c, reference.RSS)
		o.Reg157 = e.drive(s, c, reference.Reg157)
	}
}

// drive runs the scenario with a model and reports whether it collides.
func (e *Engine) drive(s *Scenario, c conflict, m reference.Model) bool {
	e.Reset(s)
	ego, body := &e.States[s.Ego], &s.Entities[s.Ego]
	lead := &e.States[c.actor]
	target := c.actor
	if c.kind == reference.CutOut {
		target = c.behind
	}
	other := &s.Entities[target]
	width := s.Band.Road.LaneWidth()
	d := reference.NewDriver(m, c.kind, (width-body.Width)/2, width, other.Width)
	first, lane, accel := lead.V, lead.D, 0.0
	seen := c.kind == reference.CutIn
	end := LongEnd
	if !s.timed() {
		end = OpenEnd
	}
	for e.Trigger(); !e.Ended && e.Now < end; e.Trigger() {
		switch c.kind {
		case reference.CutOut:
			seen = seen || math.Abs(lead.D-lane) > reference.Revealed
		case reference.Deceleration:
			seen = seen || lead.V < first
		}
		v := e.view(s.Ego, target, accel)
		if v.Gap < 0 && v.Edge < 0 {
			return true
		}
		if e.hits(s.Ego) {
			return true
		}
		if v.Passed && v.Gap >= 0 && c.kind == reference.CutIn || ego.V == 0 && seen && (c.kind == reference.CutOut || c.kind == reference.Deceleration && lead.V == 0) {
			return false
		}
		next := ego.V
		if e.Engaged && seen {
			next = d.Step(&v)
		}
		e.Move()
		if !e.Engaged {
			continue
		}
		accel = (next - ego.V) / motion.DT
		ego.V, ego.VS = next, next
		way := float64(next * motion.DT)
		if k := s.Band.Road.Curvature(ego.S); k != 0 {
			way /= 1 - float64(ego.D*k)
		}
		ego.S += way
	}
	return false
}

// view is what a model sees of one entity.
func (e *Engine) view(me, other int, accel float64) reference.View {
	a, b := &e.States[me], &e.States[other]
	x, y := &e.s.Entities[me], &e.s.Entities[other]
	sa, da, _ := e.Box(me)
	sb, db, hb := e.Box(other)
	along, across := e.reach(other, hb), e.reach(other, hb-math.Pi/2)
	ds := sb - sa
	if k := e.s.Band.Road.Curvature(a.S); k != 0 {
		ds *= 1 - float64(da*k)
	}
	return reference.View{Gap: math.Abs(ds) - x.Length/2 - along, Edge: math.Abs(db-da) - x.Width/2 - across,
		Ego: a.V, Other: b.VS, EgoAccel: accel, Towards: -float64(math.Copysign(1, db-da) * b.VD), Passed: ds < 0, Lengths: x.Length + y.Length}
}

// hits reports whether the ego's box overlaps any other, boxes taken along the lane.
func (e *Engine) hits(me int) bool {
	for i := range e.States {
		if i == me || math.Abs(e.States[i].S-e.States[me].S) > 40 {
			continue
		}
		if v := e.view(me, i, 0); v.Gap < 0 && v.Edge < 0 {
			return true
		}
	}
	return false
}
