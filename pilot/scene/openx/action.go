package openx

import "math"

type actionKind uint8

const (
	moveTo     actionKind = iota // TeleportAction
	speedTo                      // SpeedAction
	laneTo                       // LaneChangeAction
	offsetTo                     // LaneOffsetAction
	distanceTo                   // LongitudinalDistanceAction
	follow                       // FollowTrajectoryAction
	engage                       // ActivateControllerAction
)

// domain is what of an actor an action moves: of each only one action is under way.
type domain uint8

const (
	longitudinal domain = 1 << iota
	lateral
)

func (k actionKind) domain() domain {
	switch k {
	case speedTo, distanceTo:
		return longitudinal
	case laneTo, offsetTo:
		return lateral
	case moveTo, follow:
		return longitudinal | lateral
	}
	return 0
}

// action is one private action of an actor.
type action struct {
	kind     actionKind
	actor    int
	ref      int     // entity that a target is relative to; -1: absolute
	value    float64 // target: m/s, m, s of a time gap, or lanes to the left
	rate     float64 // m/s², m/s; maximum lateral acceleration of an offset
	step     bool    // at once
	timeGap  bool
	free     bool // distance between boxes
	trailing bool
	place    place
	path     []vertex
	scale    float64 // of the times of a path
	shift    float64 // s
}

type vertex struct {
	time float64
	place
}

// private reads a PrivateAction of an actor.
func (b *builder) private(n *node, who int) action {
	a := action{actor: who, ref: -1}
	switch {
	case n.child("TeleportAction"):
		a.kind, a.place = moveTo, b.place(b.kid(n, "TeleportAction"))
	case n.child("LongitudinalAction"):
		l := b.kid(n, "LongitudinalAction")
		if l.child("LongitudinalDistanceAction") {
			b.distance(&a, b.kid(l, "LongitudinalDistanceAction"))
		} else {
			b.speed(&a, b.must(l, "SpeedAction"))
		}
	case n.child("LateralAction"):
		l := b.kid(n, "LateralAction")
		if l.child("LaneOffsetAction") {
			b.offset(&a, b.kid(l, "LaneOffsetAction"))
		} else {
			b.change(&a, b.must(l, "LaneChangeAction"))
		}
	case n.child("RoutingAction"):
		b.trajectory(&a, b.down(n, "RoutingAction", "FollowTrajectoryAction"))
	default:
		a.kind = engage
		k := b.down(n, "ControllerAction", "ActivateControllerAction")
		b.is(k, "lateral", "true")
		b.is(k, "longitudinal", "true")
		if b.err == nil && who != b.s.Ego {
			b.fail(k, "value_unsupported", "a controller of %s is activated, which has none", b.s.Entities[who].Name)
		}
	}
	return a
}

func (b *builder) speed(a *action, n *node) {
	a.kind = speedTo
	d := b.must(n, "SpeedActionDynamics")
	a.step = b.is(d, "dynamicsShape", "step", "linear") == "step"
	if a.step {
		b.is(d, "dynamicsDimension", "time", "rate")
		b.num(d, "value")
	} else {
		b.is(d, "dynamicsDimension", "rate")
		a.rate = math.Abs(b.within(d, "value", -100, 100))
	}
	t := b.must(n, "SpeedActionTarget")
	if k := b.kid(t, "AbsoluteTargetSpeed"); k != nil {
		a.value = b.within(k, "value", 0, 120)
		return
	}
	k := b.must(t, "RelativeTargetSpeed")
	a.ref, a.value = b.entity(k, "entityRef"), b.within(k, "value", -120, 120)
	b.is(k, "speedTargetValueType", "delta")
	b.is(k, "continuous", "false")
}

func (b *builder) change(a *action, n *node) {
	a.kind = laneTo
	d := b.must(n, "LaneChangeActionDynamics")
	b.is(d, "dynamicsShape", "sinusoidal")
	b.is(d, "dynamicsDimension", "rate")
	a.rate = b.within(d, "value", 0.001, 30)
	k := b.down(n, "LaneChangeTarget", "RelativeTargetLane")
	a.ref, a.value = b.entity(k, "entityRef"), float64(b.integer(k, "value"))
}

func (b *builder) offset(a *action, n *node) {
	a.kind = offsetTo
	b.is(n, "continuous", "false")
	d := b.must(n, "LaneOffsetActionDynamics")
	b.is(d, "dynamicsShape", "sinusoidal")
	a.rate = b.within(d, "maxLateralAcc", 0.001, 30)
	t := b.must(n, "LaneOffsetTarget")
	if k := b.kid(t, "AbsoluteTargetLaneOffset"); k != nil {
		a.value = b.within(k, "value", -100, 100)
		return
	}
	k := b.must(t, "RelativeTargetLaneOffset")
	a.ref, a.value = b.entity(k, "entityRef"), b.within(k, "value", -100, 100)
}

func (b *builder) distance(a *action, n *node) {
	a.kind = distanceTo
	b.is(n, "continuous", "false")
	b.is(n, "coordinateSystem", "entity")
	a.trailing = b.is(n, "displacement", "leadingReferencedEntity", "trailingReferencedEntity") == "trailingReferencedEntity"
	a.free = b.is(n, "freespace", "true", "false") == "true"
	a.ref = b.entity(n, "entityRef")
	if b.err == nil && a.ref == a.actor {
		b.fail(n, "value_unsupported", "a distance to itself")
	}
	if n.has("timeGap") {
		a.timeGap, a.value = true, b.within(n, "timeGap", 0, 1000)
	} else {
		a.value = b.within(n, "distance", 0, 10_000)
	}
}

func (b *builder) trajectory(a *action, n *node) {
	a.kind = follow
	t := b.down(n, "TrajectoryRef", "Trajectory")
	b.str(t, "name")
	b.is(t, "closed", "false")
	p := b.down(t, "Shape", "Polyline")
	b.all(p, "Vertex", func(v *node) {
		x := vertex{time: b.within(v, "time", 0, 1e5), place: b.place(v)}
		if k := len(a.path); k >= MaxVertices || k > 0 && x.time <= a.path[k-1].time {
			b.fail(v, "value_out_of_range", "vertex at %g s: expected rising times and at most %d vertices", x.time, MaxVertices)
		}
		if x.relative {
			b.fail(v, "value_unsupported", "a vertex relative to an entity: supported is LanePosition")
		}
		a.path = append(a.path, x)
	})
	if b.err == nil && len(a.path) < 2 {
		b.fail(p, "element_missing", "<Polyline> has %d <Vertex>, expected at least 2", len(a.path))
	}
	k := b.down(n, "TimeReference", "Timing")
	b.is(k, "domainAbsoluteRelative", "relative")
	a.scale, a.shift = b.within(k, "scale", 0.001, 1000), b.within(k, "offset", 0, 1e5)
	b.is(b.must(n, "TrajectoryFollowingMode"), "followingMode", "position")
}

// within returns a number that must lie in a range.
func (b *builder) within(n *node, name string, lo, hi float64) float64 {
	v := b.num(n, name)
	if b.err == nil && !(v >= lo && v <= hi) {
		b.fail(n, "value_out_of_range", "attribute %s of <%s> is %g: expected %g to %g", name, n.name, v, lo, hi)
	}
	return v
}
