package openx

import (
	"math"

	"roadbook/pilot/motion"
)

// act is an act: its events may start once its own trigger has fired.
type act struct {
	start trigger
}

// event is an event of a maneuver.
type event struct {
	act, maneuver int
	from, to      int // its actions
	start         trigger
}

// trigger is an OR of groups, each an AND of conditions.
type trigger struct{ groups []span }

// span is a run of indices.
type span struct{ from, to int }

type condKind uint8

const (
	simulationTime condKind = iota
	relativeDistance
	timeHeadway
	elementState
)

// condition is one condition. Its state lives in the engine.
type condition struct {
	kind      condKind
	at        *node
	value     float64
	rule      string
	who       []int // triggering entities; one is enough
	other     int
	freespace bool
	road      bool // along the road instead of along the entity
	element   string
	action    int
	ended     bool // endTransition: only in the tick after the end; otherwise completeState
	rising    bool
	delay     motion.Tick
}

func (b *builder) story(s *node) {
	b.str(s, "name")
	b.all(s, "Act", func(a *node) {
		b.str(a, "name")
		ai := len(b.s.acts)
		b.s.acts = append(b.s.acts, act{})
		b.all(a, "ManeuverGroup", func(g *node) {
			b.str(g, "name")
			b.is(g, "maximumExecutionCount", "1")
			actors := b.must(g, "Actors")
			b.is(actors, "selectTriggeringEntities", "false")
			var who []int
			b.all(actors, "EntityRef", func(e *node) { who = append(who, b.entity(e, "entityRef")) })
			b.all(g, "Maneuver", func(m *node) {
				b.str(m, "name")
				b.all(m, "Event", func(e *node) { b.event(e, ai, m.id, who) })
			})
		})
		b.s.acts[ai].start = b.trigger(b.must(a, "StartTrigger"))
	})
}

func (b *builder) event(e *node, ai, maneuver int, who []int) {
	b.str(e, "name")
	b.is(e, "priority", "overwrite")
	if e.has("maximumExecutionCount") {
		b.is(e, "maximumExecutionCount", "1")
	}
	ev := event{act: ai, maneuver: maneuver, from: len(b.s.action)}
	b.all(e, "Action", func(a *node) {
		name := b.str(a, "name")
		p := b.must(a, "PrivateAction")
		if len(who) != 1 {
			b.fail(a, "value_unsupported", "the maneuver group has %d actors: supported is one", len(who))
			return
		}
		if _, twice := b.s.names[name]; twice || len(b.s.action) >= MaxActions {
			b.fail(a, "name_twice", "two actions are named %.60q, or there are more than %d", name, MaxActions)
			return
		}
		b.s.names[name] = len(b.s.action)
		b.s.action = append(b.s.action, b.private(p, who[0]))
	})
	ev.to = len(b.s.action)
	ev.start = b.trigger(b.must(e, "StartTrigger"))
	b.s.events = append(b.s.events, ev)
}

func (b *builder) trigger(t *node) trigger {
	var out trigger
	b.all(t, "ConditionGroup", func(g *node) {
		s := span{from: len(b.s.conds)}
		b.all(g, "Condition", func(c *node) { b.s.conds = append(b.s.conds, b.condition(c)) })
		s.to = len(b.s.conds)
		if s.from == s.to {
			b.fail(g, "element_missing", "<ConditionGroup> has no <Condition>")
		}
		out.groups = append(out.groups, s)
	})
	return out
}

func (b *builder) condition(n *node) condition {
	c := condition{at: n, other: -1}
	b.str(n, "name")
	c.rising = b.is(n, "conditionEdge", "none", "rising") == "rising"
	delay := b.opt(n, "delay", 0)
	if !(delay >= 0 && delay <= 1e5) {
		b.fail(n, "value_out_of_range", "delay is %g s: expected 0 to 100,000", delay)
	}
	c.delay = ticks(delay)
	if v := b.kid(n, "ByValueCondition"); v != nil {
		switch {
		case v.child("SimulationTimeCondition"):
			k := b.kid(v, "SimulationTimeCondition")
			c.kind, c.value, c.rule = simulationTime, b.num(k, "value"), b.rule(k)
		default:
			k := b.must(v, "StoryboardElementStateCondition")
			c.kind = elementState
			b.is(k, "storyboardElementType", "action")
			c.element = b.str(k, "storyboardElementRef")
			c.ended = b.is(k, "state", "completeState", "endTransition") == "endTransition"
		}
		return c
	}
	e := b.must(n, "ByEntityCondition")
	t := b.must(e, "TriggeringEntities")
	b.is(t, "triggeringEntitiesRule", "any")
	b.all(t, "EntityRef", func(k *node) { c.who = append(c.who, b.entity(k, "entityRef")) })
	x := b.must(e, "EntityCondition")
	k := b.kid(x, "RelativeDistanceCondition")
	c.kind = relativeDistance
	if k == nil {
		k, c.kind = b.must(x, "TimeHeadwayCondition"), timeHeadway
	}
	c.value, c.rule, c.other = b.num(k, "value"), b.rule(k), b.entity(k, "entityRef")
	c.freespace = b.is(k, "freespace", "true", "false") == "true"
	b.is(k, "relativeDistanceType", "longitudinal")
	c.road = b.is(k, "coordinateSystem", "entity", "road") == "road"
	return c
}

func (b *builder) rule(n *node) string {
	return b.is(n, "rule", "equalTo", "greaterThan", "greaterOrEqual", "lessThan", "lessOrEqual", "notEqualTo")
}

// ticks returns a time as ticks, rounded.
func ticks(s float64) motion.Tick {
	return motion.Tick(math.Floor(float64(s*float64(motion.Second)) + 0.5))
}
