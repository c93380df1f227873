package chance

import (
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/mathext"
)

// Dist is the law of one uncertain figure, in the figure's own unit. Implementations are values without state.
type Dist interface {
	// Quantile returns the smallest x with CDF(x) ≥ u. It is the infimum of the support at u ≤ 0, the supremum at u ≥ 1, and NaN for NaN.
	Quantile(u float64) float64
	// CDF returns P(X ≤ x).
	CDF(x float64) float64
	Mean() float64
	Variance() float64
}

// Fixed is a figure that is known: all mass at Value.
type Fixed struct{ Value float64 }

func (d Fixed) Quantile(u float64) float64 { return d.Value + 0*u }
func (d Fixed) Mean() float64              { return d.Value }
func (d Fixed) Variance() float64          { return 0 }
func (d Fixed) CDF(x float64) float64 {
	if x >= d.Value {
		return 1
	}
	return 0
}

// Normal has mean Mu and standard deviation Sigma > 0.
type Normal struct{ Mu, Sigma float64 }

func (d Normal) Quantile(u float64) float64 { return d.Mu + d.Sigma*Probit(u) }
func (d Normal) CDF(x float64) float64      { return Phi((x - d.Mu) / d.Sigma) }
func (d Normal) Mean() float64              { return d.Mu }
func (d Normal) Variance() float64          { return d.Sigma * d.Sigma }

// LogNormal is exp of a Normal: Mu and Sigma are those of the logarithm.
type LogNormal struct{ Mu, Sigma float64 }

func (d LogNormal) Quantile(u float64) float64 { return math.Exp(d.Mu + d.Sigma*Probit(u)) }
func (d LogNormal) Mean() float64              { return math.Exp(d.Mu + d.Sigma*d.Sigma/2) }
func (d LogNormal) Variance() float64 {
	return math.Expm1(d.Sigma*d.Sigma) * math.Exp(2*d.Mu+d.Sigma*d.Sigma)
}
func (d LogNormal) CDF(x float64) float64 {
	if x <= 0 {
		return 0
	}
	return Phi((math.Log(x) - d.Mu) / d.Sigma)
}

// Beta is the beta law with shapes A, B > 0, stretched over [Low, High].
type Beta struct{ A, B, Low, High float64 }

func (d Beta) Mean() float64 { return d.Low + (d.High-d.Low)*d.A/(d.A+d.B) }
func (d Beta) Variance() float64 {
	s, w := d.A+d.B, d.High-d.Low
	return w * w * d.A * d.B / (s * s * (s + 1))
}
func (d Beta) CDF(x float64) float64 {
	switch y := (x - d.Low) / (d.High - d.Low); {
	case y <= 0:
		return 0
	case y >= 1:
		return 1
	default:
		return mathext.RegIncBeta(d.A, d.B, y)
	}
}
func (d Beta) Quantile(u float64) float64 {
	switch {
	case u <= 0:
		return d.Low
	case u >= 1:
		return d.High
	}
	return d.seek(u, 1-u, math.NaN())
}

// seek solves CDF(x) = u, v being 1−u, from a guess of x; NaN is no guess. It works from the tail that is smaller, which keeps its digits.
func (d Beta) seek(u, v, guess float64) float64 {
	if u > 0.5 {
		return d.High - (d.High-d.Low)*betaQuantile(d.B, d.A, v, (d.High-guess)/(d.High-d.Low))
	}
	return d.Low + (d.High-d.Low)*betaQuantile(d.A, d.B, u, (guess-d.Low)/(d.High-d.Low))
}

// slope returns dx/du where CDF(x) = u.
func (d Beta) slope(x float64) float64 {
	y := (x - d.Low) / (d.High - d.Low)
	return (d.High - d.Low) / betaDensity(d.A, d.B, y)
}

func betaDensity(a, b, x float64) float64 {
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	return math.Exp((a-1)*math.Log(x) + (b-1)*math.Log1p(-x) + lab - la - lb)
}

// betaQuantile solves I_x(a, b) = u in (0, 1): Newton's steps on ln I against ln x, halving the bracket where a step leaves it.
func betaQuantile(a, b, u, x float64) float64 {
	if math.IsNaN(u) {
		return u
	}
	if !(x > 0 && x < 1) {
		if x = mathext.InvRegIncBeta(a, b, u); !(x > 0 && x < 1) {
			x = 0.5
		}
	}
	lo, hi := 0.0, 1.0
	for range 200 {
		i := mathext.RegIncBeta(a, b, x)
		switch {
		case i == u:
			return x
		case i < u:
			lo = x
		default:
			hi = x
		}
		next := x * math.Exp(math.Log(u/i)*i/(betaDensity(a, b, x)*x))
		if !(next > lo && next < hi) {
			if next = lo + (hi-lo)/2; lo == 0 {
				next = hi * 0x1p-20
			}
		}
		if math.Abs(next-x) <= 4e-16*x || next == lo || next == hi {
			return next
		}
		if math.Abs(next-x) <= 1e-9*x && lo < next && next < hi && i > u/2 { // the next step would be below rounding
			return next
		}
		x = next
	}
	return x
}

