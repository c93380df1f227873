package sourcing

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"roadbook/supply/sourcing/milp"
)

// model is the award of a case as a mixed-integer program, with the columns by meaning; −1 where there is none.
type model struct {
	n     *net
	p     *milp.Problem
	a     []int
	z     [][][][]int // [supplier][year][tier decision][tier]; nil where the supplier-year has no choice
	o     [][][]int   // [scenario][pair][period]
	q     [][][]int
	stock [][][]int // [scenario][pack][period]
	short [][][]int
	use   [][][][]int // [scenario][trim][period][allowed pack]; nil where one pack only
	miss  [][][]int   // [scenario][supplier][year]
}

// form says how a model is written.
type form struct {
	relax  bool // without orders: q ≤ cap·a and the order cost spread over the capacity, a lower bound
	tiered bool // a purchase per tier, q ≤ cap·z: longer and tighter
	rules  bool // exclusions and qualification as rows of their own, so that they are named in a conflict
}

// Problem returns the program of a case in the compact form of DESIGN.md, in thousands of the case's currency and packs.
// Names tell what they are: "buy[catl,LFP,2024-03]", "capacity[catl,LFP,2024-03]", "exclusion[byd-legal]".
func Problem(c Case) (*milp.Problem, error) { return problem(c, form{rules: true}) }

// TieredProblem returns the program in the tier-disaggregated form, which has more columns and a tighter relaxation.
func TieredProblem(c Case) (*milp.Problem, error) { return problem(c, form{rules: true, tiered: true}) }

func problem(c Case, f form) (*milp.Problem, error) {
	n, err := compile(&c)
	if err != nil {
		return nil, err
	}
	return n.model(f).p, nil
}

// namer writes the names of columns and rows.
type namer struct{ n *net }

func (m namer) of(kind string, w int, parts ...string) string {
	if w >= 0 && m.n.W > 1 {
		parts = append(parts, m.n.c.Scenarios[w].ID)
	}
	return kind + "[" + strings.Join(parts, ",") + "]"
}

func (m namer) sup(s int) string   { return m.n.c.Suppliers[s].ID }
func (m namer) pack(c int) string  { return m.n.c.Packs[c].ID }
func (m namer) month(t int) string { return string(m.n.months[t]) }
func (m namer) year(y int) string  { return fmt.Sprintf("Y%d", y+1) }

// flat reports whether a supplier-year has one price for any volume: no tier is chosen.
func (n *net) flat(s, y int) bool {
	b := n.tiers[s][y]
	return len(b) == 1 && b[0].lo == 0 && b[0].hi >= n.reach(s, y)-1e-9
}

// reach is what a supplier can deliver in a contract year.
func (n *net) reach(s, y int) float64 {
	sum := 0.0
	for _, k := range n.of[s] {
		for t := n.first[y]; t < n.T && n.year[t] == y; t++ {
			if n.pairs[k].open[t] {
				sum += n.pairs[k].cap[t]
			}
		}
	}
	return sum
}

// lumpy reports whether a pair's orders need a yes or no.
func (p *pair) lumpy() bool { return p.moq > 0 || p.order > 0 }

