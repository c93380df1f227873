package sourcing

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// effort limits a search, in counts and not in seconds, so that the same case gives the same plan.
type effort struct {
	root  int // iterations of the bound at the root
	node  int // and at a node
	nodes int // boxes looked at
	extra int // and as long as the gap is above wideGap
	lps   int // linear programs of the local search
	tries int // orders tried open or closed
	kicks int // random restarts from the best plan
}

// wideGap is the gap above which a search takes its time.
const wideGap = 0.005

// fullEffort is for the plan asked for, lightEffort for the many solves that price its rules. Small cases get more boxes,
// which cost less there.
func (n *net) fullEffort() effort {
	nodes := n.boxes(200_000, 60, 500)
	return effort{root: 1500, node: 120, nodes: nodes, extra: 5 * nodes, lps: 4000, tries: 1200, kicks: 6}
}

func (n *net) lightEffort() effort {
	return effort{root: 500, node: 80, nodes: n.boxes(60_000, 12, 150), lps: 500, tries: 200, kicks: 1}
}

// boxes divides work by the number of cells.
func (n *net) boxes(work, least, most int) int {
	return max(least, min(most, work/max(1, len(n.pairs)*n.T*n.W)))
}

// search finds plans and bounds for cases of any size: the Lagrangian bound points to awards and tiers, linear programs
// turn them into quantities, local search flips awards, tiers and orders, and a branch and bound over boxes of awards and
// tiers raises the bound.
type search struct {
	n      *net
	gap    float64
	eff    effort
	report func(doing string, nodes int, incumbent, bound float64)

	seed   uint64
	stages []*stage
	v      *volume
	root   box
	seen   map[string]float64 // relaxed value by choice
	tried  map[string]bool    // choices whose orders were worked out
	best   *flow
	cost   float64 // of best
	bound  float64
	nodes  int
	lps    int
}

func newSearch(n *net, gap float64, eff effort) (*search, error) {
	s := &search{n: n, gap: gap, eff: eff, v: newVolume(n), root: n.openBox(), seen: map[string]float64{}, tried: map[string]bool{},
		cost: math.Inf(1), bound: math.Inf(-1), report: func(string, int, float64, float64) {}}
	for w := range n.W {
		st, err := n.newStage(w)
		if err != nil {
			return nil, err
		}
		s.stages = append(s.stages, st)
	}
	return s, nil
}

func (s *search) done(ctx context.Context) bool { return ctx.Err() != nil || s.closed() }

// closed reports whether plan and bound agree within the gap.
func (s *search) closed() bool { return s.best != nil && s.cost-s.bound <= s.gap*math.Abs(s.cost)+1e-9 }

func (s *search) tell(doing string) { s.report(doing, s.nodes, s.cost, s.bound) }

// run searches until the gap is closed, the effort is spent or ctx ends. hints are first stages to start from.
func (s *search) run(ctx context.Context, hints ...choice) {
	s.elsewhere()
	s.raise(s.v.climb(ctx, s.root, math.Inf(1), 0, s.eff.root/5))
	s.tell("bound")
	for _, h := range hints {
		s.offer(ctx, h, s.eff.tries)
	}
	s.polish(ctx, s.round(), s.eff.lps/3)
	s.polish(ctx, s.everyone(s.round()), s.eff.lps/6)
	s.tell("plan")
	for part := 0; part < 4 && !s.done(ctx); part++ {
		s.tilt(ctx)
		s.raise(s.v.climb(ctx, s.root, s.cost, s.gap/2, s.eff.root/5))
		s.fixing()
		if part%2 == 0 {
			s.polish(ctx, s.round(), s.eff.lps/6)
		}
		s.tell("bound")
	}
	s.branch(ctx)
	if s.best == nil || s.done(ctx) {
		return
	}
	s.polish(ctx, s.best.choice, s.eff.lps)
	s.tell("plan")
	s.kick(ctx)
}

// kick perturbs the best plan at random and searches on from there.
func (s *search) kick(ctx context.Context) {
	r := rand.New(rand.NewPCG(s.seed, 0x6b69636b))
	for i := range 5 * s.eff.kicks {
		if s.done(ctx) || i >= s.eff.kicks && gapOf(s.cost, s.bound) <= wideGap {
			return
		}
		c := s.best.choice
		moves := s.moves(c)
		if len(moves) == 0 {
			return
		}
		for range 3 {
			c = moves[r.IntN(len(moves))](c)
		}
		s.source(&c)
		s.polish(ctx, c, s.eff.lps/8)
		s.tell("plan")
	}
}

