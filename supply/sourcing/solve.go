package sourcing

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"time"

	"roadbook/fault"
	"roadbook/supply/sourcing/milp"
)

// DefaultGap is the relative gap that counts as optimal when Options.Gap is 0.
const DefaultGap = 0.0005

// Limits of the exact engines within a solve.
const (
	exactBinaries = 200  // up to here, and up to exactCells offers × periods × scenarios, the built-in branch and bound is
	exactCells    = 400  // asked when the search leaves a gap: beyond, it adds minutes and no proof
	cbcBinaries   = 1500 // and cbc, when it is there
	exactNodes    = 3000
	cbcSeconds    = 60
)

// Options of a solve.
type Options struct {
	// Engine: "auto" (default) searches, and where a gap stays asks cbc if it is installed, else the built-in branch and
	// bound; "builtin" never starts another program; "search" only searches; "exact" only branches and bounds, built in;
	// "cbc" insists on cbc.
	Engine   string
	Gap      float64 // relative gap to stop at; 0 means DefaultGap
	Nodes    int     // boxes of the search and nodes of an exact engine; 0 means the defaults. Same limit, same plan
	Effort   int     // multiplies the search's counts, 1 (default) to 100
	Seconds  float64 // wall clock of cbc; 0 means 60
	Seed     uint64  // of the search's kicks
	Plain    bool    // the plan alone: no prices of rules, single suppliers or sensitivity
	Workers  int     // solves side by side when rules are priced; 0 means the number of processors. Does not change a plan
	Progress func(Progress)
}

// Progress is what a solve is doing. Costs are in major units of the case's currency; Incumbent is +Inf before the first
// plan.
type Progress struct {
	Doing     string // "bound", "plan", "branch", "exact", "cbc", "prices"
	Done, Of  int    // of the solves that price rules; 0 of 0 before
	Nodes     int
	Incumbent float64
	Bound     float64
	Gap       float64
}

