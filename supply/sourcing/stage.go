package sourcing

import (
	"cmp"
	"context"
	"math"
	"slices"

	"roadbook/supply/sourcing/milp"
)

// stage is the second stage of one scenario: a warm linear program of the quantities, whose bounds and costs follow the
// choice of awards, tiers and orders. It holds no integer column; scenarios do not see each other once the first stage
// is fixed, so that each has a stage of its own.
type stage struct {
	n     *net
	w     int
	lp    *milp.LP
	q     [][]int
	stock [][]int
	short [][]int
	use   [][][]int
	miss  [][]int
	row   [][]int // volume of a supplier-year
	lumpy [][2]int
	loss  float64 // price of a pack that cannot be had
	lps   int
	x     []float64
	last  choice // applied
	fresh bool
}

func (n *net) newStage(w int) (*stage, error) {
	st := &stage{n: n, w: w, q: grid(len(n.pairs), n.T), stock: grid(n.C, n.T), short: grid(n.C, n.T), miss: grid(n.S, n.Y), row: grid(n.S, n.Y)}
	p := &milp.Problem{}
	for k := range n.pairs {
		x := &n.pairs[k]
		for t := range n.T {
			st.loss = math.Max(st.loss, 20*x.price[w][t])
			if x.open[t] {
				st.q[k][t] = p.AddCol("", 0, 0, 0, false)
				if x.lumpy() {
					st.lumpy = append(st.lumpy, [2]int{k, t})
				}
			}
		}
	}
	st.loss = math.Max(st.loss, 1)
	for c := range n.C {
		for t := range n.T {
			st.stock[c][t] = p.AddCol("", 0, milp.Inf, n.hold[c], false)
			price := n.short[c]
			if price < 0 {
				price = st.loss
			}
			st.short[c][t] = p.AddCol("", 0, milp.Inf, price, false)
		}
	}
	rows := make([][][]milp.Term, n.C)
	fixed := make([][]float64, n.C)
	for c := range n.C {
		rows[c], fixed[c] = make([][]milp.Term, n.T), make([]float64, n.T)
	}
	for i := range n.M {
		st.use = append(st.use, make([][]int, n.T))
		for t := range n.T {
			need := n.need[i][t][w]
			if len(n.allowed[i]) == 1 {
				fixed[n.allowed[i][0]][t] += need
				continue
			}
			var terms []milp.Term
			for _, c := range n.allowed[i] {
				j := p.AddCol("", 0, need, 0, false)
				st.use[i][t] = append(st.use[i][t], j)
				terms = append(terms, milp.Term{Col: j, Coef: 1})
				rows[c][t] = append(rows[c][t], milp.Term{Col: j, Coef: -1})
			}
			p.AddRow("", need, need, terms...)
		}
	}
	for c := range n.C {
		for t := range n.T {
			d := fixed[c][t]
			terms := append(rows[c][t], milp.Term{Col: st.stock[c][t], Coef: -1}, milp.Term{Col: st.short[c][t], Coef: 1})
			if t > 0 {
				terms = append(terms, milp.Term{Col: st.stock[c][t-1], Coef: 1})
			} else {
				d -= n.stock[c]
			}
			for _, k := range n.at[c] {
				if st.q[k][t] >= 0 {
					terms = append(terms, milp.Term{Col: st.q[k][t], Coef: 1})
				}
			}
			p.AddRow("", d, d, terms...)
		}
	}
	for s := range n.S {
		for y := range n.Y {
			if n.flat(s, y) {
				continue
			}
			var terms []milp.Term
			for _, k := range n.of[s] {
				for t := n.first[y]; t < n.T && n.year[t] == y; t++ {
					if st.q[k][t] >= 0 {
						terms = append(terms, milp.Term{Col: st.q[k][t], Coef: 1})
					}
				}
			}
			if n.top[s] >= 0 {
				st.miss[s][y] = p.AddCol("", 0, 0, n.top[s], false)
				terms = append(terms, milp.Term{Col: st.miss[s][y], Coef: 1})
			}
			st.row[s][y] = p.AddRow("", 0, 0, terms...)
		}
	}
	// Share caps and CO2 are those of the model.
	m := &model{n: n, p: p}
	for range w {
		m.q = append(m.q, nil)
	}
	m.q = append(m.q, st.q)
	m.recurring(w)
	lp, err := milp.NewLP(p)
	st.lp = lp
	return st, err
}

// unitCost is the price of a pack after the tier's discount.
func (st *stage) unitCost(c choice, k, t int) float64 {
	n := st.n
	p := &n.pairs[k]
	v := p.price[st.w][t]
	if r := n.tier(c, p.s, n.year[t], st.w); r >= 0 {
		v *= 1 - n.tiers[p.s][n.year[t]][r].off
	}
	return v
}