// elsewhere is the plan that buys nothing: everything comes from elsewhere. It costs a lot and needs no engine.
func (s *search) elsewhere() {
	n := s.n
	c := n.emptyChoice()
	s.source(&c)
	f := n.newFlow(c)
	n.settle(f)
	if n.audit(f) == nil {
		s.best, s.cost = f, n.objective(f)
	}
}

func (s *search) raise(bound float64) { s.bound = math.Min(math.Max(s.bound, bound), s.cost) }

// round turns the averaged relaxed solution into a choice.
func (s *search) round() choice {
	n, avg := s.n, s.v.avg
	c := n.emptyChoice()
	for sup := range n.S {
		for y := range n.Y {
			for d := range n.yw() {
				row := avg.z[sup][y][d]
				pick := 0
				for r := range row {
					if row[r] > row[pick]+1e-12 {
						pick = r
					}
				}
				c.z[sup][y][d] = int8(pick - 1)
			}
		}
	}
	for k := range n.pairs {
		vol := 0.0
		for w := range n.W {
			for _, q := range avg.q[w][k] {
				vol += q
			}
		}
		c.a[k] = n.pairs[k].usable() && (avg.a[k] > 0.5 || n.pairs[k].fix == 0) && (vol > 1e-6 || n.pairs[k].fix == 0)
	}
	s.source(&c)
	return c
}

// everyone lets each supplier in, in its lowest tier where it had none: a start from which single flips also find plans
// that need several suppliers at once, as share caps ask for.
func (s *search) everyone(c choice) choice {
	for k := range c.a {
		c.a[k] = s.n.pairs[k].usable()
	}
	for sup := range c.z {
		for y := range c.z[sup] {
			for d := range c.z[sup][y] {
				if c.z[sup][y][d] < 0 {
					c.z[sup][y][d] = s.firstTier(sup, y)
				}
			}
		}
	}
	return c
}

// source awards the likeliest further offers until every dual-source rule is kept.
func (s *search) source(c *choice) {
	n := s.n
	for i := range n.duals {
		for n.sources(*c, i) < n.duals[i].n {
			pick := -1
			for k := range n.pairs {
				if c.a[k] || !n.pairs[k].usable() || !slices.Contains(n.duals[i].set, n.pairs[k].c) || s.twice(*c, i, k) {
					continue
				}
				if pick < 0 || s.v.avg.a[k] > s.v.avg.a[pick]+1e-9 || math.Abs(s.v.avg.a[k]-s.v.avg.a[pick]) <= 1e-9 && n.pairs[k].fix < n.pairs[pick].fix {
					pick = k
				}
			}
			if pick < 0 {
				return
			}
			c.a[pick] = true
		}
	}
}

// twice reports whether the pair's supplier already counts for the rule.
func (s *search) twice(c choice, rule, k int) bool {
	for _, o := range s.n.of[s.n.pairs[k].s] {
		if c.a[o] && slices.Contains(s.n.duals[rule].set, s.n.pairs[o].c) {
			return true
		}
	}
	return false
}

// relaxed values a choice with orders relaxed; +Inf when it cannot be.
func (s *search) relaxed(ctx context.Context, c choice) float64 {
	key := c.key()
	if v, ok := s.seen[key]; ok {
		return v
	}
	n := s.n
	for i := range n.duals {
		if n.sources(c, i) < n.duals[i].n {
			return math.Inf(1)
		}
	}
	totals := make([]float64, n.W)
	for w := range totals {
		totals[w] = s.stages[w].relaxed(ctx, c)
		s.lps++
		if math.IsInf(totals[w], 1) {
			break
		}
	}
	v := n.fixed(c) + n.risk(totals)
	if ctx.Err() == nil {
		s.seen[key] = v
	}
	return v
}

func (n *net) fixed(c choice) float64 {
	sum := 0.0
	for k, a := range c.a {
		if a {
			sum += n.pairs[k].fix
		}
	}
	return sum
}

