package milp

import (
	"context"
	"math"

	"roadbook/fault"
)

// Tolerances of the simplex, on the scaled problem.
const (
	primalTol   = 1e-9 // a basic variable may break its bound by this
	dualTol     = 1e-9 // a reduced cost may have the wrong sign by this
	harrisTol   = 1e-9 // slack of the ratio tests
	pivotTol    = 1e-9 // smaller entries of a pivot row are no candidates
	pivotSafe   = 1e-7 // smaller pivots are taken only from a fresh factorisation
	pivotAgree  = 1e-7 // row and column computation of a pivot agree to this
	perturbBase = 5e-7 // relative size of the cost perturbation
	maxUpdates  = 100  // basis changes between factorisations
	maxRounds   = 20   // changes between the dual and the primal method per Solve
	stallLimit  = 60   // steps without progress before perturbing (dual) or Bland's rule (primal)
	checkEvery  = 32   // iterations between looks at the context
	residualTol = 1e-8 // rows hold to this at the end, else factorise and go on
	minWeight   = 1e-4 // least steepest-edge weight
)

// Places of a variable.
const (
	atLower int8 = iota
	atUpper
	atZero // nonbasic and free
	basic
)

// LP is a linear program that is solved again and again from where it stands (warm): integrality is ignored. It is
// not safe for concurrent use. Change bounds or costs, call Solve, read the answer.
type LP struct {
	a          *matrix
	m, n, size int
	rs, cs     []float64 // scaled a = rs·a·cs; x = cs·scaled x; activity = scaled activity / rs
	os         float64   // scaled cost = os·cost·cs
	offset     float64

	lo, hi []float64 // scaled; columns, then row activities
	cost   []float64 // scaled
	work   []float64 // cost with perturbation and shifts

	stat []int8
	head []int32 // basic variable of each row
	x, d []float64
	dse  []float64 // steepest-edge weights by row
	inf  []float64 // squared infeasibility by row

	f        factor
	factored bool
	dValid   bool // d belongs to work and the basis
	shifted  bool // work differs from cost
	perturbs int  // strength of the last perturbation; 0 for none

	rho, col, tau, aux []float64 // by row
	rhoIdx, colIdx     []int32
	alpha              []float64 // pivot row, by variable
	alphaIdx           []int32
	inAlpha            []bool
	cand               []candidate
	flips              []int32
	devex              []float64
	tmp                []float64
	basisBuf           []float64

	iterations int
	limit      int
	cutoff     float64 // in units of the objective
	perSolve   int     // iterations at the start of this Solve
	status     Status
	implied    *implied
	loLoose    bool
	proof      []side // sides of the certificate of the last proven infeasibility
	wasCut     bool   // the last Infeasible was the cutoff's
}

// Basis is a saved state of an LP: which variables are basic and where the others rest.
type Basis struct {
	stat   []int8
	weight []float32 // steepest-edge weights by variable, basic ones only
}

// NewLP prepares p without its integrality. Later changes of p do not reach the LP.
func NewLP(p *Problem) (*LP, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	l := &LP{a: newMatrix(p), offset: p.Offset, cutoff: math.Inf(1)}
	l.m, l.n = l.a.m, l.a.n
	l.size = l.m + l.n
	l.rs, l.cs = l.a.scale()
	N := l.size
	l.lo, l.hi = make([]float64, N), make([]float64, N)
	l.cost, l.work = make([]float64, N), make([]float64, N)
	l.x, l.d, l.stat = make([]float64, N), make([]float64, N), make([]int8, N)
	l.head, l.dse, l.inf = make([]int32, l.m), make([]float64, l.m), make([]float64, l.m)
	l.rho, l.col, l.tau, l.aux = make([]float64, l.m), make([]float64, l.m), make([]float64, l.m), make([]float64, l.m)
	l.alpha, l.inAlpha = make([]float64, N), make([]bool, N)
	logs, cnt := 0.0, 0
	for j := range p.Cols {
		c := &p.Cols[j]
		l.setScaled(j, c.Lo, c.Hi, 1/l.cs[j])
		if c.Cost != 0 {
			logs += math.Log2(math.Abs(c.Cost) * l.cs[j])
			cnt++
		}
	}
	l.os = 1
	if cnt > 0 {
		l.os = math.Exp2(-math.Round(logs / float64(cnt)))
	}
	for j := range p.Cols {
		l.cost[j] = p.Cols[j].Cost * l.cs[j] * l.os
	}
	copy(l.work, l.cost)
	for i := range p.Rows {
		l.setScaled(l.n+i, p.Rows[i].Lo, p.Rows[i].Hi, l.rs[i])
	}
	l.slack()
	return l, nil
}

