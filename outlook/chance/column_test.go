package chance

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

const prec = 160

// bigExp returns e^x to about 140 bits: the series after 32 halvings.
func bigExp(x *big.Float) *big.Float {
	r := new(big.Float).SetPrec(prec).SetMantExp(x, -32)
	sum := big.NewFloat(1).SetPrec(prec)
	term := big.NewFloat(1).SetPrec(prec)
	for i := 1; i < 30; i++ {
		term.Mul(term, r).Quo(term, new(big.Float).SetPrec(prec).SetInt64(int64(i)))
		sum.Add(sum, term)
	}
	// The halvings lose 32 bits of 160; e^x−1 would keep them, 128 are enough here.
	for range 32 {
		sum.Mul(sum, sum)
	}
	return sum
}

// bigLog returns ln x by Newton's step on bigExp, from the float's logarithm: 53 bits become 106.
func bigLog(x float64) *big.Float {
	y := new(big.Float).SetPrec(prec).SetFloat64(math.Log(x))
	for range 2 {
		e := bigExp(new(big.Float).SetPrec(prec).Neg(y))
		e.Mul(e, new(big.Float).SetPrec(prec).SetFloat64(x)).Sub(e, big.NewFloat(1))
		y.Add(y, e)
	}
	return y
}

func relative(got float64, want *big.Float) float64 {
	d := new(big.Float).SetPrec(prec).SetFloat64(got)
	d.Sub(d, want).Quo(d, want)
	f, _ := d.Float64()
	return math.Abs(f)
}

func TestExpAgainstBig(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	worst, at := 0.0, 0.0
	x, y := make([]float64, 1), make([]float64, 1)
	for i := range 6000 {
		switch i % 3 {
		case 0:
			x[0] = r.Float64()*1400 - 700
		case 1:
			x[0] = r.Float64()*8 - 4
		default:
			x[0] = math.Ldexp(r.Float64()-0.5, -r.IntN(40))
		}
		Exp(y, x)
		if e := relative(y[0], bigExp(new(big.Float).SetPrec(prec).SetFloat64(x[0]))); e > worst {
			worst, at = e, x[0]
		}
	}
	t.Logf("exp: worst relative error %.3g at %g", worst, at)
	if worst > 5e-16 {
		t.Errorf("exp: relative error %.3g at %g, stated below 5e-16", worst, at)
	}
}

func TestLogAgainstBig(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	worst, at := 0.0, 0.0
	x, y := make([]float64, 1), make([]float64, 1)
	for i := range 3000 {
		switch i % 3 {
		case 0:
			x[0] = math.Ldexp(1+r.Float64(), r.IntN(2040)-1020)
		case 1:
			x[0] = 0.5 + r.Float64()*1.5
		default:
			x[0] = 1 + math.Ldexp(r.Float64()-0.5, -r.IntN(40))
		}
		if x[0] == 1 {
			continue
		}
		Log(y, x)
		if e := relative(y[0], bigLog(x[0])); e > worst {
			worst, at = e, x[0]
		}
	}
	t.Logf("log: worst relative error %.3g at %g", worst, at)
	if worst > 2.5e-16 {
		t.Errorf("log: relative error %.3g at %g, stated below 2.5e-16", worst, at)
	}
}

// TestNormQuantileAgainstBig inverts Φ with one Newton step in high precision around the answer.
func TestNormQuantileAgainstBig(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	worst, worstRel, at := 0.0, 0.0, 0.0
	u, z := make([]float64, 1), make([]float64, 1)
	for i := range 1600 {
		switch i % 4 {
		case 0:
			u[0] = r.Float64()
		case 1:
			u[0] = math.Exp(-r.Float64() * 20)
		case 2:
			u[0] = 1 - math.Exp(-r.Float64()*20)
		default:
			u[0] = math.Exp(-r.Float64() * 600)
		}
		if u[0] <= 0 || u[0] >= 1 {
			continue
		}
		NormQuantile(z, u)
		d := phiError(z[0], u[0])
		if e := math.Abs(d); u[0] > 1e-3 && u[0] < 1-1e-3 {
			if e > worst {
				worst, at = e, u[0]
			}
		} else if e /= math.Abs(z[0]); e > worstRel {
			worstRel = e
		}
	}
	t.Logf("Φ⁻¹: worst absolute error %.3g at %g, relative further out %.3g", worst, at, worstRel)
	if worst > 2e-15 {
		t.Errorf("Φ⁻¹: absolute error %.3g at %g, stated below 2e-15", worst, at)
	}
	if worstRel > 1e-15 {
		t.Errorf("Φ⁻¹: relative error %.3g in the far tail, stated below 1e-15", worstRel)
	}
}

// phiError returns (Φ(z)−u)/φ(z), the error of z as an answer for u.
func phiError(z, u float64) float64 {
	p, target := bigPhi(-math.Abs(z)), new(big.Float).SetPrec(prec).SetFloat64(u)
	if z > 0 {
		target.Sub(big.NewFloat(1).SetPrec(prec), target)
	}
	d := new(big.Float).SetPrec(prec).Sub(p, target)
	zz := new(big.Float).SetPrec(prec).SetFloat64(z)
	half := new(big.Float).SetPrec(prec).Mul(zz, zz)
	half.Mul(half, big.NewFloat(-0.5))
	f, _ := d.Quo(d, bigExp(half)).Float64()
	return f * 2.5066282746310002
}

