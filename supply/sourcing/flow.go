package sourcing

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// tolerance of an audit, relative to the size of what is compared.
const tolerance = 1e-5

// choice is the first stage: awards and tiers (−1: nothing is bought in that year).
type choice struct {
	a []bool
	z [][][]int8 // [supplier][year][tier decision]
}

func (n *net) emptyChoice() choice {
	c := choice{a: make([]bool, len(n.pairs))}
	for range n.S {
		years := make([][]int8, n.Y)
		for y := range years {
			years[y] = make([]int8, n.yw())
			for d := range years[y] {
				years[y][d] = -1
			}
		}
		c.z = append(c.z, years)
	}
	return c
}

func (c choice) clone() choice {
	d := choice{a: slices.Clone(c.a)}
	for _, years := range c.z {
		var rows [][]int8
		for _, row := range years {
			rows = append(rows, slices.Clone(row))
		}
		d.z = append(d.z, rows)
	}
	return d
}

func (c choice) key() string {
	b := make([]byte, 0, 64)
	for _, a := range c.a {
		b = append(b, map[bool]byte{true: '1', false: '0'}[a])
	}
	for _, years := range c.z {
		for _, row := range years {
			for _, r := range row {
				b = append(b, byte('a'+r+1))
			}
		}
	}
	return string(b)
}

// tier returns the tier of a supplier-year in a scenario.
func (n *net) tier(c choice, s, y, w int) int {
	if n.contract {
		w = 0
	}
	return int(c.z[s][y][w])
}

// flow is a whole plan: the first stage and the quantities of each scenario.
type flow struct {
	choice
	q     [][][]float64   // [scenario][pair][period]
	stock [][][]float64   // [scenario][pack][period]
	short [][][]float64   // [scenario][pack][period]
	use   [][][][]float64 // [scenario][trim][period][allowed pack]
	miss  [][][]float64   // [scenario][supplier][year], derived
}

func (n *net) newFlow(c choice) *flow {
	f := &flow{choice: c.clone()}
	table := func(a, b int) [][]float64 {
		t := make([][]float64, a)
		for i := range t {
			t[i] = make([]float64, b)
		}
		return t
	}
	for range n.W {
		f.q = append(f.q, table(len(n.pairs), n.T))
		f.stock = append(f.stock, table(n.C, n.T))
		f.short = append(f.short, table(n.C, n.T))
		f.miss = append(f.miss, table(n.S, n.Y))
		var use [][][]float64
		for i := range n.M {
			use = append(use, table(n.T, len(n.allowed[i])))
		}
		f.use = append(f.use, use)
	}
	return f
}

// settle derives what follows from the quantities: stock from the balance, missed packs from the tiers, and clears the
// rounding of an engine.
func (n *net) settle(f *flow) {
	for w := range n.W {
		for k := range n.pairs {
			for t := range n.T {
				if f.q[w][k][t] < 1e-6 {
					f.q[w][k][t] = 0
				}
				f.q[w][k][t] = math.Min(f.q[w][k][t], n.pairs[k].cap[t])
			}
		}
		n.split(f, w)
		for c := range n.C {
			stock := n.stock[c]
			for t := range n.T {
				stock += n.bought(f, w, c, t) - n.used(f, w, c, t)
				if f.short[w][c][t] < 1e-6 {
					f.short[w][c][t] = 0
				}
				stock += f.short[w][c][t]
				if stock < 0 { // an engine's rounding is made good where packs can be had elsewhere
					if n.short[c] >= 0 {
						f.short[w][c][t] -= stock
						stock = 0
					} else if stock > -tolerance*(1+n.used(f, w, c, t)) {
						stock = 0
					}
				}
				f.stock[w][c][t] = stock
			}
		}
		for s := range n.S {
			for y := range n.Y {
				f.miss[w][s][y] = 0
				if r := n.tier(f.choice, s, y, w); r >= 0 {
					f.miss[w][s][y] = math.Max(0, n.tiers[s][y][r].lo-n.volume(f, w, s, y))
				}
			}
		}
	}
}

// split scales the use of each trim to its demand.
func (n *net) split(f *flow, w int) {
	for i := range n.M {
		for t := range n.T {
			sum := 0.0
			for j := range f.use[w][i][t] {
				f.use[w][i][t][j] = math.Max(0, f.use[w][i][t][j])
				sum += f.use[w][i][t][j]
			}
			if sum > 0 {
				for j := range f.use[w][i][t] {
					f.use[w][i][t][j] *= n.need[i][t][w] / sum
				}
			} else {
				f.use[w][i][t][0] = n.need[i][t][w]
			}
		}
	}
}

func (n *net) bought(f *flow, w, c, t int) float64 {
	sum := 0.0
	for _, k := range n.at[c] {
		sum += f.q[w][k][t]
	}
	return sum
}

func (n *net) used(f *flow, w, c, t int) float64 {
	sum := 0.0
	for i := range n.M {
		for j, a := range n.allowed[i] {
			if a == c {
				sum += f.use[w][i][t][j]
			}
		}
	}
	return sum
}

