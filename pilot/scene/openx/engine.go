package openx

import (
	"math"

	"roadbook/pilot/motion"
	"roadbook/pilot/scene/world"
)

// State is where somebody is, in the frame of the band: S and D of the origin (as a rule the rear axle), not of the box.
type State struct {
	S, D    float64 // m
	V       float64 // m/s, the speed
	VS, VD  float64 // m/s along the lane and to the left
	A       float64 // m/s²
	Heading float64 // rad, against the lane
}

// phase is how far an action or event has come.
type phase uint8

const (
	standby phase = iota
	running
	complete
)

// run is an action that has been started.
type run struct {
	phase   phase
	ended   motion.Tick // when it ended
	from    float64     // speed, or D, at its start
	target  float64
	elapsed float64     // s, of its own time
	length  float64     // s
	start   motion.Tick // when it started
	leg     int
}

// edge is what a condition remembers.
type edge struct {
	before bool
	known  bool
	fire   motion.Tick // when a delayed condition comes true; 0: not waiting
}

// Engine plays one scenario. It is used by one goroutine; Reset starts the next in the same storage.
type Engine struct {
	Now     motion.Tick
	States  []State // by entity; the caller sets the ego's once Engaged
	Engaged bool    // ActivateControllerAction has run for the ego
	Ended   bool    // the StopTrigger has fired

	s      *Scenario
	acts   []bool
	events []phase
	runs   []run
	edges  []edge
	long   []int // by entity: the running action in the longitudinal domain, -1: none
	side   []int
	moving bool
}

// Reset puts everybody where Init says, at tick 0.
func (e *Engine) Reset(s *Scenario) {
	e.s, e.Now, e.Engaged, e.Ended, e.moving = s, 0, false, false, false
	e.States = sized(e.States, len(s.Entities))
	e.acts = sized(e.acts, len(s.acts))
	e.events = sized(e.events, len(s.events))
	e.runs = sized(e.runs, len(s.action))
	e.edges = sized(e.edges, len(s.conds))
	e.long, e.side = sized(e.long, len(s.Entities)), sized(e.side, len(s.Entities))
	for i := range s.Entities {
		e.long[i], e.side[i] = -1, -1
	}
	for i := range s.init {
		var r run
		e.begin(&s.init[i], &r)
		if r.phase == running { // what Init starts and takes time is not part of the subset: it ends at once
			e.States[s.init[i].actor].V = r.target
		}
	}
	for i := range e.States {
		x := &e.States[i]
		x.VS = x.V
	}
}

// resume copies where another engine is, to go on from there on its own.
func (e *Engine) resume(o *Engine) {
	own := *e
	*e = *o
	e.States = append(own.States[:0], o.States...)
	e.acts = append(own.acts[:0], o.acts...)
	e.events = append(own.events[:0], o.events...)
	e.runs = append(own.runs[:0], o.runs...)
	e.edges = append(own.edges[:0], o.edges...)
	e.long, e.side = append(own.long[:0], o.long...), append(own.side[:0], o.side...)
}

func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// Trigger evaluates the storyboard at the start of a tick: conditions see what is now, actions of events that fire begin.
func (e *Engine) Trigger() {
	s := e.s
	for i := range s.acts {
		if !e.acts[i] && e.fires(s.acts[i].start) {
			e.acts[i] = true
		}
	}
	for i := range s.events {
		ev := &s.events[i]
		if e.events[i] == running && e.over(ev) {
			e.events[i] = complete
		}
		if e.events[i] == standby && e.acts[ev.act] && e.fires(ev.start) {
			e.startEvent(i)
		}
	}
	if e.fires(s.stop) {
		e.Ended = true
	}
}

func (e *Engine) over(ev *event) bool {
	for k := ev.from; k < ev.to; k++ {
		if e.runs[k].phase != complete {
			return false
		}
	}
	return true
}

// startEvent starts an event; by its priority, overwrite, the others of its maneuver end.
func (e *Engine) startEvent(i int) {
	ev := &e.s.events[i]
	for j := range e.s.events {
		other := &e.s.events[j]
		if j != i && e.events[j] == running && other.maneuver == ev.maneuver && other.act == ev.act {
			for k := other.from; k < other.to; k++ {
				e.end(k)
			}
			e.events[j] = complete
		}
	}
	e.events[i] = running
	for k := ev.from; k < ev.to; k++ {
		a, r := &e.s.action[k], &e.runs[k]
		d := a.kind.domain()
		if d&longitudinal != 0 {
			e.end(e.long[a.actor])
			e.long[a.actor] = k
		}
		if d&lateral != 0 {
			e.end(e.side[a.actor])
			e.side[a.actor] = k
		}
		e.begin(a, r)
		if r.phase == complete {
			e.end(k)
		}
	}
}

// end ends an action that is under way, or one that was over as it began.
func (e *Engine) end(k int) {
	if k < 0 {
		return
	}
	r, who := &e.runs[k], e.s.action[k].actor
	r.phase, r.ended = complete, e.Now
	if !e.moving { // conditions see it from the next tick on
		r.ended++
	}
	if e.long[who] == k {
		e.long[who] = -1
	}
	if e.side[who] == k {
		e.side[who] = -1
	}
}

