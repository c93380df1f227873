package chance

import (
	"math"
	"strconv"

	"roadbook/fault"
)

// Kind names a family of laws in a Spec.
type Kind string

// The kinds, each with the fields that it needs.
const (
	KindFixed      Kind = "fixed"      // value
	KindNormal     Kind = "normal"     // mean and sd, or p5 and p95
	KindLogNormal  Kind = "lognormal"  // p5 and p95, or mean and sd of the figure itself (not of its logarithm)
	KindBeta       Kind = "beta"       // a, b; lo and hi, 0 and 1 when absent
	KindPERT       Kind = "pert"       // min, mode, max; lambda, 4 when absent
	KindUniform    Kind = "uniform"    // min, max
	KindTriangular Kind = "triangular" // min, mode, max
	KindEmpirical  Kind = "empirical"  // values; weights, equal when absent
	KindMixture    Kind = "mixture"    // weights, components
)

// Kinds lists every kind.
var Kinds = []Kind{KindFixed, KindNormal, KindLogNormal, KindBeta, KindPERT, KindUniform, KindTriangular, KindEmpirical, KindMixture}

// Limits of a Spec.
const (
	MaxValues     = 100_000 // of an empirical law
	MaxComponents = 64      // of a mixture
	MaxDepth      = 4       // of mixtures within mixtures
)

// Spec is the written form of a law: {dist: lognormal, p5: 1, p95: 3}. A field that the kind does not use is refused, so that a
// misplaced bound is not silently without effect. All numbers are in the unit of the figure.
type Spec struct {
	Kind Kind `json:"dist" yaml:"dist"`

	Value *float64 `json:"value,omitempty" yaml:"value,omitempty"`
	Mean  *float64 `json:"mean,omitempty" yaml:"mean,omitempty"`
	SD    *float64 `json:"sd,omitempty" yaml:"sd,omitempty"`
	P5    *float64 `json:"p5,omitempty" yaml:"p5,omitempty"`
	P95   *float64 `json:"p95,omitempty" yaml:"p95,omitempty"`

	A      *float64 `json:"a,omitempty" yaml:"a,omitempty"`
	B      *float64 `json:"b,omitempty" yaml:"b,omitempty"`
	Low    *float64 `json:"lo,omitempty" yaml:"lo,omitempty"`
	High   *float64 `json:"hi,omitempty" yaml:"hi,omitempty"`
	Min    *float64 `json:"min,omitempty" yaml:"min,omitempty"`
	Mode   *float64 `json:"mode,omitempty" yaml:"mode,omitempty"`
	Max    *float64 `json:"max,omitempty" yaml:"max,omitempty"`
	Lambda *float64 `json:"lambda,omitempty" yaml:"lambda,omitempty"`

	Values     []float64 `json:"values,omitempty" yaml:"values,omitempty"`
	Weights    []float64 `json:"weights,omitempty" yaml:"weights,omitempty"`
	Components []Spec    `json:"components,omitempty" yaml:"components,omitempty"`
}

// Known returns the Spec of a figure without uncertainty.
func Known(value float64) Spec { return Spec{Kind: KindFixed, Value: &value} }

// LogNormalSpec returns the Spec of a lognormal law by its 5 % and 95 % quantiles.
func LogNormalSpec(p5, p95 float64) Spec { return Spec{Kind: KindLogNormal, P5: &p5, P95: &p95} }

// NormalSpec returns the Spec of a normal law by its mean and standard deviation.
func NormalSpec(mean, sd float64) Spec { return Spec{Kind: KindNormal, Mean: &mean, SD: &sd} }

// Z95 is the standard normal's 95 % quantile.
const Z95 = 1.6448536269514722

// Dist returns the law, or a fault whose pointer is relative to the Spec: "/p5".
func (s Spec) Dist() (Dist, error) { return s.DistAt("") }

