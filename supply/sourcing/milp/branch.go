package milp

import (
	"math"
	"slices"
)

const (
	reliable     = 4    // solves after which a column's pseudo-cost is trusted
	lookahead    = 6    // strong branching stops after so many candidates without a better one
	strongIters  = 60   // simplex iterations per trial
	strongShare  = 0.5  // trials may cost this share of all iterations, plus strongFree
	strongFree   = 3000 // iterations
	scoreFloor   = 1e-6 // least gain in the product of the two sides' gains
	costFixSlack = 1e-6 // reduced-cost fixing keeps this relative distance from the incumbent
)

// pseudo remembers how much the objective rose per unit that a column was moved down or up.
type pseudo struct {
	sum [2][]float64
	cnt [2][]int
	all [2]float64
	n   [2]int
}

func (p *pseudo) init(n int) {
	for s := range 2 {
		p.sum[s], p.cnt[s] = make([]float64, n), make([]int, n)
	}
}

func (p *pseudo) note(j int32, side int, gain, moved float64) {
	if moved < 1e-9 || math.IsInf(gain, 0) || math.IsNaN(gain) {
		return
	}
	g := math.Max(gain, 0) / moved
	p.sum[side][j] += g
	p.cnt[side][j]++
	p.all[side] += g
	p.n[side]++
}

func (p *pseudo) learn(n *node, obj float64) {
	if n.branch.col < 0 {
		return
	}
	side := 1
	if n.branch.upper {
		side = 0
	}
	p.note(n.branch.col, side, obj-n.from, n.frac)
}

// gain estimates by how much the objective rises when j is moved by moved.
func (p *pseudo) gain(j int32, side int, moved float64) float64 {
	if c := p.cnt[side][j]; c > 0 {
		return p.sum[side][j] / float64(c) * moved
	}
	if p.n[side] > 0 {
		return p.all[side] / float64(p.n[side]) * moved
	}
	return moved
}

func score(down, up float64) float64 {
	return math.Max(down, scoreFloor) * math.Max(up, scoreFloor)
}

type option struct {
	j     int32
	frac  float64
	score float64
}

// fractional lists the integer columns of the highest priority that are not whole in x.
func (t *tree) fractional(x []float64) []option {
	var list []option
	top := math.MinInt
	for _, j := range t.ints {
		f := x[j] - math.Floor(x[j])
		if f <= IntegerTol || f >= 1-IntegerTol {
			continue
		}
		switch p := t.q.Cols[j].Priority; {
		case p < top:
			continue
		case p > top:
			top = p
			list = list[:0]
		}
		list = append(list, option{j: j, frac: f})
	}
	return list
}

// choose picks the branching column by pseudo-costs, tried out by strong branching until they are reliable. moved
// says that a trial closed one side, so that the node must be solved again; −1 means that nothing is fractional.
func (t *tree) choose(n *node) (best int32, moved bool) {
	list := t.fractional(t.x)
	if len(list) == 0 {
		return -1, false
	}
	for k := range list {
		o := &list[k]
		o.score = score(t.pc.gain(o.j, 0, o.frac), t.pc.gain(o.j, 1, 1-o.frac))
	}
	slices.SortFunc(list, func(a, b option) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return int(a.j - b.j)
	})
	best = list[0].j
	if t.sbIter > int(strongShare*float64(t.lp.Iterations()))+strongFree || len(list) == 1 && n.depth > 0 {
		return best, false
	}
	obj := t.lp.Objective()
	top, without := -1.0, 0
	var basis *Basis
	for _, o := range list {
		if min(t.pc.cnt[0][o.j], t.pc.cnt[1][o.j]) < reliable {
			if basis == nil {
				basis = t.lp.Save()
			}
			var g [2]float64
			for side := range 2 {
				var closed bool
				g[side], closed = t.try(o, side, obj)
				_ = t.lp.Load(basis)
				if t.stop {
					return best, false
				}
				if closed {
					v := math.Floor(t.x[o.j])
					c := change{o.j, true, v}
					if side == 0 {
						c = change{o.j, false, v + 1}
					}
					if !t.dom.set(c) {
						n.bound = math.Inf(1) // both sides are closed; what they were worth is noted
					}
					return o.j, true
				}
				t.pc.note(o.j, side, g[side], [2]float64{o.frac, 1 - o.frac}[side])
			}
			o.score = score(g[0], g[1])
		}
		if o.score > top {
			best, top, without = o.j, o.score, 0
		} else if without++; without >= lookahead {
			break
		}
	}
	return best, false
}

