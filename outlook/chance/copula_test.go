package chance

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"roadbook/fault"
)

// TestRepairAgainstHigham: the examples of Higham (2002), sections 4 and 1.
func TestRepairAgainstHigham(t *testing.T) {
	got, rep, err := Repair([][]float64{{1, 1, 0}, {1, 1, 1}, {0, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]float64{{1, 0.7607, 0.1573}, {0.7607, 1, 0.7607}, {0.1573, 0.7607, 1}}
	for i := range want {
		for j := range want {
			if math.Abs(got[i][j]-want[i][j]) > 5e-5 {
				t.Errorf("entry (%d,%d) is %.5f, published %.4f", i, j, got[i][j], want[i][j])
			}
		}
	}
	if math.Abs(rep.Distance-0.5278) > 5e-5 {
		t.Errorf("distance %.5f, published 0.5278", rep.Distance)
	}
	if !rep.Changed || rep.Row != 0 || rep.Col != 1 && rep.Col != 2 || math.Abs(rep.Largest-0.2393) > 5e-5 || rep.Before == rep.After {
		t.Errorf("report %+v: expected the largest change to be 0.2393", rep)
	}
}

func TestPossibleMatrixIsNotTouched(t *testing.T) {
	in := [][]float64{{1, 0.5, -0.2}, {0.5, 1, 0.3}, {-0.2, 0.3, 1}}
	out, rep, err := Repair(in)
	if err != nil || rep.Changed || rep.Distance != 0 {
		t.Fatalf("%+v, %v", rep, err)
	}
	for i := range in {
		for j := range in {
			if in[i][j] != out[i][j] {
				t.Errorf("entry (%d,%d) changed", i, j)
			}
		}
	}
}

func TestCorrelationRefused(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		why     string
		m       [][]float64
		pointer string
		says    string
	}{
		{"empty", nil, "/c", "1 to 200 rows"},
		{"not square", [][]float64{{1, 0}, {0}}, "/c/1", "square"},
		{"above one", [][]float64{{1, 1.2}, {1.2, 1}}, "/c/0/1", "-1 to 1, not 1.2"},
		{"not a number", [][]float64{{1, nan}, {nan, 1}}, "/c/0/1", "NaN"},
		{"diagonal", [][]float64{{1, 0}, {0, 0.9}}, "/c/1/1", "diagonal"},
		{"mirror", [][]float64{{1, 0.3}, {0.4, 1}}, "/c/1/0", "mirror"},
		{"three that contradict, and two that do not matter", [][]float64{
			{1, 0, 0, 0.1, 0},
			{0, 1, 0.9, 0, 0.9},
			{0, 0.9, 1, 0, -0.9},
			{0.1, 0, 0, 1, 0},
			{0, 0.9, -0.9, 0, 1}}, "/c", "rows 1, 2 and 4 contradict"},
	} {
		_, err := NewCopula(c.m, "/c")
		var f *fault.Error
		if err == nil {
			t.Errorf("%s: accepted", c.why)
			continue
		}
		f = err.(*fault.Error)
		if f.Pointer != c.pointer || !strings.Contains(f.Detail, c.says) {
			t.Errorf("%s: %v; want %q at %s", c.why, err, c.says, c.pointer)
		}
	}
}

// drawMatrix draws a symmetric matrix of correlations, most of which are impossible.
func drawMatrix(t *rapid.T) [][]float64 {
	n := rapid.IntRange(2, 9).Draw(t, "n")
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
		m[i][i] = 1
		for j := range i {
			m[i][j] = float64(rapid.IntRange(-20, 20).Draw(t, "ρ·20")) / 20
			m[j][i] = m[i][j]
		}
	}
	return m
}

