package world

import (
	"math"
	"testing"

	"roadbook/fault"
)

// fresnel returns the end of a clothoid from curvature 0 by the power series of the Fresnel integrals:
// x = Σ (-1)ⁿ l (rate l²/2)²ⁿ / ((4n+1)(2n)!), y likewise.
func fresnel(rate, l float64) (x, y float64) {
	h := rate * l * l / 2 // end heading
	term := l             // l hⁿ/n!
	for n := range 60 {
		part := term / float64(2*n+1)
		switch n % 4 {
		case 0:
			x += part
		case 1:
			y += part
		case 2:
			x -= part
		case 3:
			y -= part
		}
		term *= h / float64(n+1)
	}
	return x, y
}

func TestClothoidAgainstFresnel(t *testing.T) {
	for _, row := range []struct{ length, end float64 }{
		{100, 1.0 / 300}, {250, 1.0 / 120}, {60, -1.0 / 40}, {900, 1.0 / 1500}, {40, 1.0 / 12}, {7.3, 0.1},
	} {
		r, err := NewRoad(RoadPlan{Lanes: 2, LaneWidth: 3.5, Pieces: []Piece{{row.length, 0, row.end}}})
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []float64{0.13, 0.5, 0.77, 1} {
			s := row.length * part
			x, y, h := r.Pose(s, 0)
			wx, wy := fresnel(row.end/row.length, s)
			if d := math.Hypot(x-wx, y-wy); d > 1e-6 {
				t.Errorf("clothoid of %g m to 1/%g m at %g m: %g m off", row.length, 1/row.end, s, d)
			}
			near(t, "heading", h, row.end/row.length*s*s/2, 1e-10)
		}
	}
}

func TestPoseOfArcsAndLines(t *testing.T) {
	const k = 1.0 / 200
	r, err := NewRoad(RoadPlan{Lanes: 3, LaneWidth: 3.5, X: 10, Y: -5, Heading: math.Pi / 2,
		Pieces: []Piece{{100, 0, 0}, {200 * math.Pi / 2, k, k}, {50, 0, 0}}})
	if err != nil {
		t.Fatal(err)
	}
	quarter := 100 + 200*math.Pi/2
	for _, row := range []struct {
		why           string
		s, d, x, y, h float64
	}{
		{"start", 0, 0, 10, -5, math.Pi / 2},
		{"behind the start the road is straight", -20, 0, 10, -25, math.Pi / 2},
		{"left of the line", 60, 3.5, 6.5, 55, math.Pi / 2},
		{"end of the arc", quarter, 0, 10 - 200, 95 + 200, math.Pi},
		{"inner side of the arc's end", quarter, 7, -190, 288, math.Pi},
		{"beyond the pieces", quarter + 150, 0, -340, 295, math.Pi},
	} {
		x, y, h := r.Pose(row.s, row.d)
		near(t, row.why+": x", x, row.x, 1e-6)
		near(t, row.why+": y", y, row.y, 1e-6)
		near(t, row.why+": heading", h, row.h, 1e-9)
	}
	near(t, "curvature on the arc", r.Curvature(200), k, 0)
	near(t, "curvature on the line", r.Curvature(50), 0, 0)
	near(t, "curvature beyond", r.Curvature(1e5), 0, 0)
}

// TestPoseIsContinuous walks a road of many pieces: a step of S is a step of that length.
func TestPoseIsContinuous(t *testing.T) {
	p := RoadPlan{Lanes: 1, LaneWidth: 3.5}
	for i := range 40 {
		k := 0.002 * float64(i%5-2)
		p.Pieces = append(p.Pieces, Piece{13.7, k, k}, Piece{31.1, k, 0.002 * float64((i+1)%5-2)})
	}
	r, err := NewRoad(p)
	if err != nil {
		t.Fatal(err)
	}
	px, py, ph := r.Pose(0, 0)
	for s := 0.5; s < r.Length()+10; s += 0.5 {
		x, y, h := r.Pose(s, 0)
		if d := math.Hypot(x-px, y-py); math.Abs(d-0.5) > 1e-5 || math.Abs(h-ph) > 0.01 {
			t.Fatalf("at %g m a step of 0.5 m is %g m long and turns by %g", s, d, h-ph)
		}
		px, py, ph = x, y, h
	}
}

func TestRoadIsChecked(t *testing.T) {
	ok := RoadPlan{Lanes: 3, LaneWidth: 3.5, Limit: 36, Pieces: []Piece{{100, 0, 0.01}}, Closures: []Closure{{1, 50, 90}}, Solids: []Solid{{0, 10, 20}}}
	r, err := NewRoad(ok)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why   string
		spoil func(*RoadPlan)
	}{
		{"no lane", func(p *RoadPlan) { p.Lanes = 0 }},
		{"lanes without width", func(p *RoadPlan) { p.LaneWidth = math.NaN() }},
		{"a piece of no length", func(p *RoadPlan) { p.Pieces = []Piece{{0, 0, 0}} }},
		{"a kink", func(p *RoadPlan) { p.Pieces = []Piece{{10, 1, 1}} }},
		{"too long", func(p *RoadPlan) { p.Pieces = []Piece{{MaxRoadLength, 0, 0}, {1, 0, 0}} }},
		{"a closure of a lane that is not", func(p *RoadPlan) { p.Closures = []Closure{{3, 5, 6}} }},
		{"a solid line beyond the last lane", func(p *RoadPlan) { p.Solids = []Solid{{2, 5, 6}} }},
		{"a negative limit", func(p *RoadPlan) { p.Limit = -1 }},
		{"nowhere", func(p *RoadPlan) { p.X = math.Inf(1) }},
	} {
		p := ok
		row.spoil(&p)
		if _, err := NewRoad(p); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", row.why, err)
		}
	}
	for _, row := range []struct {
		lane    int
		s, want float64
	}{{1, 0, 50}, {1, 60, 50}, {1, 91, 0}, {0, 0, 0}} {
		near(t, "closed at", r.Blocked(row.lane, row.s, 300), row.want, 0)
	}
	near(t, "closed out of sight", r.Blocked(1, 0, 40), 0, 0)
	for _, row := range []struct {
		lane int
		s    float64
		want bool
	}{{0, 5, true}, {0, 15, false}, {0, 20, true}, {1, 15, true}, {2, 0, false}, {-1, 0, false}} {
		if got := r.Crossable(row.lane, row.s); got != row.want {
			t.Errorf("line left of lane %d at %g m crossable: %v, want %v", row.lane, row.s, got, row.want)
		}
	}
	for d, lane := range map[float64]int{-9: 0, 0: 0, 1.7: 0, 1.8: 1, 7: 2, 99: 2} {
		if got := r.Lane(d); got != lane {
			t.Errorf("D %g is in lane %d, want %d", d, got, lane)
		}
	}
}