func (n *net) volume(f *flow, w, s, y int) float64 {
	sum := 0.0
	for _, k := range n.of[s] {
		for t := n.first[y]; t < n.T && n.year[t] == y; t++ {
			sum += f.q[w][k][t]
		}
	}
	return sum
}

// costs holds the cost of a scenario by kind, in the order of kinds.
type costs [7]float64

func (c costs) total() float64 {
	sum := 0.0
	for _, v := range c {
		sum += v
	}
	return sum
}

// costs computes what a plan costs in a scenario from its quantities alone.
func (n *net) costs(f *flow, w int) costs {
	var c costs
	for k := range n.pairs {
		p := &n.pairs[k]
		if f.a[k] {
			c[2] += p.fix
		}
		for t, q := range f.q[w][k] {
			if q > 0 {
				v := q * p.price[w][t]
				c[0] += v
				if r := n.tier(f.choice, p.s, n.year[t], w); r >= 0 {
					c[1] -= v * n.tiers[p.s][n.year[t]][r].off
				}
				c[3] += p.order
			}
		}
	}
	for i := range n.C {
		for t := range n.T {
			c[4] += n.hold[i] * math.Max(0, f.stock[w][i][t])
			c[5] += math.Max(0, n.short[i]) * f.short[w][i][t]
		}
	}
	for s := range n.S {
		for y := range n.Y {
			c[6] += math.Max(0, n.top[s]) * f.miss[w][s][y]
		}
	}
	return c
}

// objective is (1−λ)·mean + λ·CVaR of the scenarios' totals.
func (n *net) objective(f *flow) float64 {
	totals := make([]float64, n.W)
	for w := range totals {
		totals[w] = n.costs(f, w).total()
	}
	return n.risk(totals)
}

func (n *net) risk(totals []float64) float64 {
	mean := 0.0
	for w, v := range totals {
		mean += n.prob[w] * v
	}
	if n.lambda == 0 {
		return mean
	}
	return (1-n.lambda)*mean + n.lambda*cvar(totals, n.prob, n.alpha)
}

// cvar is the mean of the worst 1−alpha of a discrete distribution (Rockafellar and Uryasev 2000): the scenario that
// straddles the quantile counts with its part.
func cvar(totals, prob []float64, alpha float64) float64 {
	order := make([]int, len(totals))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(totals[b], totals[a]) })
	left, sum := 1-alpha, 0.0
	for _, i := range order {
		p := math.Min(left, prob[i])
		sum += p * totals[i]
		if left -= p; left <= 1e-15 {
			break
		}
	}
	return sum / (1 - alpha)
}

// tail returns the weights of the scenarios that make the objective linear at these totals: the worst case of the CVaR.
func (n *net) tail(totals []float64) []float64 {
	weight := slices.Clone(n.prob)
	if n.lambda == 0 || n.W == 1 {
		return weight
	}
	order := make([]int, len(totals))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(totals[b], totals[a]) })
	left := 1 - n.alpha
	for w := range weight {
		weight[w] = (1 - n.lambda) * n.prob[w]
	}
	for _, i := range order {
		p := math.Min(left, n.prob[i])
		weight[i] += n.lambda * p / (1 - n.alpha)
		left -= p
	}
	return weight
}

// audit checks a plan against every rule and says which one it breaks.
func (n *net) audit(f *flow) error {
	nm := namer{n}
	broken := func(name string, over, size float64) error {
		if over > tolerance*(1+math.Abs(size)) || math.IsNaN(over) {
			return fmt.Errorf("the plan breaks %s by %g of %g", name, over, size)
		}
		return nil
	}
	for w := range n.W {
		for k := range n.pairs {
			p := &n.pairs[k]
			for t, q := range f.q[w][k] {
				name := func(kind string) string { return nm.of(kind, w, nm.sup(p.s), nm.pack(p.c), nm.month(t)) }
				if q > 0 && (!p.open[t] || !f.a[k] || n.tier(f.choice, p.s, n.year[t], w) < 0) {
					return fmt.Errorf("the plan buys where it may not: %s", name("buy"))
				}
				if err := broken(name("capacity"), q-p.cap[t], p.cap[t]); err != nil {
					return err
				}
				if q > 0 {
					if err := broken(name("minimum_order"), p.moq-q, p.moq); err != nil {
						return err
					}
				}
			}
		}
		for c := range n.C {
			last := n.stock[c]
			for t := range n.T {
				used := n.used(f, w, c, t)
				off := last + n.bought(f, w, c, t) + f.short[w][c][t] - used - f.stock[w][c][t]
				if err := broken(nm.of("balance", w, nm.pack(c), nm.month(t)), math.Max(math.Abs(off), -f.stock[w][c][t]), used); err != nil {
					return err
				}
				if n.short[c] < 0 && f.short[w][c][t] > tolerance*(1+used) {
					return fmt.Errorf("the plan needs packs from elsewhere: %s", nm.of("balance", w, nm.pack(c), nm.month(t)))
				}
				last = f.stock[w][c][t]
			}
		}
		for i := range n.M {
			for t := range n.T {
				sum := 0.0
				for _, v := range f.use[w][i][t] {
					sum += v
				}
				if err := broken(nm.of("demand", w, n.c.Trims[i].ID, nm.month(t)), math.Abs(sum-n.need[i][t][w]), sum); err != nil {
					return err
				}
			}
		}
		if err := n.auditYears(f, w, broken); err != nil {
			return err
		}
	}
	for i := range n.duals {
		if got := n.sources(f.choice, i); got < n.duals[i].n {
			return fmt.Errorf("the plan breaks dual_source[%s]: %g of %g", n.duals[i].id, got, n.duals[i].n)
		}
	}
	return nil
}

