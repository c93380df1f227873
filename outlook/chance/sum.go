package chance

import "math"

// Sum adds floats in the order given with Neumaier's compensation: the result does not depend on the magnitudes' order and carries
// about one rounding, and the same terms in the same order give the same bits. The zero value is an empty sum.
type Sum struct{ sum, comp float64 }

// Add takes in one term.
func (s *Sum) Add(x float64) {
	t := s.sum + x
	if math.Abs(s.sum) >= math.Abs(x) {
		s.comp += (s.sum - t) + x
	} else {
		s.comp += (x - t) + s.sum
	}
	s.sum = t
}

// AddAll takes in a column in index order.
func (s *Sum) AddAll(xs []float64) {
	for _, x := range xs {
		s.Add(x)
	}
}

// Value returns the sum so far.
func (s *Sum) Value() float64 {
	if math.IsInf(s.sum, 0) || math.IsNaN(s.sum) {
		return s.sum
	}
	return s.sum + s.comp
}

// SumOf returns the compensated sum of xs in index order.
func SumOf(xs []float64) float64 {
	var s Sum
	s.AddAll(xs)
	return s.Value()
}

// MeanOf returns the mean of xs; NaN when there are none.
func MeanOf(xs []float64) float64 { return SumOf(xs) / float64(len(xs)) }

// VarianceOf returns the unbiased sample variance; NaN for fewer than two values.
func VarianceOf(xs []float64) float64 {
	m := MeanOf(xs)
	var s Sum
	for _, x := range xs {
		s.Add((x - m) * (x - m))
	}
	if len(xs) < 2 {
		return math.NaN()
	}
	return s.Value() / float64(len(xs)-1)
}
