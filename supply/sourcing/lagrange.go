package sourcing

import (
	"math"
	"slices"
)

// maxSubset is the number of offers of one supplier up to which its sets of awards are enumerated. Beyond it the
// qualification cost is spread over the offer's whole capacity, which is a valid relaxation.
const maxSubset = 6

// box restricts a part of the award: which tiers of a supplier-year are open (bit 0: none, bit r+1: tier r) and which
// offers are awarded (1), not awarded (−1) or free (0).
type box struct {
	tiers [][]uint32
	award []int8
}

func (n *net) openBox() box {
	b := box{award: make([]int8, len(n.pairs))}
	for s := range n.S {
		row := make([]uint32, n.Y)
		for y := range row {
			row[y] = 1<<(len(n.tiers[s][y])+1) - 1
		}
		b.tiers = append(b.tiers, row)
	}
	for k := range n.pairs {
		if !n.pairs[k].usable() {
			b.award[k] = -1
		} else if n.pairs[k].fix == 0 {
			b.award[k] = 1
		}
	}
	return b
}

func (b box) clone() box {
	c := box{award: slices.Clone(b.award)}
	for _, row := range b.tiers {
		c.tiers = append(c.tiers, slices.Clone(row))
	}
	return c
}

// multipliers price the rules that join the suppliers.
type multipliers struct {
	mu     [][]float64     // balance, [scenario][pack·T+period]
	tau    [][][][]float64 // share caps, [rule][scenario][supplier][year], 0 or more
	delta  []float64       // dual source, 0 or more
	kappa  []float64       // CO2 cap by scenario, 0 or more
	kappa2 []float64       // CO2 average by scenario
	weight []float64       // of the scenarios, within the CVaR envelope
}

func (n *net) zeroMultipliers() *multipliers {
	m := &multipliers{delta: make([]float64, len(n.duals)), kappa: make([]float64, n.W), kappa2: make([]float64, n.W), weight: slices.Clone(n.prob)}
	for range n.W {
		m.mu = append(m.mu, make([]float64, n.C*n.T))
	}
	for range n.shares {
		rule := make([][][]float64, n.W)
		for w := range rule {
			rule[w] = make([][]float64, n.S)
			for s := range rule[w] {
				rule[w][s] = make([]float64, n.Y)
			}
		}
		m.tau = append(m.tau, rule)
	}
	return m
}

// each calls f for every list of numbers, in a fixed order.
func (m *multipliers) each(f func(kind int, v []float64)) {
	for _, v := range m.mu {
		f(0, v)
	}
	for _, rule := range m.tau {
		for _, w := range rule {
			for _, v := range w {
				f(1, v)
			}
		}
	}
	f(2, m.delta)
	f(3, m.kappa)
	f(4, m.kappa2)
}

func (m *multipliers) clone(n *net) *multipliers {
	c := n.zeroMultipliers()
	c.copy(m)
	return c
}

func (m *multipliers) copy(from *multipliers) {
	var lists [][]float64
	from.each(func(_ int, v []float64) { lists = append(lists, v) })
	i := 0
	m.each(func(_ int, v []float64) { copy(v, lists[i]); i++ })
	copy(m.weight, from.weight)
}

// relaxed is a solution of the relaxation: each supplier alone at the prices of the multipliers.
type relaxed struct {
	q     [][][]float64   // [scenario][pair][period]
	a     []float64       // [pair]
	z     [][][][]float64 // [supplier][year][tier decision][0: none, r+1]
	x     [][][]float64   // demand by pack, [scenario][pack·T+period] in one list
	cost  []float64       // by scenario, without qualification
	value float64
}

// lagrange evaluates the Lagrangian relaxation in which balance, share caps, dual sourcing and CO2 are priced and each
// supplier decides alone, exactly, over its sets of awards and tiers; orders are relaxed to q ≤ cap at f/cap a pack, the
// convex hull of {0} ∪ [MOQ, cap] with a fixed cost. By weak duality every value is a lower bound of the case.
type lagrange struct {
	n     *net
	m     *multipliers
	adj   [][][]float64 // [scenario][pair][year]
	items []item
	box   box
	// grad is the subgradient of the last solution, shaped as the multipliers.
	grad *multipliers
	last *relaxed
}

type item struct {
	e, cap float64
	local  int // index of the pair among the supplier's
	t      int
}

