package economics

import (
	"math"

	"roadbook/fault"
)

// Term is one line of a price floor, per car; the lines add up to the price.
type Term struct {
	Name   string  `json:"name"`
	Amount float64 `json:"amount"`
}

// Floor returns the least price P* = (cost + warranty − software)/(1−margin) that leaves the margin when only the software value given is
// credited, and its terms. Software is a quantile of the present value per car, not its mean: at a confidence h the value that is
// exceeded with probability h. Cost excludes warranty. The price is refused when it would not be positive: then software alone pays for the car,
// and the inputs deserve a second look.
func Floor(cost, warranty, software, margin float64) (float64, []Term, error) {
	if err := check(atLeast0("cost", cost), atLeast0("warranty", warranty), finite("software", software), below(within("margin", margin, -math.MaxFloat64, 1))); err != nil {
		return 0, nil, err
	}
	p := (cost + warranty - software) / (1 - margin)
	if p <= 0 {
		return 0, nil, fault.New(fault.Refused, "no_floor", "the software credited (%g) exceeds what the car costs (%g): there is no price floor", software, cost+warranty)
	}
	return p, []Term{{"cost", cost}, {"warranty", warranty}, {"software credited", -software}, {"margin", margin * p}}, nil
}

// BreakEvenVolume returns the smallest whole volume a period at which perCar·volume covers fixed. There is none when a car brings
// nothing: ok is then false (unless there is nothing to cover).
func BreakEvenVolume(fixed, perCar float64) (volume float64, ok bool, err error) {
	if err := check(finite("fixed", fixed), finite("per_car", perCar)); err != nil {
		return 0, false, err
	}
	switch {
	case fixed <= 0:
		return 0, true, nil
	case perCar <= 0:
		return 0, false, nil
	}
	v := math.Ceil(fixed / perCar)
	if v >= 1 && (v-1)*perCar >= fixed { // the division was rounded up
		v--
	} else if v*perCar < fixed {
		v++
	}
	return v, true, nil
}

// BreakEvenAt returns the smallest volume from 0 to most at which result, which rises with it, is not negative, for results that are
// no straight line. Ok is false when even most does not reach it.
func BreakEvenAt(most int, result func(volume int) float64) (volume int, ok bool) {
	if most < 0 || !(result(most) >= 0) {
		return 0, false
	}
	lo, hi := -1, most // lo fails, hi holds
	for hi-lo > 1 {
		if mid := lo + (hi-lo)/2; result(mid) >= 0 {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi, true
}

// RequiredPerCar returns the gross profit that each car of the fleet must bring in a period to close a gap: 3.1 bn over 629,000 cars and
// 3 months is 1,643 a car-month.
func RequiredPerCar(gap, fleet, periods float64) (float64, error) {
	if err := check(atLeast0("gap", gap), positive("fleet", fleet), positive("periods", periods)); err != nil {
		return 0, err
	}
	return gap / fleet / periods, nil
}

// Root is where a function that rises with its argument reaches a target.
type Root struct {
	Found bool    `json:"found"` // false: no root in the range; the rest then says what the ends give
	At    float64 `json:"at"`    // the smallest argument found that reaches the target, within the tolerance
	Value float64 `json:"value"` // the function there
	Low   float64 `json:"low"`   // the function at the lower end
	High  float64 `json:"high"`  // and at the upper end
	Evals int     `json:"evals"`
}

// Solve finds the smallest x in [low, high] with f(x) ≥ target by bisection to a width of tolerance: the required ARPU, with f the
// probability of profit on common random numbers (a step function, so no faster method is safe). No root is a result, not an error.
func Solve(f func(x float64) (float64, error), target, low, high, tolerance float64) (Root, error) {
	if err := check(finite("target", target), finite("low", low), finite("high", high), positive("tolerance", tolerance), within("low", low, -math.MaxFloat64, high)); err != nil {
		return Root{}, err
	}
	var r Root
	var err error
	eval := func(x float64) float64 {
		if err != nil {
			return math.NaN()
		}
		var y float64
		r.Evals++
		if y, err = f(x); err == nil && math.IsNaN(y) {
			err = fault.New(fault.Refused, "not_a_number", "the function has no value at %g", x)
		}
		return y
	}
	r.Low, r.High = eval(low), eval(high)
	switch {
	case err != nil:
		return Root{}, err
	case r.Low >= target:
		r.Found, r.At, r.Value = true, low, r.Low
		return r, nil
	case r.High < target:
		return r, nil
	}
	lo, hi := low, high
	r.Found, r.Value = true, r.High
	for hi-lo > tolerance {
		mid := lo + (hi-lo)/2
		if mid == lo || mid == hi {
			break
		}
		if y := eval(mid); y >= target {
			hi, r.Value = mid, y
		} else {
			lo = mid
		}
		if err != nil {
			return Root{}, err
		}
	}
	r.At = hi
	return r, nil
}

// NPV returns Σ flow_t/(1+rate)^t, the first flow now and undiscounted; the rate is above −1.
func NPV(rate float64, flows []float64) (float64, error) {
	if err := check(above(-1, "rate", rate)); err != nil {
		return 0, err
	}
	v, d := 0.0, 1.0
	for _, f := range flows {
		if err := check(finite("flow", f)); err != nil {
			return 0, err
		}
		v += f * d
		d /= 1 + rate
	}
	return v, nil
}

// PeakCashNeed returns the deepest point below zero of the cash that has flowed so far, as a positive amount, and the period in which it is
// reached: 0 and −1 when it never is below zero.
func PeakCashNeed(flows []float64) (need float64, period int) {
	period = -1
	sum := 0.0
	for t, f := range flows {
		sum += f
		if -sum > need {
			need, period = -sum, t
		}
	}
	return need, period
}
