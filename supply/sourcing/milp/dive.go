package milp

import (
	"math"
	"slices"
)

const (
	diveEvery   = 40  // nodes between dives
	subEvery    = 200 // nodes between searches near the incumbent
	diveShare   = 0.1 // of the fractional columns, those nearest to whole numbers are fixed at once
	diveIters   = 5   // a dive may cost this many times the root's iterations
	subNodes    = 150 // nodes of a search near the incumbent
	rootMisses  = 4   // searches near the incumbent at the root without success
	patchFirst  = 0.2 // share of the integer columns that the first patch leaves open
	patchRow    = 64  // longer rows do not tie a patch together
	subFixed    = 0.3 // least share of integer columns fixed for it
	startNodes  = 200 // nodes to complete a partial start
	maxSubDepth = 1   // searches within searches
)

// offer takes x as the incumbent when it is feasible and better. The integer columns are rounded first.
func (t *tree) offer(x []float64) bool {
	y := append([]float64(nil), x...)
	for _, j := range t.ints {
		y[j] = math.Round(y[j])
	}
	for j := range y { // rounding noise beyond a bound
		c := &t.p.Cols[j]
		y[j] = math.Min(math.Max(y[j], c.Lo), c.Hi)
	}
	if rule, fraction := t.p.Violation(y); rule > FeasibilityTol || fraction > IntegerTol {
		return false
	}
	if v := t.p.Objective(y); v < t.value {
		t.best, t.value, t.fresh = y, v, true
		t.fixAtRoot()
	}
	return true
}

// accept offers x; when rounding its integers breaks a rule, the other columns are optimised for them once more.
func (t *tree) accept(x []float64) bool {
	if t.offer(x) {
		return true
	}
	basis := t.lp.Save()
	type span struct{ lo, hi float64 }
	old := make([]span, len(t.ints))
	for k, j := range t.ints {
		old[k].lo, old[k].hi = t.lp.Bounds(int(j))
		v := math.Round(x[j])
		t.lp.SetBounds(int(j), v, v)
	}
	t.lp.SetIterationLimit(t.left())
	st, err := t.lp.solve(t.ctx)
	ok := err == nil && st == Optimal && t.offer(t.lp.X(nil))
	for k, j := range t.ints {
		t.lp.SetBounds(int(j), old[k].lo, old[k].hi)
	}
	_ = t.lp.Load(basis)
	return ok
}

// improve lets the caller's own search work on a new incumbent.
func (t *tree) improve() {
	for t.fresh && !t.stop {
		t.fresh = false
		if t.o.Improve == nil || t.best == nil {
			return
		}
		x := t.o.Improve(append([]float64(nil), t.best...))
		if len(x) != len(t.p.Cols) || !t.offer(x) {
			return
		}
	}
}

// mark remembers the domain so that a heuristic can go back.
type mark struct{ lo, hi []float64 }

func (t *tree) mark(m *mark) {
	m.lo, m.hi = append(m.lo[:0], t.dom.lo...), append(m.hi[:0], t.dom.hi...)
}

func (t *tree) reset(m *mark) {
	copy(t.dom.lo, m.lo)
	copy(t.dom.hi, m.hi)
	for _, i := range t.dom.queue {
		t.dom.queued[i] = false
	}
	t.dom.queue = t.dom.queue[:0]
}

// fixTo fixes j to v within its range and propagates.
func (t *tree) fixTo(j int32, v float64) bool {
	v = math.Min(math.Max(math.Round(v), t.dom.lo[j]), t.dom.hi[j])
	return t.dom.set(change{j, false, v}) && t.dom.set(change{j, true, v}) && t.dom.propagate()
}

// follow fixes the integer columns to the rounded values of x one after the other, those most certain first, and
// takes the other side where propagation refuses. NaN leaves a column open. False: no way through.
func (t *tree) follow(x []float64) bool {
	order := make([]option, 0, len(t.ints))
	for _, j := range t.ints {
		if !math.IsNaN(x[j]) {
			order = append(order, option{j: j, frac: math.Abs(x[j] - math.Round(x[j])), score: -float64(t.q.Cols[j].Priority)})
		}
	}
	slices.SortStableFunc(order, func(a, b option) int {
		if a.score != b.score {
			return sign(a.score - b.score)
		}
		return sign(a.frac - b.frac)
	})
	var m mark
	for _, o := range order {
		if t.dom.lo[o.j] == t.dom.hi[o.j] {
			continue
		}
		t.mark(&m)
		if t.fixTo(o.j, x[o.j]) {
			continue
		}
		t.reset(&m)
		v := math.Round(x[o.j])
		if x[o.j] > v {
			v++
		} else {
			v--
		}
		if v < t.dom.lo[o.j] || v > t.dom.hi[o.j] {
			v = t.dom.lo[o.j] + t.dom.hi[o.j] - math.Round(x[o.j])
		}
		if !t.fixTo(o.j, v) {
			return false
		}
	}
	return true
}

