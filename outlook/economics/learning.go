package economics

import (
	"math"

	"roadbook/fault"
)

// LearningExponent returns Wright's b = −log₂(1−rate) for a learning rate a doubling in [0, 1): 18 % gives 0.2863.
func LearningExponent(rate float64) (float64, error) {
	if err := check(below(part("rate", rate))); err != nil {
		return 0, err
	}
	return -math.Log2(1 - rate), nil
}

// LearningRate is the inverse: 1 − 2^−b for b ≥ 0.
func LearningRate(b float64) (float64, error) {
	if err := check(atLeast0("b", b)); err != nil {
		return 0, err
	}
	return 1 - math.Exp2(-b), nil
}

// Wright returns the unit cost at cumulative volume x, given cost c0 at volume x0: c0·(x/x0)^−b. Volumes are positive, in one unit.
func Wright(c0, x0, x, b float64) (float64, error) {
	if err := check(atLeast0("c0", c0), positive("x0", x0), positive("x", x), atLeast0("b", b)); err != nil {
		return 0, err
	}
	return c0 * math.Pow(x/x0, -b), nil
}

// Pack is a battery pack's cost: capacity × (a base that learns + commodities that do not). The commodities' share must not be in Base,
// else it is learned away as well as indexed.
type Pack struct {
	KWh         float64     `json:"kwh"`
	Base        float64     `json:"base"`     // currency per kWh at cumulative volume From
	From        float64     `json:"from"`     // cumulative volume, GWh or any unit shared with Cost's
	Exponent    float64     `json:"exponent"` // Wright's b
	Commodities []Commodity `json:"commodities"`
}

// Commodity is how much of a commodity one kWh contains; its index is in currency per that unit.
type Commodity struct {
	Name   string  `json:"name"`
	PerKWh float64 `json:"per_kwh"`
}

// Cost returns KWh·(Base·(volume/From)^−b + Σ content·index) at a cumulative volume and one index price for each commodity.
func (p Pack) Cost(volume float64, index []float64) (float64, error) {
	if err := check(positive("kwh", p.KWh)); err != nil {
		return 0, err
	}
	if len(index) != len(p.Commodities) {
		return 0, fault.New(fault.Invalid, "economics", "the pack has %d commodities and %d index prices were given", len(p.Commodities), len(index)).At("/index")
	}
	per, err := Wright(p.Base, p.From, volume, p.Exponent)
	if err != nil {
		return 0, err
	}
	for i, c := range p.Commodities {
		if err := check(atLeast0(c.Name, c.PerKWh), atLeast0(c.Name+" index", index[i])); err != nil {
			return 0, err
		}
		per += c.PerKWh * index[i]
	}
	return p.KWh * per, nil
}