// fires evaluates a trigger. All its conditions are evaluated, so that each remembers its edge.
func (e *Engine) fires(t trigger) bool {
	any := false
	for _, g := range t.groups {
		all := true
		for i := g.from; i < g.to; i++ {
			if !e.condition(i) {
				all = false
			}
		}
		any = any || all
	}
	return any
}

func (e *Engine) condition(i int) bool {
	c, m := &e.s.conds[i], &e.edges[i]
	now := e.holds(c)
	hit := now
	if c.rising {
		hit = now && m.known && !m.before
		if now && !m.known && c.kind == simulationTime && c.value == 0 {
			hit = true // time 0 has no before
		}
	}
	m.before, m.known = now, true
	if c.delay == 0 {
		return hit
	}
	if hit && m.fire == 0 {
		m.fire = e.Now + c.delay
	}
	return m.fire != 0 && (e.Now == m.fire || !c.rising && e.Now >= m.fire)
}

func (e *Engine) holds(c *condition) bool {
	switch c.kind {
	case simulationTime:
		return compare(float64(e.Now)/float64(motion.Second), c.rule, c.value)
	case elementState:
		r := &e.runs[c.action]
		if c.ended {
			return r.phase == complete && r.ended == e.Now
		}
		return r.phase == complete && r.ended <= e.Now
	}
	for _, who := range c.who {
		d := e.distance(who, c.other, c.freespace, c.road)
		if c.kind == timeHeadway {
			v := e.States[who].V
			if v <= 0 {
				continue
			}
			d /= v
		}
		if compare(d, c.rule, c.value) {
			return true
		}
	}
	return false
}

// Box returns the centre of an entity's box in the band's frame, and its heading against the lane there.
func (e *Engine) Box(i int) (s, d, heading float64) {
	return shift(e.s.Band.Road, &e.States[i], e.s.Entities[i].Ahead)
}

// shift returns the point ahead of an origin along its heading, to the second order in the curvature.
func shift(r *world.Road, x *State, ahead float64) (s, d, heading float64) {
	k := r.Curvature(x.S)
	if k == 0 && x.Heading == 0 {
		return x.S + ahead, x.D, 0
	}
	sin, cos := world.SinCos(x.Heading)
	along := float64(ahead*cos) / (1 - float64(x.D*k))
	return x.S + along, x.D + (float64(ahead*sin) - float64(0.5*float64(k*along)*along)), x.Heading - float64(k*along)
}

// distance returns the longitudinal distance of two entities, m: along the road, or along the first one.
func (e *Engine) distance(a, b int, free, road bool) float64 {
	if road {
		return e.alongRoad(a, b, free)
	}
	ahead, behind, origin := e.alongEntity(a, b)
	if !free {
		return math.Abs(origin)
	}
	return max(ahead, behind, 0)
}

func (e *Engine) alongRoad(a, b int, free bool) float64 {
	band := e.s.Band
	if !free {
		return math.Abs(band.Station(e.States[b].S) - band.Station(e.States[a].S))
	}
	sa, _, ha := e.Box(a)
	sb, _, hb := e.Box(b)
	half, _ := e.extent(a, ha)
	other, _ := e.extent(b, hb)
	return max(math.Abs(band.Station(sb)-band.Station(sa))-half-other, 0)
}

// extent returns how far a box with a heading reaches from its centre, m, along the direction that the heading is counted
// from and across it.
func (e *Engine) extent(i int, heading float64) (along, across float64) {
	x := &e.s.Entities[i]
	if heading == 0 {
		return x.Length / 2, x.Width / 2
	}
	sin, cos := world.SinCos(heading)
	sin, cos = math.Abs(sin), math.Abs(cos)
	return (float64(cos*x.Length) + float64(sin*x.Width)) / 2, (float64(sin*x.Length) + float64(cos*x.Width)) / 2
}

// alongEntity returns, in the frame of entity a, the gap to b if b is ahead, the gap if b is behind (negative if it is
// not), and where b's origin is.
func (e *Engine) alongEntity(a, b int) (ahead, behind, origin float64) {
	xa, xb := &e.States[a], &e.States[b]
	ea, eb := &e.s.Entities[a], &e.s.Entities[b]
	// From origin to origin in a frame that does not turn: on a straight road its own does as well.
	x, y, heading, turn := xb.S-xa.S, xb.D-xa.D, xa.Heading, xb.Heading-xa.Heading
	if r := e.s.Band.Road; !e.s.Band.straight {
		ax, ay, ah := r.Pose(xa.S, xa.D)
		bx, by, bh := r.Pose(xb.S, xb.D)
		x, y, heading = bx-ax, by-ay, ah+xa.Heading
		turn = bh + xb.Heading - heading
	}
	origin = x
	if heading != 0 {
		sin, cos := world.SinCos(heading)
		origin = float64(x*cos) + float64(y*sin)
	}
	mid := origin + eb.Ahead
	if turn != 0 {
		mid = origin + float64(eb.Ahead*world.Cos(turn))
	}
	half, _ := e.extent(b, turn)
	front, rear := ea.Ahead+float64(0.5*ea.Length), ea.Ahead-float64(0.5*ea.Length)
	return mid - half - front, rear - (mid + half), origin
}
