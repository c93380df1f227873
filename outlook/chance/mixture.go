package chance

import (
	"math"
	"slices"
)

// Mixture is one of several regimes, each with its probability. Make one with NewMixture.
type Mixture struct {
	weights []float64 // sum to one
	parts   []Dist
}

// NewMixture returns the law that is parts[i] with probability weights[i]/Σ weights. Spec checks what comes from outside.
func NewMixture(weights []float64, parts []Dist) Mixture {
	total := SumOf(weights)
	d := Mixture{weights: make([]float64, len(weights)), parts: slices.Clone(parts)}
	for i, w := range weights {
		d.weights[i] = w / total
	}
	return d
}

func (d Mixture) CDF(x float64) float64 {
	var s Sum
	for i, p := range d.parts {
		s.Add(d.weights[i] * p.CDF(x))
	}
	return math.Min(s.Value(), 1)
}
func (d Mixture) Mean() float64 {
	var s Sum
	for i, p := range d.parts {
		s.Add(d.weights[i] * p.Mean())
	}
	return s.Value()
}

// Variance is the mean of the regimes' variances plus the variance of their means.
func (d Mixture) Variance() float64 {
	var s Sum
	m := d.Mean()
	for i, p := range d.parts {
		e := p.Mean() - m
		s.Add(d.weights[i] * (p.Variance() + e*e))
	}
	return s.Value()
}

// Quantile inverts the distribution function: bracketed by the regimes' own quantiles, then narrowed by Illinois steps and halvings
// until the two ends are neighbouring floats, so that it is exact to the last bit of CDF also where the law has gaps and steps.
func (d Mixture) Quantile(u float64) float64 {
	lo, hi := math.Inf(1), math.Inf(-1)
	for i, p := range d.parts {
		if d.weights[i] > 0 {
			q := p.Quantile(u)
			if math.IsNaN(q) {
				return q
			}
			lo, hi = math.Min(lo, q), math.Max(hi, q)
		}
	}
	if u <= 0 {
		return lo
	}
	if u >= 1 || lo == hi {
		return hi
	}
	below, above := d.CDF(lo)-u, d.CDF(hi)-u
	if below >= 0 {
		return lo
	}
	for n := 0; ; n++ { // CDF(lo) < u ≤ CDF(hi)
		mid := between(lo, hi)
		if mid == lo || mid == hi {
			return hi
		}
		if n%3 != 2 {
			if s := lo - below*(hi-lo)/(above-below); s > lo && s < hi {
				mid = s
			}
		}
		if f := d.CDF(mid) - u; f >= 0 {
			hi, above, below = mid, f, below/2
		} else {
			lo, below, above = mid, f, above/2
		}
	}
}

// seek takes Newton's steps from a guess, and starts from nothing where they do not settle.
func (d Mixture) seek(u, v, x float64) float64 {
	for range 6 {
		f := d.density(x)
		if !(f > 0) {
			break
		}
		next := x - (d.CDF(x)-u)/f
		if math.Abs(next-x) <= 1e-13*math.Abs(next)+1e-18/f {
			return next
		}
		x = next
	}
	return d.Quantile(u)
}

func (d Mixture) slope(x float64) float64 { return 1 / d.density(x) }

func (d Mixture) density(x float64) float64 {
	var s float64
	for i, p := range d.parts {
		if d.weights[i] > 0 {
			s += d.weights[i] * p.(dense).density(x)
		}
	}
	return s
}

// isDense reports whether every regime has a density: none is a step.
func (d Mixture) isDense() bool {
	for _, p := range d.parts {
		if m, ok := p.(Mixture); ok && !m.isDense() {
			return false
		}
		if _, ok := p.(dense); !ok {
			return false
		}
	}
	return true
}

// dense is a law with a density.
type dense interface{ density(x float64) float64 }

func (d Normal) density(x float64) float64 { return Density((x-d.Mu)/d.Sigma) / d.Sigma }
func (d LogNormal) density(x float64) float64 {
	if x <= 0 {
		return 0
	}
	return Density((math.Log(x)-d.Mu)/d.Sigma) / (d.Sigma * x)
}
func (d Beta) density(x float64) float64 {
	if x <= d.Low || x >= d.High {
		return 0
	}
	return 1 / d.slope(x)
}
func (d Uniform) density(x float64) float64 {
	if x < d.Low || x > d.High {
		return 0
	}
	return 1 / (d.High - d.Low)
}
func (d Triangular) density(x float64) float64 {
	w := d.High - d.Low
	switch {
	case x < d.Low || x > d.High:
		return 0
	case x < d.Mode:
		return 2 * (x - d.Low) / (w * (d.Mode - d.Low))
	case x > d.Mode:
		return 2 * (d.High - x) / (w * (d.High - d.Mode))
	}
	return 2 / w
}

// between returns the float half way from lo to hi counted in floats, so that 64 halvings meet whatever the magnitudes.
func between(lo, hi float64) float64 {
	a, b := rank(lo), rank(hi)
	return unrank(a>>1 + b>>1 + a&b&1) // the mean rounded down, without overflow
}

// rank numbers the floats in ascending order.
func rank(x float64) int64 {
	i := int64(math.Float64bits(x))
	if i < 0 {
		i = math.MinInt64 - i
	}
	return i
}

func unrank(i int64) float64 {
	if i < 0 {
		i = math.MinInt64 - i
	}
	return math.Float64frombits(uint64(i))
}
