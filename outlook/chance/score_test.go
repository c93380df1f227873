package chance

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func normals(seed uint64, n int) []float64 {
	r := rand.New(NewPCG(seed, 0))
	out := make([]float64, n)
	for i := range out {
		out[i] = r.NormFloat64()
	}
	return out
}

// TestCRPSAgainstNormalForm: the score of an ensemble tends to the closed form; at y = μ it is σ(√2−1)/√π.
func TestCRPSAgainstNormalForm(t *testing.T) {
	const n = 100_000
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = 3 + 2*Probit((float64(i)+0.5)/n)
	}
	for _, y := range []float64{-4, 1, 3, 3.7, 9} {
		if got, want := CRPS(xs, y), CRPSNormal(3, 2, y); math.Abs(got-want) > 1e-4 {
			t.Errorf("y = %g: ensemble %.6f, closed form %.6f", y, got, want)
		}
	}
	if got, want := CRPSNormal(0, 1, 0), (math.Sqrt2-1)/math.SqrtPi; math.Abs(got-want) > 1e-15 {
		t.Errorf("at the mean %v, want %v", got, want)
	}
}

// TestCRPSIsItsDefinition: E|X−y| − ½E|X−X'| by all pairs; and as the integral of the squared distance to the step at y.
func TestCRPSIsItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs := Sorted(rapid.SliceOfN(rapid.Float64Range(-50, 50), 1, 30).Draw(t, "xs"))
		y := rapid.Float64Range(-60, 60).Draw(t, "y")
		n := float64(len(xs))
		want := 0.0
		for _, a := range xs {
			want += math.Abs(a-y) / n
			for _, b := range xs {
				want -= math.Abs(a-b) / (2 * n * n)
			}
		}
		if got := CRPS(xs, y); math.Abs(got-want) > 1e-10 || got < -1e-12 {
			t.Fatalf("%v, want %v", got, want)
		}
		cuts := Sorted(append([]float64{y}, xs...))
		integral := 0.0
		for i := 1; i < len(cuts); i++ {
			_, k := countBelow(xs, cuts[i-1])
			d := float64(k) / n
			if cuts[i-1] >= y {
				d--
			}
			integral += d * d * (cuts[i] - cuts[i-1])
		}
		if math.Abs(integral-want) > 1e-9 {
			t.Fatalf("integral %v, want %v", integral, want)
		}
	})
}

func TestPIT(t *testing.T) {
	xs := []float64{1, 2, 2, 2, 5}
	for _, c := range []struct{ y, below, upTo, mid float64 }{{0, 0, 0, 0}, {1, 0, 0.2, 0.1}, {2, 0.2, 0.8, 0.5}, {3, 0.8, 0.8, 0.8}, {5, 0.8, 1, 0.9}, {9, 1, 1, 1}} {
		if p := PITOf(xs, c.y); math.Abs(p.Below-c.below) > 1e-15 || math.Abs(p.UpTo-c.upTo) > 1e-15 || math.Abs(p.Mid()-c.mid) > 1e-15 {
			t.Errorf("y = %g: %+v, want %g to %g", c.y, p, c.below, c.upTo)
		}
	}
}

// TestCalibrationTellsHonestFromSure: honest forecasts pass both tests, forecasts at half their true spread fail both and are called
// too narrow.
func TestCalibrationTellsHonestFromSure(t *testing.T) {
	ensemble := Sorted(normals(1, 2000))
	var honest, sure []PIT
	for _, y := range normals(2, 400) {
		honest = append(honest, PITOf(ensemble, y))
		sure = append(sure, PITOf(ensemble, 2*y))
	}
	h, s := Calibrate(honest, 10), Calibrate(sure, 10)
	if h.ChiP < 0.01 || h.KolmP < 0.01 {
		t.Errorf("honest: χ² %.2f (p %.4f), Kolmogorov %.3f (p %.4f)", h.ChiSq, h.ChiP, h.Kolm, h.KolmP)
	}
	if s.ChiP > 1e-6 || s.KolmP > 1e-3 || !s.Narrow {
		t.Errorf("too sure: χ² %.2f (p %.4g), Kolmogorov %.3f (p %.4g), narrow %v", s.ChiSq, s.ChiP, s.Kolm, s.KolmP, s.Narrow)
	}
	if c := Cover(honest, 0.9); c.Range.Low > 0.9 || c.Range.High < 0.9 {
		t.Errorf("honest: coverage %.3f in %+v misses 0.9", c.Rate, c.Range)
	}
	if c := Cover(sure, 0.9); c.Range.High > 0.8 {
		t.Errorf("too sure: coverage %.3f in %+v", c.Rate, c.Range)
	}
	total := 0.0
	for _, b := range h.Bins {
		total += b
	}
	if math.Abs(total-400) > 1e-9 {
		t.Errorf("the bins hold %g of 400 outcomes", total)
	}
	if e := Calibrate(nil, 10); e.ChiP != 1 || e.KolmP != 1 {
		t.Errorf("without outcomes nothing is rejected: %+v", e)
	}
}

