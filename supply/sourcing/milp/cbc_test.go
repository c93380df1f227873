package milp

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func cbc(t testing.TB) CBC {
	t.Helper()
	c, err := FindCBC(context.Background())
	if err != nil {
		t.Fatalf("this test needs cbc (Debian package coinor-cbc): %v", err)
	}
	return c
}

// TestAgreesWithCBC: random small and middle programs; both engines say the same, and cbc reads our file.
func TestAgreesWithCBC(t *testing.T) {
	c := cbc(t)
	r := rand.New(rand.NewPCG(11, 4))
	said := map[Status]int{}
	for trial := range 100 {
		var p *Problem
		switch trial % 4 {
		case 0:
			p = randomMIP(r, 5+r.IntN(20), r.IntN(20), 3+r.IntN(15))
		case 1:
			p = randomLP(r, 5+r.IntN(40), 5+r.IntN(60), 0.2)
		case 2:
			p = lotSizing(uint64(trial), 1+r.IntN(3), 4+r.IntN(5))
		default:
			p = award{2 + r.IntN(2), 6 + r.IntN(7), 1 + r.IntN(2), 2, r.IntN(2) == 0}.instance(uint64(trial))
		}
		p.Offset = float64(r.IntN(100))
		ours, err := Solve(context.Background(), p, Options{Nodes: 20000})
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := c.Solve(context.Background(), p, Options{Seconds: 20})
		if err != nil {
			t.Fatal(err)
		}
		said[ours.Status]++
		if ours.Status != theirs.Status {
			t.Fatalf("trial %d (%s): %s here, %s from cbc", trial, p.Name, ours.Status, theirs.Status)
		}
		if ours.Status == Optimal && math.Abs(ours.Objective-theirs.Objective) > 1e-5*(1+math.Abs(theirs.Objective)) {
			t.Fatalf("trial %d (%s): %.9g here, %.9g from cbc", trial, p.Name, ours.Objective, theirs.Objective)
		}
	}
	if said[Optimal] < 50 || said[Infeasible] < 3 || said[Unbounded] < 2 {
		t.Fatalf("too one-sided: %v", said)
	}
}

// TestCBCInterrupted: a cancelled solve still gives a checked incumbent and an honest bound.
func TestCBCInterrupted(t *testing.T) {
	c := cbc(t)
	p := award{5, 24, 3, 4, true}.instance(3)
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	r, err := c.Solve(ctx, p, Options{Gap: 1e-9})
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != Feasible || r.X == nil || math.IsInf(r.Bound, -1) || r.Bound > r.Objective {
		t.Fatalf("%s, objective %g, bound %g", r.Status, r.Objective, r.Bound)
	}
	if v, f := p.Violation(r.X); v > FeasibilityTol*cbcLoose || f > 0 {
		t.Fatalf("the incumbent breaks a rule by %g, an integer by %g", v, f)
	}
	t.Logf("%.0f … %.0f", r.Bound, r.Objective)
}

// TestCBCStart: a start of ours is the least that cbc comes back with, even without time to search.
func TestCBCStart(t *testing.T) {
	c := cbc(t)
	p := award{4, 12, 2, 3, true}.instance(2)
	ours, err := Solve(context.Background(), p, Options{Nodes: 300})
	if err != nil || ours.X == nil {
		t.Fatal(ours.Status, err)
	}
	r, err := c.Solve(context.Background(), p, Options{Start: ours.X, Nodes: 1, Gap: 1e-4})
	if err != nil {
		t.Fatal(err)
	}
	if r.X == nil || r.Objective > ours.Objective*(1+1e-6) {
		t.Fatalf("%s: %g, but the start was worth %g", r.Status, r.Objective, ours.Objective)
	}
}

// TestLPFileSolvedByCBC: the LP format means the same as the MPS format.
func TestLPFileSolvedByCBC(t *testing.T) {
	c := cbc(t)
	for seed := range uint64(4) {
		p := lotSizing(seed, 2, 5)
		p.Offset = 12.5
		p.AddRow("a range & a blank", -3, 8.25, Term{0, 0.125}, Term{1, -1e-3})
		p.AddCol("free column", -inf, inf, 0, false)
		want, err := Solve(context.Background(), p, Options{})
		if err != nil || want.Status != Optimal {
			t.Fatal(want.Status, err)
		}
		var b bytes.Buffer
		if err := WriteLP(&b, p); err != nil {
			t.Fatal(err)
		}
		got := solveFile(t, c, "model.lp", b.Bytes())
		if math.Abs(got-want.Objective) > 1e-6*(1+math.Abs(want.Objective)) {
			t.Fatalf("cbc finds %g in the LP file; %g was expected\n%s", got, want.Objective, b.String())
		}
	}
}