// apply sets bounds and costs for a choice with orders relaxed: any volume up to the capacity, the order cost spread.
// Only what differs from the choice applied before is touched.
func (st *stage) apply(c choice) {
	n := st.n
	for s := range n.S {
		for y := range n.Y {
			r := n.tier(c, s, y, st.w)
			same := st.fresh && r == n.tier(st.last, s, y, st.w)
			for _, k := range n.of[s] {
				if same && c.a[k] == st.last.a[k] {
					continue
				}
				p := &n.pairs[k]
				for t := n.first[y]; t < n.T && n.year[t] == y; t++ {
					j := st.q[k][t]
					if j < 0 {
						continue
					}
					hi := 0.0
					if c.a[k] && r >= 0 {
						hi = p.cap[t]
					}
					st.lp.SetBounds(j, 0, hi)
					st.lp.SetCost(j, st.unitCost(c, k, t)+p.order/p.cap[t])
				}
			}
			if row := st.row[s][y]; row >= 0 && !same {
				lo, hi, miss := 0.0, 0.0, 0.0
				if r >= 0 {
					lo, hi = n.tiers[s][y][r].lo, n.tiers[s][y][r].hi
					miss = milp.Inf
				}
				if st.miss[s][y] >= 0 {
					st.lp.SetBounds(st.miss[s][y], 0, miss)
					hi = math.Max(hi, lo)
				}
				st.lp.SetRowBounds(row, lo, math.Max(lo, hi))
			}
		}
	}
	st.last, st.fresh = c.clone(), true
}

// solve runs the program as it stands. A status other than optimal counts as no solution.
func (st *stage) solve(ctx context.Context) (float64, bool) {
	st.lps++
	status, err := st.lp.Solve(ctx)
	if err != nil || status != milp.Optimal {
		return math.Inf(1), false
	}
	return st.lp.Objective(), true
}

// relaxed returns the cost of a choice with orders relaxed: no plan with this choice is cheaper.
func (st *stage) relaxed(ctx context.Context, c choice) float64 {
	st.apply(c)
	v, _ := st.solve(ctx)
	return v
}

// orders finds quantities that keep the minimum orders: it solves with slopes that approach the order cost of what is
// bought, fixes the orders, and then closes and opens single orders while that pays, at most tries of them. It returns
// the cost of the scenario without qualification.
func (st *stage) orders(ctx context.Context, c choice, tries int) (float64, bool) {
	st.apply(c)
	v, ok := st.solve(ctx)
	if !ok {
		return v, false
	}
	var cells [][2]int
	for _, cell := range st.lumpy {
		p := &st.n.pairs[cell[0]]
		if c.a[cell[0]] && st.n.tier(c, p.s, st.n.year[cell[1]], st.w) >= 0 {
			cells = append(cells, cell)
		}
	}
	st.x = st.lp.X(st.x)
	if len(cells) == 0 {
		return v, true
	}
	defer func() { st.fresh = false }()
	for range 3 {
		for _, cell := range cells {
			k, t := cell[0], cell[1]
			p := &st.n.pairs[k]
			per := p.order / p.cap[t]
			if q := st.x[st.q[k][t]]; q > 1e-6 {
				per = p.order / math.Max(q, math.Max(p.moq, p.cap[t]*0.02))
			} else if p.moq > 0 {
				per = p.order / p.moq
			}
			st.lp.SetCost(st.q[k][t], st.unitCost(c, k, t)+per)
		}
		if _, ok := st.solve(ctx); !ok {
			break
		}
		st.x = st.lp.X(st.x)
	}
	best, bestX := math.Inf(1), []float64(nil)
	open := map[[2]int]bool{}
	for _, cut := range []float64{0.5, 0.15, 0.999} {
		trial := map[[2]int]bool{}
		for _, cell := range cells {
			p := &st.n.pairs[cell[0]]
			trial[cell] = st.x[st.q[cell[0]][cell[1]]] > math.Max(cut*p.moq, 1e-6)
		}
		if v, ok := st.fix(ctx, c, cells, trial); ok && v < best {
			best, bestX, open = v, st.lp.X(nil), trial
		}
	}
	if bestX == nil {
		return best, false
	}
	best, bestX = st.exchange(ctx, c, cells, open, best, bestX, tries)
	st.x = bestX
	return best, true
}

// set opens or closes one order.
func (st *stage) set(c choice, cell [2]int, open bool) {
	p := &st.n.pairs[cell[0]]
	j := st.q[cell[0]][cell[1]]
	if open {
		st.lp.SetBounds(j, p.moq, p.cap[cell[1]])
	} else {
		st.lp.SetBounds(j, 0, 0)
	}
	st.lp.SetCost(j, st.unitCost(c, cell[0], cell[1]))
}

