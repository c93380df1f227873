package milp

import (
	"container/heap"
	"context"
	"math"

	"roadbook/fault"
)

const (
	progressNodes = 50   // nodes between calls of Options.Progress
	openLimit     = 4096 // open nodes beyond which the search goes depth first
	plungeNodes   = 60   // nodes of one dive before the best bound is looked at again
)

// node is a subproblem: the root's bounds and the changes on the path to it.
type node struct {
	parent  *node
	changes []change
	bound   float64
	depth   int
	seq     int
	basis   *Basis
	branch  change  // what made it; col −1 at the root
	frac    float64 // distance that the branching column was moved
	from    float64 // objective of the parent
}

// tree is one branch and bound.
type tree struct {
	p    *Problem // as given
	q    *Problem // presolved, with cuts
	o    Options
	ctx  context.Context
	lp   *LP
	dom  *domain
	ints []int32

	rootLo, rootHi []float64 // of all columns, after presolve and fixing at the root

	open     []*node
	seq      int
	nodes    int
	maxNodes int
	maxIter  int
	pruned   float64 // lowest bound of what was cut off although below the incumbent (by the gap)
	lost     float64 // lowest bound of what could not be decided
	best     []float64
	value    float64
	x        []float64
	pc       pseudo
	current  *node // being visited
	lastHeur int
	kind     int
	turn     int     // searches near the incumbent so far
	patch    float64 // share of integer columns that the next patch leaves open
	fresh    bool    // a new incumbent that Options.Improve has not seen
	sbIter   int
	root     rootCosts
	depth    int // of nested searches
	stop     bool
	rootDone bool
}

// Solve minimises p with the built-in engine. What is not decided in time is told by the Result; an error means a
// malformed problem, or a linear one whose numbers no simplex can be sure of.
func Solve(ctx context.Context, p *Problem, o Options) (Result, error) {
	if err := p.Check(); err != nil {
		return Result{}, err
	}
	if o.Start != nil && len(o.Start) != len(p.Cols) {
		return Result{}, fault.New(fault.Invalid, "bad_start", "the start has %d values; %d were expected, NaN where open", len(o.Start), len(p.Cols))
	}
	cpu := stopwatch()
	t := &tree{p: p, o: o, ctx: ctx}
	r, err := t.run()
	r.CPU = cpu()
	return r, err
}

// run presolves, solves the root and searches.
func (t *tree) run() (Result, error) {
	t.pruned, t.lost = math.Inf(1), math.Inf(1)
	t.value = t.o.cutoff()
	t.maxNodes, t.maxIter = t.o.Nodes, t.o.Iterations
	ok := true
	if t.q = t.p.Clone(); !t.o.NoPresolve {
		if t.q, ok = presolve(t.p); !ok {
			return t.result(math.Inf(1)), nil
		}
	}
	for j := range t.q.Cols {
		if t.q.Cols[j].Integer {
			t.ints = append(t.ints, int32(j))
			c := &t.q.Cols[j]
			c.Lo, c.Hi = bounds(c.Lo, c.Hi, true)
		}
	}
	t.pc.init(len(t.q.Cols))
	if err := t.build(nil); err != nil {
		return Result{}, err
	}
	root := &node{bound: math.Inf(-1), branch: change{col: -1}}
	t.current = root
	if len(t.ints) > 0 && t.o.Start != nil {
		t.start(t.o.Start)
	}
	t.lp.SetCutoff(math.Inf(1))
	t.lp.SetIterationLimit(t.left())
	st, err := t.lp.Solve(t.ctx)
	switch {
	case err != nil && len(t.ints) == 0:
		return Result{}, err
	case err == nil && st == Infeasible:
		return t.result(math.Inf(1)), nil
	case err == nil && st == Unbounded:
		return t.unbounded(), nil
	case err == nil:
		root.bound = t.lp.Bound()
		if st == Limit {
			t.stop = true
		} else if !t.o.NoCuts && len(t.ints) > 0 {
			t.report(true)
			t.cutLoop(root)
		}
	}
	if len(t.ints) == 0 {
		if err == nil && st == Optimal {
			t.offer(t.lp.X(nil))
		}
		return t.result(root.bound), nil
	}
	if err == nil && st == Optimal && !t.stop {
		root.basis = t.lp.Save()
	}
	t.report(true)
	t.current = nil
	heap.Push((*byBound)(t), root)
	t.search()
	return t.result(t.bound()), nil
}