// trim takes back awards that buy nothing and tiers that are not used, as long as the rules allow.
func (s *search) trim(ctx context.Context, c choice) choice {
	n := s.n
	if math.IsInf(s.relaxed(ctx, c), 1) {
		return c
	}
	vol := make([]float64, len(n.pairs))
	for _, st := range s.stages {
		st.apply(c)
		if _, ok := st.solve(ctx); !ok {
			return c
		}
		st.x = st.lp.X(st.x)
		for k := range n.pairs {
			for t := range n.T {
				if j := st.q[k][t]; j >= 0 {
					vol[k] += st.x[j]
				}
			}
		}
	}
	d := c.clone()
	for k := range n.pairs {
		if d.a[k] && vol[k] < 1e-6 && n.pairs[k].fix > 0 {
			d.a[k] = false
			for i := range n.duals {
				if n.sources(d, i) < n.duals[i].n {
					d.a[k] = true
				}
			}
		}
	}
	return d
}

// offer works out the orders of a choice and keeps the plan if it is the best so far and keeps every rule.
func (s *search) offer(ctx context.Context, c choice, tries int) {
	key := c.key()
	if s.tried[key] && tries == 0 || ctx.Err() != nil && s.best != nil {
		return
	}
	s.tried[key] = true
	n := s.n
	for i := range n.duals {
		if n.sources(c, i) < n.duals[i].n {
			return
		}
	}
	f := n.newFlow(c)
	for _, st := range s.stages {
		before := st.lps
		_, ok := st.orders(ctx, c, tries/n.W)
		s.lps += st.lps - before
		if !ok {
			return
		}
		st.write(f)
	}
	n.tidy(f)
	n.settle(f)
	if n.audit(f) != nil {
		return
	}
	if v := n.objective(f); v < s.cost {
		s.best, s.cost = f, v
		s.bound = math.Min(s.bound, v)
	}
}

// tidy takes back awards that nothing is bought under, as long as the dual-source rules stay kept.
func (n *net) tidy(f *flow) {
	for k := range f.a {
		if !f.a[k] || !n.idle(f, k) {
			continue
		}
		f.a[k] = false
		for i := range n.duals {
			if n.sources(f.choice, i) < n.duals[i].n {
				f.a[k] = true
			}
		}
	}
}

func (n *net) idle(f *flow, k int) bool {
	for w := range n.W {
		for _, q := range f.q[w][k] {
			if q > 0 {
				return false
			}
		}
	}
	return true
}

// polish improves a choice by flipping one tier or one award at a time, judged with orders relaxed, and offers what it
// ends at and the best on the way.
func (s *search) polish(ctx context.Context, c choice, budget int) {
	limit := s.lps + budget
	c = s.trim(ctx, c)
	s.offer(ctx, c, 0)
	val := s.relaxed(ctx, c)
	for s.lps < limit && !s.done(ctx) {
		improved := false
		for _, mv := range s.moves(c) {
			if s.lps >= limit || s.done(ctx) {
				break
			}
			d := mv(c)
			v := s.relaxed(ctx, d)
			if v < val-1e-9*math.Abs(val) {
				c, val, improved = s.trim(ctx, d), v, true
				val = math.Min(val, s.relaxed(ctx, c))
				if val < s.cost {
					s.offer(ctx, c, 0)
				}
			}
		}
		if !improved {
			break
		}
	}
	if val < s.cost {
		s.offer(ctx, c, s.eff.tries)
	} else if s.best != nil {
		s.offer(ctx, s.best.choice, s.eff.tries/4)
	}
}