func newLagrange(n *net) *lagrange {
	l := &lagrange{n: n, m: n.zeroMultipliers(), grad: n.zeroMultipliers(), last: n.newRelaxed()}
	for range n.W {
		rows := make([][]float64, len(n.pairs))
		for k := range rows {
			rows[k] = make([]float64, n.Y)
		}
		l.adj = append(l.adj, rows)
	}
	return l
}

func (n *net) newRelaxed() *relaxed {
	r := &relaxed{a: make([]float64, len(n.pairs)), cost: make([]float64, n.W)}
	for range n.W {
		rows := make([][]float64, len(n.pairs))
		for k := range rows {
			rows[k] = make([]float64, n.T)
		}
		r.q = append(r.q, rows)
		r.x = append(r.x, [][]float64{make([]float64, n.C*n.T)})
	}
	for s := range n.S {
		years := make([][][]float64, n.Y)
		for y := range years {
			for range n.yw() {
				years[y] = append(years[y], make([]float64, len(n.tiers[s][y])+1))
			}
		}
		r.z = append(r.z, years)
	}
	return r
}

// prepare turns the multipliers of shares and CO2 into a surcharge per pack.
func (l *lagrange) prepare() {
	n, m := l.n, l.m
	for w := range n.W {
		for k := range n.pairs {
			p := &n.pairs[k]
			base := m.kappa[w]*p.co2 + m.kappa2[w]*(p.co2-math.Max(n.co2avg, 0)*n.kwh[p.c])
			for y := range n.Y {
				v := base
				for i := range n.shares {
					r := &n.shares[i]
					if !slices.Contains(r.set, p.c) {
						continue
					}
					for s := range n.S {
						if r.supplier < 0 || r.supplier == s {
							v -= r.sigma * m.tau[i][w][s][y]
							if s == p.s {
								v += m.tau[i][w][s][y]
							}
						}
					}
				}
				l.adj[w][k][y] = v
			}
		}
	}
}

// sorted lists the open cells of a supplier-year in a tier and scenario, the cheapest first.
func (l *lagrange) sorted(s, y, r, w int) []item {
	n := l.n
	l.items = l.items[:0]
	wt, off := l.m.weight[w], n.tiers[s][y][r].off
	for i, k := range n.of[s] {
		p := &n.pairs[k]
		spread := 0.0
		if len(n.of[s]) > maxSubset && p.fix > 0 && l.box.award[k] == 0 {
			spread = p.fix / sumOpen(p)
		}
		for t := n.first[y]; t < n.T && n.year[t] == y; t++ {
			if !p.open[t] {
				continue
			}
			e := wt*((1-off)*p.price[w][t]+p.order/p.cap[t]) + spread*wt - l.m.mu[w][p.c*n.T+t] + l.adj[w][k][y]
			l.items = append(l.items, item{e, p.cap[t], i, t})
		}
	}
	slices.SortFunc(l.items, func(a, b item) int {
		switch {
		case a.e < b.e:
			return -1
		case a.e > b.e:
			return 1
		case a.local != b.local:
			return a.local - b.local
		}
		return a.t - b.t
	})
	return l.items
}

func sumOpen(p *pair) float64 {
	sum := 0.0
	for t, open := range p.open {
		if open {
			sum += p.cap[t]
		}
	}
	return math.Max(sum, 1e-9)
}

// fill buys from sorted cells within a tier: all that is worth it up to the tier's end, then the cheapest up to its
// beginning or, where that is cheaper, the take-or-pay price. take, when not nil, receives the packs bought.
func fill(items []item, set uint32, b band, top float64, take func(item, float64)) float64 {
	vol, val := 0.0, 0.0
	for i := range items {
		it := &items[i]
		if set&(1<<it.local) == 0 {
			continue
		}
		room := b.hi - vol
		if it.e >= 0 {
			room = min(room, b.lo-vol)
			if top >= 0 && it.e > top {
				break
			}
		}
		if room <= 0 {
			break
		}
		q := min(room, it.cap)
		vol += q
		val += q * it.e
		if take != nil {
			take(*it, q)
		}
	}
	if miss := b.lo - vol; miss > 1e-9 {
		if top < 0 {
			return math.Inf(1)
		}
		val += miss * top
	}
	return val
}

