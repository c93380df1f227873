package economics

import (
	"math"

	"roadbook/fault"
)

// Lifetime returns the value of a subscriber under constant churn: revenue·margin / (1 − (1−churn)/(1+discount)), for revenue per
// period, the first payment now and undiscounted. Without a discount this is revenue·margin/churn. Margin and churn are parts of one,
// the discount is above −1. With neither churn nor discount the value has no end: refused.
func Lifetime(revenue, margin, churn, discount float64) (float64, error) {
	if err := check(finite("revenue", revenue), within("margin", margin, -math.MaxFloat64, 1), part("churn", churn), above(-1, "discount", discount)); err != nil {
		return 0, err
	}
	keep := (1 - churn) / (1 + discount)
	if keep >= 1 {
		return 0, endless(churn, discount)
	}
	return revenue * margin / (1 - keep), nil
}

func above(low float64, name string, value float64) arg {
	a := within(name, value, low, math.MaxFloat64)
	a.open = true
	return a
}

func endless(churn, discount float64) error {
	return fault.New(fault.Refused, "no_end", "at a churn of %g and a discount of %g a period the value has no end", churn, discount)
}

// PerPeriod converts a rate over n periods into the rate over one: 1 − (1−rate)^(1/n), as for churn a year into churn a month (n = 12).
func PerPeriod(rate float64, n float64) (float64, error) {
	if err := check(part("rate", rate), positive("n", n)); err != nil {
		return 0, err
	}
	return -math.Expm1(math.Log1p(-rate) / n), nil
}

// Product is how one software product is taken up over a car's life: bundled with the car for Bundle periods, renewed by the part
// Renewal of those who had it when the bundle ends, and then cancelled at Churn a period. From SecondOwnerAge on (0: never), the
// part is multiplied by SecondOwnerFactor, which may be above 1.
type Product struct {
	Attach            float64 `json:"attach"`  // part of cars with it at age 0
	Bundle            int     `json:"bundle"`  // periods
	Renewal           float64 `json:"renewal"` // part of Attach
	Churn             float64 `json:"churn"`   // a period, after the bundle
	SecondOwnerAge    int     `json:"second_owner_age"`
	SecondOwnerFactor float64 `json:"second_owner_factor"`
}

// Check refuses parts outside [0, 1] and negative ages.
func (p Product) Check() error {
	return check(part("attach", p.Attach), atLeast0("bundle", float64(p.Bundle)), part("renewal", p.Renewal), part("churn", p.Churn),
		atLeast0("second_owner_age", float64(p.SecondOwnerAge)), atLeast0("second_owner_factor", p.SecondOwnerFactor))
}

// Active returns the part of cars of an age, in whole periods from 0, that have the product:
// attach before the end of the bundle, attach·renewal·(1−churn)^(age−bundle) from it on.
func (p Product) Active(age int) float64 {
	a := p.Attach
	if age >= p.Bundle {
		a *= p.Renewal * math.Pow(1-p.Churn, float64(age-p.Bundle))
	}
	if p.SecondOwnerAge > 0 && age >= p.SecondOwnerAge {
		a *= p.SecondOwnerFactor
	}
	return a
}

// Value returns the present value per car sold of a product that contributes bundled per active period while bundled and paid
// afterwards, over all ages: the closed form
// attach·[bundled·(1−d^B)/(1−d) + renewal·paid·d^B/(1−(1−churn)·d)], d = 1/(1+discount), with the second owner's factor on the periods from
// their age on. Survival is not in it; see Horizon for a limited life.
func (p Product) Value(bundled, paid, discount float64) (float64, error) {
	if err := p.Check(); err != nil {
		return 0, err
	}
	if err := check(finite("bundled", bundled), finite("paid", paid), above(-1, "discount", discount)); err != nil {
		return 0, err
	}
	d := 1 / (1 + discount)
	if k := (1 - p.Churn) * d; k >= 1 && p.Attach*p.Renewal*paid != 0 && (p.SecondOwnerAge == 0 || p.SecondOwnerFactor > 0) {
		return 0, endless(p.Churn, discount)
	}
	cut := math.Inf(1)
	factor := 1.0
	if p.SecondOwnerAge > 0 {
		cut, factor = float64(p.SecondOwnerAge), p.SecondOwnerFactor
	}
	b := float64(p.Bundle)
	// Bundled periods 0…B−1 and paid ones B…∞, each before and after the second owner.
	v := bundled * (geometric(d, 0, math.Min(b, cut)) + factor*geometric(d, math.Min(b, cut), b))
	k := (1 - p.Churn) * d
	start := math.Pow(d, b) * p.Renewal * paid
	first := math.Max(cut-b, 0)
	own := geometric(k, 0, first)
	if factor > 0 && !math.IsInf(first, 1) {
		own += factor * geometric(k, first, math.Inf(1))
	}
	if start != 0 {
		v += start * own
	}
	return p.Attach * v, nil
}

// geometric returns Σ x^a for a = from … to−1.
func geometric(x, from, to float64) float64 {
	if to <= from {
		return 0
	}
	if x == 1 {
		return to - from
	}
	end := 0.0
	if !math.IsInf(to, 1) {
		end = math.Pow(x, to)
	}
	return (math.Pow(x, from) - end) / (1 - x)
}

// Horizon is Value over the first periods ages of a car that is alive with probability alive(age); nil is always.
func (p Product) Horizon(bundled, paid, discount float64, periods int, alive func(age float64) float64) (float64, error) {
	if err := p.Check(); err != nil {
		return 0, err
	}
	if err := check(finite("bundled", bundled), finite("paid", paid), above(-1, "discount", discount), atLeast0("periods", float64(periods))); err != nil {
		return 0, err
	}
	total, d := 0.0, 1.0
	for age := range periods {
		v := paid
		if age < p.Bundle {
			v = bundled
		}
		s := 1.0
		if alive != nil {
			s = alive(float64(age))
		}
		total += p.Active(age) * s * v * d
		d /= 1 + discount
	}
	return total, nil
}