// TestRepairedIsPossibleAndNearest: what Repair returns can be factored, reproduces itself as L·Lᵀ, and no possible matrix on the way
// from it to another possible one is nearer (the projection onto a convex set makes an obtuse angle).
func TestRepairedIsPossibleAndNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMatrix(t)
		fixed, rep, err := Repair(m)
		if err != nil {
			t.Fatal(err)
		}
		if set := Contradiction(m); (set == nil) == rep.Changed {
			t.Fatalf("contradiction %v but changed = %v", set, rep.Changed)
		}
		c, err := NewPearsonCopula(fixed, "")
		if err != nil {
			t.Fatalf("the repaired matrix is refused: %v", err)
		}
		l := c.Lower()
		for i := range m {
			for j := 0; j <= i; j++ {
				if got := dotOf(l[i][:j+1], l[j]); math.Abs(got-fixed[i][j]) > 1e-6 {
					t.Fatalf("L·Lᵀ (%d,%d) = %g, matrix %g", i, j, got, fixed[i][j])
				}
			}
		}
		other := drawMatrix(t)
		if len(other) != len(m) {
			return
		}
		if other, _, err = Repair(other); err != nil {
			t.Fatal(err)
		}
		angle := 0.0
		for i := range m {
			for j := range m {
				angle += (m[i][j] - fixed[i][j]) * (other[i][j] - fixed[i][j])
			}
		}
		if angle > 1e-7 {
			t.Fatalf("a possible matrix lies on the near side: angle %g", angle)
		}
	})
}

// TestCopulaReachesItsRankCorrelations: 2^14 points of a scramble, mapped by the copula, have the rank correlations asked for.
func TestCopulaReachesItsRankCorrelations(t *testing.T) {
	want := [][]float64{{1, 0.6, -0.3}, {0.6, 1, 0.2}, {-0.3, 0.2, 1}}
	c, err := NewCopula(want, "")
	if err != nil {
		t.Fatal(err)
	}
	const n = 1 << 14
	cols := columns(3, n)
	sequence(t, 3).Scramble(8, 0).FillNormal(0, cols)
	c.Apply(cols)
	for i := range 3 {
		if v := VarianceOf(cols[i]); math.Abs(v-1) > 0.02 {
			t.Errorf("variance of input %d is %.4f", i, v)
		}
		for j := range i {
			if got := rankCorrelation(cols[i], cols[j]); math.Abs(got-want[i][j]) > 0.005 {
				t.Errorf("rank correlation of %d and %d is %.4f, asked for %.2f", i, j, got, want[i][j])
			}
		}
	}
}

func rankCorrelation(a, b []float64) float64 {
	r := func(xs []float64) []float64 {
		s := Sorted(xs)
		out := make([]float64, len(xs))
		for i, x := range xs {
			k, _ := countBelow(s, x)
			out[i] = float64(k) - float64(len(xs)-1)/2
		}
		return out
	}
	x, y := r(a), r(b)
	return dotOf(x, y) / math.Sqrt(dotOf(x, x)*dotOf(y, y))
}

func TestSpearmanAndBack(t *testing.T) {
	m := [][]float64{{1, 0.37, -1}, {0.37, 1, 1}, {-1, 1, 1}}
	back := Spearman(Pearson(m))
	for i := range m {
		for j := range m {
			if math.Abs(back[i][j]-m[i][j]) > 1e-15 {
				t.Errorf("(%d,%d): %g → %g", i, j, m[i][j], back[i][j])
			}
		}
	}
	if p := Pearson([][]float64{{1, 0.5}, {0.5, 1}})[0][1]; math.Abs(p-0.5176380902050415) > 1e-15 {
		t.Errorf("ρ_S = 0.5 gives %v, 2·sin(π/12) = 0.51764", p)
	}
}

// TestBridgeIsOrthogonal: the map from normals to increments keeps lengths and angles, its first input alone decides the sum.
func TestBridgeIsOrthogonal(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 12, 60, 64} {
		b := NewBridge(n)
		z, dw := columns(n, n), columns(n, n)
		for k := range n {
			z[k][k] = 1 // path k is driven by normal k alone
		}
		b.Increments(dw, z)
		for i := range n {
			for j := range n {
				want, got := 0.0, 0.0
				if i == j {
					want = 1
				}
				for s := range n {
					got += dw[s][i] * dw[s][j]
				}
				if math.Abs(got-want) > 1e-12 {
					t.Fatalf("n = %d: paths %d and %d have product %g", n, i, j, got)
				}
			}
			end := 0.0
			for s := range n {
				end += dw[s][i]
			}
			if want := math.Sqrt(float64(n)); i == 0 && math.Abs(end-want) > 1e-12 || i > 0 && math.Abs(end) > 1e-12 {
				t.Errorf("n = %d: normal %d moves the end by %g", n, i, end)
			}
		}
	}
}

