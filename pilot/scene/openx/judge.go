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

// family finds the kind of a scenario from what its events do: a lane change into the ego's lane is a cut-in, one out
// of it with something standing ahead a cut-out, a lead in the ego's lane that brakes to standstill a deceleration.
func (e *Engine) family() (c conflict, ok bool) {
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
	way := &p.approach
	way.Reset(s)
	o.Unasked = [reference.Models]bool{true, true, true, true}
	c, ok := way.family()
	if !ok {
		return
	}
	o.Judged, o.Kind, o.CutsIn = true, c.kind, c.kind == reference.CutIn
	hit, over := way.begin(c)
	if !over {
		hit, over = way.drive(nil)
	}
	collides := func(m reference.Model) bool {
		if o.Unasked[m] = false; over {
			return hit
		}
		p.trial.resume(way)
		there, _ := p.trial.drive(p.trial.driver(m))
		return there
	}
	r := &o.References
	r[reference.CC], r[reference.FSM] = collides(reference.CC), collides(reference.FSM)
	if r[reference.CC] && r[reference.FSM] {
		r[reference.RSS], r[reference.Reg157] = collides(reference.RSS), collides(reference.Reg157)
	}
}

// trial is a scenario with a reference model in the ego's seat.
type trial struct {
	Engine
	conflict
	target      int            // whom the model looks at
	first, lane float64        // speed and D of the actor at the start
	seen        bool           // what the model may react to has begun
	accel       float64        // m/s², of the ego
	sight       reference.View // of this tick
	end         motion.Tick
}

// begin starts the trial of a scenario that Reset has put in its place.
func (t *trial) begin(c conflict) (hit, over bool) {
	t.conflict, t.target, t.accel, t.end = c, c.actor, 0, t.s.end()
	if c.kind == reference.CutOut {
		t.target = c.behind
	}
	lead := &t.States[c.actor]
	t.first, t.lane, t.seen = lead.V, lead.D, c.kind == reference.CutIn
	return t.look()
}

// resume goes on from where another trial is.
func (t *trial) resume(o *trial) {
	e := t.Engine
	e.resume(&o.Engine)
	*t = *o
	t.Engine = e
}

// driver is a model for this conflict.
func (t *trial) driver(m reference.Model) *reference.Driver {
	width := t.s.Band.Road.LaneWidth()
	d := reference.NewDriver(m, t.kind, float64(0.5*(width-t.s.Entities[t.s.Ego].Width)), width, t.s.Entities[t.target].Width)
	return &d
}

// drive goes on until it is known whether the ego collides, or, without a driver, until one would have to act: up to there
// all models are alike.
func (t *trial) drive(d *reference.Driver) (hit, over bool) {
	ego := &t.States[t.s.Ego]
	for {
		next := ego.V
		if t.Engaged && t.seen {
			if d == nil {
				return false, false
			}
			next = d.Step(&t.sight)
		}
		t.Move()
		if t.Engaged {
			t.accel = (next - ego.V) / motion.DT
			ego.V, ego.VS = next, next
			way := float64(next * motion.DT)
			if k := t.s.Band.Road.Curvature(ego.S); k != 0 {
				way /= 1 - float64(ego.D*k)
			}
			ego.S += way
		}
		if hit, over := t.look(); over {
			return hit, true
		}
	}
}

// look begins a tick and reports whether it tells how the trial ends.
func (t *trial) look() (hit, over bool) {
	t.Trigger()
	if t.Ended || t.Now >= t.end {
		return false, true
	}
	lead, ego := &t.States[t.actor], &t.States[t.s.Ego]
	switch t.kind {
	case reference.CutOut:
		t.seen = t.seen || math.Abs(lead.D-t.lane) > reference.Revealed
	case reference.Deceleration:
		t.seen = t.seen || lead.V < t.first
	}
	v := t.view(t.s.Ego, t.target, t.accel)
	t.sight = v
	if v.Gap < 0 && v.Edge < 0 || t.hits(t.s.Ego) {
		return true, true
	}
	passed := t.kind == reference.CutIn && v.Passed && v.Gap >= 0
	stood := ego.V == 0 && t.seen && (t.kind == reference.CutOut || t.kind == reference.Deceleration && lead.V == 0)
	return false, passed || stood
}

// view is what a model sees of one entity.
func (e *Engine) view(me, other int, accel float64) reference.View {
	a, b := &e.States[me], &e.States[other]
	x, y := &e.s.Entities[me], &e.s.Entities[other]
	sa, da, _ := e.Box(me)
	sb, db, hb := e.Box(other)
	along, across := e.extent(other, hb)
	ds := sb - sa
	if k := e.s.Band.Road.Curvature(a.S); k != 0 {
		ds *= 1 - float64(da*k)
	}
	return reference.View{Gap: math.Abs(ds) - float64(0.5*x.Length) - along, Edge: math.Abs(db-da) - float64(0.5*x.Width) - across,
		Ego: a.V, Other: b.VS, EgoAccel: accel, Towards: -float64(math.Copysign(1, db-da) * b.VD), Passed: ds < 0, Lengths: x.Length + y.Length}
}

// near is how far apart, in m, the origins of two boxes that overlap may be: of the largest that a catalogue may hold.
const near = 100

// hits reports whether the ego's box overlaps any other, boxes taken along the lane.
func (e *Engine) hits(me int) bool {
	for i := range e.States {
		if i == me || math.Abs(e.States[i].S-e.States[me].S) > near {
			continue
		}
		if v := e.view(me, i, 0); v.Gap < 0 && v.Edge < 0 {
			return true
		}
	}
	return false
}
