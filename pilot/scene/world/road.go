package world

import (
	"math"

	"roadbook/fault"
)

// Limits of a road.
const (
	MaxLanes      = 8
	MaxRoadLength = 200e3 // m
	MaxPieces     = 10_000
	MinRadius     = 10.0 // m, of the reference line
)

// Piece is a stretch of the reference line: a line (both curvatures 0), an arc (both equal) or a clothoid.
type Piece struct {
	Length float64 `json:"length_m" yaml:"length_m"`
	From   float64 `json:"curvature_1pm" yaml:"curvature_1pm"`         // 1/m at its start, positive to the left
	To     float64 `json:"curvature_end_1pm" yaml:"curvature_end_1pm"` // 1/m at its end
}

// Closure is a lane that cannot be driven from From to To.
type Closure struct {
	Lane int     `json:"lane" yaml:"lane"`
	From float64 `json:"from_m" yaml:"from_m"`
	To   float64 `json:"to_m" yaml:"to_m"`
}

// Solid is a stretch of the marking to the left of a lane that must not be crossed.
type Solid struct {
	Lane int     `json:"lane" yaml:"lane"`
	From float64 `json:"from_m" yaml:"from_m"`
	To   float64 `json:"to_m" yaml:"to_m"`
}

// RoadPlan is a road as data.
type RoadPlan struct {
	Lanes     int       `json:"lanes" yaml:"lanes"`
	LaneWidth float64   `json:"lane_width_m" yaml:"lane_width_m"`
	Limit     float64   `json:"limit_mps" yaml:"limit_mps"` // 0: none
	X         float64   `json:"x_m" yaml:"x_m"`             // where the reference line starts
	Y         float64   `json:"y_m" yaml:"y_m"`
	Heading   float64   `json:"heading_rad" yaml:"heading_rad"`
	Pieces    []Piece   `json:"pieces" yaml:"pieces"` // straight before the first and behind the last
	Closures  []Closure `json:"closures" yaml:"closures"`
	Solids    []Solid   `json:"solids" yaml:"solids"`
}

// Road is a RoadPlan made ready. It does not change and may be shared.
type Road struct {
	plan   RoadPlan
	starts []float64 // S of each piece, and the end of the last
	nodes  []node
	curved bool
}

// Straight returns a straight road without end. It panics on what NewRoad refuses.
func Straight(lanes int, width, limit float64) *Road {
	r, err := NewRoad(RoadPlan{Lanes: lanes, LaneWidth: width, Limit: limit})
	if err != nil {
		panic(err)
	}
	return r
}

// NewRoad checks a plan and makes it ready.
func NewRoad(p RoadPlan) (*Road, error) {
	p.Pieces = append([]Piece(nil), p.Pieces...)
	p.Closures = append([]Closure(nil), p.Closures...)
	p.Solids = append([]Solid(nil), p.Solids...)
	if err := p.check(); err != nil {
		return nil, err
	}
	r := &Road{plan: p}
	s := 0.0
	for _, q := range p.Pieces {
		r.starts = append(r.starts, s)
		s += q.Length
		r.curved = r.curved || q.From != 0 || q.To != 0
	}
	r.starts = append(r.starts, s)
	r.layout()
	return r, nil
}