// TestKolmogorovAndChiSquareTables: critical values of the tables.
func TestKolmogorovAndChiSquareTables(t *testing.T) {
	for x, p := range map[float64]float64{1.2238: 0.10, 1.3581: 0.05, 1.6276: 0.01} {
		if got := kolmogorov(x); math.Abs(got-p) > 5e-5 {
			t.Errorf("P(K > %g) = %.5f, table %.2f", x, got, p)
		}
	}
	// All 19 outcomes in the middle of one of ten bins: χ² = 9·19, far out.
	pits := make([]PIT, 19)
	for i := range pits {
		pits[i] = PIT{0.55, 0.55}
	}
	c := Calibrate(pits, 10)
	if math.Abs(c.ChiSq-171) > 1e-9 || c.ChiP > 1e-20 || math.Abs(c.Kolm-0.55) > 1e-12 || c.Narrow {
		t.Errorf("%+v", c)
	}
	two := Calibrate([]PIT{{0, 0}, {0, 0}, {0.9, 0.9}, {0.9, 0.9}}, 2)
	if two.ChiSq != 0 || two.ChiP != 1 {
		t.Errorf("two even bins: %+v", two)
	}
	one := Calibrate([]PIT{{0, 0}, {0, 0}, {0, 0}, {0.9, 0.9}}, 2)
	if one.ChiSq != 1 || math.Abs(one.ChiP-0.31731) > 1e-5 {
		t.Errorf("χ² 1 at one degree of freedom has p 0.31731, not %v (χ² %v)", one.ChiP, one.ChiSq)
	}
}

// TestWilson: the example of 10 hits in 20 at 95 % (0.2993, 0.7007) and 0 in 10 (0, 0.2775).
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		hits, n   int
		low, high float64
	}{{10, 20, 0.2993, 0.7007}, {0, 10, 0, 0.2775}, {10, 10, 0.7225, 1}, {0, 0, 0, 1}} {
		if got := Wilson(c.hits, c.n, 0.95); math.Abs(got.Low-c.low) > 5e-5 || math.Abs(got.High-c.high) > 5e-5 {
			t.Errorf("%d of %d: %+v, want %g to %g", c.hits, c.n, got, c.low, c.high)
		}
	}
}

// TestCVaRDiscrete: laws whose tail can be counted by hand.
func TestCVaRDiscrete(t *testing.T) {
	ten := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for _, c := range []struct {
		why           string
		x, w          []float64
		alpha, va, cv float64
	}{
		{"the worst fifth of ten equal losses is 9 and 10", ten, nil, 0.8, 8, 9.5},
		{"at 0.75 the atom of 8 is split: (0.05·8 + 0.1·9 + 0.1·10)/0.25", ten, nil, 0.75, 8, 9.2},
		{"alpha 0 is the mean", ten, nil, 0, 1, 5.5},
		{"a loss of 100 in one of 20, at 0.9: half the tail", []float64{0, 100}, []float64{0.95, 0.05}, 0.9, 0, 50},
		{"the same at 0.95 is all of it", []float64{0, 100}, []float64{0.95, 0.05}, 0.95, 0, 100},
		{"order and scale of weights do not matter", []float64{100, 0}, []float64{1, 19}, 0.9, 0, 50},
	} {
		va, cv, err := CVaR(c.x, c.w, c.alpha)
		if err != nil || math.Abs(cv-c.cv) > 1e-9 || va != c.va {
			t.Errorf("%s: VaR %v, CVaR %v, %v; want %v, %v", c.why, va, cv, err, c.va, c.cv)
		}
	}
	for _, c := range []struct {
		x, w  []float64
		alpha float64
	}{{nil, nil, 0.9}, {ten, nil, 1}, {ten, nil, math.NaN()}, {ten, []float64{1}, 0.5}, {[]float64{1}, []float64{-1}, 0.5}, {[]float64{math.Inf(1)}, nil, 0.5}} {
		if _, _, err := CVaR(c.x, c.w, c.alpha); err == nil {
			t.Errorf("%v %v at %v was accepted", c.x, c.w, c.alpha)
		}
	}
}