// build makes the simplex and the domain of t.q; basis may be nil.
func (t *tree) build(basis *Basis) error {
	lp, err := NewLP(t.q)
	if err != nil {
		return err
	}
	if t.lp != nil {
		lp.iterations = t.lp.iterations
	}
	t.lp = lp
	if basis != nil {
		if err := lp.Load(basis); err != nil {
			return err
		}
	}
	t.dom = newDomain(t.q)
	t.dom.all()
	if !t.dom.propagate() {
		t.dom = newDomain(t.q) // the simplex will say so
	}
	t.rootLo, t.rootHi = append(t.rootLo[:0], t.dom.lo...), append(t.rootHi[:0], t.dom.hi...)
	for _, j := range t.ints {
		t.lp.SetBounds(int(j), t.rootLo[j], t.rootHi[j])
	}
	return nil
}

// bound is what is proven for the whole tree.
func (t *tree) bound() float64 {
	b := math.Min(t.pruned, t.lost)
	if t.current != nil {
		b = math.Min(b, t.current.bound)
	}
	for _, n := range t.open {
		b = math.Min(b, n.bound)
	}
	if t.best != nil || t.o.cutoff() < math.Inf(1) {
		b = math.Min(b, t.value)
	}
	return b
}

func (t *tree) result(bound float64) Result {
	r := Result{Status: Limit, Objective: math.Inf(1), Bound: bound, Nodes: t.nodes, Engine: "builtin"}
	if t.lp != nil {
		r.Iterations = t.lp.Iterations()
	}
	if t.best != nil {
		r.X, r.Objective = t.best, t.value
		r.Bound = math.Min(bound, r.Objective)
		r.Status = Feasible
		if r.Gap() <= t.o.gap() {
			r.Status = Optimal
		}
		return r
	}
	if len(t.open) == 0 && !t.stop && math.IsInf(t.lost, 1) && (math.IsInf(bound, 1) || bound >= t.o.cutoff()) {
		r.Status = Infeasible
	}
	return r
}

// unbounded: with integers the ray proves it only when some solution exists; that is looked for without costs.
func (t *tree) unbounded() Result {
	r := t.result(math.Inf(-1))
	if len(t.ints) == 0 {
		r.Status = Unbounded
		return r
	}
	q := t.p.Clone()
	for j := range q.Cols {
		q.Cols[j].Cost = 0
	}
	o := t.o
	o.Progress, o.Improve, o.Start, o.Cutoff, o.CutoffSet = nil, nil, nil, 0, false
	s, err := Solve(t.ctx, q, o)
	switch {
	case err == nil && s.X != nil:
		r.Status = Unbounded
	case err == nil && s.Status == Infeasible:
		r.Status, r.Bound = Infeasible, math.Inf(1)
	}
	return r
}

// absGap is by how much a node's bound may stay below the incumbent and still be cut off.
func (t *tree) absGap() float64 {
	if t.best == nil {
		return 0
	}
	return math.Max(0.999*t.o.gap()*math.Abs(t.value), 0.999*noGap)
}

// hopeless reports whether bound cannot lead below the incumbent by more than the gap, and notes what is given up.
func (t *tree) hopeless(bound float64) bool {
	if bound < t.value-t.absGap() {
		return false
	}
	if t.best != nil || bound < t.value {
		t.pruned = math.Min(t.pruned, bound)
	}
	return true
}

// limited reports whether the context or the iteration limit ends the work, in heuristics, too.
func (t *tree) limited() bool {
	if t.stop || t.ctx.Err() != nil || t.maxIter > 0 && t.lp.Iterations() >= t.maxIter {
		t.stop = true
	}
	return t.stop
}

