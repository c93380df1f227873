package app

import (
	"context"
	"fmt"
	"math"

	"roadbook/outlook"
	"roadbook/outlook/chance"
	"roadbook/outlook/forecast"
)

// learn corrects a case's inputs by what the fleet's own books say of the products that both know by the same id. A case
// that names none of them, or is in another currency, stays as it is; so does one whose day lies before that of the books.
func (a *App) learn(ctx context.Context, c forecast.Case) (forecast.Case, []forecast.Update, string, error) {
	if c.Currency != a.cfg.Currency {
		return c, nil, "", nil
	}
	seen, err := a.Outlook.Observations(ctx)
	if err != nil {
		return c, nil, "", err
	}
	learned := Lessons(c, seen)
	if len(learned) == 0 {
		return c, nil, "", nil
	}
	if seen.AsOf > c.AsOf {
		return c, nil, fmt.Sprintf("The fleet's own books stand at %s. The case knows nothing after %s, so they taught it nothing.", seen.AsOf, c.AsOf), nil
	}
	c, updates, err := c.With(learned)
	return c, updates, "", err
}

// Lessons reads the observations as those of a case's inputs: of each product with the id of a SKU the attach rate, the
// renewal at the end of its bundle and the churn; of the fleet what a live car's connectivity costs. A figure that the
// case holds to be known is left alone.
func Lessons(c forecast.Case, seen outlook.Observations) []forecast.Observation {
	uncertain := map[string]bool{}
	for _, in := range c.Inputs {
		d, err := in.Dist()
		_, known := d.(chance.Fixed)
		uncertain[in.Name] = err == nil && !known
	}
	var out []forecast.Observation
	learn := func(o forecast.Observation) {
		if uncertain[o.Input] && (o.Trials > 0 || o.N > 0) {
			out = append(out, o)
		}
	}
	for _, p := range c.Products {
		var all outlook.Observation
		for _, o := range seen.Products {
			if string(o.SKU) != p.ID {
				continue
			}
			all.Sold += o.Sold
			all.Attached += o.Attached
			all.Ended += o.Ended
			all.Renewed += o.Renewed
			all.AtRisk += o.AtRisk
			all.Churned += o.Churned
			all.Evidence = o.Evidence
		}
		if p.Attach != nil {
			learn(forecast.Observation{Input: p.Attach.Base, Trials: int64(all.Sold), Successes: int64(all.Attached), Evidence: all.Evidence})
		}
		learn(forecast.Observation{Input: p.Renewal, Trials: int64(all.Ended), Successes: int64(all.Renewed), Evidence: all.Evidence})
		if trials := int64(all.AtRisk) / monthsOfQuarter; trials > 0 { // the case's churn is a quarter's
			stay := 1 - float64(all.Churned)/float64(all.AtRisk)
			lost := int64(math.Round((1 - stay*stay*stay) * float64(trials)))
			e := all.Evidence
			e.Definition = fmt.Sprintf("%d of %d ends of months at which a subscriber went, as quarters", all.Churned, all.AtRisk)
			learn(forecast.Observation{Input: p.Churn, Trials: trials, Successes: min(lost, trials), Evidence: e})
		}
	}
	if r := c.Running; r.Connectivity != nil {
		learn(perCarMonth(r.Connectivity.Base, "connectivity_cost", seen))
	}
	return out
}

const monthsOfQuarter = 3

// perCarMonth measures a cost per car-month: each cohort is one measurement, so that it takes two to know their spread.
func perCarMonth(input, key string, seen outlook.Observations) forecast.Observation {
	o := forecast.Observation{Input: input}
	var sum, squares float64
	for _, u := range seen.Costs {
		if u.Key != key || u.CarMonths <= 0 {
			continue
		}
		exp, err := u.Total.Currency.Exponent()
		if err != nil {
			continue
		}
		v := float64(u.Total.Minor) / math.Pow10(exp) / float64(u.CarMonths)
		sum, squares = sum+v, squares+v*v
		o.N++
		o.Evidence = u.Evidence
	}
	if o.N < 2 {
		return forecast.Observation{}
	}
	n := float64(o.N)
	mean := sum / n
	o.SD = math.Sqrt(max(0, (squares-n*mean*mean)/(n-1)))
	if o.SD == 0 {
		return forecast.Observation{} // without a spread nothing says how much a measurement is worth
	}
	o.Mean = &mean
	return o
}