// TestCVaRIsTheMinimum over η of Rockafellar and Uryasev's function, is at least VaR and mean, and is coherent under a shift.
func TestCVaRIsTheMinimum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "n")
		x := rapid.SliceOfN(rapid.Float64Range(-100, 100), n, n).Draw(t, "x")
		w := rapid.SliceOfN(rapid.Float64Range(0.01, 1), n, n).Draw(t, "w")
		alpha := rapid.Float64Range(0, 0.99).Draw(t, "alpha")
		va, cv, err := CVaR(x, w, alpha)
		if err != nil {
			t.Fatal(err)
		}
		total, best := SumOf(w), math.Inf(1)
		for _, eta := range x { // the function is piecewise linear: its minimum is at a loss
			f := eta
			for i := range x {
				f += w[i] / total * math.Max(x[i]-eta, 0) / (1 - alpha)
			}
			best = math.Min(best, f)
		}
		if math.Abs(cv-best) > 1e-8 || cv < va-1e-9 {
			t.Fatalf("CVaR %v, minimum %v, VaR %v", cv, best, va)
		}
	})
}

func TestQuantiles(t *testing.T) {
	// numpy.quantile([15, 20, 35, 40, 50], [.05, .3, .4, .5, 1]) = 16, 23, 29, 35, 50 (type 7)
	xs := []float64{15, 20, 35, 40, 50}
	for u, want := range map[float64]float64{0: 15, 0.05: 16, 0.3: 23, 0.4: 29, 0.5: 35, 1: 50} {
		if got := QuantileOf(xs, u); math.Abs(got-want) > 1e-12 {
			t.Errorf("%g-quantile %v, want %v", u, got, want)
		}
	}
	if got := WeightedQuantile([]float64{3, 1, 2}, []float64{1, 1, 8}, 0.95); got != 3 {
		t.Errorf("weighted 95 %% quantile %v, want 3", got)
	}
	if got := WeightedQuantile([]float64{3, 1, 2}, []float64{1, 1, 8}, 0.9); got != 2 {
		t.Errorf("weighted 90 %% quantile %v, want 2", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		xs := rapid.SliceOfN(rapid.Float64Range(-9, 9), 1, 300).Draw(t, "xs")
		u := rapid.Float64Range(0, 1).Draw(t, "u")
		want := QuantileOf(Sorted(xs), u)
		if got := Select(xs, u); got != want {
			t.Fatalf("Select %v, sorted %v", got, want)
		}
	})
}

// TestSumIsCompensated: a sum that plain addition gets wrong, and bits that do not depend on how it was cut.
func TestSumIsCompensated(t *testing.T) {
	if got := SumOf([]float64{1, 1e100, 1, -1e100}); got != 2 {
		t.Errorf("1 + 1e100 + 1 − 1e100 = %v", got)
	}
	if got := VarianceOf([]float64{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}); got != 30 {
		t.Errorf("variance %v, want 30", got)
	}
	if got := SumOf([]float64{math.Inf(1), 1}); !math.IsInf(got, 1) {
		t.Errorf("∞ + 1 = %v", got)
	}
}

func TestHistogram(t *testing.T) {
	h := NewHistogram(0, 10, 5)
	h.Add([]float64{-1, 0, 1.9, 2, 9.99, 10, 10.1, math.NaN()})
	if h.Below != 1 || h.Above != 1 || h.Counts[0] != 2 || h.Counts[1] != 1 || h.Counts[4] != 2 {
		t.Errorf("%+v", h)
	}
}