// DistAt is Dist with pointers below at, the JSON pointer of the Spec in its document.
func (s Spec) DistAt(at string) (Dist, error) { return s.dist(at, 0) }

func (s Spec) dist(at string, depth int) (Dist, error) {
	f := fields{at: at, kind: s.Kind, has: map[string]*float64{
		"value": s.Value, "mean": s.Mean, "sd": s.SD, "p5": s.P5, "p95": s.P95, "a": s.A, "b": s.B, "lo": s.Low, "hi": s.High,
		"min": s.Min, "mode": s.Mode, "max": s.Max, "lambda": s.Lambda,
	}}
	var d Dist
	switch s.Kind {
	case KindFixed:
		d = Fixed{f.need("value")}
	case KindNormal:
		if s.P5 != nil || s.P95 != nil {
			lo, hi := f.ordered("p5", "p95")
			d = Normal{Mu: lo + (hi-lo)/2, Sigma: (hi - lo) / (2 * Z95)}
			break
		}
		d = Normal{Mu: f.need("mean"), Sigma: f.positive("sd")}
	case KindLogNormal:
		if s.P5 != nil || s.P95 != nil {
			lo, hi := f.ordered("p5", "p95")
			f.positive("p5")
			l, h := math.Log(lo), math.Log(hi)
			d = LogNormal{Mu: l + (h-l)/2, Sigma: (h - l) / (2 * Z95)}
			break
		}
		m, sd := f.positive("mean"), f.positive("sd")
		v := math.Log1p((sd / m) * (sd / m))
		d = LogNormal{Mu: math.Log(m) - v/2, Sigma: math.Sqrt(v)}
	case KindBeta:
		b := Beta{A: f.positive("a"), B: f.positive("b"), Low: 0, High: 1}
		if s.Low != nil || s.High != nil {
			b.Low, b.High = f.ordered("lo", "hi")
		}
		d = b
	case KindPERT:
		lo, mode, hi := f.three()
		lambda := 4.0
		if s.Lambda != nil {
			lambda = f.positive("lambda")
		}
		d = NewPERT(lo, mode, hi, lambda)
	case KindUniform:
		lo, hi := f.ordered("min", "max")
		d = Uniform{lo, hi}
	case KindTriangular:
		lo, mode, hi := f.three()
		d = Triangular{lo, mode, hi}
	case KindEmpirical:
		f.list("values", s.Values, MaxValues, false)
		f.weights(s.Weights, len(s.Values), "values", true)
		if f.err == nil {
			d = NewEmpirical(s.Values, s.Weights)
		}
	case KindMixture:
		d = f.mixture(s, depth)
	default:
		return nil, fault.New(fault.Invalid, "dist", "dist %.40q is none of %s", s.Kind, kindList()).At(at + "/dist")
	}
	f.unused(s)
	if f.err != nil {
		return nil, f.err
	}
	if m, v := d.Mean(), d.Variance(); math.IsNaN(m) || math.IsInf(m, 0) || math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, fault.New(fault.Invalid, "dist", "this %s law has no finite mean and variance in 64-bit floats: %g, %g", s.Kind, m, v).At(at)
	}
	return d, nil
}

func kindList() string {
	out := ""
	for i, k := range Kinds {
		if i > 0 {
			out += ", "
		}
		out += string(k)
	}
	return out
}

// fields reads a Spec's numbers and keeps the first thing that is wrong with them.
type fields struct {
	at    string
	kind  Kind
	has   map[string]*float64
	used  []string
	lists []string
	err   error
}

func (f *fields) fail(name, format string, args ...any) {
	if f.err == nil {
		f.err = fault.New(fault.Invalid, "dist", format, args...).At(f.at + "/" + name)
	}
}

func (f *fields) need(name string) float64 {
	f.used = append(f.used, name)
	v := f.has[name]
	if v == nil {
		f.fail(name, "a %s law needs %s", f.kind, name)
		return 1
	}
	if math.IsNaN(*v) || math.IsInf(*v, 0) {
		f.fail(name, "%s must be a finite number, not %g", name, *v)
		return 1
	}
	return *v
}