// sources counts the suppliers that a dual-source rule sees.
func (n *net) sources(c choice, rule int) float64 {
	seen := map[int]bool{}
	for k, a := range c.a {
		if a && n.pairs[k].usable() && slices.Contains(n.duals[rule].set, n.pairs[k].c) {
			seen[n.pairs[k].s] = true
		}
	}
	return float64(len(seen))
}

func (n *net) auditYears(f *flow, w int, broken func(string, float64, float64) error) error {
	nm := namer{n}
	for s := range n.S {
		for y := range n.Y {
			r := n.tier(f.choice, s, y, w)
			if r < 0 {
				continue
			}
			b, v := n.tiers[s][y][r], n.volume(f, w, s, y)
			if err := broken(nm.of("tier_ceiling", w, nm.sup(s), nm.year(y), fmt.Sprint(r+1)), v-b.hi, b.hi); err != nil {
				return err
			}
			if n.top[s] < 0 {
				if err := broken(nm.of("tier_floor", w, nm.sup(s), nm.year(y), fmt.Sprint(r+1)), b.lo-v, b.lo); err != nil {
					return err
				}
			}
		}
	}
	for i := range n.shares {
		r := &n.shares[i]
		for y := range n.Y {
			own, all := n.shareOf(f, w, y, r)
			for s := range n.S {
				if r.supplier < 0 || r.supplier == s {
					if err := broken(nm.of("max_share", w, r.id, nm.sup(s), nm.year(y)), own[s]-r.sigma*all, all); err != nil {
						return err
					}
				}
			}
		}
	}
	kg, kwh := n.carbon(f, w)
	if n.co2cap >= 0 {
		if err := broken(nm.of("co2_cap", w), kg-n.co2cap, n.co2cap); err != nil {
			return err
		}
	}
	if n.co2avg >= 0 {
		return broken(nm.of("co2_average", w), kg-n.co2avg*kwh, kg)
	}
	return nil
}

func (n *net) shareOf(f *flow, w, y int, r *share) (own []float64, all float64) {
	own = make([]float64, n.S)
	for k := range n.pairs {
		if slices.Contains(r.set, n.pairs[k].c) {
			for t := n.first[y]; t < n.T && n.year[t] == y; t++ {
				own[n.pairs[k].s] += f.q[w][k][t]
				all += f.q[w][k][t]
			}
		}
	}
	return own, all
}

// carbon returns the kg of CO2 and the kWh that suppliers deliver.
func (n *net) carbon(f *flow, w int) (kg, kwh float64) {
	for k := range n.pairs {
		for _, q := range f.q[w][k] {
			kg += q * n.pairs[k].co2
			kwh += q * n.kwh[n.pairs[k].c]
		}
	}
	return kg, kwh
}

// flow reads a solution of the model.
func (m *model) flow(x []float64) *flow {
	n := m.n
	c := n.emptyChoice()
	for k, j := range m.a {
		c.a[k] = x[j] > 0.5 && n.pairs[k].usable()
	}
	for s := range n.S {
		for y := range n.Y {
			for d := range n.yw() {
				if len(m.z[s][y][d]) == 0 {
					c.z[s][y][d] = 0
				}
				for r, j := range m.z[s][y][d] {
					if x[j] > 0.5 {
						c.z[s][y][d] = int8(r)
					}
				}
			}
		}
	}
	f := n.newFlow(c)
	get := func(j int) float64 {
		if j < 0 {
			return 0
		}
		return x[j]
	}
	for w := range n.W {
		for k := range n.pairs {
			p := &n.pairs[k]
			for t := range n.T {
				q := get(m.q[w][k][t])
				on := c.a[k] && p.open[t] && n.tier(c, p.s, n.year[t], w) >= 0
				if j := m.o[w][k][t]; j >= 0 {
					on = on && x[j] > 0.5
				}
				if on {
					if q = math.Max(q, p.moq); q < 1e-6 {
						q = 0
					}
					f.q[w][k][t] = q
				}
			}
		}
		for i := range n.C {
			for t := range n.T {
				f.short[w][i][t] = get(m.short[w][i][t])
			}
		}
		for i := range n.M {
			for t := range n.T {
				for a := range n.allowed[i] {
					f.use[w][i][t][a] = n.need[i][t][w]
					if len(m.use[w][i][t]) > 0 {
						f.use[w][i][t][a] = get(m.use[w][i][t][a])
					}
				}
			}
		}
	}
	n.settle(f)
	return f
}