// ended reports whether no further node may be visited.
func (t *tree) ended() bool { return t.limited() || t.maxNodes > 0 && t.nodes >= t.maxNodes }

// search works the open nodes off: one dive after the other, each from the node of the lowest bound.
func (t *tree) search() {
	for len(t.open) > 0 && !t.ended() {
		n := heap.Pop((*byBound)(t)).(*node)
		if t.hopeless(n.bound) {
			continue
		}
		jump := true
		for plunge := 0; n != nil; plunge++ {
			if plunge > 0 && t.ended() || plunge > plungeNodes && len(t.open) < openLimit {
				heap.Push((*byBound)(t), n)
				break
			}
			t.current = n
			n = t.visit(n, jump)
			t.current = nil
			jump = false
			t.improve()
		}
	}
	t.report(true)
}

func (t *tree) report(force bool) {
	if t.o.Progress == nil || !force && t.nodes%progressNodes != 0 {
		return
	}
	inc, b := math.Inf(1), t.bound()
	if t.best != nil {
		inc = t.value
	}
	t.o.Progress(Progress{Nodes: t.nodes, Open: len(t.open), Iterations: t.lp.Iterations(), Incumbent: inc, Bound: b, Gap: gapOf(inc, b)})
}

// enterNode sets the bounds of n; jump means that the last node visited was not its parent.
func (t *tree) enterNode(n *node, jump bool) bool {
	d := t.dom
	if jump {
		copy(d.lo, t.rootLo)
		copy(d.hi, t.rootHi)
		d.made = d.made[:0]
		for m := n; m != nil; m = m.parent {
			for _, c := range m.changes {
				if !d.set(c) {
					return false
				}
			}
		}
	} else {
		d.made = d.made[:0]
		for _, c := range n.changes {
			if !d.set(c) {
				return false
			}
		}
	}
	if !d.propagate() {
		return false
	}
	t.toLP()
	if n.parent != nil {
		n.changes = append(n.changes[:0:0], d.made...) // what followed from the branching, too
		if jump {
			n.parent = nil // the whole path is in made
		}
	}
	return true
}

// toLP hands the domain's integer bounds to the simplex.
func (t *tree) toLP() {
	d := t.dom
	for _, j := range t.ints {
		lo, hi := d.lo[j], d.hi[j]
		if l, h := t.lp.Bounds(int(j)); l != lo || h != hi {
			t.lp.SetBounds(int(j), lo, hi)
		}
	}
}

// visit solves one node and returns the child to go on with, nil when the dive ends.
func (t *tree) visit(n *node, jump bool) *node {
	t.nodes++
	if t.nodes%progressNodes == 0 {
		t.report(false)
	}
	if jump && n.basis != nil {
		_ = t.lp.Load(n.basis) // same LP, same size
	}
	if !t.enterNode(n, jump) {
		return nil
	}
	for again := 0; ; again++ {
		t.lp.SetCutoff(t.value - t.absGap())
		t.lp.SetIterationLimit(t.left())
		st, err := t.lp.solve(t.ctx)
		if err != nil || st == Unbounded {
			return t.undecided(n)
		}
		if st == Infeasible {
			if t.lp.wasCut {
				t.hopeless(math.Max(n.bound, t.lp.Bound()))
			}
			return nil
		}
		if st == Limit {
			t.stop = true
			heap.Push((*byBound)(t), n)
			return nil
		}
		obj := t.lp.Objective()
		if b := t.lp.Bound(); b > n.bound {
			n.bound = b
		}
		t.pc.learn(n, obj)
		n.branch.col = -1
		if t.hopeless(n.bound) {
			return nil
		}
		t.x = t.lp.X(t.x)
		t.fixByCost(n)
		if n.depth == 0 && again == 0 && !t.rootDone {
			t.rootDone = true
			t.report(true)
			t.rootHeuristics(n)
			t.report(true)
			if t.hopeless(n.bound) || t.stop {
				if t.stop {
					heap.Push((*byBound)(t), n)
				}
				return nil
			}
			t.restore(n)
			continue
		}
		j, moved := t.choose(n)
		if t.stop {
			heap.Push((*byBound)(t), n)
			return nil
		}
		if moved { // strong branching fixed something: solve again
			if t.hopeless(n.bound) || !t.dom.propagate() {
				return nil
			}
			n.changes = append(n.changes[:0:0], t.dom.made...)
			t.toLP()
			continue
		}
		if j < 0 {
			if !t.accept(t.x) {
				return t.undecided(n)
			}
			t.pruned = math.Min(t.pruned, n.bound) // solved: no better solution in it, to the tolerance
			return nil
		}
		if t.nodeHeuristics(n) {
			t.restore(n)
			if t.hopeless(n.bound) {
				return nil
			}
		}
		return t.split(n, j, obj)
	}
}

