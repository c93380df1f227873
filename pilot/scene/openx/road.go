package openx

import (
	"math"
	"sort"

	"roadbook/pilot/scene/world"
)

// Limits of a road file.
const (
	MaxGeometries = 10_000
	MaxRoadLanes  = 64
	joint         = 0.001 // m and rad, that a geometry may be off the end of the one before
)

// Network is the one road of an OpenDRIVE file: its reference line and its lanes.
type Network struct {
	ID     string
	Length float64 // m
	pieces []geometry
	Lanes  []Lane // sorted by ID, without the centre
}

// geometry is a piece of the reference line: a line, an arc or a clothoid, by its curvature at both ends.
type geometry struct {
	s, x, y, heading, length float64
	from, to                 float64 // 1/m
}

// Lane is a lane of the road's one section.
type Lane struct {
	ID     int
	Type   string
	widths []polynomial
	Mark   string // of its outer border: "solid", "broken", …; "" for none
}

// polynomial is a width from sOffset on.
type polynomial struct{ s, a, b, c, d float64 }

// ReadNetwork reads an OpenDRIVE file. cov, which may be nil, counts what was read.
func ReadNetwork(file string, b []byte, cov *Coverage) (*Network, error) {
	t, err := parseXML(file, b)
	if err != nil {
		return nil, err
	}
	r := &reader{count: cov}
	r.enter(t)
	n := &Network{}
	root := r.took(t.root)
	if root.name != "OpenDRIVE" {
		r.fail(root, "element_unsupported", "the root element is <%s>, expected <OpenDRIVE>", root.name)
	}
	r.ignore(root, "header")
	road := r.must(root, "road")
	n.ID = r.str(road, "id")
	n.Length = r.num(road, "length")
	r.is(road, "junction", "-1")
	r.without(road, "name", "rule")
	r.ignore(road, "link", "type", "elevationProfile", "lateralProfile", "surface", "objects", "signals")
	n.plan(r, r.must(road, "planView"))
	n.lanes(r, r.down(road, "lanes", "laneSection"))
	if err := r.done(root); err != nil {
		return nil, err
	}
	return n, nil
}

func (n *Network) plan(r *reader, view *node) {
	r.all(view, "geometry", func(g *node) {
		q := geometry{s: r.num(g, "s"), x: r.num(g, "x"), y: r.num(g, "y"), heading: r.num(g, "hdg"), length: r.num(g, "length")}
		switch {
		case r.kid(g, "line") != nil:
		case g.child("arc"):
			q.from = r.num(r.kid(g, "arc"), "curvature")
			q.to = q.from
		case g.child("spiral"):
			k := r.kid(g, "spiral")
			q.from, q.to = r.num(k, "curvStart"), r.num(k, "curvEnd")
		default:
			r.fail(g, "element_missing", "<geometry> has no <line>, <arc> or <spiral>")
		}
		n.join(r, g, q)
	})
	if r.err == nil && (len(n.pieces) == 0 || math.Abs(n.end()-n.Length) > joint) {
		r.fail(view, "road_broken", "the geometries end at %g m, the road at %g m", n.end(), n.Length)
	}
}

// join appends a piece and demands that it begins where the one before ends.
func (n *Network) join(r *reader, g *node, q geometry) {
	switch {
	case r.err != nil:
	case len(n.pieces) >= MaxGeometries:
		r.fail(g, "road_out_of_range", "the road has more than %d geometries", MaxGeometries)
	case !(q.length > 0 && q.s >= 0 && q.s+q.length <= world.MaxRoadLength):
		r.fail(g, "road_out_of_range", "a geometry of %g m from %g m on: expected a positive length and at most %g m in all", q.length, q.s, world.MaxRoadLength)
	case math.Abs(q.from) > 1/world.MinRadius || math.Abs(q.to) > 1/world.MinRadius:
		r.fail(g, "road_out_of_range", "curvature %g to %g: expected radii of at least %g m", q.from, q.to, world.MinRadius)
	case math.Abs(q.s-n.end()) > joint:
		r.fail(g, "road_broken", "the geometry begins at s = %g m, the one before ends at %g m", q.s, n.end())
	case len(n.pieces) > 0:
		x, y, h := n.pieces[len(n.pieces)-1].pose(n.pieces[len(n.pieces)-1].length)
		if math.Hypot(q.x-x, q.y-y) > joint || math.Abs(math.Remainder(q.heading-h, 2*math.Pi)) > joint {
			r.fail(g, "road_broken", "the geometry begins at %.4f, %.4f, heading %.5f; the one before ends at %.4f, %.4f, heading %.5f", q.x, q.y, q.heading, x, y, h)
		}
	}
	n.pieces = append(n.pieces, q)
}

func (n *Network) end() float64 {
	if len(n.pieces) == 0 {
		return 0
	}
	q := &n.pieces[len(n.pieces)-1]
	return q.s + q.length
}

