package world

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// ulps is the distance of got from want in units in the last place of want, or of the smallest result that the argument
// can be told apart by.
func ulps(got, want, floor float64) float64 {
	unit := math.Nextafter(math.Abs(want), math.Inf(1)) - math.Abs(want)
	return math.Abs(got-want) / max(unit, floor)
}

func TestTrigAgainstMath(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var worst [5]float64
	for i := range 400_000 {
		x := (rng.Float64()*2 - 1) * []float64{1e-6, 0.1, Pi / 4, 4, 100, 1e4}[i%6]
		s, c := SinCos(x)
		worst[0] = max(worst[0], ulps(s, math.Sin(x), 0x1p-70))
		worst[1] = max(worst[1], ulps(c, math.Cos(x), 0x1p-70))
		worst[2] = max(worst[2], ulps(Tan(x), math.Tan(x), 0x1p-70))
		worst[3] = max(worst[3], ulps(Atan(x), math.Atan(x), 0))
		y := rng.Float64()*20 - 10
		worst[4] = max(worst[4], ulps(Atan2(y, x), math.Atan2(y, x), 0))
	}
	for i, name := range []string{"sin", "cos", "tan", "atan", "atan2"} {
		limit := []float64{2, 2, 4, 2, 3}[i] // both sides err
		if worst[i] > limit {
			t.Errorf("%s is off by %.2f units in the last place, limit %g", name, worst[i], limit)
		}
		t.Logf("%s: at most %.2f units in the last place from math", name, worst[i])
	}
}

func TestTrigAtItsEdges(t *testing.T) {
	for _, row := range []struct{ got, want float64 }{
		{Sin(0), 0}, {Cos(0), 1}, {Sin(Pi / 2), 1}, {Cos(Pi), -1}, {Tan(0), 0}, {Atan(1), Pi / 4}, {Atan(-1), -Pi / 4}, {Atan(math.Inf(1)), Pi / 2},
		{Atan2(0, 0), 0}, {Atan2(1, 0), Pi / 2}, {Atan2(-1, 0), -Pi / 2}, {Atan2(0, -1), Pi}, {Atan2(0, 1), 0}, {Atan2(-1, -1), -3 * Pi / 4},
	} {
		if row.got != row.want {
			t.Errorf("got %v, want %v", row.got, row.want)
		}
	}
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 2 * MaxAngle, Atan2(math.NaN(), 1), Atan2(1, math.NaN())} {
		if s, c := SinCos(x); s == s || c == c {
			t.Errorf("SinCos(%v) is %v, %v, want no number", x, s, c)
		}
	}
	if a := Atan(math.NaN()); a == a {
		t.Errorf("Atan of no number is %v", a)
	}
}

// TestTrigTrueError compares with power series in 300 bits.
func TestTrigTrueError(t *testing.T) {
	series := func(x float64, first int) *big.Float { // Σ ±xⁿ/n!, n from first in steps of 2
		z := big.NewFloat(x).SetPrec(300)
		sum, term := new(big.Float).SetPrec(300), big.NewFloat(1).SetPrec(300)
		if first == 1 {
			term.Set(z)
		}
		for n := first; n < 120; n += 2 {
			sum.Add(sum, term)
			term.Mul(term, z).Mul(term, z).Quo(term, big.NewFloat(float64((n+1)*(n+2)))).Neg(term)
		}
		return sum
	}
	rng := rand.New(rand.NewPCG(3, 4))
	worst := 0.0
	for i := range 6000 {
		x := (rng.Float64()*2 - 1) * []float64{0.3, Pi / 4, 9}[i%3]
		s, c := SinCos(x)
		for first, got := range map[int]float64{1: s, 0: c} {
			want := series(x, first)
			diff, _ := new(big.Float).Sub(big.NewFloat(got), want).Float64()
			near, _ := want.Float64()
			worst = max(worst, math.Abs(diff)/max(math.Nextafter(math.Abs(near), 2)-math.Abs(near), 0x1p-70))
		}
	}
	if t.Logf("sine and cosine are at most %.3f units in the last place off", worst); worst > 1.5 {
		t.Errorf("off by %.3f units in the last place, limit 1.5", worst)
	}
}
