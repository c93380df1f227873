package chance

import (
	"math"
	"math/rand/v2"

	"roadbook/fault"
)

// Index is the part of an answer's variance that one input, or a group of inputs, accounts for.
type Index struct {
	First      Estimate `json:"first"` // alone (S₁); N is the bootstrap's resamples
	FirstRange Interval `json:"first_range"`
	Total      Estimate `json:"total"` // with all that it interacts with (S_T)
	TotalRange Interval `json:"total_range"`
}

// Indices estimates Sobol indices from Saltelli's design: a and b hold the model's answers on two independent sets of N points, ab[i]
// those on the points of a with input (or group) i taken from b: N·(K+2) runs. First-order: Saltelli et al. (2010), mean of
// b·(ab_i − a) over the variance; total: Jansen (1999), half the mean of (a − ab_i)². The ranges are the 2.5 % and 97.5 % points of a
// bootstrap over the points, the errors its spread. They treat points as independent, which is cautious for a scrambled sequence.
//
// Inputs must be independent for the indices to add up: with a copula, vary the independent normals behind it and say so.
func Indices(a, b []float64, ab [][]float64, resamples int, seed uint64) ([]Index, error) {
	n := len(a)
	if n < 2 || len(b) != n {
		return nil, fault.New(fault.Invalid, "sobol_indices", "two sets of the same number of answers, at least 2, are needed, not %d and %d", n, len(b))
	}
	if resamples < 2 {
		return nil, fault.New(fault.Invalid, "sobol_indices", "a bootstrap needs at least 2 resamples, not %d", resamples)
	}
	if len(ab) == 0 {
		return nil, fault.New(fault.Invalid, "sobol_indices", "no input was varied")
	}
	for i, col := range ab {
		if len(col) != n {
			return nil, fault.New(fault.Invalid, "sobol_indices", "input %d has %d answers of %d", i, len(col), n)
		}
	}
	// Both estimators are unchanged by a shift of the answers; the mean removed, products are small and the first one is steadier.
	var all Sum
	all.AddAll(a)
	all.AddAll(b)
	mean := all.Value() / float64(2*n)
	ca, cb := centred(a, mean), centred(b, mean)
	cab := make([][]float64, len(ab))
	for i := range ab {
		cab[i] = centred(ab[i], mean)
	}
	plain := estimators(ca, cb, cab, nil)
	if math.IsNaN(plain[0].first) {
		return nil, fault.New(fault.Refused, "sobol_indices", "the answers do not vary: there is no variance to share out")
	}
	boot := make([][]pair, len(ab)) // by input, then resample
	rng := rand.New(NewPCG(seed, 0))
	pick := make([]int32, n)
	for range resamples {
		for i := range pick {
			pick[i] = int32(rng.IntN(n))
		}
		for i, p := range estimators(ca, cb, cab, pick) {
			boot[i] = append(boot[i], p)
		}
	}
	out := make([]Index, len(ab))
	for i := range out {
		f, t := make([]float64, resamples), make([]float64, resamples)
		for r, p := range boot[i] {
			f[r], t[r] = p.first, p.total
		}
		out[i].First, out[i].FirstRange = spread(plain[i].first, f)
		out[i].Total, out[i].TotalRange = spread(plain[i].total, t)
	}
	return out, nil
}

type pair struct{ first, total float64 }

func centred(xs []float64, mean float64) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = x - mean
	}
	return out
}

// estimators computes the two estimators over the points picked, all of them when pick is nil.
func estimators(a, b []float64, ab [][]float64, pick []int32) []pair {
	n := len(a)
	at := func(k int) int {
		if pick == nil {
			return k
		}
		return int(pick[k])
	}
	var s, ss Sum
	for k := range n {
		i := at(k)
		s.Add(a[i] + b[i])
		ss.Add(a[i]*a[i] + b[i]*b[i])
	}
	m := s.Value() / float64(2*n)
	variance := ss.Value()/float64(2*n) - m*m
	if !(variance > 0) {
		variance = math.NaN()
	}
	out := make([]pair, len(ab))
	for j, col := range ab {
		var first, total Sum
		for k := range n {
			i := at(k)
			d := col[i] - a[i]
			first.Add(b[i] * d)
			total.Add(d * d)
		}
		out[j] = pair{first.Value() / float64(n) / variance, total.Value() / float64(2*n) / variance}
	}
	return out
}

func spread(value float64, boot []float64) (Estimate, Interval) {
	s := Sorted(boot)
	return Estimate{Value: value, N: len(boot), SE: math.Sqrt(VarianceOf(boot))}, Interval{QuantileOf(s, 0.025), QuantileOf(s, 0.975)}
}