func (n *Network) lanes(r *reader, section *node) {
	if section != nil && r.num(section, "s") != 0 {
		r.fail(section, "value_unsupported", "the lane section begins at s = %s: supported is one section from 0 on", r.str(section, "s"))
	}
	for _, side := range [...]struct {
		name string
		sign int
	}{{"left", 1}, {"center", 0}, {"right", -1}} {
		r.all(r.kid(section, side.name), "lane", func(k *node) {
			id := int(r.num(k, "id"))
			l := Lane{ID: id, Type: r.str(k, "type")}
			r.without(k, "level")
			r.ignore(k, "link", "speed", "height", "material", "access", "rule", "userData")
			if sign := min(max(id, -1), 1); sign != side.sign || float64(id) != r.num(k, "id") {
				r.fail(k, "road_broken", "lane %s stands in <%s>", r.str(k, "id"), side.name)
			}
			r.all(k, "width", func(w *node) {
				l.widths = append(l.widths, polynomial{r.num(w, "sOffset"), r.num(w, "a"), r.num(w, "b"), r.num(w, "c"), r.num(w, "d")})
			})
			r.all(k, "roadMark", func(m *node) {
				l.Mark = r.str(m, "type")
				r.without(m, "sOffset", "weight", "color", "width", "laneChange", "material", "height")
				r.ignore(m, "type", "explicit", "sway")
			})
			if id == 0 {
				return
			}
			if len(l.widths) == 0 {
				r.fail(k, "element_missing", "lane %d has no <width>", id)
			}
			if n.lane(id) != nil || len(n.Lanes) >= MaxRoadLanes {
				r.fail(k, "road_broken", "lane %d is there twice, or the road has more than %d lanes", id, MaxRoadLanes)
			}
			n.Lanes = append(n.Lanes, l)
		})
	}
	sort.Slice(n.Lanes, func(i, j int) bool { return n.Lanes[i].ID < n.Lanes[j].ID })
}

// child reports whether n has a child of a name, without reading it.
func (n *node) child(name string) bool {
	for _, k := range n.kids {
		if k.name == name {
			return true
		}
	}
	return false
}

func (n *Network) lane(id int) *Lane {
	for i := range n.Lanes {
		if n.Lanes[i].ID == id {
			return &n.Lanes[i]
		}
	}
	return nil
}

// Width returns a lane's width at s, m.
func (l *Lane) Width(s float64) float64 {
	p := l.widths[0]
	for _, q := range l.widths[1:] {
		if q.s <= s {
			p = q
		}
	}
	u := s - p.s
	return p.a + float64(u*(p.b+float64(u*(p.c+float64(u*p.d)))))
}

// Center returns the t of a lane's centre at s, m to the left of the reference line. ok is false if there is no such lane.
func (n *Network) Center(id int, s float64) (t float64, ok bool) {
	step := 1
	if id < 0 {
		step = -1
	}
	for i := step; ; i += step {
		l := n.lane(i)
		if l == nil || id == 0 {
			return 0, false
		}
		if w := l.Width(s); i == id {
			return float64(step) * (t + float64(0.5*w)), true
		} else {
			t += w
		}
	}
}

// Pose returns place and heading of the road at (s, t).
func (n *Network) Pose(s, t float64) (x, y, heading float64) {
	i := sort.Search(len(n.pieces), func(i int) bool { return n.pieces[i].s > s })
	q := &n.pieces[max(i-1, 0)]
	x, y, heading = q.pose(s - q.s)
	sin, cos := world.SinCos(heading)
	return x - float64(t*sin), y + float64(t*cos), heading
}

// turn returns the change of heading from 0 to s.
func (n *Network) turn(s float64) float64 {
	sum := 0.0
	for i := range n.pieces {
		q := &n.pieces[i]
		if s <= q.s {
			break
		}
		u := min(s-q.s, q.length)
		sum += float64(u * (q.from + float64((q.to-q.from)*(u/q.length/2))))
	}
	return sum
}

// pose integrates a piece: closed forms for line and arc, Gauss-Legendre on stretches of at most a tenth of a radian for
// the clothoid, far below a millimetre.
func (q *geometry) pose(u float64) (x, y, heading float64) {
	rate := (q.to - q.from) / q.length
	angle := func(u float64) float64 { return float64(u * (q.from + float64(0.5*rate*u))) }
	var dx, dy float64
	switch {
	case q.from == 0 && q.to == 0:
		dx = u
	case rate == 0:
		sin, cos := world.SinCos(angle(u))
		dx, dy = sin/q.from, (1-cos)/q.from
	default:
		n := 1 + math.Ceil(math.Abs(u)*max(math.Abs(q.from), math.Abs(q.to))*10)
		h := u / n
		for i := 0.0; i < n; i++ {
			for _, g := range legendre {
				sin, cos := world.SinCos(angle(float64(h * (i + g[0]))))
				dx += float64(float64(g[1]*h) * cos)
				dy += float64(float64(g[1]*h) * sin)
			}
		}
	}
	sin, cos := world.SinCos(q.heading)
	return q.x + (float64(dx*cos) - float64(dy*sin)), q.y + (float64(dx*sin) + float64(dy*cos)), q.heading + angle(u)
}

// legendre holds abscissas on [0, 1] and weights of the five-point rule.
var legendre = [5][2]float64{
	{0.046910077030668004, 0.11846344252809454}, {0.23076534494715845, 0.23931433524968324}, {0.5, 0.28444444444444444},
	{0.7692346550528415, 0.23931433524968324}, {0.953089922969332, 0.11846344252809454},
}
