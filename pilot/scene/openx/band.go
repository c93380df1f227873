package openx

import (
	"fmt"
	"math"

	"roadbook/pilot/scene/world"
)

// Band is the driving lanes of one side of a road as the world sees them: lane 0 is the rightmost, its centre is the
// reference line of the world's road.
type Band struct {
	Road     *world.Road
	net      *Network
	ids      []int   // OpenDRIVE ids of the lanes, from the right
	shift    float64 // t of lane 0's centre
	straight bool
}

// chop is the longest piece, in metres, that a clothoid is cut into when its parallel is taken: the parallel of a clothoid
// is none, but over so short a piece its curvature is linear to far below what moves a car by a millimetre.
const chop = 10.0

// Band returns the lanes on the side of a lane: the run of driving lanes that holds it.
func (n *Network) Band(id int) (*Band, error) {
	l := n.lane(id)
	if l == nil || l.Type != "driving" {
		return nil, fmt.Errorf("road %s has no driving lane %d", n.ID, id)
	}
	lo, hi := id, id
	for k := n.lane(lo - 1); k != nil && k.Type == "driving"; k = n.lane(lo - 1) {
		lo--
	}
	for k := n.lane(hi + 1); k != nil && k.Type == "driving"; k = n.lane(hi + 1) {
		hi++
	}
	b := &Band{net: n, straight: true}
	width := n.lane(lo).Width(0)
	for i := lo; i <= hi; i++ {
		b.ids = append(b.ids, i)
		for _, p := range n.lane(i).widths {
			if p.b != 0 || p.c != 0 || p.d != 0 || p.a != width {
				return nil, fmt.Errorf("lane %d of road %s changes its width or differs from its neighbour: such lanes cannot be driven here", i, n.ID)
			}
		}
	}
	for i := range n.Lanes { // lanes between the reference line and the band must not push it sideways
		for _, p := range n.Lanes[i].widths {
			if (n.Lanes[i].ID < 0) == (id < 0) && abs(n.Lanes[i].ID) < abs(id) && (p.b != 0 || p.c != 0 || p.d != 0 || len(n.Lanes[i].widths) > 1) {
				return nil, fmt.Errorf("lane %d of road %s changes its width: lanes beside it cannot be driven here", n.Lanes[i].ID, n.ID)
			}
		}
	}
	b.shift, _ = n.Center(lo, 0)
	plan := world.RoadPlan{Lanes: len(b.ids), LaneWidth: width}
	x, y, h := n.Pose(0, b.shift)
	plan.X, plan.Y, plan.Heading = x, y, h
	for i := range n.pieces {
		b.straight = b.straight && n.pieces[i].from == 0 && n.pieces[i].to == 0
		plan.Pieces = append(plan.Pieces, n.pieces[i].parallel(b.shift)...)
	}
	for i := range b.ids[:len(b.ids)-1] { // the marking between lanes i and i+1 is the outer border of the inner one
		outer := b.ids[i+1]
		if id > 0 {
			outer = b.ids[i]
		}
		if m := n.lane(outer); m != nil && (m.Mark == "solid" || m.Mark == "solid solid") {
			plan.Solids = append(plan.Solids, world.Solid{Lane: i, From: 0, To: n.Length})
		}
	}
	var err error
	if b.Road, err = world.NewRoad(plan); err != nil {
		return nil, fmt.Errorf("road %s: %w", n.ID, err)
	}
	return b, nil
}

// parallel returns the pieces of the parallel of q at t.
func (q *geometry) parallel(t float64) []world.Piece {
	n := 1
	if q.from != q.to {
		n = int(math.Ceil(q.length / chop))
	}
	bend := func(k float64) float64 { return k / (1 - float64(k*t)) }
	list := make([]world.Piece, 0, n)
	for i := range n {
		a := q.from + float64((q.to-q.from)*(float64(i)/float64(n)))
		e := q.from + float64((q.to-q.from)*(float64(i+1)/float64(n)))
		l, mean := q.length/float64(n), (a+e)/2
		piece := world.Piece{Length: l - float64(float64(t*l)*mean), From: bend(a), To: bend(e)}
		rest := float64(l*mean)/piece.Length - float64(0.5*(piece.From+piece.To)) // the heading at its end is the same, to the last bit or so
		piece.From, piece.To = piece.From+rest, piece.To+rest
		list = append(list, piece)
	}
	return list
}

// S returns the world's S of the OpenDRIVE s.
func (b *Band) S(s float64) float64 { return s - float64(b.shift*b.net.turn(s)) }

// Station returns the OpenDRIVE s of the world's S, by Newton's method; behind the road's end it goes on straight.
func (b *Band) Station(S float64) float64 {
	s := S
	for range 60 {
		d := b.S(s) - S
		s -= d
		if math.Abs(d) < 1e-9 {
			break
		}
	}
	return s
}

// D returns the world's D of an offset from a lane's centre at the OpenDRIVE s.
func (b *Band) D(id int, s, offset float64) (float64, error) {
	t, ok := b.net.Center(id, min(max(s, 0), b.net.Length))
	if !ok {
		return 0, fmt.Errorf("road %s has no lane %d", b.net.ID, id)
	}
	return t - b.shift + offset, nil
}

// laneAt returns the lane at D, from the right. Beside the band it counts on as if there were more.
func (b *Band) laneAt(d float64) int { return int(math.Floor(d/b.Road.LaneWidth() + 0.5)) }

// middle returns the D of a lane's centre, also of lanes that are not there.
func (b *Band) middle(lane int) float64 { return float64(float64(lane) * b.Road.LaneWidth()) }

func abs(i int) int { return max(i, -i) }
