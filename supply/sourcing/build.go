package sourcing

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"roadbook/evidence"
	"roadbook/money"
)

// amount rounds thousands of the case's currency to its minor unit.
func (n *net) amount(v float64) money.Amount { return amountIn(v*unit, n.c.Currency) }

// amountIn rounds major units of a currency.
func amountIn(major float64, c money.Currency) money.Amount {
	exp, err := c.Exponent()
	if err != nil || math.IsNaN(major) {
		return money.Amount{Currency: c}
	}
	v := math.Round(major * math.Pow10(exp))
	return money.Of(int64(math.Max(-9e18, math.Min(9e18, v))), c)
}

// lines rounds a breakdown line by line and returns it with the sum of the rounded lines.
func (n *net) lines(c costs) (lines []CostLine, total money.Amount) {
	total = money.Of(0, n.c.Currency)
	for i, v := range c {
		l := CostLine{kinds[i], n.amount(v)}
		lines = append(lines, l)
		total.Minor += l.Amount.Minor
	}
	return lines, total
}

// plan writes an answer as a plan.
func (n *net) plan(a answer, o Options) Plan {
	c := n.c
	p := Plan{Case: c.Name, Title: c.Title, CaseHash: c.Hash(), Currency: c.Currency, AsOf: c.AsOf, Months: n.months, Cars: n.cars,
		Lambda: n.lambda, Alpha: n.alpha, Notes: n.notes, Levels: n.levels, CO2Cap: math.Max(0, n.co2cap),
		Run: Run{Status: a.status, Engine: a.engine, BoundBy: a.boundBy, Tolerance: o.Gap, Nodes: a.nodes, Iterations: a.iters, LPs: a.lps,
			CPU: a.cpu.Seconds(), Seed: o.Seed, Columns: a.columns, Rows: a.rows, Binaries: a.ints, Stopped: a.stopped}}
	zero := money.Of(0, c.Currency)
	p.Objective, p.Bound, p.Mean, p.CVaR, p.Worst, p.PerCar = zero, zero, zero, zero, zero, zero
	for _, row := range a.clash {
		p.Conflicts = append(p.Conflicts, Conflict{row, n.words(row)})
	}
	f := a.flow
	if f == nil {
		if a.bound > 0 && !math.IsInf(a.bound, 0) && a.status != Infeasible {
			p.Bound = n.amount(a.bound)
		}
		return p
	}
	p.Run.Gap = gapOf(a.cost, a.bound)
	var mean costs
	totals := make([]float64, n.W)
	for w := range n.W {
		cs := n.costs(f, w)
		totals[w] = cs.total()
		for i := range mean {
			mean[i] += n.prob[w] * cs[i]
		}
		out := n.outcome(f, w, cs)
		p.Scenarios = append(p.Scenarios, out)
		if w == 0 || out.Total.Minor > p.Worst.Minor {
			p.Worst = out.Total
		}
		p.CO2 += n.prob[w] * out.CO2
	}
	p.Cost, p.Mean = n.lines(mean)
	p.CVaR = n.amount(cvar(totals, n.prob, n.alpha))
	p.Objective = n.amount(n.risk(totals))
	if n.W == 1 || n.lambda == 0 {
		p.Objective = p.Mean
	}
	p.Bound = n.amount(a.bound)
	p.Bound.Minor = min(p.Bound.Minor, p.Objective.Minor)
	p.PerCar = n.perCar(mean.total())
	n.awards(f, &p)
	n.spend(f, &p)
	return p
}

func (n *net) perCar(cost float64) money.Amount {
	if n.cars <= 0 {
		return money.Of(0, n.c.Currency)
	}
	return n.amount(cost / n.cars)
}

