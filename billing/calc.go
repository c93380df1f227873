package billing

import (
	"roadbook/fault"
	"roadbook/money"
)

// Method names how a line's amount was computed.
type Method string

// The methods.
const (
	Allocated Method = "allocated" // a share of the order's price by stand-alone prices (IFRS 15.74)
	Rated     Method = "rated"     // quantity × unit price, less what was billed before for the same service
	Nothing   Method = "nothing"   // the line starts a meter; use is billed in arrears
)

// The rounding steps.
const (
	LargestRemainder = "largest remainder"
	HalfUp           = "half away from zero, once per line"
)

// Calc explains a line's amount with all that went into it: Amount computes it again.
type Calc struct {
	Method      Method          `json:"method"`
	Total       money.Amount    `json:"total,omitzero"`        // Allocated: the order's price
	Weights     []int64         `json:"weights,omitempty"`     // Allocated: stand-alone prices in minor units
	Index       int             `json:"index,omitempty"`       // Allocated: which weight is this line's
	Numerator   int64           `json:"numerator,omitempty"`   // Allocated: Weights[Index]
	Denominator int64           `json:"denominator,omitempty"` // Allocated: sum of Weights
	Factors     []money.Decimal `json:"factors,omitempty"`     // Rated: unit price, quantity
	Less        money.Amount    `json:"less,omitzero"`         // Rated: billed before
	Rounding    string          `json:"rounding,omitempty"`
}

// Amount computes the amount again.
func (c Calc) Amount(cur money.Currency) (money.Amount, error) {
	switch c.Method {
	case Nothing:
		return money.Of(0, cur), nil
	case Allocated:
		parts, err := c.Total.Allocate(c.Weights)
		if err != nil {
			return money.Amount{}, err
		}
		if c.Index < 0 || c.Index >= len(parts) {
			return money.Amount{}, fault.New(fault.Invalid, "calc_index", "weight %d of %d", c.Index, len(parts))
		}
		return parts[c.Index], nil
	case Rated:
		a, err := money.Round(cur, c.Factors...)
		if err != nil {
			return money.Amount{}, err
		}
		return a.Sub(c.Less)
	}
	return money.Amount{}, fault.New(fault.Invalid, "calc_method", "%q is not a way to compute a line", c.Method)
}
