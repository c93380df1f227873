package milp

import (
	"context"
	"math"
	"slices"
	"testing"

	"roadbook/fault"
)

var middle = award{4, 24, 2, 4, true}

// TestSameInputSamePlan: two runs with the same node limit agree to the last bit.
func TestSameInputSamePlan(t *testing.T) {
	p := award{3, 24, 2, 3, true}.instance(7)
	var first Result
	for run := range 2 {
		r, err := Solve(context.Background(), p, Options{Gap: 1e-9, Nodes: 20})
		if err != nil || r.X == nil {
			t.Fatal(r.Status, err)
		}
		if run == 0 {
			first = r
			continue
		}
		if r.Objective != first.Objective || r.Bound != first.Bound || r.Iterations != first.Iterations || !slices.Equal(r.X, first.X) {
			t.Fatalf("%v … %v after %d iterations, then %v … %v after %d", first.Bound, first.Objective, first.Iterations, r.Bound, r.Objective, r.Iterations)
		}
	}
}

// TestInterrupted: whenever the context ends, what is known is returned, and it is true.
func TestInterrupted(t *testing.T) {
	p := award{3, 12, 2, 3, true}.instance(7)
	full, err := Solve(context.Background(), p, Options{Gap: 1e-4, Nodes: 500})
	if err != nil || full.X == nil {
		t.Fatal(full.Status, err)
	}
	withX := 0
	for stop := range 6 {
		ctx, cancel := context.WithCancel(context.Background())
		calls := 0
		r, err := Solve(ctx, p, Options{Gap: 1e-9, Progress: func(q Progress) {
			if q.Bound > full.Objective*(1+1e-9) || q.Bound > q.Incumbent*(1+1e-9) {
				t.Errorf("bound %g above the known solution %g", q.Bound, full.Objective)
			}
			if calls++; calls > 3*stop {
				cancel()
			}
		}})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != Feasible && r.Status != Limit || r.Bound > full.Objective*(1+1e-9) || math.IsInf(r.Bound, -1) {
			t.Fatalf("stopped at call %d: %s, bound %g, a solution of %g is known", stop, r.Status, r.Bound, full.Objective)
		}
		if r.X != nil {
			withX++
			if v, f := p.Violation(r.X); v > FeasibilityTol || f > 0 || r.Objective < full.Bound {
				t.Fatalf("incumbent of %g breaks a rule by %g (bound %g)", r.Objective, v, full.Bound)
			}
		}
	}
	if withX == 0 {
		t.Fatal("never an incumbent")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r, err := Solve(ctx, p, Options{}); err != nil || r.Status != Limit {
		t.Fatalf("cancelled before it began: %s %v", r.Status, err)
	}
}

// TestStart: a complete start is the first incumbent; a partial one is completed; a wrong one does no harm.
func TestStart(t *testing.T) {
	p := middle.instance(5)
	good, err := Solve(context.Background(), p, Options{Gap: 0.002, Nodes: 200})
	if err != nil || good.X == nil {
		t.Fatal(good.Status, err)
	}
	tiers := make([]float64, len(p.Cols))
	for j := range tiers {
		tiers[j] = math.NaN()
		if p.Cols[j].Priority > 0 {
			tiers[j] = good.X[j]
		}
	}
	whole := slices.Clone(good.X)
	for j := range whole {
		if !p.Cols[j].Integer {
			whole[j] = math.NaN()
		}
	}
	o := Options{Iterations: 4000, NoHeuristics: true, NoCuts: true}
	for name, start := range map[string][]float64{"complete": good.X, "integers": whole, "tiers": tiers} {
		o.Start = start
		if name == "tiers" {
			o.Iterations = 60000
		}
		r, err := Solve(context.Background(), p, o)
		if err != nil || r.X == nil || r.Objective > good.Objective*1.01 {
			t.Errorf("%s: %s %g %v; the start was worth %g", name, r.Status, r.Objective, err, good.Objective)
		}
	}
	wrong := make([]float64, len(p.Cols))
	for j := range wrong {
		wrong[j] = 1e6
	}
	if r, err := Solve(context.Background(), p, Options{Start: wrong, Nodes: 1}); err != nil || r.X != nil && r.Objective < good.Bound {
		t.Errorf("wrong start: %s %v", r.Status, err)
	}
	if _, err := Solve(context.Background(), p, Options{Start: []float64{1}}); fault.CodeOf(err) != "bad_start" {
		t.Errorf("short start: %v", err)
	}
}

// TestImprove: a better solution from the caller's own search becomes the incumbent; a false one does not.
func TestImprove(t *testing.T) {
	p := middle.instance(6)
	good, err := Solve(context.Background(), p, Options{Gap: 1e-3, Nodes: 500})
	if err != nil || good.X == nil {
		t.Fatal(good.Status, err)
	}
	asked := 0
	r, err := Solve(context.Background(), p, Options{Nodes: 1, NoCuts: true, Improve: func(x []float64) []float64 {
		if asked++; asked == 1 {
			return good.X
		}
		return make([]float64, len(x)) // breaks the dual-source rule
	}})
	if err != nil || asked == 0 || r.Objective > good.Objective {
		t.Fatalf("asked %d times: %g, %g was offered (%v)", asked, r.Objective, good.Objective, err)
	}
}

// TestCutoff: nothing better than the optimum exists, and something better than a bit above it does.
func TestCutoff(t *testing.T) {
	p := lotSizing(3, 2, 6)
	best, err := Solve(context.Background(), p, Options{})
	if err != nil || best.Status != Optimal {
		t.Fatal(best.Status, err)
	}
	r, err := Solve(context.Background(), p, Options{Cutoff: best.Objective - 0.01})
	if err != nil || r.Status != Infeasible || r.Bound < best.Objective-0.011 {
		t.Errorf("below the optimum: %s, bound %g (%v)", r.Status, r.Bound, err)
	}
	r, err = Solve(context.Background(), p, Options{Cutoff: best.Objective + 1})
	if err != nil || r.Status != Optimal || math.Abs(r.Objective-best.Objective) > 1e-3 {
		t.Errorf("above the optimum: %s %g (%v)", r.Status, r.Objective, err)
	}
}

// TestProblemRefused: what no engine can read is refused with a name.
func TestProblemRefused(t *testing.T) {
	for _, c := range []struct {
		why, code string
		spoil     func(*Problem)
	}{
		{"NaN cost", "bad_number", func(p *Problem) { p.Cols[0].Cost = math.NaN() }},
		{"infinite cost", "bad_number", func(p *Problem) { p.Cols[0].Cost = Inf }},
		{"NaN bound", "bad_bound", func(p *Problem) { p.Cols[0].Hi = math.NaN() }},
		{"lower bound +Inf", "bad_bound", func(p *Problem) { p.Cols[0].Lo = Inf }},
		{"row ≥ +Inf", "bad_bound", func(p *Problem) { p.Rows[0].Lo = Inf }},
		{"unknown column", "unknown_column", func(p *Problem) { p.Rows[0].Terms[0].Col = 99 }},
		{"infinite coefficient", "bad_number", func(p *Problem) { p.Rows[0].Terms[0].Coef = math.Inf(1) }},
		{"NaN constant", "bad_number", func(p *Problem) { p.Offset = math.NaN() }},
	} {
		p := &Problem{}
		p.AddCol("x", 0, 1, 1, false)
		p.AddRow("r", 0, 1, Term{0, 1})
		c.spoil(p)
		if _, err := Solve(context.Background(), p, Options{}); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v; %s was expected", c.why, err, c.code)
		}
	}
}

// TestBasisIsForeign: a basis of another LP is refused.
func TestBasisIsForeign(t *testing.T) {
	a, _ := NewLP(lotSizing(1, 1, 3))
	b, _ := NewLP(lotSizing(1, 1, 4))
	if err := b.Load(a.Save()); fault.CodeOf(err) != "foreign_basis" {
		t.Fatal(err)
	}
}
