package milp

import (
	"math"
	"time"
)

// Tolerances, on the scaled problem unless said otherwise.
const (
	// FeasibilityTol is how far a solution may break a bound or row, relative as in Problem.Violation.
	FeasibilityTol = 1e-6
	// IntegerTol is how far an integer column may be from a whole number.
	IntegerTol = 1e-6
	// noGap is the absolute difference of objective and bound that counts as none.
	noGap = 1e-6
	// DefaultGap is the relative gap at which the search stops when Options.Gap is 0.
	DefaultGap = 1e-6
)

// Status says what is known about a problem when an engine stops.
type Status string

// The states. Optimal always means: a checked solution and a proven bound within Options.Gap of it.
const (
	Optimal    Status = "optimal"    // Objective and Bound agree within the gap
	Feasible   Status = "feasible"   // stopped by a limit with a checked solution; Bound says how good it is at least
	Infeasible Status = "infeasible" // proven: no solution (or none better than Options.Cutoff)
	Unbounded  Status = "unbounded"  // the objective falls without end (for integers: that of the relaxation)
	Limit      Status = "limit"      // stopped by a limit without a solution; Bound is still valid
)

// Options of a solve. Limits by nodes and iterations give the same answer for the same input; a cancelled context
// and Seconds do not, but the incumbent, bound and gap at that moment are returned all the same.
type Options struct {
	Gap        float64   // relative gap to stop at, (objective−bound)/max(|objective|,1e-10); 0 means DefaultGap
	Nodes      int       // branch-and-bound nodes; 0 means no limit
	Iterations int       // simplex iterations in all; 0 means no limit
	Start      []float64 // a first solution, or its integer columns (NaN: left open); nil means none
	Cutoff     float64   // only solutions with an objective below this are wanted; 0 means none (use CutoffAt for a cutoff of 0)
	CutoffSet  bool      // Cutoff counts even when 0
	Progress   func(Progress)

	// Improve, when set, is asked at each new incumbent (and at the root) for a better solution of its own, e.g. by
	// local search; nil or a worse or infeasible answer is ignored. Built-in engine only.
	Improve func(x []float64) []float64

	NoCuts, NoPresolve, NoHeuristics bool // built-in engine: leave out a part, to measure what it is worth

	Seconds float64 // cbc only: wall-clock limit; 0 means none
	Threads int     // cbc only: 0 means 1
}

func (o *Options) gap() float64 {
	if o.Gap <= 0 {
		return DefaultGap
	}
	return o.Gap
}

func (o *Options) cutoff() float64 {
	if o.Cutoff != 0 || o.CutoffSet {
		return o.Cutoff
	}
	return math.Inf(1)
}

// Progress is what is known so far. Incumbent is +Inf before the first solution, Bound −Inf before the first bound.
type Progress struct {
	Nodes      int
	Open       int // nodes left to look at
	Iterations int
	Incumbent  float64
	Bound      float64
	Gap        float64 // +Inf before the first solution
}

// Result of a solve. X, where there is one, has been checked against the original problem (Problem.Violation).
type Result struct {
	Status     Status
	X          []float64 // nil when no solution is known
	Objective  float64   // of X; +Inf without one
	Bound      float64   // no solution is below; −Inf when nothing is proven
	Nodes      int
	Iterations int
	Engine     string        // "builtin", "cbc 2.10.8"
	CPU        time.Duration // of cbc's process; of the built-in engine's one thread (wall clock where the system does not say)
}

// Gap returns (Objective−Bound)/max(|Objective|,1e-10), 0 when they differ by at most 1e-6; +Inf without a solution
// or a bound.
func (r Result) Gap() float64 { return gapOf(r.Objective, r.Bound) }

func gapOf(objective, bound float64) float64 {
	if math.IsInf(objective, 0) || math.IsInf(bound, 0) || math.IsNaN(objective-bound) {
		return math.Inf(1)
	}
	if objective-bound <= noGap {
		return 0
	}
	return (objective - bound) / math.Max(math.Abs(objective), 1e-10)
}