func sign(v float64) int {
	switch {
	case v < 0:
		return -1
	case v > 0:
		return 1
	}
	return 0
}

// start tries Options.Start: complete, or fixed where given and searched where open.
func (t *tree) start(x []float64) {
	open := false
	for _, j := range t.ints {
		open = open || math.IsNaN(x[j])
	}
	if !open && !slices.ContainsFunc(x, math.IsNaN) && t.offer(x) {
		return
	}
	var m mark
	t.mark(&m)
	if t.follow(x) {
		if open {
			t.near(startNodes)
		} else {
			t.finish()
		}
	}
	t.reset(&m)
	t.toLP()
}

// finish optimises the rest for the domain's fixed integers.
func (t *tree) finish() {
	t.toLP()
	t.lp.SetCutoff(math.Inf(1))
	t.lp.SetIterationLimit(t.left())
	if st, err := t.lp.solve(t.ctx); err == nil && st == Optimal {
		t.offer(t.lp.X(nil))
	}
}

// near searches the present domain with a small tree of its own.
// It returns whether the incumbent improved and whether the small tree was worked off.
func (t *tree) near(nodes int) (better, whole bool) {
	if t.depth >= maxSubDepth || t.stop {
		return false, false
	}
	q := t.q.Clone()
	for _, j := range t.ints {
		q.Cols[j].Lo, q.Cols[j].Hi = t.dom.lo[j], t.dom.hi[j]
	}
	s := &tree{p: q, ctx: t.ctx, depth: t.depth + 1}
	s.o = Options{Gap: t.o.gap(), Nodes: nodes, NoCuts: true, Iterations: t.left()}
	if t.best != nil {
		s.o.Cutoff, s.o.CutoffSet = t.value-t.absGap(), true
	} else if t.o.cutoff() < math.Inf(1) {
		s.o.Cutoff, s.o.CutoffSet = t.value, true
	}
	r, err := s.run()
	t.lp.iterations += r.Iterations
	before := t.value
	if err == nil && r.X != nil {
		t.offer(r.X)
	}
	t.limited()
	return t.value < before, r.Status == Optimal || r.Status == Infeasible
}

// rootHeuristics looks for a first incumbent.
func (t *tree) rootHeuristics(n *node) {
	if t.o.NoHeuristics {
		t.improve()
		return
	}
	var m mark
	t.mark(&m)
	x := append([]float64(nil), t.x...)
	if t.follow(x) {
		t.finish()
	}
	for kind := range diveKinds {
		if t.limited() {
			return
		}
		t.reset(&m)
		t.toLP()
		_ = t.lp.Load(n.basis)
		t.dive(kind, x)
	}
	t.improve()
	for misses := 0; t.best != nil && misses < rootMisses && !t.limited(); {
		t.reset(&m)
		if !t.around(x) {
			misses++
		}
		t.improve()
	}
	t.reset(&m)
	t.lastHeur = t.nodes
}

// nodeHeuristics dives or searches near the incumbent now and then; true when the simplex was used.
func (t *tree) nodeHeuristics(n *node) bool {
	if t.o.NoHeuristics || t.nodes-t.lastHeur < diveEvery || t.depth > 0 && t.best != nil {
		return false
	}
	t.lastHeur = t.nodes
	t.kind++
	n.basis = t.lp.Save()
	var m mark
	t.mark(&m)
	made := append([]change(nil), t.dom.made...)
	x := append([]float64(nil), t.x...)
	if t.best != nil && t.kind%2 == 0 {
		t.around(x)
	} else {
		t.dive(t.kind%diveKinds, x)
	}
	t.reset(&m)
	t.dom.made = append(t.dom.made[:0], made...)
	t.x = append(t.x[:0], x...)
	return true
}

// around searches near the incumbent: alternately where the relaxation disagrees with it, and a patch of columns that
// rows tie together. The patch grows when it was searched to its end in vain and shrinks when it was not.
func (t *tree) around(x []float64) bool {
	if t.depth >= maxSubDepth {
		return false
	}
	t.turn++
	if t.turn%3 == 1 {
		return t.rins(x)
	}
	if t.patch == 0 {
		t.patch = patchFirst
	}
	if !t.freePatch(int(t.patch * float64(len(t.ints)))) {
		return false
	}
	better, whole := t.near(subNodes)
	switch {
	case better:
	case whole:
		t.patch = math.Min(t.patch*1.4, 0.8)
	default:
		t.patch = math.Max(t.patch*0.7, 0.02)
	}
	return better
}

