package milp

import (
	"context"
	"testing"
)

var big = award{8, 36, 4, 5, true}

// BenchmarkLPCold solves the relaxation of the reference's size from the slack basis.
func BenchmarkLPCold(b *testing.B) {
	p := big.instance(1)
	b.Logf("%d rows, %d columns, %d integer", len(p.Rows), len(p.Cols), p.Integers())
	for b.Loop() {
		l, err := NewLP(p)
		if err != nil {
			b.Fatal(err)
		}
		if st, err := l.Solve(context.Background()); st != Optimal || err != nil {
			b.Fatal(st, err)
		}
		b.ReportMetric(float64(l.Iterations()), "iterations")
	}
}

// BenchmarkLPWarm fixes one tier to 0, solves, frees it and solves again.
func BenchmarkLPWarm(b *testing.B) {
	p := big.instance(1)
	l, err := NewLP(p)
	if err != nil {
		b.Fatal(err)
	}
	if st, err := l.Solve(context.Background()); st != Optimal || err != nil {
		b.Fatal(st, err)
	}
	x := l.X(nil)
	var frac []int
	for j := range p.Cols {
		if p.Cols[j].Integer && x[j] > 0.05 && x[j] < 0.95 {
			frac = append(frac, j)
		}
	}
	before := l.Iterations()
	k, solves := 0, 0
	for b.Loop() {
		j := frac[k%len(frac)]
		k++
		l.SetBounds(j, 0, 0)
		for range 2 {
			if st, err := l.Solve(context.Background()); st != Optimal || err != nil {
				b.Fatal(st, err)
			}
			solves++
			l.SetBounds(j, 0, 1)
		}
	}
	b.ReportMetric(float64(l.Iterations()-before)/float64(solves), "iterations/solve")
}

// BenchmarkAward searches the reference's size for a fixed number of nodes and reports the proven gap.
func BenchmarkAward(b *testing.B) {
	for _, w := range []struct {
		name  string
		size  award
		nodes int
	}{{"s1", award{4, 36, 2, 3, true}, 3000}, {"cn1", award{8, 36, 4, 5, false}, 1000}, {"cm1", award{8, 36, 4, 5, true}, 300}} {
		b.Run(w.name, func(b *testing.B) {
			p := w.size.instance(1)
			for b.Loop() {
				r, err := Solve(context.Background(), p, Options{Gap: 0.001, Nodes: w.nodes, Progress: func(q Progress) {
					b.Logf("%5d nodes %4d open %7d iterations  %.0f … %.0f  gap %.3f %%", q.Nodes, q.Open, q.Iterations, q.Bound, q.Incumbent, 100*q.Gap)
				}})
				if err != nil || r.X == nil {
					b.Fatal(r.Status, err)
				}
				b.ReportMetric(100*r.Gap(), "%gap")
				b.ReportMetric(float64(r.Nodes), "nodes")
				b.ReportMetric(float64(r.Iterations), "iterations")
			}
		})
	}
}

// BenchmarkLotSizing closes a capacitated lot-sizing problem.
func BenchmarkLotSizing(b *testing.B) {
	p := lotSizing(1, 6, 15)
	for b.Loop() {
		r, err := Solve(context.Background(), p, Options{Gap: 1e-4, Nodes: 20000})
		if err != nil || r.X == nil {
			b.Fatal(r.Status, err)
		}
		b.ReportMetric(100*r.Gap(), "%gap")
		b.ReportMetric(float64(r.Nodes), "nodes")
	}
}