func (o *Options) check() error {
	switch o.Engine {
	case "":
		o.Engine = "auto"
	case "auto", "builtin", "search", "exact", "cbc":
	default:
		return fault.New(fault.Invalid, "engine", "the engine is auto, builtin, search, exact or cbc, not %.20q", o.Engine).At("/engine")
	}
	if o.Gap < 0 || o.Gap >= 1 || math.IsNaN(o.Gap) {
		return fault.New(fault.Invalid, "gap", "a gap is 0 to below 1, not %g", o.Gap).At("/gap")
	}
	if o.Gap == 0 {
		o.Gap = DefaultGap
	}
	if o.Nodes < 0 || o.Effort < 0 || o.Effort > 100 || o.Seconds < 0 {
		return fault.New(fault.Invalid, "limit", "nodes and seconds are 0 or more, effort is 0 to 100").At("/nodes")
	}
	if o.Effort == 0 {
		o.Effort = 1
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return nil
}

func (o *Options) effort(e effort) effort {
	e.lps, e.tries, e.kicks = e.lps*o.Effort, e.tries*o.Effort, e.kicks*o.Effort
	e.nodes, e.extra = e.nodes*o.Effort, e.extra*o.Effort
	if o.Nodes > 0 {
		e.nodes, e.extra = o.Nodes, o.Nodes
	}
	return e
}

// answer is what the engines found out about a net.
type answer struct {
	flow    *flow // nil: none
	cost    float64
	bound   float64
	status  Status
	engine  string
	boundBy string
	nodes   int
	iters   int
	lps     int
	cpu     time.Duration
	columns int
	rows    int
	ints    int
	stopped string
	clash   []string // rows of a minimal conflict
}

// Solve decides a case. It always answers with a plan, a proven bound and the gap between them; a case whose rules cannot
// hold together gets the smallest set of rules that clash. When ctx ends, what was found until then is returned and
// Run.Stopped says "interrupted". An error means that the case or the options are wrong, or that cbc was asked for and is
// not there.
func Solve(ctx context.Context, c Case, o Options) (Plan, error) {
	if err := o.check(); err != nil {
		return Plan{}, err
	}
	n, err := compile(&c)
	if err != nil {
		return Plan{}, err
	}
	a, err := n.decide(ctx, o, o.effort(n.fullEffort()))
	if err != nil {
		return Plan{}, err
	}
	p := n.plan(a, o)
	if !o.Plain && a.flow != nil {
		n.price(ctx, a, o, &p)
	}
	p.Answer = p.sentence()
	return p, nil
}

// decide runs the engines that the options ask for.
func (n *net) decide(ctx context.Context, o Options, eff effort, hints ...choice) (answer, error) {
	runtime.LockOSThread() // so that the thread's CPU time is this solve's
	defer runtime.UnlockOSThread()
	begun := cpuTime()
	m := n.model(form{})
	a := answer{cost: math.Inf(1), status: Unknown, columns: len(m.p.Cols), rows: len(m.p.Rows), ints: m.p.Integers()}
	tell := func(doing string, nodes int, incumbent, bound float64) {
		if o.Progress != nil {
			o.Progress(Progress{Doing: doing, Nodes: nodes, Incumbent: incumbent * unit, Bound: bound * unit, Gap: gapOf(incumbent, bound)})
		}
	}
	if n.impossible(ctx) {
		a.status, a.engine, a.stopped = Infeasible, "builtin", "proven"
		n.conflict(ctx, &a)
		a.cpu = cpuTime() - begun
		return a, nil
	}
	if o.Engine != "exact" {
		s, err := newSearch(n, o.Gap, eff)
		if err != nil {
			return a, err
		}
		s.seed = o.Seed
		s.report = tell
		s.run(ctx, hints...)
		a.flow, a.cost, a.bound = s.best, s.cost, s.bound
		a.nodes, a.iters, a.lps = s.nodes, s.v.iters, s.lps
		a.engine, a.boundBy = "search", "Lagrangian relaxation"
		if s.nodes > 1 {
			a.boundBy += " and boxes"
		}
	}
	closed := a.flow != nil && gapOf(a.cost, a.bound) <= o.Gap
	if !closed && ctx.Err() == nil {
		if err := n.exact(ctx, &a, m, o, tell); err != nil {
			return a, err
		}
	}
	a.bound = math.Max(0, math.Min(a.bound, a.cost))
	a.cpu += cpuTime() - begun
	switch {
	case a.status == Infeasible:
		n.conflict(ctx, &a)
		return a, nil
	case a.flow == nil:
		a.status = Unknown
	case gapOf(a.cost, a.bound) <= o.Gap+1e-12:
		a.status = Optimal
	default:
		a.status = Feasible
	}
	switch {
	case a.status == Optimal:
		a.stopped = "gap"
	case ctx.Err() != nil:
		a.stopped = "interrupted"
	default:
		a.stopped = "limit"
	}
	return a, nil
}

func gapOf(cost, bound float64) float64 {
	if math.IsInf(cost, 0) || math.IsInf(bound, 0) {
		return math.Inf(1)
	}
	return math.Max(0, cost-bound) / math.Max(math.Abs(cost), 1e-9)
}

// exact asks branch and bound for what the search left open.
func (n *net) exact(ctx context.Context, a *answer, m *model, o Options, tell func(string, int, float64, float64)) error {
	var cbc milp.CBC
	small := a.ints <= exactBinaries && len(n.pairs)*n.T*n.W <= exactCells || a.flow == nil
	use := ""
	switch o.Engine {
	case "search":
		return nil
	case "cbc":
		use = "cbc"
	case "exact":
		use = "builtin"
	default:
		if small {
			use = "builtin"
		}
		if o.Engine == "auto" && a.ints <= cbcBinaries {
			use = "auto"
		}
	}
	if use == "" {
		return nil
	}
	if use != "builtin" {
		found, err := milp.FindCBC(ctx)
		switch {
		case err == nil:
			cbc, use = found, "cbc"
		case o.Engine == "cbc":
			return fault.New(fault.Unavailable, "cbc_missing", "the engine cbc was asked for and is not there: install coinor-cbc, or use the engine builtin (%v)", err)
		case small:
			use = "builtin"
		default:
			return nil
		}
	}
	mo := milp.Options{Gap: o.Gap, Nodes: o.Nodes}
	if a.flow != nil {
		mo.Start = m.start(a.flow)
	}
	var r milp.Result
	var err error
	if use == "cbc" {
		tell("cbc", a.nodes, a.cost, a.bound)
		if mo.Seconds = o.Seconds; mo.Seconds == 0 {
			mo.Seconds = cbcSeconds
		}
		mo.Gap = o.Gap / 2 // cbc measures its gap before presolve is undone; ours is of the plan in money
		r, err = cbc.Solve(ctx, m.p, mo)
	} else {
		if mo.Nodes == 0 {
			mo.Nodes = exactNodes * o.Effort
		}
		base := a.nodes
		mo.Progress = func(p milp.Progress) {
			tell("exact", base+p.Nodes, math.Min(p.Incumbent, a.cost), math.Max(p.Bound, a.bound))
		}
		r, err = milp.Solve(ctx, m.p, mo)
		if err == nil && r.Status == milp.Feasible && ctx.Err() == nil {
			// A node lost to rounding, or a start that misleads: without cuts and start the tree is another, and steadier.
			plain := mo
			plain.NoCuts, plain.Start = true, nil
			if again, err := milp.Solve(ctx, m.p, plain); err == nil && again.X != nil && again.Gap() < r.Gap() {
				again.Nodes += r.Nodes
				r = again
			}
		}
	}
	if err != nil {
		if a.flow != nil && (use == "cbc" && o.Engine != "cbc" || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
			return nil // what the search found stands
		}
		return err
	}
	a.nodes += r.Nodes
	if r.Engine != "builtin" {
		a.cpu += r.CPU
	}
	if r.Status == milp.Infeasible && a.flow == nil {
		a.status, a.engine = Infeasible, r.Engine
		return nil
	}
	if r.Bound > a.bound && !math.IsInf(r.Bound, 0) {
		a.bound, a.boundBy = r.Bound, r.Engine+" branch and bound"
	}
	if r.X != nil {
		f := m.flow(r.X)
		found := a.take(n, f)
		if g := n.newFlow(f.choice); n.refit(ctx, f, g) {
			found = a.take(n, g) || found
		}
		if found {
			a.engine = strings.TrimPrefix(a.engine+", "+r.Engine, ", ")
		}
	}
	return nil
}

// take keeps a plan if it is the best so far and keeps every rule.
func (a *answer) take(n *net, f *flow) bool {
	n.tidy(f)
	if n.audit(f) != nil {
		return false
	}
	v := n.objective(f)
	if v >= a.cost {
		return false
	}
	a.flow, a.cost = f, v
	return true
}

// refit writes f's plan with its quantities solved anew into g.
func (n *net) refit(ctx context.Context, f, g *flow) bool {
	for w := range n.W {
		st, err := n.newStage(w)
		if err != nil || !st.refit(ctx, f) {
			return false
		}
		st.write(g)
	}
	n.settle(g)
	return true
}

// start gives the integer columns of a plan and leaves the rest to the engine.
func (m *model) start(f *flow) []float64 {
	n := m.n
	x := make([]float64, len(m.p.Cols))
	for j := range x {
		x[j] = math.NaN()
	}
	one := func(j int, on bool) {
		if j >= 0 {
			x[j] = 0
			if on {
				x[j] = 1
			}
		}
	}
	for k, j := range m.a {
		one(j, (f.a[k] || m.p.Cols[j].Lo > 0.5) && m.p.Cols[j].Hi > 0.5)
	}
	for s := range n.S {
		for y := range n.Y {
			for d := range n.yw() {
				for r, j := range m.z[s][y][d] {
					one(j, int(f.z[s][y][d]) == r)
				}
			}
		}
	}
	for w := range n.W {
		for k := range n.pairs {
			for t := range n.T {
				one(m.o[w][k][t], f.q[w][k][t] > 0)
			}
		}
	}
	return x
}

// impossible finds out quickly whether no plan can exist: a dual-source rule without enough sources, or a linear
// relaxation without a solution where nothing can be bought elsewhere.
func (n *net) impossible(ctx context.Context) bool {
	all := n.emptyChoice()
	for k := range all.a {
		all.a[k] = true
	}
	for i := range n.duals {
		if n.sources(all, i) < n.duals[i].n {
			return true
		}
	}
	elsewhere := true
	for _, s := range n.short {
		elsewhere = elsewhere && s >= 0
	}
	if elsewhere {
		return false
	}
	lp, err := milp.NewLP(n.model(form{relax: true}).p)
	if err != nil {
		return false
	}
	status, err := lp.Solve(ctx)
	return err == nil && status == milp.Infeasible
}

// conflict finds the smallest set of rules that clash.
func (n *net) conflict(ctx context.Context, a *answer) {
	rows, err := milp.Conflict(ctx, n.model(form{rules: true}).p)
	if err == nil {
		a.clash = rows
	}
}
