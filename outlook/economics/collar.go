package economics

import (
	"math"

	"roadbook/fault"
)

// phi is the standard normal's distribution function.
func phi(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

// Black76 returns a European call's and put's value on a forward price that is lognormal at expiry: forward and strike in one unit,
// volatility per √time, time to expiry, and the discount factor to it in (0, 1]; 1 gives expected pay-offs. A strike of 0 or below is exercised
// for sure.
func Black76(forward, strike, volatility, time, discount float64) (call, put float64, err error) {
	d := part("discount", discount)
	d.open = true
	if err := check(positive("forward", forward), finite("strike", strike), atLeast0("volatility", volatility), atLeast0("time", time), d); err != nil {
		return 0, 0, err
	}
	sd := volatility * math.Sqrt(time)
	if sd == 0 || strike <= 0 {
		return discount * math.Max(forward-strike, 0), discount * math.Max(strike-forward, 0), nil
	}
	d1 := math.Log(forward/strike)/sd + sd/2
	d2 := d1 - sd
	call = discount * (forward*phi(d1) - strike*phi(d2))
	put = discount * (strike*phi(-d2) - forward*phi(-d1))
	return call, put, nil
}

// Collar is how an index passes into a contract's price: as it was Lag periods ago, held between Floor and Cap. Cap 0 is none.
type Collar struct {
	Lag   int     `json:"lag"`
	Floor float64 `json:"floor"`
	Cap   float64 `json:"cap"`
}

// Check refuses a negative lag or floor and a cap below the floor.
func (c Collar) Check() error {
	if err := check(atLeast0("lag", float64(c.Lag)), atLeast0("floor", c.Floor), atLeast0("cap", c.Cap)); err != nil {
		return err
	}
	if c.Cap > 0 && c.Cap < c.Floor {
		return fault.New(fault.Invalid, "economics", "the cap of %g lies below the floor of %g", c.Cap, c.Floor).At("/cap")
	}
	return nil
}

// Hold returns the index held between floor and cap.
func (c Collar) Hold(index float64) float64 {
	index = math.Max(index, c.Floor)
	if c.Cap > 0 {
		index = math.Min(index, c.Cap)
	}
	return index
}

// PassThrough returns what a contract charges in each period for an index path: the path Lag periods earlier, held; before the path
// begins, its first value.
func (c Collar) PassThrough(index []float64) ([]float64, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	out := make([]float64, len(index))
	for t := range index {
		out[t] = c.Hold(index[max(t-c.Lag, 0)])
	}
	return out, nil
}

// Expected returns E[held index] when the index to be held is lognormal with mean forward and volatility·√time: by Black-76 without
// discount, floor + call(floor) − call(cap). Time is to the lagged fixing, not to the payment.
func (c Collar) Expected(forward, volatility, time float64) (float64, error) {
	if err := c.Check(); err != nil {
		return 0, err
	}
	v, _, err := Black76(forward, c.Floor, volatility, time, 1)
	if err != nil {
		return 0, err
	}
	v += c.Floor
	if c.Cap > 0 {
		over, _, err := Black76(forward, c.Cap, volatility, time, 1)
		if err != nil {
			return 0, err
		}
		v -= over
	}
	return v, nil
}
