package chance

import "math"

// Estimate is an answer with its standard error, both in the answer's unit.
type Estimate struct {
	Value float64 `json:"value"`
	SE    float64 `json:"se"` // NaN-free: 0 when the answer is exact
	N     int     `json:"n"`  // independent replicates behind the error
}

// Scrambled returns the mean of the answers of independent scrambles and its standard error, the spread of the answers over √R. It
// serves means, probabilities and quantiles alike: each scramble gives one answer. With one answer the error is +∞, with none the
// value is NaN.
func Scrambled(answers []float64) Estimate {
	e := Estimate{Value: MeanOf(answers), N: len(answers), SE: math.Inf(1)}
	if len(answers) > 1 {
		e.SE = math.Sqrt(VarianceOf(answers) / float64(len(answers)))
	}
	return e
}