func (p *RoadPlan) check() error {
	bad := func(at, format string, args ...any) error {
		return fault.New(fault.Invalid, "road_out_of_range", format, args...).At(at)
	}
	switch {
	case p.Lanes < 1 || p.Lanes > MaxLanes:
		return bad("/lanes", "the road has %d lanes, expected 1 to %d", p.Lanes, MaxLanes)
	case !(p.LaneWidth >= 2 && p.LaneWidth <= 6):
		return bad("/lane_width_m", "the lanes are %g m wide, expected 2 to 6", p.LaneWidth)
	case !(p.Limit >= 0 && p.Limit <= 100):
		return bad("/limit_mps", "the limit is %g m/s, expected 0 (none) to 100", p.Limit)
	case !(math.Abs(p.X) <= 1e7 && math.Abs(p.Y) <= 1e7 && math.Abs(p.Heading) <= 100):
		return bad("/x_m", "the start %g, %g, %g is not a place within 10,000 km", p.X, p.Y, p.Heading)
	case len(p.Pieces) > MaxPieces:
		return bad("/pieces", "the road has %d pieces, at most %d are read", len(p.Pieces), MaxPieces)
	}
	total := 0.0
	for i, q := range p.Pieces {
		total += q.Length
		if !(q.Length > 0 && total <= MaxRoadLength) || !(math.Abs(q.From) <= 1/MinRadius && math.Abs(q.To) <= 1/MinRadius) {
			return bad("/pieces", "piece %d is %g m long with curvature %g to %g: expected a positive length, %g m in all, and radii of at least %g m",
				i, q.Length, q.From, q.To, MaxRoadLength, MinRadius)
		}
	}
	for i, c := range p.Closures {
		if c.Lane < 0 || c.Lane >= p.Lanes || !(c.From > 0 && c.To > c.From) {
			return bad("/closures", "closure %d of lane %d from %g to %g m: expected a lane of the road and 0 < from < to", i, c.Lane, c.From, c.To)
		}
	}
	for i, c := range p.Solids {
		if c.Lane < 0 || c.Lane >= p.Lanes-1 || !(c.To > c.From) {
			return bad("/solids", "solid line %d left of lane %d from %g to %g m: expected a lane with a lane to its left and from < to", i, c.Lane, c.From, c.To)
		}
	}
	return nil
}

// Plan returns the road's data; its slices must not be changed.
func (r *Road) Plan() RoadPlan { return r.plan }

// Lanes returns the number of lanes.
func (r *Road) Lanes() int { return r.plan.Lanes }

// LaneWidth returns the width of each lane, m.
func (r *Road) LaneWidth() float64 { return r.plan.LaneWidth }

// Limit returns the speed limit, m/s; 0: none.
func (r *Road) Limit() float64 { return r.plan.Limit }

// Length returns the length of the pieces, m; the road goes on straight behind them.
func (r *Road) Length() float64 { return r.starts[len(r.starts)-1] }

// Lane returns the lane whose area holds D, clamped to the road.
func (r *Road) Lane(d float64) int {
	return min(max(int(math.Floor(d/r.plan.LaneWidth+0.5)), 0), r.plan.Lanes-1)
}

// Center returns the D of a lane's centre.
func (r *Road) Center(lane int) float64 { return float64(float64(lane) * r.plan.LaneWidth) }

// piece returns the piece that holds s, 0 <= s < Length, by halving.
func (r *Road) piece(s float64) int {
	i, j := 0, len(r.plan.Pieces)
	for j-i > 1 {
		if m := (i + j) / 2; r.starts[m] <= s {
			i = m
		} else {
			j = m
		}
	}
	return i
}

// Curvature returns the curvature of the reference line at s, 1/m, positive to the left.
func (r *Road) Curvature(s float64) float64 {
	if !r.curved || s < 0 || s >= r.Length() {
		return 0
	}
	i := r.piece(s)
	q := &r.plan.Pieces[i]
	return q.From + float64((q.To-q.From)*((s-r.starts[i])/q.Length))
}

// Blocked returns where the lane closes next, seen from s as far as sight; 0: not in sight.
func (r *Road) Blocked(lane int, s, sight float64) float64 {
	at := 0.0
	for i := range r.plan.Closures {
		c := &r.plan.Closures[i]
		if c.Lane == lane && c.To > s && c.From <= s+sight && (at == 0 || c.From < at) {
			at = c.From
		}
	}
	return at
}

// Crossable reports whether the marking to the left of a lane may be crossed at s.
func (r *Road) Crossable(lane int, s float64) bool {
	if lane < 0 || lane >= r.plan.Lanes-1 {
		return false
	}
	for i := range r.plan.Solids {
		if c := &r.plan.Solids[i]; c.Lane == lane && c.From <= s && s < c.To {
			return false
		}
	}
	return true
}