func (n *net) outcome(f *flow, w int, cs costs) Outcome {
	out := Outcome{ID: "base", Probability: n.prob[w]}
	if len(n.c.Scenarios) > 0 {
		out.ID = n.c.Scenarios[w].ID
	}
	out.Cost, out.Total = n.lines(cs)
	for i := range n.M {
		for t := range n.T {
			out.Cars += n.need[i][t][w]
		}
	}
	if out.Cars > 0 {
		out.PerCar = n.amount(cs.total() / out.Cars)
	}
	out.CO2, _ = n.carbon(f, w)
	for c := range n.C {
		for t := range n.T {
			row := MonthRow{Month: n.months[t], Pack: n.c.Packs[c].ID, Used: n.used(f, w, c, t), Stock: f.stock[w][c][t], Short: f.short[w][c][t]}
			for _, k := range n.at[c] {
				p := &n.pairs[k]
				if q := f.q[w][k][t]; q > 0 {
					b := Buy{Supplier: n.c.Suppliers[p.s].ID, Packs: q, Price: p.price[w][t] * unit}
					if r := n.tier(f.choice, p.s, n.year[t], w); r >= 0 {
						b.Discount = n.tiers[p.s][n.year[t]][r].off
					}
					row.Buys = append(row.Buys, b)
				}
			}
			out.Rows = append(out.Rows, row)
		}
	}
	return out
}

// awards fills in who was chosen for what, and in which tier.
func (n *net) awards(f *flow, p *Plan) {
	all := make([]float64, n.C)
	for w := range n.W {
		for c := range n.C {
			for t := range n.T {
				all[c] += n.prob[w] * (n.bought(f, w, c, t) + f.short[w][c][t])
			}
		}
	}
	for k := range n.pairs {
		x := &n.pairs[k]
		a := Award{Supplier: n.c.Suppliers[x.s].ID, Pack: n.c.Packs[x.c].ID, Chemistry: n.c.Packs[x.c].Chemistry, Awarded: f.a[k], Qualification: n.amount(0)}
		for w := range n.W {
			for _, q := range f.q[w][k] {
				a.Packs += n.prob[w] * q
			}
		}
		if all[x.c] > 0 {
			a.Share = a.Packs / all[x.c]
		}
		if f.a[k] {
			a.Qualification = n.amount(x.fix)
		}
		if t := slices.Index(x.open, true); t >= 0 {
			a.From = n.months[t]
		}
		for _, i := range x.barred {
			a.Excluded = append(a.Excluded, n.c.Exclusions[i].ID)
		}
		p.Awards = append(p.Awards, a)
	}
	for i := range n.duals {
		for k := range n.pairs {
			if f.a[k] && n.idle(f, k) && slices.Contains(n.duals[i].set, n.pairs[k].c) {
				p.Notes = append(p.Notes, Note{Code: "dual_source_on_paper", Pointer: fmt.Sprintf("/rules/dual_source/%d", i),
					Words: fmt.Sprintf("the dual-source rule %q is met by %s for %s without a single pack bought: a share cap would make it real", n.duals[i].id, n.c.Suppliers[n.pairs[k].s].ID, n.c.Packs[n.pairs[k].c].ID)})
			}
		}
	}
	for s := range n.S {
		for y := range n.Y {
			for d := range n.yw() {
				tc := TierChoice{Supplier: n.c.Suppliers[s].ID, Year: y + 1, Begins: n.months[n.first[y]]}
				if n.yw() > 1 {
					tc.Scenario = n.c.Scenarios[d].ID
				}
				for w := range n.W {
					weight := n.prob[w]
					if n.yw() > 1 {
						if w != d {
							continue
						}
						weight = 1
					}
					tc.Volume += weight * n.volume(f, w, s, y)
					tc.Shortfall += weight * f.miss[w][s][y]
				}
				if r := int(f.z[s][y][d]); r >= 0 && tc.Volume+tc.Shortfall > 0 {
					b := n.tiers[s][y][r]
					tc.Tier, tc.From, tc.Discount = r+1, b.lo, b.off
					if r+1 < len(n.tiers[s][y]) {
						tc.To = b.hi
					}
				}
				p.Tiers = append(p.Tiers, tc)
			}
		}
	}
}

