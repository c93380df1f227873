package sourcing

import (
	"math"

	"roadbook/money"
	"roadbook/period"
)

// PackCost is what a pack costs that goes into a car in one period and scenario.
type PackCost struct {
	Scenario    string       `json:"scenario"`
	Probability float64      `json:"probability"`
	Month       period.Month `json:"month"` // first month of the period
	Trim        string       `json:"trim"`
	Pack        string       `json:"pack"`
	Packs       float64      `json:"packs"`    // built in
	Bought      money.Amount `json:"bought"`   // a pack, after discount, with orders and what came from elsewhere
	Overhead    money.Amount `json:"overhead"` // a pack: qualification, holding and take-or-pay
	Cost        money.Amount `json:"cost"`     // Bought + Overhead
}

// PackCosts turns a plan into the pack cost of each trim in each period and scenario, for a forecast that runs on the same
// scenarios. Packs leave the stock at its moving average; qualification, holding and take-or-pay are spread evenly over
// the packs used. Σ packs × cost, plus the average cost of what is left in stock at the end, is the scenario's total (stock
// at the start counts as free, for it was paid before).
func PackCosts(c Case, p Plan) ([]PackCost, error) {
	n, err := compile(&c)
	if err != nil {
		return nil, err
	}
	orders := map[string]float64{}
	for s := range n.S {
		orders[c.Suppliers[s].ID] = c.Suppliers[s].OrderCost.Float() * fxOf(n.c, c.Suppliers[s].Currency)
	}
	var out []PackCost
	for w := range p.Scenarios {
		sc := &p.Scenarios[w]
		used, overhead := 0.0, 0.0
		exp, err := c.Currency.Exponent()
		if err != nil {
			return nil, err
		}
		for _, l := range sc.Cost {
			switch l.Kind {
			case "qualification", "holding", "take_or_pay":
				overhead += float64(l.Amount.Minor) / math.Pow10(exp)
			}
		}
		for _, r := range sc.Rows {
			used += r.Used
		}
		if used > 0 {
			overhead /= used
		}
		stock, value := map[string]float64{}, map[string]float64{}
		for i := range c.Packs {
			stock[c.Packs[i].ID] = c.Packs[i].Stock.Float()
		}
		for _, r := range sc.Rows {
			i := n.pack(r.Pack)
			for _, b := range r.Buys {
				stock[r.Pack] += b.Packs
				value[r.Pack] += b.Packs*b.Price*(1-b.Discount) + orders[b.Supplier]
			}
			stock[r.Pack] += r.Short
			value[r.Pack] += r.Short * math.Max(0, n.short[i]) * unit
			per := 0.0
			if stock[r.Pack] > 1e-9 {
				per = value[r.Pack] / stock[r.Pack]
			}
			stock[r.Pack] -= r.Used
			value[r.Pack] -= r.Used * per
			if r.Used <= 1e-9 {
				continue
			}
			for _, part := range n.trimsOf(sc, i, r) {
				out = append(out, PackCost{Scenario: sc.ID, Probability: sc.Probability, Month: r.Month, Trim: part.trim, Pack: r.Pack, Packs: part.packs,
					Bought: amountIn(per, c.Currency), Overhead: amountIn(overhead, c.Currency), Cost: amountIn(per+overhead, c.Currency)})
			}
		}
	}
	return out, nil
}

type trimPart struct {
	trim  string
	packs float64
}

// trimsOf splits the packs used in a period over the trims that they fit, in proportion to the trims' cars.
func (n *net) trimsOf(sc *Outcome, pack int, r MonthRow) []trimPart {
	w, t := 0, 0
	for i := range n.c.Scenarios {
		if n.c.Scenarios[i].ID == sc.ID {
			w = i
		}
	}
	for i := range n.months {
		if n.months[i] == r.Month {
			t = i
		}
	}
	var parts []trimPart
	single, flexible := 0.0, 0.0
	for i := range n.M {
		for _, a := range n.allowed[i] {
			if a == pack && len(n.allowed[i]) == 1 {
				single += n.need[i][t][w]
			} else if a == pack {
				flexible += n.need[i][t][w]
			}
		}
	}
	for i := range n.M {
		for _, a := range n.allowed[i] {
			if a != pack || n.need[i][t][w] == 0 {
				continue
			}
			v := n.need[i][t][w]
			if len(n.allowed[i]) > 1 { // what the bound trims leave of the packs goes to the flexible ones
				v *= math.Max(0, r.Used-single) / flexible
			}
			if v > 1e-9 {
				parts = append(parts, trimPart{n.c.Trims[i].ID, v})
			}
		}
	}
	return parts
}
