package backtest

import (
	"context"
	"fmt"
	"math"
	"strings"

	"roadbook/fault"
)

// Compared is two variants on the figures that both forecast: in how many each had the lower CRPS.
type Compared struct {
	A       string `json:"a"`
	B       string `json:"b"`
	N       int    `json:"n"`
	ABetter int    `json:"a_better"` // by more than one percent
	BBetter int    `json:"b_better"`
}

// String says which variant scores better.
func (c Compared) String() string {
	better, worse, n := c.A, c.B, c.ABetter
	if c.BBetter > c.ABetter {
		better, worse, n = c.B, c.A, c.BBetter
	}
	if c.ABetter == c.BBetter {
		return fmt.Sprintf("Neither of %s and %s scores better (CRPS): %d of %d figures each.", c.A, c.B, n, c.N)
	}
	return fmt.Sprintf("%s scores better than %s (CRPS) in %d of %d figures, worse in %d.", better, worse, n, c.N, min(c.ABetter, c.BBetter))
}

// compare pairs the variants in the order in which they come. The figure is the same when maker, target and day are.
func compare(rows []Row) []Compared {
	type pair struct{ a, b string }
	var order []pair
	by := map[pair]*Compared{}
	for i, a := range rows {
		for _, b := range rows[i+1:] {
			if a.Variant == b.Variant || a.Maker != b.Maker || a.Target != b.Target || a.AsOf != b.AsOf {
				continue
			}
			p := pair{a.Variant, b.Variant}
			c := by[p]
			if c == nil {
				c = &Compared{A: a.Variant, B: b.Variant}
				by[p], order = c, append(order, p)
			}
			c.N++
			switch { // quantiles are frozen with an error of their own: a percent is a tie
			case a.CRPS < 0.99*b.CRPS:
				c.ABetter++
			case b.CRPS < 0.99*a.CRPS:
				c.BBetter++
			}
		}
	}
	out := make([]Compared, len(order))
	for i, p := range order {
		out[i] = *by[p]
	}
	return out
}

// Repeat asks a model of the registered version for the predictions again and refuses a registration that it does not
// repeat: the hash tells that nothing was changed since, this tells that the predictions are the model's.
func (r Registration) Repeat(ctx context.Context, model Forecaster) error {
	if err := r.Verify(); err != nil {
		return err
	}
	if v := model.Version(); v != r.Model {
		return fault.New(fault.Refused, "backtest_version", "the registration is of model version %q, this one is %q", r.Model, v)
	}
	for _, f := range r.Forecasts {
		again := f
		again.Predictions = nil
		for _, p := range f.Predictions {
			again.Predictions = append(again.Predictions, Prediction{Target: p.Target})
		}
		if err := again.predict(ctx, r.Spec, model); err != nil {
			return err
		}
		var off []string
		for i, p := range f.Predictions {
			for k, q := range p.Quantiles {
				if math.Abs(again.Predictions[i].Quantiles[k]-q) > RepeatWithin*math.Max(math.Abs(q), p.At(0.95)-p.At(0.05)) {
					off = append(off, p.Target.String())
					break
				}
			}
		}
		if off != nil {
			return fault.New(fault.Refused, "backtest_repeat", "forecast %q does not repeat: the model gives other quantiles of %s", f.Name, strings.Join(off, ", "))
		}
	}
	return nil
}

// RepeatWithin is how far a repeated quantile may lie off, as a part of its size: processors round sums differently.
const RepeatWithin = 1e-6
