package milp

import (
	"math"
	"math/rand/v2"
	"testing"
)

// randomMatrix has a few entries per column, like a real model.
func randomMatrix(r *rand.Rand, m, n, perCol int) *matrix {
	p := &Problem{}
	for range n {
		p.AddCol("", 0, 1, 0, false)
	}
	rows := make([][]Term, m)
	for j := range n {
		seen := map[int]bool{}
		for range 1 + r.IntN(perCol) {
			i := r.IntN(m)
			if !seen[i] {
				seen[i] = true
				rows[i] = append(rows[i], Term{j, math.Round(r.NormFloat64()*8)/4 + 0.125})
			}
		}
	}
	for i := range m {
		p.AddRow("", 0, 1, rows[i]...)
	}
	return newMatrix(p)
}

// multiply returns B·x for the basis head.
func multiply(a *matrix, head []int32, x []float64) []float64 {
	y := make([]float64, a.m)
	for i, j := range head {
		if int(j) >= a.n {
			y[int(j)-a.n] -= x[i]
			continue
		}
		for e := a.colStart[j]; e < a.colStart[j+1]; e++ {
			y[a.rowIdx[e]] += a.colVal[e] * x[i]
		}
	}
	return y
}

func multiplyT(a *matrix, head []int32, y []float64) []float64 {
	x := make([]float64, a.m)
	for i, j := range head {
		if int(j) >= a.n {
			x[i] = -y[int(j)-a.n]
			continue
		}
		for e := a.colStart[j]; e < a.colStart[j+1]; e++ {
			x[i] += a.colVal[e] * y[a.rowIdx[e]]
		}
	}
	return x
}

// TestFactorSolvesBothWays factorises random bases, updates them many times and checks B·x = b and Bᵀ·y = c by multiplication.
func TestFactorSolvesBothWays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for trial := range 60 {
		m := 2 + r.IntN(120)
		n := m + r.IntN(2*m)
		a := randomMatrix(r, m, n, 1+r.IntN(6))
		head := make([]int32, m)
		in := make([]bool, n+m)
		perm := r.Perm(n + m)
		for i := range head {
			head[i] = int32(perm[i])
		}
		f := &factor{}
		f.factorise(a, head)
		for _, j := range head {
			if in[j] {
				t.Fatalf("trial %d: column %d twice in the basis", trial, j)
			}
			in[j] = true
		}
		check := func(step int) {
			b, c := make([]float64, m), make([]float64, m)
			for i := range b {
				if r.IntN(3) == 0 {
					b[i], c[i] = r.NormFloat64(), r.NormFloat64()
				}
			}
			x, y := append([]float64(nil), b...), append([]float64(nil), c...)
			f.ftran(x, false)
			f.btran(y, 0, false)
			size := 1.0
			for i := range x {
				size = math.Max(size, math.Max(math.Abs(x[i]), math.Abs(y[i])))
			}
			for i, v := range multiply(a, head, x) {
				if math.Abs(v-b[i]) > 1e-7*size {
					t.Fatalf("trial %d step %d: B·x differs by %g in row %d (size %g)", trial, step, v-b[i], i, size)
				}
			}
			for i, v := range multiplyT(a, head, y) {
				if math.Abs(v-c[i]) > 1e-7*size {
					t.Fatalf("trial %d step %d: Bᵀ·y differs by %g at %d (size %g)", trial, step, v-c[i], i, size)
				}
			}
		}
		check(-1)
		done := 0
		for step := range 80 {
			q := int32(r.IntN(n + m))
			if in[q] {
				continue
			}
			col := make([]float64, m)
			if int(q) >= n {
				col[int(q)-n] = -1
			} else {
				for e := a.colStart[q]; e < a.colStart[q+1]; e++ {
					col[a.rowIdx[e]] = a.colVal[e]
				}
			}
			f.ftran(col, true)
			p, big := -1, 0.1
			for i, v := range col {
				if math.Abs(v) > big && r.IntN(2) == 0 {
					p, big = i, math.Abs(v)
				}
			}
			if p < 0 {
				continue
			}
			rho := make([]float64, m)
			f.unit(rho, int32(p))
			if !f.update(int32(p), col[p]) {
				t.Fatalf("trial %d step %d: update with pivot %g refused", trial, step, col[p])
			}
			in[head[p]], in[q] = false, true
			head[p] = q
			done++
			check(step)
		}
		if m > 10 && done == 0 {
			t.Fatalf("trial %d: no update was tried", trial)
		}
	}
}

// TestFactorReplacesDependentColumns: a singular basis is repaired with logicals and says which columns left.
func TestFactorReplacesDependentColumns(t *testing.T) {
	p := &Problem{}
	for range 3 {
		p.AddCol("", 0, 1, 0, false)
	}
	p.AddRow("", 0, 1, Term{0, 1}, Term{1, 2}, Term{2, 3})
	p.AddRow("", 0, 1, Term{0, 2}, Term{1, 4}, Term{2, 1})
	p.AddRow("", 0, 1, Term{0, 3}, Term{1, 6}, Term{2, 1})
	a := newMatrix(p)
	head := []int32{0, 1, 2}
	f := &factor{}
	if d := f.factorise(a, head); len(d) != 1 || d[0] == 2 {
		t.Fatalf("dropped %v; expected column 0 or 1", d)
	}
	x := []float64{1, 2, 3}
	f.ftran(x, false)
	for i, v := range multiply(a, head, x) {
		if math.Abs(v-float64(i+1)) > 1e-12 {
			t.Fatalf("row %d: %g", i, v)
		}
	}
}