// value evaluates the relaxation within a box and leaves solution and subgradient behind.
func (l *lagrange) value(b box) float64 {
	n, m := l.n, l.m
	l.box = b
	l.prepare()
	total := 0.0
	clear(l.last.cost)
	for w := range n.W {
		for k := range n.pairs {
			clear(l.last.q[w][k])
		}
		x := l.last.x[w][0]
		clear(x)
		for mm := range n.M {
			for t := range n.T {
				best := n.allowed[mm][0]
				for _, c := range n.allowed[mm][1:] {
					if m.mu[w][c*n.T+t] < m.mu[w][best*n.T+t] {
						best = c
					}
				}
				x[best*n.T+t] += n.need[mm][t][w]
				total += n.need[mm][t][w] * m.mu[w][best*n.T+t]
			}
		}
		for c := range n.C {
			total -= n.stock[c] * m.mu[w][c*n.T]
			for t := range n.T {
				g := x[c*n.T+t]
				if t == 0 {
					g -= n.stock[c]
				}
				l.grad.mu[w][c*n.T+t] = g
			}
		}
		if n.co2cap >= 0 {
			total -= m.kappa[w] * n.co2cap
			l.grad.kappa[w] = -n.co2cap
		}
		l.grad.kappa2[w] = 0
	}
	for i := range n.duals {
		total += m.delta[i] * n.duals[i].n
		l.grad.delta[i] = n.duals[i].n
	}
	for s := range n.S {
		total += l.supplier(s, b)
	}
	l.residuals()
	l.last.value = total
	return total
}

// supplier finds the best awards, tiers and quantities of one supplier and returns their reduced cost.
func (l *lagrange) supplier(s int, b box) float64 {
	n := l.n
	of := n.of[s]
	var must, may uint32
	for i, k := range of {
		if b.award[k] >= 0 {
			may |= 1 << i
		}
		if b.award[k] > 0 || len(of) > maxSubset && b.award[k] == 0 {
			must |= 1 << i
		}
	}
	free := may &^ must
	var sets []uint32
	for sub := free; ; sub = (sub - 1) & free {
		sets = append(sets, must|sub)
		if sub == 0 {
			break
		}
	}
	// gains[set][year]: the least reduced cost of a year, and the tier per decision that reaches it.
	picks := make([]int8, len(sets)*n.Y*n.yw())
	sums := make([]float64, len(sets))
	for i, set := range sets {
		sums[i] = l.awards(s, set, b, nil)
	}
	vals := make([]float64, len(sets))
	bestv := make([]float64, len(sets))
	for y := range n.Y {
		for d := range n.yw() {
			mask := b.tiers[s][y]
			for i := range sets {
				bestv[i] = math.Inf(1)
				picks[(i*n.Y+y)*n.yw()+d] = -2
				if mask&1 != 0 {
					bestv[i] = 0
					picks[(i*n.Y+y)*n.yw()+d] = -1
				}
			}
			for r := range n.tiers[s][y] {
				if mask&(2<<r) == 0 {
					continue
				}
				clear(vals)
				for w := range n.W {
					if n.yw() > 1 && w != d {
						continue
					}
					items := l.sorted(s, y, r, w)
					top := n.top[s]
					if top >= 0 {
						top *= l.m.weight[w]
					}
					for i, set := range sets {
						vals[i] += fill(items, set, n.tiers[s][y][r], top, nil)
					}
				}
				for i := range sets {
					if vals[i] < bestv[i] {
						bestv[i], picks[(i*n.Y+y)*n.yw()+d] = vals[i], int8(r)
					}
				}
			}
			for i := range sets {
				sums[i] += bestv[i]
			}
		}
	}
	win := 0
	for i := range sets {
		if sums[i] < sums[win] {
			win = i
		}
	}
	l.keep(s, sets[win], picks[win*n.Y*n.yw():(win+1)*n.Y*n.yw()], b)
	return sums[win]
}

// awards returns what a set of awards costs before anything is bought: qualification less the price of being a source.
func (l *lagrange) awards(s int, set uint32, b box, seen func(rule int)) float64 {
	n := l.n
	v := 0.0
	for i, k := range n.of[s] {
		if set&(1<<i) != 0 && (len(n.of[s]) <= maxSubset || b.award[k] > 0) {
			v += n.pairs[k].fix
		}
	}
	for i := range n.duals {
		for j, k := range n.of[s] {
			if set&(1<<j) != 0 && slices.Contains(n.duals[i].set, n.pairs[k].c) {
				v -= l.m.delta[i]
				if seen != nil {
					seen(i)
				}
				break
			}
		}
	}
	return v
}

