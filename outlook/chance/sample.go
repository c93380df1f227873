package chance

import (
	"math"
	"slices"
	"sort"

	"roadbook/fault"
)

// Sorted returns an ascending copy.
func Sorted(xs []float64) []float64 {
	out := slices.Clone(xs)
	slices.Sort(out)
	return out
}

// QuantileOf returns the u-quantile of an ascending sample by linear interpolation between order statistics (type 7 of Hyndman and
// Fan, the default of R and numpy): x at 0-based rank (n−1)·u. NaN for no values.
func QuantileOf(sorted []float64, u float64) float64 {
	n := len(sorted)
	if n == 0 || math.IsNaN(u) {
		return math.NaN()
	}
	at := math.Min(math.Max(u, 0), 1) * float64(n-1)
	i := int(at)
	if i >= n-1 {
		return sorted[n-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// Select returns the u-quantile of type 7 as QuantileOf does, of an unsorted sample, in linear time; it reorders xs. The answer does
// not depend on the order given.
func Select(xs []float64, u float64) float64 {
	n := len(xs)
	if n == 0 || math.IsNaN(u) {
		return math.NaN()
	}
	at := math.Min(math.Max(u, 0), 1) * float64(n-1)
	i := int(at)
	lo := selectNth(xs, i)
	if at == float64(i) || i == n-1 {
		return lo
	}
	hi := slices.Min(xs[i+1:])
	return lo + (at-float64(i))*(hi-lo)
}

// selectNth puts the k-th smallest at xs[k], nothing larger before it, nothing smaller after it (Hoare's selection with a median of three).
func selectNth(xs []float64, k int) float64 {
	lo, hi := 0, len(xs)-1
	for hi-lo > 16 {
		m := lo + (hi-lo)/2
		if xs[m] < xs[lo] {
			xs[m], xs[lo] = xs[lo], xs[m]
		}
		if xs[hi] < xs[lo] {
			xs[hi], xs[lo] = xs[lo], xs[hi]
		}
		if xs[hi] < xs[m] {
			xs[hi], xs[m] = xs[m], xs[hi]
		}
		p, i, j := xs[m], lo, hi
		for i <= j {
			for xs[i] < p {
				i++
			}
			for p < xs[j] {
				j--
			}
			if i <= j {
				xs[i], xs[j] = xs[j], xs[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return xs[k]
		}
	}
	slices.Sort(xs[lo : hi+1])
	return xs[k]
}

// WeightedQuantile returns the smallest value at which the weights up to it reach the part u of their sum. Nil weights are equal ones.
func WeightedQuantile(values, weights []float64, u float64) float64 {
	return NewEmpirical(values, weights).Quantile(u)
}

// Proportion returns the part of the outcomes that hold, with the binomial standard error √(p(1−p)/n): right for independent draws,
// too wide for the points of one scramble (use Scrambled over the answers of several).
func Proportion(hits, n int) Estimate {
	p := float64(hits) / float64(n)
	return Estimate{Value: p, SE: math.Sqrt(p * (1 - p) / float64(n)), N: n}
}

// Interval is a range of an answer, both ends included.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Wilson returns Wilson's score interval for a proportion at a two-sided confidence such as 0.95: it keeps its coverage for few
// trials and at 0 and n hits, where the plain interval has no width.
func Wilson(hits, n int, confidence float64) Interval {
	if n <= 0 {
		return Interval{0, 1}
	}
	z := Probit(0.5 + confidence/2)
	p, m := float64(hits)/float64(n), float64(n)
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return Interval{math.Max(0, centre-half), math.Min(1, centre+half)}
}

// CVaR looks at the upper tail of losses. The value at risk is the smallest loss whose distribution function reaches alpha, the conditional one the
// mean of the worst 1−alpha of the probability (Rockafellar–Uryasev: min over η of η + E[(X−η)⁺]/(1−α), which splits the atom at the value at risk).
// Nil weights are equal ones. A fault of kind Invalid says which weight, value or alpha makes no sense; alpha lies in [0, 1).
func CVaR(losses, weights []float64, alpha float64) (valueAtRisk, conditional float64, err error) {
	if math.IsNaN(alpha) || alpha < 0 || alpha >= 1 {
		return 0, 0, fault.New(fault.Invalid, "cvar", "alpha lies from 0 to below 1, not %g", alpha).At("/alpha")
	}
	f := fields{kind: KindEmpirical}
	f.list("values", losses, math.MaxInt, false)
	f.weights(weights, len(losses), "values", true)
	if f.err != nil {
		return 0, 0, f.err
	}
	d := NewEmpirical(losses, weights)
	eta := d.Quantile(alpha)
	tail := d.moment(func(x float64) float64 { return math.Max(x-eta, 0) })
	return eta, eta + tail/(1-alpha), nil
}

// Histogram counts a sample in equal bins of [low, high]; the last bin includes high. What lies outside is counted apart.
type Histogram struct {
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Counts []int   `json:"counts"`
	Below  int     `json:"below"`
	Above  int     `json:"above"`
}

// NewHistogram returns an empty histogram of at least one bin; low < high.
func NewHistogram(low, high float64, bins int) *Histogram {
	return &Histogram{Low: low, High: high, Counts: make([]int, bins)}
}

// Add counts a column. NaN is counted nowhere.
func (h *Histogram) Add(xs []float64) {
	scale := float64(len(h.Counts)) / (h.High - h.Low)
	for _, x := range xs {
		switch {
		case x < h.Low:
			h.Below++
		case x > h.High:
			h.Above++
		case x >= h.Low:
			h.Counts[min(int((x-h.Low)*scale), len(h.Counts)-1)]++
		}
	}
}

// countBelow returns how many of an ascending sample are below x, and how many are at most x.
func countBelow(sorted []float64, x float64) (below, upTo int) {
	below = sort.SearchFloat64s(sorted, x)
	upTo = below + sort.Search(len(sorted)-below, func(i int) bool { return sorted[below+i] > x })
	return below, upTo
}