func (n *net) model(f form) *model {
	m := &model{n: n, p: &milp.Problem{Name: n.c.Name}}
	nm := namer{n}
	weight := n.prob
	risky := n.lambda > 0 && n.W > 1
	var totals [][]milp.Term
	if risky {
		totals = make([][]milp.Term, n.W)
	}
	// col adds a column whose cost belongs to scenario w (−1: to all).
	col := func(name string, w int, lo, hi, cost float64, integer bool) int {
		direct := cost
		if w >= 0 {
			direct *= weight[w]
			if risky {
				direct = 0
			}
		}
		j := m.p.AddCol(name, lo, hi, direct, integer)
		if w >= 0 && risky && cost != 0 {
			totals[w] = append(totals[w], milp.Term{Col: j, Coef: cost})
		}
		return j
	}
	for k := range n.pairs {
		p := &n.pairs[k]
		lo, hi := 0.0, 1.0
		if p.fix == 0 {
			lo = 1
		}
		if !p.usable() {
			lo = 0
			if !f.rules || len(p.barred) == 0 {
				hi = 0
			}
		}
		m.a = append(m.a, m.p.AddCol(nm.of("award", -1, nm.sup(p.s), nm.pack(p.c)), lo, hi, p.fix, true))
		m.p.SetPriority(m.a[k], 3)
	}
	for s := range n.S {
		var years [][][]int
		for y := range n.Y {
			var decisions [][]int
			for d := range n.yw() {
				var tiers []int
				for r := range n.tiers[s][y] {
					if n.flat(s, y) {
						break
					}
					w := -1
					if !n.contract {
						w = d
					}
					j := m.p.AddCol(nm.of("tier", w, nm.sup(s), nm.year(y), fmt.Sprint(r+1)), 0, 1, 0, true)
					m.p.SetPriority(j, 2)
					tiers = append(tiers, j)
				}
				decisions = append(decisions, tiers)
			}
			years = append(years, decisions)
		}
		m.z = append(m.z, years)
	}
	for w := range n.W {
		m.scenario(f, w, col)
	}
	m.static(f)
	if risky {
		eta := m.p.AddCol("value_at_risk", -milp.Inf, milp.Inf, n.lambda, false)
		for w := range n.W {
			id := n.c.Scenarios[w].ID
			total := m.p.AddCol("cost["+id+"]", -milp.Inf, milp.Inf, (1-n.lambda)*weight[w], false)
			m.p.AddRow("cost["+id+"]", 0, 0, append(totals[w], milp.Term{Col: total, Coef: -1})...)
			xi := m.p.AddCol("excess["+id+"]", 0, milp.Inf, n.lambda*weight[w]/(1-n.alpha), false)
			m.p.AddRow("excess["+id+"]", 0, milp.Inf, milp.Term{Col: xi, Coef: 1}, milp.Term{Col: total, Coef: -1}, milp.Term{Col: eta, Coef: 1})
		}
	}
	return m
}

