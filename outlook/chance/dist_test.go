package chance

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"

	"roadbook/fault"
)

func law(t testing.TB, text string) Dist {
	t.Helper()
	var s Spec
	if err := yaml.UnmarshalWithOptions([]byte(text), &s, yaml.DisallowUnknownField()); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	d, err := s.Dist()
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

// laws are one of each kind, and the awkward ones.
var laws = []string{
	"{dist: normal, mean: 3, sd: 2}",
	"{dist: normal, p5: -1, p95: 3}",
	"{dist: lognormal, p5: 24000, p95: 148000}",
	"{dist: lognormal, mean: 10, sd: 4}",
	"{dist: beta, a: 2, b: 5}",
	"{dist: beta, a: 0.5, b: 0.5, lo: -1, hi: 4}",
	"{dist: beta, a: 40, b: 3, lo: 0, hi: 100}",
	"{dist: pert, min: 1, mode: 2, max: 9}",
	"{dist: pert, min: 1, mode: 1, max: 9, lambda: 2}",
	"{dist: uniform, min: -2, max: 5}",
	"{dist: triangular, min: 0, mode: 1, max: 4}",
	"{dist: triangular, min: 0, mode: 4, max: 4}",
	"{dist: empirical, values: [3, 1, 2, 2]}",
	"{dist: empirical, values: [5, 1, 9], weights: [1, 0, 3]}",
	"{dist: mixture, weights: [0.7, 0.3], components: [{dist: normal, mean: 0, sd: 1}, {dist: normal, mean: 8, sd: 0.5}]}",
	"{dist: mixture, weights: [1, 1, 2], components: [{dist: uniform, min: 0, max: 1}, {dist: fixed, value: 3}, {dist: lognormal, p5: 5, p95: 7}]}",
	"{dist: mixture, weights: [1, 0], components: [{dist: pert, min: 1, mode: 2, max: 9}, {dist: uniform, min: -9, max: -8}]}",
}

// TestMomentsOfLaws: published or elementary mean and variance.
func TestMomentsOfLaws(t *testing.T) {
	for _, c := range []struct {
		text           string
		mean, variance float64
	}{
		{"{dist: fixed, value: 7}", 7, 0},
		{"{dist: normal, mean: 3, sd: 2}", 3, 4},
		{"{dist: lognormal, mean: 10, sd: 4}", 10, 16},
		{"{dist: beta, a: 2, b: 5}", 2.0 / 7, 10.0 / 392},
		{"{dist: pert, min: 1, mode: 2, max: 9}", 3, (3.0 - 1) * (9 - 3) / 7}, // (min+4·mode+max)/6; (µ−min)(max−µ)/7
		{"{dist: uniform, min: -2, max: 4}", 1, 3},
		{"{dist: triangular, min: 0, mode: 1, max: 5}", 2, 21.0 / 18},
		{"{dist: empirical, values: [3, 1, 2, 2]}", 2, 0.5},
		{"{dist: empirical, values: [5, 1, 9], weights: [1, 0, 3]}", 8, 3},
		{"{dist: mixture, weights: [3, 1], components: [{dist: fixed, value: 0}, {dist: uniform, min: 6, max: 10}]}", 2, 0.25*(16.0/12) + 0.75*4 + 0.25*36},
	} {
		d := law(t, c.text)
		if math.Abs(d.Mean()-c.mean) > 1e-12*(1+math.Abs(c.mean)) || math.Abs(d.Variance()-c.variance) > 1e-12*(1+c.variance) {
			t.Errorf("%s: mean %v, variance %v; want %v, %v", c.text, d.Mean(), d.Variance(), c.mean, c.variance)
		}
	}
	if d := law(t, "{dist: lognormal, p5: 1, p95: 3}"); math.Abs(d.CDF(1)-0.05) > 1e-12 || math.Abs(d.CDF(3)-0.95) > 1e-12 || math.Abs(d.Quantile(0.5)-math.Sqrt(3)) > 1e-12 {
		t.Errorf("lognormal by p5 and p95: CDF(1) = %v, CDF(3) = %v, median %v", d.CDF(1), d.CDF(3), d.Quantile(0.5))
	}
}

// TestMeanIsTheIntegralOfTheQuantile ties Quantile, Mean and Variance to each other: E X = ∫ Q(u) du, by midpoints.
func TestMeanIsTheIntegralOfTheQuantile(t *testing.T) {
	for _, text := range laws {
		d := law(t, text)
		const n = 8_000
		var s, ss Sum
		for i := range n {
			q := d.Quantile((float64(i) + 0.5) / n)
			s.Add(q / n)
			ss.Add((q - d.Mean()) * (q - d.Mean()) / n)
		}
		sd := math.Sqrt(d.Variance())
		if math.Abs(s.Value()-d.Mean()) > 2e-3*sd || math.Abs(ss.Value()-d.Variance()) > 2e-2*d.Variance() {
			t.Errorf("%s: mean %.6g by quantiles %.6g, variance %.6g by quantiles %.6g", text, d.Mean(), s.Value(), d.Variance(), ss.Value())
		}
	}
}

// TestQuantileInvertsCDF: Quantile(u) is the smallest x with CDF(x) ≥ u, for every law, and never falls.
func TestQuantileInvertsCDF(t *testing.T) {
	all := make([]Dist, len(laws))
	for i, text := range laws {
		all[i] = law(t, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, len(laws)-1).Draw(t, "law")
		d := all[i]
		u := rapid.Float64Range(1e-9, 1-1e-9).Draw(t, "u")
		v := rapid.Float64Range(1e-9, 1-1e-9).Draw(t, "v")
		x := d.Quantile(u)
		if d.CDF(x+1e-15*(1+math.Abs(x))) < u-1e-9 { // x is rounded
			t.Fatalf("%s: CDF(Quantile(%v)) = %v", laws[i], u, d.CDF(x))
		}
		step := 1e-7 * (1 + math.Abs(x))
		if d.CDF(x-step) > u+1e-9 {
			t.Fatalf("%s: CDF is already %v just below Quantile(%v) = %v", laws[i], d.CDF(x-step), u, x)
		}
		if (u < v) && d.Quantile(v) < x-1e-12*(1+math.Abs(x)) {
			t.Fatalf("%s: Quantile falls from %v to %v between %v and %v", laws[i], x, d.Quantile(v), u, v)
		}
	})
	for i, d := range all {
		if lo, hi := d.Quantile(0), d.Quantile(1); !(lo < hi) || !math.IsNaN(d.Quantile(math.NaN())) {
			t.Errorf("%s: support from %v to %v, Quantile(NaN) = %v", laws[i], lo, hi, d.Quantile(math.NaN()))
		}
	}
}

