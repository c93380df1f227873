package world

import "math"

// nodeStep is the distance between two nodes of a road, m.
const nodeStep = 2.0

// node is a pose of the reference line at S = i × nodeStep.
type node struct{ x, y, sin, cos, heading float64 }

// layout integrates the reference line from node to node, within each piece by quadrature.
func (r *Road) layout() {
	p := &r.plan
	x, y, h := p.X, p.Y, p.Heading
	n := 1
	if r.curved {
		n = int(math.Ceil(r.Length()/nodeStep)) + 1
	}
	r.nodes = make([]node, 0, n)
	s := 0.0
	for i := 0; i < n; i++ {
		sin, cos := SinCos(h)
		r.nodes = append(r.nodes, node{x, y, sin, cos, h})
		for to := float64(i+1) * nodeStep; s < to; {
			k, rate, end := r.at(s)
			end = min(end, to)
			dx, dy, dh := clothoid(k, rate, end-s)
			sin, cos := SinCos(h)
			x, y, h = x+(float64(dx*cos)-float64(dy*sin)), y+(float64(dx*sin)+float64(dy*cos)), h+dh
			s = end
		}
	}
}

// at returns the curvature at s, its change per metre, and where both cease to hold.
func (r *Road) at(s float64) (k, rate, end float64) {
	if len(r.plan.Pieces) > 0 && s < r.Length() {
		i := r.piece(s)
		q := &r.plan.Pieces[i]
		rate = (q.To - q.From) / q.Length
		return q.From + float64(rate*(s-r.starts[i])), rate, r.starts[i+1]
	}
	return 0, 0, math.Inf(1)
}

// clothoid returns the pose at length l of a clothoid that starts at the origin along x with curvature k. Five-point
// Gauss-Legendre: for l of a few metres its error is far below a micrometre.
func clothoid(k, rate, l float64) (x, y, heading float64) {
	var sx, sy float64
	for i := range gauss5 {
		u := float64(l * gauss5[i][0])
		s, c := SinCos(float64(u * (k + float64(0.5*float64(rate*u)))))
		sx += float64(gauss5[i][1] * c)
		sy += float64(gauss5[i][1] * s)
	}
	return l * sx, l * sy, l * (k + float64(0.5*float64(rate*l)))
}

// gauss5 holds abscissas on [0, 1] and weights.
var gauss5 = [5][2]float64{
	{0.046910077030668004, 0.11846344252809454}, {0.23076534494715845, 0.23931433524968324}, {0.5, 0.28444444444444444},
	{0.7692346550528415, 0.23931433524968324}, {0.953089922969332, 0.11846344252809454},
}

// Pose returns the place and the heading, rad, of the road at (s, d).
func (r *Road) Pose(s, d float64) (x, y, heading float64) {
	n := &r.nodes[0]
	dx, dy, dh := s, 0.0, 0.0
	if r.curved && s > 0 {
		i := min(int(s/nodeStep), len(r.nodes)-1)
		n = &r.nodes[i]
		at := float64(i) * nodeStep
		dx, dy, dh = 0, 0, 0
		for at < s {
			k, rate, end := r.at(at)
			end = min(end, s)
			if k == 0 && rate == 0 {
				sin, cos := SinCos(dh)
				dx, dy = dx+float64((end-at)*cos), dy+float64((end-at)*sin)
			} else {
				ex, ey, eh := clothoid(k, rate, end-at)
				sin, cos := SinCos(dh)
				dx, dy, dh = dx+(float64(ex*cos)-float64(ey*sin)), dy+(float64(ex*sin)+float64(ey*cos)), dh+eh
			}
			at = end
		}
	}
	sin, cos := SinCos(dh)
	dx, dy = dx-float64(d*sin), dy+float64(d*cos)
	return n.x + (float64(dx*n.cos) - float64(dy*n.sin)), n.y + (float64(dx*n.sin) + float64(dy*n.cos)), n.heading + dh
}
