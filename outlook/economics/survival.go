package economics

import (
	"math"

	"gonum.org/v1/gonum/mathext"

	"roadbook/fault"
)

// Weibull is a life: S(a) = exp(−(a/Scale)^Shape), Scale in the unit of age.
type Weibull struct {
	Shape float64 `json:"shape"`
	Scale float64 `json:"scale"`
}

// WeibullByMean returns the life with a mean and a shape: Scale = mean/Γ(1+1/shape).
func WeibullByMean(mean, shape float64) (Weibull, error) {
	if err := check(positive("mean", mean), positive("shape", shape)); err != nil {
		return Weibull{}, err
	}
	w := Weibull{Shape: shape, Scale: mean / math.Gamma(1+1/shape)}
	if !(w.Scale > 0) {
		return Weibull{}, fault.New(fault.Invalid, "economics", "a shape of %g spreads lives beyond what 64-bit floats hold", shape).At("/shape")
	}
	return w, nil
}

// Survival returns the part alive at an age; 1 at and before age 0.
func (w Weibull) Survival(age float64) float64 {
	if age <= 0 {
		return 1
	}
	return math.Exp(-math.Pow(age/w.Scale, w.Shape))
}

// Mean returns Scale·Γ(1+1/Shape).
func (w Weibull) Mean() float64 { return w.Scale * math.Gamma(1+1/w.Shape) }

// Median returns Scale·(ln 2)^(1/Shape).
func (w Weibull) Median() float64 { return w.Scale * math.Pow(math.Ln2, 1/w.Shape) }

// Hazard returns the rate of loss per unit of age among those alive at an age > 0.
func (w Weibull) Hazard(age float64) float64 {
	return w.Shape / w.Scale * math.Pow(age/w.Scale, w.Shape-1)
}

// Remaining returns the expected further life of those alive at an age: ∫ S from the age on, over S(age);
// Scale/Shape·Γ(1/Shape, (age/Scale)^Shape)/S(age) with the upper incomplete gamma function.
func (w Weibull) Remaining(age float64) float64 {
	if age <= 0 {
		return w.Mean() - math.Min(age, 0)
	}
	x := math.Pow(age/w.Scale, w.Shape)
	if x > 600 { // both factors vanish; the ratio tends to the inverse of the hazard
		return 1 / w.Hazard(age)
	}
	a := 1 / w.Shape
	return w.Scale * a * mathext.GammaIncRegComp(a, x) * math.Gamma(a) * math.Exp(x)
}

// Fleet returns the cars alive at time t of cohorts sold[c] at time c: Σ sold[c]·S(t−c), in the periods of the life's ages.
func (w Weibull) Fleet(sold []float64, t int) float64 {
	total := 0.0
	for c := 0; c < len(sold) && c <= t; c++ {
		total += sold[c] * w.Survival(float64(t-c))
	}
	return total
}
