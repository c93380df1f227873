package chance

import (
	"encoding/json"
	"math"
)

// Estimate is an answer with its standard error, both in the answer's unit.
type Estimate struct {
	Value float64
	SE    float64 // +∞ where one replicate cannot tell; null in JSON
	N     int     // independent replicates behind the error
}

// estimateJSON is an Estimate without infinities.
type estimateJSON struct {
	Value *float64 `json:"value"`
	SE    *float64 `json:"se"`
	N     int      `json:"n"`
}

// MarshalJSON writes {"value", "se", "n"}, null for what is not finite.
func (e Estimate) MarshalJSON() ([]byte, error) {
	j := estimateJSON{N: e.N}
	if !math.IsNaN(e.Value) && !math.IsInf(e.Value, 0) {
		j.Value = &e.Value
	}
	if !math.IsNaN(e.SE) && !math.IsInf(e.SE, 0) {
		j.SE = &e.SE
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes: a null value is NaN, a null error +∞.
func (e *Estimate) UnmarshalJSON(b []byte) error {
	var j estimateJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*e = Estimate{Value: math.NaN(), SE: math.Inf(1), N: j.N}
	if j.Value != nil {
		e.Value = *j.Value
	}
	if j.SE != nil {
		e.SE = *j.SE
	}
	return nil
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