// scenario adds the second stage of a scenario.
func (m *model) scenario(f form, w int, col func(string, int, float64, float64, float64, bool) int) {
	n, p, nm := m.n, m.p, namer{m.n}
	q, o := grid(len(n.pairs), n.T), grid(len(n.pairs), n.T)
	for k := range n.pairs {
		x := &n.pairs[k]
		for t := range n.T {
			barred := !x.open[t]
			if barred && (!f.rules || x.cap[t] <= 0 || x.cap[t] < x.moq) {
				continue
			}
			sup, pack, month := nm.sup(x.s), nm.pack(x.c), nm.month(t)
			cost := 0.0
			if n.flat(x.s, n.year[t]) {
				cost = (1 - n.tiers[x.s][n.year[t]][0].off) * x.price[w][t]
			}
			if f.relax {
				cost += x.order / x.cap[t]
			}
			q[k][t] = col(nm.of("buy", w, sup, pack, month), w, 0, x.cap[t], cost, false)
			on := m.a[k]
			if x.lumpy() && !f.relax {
				o[k][t] = col(nm.of("order", w, sup, pack, month), w, 0, 1, x.order, true)
				on = o[k][t]
				if x.fix > 0 {
					p.AddRow(nm.of("awarded", w, sup, pack, month), -milp.Inf, 0, milp.Term{Col: on, Coef: 1}, milp.Term{Col: m.a[k], Coef: -1})
				}
				if x.moq > 0 {
					p.AddRow(nm.of("minimum_order", w, sup, pack, month), 0, milp.Inf, milp.Term{Col: q[k][t], Coef: 1}, milp.Term{Col: on, Coef: -x.moq})
				}
			}
			if on != m.a[k] || x.fix > 0 {
				p.AddRow(nm.of("capacity", w, sup, pack, month), -milp.Inf, 0, milp.Term{Col: q[k][t], Coef: 1}, milp.Term{Col: on, Coef: -x.cap[t]})
			}
		}
	}
	m.q, m.o = append(m.q, q), append(m.o, o)
	stock, short := grid(n.C, n.T), grid(n.C, n.T)
	use := make([][][]int, n.M)
	balance := make([][][]milp.Term, n.C)
	demand := make([][]float64, n.C)
	for c := range n.C {
		balance[c], demand[c] = make([][]milp.Term, n.T), make([]float64, n.T)
	}
	for i := range n.M {
		use[i] = make([][]int, n.T)
		for t := range n.T {
			if len(n.allowed[i]) == 1 {
				demand[n.allowed[i][0]][t] += n.need[i][t][w]
				continue
			}
			var terms []milp.Term
			for _, c := range n.allowed[i] {
				j := col(nm.of("use", w, n.c.Trims[i].ID, nm.pack(c), nm.month(t)), w, 0, n.need[i][t][w], 0, false)
				use[i][t] = append(use[i][t], j)
				terms = append(terms, milp.Term{Col: j, Coef: 1})
				balance[c][t] = append(balance[c][t], milp.Term{Col: j, Coef: -1})
			}
			p.AddRow(nm.of("demand", w, n.c.Trims[i].ID, nm.month(t)), n.need[i][t][w], n.need[i][t][w], terms...)
		}
	}
	for c := range n.C {
		for t := range n.T {
			stock[c][t] = col(nm.of("stock", w, nm.pack(c), nm.month(t)), w, 0, milp.Inf, n.hold[c], false)
			terms := append(balance[c][t], milp.Term{Col: stock[c][t], Coef: -1})
			if n.short[c] >= 0 {
				short[c][t] = col(nm.of("elsewhere", w, nm.pack(c), nm.month(t)), w, 0, milp.Inf, n.short[c], false)
				terms = append(terms, milp.Term{Col: short[c][t], Coef: 1})
			}
			d := demand[c][t]
			if t > 0 {
				terms = append(terms, milp.Term{Col: stock[c][t-1], Coef: 1})
			} else {
				d -= n.stock[c]
			}
			for _, k := range n.at[c] {
				if q[k][t] >= 0 {
					terms = append(terms, milp.Term{Col: q[k][t], Coef: 1})
				}
			}
			p.AddRow(nm.of("balance", w, nm.pack(c), nm.month(t)), d, d, terms...)
		}
	}
	m.stock, m.short, m.use = append(m.stock, stock), append(m.short, short), append(m.use, use)
	miss := grid(n.S, n.Y)
	for s := range n.S {
		for y := range n.Y {
			if !n.flat(s, y) {
				miss[s][y] = m.discounts(f, w, s, y, col)
			}
		}
	}
	m.miss = append(m.miss, miss)
	m.recurring(w)
}

