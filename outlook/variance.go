package outlook

import (
	"math"
	"strconv"
	"strings"

	"roadbook/fault"
	"roadbook/money"
)

// Forecast is what was expected of one line, in major units: its 5 %, 50 % and 95 % quantiles. Its key is a statement's.
type Forecast struct {
	Key string  `json:"key"`
	P5  float64 `json:"p5"`
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
}

// Variance sets what happened beside what was expected, line by line.
type Variance struct {
	Key        string       `json:"key"`
	Label      string       `json:"label"`
	Total      bool         `json:"total,omitempty"`
	Actual     money.Amount `json:"actual"`
	Forecast   *Forecast    `json:"forecast,omitempty"`   // nil: the forecast has no such line
	Difference float64      `json:"difference,omitempty"` // actual less P50, in major units
	Inside     bool         `json:"inside"`               // P5 ≤ actual ≤ P95; false without a forecast
}

// Compare sets each actual line beside the forecast of the same key, in the order of the actual lines. A line without a
// forecast stays, to be seen; a forecast of a key that no actual line has is refused, and so is one whose quantiles are no
// numbers or do not rise.
func Compare(actual []Line, forecasts []Forecast) ([]Variance, error) {
	byKey := map[string]Forecast{}
	for i, f := range forecasts {
		at := "/forecast/" + strconv.Itoa(i)
		if _, twice := byKey[f.Key]; twice {
			return nil, fault.New(fault.Invalid, "forecast_twice", "the line %q is forecast twice", f.Key).At(at + "/key")
		}
		if !(f.P5 <= f.P50 && f.P50 <= f.P95) || math.IsInf(f.P5, 0) || math.IsInf(f.P95, 0) { // no number compares false
			return nil, fault.New(fault.Invalid, "forecast_quantiles", "the quantiles of %q are numbers that rise, not %g, %g, %g", f.Key, f.P5, f.P50, f.P95).At(at)
		}
		byKey[f.Key] = f
	}
	out := make([]Variance, 0, len(actual))
	for _, l := range actual {
		v := Variance{Key: l.Key, Label: l.Label, Total: l.Total, Actual: l.Amount}
		if f, ok := byKey[l.Key]; ok {
			delete(byKey, l.Key)
			x, err := major(l.Amount)
			if err != nil {
				return nil, err
			}
			v.Forecast, v.Difference, v.Inside = &f, x-f.P50, f.P5 <= x && x <= f.P95
		}
		out = append(out, v)
	}
	for i, f := range forecasts {
		if _, left := byKey[f.Key]; left {
			known := make([]string, len(actual))
			for k, l := range actual {
				known[k] = l.Key
			}
			return nil, fault.New(fault.Invalid, "forecast_key", "no line has the key %.60q; there are %s", f.Key, strings.Join(known, ", ")).At("/forecast/" + strconv.Itoa(i) + "/key")
		}
	}
	return out, nil
}

// major is an amount in major units, to be compared with a statistic; what is booked never becomes a float.
func major(a money.Amount) (float64, error) {
	exp, err := a.Currency.Exponent()
	if err != nil {
		return 0, err
	}
	return float64(a.Minor) / math.Pow10(exp), nil
}