// moves lists the flips of a choice, those first that the averaged relaxed solution also likes.
func (s *search) moves(c choice) []func(choice) choice {
	n, avg := s.n, s.v.avg
	type scored struct {
		like float64
		make func(choice) choice
	}
	var list []scored
	for sup := range n.S {
		for y := range n.Y {
			for d := range n.yw() {
				for r := -1; r < len(n.tiers[sup][y]); r++ {
					if s.root.tiers[sup][y]&(1<<(r+1)) == 0 || int8(r) == c.z[sup][y][d] {
						continue
					}
					if n.yw() > 1 && avg.z[sup][y][d][r+1] < 0.01 && abs(r-int(c.z[sup][y][d])) > 1 {
						continue
					}
					like := avg.z[sup][y][d][r+1] - 0.01*math.Abs(float64(r-int(c.z[sup][y][d])))
					list = append(list, scored{like, func(c choice) choice {
						e := c.clone()
						e.z[sup][y][d] = int8(r)
						if r >= 0 {
							s.awake(&e, sup, y)
						}
						return e
					}})
				}
			}
		}
	}
	for k := range n.pairs {
		p := &n.pairs[k]
		if p.fix == 0 || !p.usable() || s.root.award[k] != 0 {
			continue
		}
		like := avg.a[k] - 0.5
		if c.a[k] {
			like = -like
		}
		list = append(list, scored{like - 0.2, func(c choice) choice {
			e := c.clone()
			e.a[k] = !e.a[k]
			if e.a[k] {
				for y := range n.Y {
					for d := range n.yw() {
						if e.z[p.s][y][d] < 0 {
							e.z[p.s][y][d] = s.firstTier(p.s, y)
						}
					}
				}
			}
			return e
		}})
		if !c.a[k] { // one supplier in for another
			for _, o := range n.at[p.c] {
				if o != k && c.a[o] && n.pairs[o].fix > 0 && s.root.award[o] == 0 {
					list = append(list, scored{like - 0.4, func(c choice) choice {
						e := c.clone()
						e.a[k], e.a[o] = true, false
						for y := range n.Y {
							for d := range n.yw() {
								if e.z[p.s][y][d] < 0 {
									e.z[p.s][y][d] = s.firstTier(p.s, y)
								}
							}
						}
						return e
					}})
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b scored) int { return cmp.Compare(b.like, a.like) })
	out := make([]func(choice) choice, len(list))
	for i := range list {
		out[i] = list[i].make
	}
	return out
}

// firstTier is the lowest tier that is still open, or none.
func (s *search) firstTier(sup, y int) int8 {
	for r := range s.n.tiers[sup][y] {
		if s.root.tiers[sup][y]&(2<<r) != 0 {
			return int8(r)
		}
	}
	return -1
}

// awake awards the likeliest offer of a supplier that has none yet.
func (s *search) awake(c *choice, sup, y int) {
	n := s.n
	pick := -1
	for _, k := range n.of[sup] {
		if c.a[k] {
			return
		}
		if n.pairs[k].usable() && s.root.award[k] >= 0 && (pick < 0 || s.v.avg.a[k] > s.v.avg.a[pick]) {
			pick = k
		}
	}
	if pick >= 0 {
		c.a[pick] = true
	}
}

func abs(v int) int { return max(v, -v) }

// tilt moves the weights of the scenarios to where the CVaR of the best plan puts them, and keeps the weights that prove
// more.
func (s *search) tilt(ctx context.Context) {
	n := s.n
	if n.lambda == 0 || n.W == 1 || s.best == nil {
		return
	}
	totals := make([]float64, n.W)
	for w := range totals {
		totals[w] = n.costs(s.best, w).total()
	}
	keep, was := s.v.best.clone(n), s.v.best.weight
	bound := s.v.climb(ctx, s.root, s.cost, s.gap/2, 1)
	for _, blur := range []float64{0, 0.003, 0.01, 0.03} {
		weight := n.blurred(totals, blur)
		m := keep.clone(n)
		for w := range n.W {
			r := weight[w] / math.Max(was[w], 1e-12)
			for i := range m.mu[w] {
				m.mu[w][i] *= r
			}
			for i := range m.tau {
				for sup := range m.tau[i][w] {
					for y := range m.tau[i][w][sup] {
						m.tau[i][w][sup][y] *= r
					}
				}
			}
			m.kappa[w] *= r
			m.kappa2[w] *= r
		}
		copy(m.weight, weight)
		s.v.best.copy(m)
		s.v.reset()
		if b := s.v.climb(ctx, s.root, s.cost, s.gap/2, s.eff.root/25); b > bound {
			bound, keep = b, s.v.best.clone(n)
			was = keep.weight
		}
	}
	s.v.best.copy(keep)
	s.v.reset()
	s.raise(bound)
}

// blurred averages the tail weights over totals that are moved by up to ±blur in a fixed pattern: where scenarios tie
// near the quantile, the proof needs weights between the extremes.
func (n *net) blurred(totals []float64, blur float64) []float64 {
	if blur == 0 {
		return n.tail(totals)
	}
	const rounds = 32
	sum := make([]float64, n.W)
	moved := make([]float64, n.W)
	for i := range rounds {
		for w := range moved {
			u := math.Mod(float64(i*7+1)*0.6180339887498949*float64(w+1), 1)
			moved[w] = totals[w] * (1 + blur*(2*u-1))
		}
		for w, v := range n.tail(moved) {
			sum[w] += v / rounds
		}
	}
	return sum
}
