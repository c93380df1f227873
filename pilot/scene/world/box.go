package world

import "math"

func abs(x float64) float64  { return math.Abs(x) }
func sqrt(x float64) float64 { return math.Sqrt(x) }

// Box is an oriented rectangle.
type Box struct {
	X, Y, Sin, Cos float64 // centre and direction of its length
	Half, Side     float64 // half length, half width
}

// BoxAt returns the box of a thing at (x, y) with a heading in rad.
func BoxAt(x, y, heading, length, width float64) Box {
	b := Box{X: x, Y: y, Cos: 1, Half: length / 2, Side: width / 2}
	if heading != 0 {
		b.Sin, b.Cos = SinCos(heading)
	}
	return b
}

// Overlaps reports whether two boxes share a point, by the separating axis theorem.
func (b *Box) Overlaps(o *Box) bool {
	dx, dy := o.X-b.X, o.Y-b.Y
	cos := float64(b.Cos*o.Cos) + float64(b.Sin*o.Sin) // of the angle between them
	sin := float64(b.Cos*o.Sin) - float64(b.Sin*o.Cos)
	c, s := abs(cos), abs(sin)
	return abs(float64(dx*b.Cos)+float64(dy*b.Sin)) <= b.Half+(float64(o.Half*c)+float64(o.Side*s)) &&
		abs(float64(dy*b.Cos)-float64(dx*b.Sin)) <= b.Side+(float64(o.Half*s)+float64(o.Side*c)) &&
		abs(float64(dx*o.Cos)+float64(dy*o.Sin)) <= o.Half+(float64(b.Half*c)+float64(b.Side*s)) &&
		abs(float64(dy*o.Cos)-float64(dx*o.Sin)) <= o.Side+(float64(b.Half*s)+float64(b.Side*c))
}

// Reach returns how far a box reaches from its centre along x and along y.
func (b *Box) Reach() (x, y float64) {
	c, s := abs(b.Cos), abs(b.Sin)
	return float64(b.Half*c) + float64(b.Side*s), float64(b.Half*s) + float64(b.Side*c)
}

// Corner returns a corner: 0 front left, 1 front right, 2 rear right, 3 rear left.
func (b *Box) Corner(i int) (x, y float64) {
	l, w := b.Half, b.Side
	if i == 1 || i == 2 {
		w = -w
	}
	if i >= 2 {
		l = -l
	}
	return b.X + (float64(l*b.Cos) - float64(w*b.Sin)), b.Y + (float64(l*b.Sin) + float64(w*b.Cos))
}

// Cuts reports whether the segment from (x, y) by (dx, dy) meets the box.
func (b *Box) Cuts(x, y, dx, dy float64) bool {
	x, y = x-b.X, y-b.Y
	px, py := float64(x*b.Cos)+float64(y*b.Sin), float64(y*b.Cos)-float64(x*b.Sin)
	qx, qy := float64(dx*b.Cos)+float64(dy*b.Sin), float64(dy*b.Cos)-float64(dx*b.Sin)
	// middle and half of the segment against the box: the separating axis theorem with a box of no width
	qx, qy = float64(0.5*qx), float64(0.5*qy)
	px, py = px+qx, py+qy
	ax, ay := abs(qx), abs(qy)
	return abs(px) <= b.Half+ax && abs(py) <= b.Side+ay &&
		abs(float64(px*qy)-float64(py*qx)) <= float64(b.Half*ay)+float64(b.Side*ax)
}