// left is the iteration limit for one LP.
func (t *tree) left() int {
	if t.maxIter == 0 {
		return 0
	}
	return max(1, t.maxIter-t.lp.Iterations())
}

// restore goes back to node n after something else used the simplex.
func (t *tree) restore(n *node) {
	_ = t.lp.Load(n.basis)
	copy(t.dom.lo, t.rootLo)
	copy(t.dom.hi, t.rootHi)
	for k := n; k != nil; k = k.parent {
		for _, c := range k.changes {
			t.dom.set(c)
		}
	}
	t.dom.propagate()
	t.dom.made = append(t.dom.made[:0], n.changes...)
	t.toLP()
}

// split makes the children of n on column j and returns the one to dive into.
func (t *tree) split(n *node, j int32, obj float64) *node {
	v := t.x[j]
	f := v - math.Floor(v)
	basis := t.lp.Save()
	child := func(up bool) *node {
		t.seq++
		c := &node{parent: n, bound: n.bound, depth: n.depth + 1, seq: t.seq, basis: basis, from: obj}
		if up {
			c.branch, c.frac = change{j, false, math.Floor(v) + 1}, 1-f
		} else {
			c.branch, c.frac = change{j, true, math.Floor(v)}, f
		}
		c.changes = []change{c.branch}
		return c
	}
	down, up := child(false), child(true)
	n.basis = nil
	first, second := down, up
	switch {
	case t.best != nil && math.Abs(t.best[j]-v) < 1-1e-9 && t.best[j] != math.Floor(v):
		first, second = up, down
	case t.best == nil && t.q.Cols[j].Priority > 0, t.best == nil && f > 0.5:
		first, second = up, down
	}
	heap.Push((*byBound)(t), second)
	return first
}

// undecided splits n without trusting its LP: numbers got out of hand.
func (t *tree) undecided(n *node) *node {
	t.lp.slack()
	for _, j := range t.ints {
		if lo, hi := t.dom.lo[j], t.dom.hi[j]; lo < hi && !math.IsInf(lo, 0) && !math.IsInf(hi, 0) {
			t.x = append(t.x[:0], make([]float64, len(t.q.Cols))...)
			t.x[j] = math.Floor((lo+hi)/2) + 0.5
			c := t.split(n, j, n.bound)
			c.frac = 0
			return c
		}
	}
	t.lost = math.Min(t.lost, n.bound)
	return nil
}

// byBound orders open nodes: lowest bound first, then the deeper, then the older.
type byBound tree

func (h *byBound) Len() int { return len(h.open) }
func (h *byBound) Less(a, b int) bool {
	x, y := h.open[a], h.open[b]
	if x.bound != y.bound {
		return x.bound < y.bound
	}
	if x.depth != y.depth {
		return x.depth > y.depth
	}
	return x.seq < y.seq
}
func (h *byBound) Swap(a, b int) { h.open[a], h.open[b] = h.open[b], h.open[a] }
func (h *byBound) Push(x any)    { h.open = append(h.open, x.(*node)) }
func (h *byBound) Pop() any {
	n := len(h.open) - 1
	x := h.open[n]
	h.open[n] = nil
	h.open = h.open[:n]
	return x
}