func (f *fields) positive(name string) float64 {
	v := f.need(name)
	if f.err == nil && v <= 0 {
		f.fail(name, "%s of a %s law must be above 0, not %g", name, f.kind, v)
	}
	return v
}

// ordered reads two numbers of which the first must be the smaller.
func (f *fields) ordered(low, high string) (lo, hi float64) {
	lo, hi = f.need(low), f.need(high)
	if f.err == nil && lo >= hi {
		f.fail(low, "%s = %g must be below %s = %g", low, lo, high, hi)
	}
	return lo, hi
}

func (f *fields) three() (lo, mode, hi float64) {
	lo, hi = f.ordered("min", "max")
	mode = f.need("mode")
	if f.err == nil && (mode < lo || mode > hi) {
		f.fail("mode", "mode = %g must lie from min = %g to max = %g", mode, lo, hi)
	}
	return lo, mode, hi
}

func (f *fields) list(name string, xs []float64, most int, weights bool) {
	f.lists = append(f.lists, name)
	if len(xs) == 0 || len(xs) > most {
		f.fail(name, "a %s law needs 1 to %d %s, not %d", f.kind, most, name, len(xs))
		return
	}
	for i, x := range xs {
		switch at := name + "/" + strconv.Itoa(i); {
		case math.IsNaN(x) || math.IsInf(x, 0):
			f.fail(at, "%s must be finite numbers, not %g", name, x)
		case weights && x < 0:
			f.fail(at, "a weight must not be negative, as %g is", x)
		}
	}
}

func (f *fields) weights(ws []float64, n int, of string, optional bool) {
	f.lists = append(f.lists, "weights")
	if ws == nil && optional {
		return
	}
	if len(ws) != n {
		f.fail("weights", "%d weights for %d %s: give one each", len(ws), n, of)
		return
	}
	f.list("weights", ws, MaxValues, true)
	if sum := SumOf(ws); f.err == nil && (sum <= 0 || math.IsInf(sum, 0)) {
		f.fail("weights", "weights must have a positive, finite sum, not %g", sum)
	}
}

func (f *fields) mixture(s Spec, depth int) Dist {
	f.lists = append(f.lists, "components")
	if depth >= MaxDepth {
		f.fail("components", "mixtures lie within mixtures at most %d deep", MaxDepth)
		return nil
	}
	if n := len(s.Components); n == 0 || n > MaxComponents {
		f.fail("components", "a mixture needs 1 to %d components, not %d", MaxComponents, n)
		return nil
	}
	f.weights(s.Weights, len(s.Components), "components", false)
	parts := make([]Dist, len(s.Components))
	for i, c := range s.Components {
		p, err := c.dist(f.at+"/components/"+strconv.Itoa(i), depth+1)
		if err != nil {
			if f.err == nil {
				f.err = err
			}
			return nil
		}
		parts[i] = p
	}
	if f.err != nil {
		return nil
	}
	return NewMixture(s.Weights, parts)
}

// unused refuses what the kind has no use for.
func (f *fields) unused(s Spec) {
	for _, name := range []string{"value", "mean", "sd", "p5", "p95", "a", "b", "lo", "hi", "min", "mode", "max", "lambda"} {
		if f.has[name] != nil && !contains(f.used, name) {
			f.fail(name, "a %s law with the other fields given has no use for %s", f.kind, name)
		}
	}
	for _, l := range []struct {
		name string
		n    int
	}{{"values", len(s.Values)}, {"weights", len(s.Weights)}, {"components", len(s.Components)}} {
		if l.n > 0 && !contains(f.lists, l.name) {
			f.fail(l.name, "a %s law has no use for %s", f.kind, l.name)
		}
	}
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}
