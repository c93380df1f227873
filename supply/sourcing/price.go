package sourcing

import (
	"math"

	"roadbook/money"
)

// fxOf returns the price of one unit of cur in the case's currency; 1 for its own or none.
func fxOf[S ~string](c *Case, cur S) float64 {
	if cur == "" || string(cur) == string(c.Currency) {
		return 1
	}
	for i := range c.Rates {
		if string(c.Rates[i].From) == string(cur) {
			return c.Rates[i].Rate.Float()
		}
	}
	return math.NaN()
}

func commodityCurrency(c *Case, id string) money.Currency {
	for i := range c.Commodities {
		if c.Commodities[i].ID == id {
			return c.Commodities[i].Currency
		}
	}
	return ""
}

// indexAt returns the commodity's price per kg, in its own currency, months after the start, within a scenario (−1: the
// base path). Months before the start see Before.
func indexAt(c *Case, m *Commodity, scenario, months int) float64 {
	if months < 0 {
		if m.Before.Given() {
			return m.Before.Float()
		}
		months = 0
	}
	t := min(months/c.Step, c.Periods-1)
	v := m.Path.At(t)
	if scenario >= 0 && scenario < len(c.Scenarios) {
		for i := range c.Scenarios[scenario].Commodities {
			if p := &c.Scenarios[scenario].Commodities[i]; p.Commodity == m.ID {
				if p.Path.Given() {
					return p.Path.At(t)
				}
				return v * p.Factor.At(t)
			}
		}
	}
	return v
}

// priceOf returns the price of one pack in the case's currency in a period and scenario:
//
//	units · fx · [ (base − Σ g·at)·(X_t/X_0)^−b + Σ g·clamp(idx_{t−lag}, floor, cap) ]
//
// with b = −log2(1−rate) and X_t/X_0 = (1+growth)^years. What a quote includes of a commodity is taken out of the base
// before it learns; otherwise a fall of the commodity would be counted twice.
func priceOf(c *Case, s *Supplier, o *Offer, scenario, t int) float64 {
	units := 1.0
	if o.Price.Per == "kwh" {
		for i := range c.Packs {
			if c.Packs[i].ID == o.Pack {
				units = c.Packs[i].KWh.Float()
			}
		}
	}
	base, index := o.Price.Base.Float()*fxOf(c, s.Currency), 0.0
	for i := range o.Price.Index {
		term := &o.Price.Index[i]
		for j := range c.Commodities {
			m := &c.Commodities[j]
			if m.ID != term.Commodity {
				continue
			}
			fx, g := fxOf(c, m.Currency), term.Content.Float()
			base -= g * term.At.Float() * fx
			idx := indexAt(c, m, scenario, t*c.Step-term.Lag)
			if term.Floor.Given() {
				idx = math.Max(idx, term.Floor.Float())
			}
			if term.Cap.Given() {
				idx = math.Min(idx, term.Cap.Float())
			}
			index += g * idx * fx
		}
	}
	b := -math.Log2(1 - o.Price.Learn.Rate.Float())
	years := float64(t*c.Step) / 12
	return units * (base*math.Pow(1+o.Price.Learn.Growth.Float(), -b*years) + index)
}