// keep records the winning decisions of a supplier in the solution and the subgradient.
func (l *lagrange) keep(s int, set uint32, picks []int8, b box) {
	n := l.n
	l.awards(s, set, b, func(rule int) { l.grad.delta[rule]-- })
	for i, k := range n.of[s] {
		l.last.a[k] = 0
		if set&(1<<i) != 0 {
			l.last.a[k] = 1
		}
	}
	for y := range n.Y {
		for d := range n.yw() {
			row := l.last.z[s][y][d]
			clear(row)
			r := int(picks[y*n.yw()+d])
			row[max(r, -1)+1] = 1
			if r < 0 {
				continue
			}
			for w := range n.W {
				if n.yw() > 1 && w != d {
					continue
				}
				items := l.sorted(s, y, r, w)
				top := n.top[s]
				if top >= 0 {
					top *= l.m.weight[w]
				}
				vol := 0.0
				fill(items, set, n.tiers[s][y][r], top, func(it item, q float64) {
					k := n.of[s][it.local]
					p := &n.pairs[k]
					l.last.q[w][k][it.t] = q
					vol += q
					l.last.cost[w] += q * ((1-n.tiers[s][y][r].off)*p.price[w][it.t] + p.order/p.cap[it.t])
					l.grad.mu[w][p.c*n.T+it.t] -= q
					l.grad.kappa[w] += q * p.co2
					l.grad.kappa2[w] += q * (p.co2 - math.Max(n.co2avg, 0)*n.kwh[p.c])
				})
				if miss := n.tiers[s][y][r].lo - vol; miss > 0 && n.top[s] >= 0 {
					l.last.cost[w] += miss * n.top[s]
				}
			}
		}
	}
}

// residuals fills in the subgradient of the share caps.
func (l *lagrange) residuals() {
	n := l.n
	for i := range n.shares {
		r := &n.shares[i]
		for w := range n.W {
			for y := range n.Y {
				all := 0.0
				for s := range n.S {
					own := 0.0
					for _, k := range n.of[s] {
						if slices.Contains(r.set, n.pairs[k].c) {
							for t := n.first[y]; t < n.T && n.year[t] == y; t++ {
								own += l.last.q[w][k][t]
							}
						}
					}
					all += own
					l.grad.tau[i][w][s][y] = own
				}
				for s := range n.S {
					if r.supplier < 0 || r.supplier == s {
						l.grad.tau[i][w][s][y] -= r.sigma * all
					} else {
						l.grad.tau[i][w][s][y] = 0
					}
				}
			}
		}
	}
	if n.co2cap < 0 {
		clear(l.grad.kappa)
	}
	if n.co2avg < 0 {
		clear(l.grad.kappa2)
	}
}

// project moves the multipliers to the nearest ones whose relaxation is bounded: stock and shortage must not pay.
func (l *lagrange) project() {
	n, m := l.n, l.m
	u := make([]float64, n.T)
	for w := range n.W {
		wt := m.weight[w]
		for c := range n.C {
			mu := m.mu[w][c*n.T : (c+1)*n.T]
			h := wt * n.hold[c]
			for t := range mu {
				u[t] = mu[t] - h*float64(t)
			}
			antitonic(u)
			for t := range mu {
				mu[t] = u[t] + h*float64(t)
				if n.short[c] >= 0 {
					mu[t] = math.Min(mu[t], wt*n.short[c])
				}
				mu[t] = math.Max(mu[t], -h)
			}
			for t := 1; t < n.T; t++ { // clamping keeps the order but for rounding
				mu[t] = math.Min(mu[t], mu[t-1]+h)
			}
		}
	}
	pos := func(v []float64) {
		for i := range v {
			v[i] = math.Max(v[i], 0)
		}
	}
	m.each(func(kind int, v []float64) {
		if kind > 0 {
			pos(v)
		}
	})
}

// antitonic replaces u by the nearest list that never rises (pool adjacent violators).
func antitonic(u []float64) {
	type block struct {
		sum float64
		n   int
	}
	var blocks []block
	for _, v := range u {
		blocks = append(blocks, block{v, 1})
		for len(blocks) > 1 {
			a, b := blocks[len(blocks)-2], blocks[len(blocks)-1]
			if a.sum/float64(a.n) >= b.sum/float64(b.n) {
				break
			}
			blocks = append(blocks[:len(blocks)-2], block{a.sum + b.sum, a.n + b.n})
		}
	}
	i := 0
	for _, b := range blocks {
		for range b.n {
			u[i] = b.sum / float64(b.n)
			i++
		}
	}
}