// try solves one side of o with few iterations; closed means that nothing better than the incumbent is there.
func (t *tree) try(o option, side int, obj float64) (gain float64, closed bool) {
	lo, hi := t.lp.Bounds(int(o.j))
	v := math.Floor(t.x[o.j])
	if side == 0 {
		t.lp.SetBounds(int(o.j), lo, v)
	} else {
		t.lp.SetBounds(int(o.j), v+1, hi)
	}
	before := t.lp.Iterations()
	t.lp.SetIterationLimit(strongIters)
	st, err := t.lp.solve(t.ctx)
	t.sbIter += t.lp.Iterations() - before
	if t.ctx.Err() != nil {
		t.stop = true
	}
	gain = t.lp.Objective() - obj
	cut := t.lp.wasCut
	var b float64
	if cut {
		b = t.lp.Bound()
	}
	t.lp.SetBounds(int(o.j), lo, hi)
	if err != nil {
		return 0, false
	}
	if st == Infeasible {
		if cut {
			t.hopeless(b)
		}
		return math.Inf(1), true
	}
	return gain, false
}

// rootCosts are the reduced costs at the root, to fix columns whenever the incumbent improves.
type rootCosts struct {
	bound float64
	d     []float64 // by integer column, in t.ints' order; 0 where it does not bind
}

// fixByCost moves bounds of integer columns that would cost more than the incumbent allows.
func (t *tree) fixByCost(n *node) {
	if math.IsInf(t.value, 1) && n.depth > 0 {
		return
	}
	b := t.lp.Bound() // leaves the reduced costs that belong to it in t.lp.tmp
	if n.depth == 0 {
		t.toRoot() // what was closed at the root holds everywhere; the costs below are relative to it
	}
	if n.depth == 0 && (t.root.d == nil || b > t.root.bound) {
		t.root.bound = b
		t.root.d = t.root.d[:0]
		for _, j := range t.ints {
			t.root.d = append(t.root.d, t.lp.tmp[j]/t.lp.cs[j]/t.lp.os)
		}
	}
	if math.IsInf(t.value, 1) {
		return
	}
	room := t.value - b + costFixSlack*(1+math.Abs(t.value))
	moved := false
	for _, j := range t.ints {
		d := t.lp.tmp[j] / t.lp.cs[j] / t.lp.os
		if math.Abs(d) < 1e-9 || t.dom.lo[j] >= t.dom.hi[j] {
			continue
		}
		moved = t.fix(t.dom, j, d, room) || moved
	}
	if !moved {
		return
	}
	if !t.dom.propagate() {
		return // the LP will find it out
	}
	n.changes = append(n.changes[:0:0], t.dom.made...)
	t.toLP()
	if n.depth == 0 {
		t.toRoot()
	}
}

// toRoot makes the domain's integer bounds those of the root.
func (t *tree) toRoot() {
	for _, j := range t.ints {
		t.rootLo[j], t.rootHi[j] = math.Max(t.rootLo[j], t.dom.lo[j]), math.Min(t.rootHi[j], t.dom.hi[j])
	}
}

// fix moves j's far bound to where its reduced cost d allows it to go with room.
func (t *tree) fix(dom *domain, j int32, d, room float64) bool {
	steps := math.Floor(room / math.Abs(d))
	if steps >= dom.hi[j]-dom.lo[j] || steps < 0 {
		return false
	}
	if d > 0 {
		dom.set(change{j, true, dom.lo[j] + steps})
	} else {
		dom.set(change{j, false, dom.hi[j] - steps})
	}
	return true
}

// fixAtRoot uses the root's reduced costs after a new incumbent.
func (t *tree) fixAtRoot() {
	if t.root.d == nil {
		return
	}
	room := t.value - t.root.bound + costFixSlack*(1+math.Abs(t.value))
	for k, j := range t.ints {
		d := t.root.d[k]
		if math.Abs(d) < 1e-9 || t.rootLo[j] >= t.rootHi[j] {
			continue
		}
		if steps := math.Floor(room / math.Abs(d)); steps >= 0 && steps < t.rootHi[j]-t.rootLo[j] {
			if d > 0 {
				t.rootHi[j] = t.rootLo[j] + steps
			} else {
				t.rootLo[j] = t.rootHi[j] - steps
			}
		}
	}
}
