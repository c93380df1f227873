package milp

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// randomMIP has at most bins binaries, a general integer now and then, and continuous columns.
func randomMIP(r *rand.Rand, bins, cont, rows int) *Problem {
	p := &Problem{}
	for range bins {
		p.AddCol("", 0, 1, math.Round(r.NormFloat64()*20), true)
	}
	if r.IntN(3) == 0 {
		p.AddCol("", -2.5, float64(r.IntN(3)), math.Round(r.NormFloat64()*10), true)
	}
	for range cont {
		p.AddCol("", 0, float64(1+r.IntN(20)), math.Round(r.NormFloat64()*5), false)
	}
	n := len(p.Cols)
	for range rows {
		var ts []Term
		for j := range n {
			if r.Float64() < 0.5 {
				ts = append(ts, Term{j, math.Round(r.NormFloat64() * 6)})
			}
		}
		b := math.Round(r.NormFloat64() * 8)
		switch r.IntN(5) {
		case 0:
			p.AddRow("", b-float64(r.IntN(4)), b+float64(r.IntN(4)), ts...)
		case 1:
			p.AddRow("", b, inf, ts...)
		default:
			p.AddRow("", -inf, b, ts...)
		}
	}
	return p
}

// enumerate solves p by trying every whole assignment with an LP for the rest.
func enumerate(t *testing.T, p *Problem) (best float64) {
	l, err := NewLP(p)
	if err != nil {
		t.Fatal(err)
	}
	best = math.Inf(1)
	var ints []int
	for j := range p.Cols {
		if p.Cols[j].Integer {
			ints = append(ints, j)
		}
	}
	var walk func(k int)
	walk = func(k int) {
		if k < len(ints) {
			lo, hi := bounds(p.Cols[ints[k]].Lo, p.Cols[ints[k]].Hi, true)
			for v := lo; v <= hi; v++ {
				l.SetBounds(ints[k], v, v)
				walk(k + 1)
			}
			return
		}
		st, err := l.Solve(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if st == Optimal {
			best = math.Min(best, l.Objective())
		}
	}
	walk(0)
	return best
}

// TestSolveEqualsEnumeration: random small programs, with each part of the engine on and off.
func TestSolveEqualsEnumeration(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	feasible, infeasible := 0, 0
	for trial := range 150 {
		p := randomMIP(r, 1+r.IntN(8), r.IntN(5), 1+r.IntN(7))
		want := enumerate(t, p)
		for _, o := range []Options{{}, {NoPresolve: true, NoCuts: true}, {NoHeuristics: true}, {Cutoff: want + 0.5, CutoffSet: true}} {
			if math.IsInf(want, 1) {
				o.Cutoff, o.CutoffSet = 0, false
			}
			got, err := Solve(context.Background(), p, o)
			if err != nil {
				t.Fatal(err)
			}
			if math.IsInf(want, 1) {
				infeasible++
				if got.Status != Infeasible {
					t.Fatalf("trial %d: %s, expected infeasible", trial, got.Status)
				}
				continue
			}
			feasible++
			tol := 1e-5 * (1 + math.Abs(want))
			if got.Status != Optimal || math.Abs(got.Objective-want) > tol || got.Bound > want+tol || got.Bound < want-tol {
				t.Fatalf("trial %d with %+v: %s %.9g (bound %.9g), expected %.9g", trial, o, got.Status, got.Objective, got.Bound, want)
			}
			if v, f := p.Violation(got.X); v > FeasibilityTol || f > 0 {
				t.Fatalf("trial %d: the solution breaks a rule by %g, an integer by %g", trial, v, f)
			}
		}
	}
	if feasible < 200 || infeasible < 20 {
		t.Fatalf("%d feasible and %d infeasible cases: too one-sided", feasible, infeasible)
	}
}

// TestPartsAgree: with and without cuts, presolve and heuristics the optimum is the same.
func TestPartsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(77, 4))
	for trial := range uint64(240) {
		var p *Problem
		switch trial % 3 {
		case 0:
			p = lotSizing(trial, 1+r.IntN(3), 3+r.IntN(6))
		case 1:
			p = randomMIP(r, 3+r.IntN(12), r.IntN(8), 2+r.IntN(10))
		default:
			p = award{2 + r.IntN(3), 3 + r.IntN(5), 1 + r.IntN(2), 2, r.IntN(2) == 0}.instance(trial)
		}
		bare, err := Solve(context.Background(), p, Options{NoCuts: true, NoHeuristics: true, NoPresolve: true, Nodes: 50000})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []Options{{}, {NoCuts: true}, {NoHeuristics: true}, {NoPresolve: true}} {
			full, err := Solve(context.Background(), p, o)
			if err != nil {
				t.Fatal(err)
			}
			if full.Status != bare.Status || full.X != nil && math.Abs(full.Objective-bare.Objective) > 3e-6*(1+math.Abs(bare.Objective)) {
				t.Fatalf("trial %d with %+v: %s %.9g, bare %s %.9g", trial, o, full.Status, full.Objective, bare.Status, bare.Objective)
			}
		}
	}
}
