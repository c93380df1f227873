package console

import (
	"cmp"
	"math"
	"slices"

	"roadbook/money"
	"roadbook/platform/chart"
	"roadbook/supply/sourcing"
)

// elsewhere is how the buyer of last resort is called on pages.
const elsewhere = "elsewhere"

// buys draws who delivers how many packs in each period.
func buys(p sourcing.Plan) chart.Plot {
	out := chart.Plot{Title: "Packs bought by supplier and period", Unit: "packs"}
	for _, m := range p.Months {
		out.X = append(out.X, string(m))
	}
	for _, s := range p.Shares {
		if !slices.ContainsFunc(s.Packs, func(v float64) bool { return v > 0.5 }) {
			continue
		}
		out.Bars = append(out.Bars, chart.Series{Name: cmp.Or(s.Supplier, elsewhere) + " " + s.Pack, Y: s.Packs})
	}
	return out
}

// rulePrices draws what each rule costs per car, between what is certain.
func rulePrices(p sourcing.Plan) chart.Ranges {
	out := chart.Ranges{Title: "What each rule costs per car", Unit: string(p.Currency) + " per car; the whisker is what is certain"}
	for _, r := range p.Prices {
		out.Rows = append(out.Rows, chart.Range{Label: r.Rule, From: 0, To: major(r.FoundPerCar), Lo: major(r.LowPerCar), Hi: major(r.HighPerCar), Note: chart.Number(major(r.FoundPerCar))})
	}
	return out
}

// sensitivities draws the cost per car at multiples of a commodity's path, one plot per commodity.
func sensitivities(p sourcing.Plan) []chart.Plot {
	var out []chart.Plot
	for _, r := range p.Sensitivity {
		i := slices.IndexFunc(out, func(c chart.Plot) bool { return c.Title == r.Commodity })
		if i < 0 {
			i = len(out)
			out = append(out, chart.Plot{Title: r.Commodity, Unit: string(p.Currency) + " per car",
				Lines: []chart.Series{{Name: "decided anew"}, {Name: "award and tiers kept"}}})
		}
		c := &out[i]
		c.X = append(c.X, "×"+chart.Number(r.Factor))
		fixed := math.NaN()
		if p.Cars > 0 {
			fixed = major(r.Fixed) / p.Cars
		}
		c.Lines[0].Y = append(c.Lines[0].Y, major(r.PerCar))
		c.Lines[1].Y = append(c.Lines[1].Y, fixed)
	}
	return out
}

// bought keeps what an award table shows: offers that were taken, and those that a rule kept out.
func bought(p sourcing.Plan) []sourcing.Award {
	return slices.DeleteFunc(slices.Clone(p.Awards), func(a sourcing.Award) bool { return !a.Awarded && len(a.Excluded) == 0 })
}

// certain writes an interval of money.
func certain(low, high money.Amount) string {
	if low == high {
		return plain(low)
	}
	return write(low).Whole + " to " + plain(high)
}

// engineText says how a plan was found and what is proven of it.
func engineText(r sourcing.Run) string {
	s := "Engine " + r.Engine + ", " + string(r.Status)
	if r.Status == sourcing.Feasible || r.Status == sourcing.Optimal {
		s += ", proven within " + pct(r.Gap) + " by " + cmp.Or(r.BoundBy, r.Engine)
	}
	return s + ", " + fixed(r.CPU, 1) + " CPU-s."
}

// noteText sets a note off from what stands before it.
func noteText(s string) string {
	if s == "" {
		return ""
	}
	return " – " + s
}
