package sourcing

import (
	"context"
	"math"
)

// fixing closes tiers and awards that no better plan can use: the bound with them forced lies above the best plan.
func (s *search) fixing() {
	n := s.n
	if s.best == nil || !n.contract && n.W > 1 {
		return
	}
	l := s.v.l
	l.m.copy(s.v.best)
	total := l.value(s.root)
	for sup := range n.S {
		base := l.supplier(sup, s.root)
		out := func(b box) bool { return total-base+l.supplier(sup, b) > s.cost*(1+1e-9)+1e-9 }
		for y := range n.Y {
			for r := range len(n.tiers[sup][y]) + 1 {
				bit := uint32(1) << r
				if s.root.tiers[sup][y]&bit == 0 || s.root.tiers[sup][y] == bit {
					continue
				}
				b := s.root.clone()
				b.tiers[sup][y] = bit
				if out(b) {
					s.root.tiers[sup][y] &^= bit
				}
			}
		}
		if len(n.of[sup]) > maxSubset {
			continue
		}
		for _, k := range n.of[sup] {
			if s.root.award[k] != 0 {
				continue
			}
			for _, v := range []int8{1, -1} {
				b := s.root.clone()
				b.award[k] = v
				if out(b) {
					s.root.award[k] = -v
					break
				}
			}
		}
	}
}

// node is a box with a proven bound and the multipliers that prove it.
type node struct {
	box   box
	m     *multipliers
	bound float64
}

// branch raises the bound by splitting the award into boxes, the one with the lowest bound first, and looks for plans in
// each. The relaxation of a box in which nothing is fractional any more is as good as it gets: what remains is the price
// of minimum orders and order costs.
func (s *search) branch(ctx context.Context) {
	n := s.n
	open := []node{{s.root, s.v.best.clone(n), s.bound}}
	floor := math.Inf(1) // least bound of what was closed
	update := func() {
		low := floor
		for i := range open {
			low = math.Min(low, open[i].bound)
		}
		if !math.IsInf(low, 1) || len(open) == 0 {
			s.raise(low)
		}
	}
	more := func() bool { return s.nodes < s.eff.nodes || s.nodes < s.eff.extra && gapOf(s.cost, s.bound) > wideGap }
	for ; more() && len(open) > 0 && !s.done(ctx); s.nodes++ {
		pick := 0
		for i := range open {
			if open[i].bound < open[pick].bound {
				pick = i
			}
		}
		nd := open[pick]
		if floor <= nd.bound { // a closed box holds the bound down: no split can raise it
			break
		}
		open[pick] = open[len(open)-1]
		open = open[:len(open)-1]
		s.v.best.copy(nd.m)
		s.v.reset()
		b := math.Max(nd.bound, s.v.climb(ctx, nd.box, s.cost, s.gap/2, s.eff.node))
		nd.bound = b
		nd.m = s.v.best.clone(n)
		if ctx.Err() != nil {
			open = append(open, nd)
			break
		}
		if b >= s.cost*(1-s.gap/2) {
			floor = math.Min(floor, math.Max(b, nd.bound))
			update()
			continue
		}
		s.dive(ctx)
		left, right, ok := s.split(nd.box)
		if !ok { // nothing is fractional: climb on, then look once more
			nd.bound = math.Max(nd.bound, s.v.climb(ctx, nd.box, s.cost, s.gap/2, 4*s.eff.node))
			left, right, ok = s.split(nd.box)
		}
		if !ok {
			floor = math.Min(floor, nd.bound)
			update()
			continue
		}
		for _, child := range []box{left, right} {
			open = append(open, node{child, nd.m, nd.bound})
		}
		update()
		if s.nodes%8 == 0 {
			s.tell("branch")
		}
	}
	update()
}

// dive rounds the box's averaged solution and keeps what is better.
func (s *search) dive(ctx context.Context) {
	c := s.round()
	if _, ok := s.seen[c.key()]; ok || s.lps > s.eff.lps {
		return
	}
	if v := s.relaxed(ctx, c); v < s.cost*1.01 {
		s.polish(ctx, c, max(40*s.n.W, s.eff.lps/40))
	}
}

// split halves a box at its most fractional decision.
func (s *search) split(b box) (left, right box, ok bool) {
	n, avg := s.n, s.v.avg
	worst, sup, year, at, award := 0.02, -1, -1, 0, -1
	if n.contract || n.W == 1 {
		for i := range n.S {
			for y := range n.Y {
				row := avg.z[i][y][0]
				below := 0.0
				for r := range len(row) - 1 {
					below += row[r]
					low, high := b.tiers[i][y]&(2<<r-1), b.tiers[i][y]&^(2<<r-1)
					if f := math.Min(below, 1-below); f > worst && low != 0 && high != 0 {
						worst, sup, year, at = f, i, y, r
					}
				}
			}
		}
	}
	for k := range n.pairs {
		if b.award[k] == 0 && len(n.of[n.pairs[k].s]) <= maxSubset {
			if f := math.Min(avg.a[k], 1-avg.a[k]); f > worst {
				worst, award = f, k
			}
		}
	}
	left, right = b.clone(), b.clone()
	switch {
	case award >= 0:
		left.award[award], right.award[award] = 1, -1
	case sup >= 0:
		left.tiers[sup][year] &= 2<<at - 1
		right.tiers[sup][year] &^= 2<<at - 1
	default:
		return left, right, false
	}
	return left, right, true
}