// NewPERT returns the beta law of the three-point estimate: shapes 1+λ(mode−min)/(max−min) and 1+λ(max−mode)/(max−min).
// λ = 4 is the usual weight of the mode; its mean is then (min + 4·mode + max)/6.
func NewPERT(lo, mode, hi, lambda float64) Beta {
	w := hi - lo
	return Beta{A: 1 + lambda*(mode-lo)/w, B: 1 + lambda*(hi-mode)/w, Low: lo, High: hi}
}

// Uniform is flat over [Low, High].
type Uniform struct{ Low, High float64 }

func (d Uniform) Quantile(u float64) float64 {
	return d.Low + (d.High-d.Low)*math.Min(math.Max(u, 0), 1)
}
func (d Uniform) CDF(x float64) float64 {
	return math.Min(math.Max((x-d.Low)/(d.High-d.Low), 0), 1)
}
func (d Uniform) Mean() float64     { return d.Low + (d.High-d.Low)/2 }
func (d Uniform) Variance() float64 { return (d.High - d.Low) * (d.High - d.Low) / 12 }

// Triangular rises linearly from Low to Mode and falls to High; Low ≤ Mode ≤ High.
type Triangular struct{ Low, Mode, High float64 }

func (d Triangular) Quantile(u float64) float64 {
	u = math.Min(math.Max(u, 0), 1)
	w := d.High - d.Low
	if left := d.Mode - d.Low; u*w <= left {
		return d.Low + math.Sqrt(u*w*left)
	}
	return d.High - math.Sqrt((1-u)*w*(d.High-d.Mode))
}
func (d Triangular) CDF(x float64) float64 {
	w := d.High - d.Low
	switch {
	case x <= d.Low:
		return 0
	case x >= d.High:
		return 1
	case x <= d.Mode:
		return (x - d.Low) * (x - d.Low) / (w * (d.Mode - d.Low))
	}
	return 1 - (d.High-x)*(d.High-x)/(w*(d.High-d.Mode))
}
func (d Triangular) Mean() float64 { return (d.Low + d.Mode + d.High) / 3 }
func (d Triangular) Variance() float64 {
	a, b, c := d.Low, d.High, d.Mode
	return ((b-a)*(b-a) + (c-a)*(c-b)) / 18
}

// Empirical puts a probability on each of a list of values. Make one with NewEmpirical.
type Empirical struct {
	values []float64 // ascending
	upTo   []float64 // P(X ≤ values[i]); the last is exactly 1
}

// NewEmpirical returns the law of values with weights, which need not sum to one; nil weights are equal ones.
// Neither slice is kept. Both must be finite, weights non-negative with a positive sum: Spec checks what comes from outside.
func NewEmpirical(values, weights []float64) Empirical {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case values[a] < values[b]:
			return -1
		case values[a] > values[b]:
			return 1
		}
		return 0
	})
	d := Empirical{}
	var cum Sum
	for _, i := range order {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		if w == 0 {
			continue
		}
		cum.Add(w)
		if n := len(d.values); n > 0 && d.values[n-1] == values[i] {
			d.upTo[n-1] = cum.Value()
			continue
		}
		d.values, d.upTo = append(d.values, values[i]), append(d.upTo, cum.Value())
	}
	for i := range d.upTo {
		d.upTo[i] /= cum.Value()
	}
	d.upTo[len(d.upTo)-1] = 1
	return d
}

func (d Empirical) Quantile(u float64) float64 {
	if math.IsNaN(u) {
		return u
	}
	i := sort.SearchFloat64s(d.upTo, u)
	return d.values[min(i, len(d.values)-1)]
}
func (d Empirical) CDF(x float64) float64 {
	i := sort.Search(len(d.values), func(i int) bool { return d.values[i] > x })
	if i == 0 {
		return 0
	}
	return d.upTo[i-1]
}
func (d Empirical) moment(f func(x float64) float64) float64 {
	var s Sum
	before := 0.0
	for i, x := range d.values {
		s.Add((d.upTo[i] - before) * f(x))
		before = d.upTo[i]
	}
	return s.Value()
}
func (d Empirical) Mean() float64 { return d.moment(func(x float64) float64 { return x }) }
func (d Empirical) Variance() float64 {
	m := d.Mean()
	return d.moment(func(x float64) float64 { return (x - m) * (x - m) })
}
