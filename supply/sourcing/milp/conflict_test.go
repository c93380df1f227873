package milp

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roadbook/fault"
)

func TestConflictTells(t *testing.T) {
	p := &Problem{}
	q1 := p.AddCol("q1", 0, 40, 1, false)
	q2 := p.AddCol("q2", 0, 50, 1, false)
	q3 := p.AddCol("q3", 0, 500, 1, false)
	p.AddRow("demand", 100, Inf, Term{q1, 1}, Term{q2, 1}, Term{q3, 1})
	p.AddRow("budget", -Inf, 1e6, Term{q1, 10}, Term{q2, 10}, Term{q3, 10})
	p.AddRow("exclusion of q3", 0, 0, Term{q3, 1})
	got, err := Conflict(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"demand", "exclusion of q3", "q1 <= 40", "q2 <= 50"}, got); d != "" {
		t.Error(d)
	}

	p.Rows[2].Hi = 20 // now it can be met
	if _, err := Conflict(context.Background(), p); fault.CodeOf(err) != "not_infeasible" {
		t.Errorf("a feasible problem: %v", err)
	}
}

func TestConflictOfIntegers(t *testing.T) {
	p := &Problem{}
	var all []Term
	for _, n := range []string{"a", "b", "c"} {
		all = append(all, Term{p.AddCol(n, 0, 1, 0, true), 2})
	}
	y := p.AddCol("y", 0, 9, 0, false)
	p.AddRow("odd", 3, 3, all...) // 2(a+b+c) = 3: only halves do
	p.AddRow("other", 1, Inf, Term{y, 1}, Term{0, 1})
	p.AddRow("also", -Inf, 8, Term{y, 1}, Term{1, 1})
	c, err := Explain(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Core{Names: []string{"odd"}, Minimal: true, Integer: true}, c); d != "" {
		t.Error(d)
	}
}

// TestConflictIsIrreducible: random infeasible LPs; the set clashes, and without any one member it does not.
func TestConflictIsIrreducible(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	seen := 0
	for trial := range 150 {
		p := randomLP(r, 2+r.IntN(12), 2+r.IntN(10), 0.4)
		for range 1 + r.IntN(4) { // spoil it
			i := r.IntN(len(p.Rows))
			d := float64(r.IntN(60) - 30)
			p.Rows[i].Lo, p.Rows[i].Hi = p.Rows[i].Lo+d, p.Rows[i].Hi+d
		}
		for i := range p.Rows {
			p.Rows[i].Name = p.rowName(i)
		}
		for j := range p.Cols {
			p.Cols[j].Name = p.colName(j)
			p.Cols[j].Cost = 0
		}
		c, err := Explain(context.Background(), p)
		if fault.CodeOf(err) == "not_infeasible" {
			continue
		}
		if err != nil || !c.Minimal {
			t.Fatal(c, err)
		}
		seen++
		if st := statusOf(t, only(p, c.Names)); st != Infeasible {
			t.Fatalf("trial %d: %v can hold together", trial, c.Names)
		}
		for k := range c.Names {
			less := slices.Delete(slices.Clone(c.Names), k, k+1)
			if st := statusOf(t, only(p, less)); st != Optimal {
				t.Fatalf("trial %d: %v still clash without %q", trial, less, c.Names[k])
			}
		}
	}
	if seen < 30 {
		t.Fatalf("only %d infeasible problems", seen)
	}
}

func statusOf(t *testing.T, p *Problem) Status {
	t.Helper()
	r, err := Solve(context.Background(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r.Status
}

// only keeps the named rows and bounds of p.
func only(p *Problem, names []string) *Problem {
	q := p.Clone()
	q.Rows = slices.DeleteFunc(q.Rows, func(r Row) bool { return !slices.Contains(names, r.Name) })
	for j := range q.Cols {
		c := &q.Cols[j]
		if !slices.ContainsFunc(names, func(s string) bool { return strings.HasPrefix(s, c.Name+" >=") }) {
			c.Lo = -Inf
		}
		if !slices.ContainsFunc(names, func(s string) bool { return strings.HasPrefix(s, c.Name+" <=") }) {
			c.Hi = Inf
		}
	}
	return q
}