// TestOUAgainstClosedForm walks exact steps and compares moments and covariance at two times, within the standard error.
func TestOUAgainstClosedForm(t *testing.T) {
	p := OU{Kappa: 1.2, Mu: math.Log(80), Sigma: 0.55}
	const n, dt, x0 = 1 << 14, 0.25, 5.5
	r := rand.New(NewPCG(4, 0))
	x, z := make([]float64, n), make([]float64, n)
	for i := range x {
		x[i] = x0
	}
	decay, sd := p.Step(dt)
	var early []float64
	for s := 1; s <= 12; s++ {
		for i := range z {
			z[i] = r.NormFloat64()
		}
		p.Column(x, z, decay, sd)
		if s == 4 {
			early = append(early, x...)
		}
	}
	mean, variance := p.Moments(x0, 12*dt)
	if se := math.Sqrt(variance / n); math.Abs(MeanOf(x)-mean) > 4*se {
		t.Errorf("mean %.5f, closed form %.5f ± %.5f", MeanOf(x), mean, se)
	}
	if se := variance * math.Sqrt(2.0/n); math.Abs(VarianceOf(x)-variance) > 4*se {
		t.Errorf("variance %.5f, closed form %.5f ± %.5f", VarianceOf(x), variance, se)
	}
	prod := make([]float64, n)
	m1, _ := p.Moments(x0, 4*dt)
	for i := range prod {
		prod[i] = (early[i] - m1) * (x[i] - mean)
	}
	if se := math.Sqrt(VarianceOf(prod) / n); math.Abs(MeanOf(prod)-p.Covariance(4*dt, 12*dt)) > 4*se {
		t.Errorf("covariance %.5f, closed form %.5f ± %.5f", MeanOf(prod), p.Covariance(4*dt, 12*dt), se)
	}
	Exp(x, x)
	if se := math.Sqrt(VarianceOf(x) / n); math.Abs(MeanOf(x)-p.PriceMean(x0, 12*dt)) > 4*se {
		t.Errorf("mean price %.3f, closed form %.3f ± %.3f", MeanOf(x), p.PriceMean(x0, 12*dt), se)
	}
	if m, v := p.Stationary(); m != p.Mu || math.Abs(v-0.55*0.55/2.4) > 1e-15 {
		t.Errorf("stationary %g, %g", m, v)
	}
	if d, s := (OU{Sigma: 2}).Step(9); d != 1 || s != 6 {
		t.Errorf("without return it is Brownian: decay %g, sd %g", d, s)
	}
}

// TestOUStepsCompose: two steps are one of the sum, for any parameters.
func TestOUStepsCompose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := OU{rapid.Float64Range(0, 20).Draw(t, "κ"), rapid.Float64Range(-5, 9).Draw(t, "μ"), rapid.Float64Range(0, 3).Draw(t, "σ")}
		if err := p.Check(""); err != nil {
			t.Fatal(err)
		}
		a, b, x := rapid.Float64Range(0, 5).Draw(t, "a"), rapid.Float64Range(0, 5).Draw(t, "b"), rapid.Float64Range(-5, 9).Draw(t, "x")
		m1, v1 := p.Moments(x, a)
		m2, v2 := p.Moments(m1, b)
		d, _ := p.Step(b)
		m, v := p.Moments(x, a+b)
		if math.Abs(m-m2) > 1e-12*(1+math.Abs(m)) || math.Abs(v-(v1*d*d+v2)) > 1e-12*(1+v) {
			t.Fatalf("mean %g or %g, variance %g or %g", m, m2, v, v1*d*d+v2)
		}
	})
}

func BenchmarkCopula(b *testing.B) {
	const k = 24
	m := make([][]float64, k)
	for i := range m {
		m[i] = make([]float64, k)
		for j := range m[i] {
			m[i][j] = math.Pow(0.6, math.Abs(float64(i-j)))
		}
	}
	c, err := NewCopula(m, "")
	if err != nil {
		b.Fatal(err)
	}
	cols := columns(k, Block)
	perItem(b, Block, "path", func() {
		for b.Loop() {
			c.Apply(cols)
		}
	})
}

func BenchmarkBridge(b *testing.B) {
	br := NewBridge(60)
	z, dw := columns(60, Block), columns(60, Block)
	perItem(b, Block, "path", func() {
		for b.Loop() {
			br.Increments(dw, z)
		}
	})
}