func (l *LP) setScaled(v int, lo, hi, by float64) {
	lo, hi = bounds(lo, hi, false)
	l.lo[v], l.hi[v] = lo*by, hi*by
}

// slack makes every row's activity basic.
func (l *LP) slack() {
	for j := range l.n {
		l.stat[j] = l.rest(j, false)
	}
	for i := range l.m {
		l.head[i] = int32(l.n + i)
		l.stat[l.n+i] = basic
		l.dse[i] = 1
	}
	l.factored, l.dValid = false, false
}

// rest says where nonbasic variable j can rest; upper where it has the choice and wants it.
func (l *LP) rest(j int, upper bool) int8 {
	lo, hi := !math.IsInf(l.lo[j], 0), !math.IsInf(l.hi[j], 0)
	switch {
	case lo && hi && upper, hi && !lo:
		return atUpper
	case lo:
		return atLower
	}
	return atZero
}

// SetBounds changes a column's bounds.
func (l *LP) SetBounds(col int, lo, hi float64) { l.change(col, lo, hi, 1/l.cs[col]) }

// SetRowBounds changes a row's bounds.
func (l *LP) SetRowBounds(row int, lo, hi float64) { l.change(l.n+row, lo, hi, l.rs[row]) }

func (l *LP) change(v int, lo, hi, by float64) {
	oldLo, oldHi := l.lo[v], l.hi[v]
	l.setScaled(v, lo, hi, by)
	if l.lo[v] < oldLo || l.hi[v] > oldHi {
		l.loLoose = true
	}
	l.settle(v)
}

// settle puts a nonbasic variable where its bounds allow it to rest.
func (l *LP) settle(v int) {
	if l.stat[v] != basic {
		l.stat[v] = l.rest(v, l.stat[v] == atUpper)
	}
}

// Bounds returns a column's present bounds; ±math.Inf for none.
func (l *LP) Bounds(col int) (lo, hi float64) { return l.lo[col] * l.cs[col], l.hi[col] * l.cs[col] }

// SetCost changes a column's cost.
func (l *LP) SetCost(col int, cost float64) {
	l.cost[col] = cost * l.cs[col] * l.os
	l.dValid = false
	l.shifted = true
}

// SetIterationLimit stops a Solve with Limit after n iterations; 0 means no limit.
func (l *LP) SetIterationLimit(n int) { l.limit = n }

// SetCutoff lets a Solve stop with Infeasible as soon as the bound is proven to lie above v; math.Inf(1) for none.
func (l *LP) SetCutoff(v float64) { l.cutoff = v }

// Iterations returns the simplex iterations of all Solves so far.
func (l *LP) Iterations() int { return l.iterations }

// Save remembers the basis (and the pricing weights that go with it).
func (l *LP) Save() *Basis {
	b := &Basis{stat: append([]int8(nil), l.stat...), weight: make([]float32, l.m)}
	at := 0
	l.basisBuf = grow(l.basisBuf, l.size)
	for i, v := range l.head {
		l.basisBuf[v] = l.dse[i]
	}
	for v, s := range l.stat {
		if s == basic {
			b.weight[at] = float32(l.basisBuf[v])
			at++
		}
	}
	return b
}

// Load goes back to a saved basis; bounds and costs stay as they are now.
func (l *LP) Load(b *Basis) error {
	if b == nil {
		return fault.New(fault.Invalid, "foreign_basis", "there is no basis to load; the program stays where it is")
	}
	if len(b.stat) != l.size || len(b.weight) != l.m {
		return fault.New(fault.Invalid, "foreign_basis", "the basis has %d variables and %d rows; %d and %d were expected", len(b.stat), len(b.weight), l.size, l.m)
	}
	at := 0
	for v, s := range b.stat {
		l.stat[v] = s
		if s == basic {
			l.head[at] = int32(v)
			l.dse[at] = float64(b.weight[at])
			at++
			continue
		}
		l.settle(v)
	}
	l.factored, l.dValid = false, false
	return nil
}

// Solve optimises from where the LP stands: Optimal, Infeasible, Unbounded, or Limit (iteration limit, cancelled
// context). An error means that the numbers got out of hand, and nothing is claimed.
func (l *LP) Solve(ctx context.Context) (Status, error) {
	st, err := l.solve(ctx)
	if err != nil || st != Optimal {
		return st, err
	}
	for tries := 0; ; tries++ {
		if l.Bound() >= l.Objective()-boundAgree*(1+math.Abs(l.Objective())) && l.unscaledViolation() <= FeasibilityTol {
			return st, nil
		}
		if tries == 1 {
			return "", fault.New(fault.Refused, "not_proven", "the simplex ended at %g, but duality proves only %g and rows are missed by %g", l.Objective(), l.Bound(), l.unscaledViolation())
		}
		l.factored, l.dValid = false, false
		if st, err = l.solve(ctx); err != nil || st != Optimal {
			return st, err
		}
	}
}