// bigPhi returns Φ(z) for z ≤ 0: the continued fraction of the tail below −3, ½ minus the series above.
func bigPhi(z float64) *big.Float {
	zz := new(big.Float).SetPrec(prec).SetFloat64(z)
	z2 := new(big.Float).SetPrec(prec).Mul(zz, zz)
	half := new(big.Float).SetPrec(prec).Mul(z2, big.NewFloat(-0.5))
	phi := bigExp(half)
	root, _, _ := big.ParseFloat("2.50662827463100050241576528481104525300698674060993831662992357634229365460784197494659583837805726611600997266520388", 10, prec, big.ToNearestEven)
	phi.Quo(phi, root)
	if z < -3 {
		a := new(big.Float).SetPrec(prec).Neg(zz)
		c := new(big.Float).SetPrec(prec).Set(a)
		for k := 400; k >= 1; k-- {
			t := new(big.Float).SetPrec(prec).SetInt64(int64(k))
			c.Quo(t, c).Add(c, a)
		}
		return phi.Quo(phi, c)
	}
	// Φ(z) = ½ + φ(z)·(z + z³/3 + z⁵/15 + …)
	term := new(big.Float).SetPrec(prec).Set(zz)
	sum := new(big.Float).SetPrec(prec).Set(zz)
	for k := int64(3); k < 260; k += 2 {
		term.Mul(term, z2).Quo(term, new(big.Float).SetPrec(prec).SetInt64(k))
		sum.Add(sum, term)
	}
	return phi.Mul(phi, sum).Add(phi, big.NewFloat(0.5))
}

func TestNormCDFAgainstBig(t *testing.T) {
	x, y := make([]float64, 1), make([]float64, 1)
	worst, at := 0.0, 0.0
	for i := range 801 {
		x[0] = float64(i-400) / 40
		NormCDF(y, x)
		want, _ := bigPhi(-math.Abs(x[0])).Float64()
		if x[0] > 0 {
			want = 1 - want
		}
		if e := math.Abs(y[0] - want); e > worst {
			worst, at = e, x[0]
		}
	}
	t.Logf("Φ: worst absolute error %.3g at %g", worst, at)
	if worst > 1e-15 {
		t.Errorf("Φ: absolute error %.3g at %g, stated below 1e-15", worst, at)
	}
}

func TestColumnEdges(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		name    string
		f       func(dst, x []float64)
		x, want float64
	}{
		{"exp", Exp, 0, 1}, {"exp", Exp, inf, inf}, {"exp", Exp, -inf, 0}, {"exp", Exp, nan, nan}, {"exp", Exp, 1000, inf},
		{"exp", Exp, -1000, 0}, {"exp", Exp, -745, math.Exp(-745)}, {"exp", Exp, 709.75, math.Exp(709.75)},
		{"log", Log, 1, 0}, {"log", Log, 0, -inf}, {"log", Log, -1, nan}, {"log", Log, inf, inf}, {"log", Log, nan, nan},
		{"log", Log, 5e-324, math.Log(5e-324)}, {"log", Log, math.MaxFloat64, math.Log(math.MaxFloat64)},
		{"quantile", NormQuantile, 0, -inf}, {"quantile", NormQuantile, 1, inf}, {"quantile", NormQuantile, 0.5, 0},
		{"quantile", NormQuantile, -0.1, nan}, {"quantile", NormQuantile, 1.1, nan}, {"quantile", NormQuantile, nan, nan},
		{"cdf", NormCDF, 0, 0.5}, {"cdf", NormCDF, inf, 1}, {"cdf", NormCDF, -inf, 0}, {"cdf", NormCDF, nan, nan},
	} {
		y := []float64{c.x}
		c.f(y, y)
		if math.Abs(y[0]-c.want) > 1e-15 || math.IsNaN(y[0]) != math.IsNaN(c.want) {
			t.Errorf("%s(%g) = %g, want %g", c.name, c.x, y[0], c.want)
		}
	}
}

// TestColumnsDoNotDependOnTheCut: the same elements give the same bits in any split.
func TestColumnsDoNotDependOnTheCut(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for name, f := range map[string]func(dst, x []float64){"exp": Exp, "log": Log, "quantile": NormQuantile, "cdf": NormCDF} {
		x := make([]float64, 1000)
		for i := range x {
			x[i] = r.Float64()
		}
		whole := make([]float64, len(x))
		f(whole, x)
		for trial := range 20 {
			got := make([]float64, len(x))
			for from := 0; from < len(x); {
				to := min(len(x), from+1+r.IntN(1+20*trial))
				f(got[from:to], x[from:to])
				from = to
			}
			for i := range got {
				if math.Float64bits(got[i]) != math.Float64bits(whole[i]) {
					t.Fatalf("%s: element %d differs when the column is cut", name, i)
				}
			}
		}
		f(x, x)
		if x[500] != whole[500] {
			t.Errorf("%s: not in place", name)
		}
	}
}

func BenchmarkColumn(b *testing.B) {
	r := rand.New(rand.NewPCG(9, 10))
	u, x, y := make([]float64, 256), make([]float64, 256), make([]float64, 256)
	for i := range u {
		u[i] = r.Float64()
		x[i] = r.NormFloat64()
	}
	loop := func(f func(float64) float64) func(dst, x []float64) {
		return func(dst, x []float64) {
			for i, v := range x {
				dst[i] = f(v)
			}
		}
	}
	for _, c := range []struct {
		name string
		f    func(dst, x []float64)
		in   []float64
	}{
		{"Exp", Exp, x}, {"math.Exp", loop(math.Exp), x}, {"Log", Log, u}, {"math.Log", loop(math.Log), u},
		{"NormQuantile", NormQuantile, u}, {"math.Erfinv", loop(math.Erfinv), x}, {"NormCDF", NormCDF, x}, {"math.Erfc", loop(math.Erfc), x},
	} {
		b.Run(fmt.Sprint(c.name), func(b *testing.B) {
			perItem(b, 256, "element", func() {
				for b.Loop() {
					c.f(y, c.in)
				}
			})
		})
	}
}