// TestMapAgreesWithTheLaw within the stated error, and never falls.
func TestMapAgreesWithTheLaw(t *testing.T) {
	for _, text := range append([]string{"{dist: fixed, value: 2}"}, laws...) {
		d := law(t, text)
		m := NewMap(d)
		const n = 12_001
		z, x := make([]float64, n), make([]float64, n)
		for i := range z {
			z[i] = -7 + 14*float64(i)/(n-1)
		}
		m.Normal(x, z)
		span := d.Quantile(Phi(6.3)) - d.Quantile(Phi(-6.3))
		worst := 0.0
		for i := range z {
			want := atNormal(d, z[i], math.NaN())
			if _, ok := d.(LogNormal); ok { // Quantile goes through Φ and back and is itself less sharp
				want = math.Exp(m.mu + m.sigma*z[i])
			}
			if n, ok := d.(Normal); ok {
				want = n.Mu + n.Sigma*z[i]
			}
			e := math.Abs(x[i]-want) / math.Max(span, math.Abs(want))
			if span == 0 {
				e = math.Abs(x[i] - want)
			}
			worst = math.Max(worst, e)
			if i > 0 && x[i] < x[i-1]-MapError*span {
				t.Fatalf("%s: falls at z = %v from %v to %v", text, z[i], x[i-1], x[i])
			}
		}
		t.Logf("%-60.60s worst error %.2g of the span, %.2g of values exact", text, worst, m.Exact())
		if worst > MapError {
			t.Errorf("%s: error %.3g of the span, stated below %g", text, worst, MapError)
		}
	}
}

func TestMapUniformIsTheQuantile(t *testing.T) {
	d := law(t, "{dist: pert, min: 1, mode: 2, max: 9}")
	u := []float64{0.001, 0.05, 0.5, 0.77, 0.999}
	x := make([]float64, len(u))
	NewMap(d).Uniform(x, u)
	for i := range u {
		if math.Abs(x[i]-d.Quantile(u[i])) > 1e-8 {
			t.Errorf("at %v: %v, law %v", u[i], x[i], d.Quantile(u[i]))
		}
	}
}