// freePatch fixes all integers to the incumbent but n of them, found from a seed column along short rows.
func (t *tree) freePatch(n int) bool {
	free := make(map[int32]bool, n)
	seen := make(map[int32]bool)
	a := t.dom.a
	for k := 0; len(free) < n && k < 20; k++ {
		seed := t.ints[int(noise(t.turn*64+k)*float64(len(t.ints)))]
		if t.dom.lo[seed] == t.dom.hi[seed] {
			continue
		}
		queue := []int32{seed}
		seen[seed] = true
		for h := 0; h < len(queue) && len(free) < n; h++ {
			j := queue[h]
			if t.dom.integer[j] {
				free[j] = true
			}
			for e := a.colStart[j]; e < a.colStart[j+1]; e++ {
				i := a.rowIdx[e]
				if a.rowStart[i+1]-a.rowStart[i] > patchRow {
					continue
				}
				for f := a.rowStart[i]; f < a.rowStart[i+1]; f++ {
					if v := a.colIdx[f]; !seen[v] {
						seen[v] = true
						queue = append(queue, v)
					}
				}
			}
		}
	}
	for _, j := range t.ints {
		if v := t.best[j]; !free[j] && t.dom.lo[j] < t.dom.hi[j] && v >= t.dom.lo[j] && v <= t.dom.hi[j] {
			if !t.fixTo(j, v) {
				return false
			}
		}
	}
	return true
}

// rins fixes the integers on which the relaxation and the incumbent agree and searches the rest.
func (t *tree) rins(x []float64) bool {
	fixed := 0
	for _, j := range t.ints {
		if t.dom.lo[j] == t.dom.hi[j] {
			fixed++
			continue
		}
		if v := t.best[j]; math.Abs(v-x[j]) < IntegerTol && v >= t.dom.lo[j] && v <= t.dom.hi[j] {
			if !t.fixTo(j, v) {
				return false
			}
			fixed++
		}
	}
	if float64(fixed) < subFixed*float64(len(t.ints)) {
		return false
	}
	better, _ := t.near(subNodes)
	return better
}

// Kinds of dives.
const (
	diveFraction = iota // nearest to a whole number first
	diveGuided          // towards the incumbent; by pseudo-cost before there is one
	diveUp              // opens what is most open already
	diveKinds
)

// dive fixes fractional columns step by step from the solution x of the present LP and solves in between; one
// wrong turn per step is taken back.
func (t *tree) dive(kind int, x []float64) {
	x = append([]float64(nil), x...)
	stop := t.lp.Iterations() + diveIters*(500+len(t.root.d)+t.lp.m)
	var m mark
	for !t.limited() && t.lp.Iterations() < stop {
		list := t.fractional(x)
		if len(list) == 0 {
			t.accept(x)
			return
		}
		for k := range list {
			o := &list[k]
			o.score = t.diveScore(kind, o, x)
		}
		slices.SortFunc(list, func(a, b option) int {
			if a.score != b.score {
				return sign(a.score - b.score)
			}
			return int(a.j - b.j)
		})
		n := max(1, int(diveShare*float64(len(list))))
		t.mark(&m)
		ok := true
		for k, o := range list[:n] {
			if t.dom.lo[o.j] == t.dom.hi[o.j] {
				continue
			}
			if !t.fixTo(o.j, t.diveTarget(kind, o.j, x)) {
				ok = k > 0
				break
			}
		}
		if ok {
			ok = t.dom.propagate() && t.diveSolve()
		}
		if !ok {
			t.reset(&m)
			o := list[0]
			v := t.diveTarget(kind, o.j, x)
			if v > x[o.j] {
				v = math.Floor(x[o.j])
			} else {
				v = math.Ceil(x[o.j])
			}
			if !t.fixTo(o.j, v) || !t.diveSolve() {
				return
			}
		}
		x = t.lp.X(x)
	}
}

func (t *tree) diveSolve() bool {
	t.toLP()
	t.lp.SetCutoff(t.value - t.absGap())
	t.lp.SetIterationLimit(t.left())
	st, err := t.lp.solve(t.ctx)
	return err == nil && st == Optimal
}

// diveTarget is the whole number that a dive fixes j to.
func (t *tree) diveTarget(kind int, j int32, x []float64) float64 {
	switch {
	case kind == diveGuided && t.best != nil:
		return math.Min(math.Max(t.best[j], math.Floor(x[j])), math.Ceil(x[j]))
	case kind == diveGuided:
		f := x[j] - math.Floor(x[j])
		if t.pc.gain(j, 0, f) < t.pc.gain(j, 1, 1-f) {
			return math.Floor(x[j])
		}
		return math.Ceil(x[j])
	case kind == diveUp:
		if x[j]-math.Floor(x[j]) > 0.2 {
			return math.Ceil(x[j])
		}
		return math.Floor(x[j])
	}
	return math.Round(x[j])
}

// diveScore says how early a dive fixes o: low first.
func (t *tree) diveScore(kind int, o *option, x []float64) float64 {
	if kind == diveUp {
		return -o.frac
	}
	return math.Abs(t.diveTarget(kind, o.j, x) - x[o.j])
}