func TestEstimates(t *testing.T) {
	if e := Scrambled([]float64{1, 2, 3, 4}); e.Value != 2.5 || math.Abs(e.SE-math.Sqrt(5.0/3/4)) > 1e-15 || e.N != 4 {
		t.Errorf("%+v", e)
	}
	if e := Scrambled([]float64{1}); !math.IsInf(e.SE, 1) {
		t.Errorf("one scramble has no known error: %+v", e)
	}
	for _, e := range []Estimate{{2.5, 0.1, 16}, {2.5, math.Inf(1), 1}} {
		b, err := json.Marshal(e)
		var back Estimate
		if err != nil || json.Unmarshal(b, &back) != nil || back != e {
			t.Errorf("%+v is written %s and read back as %+v: %v", e, b, back, err)
		}
	}
	if e := Proportion(20, 100); e.Value != 0.2 || math.Abs(e.SE-0.04) > 1e-15 {
		t.Errorf("%+v", e)
	}
}

func TestSeedsDiffer(t *testing.T) {
	seen := map[uint64]bool{}
	for run := range uint64(50) {
		for block := range uint64(400) {
			hi, lo := SeedFor(run, block)
			if seen[hi] || seen[lo] {
				t.Fatalf("run %d block %d repeats a seed", run, block)
			}
			seen[hi], seen[lo] = true, true
			if h, l := SeedFor(run, block); h != hi || l != lo {
				t.Fatal("not a function of run and block")
			}
		}
	}
}

// TestIshigami: the closed forms with a = 7, b = 0.1 are S₁ = 0.3139, 0.4424, 0 and S_T = 0.5576, 0.4424, 0.2437.
func TestIshigami(t *testing.T) {
	const n, k = 8192, 3
	f := func(x [][]float64) []float64 {
		out := make([]float64, n)
		for i := range out {
			x1, x2, x3 := math.Pi*(2*x[0][i]-1), math.Pi*(2*x[1][i]-1), math.Pi*(2*x[2][i]-1)
			out[i] = math.Sin(x1) + 7*math.Sin(x2)*math.Sin(x2) + 0.1*math.Pow(x3, 4)*math.Sin(x1)
		}
		return out
	}
	run := func(seed uint64) []Index {
		cols := columns(2*k, n)
		sequence(t, 2*k).Scramble(seed, 0).Fill(0, cols)
		a, b := cols[:k], cols[k:]
		ab := make([][]float64, k)
		for i := range ab {
			mixed := [][]float64{a[0], a[1], a[2]}
			mixed[i] = b[i]
			ab[i] = f(mixed)
		}
		idx, err := Indices(f(a), f(b), ab, 100, 7)
		if err != nil {
			t.Fatal(err)
		}
		return idx
	}
	first, total := [k]float64{0.31391, 0.44241, 0}, [k]float64{0.55759, 0.44241, 0.24368}
	for i, x := range run(1) {
		t.Logf("x%d: S1 %.4f ± %.4f (%.4f), ST %.4f ± %.4f (%.4f)", i+1, x.First.Value, x.First.SE, first[i], x.Total.Value, x.Total.SE, total[i])
		if math.Abs(x.First.Value-first[i]) > 3*x.First.SE || x.First.SE > 0.03 {
			t.Errorf("S1 of x%d: %.4f ± %.4f, closed form %.4f", i+1, x.First.Value, x.First.SE, first[i])
		}
		if math.Abs(x.Total.Value-total[i]) > 3*x.Total.SE || x.Total.SE > 0.03 {
			t.Errorf("ST of x%d: %.4f ± %.4f, closed form %.4f", i+1, x.Total.Value, x.Total.SE, total[i])
		}
		if x.Total.Value < x.TotalRange.Low || x.Total.Value > x.TotalRange.High || x.First.Value < x.FirstRange.Low || x.First.Value > x.FirstRange.High {
			t.Errorf("x%d: an index lies outside its own range: %+v", i+1, x)
		}
	}
	for i, x := range run(1) {
		if y := run(1)[i]; x != y {
			t.Errorf("the same seed gives another answer: %+v, %+v", x, y)
		}
	}
	if _, err := Indices([]float64{1, 1}, []float64{1, 1}, [][]float64{{1, 1}}, 10, 1); err == nil {
		t.Error("a model that does not vary has indices")
	}
	if _, err := Indices([]float64{1, 2}, []float64{1}, nil, 10, 1); err == nil {
		t.Error("sets of different size were accepted")
	}
}