// boundAgree is the relative distance of objective and proven bound that Solve accepts.
const boundAgree = 1e-6

func (l *LP) solve(ctx context.Context) (Status, error) {
	l.wasCut = false
	for v := range l.size {
		if l.lo[v] > l.hi[v]+primalTol {
			l.status = Infeasible
			l.proof = append(l.proof[:0], side{v, false}, side{v, true})
			return Infeasible, nil
		}
		if l.lo[v] > l.hi[v] {
			l.hi[v] = l.lo[v]
		}
	}
	l.perSolve = l.iterations
	l.perturbs = 0
	l.restoreCosts()
	cold := !l.factored
	if cold {
		l.refactor()
	} else {
		l.computeX()
	}
	st, err := l.rounds(ctx)
	l.status = st
	return st, err
}

// rounds alternates: the dual method makes the basis primal feasible (shifting costs where it must), the primal
// method then repairs what the shifts left. Each keeps the other's achievement, so this ends; maxRounds guards
// against numbers that do not.
func (l *LP) rounds(ctx context.Context) (Status, error) {
	trouble := 0
	for range maxRounds {
		if !l.dValid {
			l.computeD()
		}
		if l.primalInfeasibility() > primalTol {
			l.makeDualFeasible()
			switch out := l.dual(ctx); out {
			case done:
			case impossible, beyond:
				l.wasCut = out == beyond
				return Infeasible, nil
			case stopped:
				return Limit, nil
			default:
				l.recover(&trouble)
				continue
			}
		}
		if l.shifted {
			l.restoreCosts()
			l.computeD()
		}
		if l.dualInfeasibility() > dualTol {
			switch out := l.primal(ctx); out {
			case done:
			case endless:
				return Unbounded, nil
			case stopped:
				return Limit, nil
			default:
				l.recover(&trouble)
				continue
			}
		}
		if l.residual() <= residualTol {
			return Optimal, nil
		}
		l.refactor()
		if l.primalInfeasibility() <= 10*primalTol && l.dualInfeasibility() <= 10*dualTol {
			return Optimal, nil
		}
	}
	return "", fault.New(fault.Refused, "numerical_trouble", "the simplex did not settle within %d rounds", maxRounds)
}

// recover starts over from a fresh factorisation, and from the slack basis when that was not enough.
func (l *LP) recover(trouble *int) {
	if *trouble++; *trouble >= 4 {
		l.slack()
		l.restoreCosts()
	}
	l.refactor()
}

func (l *LP) restoreCosts() {
	if l.shifted {
		copy(l.work, l.cost)
		l.shifted = false
		l.dValid = false
	}
}

// Outcomes of a simplex method.
type outcome int

const (
	done outcome = iota
	impossible
	endless
	beyond // the cutoff
	stopped
	lost // numerical trouble
)

// Objective returns the objective of the present solution.
func (l *LP) Objective() float64 {
	s := 0.0
	for j, c := range l.cost[:l.n] {
		if c != 0 {
			s += c * l.x[j]
		}
	}
	return l.offset + s/l.os
}

// X appends the present solution to dst[:0].
func (l *LP) X(dst []float64) []float64 {
	dst = dst[:0]
	for j := range l.n {
		dst = append(dst, l.x[j]*l.cs[j])
	}
	return dst
}

// Duals appends the rows' multipliers to dst[:0]: the change of the optimum per unit of the row's bound.
func (l *LP) Duals(dst []float64) []float64 {
	l.prepareDuals()
	dst = dst[:0]
	for i := range l.m {
		dst = append(dst, l.d[l.n+i]*l.rs[i]/l.os)
	}
	return dst
}

// ReducedCosts appends the columns' reduced costs to dst[:0]: cost − Σ dual·coefficient.
func (l *LP) ReducedCosts(dst []float64) []float64 {
	l.prepareDuals()
	dst = dst[:0]
	for j := range l.n {
		dst = append(dst, l.d[j]/l.cs[j]/l.os)
	}
	return dst
}

func (l *LP) prepareDuals() {
	if l.shifted {
		l.restoreCosts()
	}
	if !l.factored {
		l.refactor()
	}
	if !l.dValid {
		l.computeD()
	}
}