// spend fills in what each supplier and each currency gets, and the series of the pictures.
func (n *net) spend(f *flow, p *Plan) {
	paid, packs := make([]float64, n.S+1), make([]float64, n.S+1)
	for s := range n.S {
		for w := range n.W {
			pw := n.prob[w]
			for y := range n.Y {
				paid[s] += pw * math.Max(0, n.top[s]) * f.miss[w][s][y]
			}
			for _, k := range n.of[s] {
				x := &n.pairs[k]
				if f.a[k] {
					paid[s] += pw * x.fix
				}
				for t, q := range f.q[w][k] {
					if q > 0 {
						v := q * x.price[w][t]
						if r := n.tier(f.choice, s, n.year[t], w); r >= 0 {
							v *= 1 - n.tiers[s][n.year[t]][r].off
						}
						paid[s] += pw * (v + x.order)
						packs[s] += pw * q
					}
				}
			}
		}
	}
	for k := range n.pairs {
		row := ShareSeries{Supplier: n.c.Suppliers[n.pairs[k].s].ID, Pack: n.c.Packs[n.pairs[k].c].ID, Packs: make([]float64, n.T)}
		sum := 0.0
		for w := range n.W {
			for t, q := range f.q[w][k] {
				row.Packs[t] += n.prob[w] * q
				sum += q
			}
		}
		if sum > 0 {
			p.Shares = append(p.Shares, row)
		}
	}
	for c := range n.C {
		row := ShareSeries{Pack: n.c.Packs[c].ID, Packs: make([]float64, n.T)}
		sum := 0.0
		for w := range n.W {
			for t, q := range f.short[w][c] {
				row.Packs[t] += n.prob[w] * q
				packs[n.S] += n.prob[w] * q
				paid[n.S] += n.prob[w] * q * math.Max(0, n.short[c])
				sum += q
			}
		}
		if sum > 0 {
			p.Shares = append(p.Shares, row)
		}
	}
	var order []money.Currency
	by := map[money.Currency]float64{}
	for s := range n.S + 1 {
		id, cur := "", n.c.Currency
		if s < n.S {
			id = n.c.Suppliers[s].ID
			if own := n.c.Suppliers[s].Currency; own != "" {
				cur = own
			}
		}
		if s == n.S && packs[s] == 0 {
			break
		}
		p.Suppliers = append(p.Suppliers, SupplierCost{id, packs[s], n.amount(paid[s])})
		if _, ok := by[cur]; !ok {
			order = append(order, cur)
		}
		by[cur] += paid[s]
	}
	for _, cur := range order {
		row := CurrencyRow{Currency: cur, Rate: fxOf(n.c, cur), Spend: n.amount(by[cur])}
		row.Own = amountIn(by[cur]*unit/row.Rate, cur)
		for i := range n.c.Rates {
			if n.c.Rates[i].From == cur {
				row.Evidence = n.c.Rates[i].Rate.Evidence
			}
		}
		p.Currencies = append(p.Currencies, row)
	}
}

// sentence is the answer in one line.
func (p *Plan) sentence() string {
	switch p.Run.Status {
	case Infeasible:
		var rows []string
		for _, c := range p.Conflicts {
			rows = append(rows, c.Words)
		}
		if len(rows) == 0 {
			return "No plan keeps every rule of the case."
		}
		return "No plan keeps every rule of the case; these cannot hold together: " + strings.Join(rows, "; ") + "."
	case Unknown:
		return "No plan was found before the limit; that there is none is not proven."
	}
	var parts []string
	for _, s := range p.Suppliers {
		if s.Packs > 0 {
			name := s.Supplier
			if name == "" {
				name = "elsewhere"
			}
			parts = append(parts, fmt.Sprintf("%.0f packs from %s", s.Packs, name))
		}
	}
	how := fmt.Sprintf("no plan is more than %.2g %% cheaper", 100*p.Run.Gap)
	if p.Run.Status == Optimal {
		how = fmt.Sprintf("optimal within %.2g %%", 100*math.Max(p.Run.Gap, 1e-6))
	}
	out := fmt.Sprintf("Buy %s for %s, %s a car (%s).", strings.Join(parts, ", "), p.Mean, p.PerCar, how)
	for _, r := range p.Prices {
		if r.Kind == "exclusion" && r.High.Minor > 0 {
			out += fmt.Sprintf(" %s costs %s to %s a car.", r.Words, r.LowPerCar, r.HighPerCar)
		}
	}
	if a, all := p.Levels[evidence.Assumed]+p.Levels[evidence.Uncertain], p.figures(); a > 0 {
		out += fmt.Sprintf(" %d of %d figures are assumed or uncertain.", a, all)
	}
	return out
}

func (p *Plan) figures() int {
	n := 0
	for _, v := range p.Levels {
		n += v
	}
	return n
}