// discounts adds the total-quantity discount of a supplier-year and returns the column of its missed packs.
func (m *model) discounts(f form, w, s, y int, col func(string, int, float64, float64, float64, bool) int) int {
	n, p, nm := m.n, m.p, namer{m.n}
	z := m.z[s][y][0]
	if !n.contract {
		z = m.z[s][y][w]
	}
	sup, year := nm.sup(s), nm.year(y)
	lo, hi := math.Inf(1), 0.0
	var vols, spends []milp.Term
	type cell struct{ k, t int }
	var cells []cell
	for _, k := range n.of[s] {
		for t := n.first[y]; t < n.T && n.year[t] == y; t++ {
			if j := m.q[w][k][t]; j >= 0 {
				pr := n.pairs[k].price[w][t]
				lo, hi = math.Min(lo, pr), math.Max(hi, pr)
				vols = append(vols, milp.Term{Col: j, Coef: 1})
				spends = append(spends, milp.Term{Col: j, Coef: pr})
				cells = append(cells, cell{k, t})
			}
		}
	}
	missed := -1
	if n.top[s] >= 0 {
		missed = col(nm.of("missed", w, sup, year), w, 0, milp.Inf, n.top[s], false)
	}
	split := make([][]milp.Term, len(cells))
	if len(cells) == 0 {
		lo = 0
	}
	for r, b := range n.tiers[s][y] {
		tier := fmt.Sprint(r + 1)
		top := math.Max(0, math.Min(b.hi, n.reachOf(m, w, s, y)))
		if f.tiered {
			var own []milp.Term
			for i, c := range cells {
				x := &n.pairs[c.k]
				j := col(nm.of("buy", w, sup, nm.pack(x.c), nm.month(c.t), tier), w, 0, x.cap[c.t], (1-b.off)*x.price[w][c.t], false)
				split[i] = append(split[i], milp.Term{Col: j, Coef: 1})
				own = append(own, milp.Term{Col: j, Coef: 1})
				p.AddRow(nm.of("tier_capacity", w, sup, nm.pack(x.c), nm.month(c.t), tier), -milp.Inf, 0, milp.Term{Col: j, Coef: 1}, milp.Term{Col: z[r], Coef: -x.cap[c.t]})
			}
			p.AddRow(nm.of("tier_ceiling", w, sup, year, tier), -milp.Inf, 0, append(slices.Clone(own), milp.Term{Col: z[r], Coef: -top})...)
			if b.lo > 0 {
				m.floor(w, own, z, r, s, y, missed)
			}
			continue
		}
		v := col(nm.of("volume", w, sup, year, tier), w, 0, top, 0, false)
		d := col(nm.of("spend", w, sup, year, tier), w, 0, milp.Inf, 1-b.off, false)
		vols = append(vols, milp.Term{Col: v, Coef: -1})
		spends = append(spends, milp.Term{Col: d, Coef: -1})
		p.AddRow(nm.of("tier_ceiling", w, sup, year, tier), -milp.Inf, 0, milp.Term{Col: v, Coef: 1}, milp.Term{Col: z[r], Coef: -top})
		if b.lo > 0 {
			m.floor(w, []milp.Term{{Col: v, Coef: 1}}, z, r, s, y, missed)
		}
		p.AddRow(nm.of("spend_least", w, sup, year, tier), 0, milp.Inf, milp.Term{Col: d, Coef: 1}, milp.Term{Col: v, Coef: -lo})
		p.AddRow(nm.of("spend_most", w, sup, year, tier), -milp.Inf, 0, milp.Term{Col: d, Coef: 1}, milp.Term{Col: v, Coef: -hi})
	}
	if f.tiered {
		for i, c := range cells {
			p.AddRow(nm.of("split", w, sup, nm.pack(n.pairs[c.k].c), nm.month(c.t)), 0, 0, append(split[i], milp.Term{Col: m.q[w][c.k][c.t], Coef: -1})...)
		}
		return missed
	}
	p.AddRow(nm.of("tier_volume", w, sup, year), 0, 0, vols...)
	p.AddRow(nm.of("tier_spend", w, sup, year), 0, 0, spends...)
	return missed
}

// floor adds L·z ≤ V + v for one tier: at most one tier is open, so that one column of missed packs serves all.
func (m *model) floor(w int, volume []milp.Term, z []int, r, s, y, missed int) {
	n, nm := m.n, namer{m.n}
	terms := append(slices.Clone(volume), milp.Term{Col: z[r], Coef: -n.tiers[s][y][r].lo})
	if missed >= 0 {
		terms = append(terms, milp.Term{Col: missed, Coef: 1})
	}
	m.p.AddRow(nm.of("tier_floor", w, nm.sup(s), nm.year(y), fmt.Sprint(r+1)), 0, milp.Inf, terms...)
}

// reachOf is what the columns of a supplier-year can take at most.
func (n *net) reachOf(m *model, w, s, y int) float64 {
	sum := 0.0
	for _, k := range n.of[s] {
		for t := n.first[y]; t < n.T && n.year[t] == y; t++ {
			if m.q[w][k][t] >= 0 {
				sum += n.pairs[k].cap[t]
			}
		}
	}
	return sum
}

