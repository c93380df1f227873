package world

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// meets is the brute force: convex polygons meet when a corner of one lies in the other or two edges cross.
func meets(a, b *Box) bool {
	in := func(b *Box, x, y float64) bool {
		x, y = x-b.X, y-b.Y
		return math.Abs(x*b.Cos+y*b.Sin) <= b.Half && math.Abs(y*b.Cos-x*b.Sin) <= b.Side
	}
	for i := range 4 {
		if x, y := a.Corner(i); in(b, x, y) {
			return true
		}
		if x, y := b.Corner(i); in(a, x, y) {
			return true
		}
	}
	for i := range 4 {
		x1, y1 := a.Corner(i)
		x2, y2 := a.Corner((i + 1) % 4)
		for j := range 4 {
			x3, y3 := b.Corner(j)
			x4, y4 := b.Corner((j + 1) % 4)
			if crosses(x1, y1, x2, y2, x3, y3, x4, y4) {
				return true
			}
		}
	}
	return false
}

func crosses(x1, y1, x2, y2, x3, y3, x4, y4 float64) bool {
	side := func(ax, ay, bx, by, cx, cy float64) float64 { return (bx-ax)*(cy-ay) - (by-ay)*(cx-ax) }
	return side(x1, y1, x2, y2, x3, y3)*side(x1, y1, x2, y2, x4, y4) < 0 && side(x3, y3, x4, y4, x1, y1)*side(x3, y3, x4, y4, x2, y2) < 0
}

func drawBox(t *rapid.T, name string) Box {
	f := func(part string, lo, hi float64) float64 { return rapid.Float64Range(lo, hi).Draw(t, name+" "+part) }
	return BoxAt(f("x", -6, 6), f("y", -4, 4), f("heading", -7, 7), f("length", 0.2, 9), f("width", 0.2, 4))
}

func TestOverlapAgainstBruteForce(t *testing.T) {
	met, apart := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawBox(t, "a"), drawBox(t, "b")
		got, back, want := a.Overlaps(&b), b.Overlaps(&a), meets(&a, &b)
		if got != back {
			t.Fatalf("a overlaps b: %v, b overlaps a: %v", got, back)
		}
		if got != want { // a touch within rounding may go either way
			big, small := a, a
			big.Half, big.Side, small.Half, small.Side = a.Half+1e-9, a.Side+1e-9, a.Half-1e-9, a.Side-1e-9
			if meets(&big, &b) == meets(&small, &b) {
				t.Fatalf("%+v and %+v overlap: %v, brute force %v", a, b, got, want)
			}
		}
		if want {
			met++
		} else {
			apart++
		}
	})
	if met == 0 || apart == 0 {
		t.Fatalf("%d pairs met, %d did not: one case was never tried", met, apart)
	}
}

func TestCutsAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBox(t, "box")
		f := func(part string) float64 { return rapid.Float64Range(-10, 10).Draw(t, part) }
		x, y, dx, dy := f("x"), f("y"), f("dx"), f("dy")
		want := func(grow float64) bool { // a segment is a box without width
			c := b
			c.Half, c.Side = b.Half+grow, b.Side+grow
			s := BoxAt(x+dx/2, y+dy/2, math.Atan2(dy, dx), math.Hypot(dx, dy), 0)
			return meets(&c, &s)
		}
		if got := b.Cuts(x, y, dx, dy); got != want(0) && want(1e-9) == want(-1e-9) {
			t.Fatalf("%+v cut by (%g, %g) + (%g, %g): %v, brute force %v", b, x, y, dx, dy, got, want(0))
		}
	})
}

func TestReachAndCorners(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBox(t, "box")
		rx, ry := b.Reach()
		var mx, my float64
		for i := range 4 {
			x, y := b.Corner(i)
			mx, my = max(mx, math.Abs(x-b.X)), max(my, math.Abs(y-b.Y))
		}
		if math.Abs(mx-rx) > 1e-9 || math.Abs(my-ry) > 1e-9 {
			t.Fatalf("%+v reaches %g, %g, its corners %g, %g", b, rx, ry, mx, my)
		}
	})
}