func TestSpecRefusals(t *testing.T) {
	for _, c := range []struct{ text, pointer, says string }{
		{"{dist: gamma}", "/x/dist", "none of fixed, normal"},
		{"{}", "/x/dist", "none of"},
		{"{dist: fixed}", "/x/value", "needs value"},
		{"{dist: fixed, value: .nan}", "/x/value", "finite"},
		{"{dist: normal, mean: 1}", "/x/sd", "needs sd"},
		{"{dist: normal, mean: 1, sd: 0}", "/x/sd", "above 0"},
		{"{dist: normal, p5: 1, p95: 2, sd: 3}", "/x/sd", "no use"},
		{"{dist: lognormal, p5: 3, p95: 3}", "/x/p5", "below p95"},
		{"{dist: lognormal, p5: -1, p95: 3}", "/x/p5", "above 0"},
		{"{dist: lognormal, p95: 3}", "/x/p5", "needs p5"},
		{"{dist: lognormal, mean: -1, sd: 3}", "/x/mean", "above 0"},
		{"{dist: lognormal, p5: 1e-300, p95: 1e300}", "/x", "finite mean"},
		{"{dist: beta, a: 0, b: 1}", "/x/a", "above 0"},
		{"{dist: beta, a: 1, b: 1, lo: 2}", "/x/hi", "needs hi"},
		{"{dist: beta, a: 1, b: 1, lo: 2, hi: 1}", "/x/lo", "below hi"},
		{"{dist: pert, min: 1, mode: 5, max: 3}", "/x/mode", "from min"},
		{"{dist: pert, min: 1, mode: 2, max: 3, lambda: -4}", "/x/lambda", "above 0"},
		{"{dist: uniform, min: 2, max: 1}", "/x/min", "below max"},
		{"{dist: uniform, min: -.inf, max: 1}", "/x/min", "finite"},
		{"{dist: triangular, min: 0, mode: 1}", "/x/max", "needs max"},
		{"{dist: empirical}", "/x/values", "1 to"},
		{"{dist: empirical, values: [1, .nan]}", "/x/values/1", "finite"},
		{"{dist: empirical, values: [1, 2], weights: [1]}", "/x/weights", "give one each"},
		{"{dist: empirical, values: [1, 2], weights: [1, -1]}", "/x/weights/1", "negative"},
		{"{dist: empirical, values: [1, 2], weights: [0, 0]}", "/x/weights", "positive"},
		{"{dist: mixture, weights: [1]}", "/x/components", "1 to"},
		{"{dist: mixture, components: [{dist: fixed, value: 1}]}", "/x/weights", "give one each"},
		{"{dist: mixture, weights: [1, 1], components: [{dist: fixed, value: 1}, {dist: uniform, min: 1, max: 0}]}", "/x/components/1/min", "below max"},
		{"{dist: uniform, min: 0, max: 1, values: [1]}", "/x/values", "no use"},
	} {
		var s Spec
		if err := yaml.Unmarshal([]byte(c.text), &s); err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		d, err := s.DistAt("/x")
		f, ok := err.(*fault.Error)
		if !ok {
			t.Errorf("%s: accepted as %v", c.text, d)
			continue
		}
		if f.Pointer != c.pointer || !strings.Contains(f.Detail, c.says) || f.Kind != fault.Invalid {
			t.Errorf("%s: %v; want %q at %s", c.text, err, c.says, c.pointer)
		}
	}
	deep := Known(1)
	for range MaxDepth + 1 {
		deep = Spec{Kind: KindMixture, Weights: []float64{1}, Components: []Spec{deep}}
	}
	if _, err := deep.Dist(); err == nil {
		t.Error("mixtures without end are accepted")
	}
}

// TestSpecAsJSON: what is written is read back, without the fields that the kind has no use for.
func TestSpecAsJSON(t *testing.T) {
	b, err := json.Marshal(LogNormalSpec(1, 3))
	if err != nil || string(b) != `{"dist":"lognormal","p5":1,"p95":3}` {
		t.Fatalf("%s, %v", b, err)
	}
	var s Spec
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	if d, err := s.Dist(); err != nil || math.Abs(d.Quantile(0.95)-3) > 1e-12 {
		t.Errorf("%v, %v", d, err)
	}
}

// FuzzSpec: whatever is written, a Spec is refused or gives a law whose quantiles are ordered inside its support.
func FuzzSpec(f *testing.F) {
	for _, text := range laws {
		f.Add([]byte(text))
	}
	f.Add([]byte("{dist: beta, a: 1e-9, b: 1e9}"))
	f.Add([]byte("{dist: uniform, min: -1.7e308, max: 1.7e308}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var s Spec
		if len(text) > 4096 || yaml.UnmarshalWithOptions(text, &s, yaml.DisallowUnknownField()) != nil {
			return
		}
		d, err := s.Dist()
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("%q: %v has no kind", text, err)
			}
			return
		}
		last := math.Inf(-1)
		for _, u := range []float64{0.01, 0.25, 0.5, 0.75, 0.99} {
			q := d.Quantile(u)
			if math.IsNaN(q) || q < last-1e-6*math.Abs(last) {
				t.Fatalf("%q: quantile %v at %v after %v", text, q, u, last)
			}
			last = q
		}
	})
}

func BenchmarkMap(b *testing.B) {
	cols := columns(2, Block)
	sequence(b, 1).Scramble(1, 1).FillNormal(0, cols[:1])
	for _, text := range []string{laws[2], laws[7], laws[14], laws[12]} {
		m := NewMap(law(b, text))
		b.Run(string(m.kind.name())+"/"+text[7:12], func(b *testing.B) {
			perItem(b, Block, "element", func() {
				for b.Loop() {
					m.Normal(cols[1], cols[0])
				}
			})
		})
	}
}

func (k mapKind) name() string { return []string{"table", "fixed", "normal", "lognormal"}[k] }

func BenchmarkNewMap(b *testing.B) {
	for _, text := range []string{laws[7], laws[14]} {
		d := law(b, text)
		b.Run(text[7:12], func(b *testing.B) {
			for b.Loop() {
				NewMap(d)
			}
		})
	}
}