// fix solves with the orders that are open and returns the cost with their order costs.
func (st *stage) fix(ctx context.Context, c choice, cells [][2]int, open map[[2]int]bool) (float64, bool) {
	for _, cell := range cells {
		st.set(c, cell, open[cell])
	}
	v, ok := st.solve(ctx)
	return v + st.orderCost(cells, open), ok
}

func (st *stage) orderCost(cells [][2]int, open map[[2]int]bool) float64 {
	sum := 0.0
	for _, cell := range cells {
		if open[cell] {
			sum += st.n.pairs[cell[0]].order
		}
	}
	return sum
}

// exchange closes small orders, opens promising ones and shifts others by a period, one at a time, while the cost falls.
func (st *stage) exchange(ctx context.Context, c choice, cells [][2]int, open map[[2]int]bool, best float64, bestX []float64, tries int) (float64, []float64) {
	if _, ok := st.fix(ctx, c, cells, open); !ok {
		return best, bestX
	}
	var reduced []float64
	for tries > 0 && ctx.Err() == nil {
		reduced = st.lp.ReducedCosts(reduced)
		type move struct {
			flip []([2]int)
			gain float64
		}
		var moves []move
		for _, cell := range cells {
			k, t := cell[0], cell[1]
			p := &st.n.pairs[k]
			j := st.q[k][t]
			q := bestX[j]
			if !open[cell] {
				if g := -reduced[j]*math.Max(p.moq, 0.3*p.cap[t]) - p.order; g > 0 {
					moves = append(moves, move{[][2]int{cell}, g})
				}
				continue
			}
			// Closing saves the order cost; what sits at the minimum order also saves its reduced cost.
			moves = append(moves, move{[][2]int{cell}, p.order + math.Max(0, reduced[j])*q - 0.002*q*st.unitCost(c, k, t)*math.Min(1, q/math.Max(p.cap[t], 1e-9))})
			for _, u := range []int{t - 1, t + 1} { // the same order a period earlier or later
				if u >= 0 && u < st.n.T && st.q[k][u] >= 0 && !open[[2]int{k, u}] && st.n.tier(c, p.s, st.n.year[u], st.w) >= 0 {
					moves = append(moves, move{[][2]int{cell, {k, u}}, 0.1 * p.order})
				}
			}
		}
		slices.SortStableFunc(moves, func(a, b move) int { return cmp.Compare(b.gain, a.gain) })
		improved := false
		for _, mv := range moves {
			if tries--; tries < 0 || mv.gain <= 0 || ctx.Err() != nil {
				break
			}
			flip := func() {
				for _, cell := range mv.flip {
					open[cell] = !open[cell]
					st.set(c, cell, open[cell])
				}
			}
			flip()
			v, ok := st.solve(ctx)
			if v += st.orderCost(cells, open); ok && v < best-1e-9*math.Abs(best) {
				best, bestX, improved = v, st.lp.X(bestX), true
				continue
			}
			flip()
		}
		if !improved {
			break
		}
		if _, ok := st.solve(ctx); !ok {
			break
		}
	}
	return best, bestX
}

// refit solves the quantities anew with the first stage and the orders of a plan, which clears another engine's rounding.
func (st *stage) refit(ctx context.Context, f *flow) bool {
	st.apply(f.choice)
	st.fresh = false
	open := map[[2]int]bool{}
	for _, cell := range st.lumpy {
		open[cell] = f.q[st.w][cell[0]][cell[1]] > 0
	}
	if _, ok := st.fix(ctx, f.choice, st.lumpy, open); !ok {
		return false
	}
	st.x = st.lp.X(st.x)
	return true
}

// write puts the last solution into a plan.
func (st *stage) write(f *flow) {
	n, w := st.n, st.w
	for k := range n.pairs {
		p := &n.pairs[k]
		for t := range n.T {
			f.q[w][k][t] = 0
			if j := st.q[k][t]; j >= 0 && f.a[k] && n.tier(f.choice, p.s, n.year[t], w) >= 0 && st.x[j] > 1e-6 {
				f.q[w][k][t] = math.Max(st.x[j], p.moq)
			}
		}
	}
	for c := range n.C {
		for t := range n.T {
			f.short[w][c][t] = st.x[st.short[c][t]]
		}
	}
	for i := range n.M {
		for t := range n.T {
			for a := range n.allowed[i] {
				f.use[w][i][t][a] = n.need[i][t][w]
				if len(st.use[i][t]) > 0 {
					f.use[w][i][t][a] = st.x[st.use[i][t][a]]
				}
			}
		}
	}
}