// recurring adds the rules that hold in each scenario: share caps and CO2.
func (m *model) recurring(w int) {
	n, p, nm := m.n, m.p, namer{m.n}
	for i := range n.shares {
		r := &n.shares[i]
		for y := range n.Y {
			for s := range n.S {
				if r.supplier >= 0 && r.supplier != s {
					continue
				}
				var terms []milp.Term
				own := false
				for k := range n.pairs {
					if !slices.Contains(r.set, n.pairs[k].c) {
						continue
					}
					coef := -r.sigma
					if n.pairs[k].s == s {
						coef++
					}
					for t := n.first[y]; t < n.T && n.year[t] == y; t++ {
						if j := m.q[w][k][t]; j >= 0 {
							terms = append(terms, milp.Term{Col: j, Coef: coef})
							own = own || n.pairs[k].s == s
						}
					}
				}
				if own {
					p.AddRow(nm.of("max_share", w, r.id, nm.sup(s), nm.year(y)), -milp.Inf, 0, terms...)
				}
			}
		}
	}
	for _, rule := range []struct {
		name string
		cap  float64
		avg  float64
	}{{"co2_cap", n.co2cap, 0}, {"co2_average", n.co2avg, n.co2avg}} {
		if rule.cap < 0 {
			continue
		}
		limit := rule.cap
		if rule.name == "co2_average" {
			limit = 0
		}
		var terms []milp.Term
		for k := range n.pairs {
			for t := range n.T {
				if j := m.q[w][k][t]; j >= 0 {
					terms = append(terms, milp.Term{Col: j, Coef: (n.pairs[k].co2 - rule.avg*n.kwh[n.pairs[k].c]) / unit})
				}
			}
		}
		p.AddRow(nm.of(rule.name, w), -milp.Inf, limit/unit, terms...)
	}
}

// static adds the rules of the first stage.
func (m *model) static(f form) {
	n, p, nm := m.n, m.p, namer{m.n}
	for s := range n.S {
		for y := range n.Y {
			for d, z := range m.z[s][y] {
				if len(z) == 0 {
					continue
				}
				var terms []milp.Term
				for _, j := range z {
					terms = append(terms, milp.Term{Col: j, Coef: 1})
				}
				w := -1
				if !n.contract {
					w = d
				}
				p.AddRow(nm.of("one_tier", w, nm.sup(s), nm.year(y)), -milp.Inf, 1, terms...)
			}
		}
	}
	for i := range n.duals {
		d := &n.duals[i]
		var terms []milp.Term
		for s := range n.S {
			var own []milp.Term
			for _, k := range n.of[s] {
				if slices.Contains(d.set, n.pairs[k].c) {
					own = append(own, milp.Term{Col: m.a[k], Coef: 1})
				}
			}
			switch {
			case len(own) == 1:
				terms = append(terms, own[0])
			case len(own) > 1:
				j := p.AddCol(nm.of("source", -1, d.id, nm.sup(s)), 0, 1, 0, true)
				p.AddRow(nm.of("source", -1, d.id, nm.sup(s)), 0, milp.Inf, append(own, milp.Term{Col: j, Coef: -1})...)
				terms = append(terms, milp.Term{Col: j, Coef: 1})
			}
		}
		p.AddRow(nm.of("dual_source", -1, d.id), d.n, milp.Inf, terms...)
	}
	if !f.rules {
		return
	}
	for _, b := range n.exclusions {
		if len(b.cells) == 0 {
			continue
		}
		var terms []milp.Term
		seen := map[int]bool{}
		for _, cell := range b.cells {
			for w := range n.W {
				if j := m.q[w][cell[0]][cell[1]]; j >= 0 {
					terms = append(terms, milp.Term{Col: j, Coef: 1})
				}
			}
			if k := cell[0]; !seen[k] && !n.pairs[k].usable() {
				terms = append(terms, milp.Term{Col: m.a[k], Coef: 1})
			}
			seen[cell[0]] = true
		}
		p.AddRow("exclusion["+n.c.Exclusions[b.index].ID+"]", -milp.Inf, 0, terms...)
	}
	for k := range n.pairs {
		x := &n.pairs[k]
		var terms []milp.Term
		for w := range n.W {
			for t := range min(x.ready, n.T) {
				if j := m.q[w][k][t]; j >= 0 {
					terms = append(terms, milp.Term{Col: j, Coef: 1})
				}
			}
		}
		if len(terms) > 0 {
			p.AddRow(nm.of("qualification", -1, nm.sup(x.s), nm.pack(x.c)), -milp.Inf, 0, terms...)
		}
	}
}

// grid returns a table of −1.
func grid(rows, cols int) [][]int {
	g := make([][]int, rows)
	for i := range g {
		g[i] = make([]int, cols)
		for j := range g[i] {
			g[i][j] = -1
		}
	}
	return g
}
