package milp

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

var inf = math.Inf(1)

type lpCase struct {
	name, why string
	build     func(p *Problem)
	status    Status
	objective float64
}

var lpCases = []lpCase{
	{"two products", "Dantzig's furniture example: max 3x+5y", func(p *Problem) {
		p.AddCol("x", 0, inf, -3, false)
		p.AddCol("y", 0, inf, -5, false)
		p.AddRow("a", -inf, 4, Term{0, 1})
		p.AddRow("b", -inf, 12, Term{1, 2})
		p.AddRow("c", -inf, 18, Term{0, 3}, Term{1, 2})
	}, Optimal, -36},
	{"Beale", "cycles under Dantzig's rule without a safeguard", func(p *Problem) {
		for _, c := range []float64{-0.75, 150, -0.02, 6} {
			p.AddCol("", 0, inf, c, false)
		}
		p.AddRow("", -inf, 0, Term{0, 0.25}, Term{1, -60}, Term{2, -1. / 25}, Term{3, 9})
		p.AddRow("", -inf, 0, Term{0, 0.5}, Term{1, -90}, Term{2, -1. / 50}, Term{3, 3})
		p.AddRow("", -inf, 1, Term{2, 1})
	}, Optimal, -0.05},
	{"Kuhn", "another classic that cycles", func(p *Problem) {
		for _, c := range []float64{-2, -3, 1, 12} {
			p.AddCol("", 0, inf, c, false)
		}
		p.AddRow("", -inf, 0, Term{0, -2}, Term{1, -9}, Term{2, 1}, Term{3, 9})
		p.AddRow("", -inf, 0, Term{0, 1. / 3}, Term{1, 1}, Term{2, -1. / 3}, Term{3, -2})
		p.AddRow("", -inf, 2, Term{0, 2}, Term{1, 3}, Term{2, -1}, Term{3, -12})
	}, Optimal, -2},
	{"Klee–Minty 5", "visits every corner under the wrong rule", func(p *Problem) {
		const n = 5
		for j := range n {
			p.AddCol("", 0, inf, -math.Pow(10, float64(n-1-j)), false)
		}
		for i := range n {
			var ts []Term
			for j := range i {
				ts = append(ts, Term{j, 2 * math.Pow(10, float64(i-j))})
			}
			p.AddRow("", -inf, math.Pow(100, float64(i)), append(ts, Term{i, 1})...)
		}
	}, Optimal, -1e8},
	{"free variables and equality", "x free, y free: min x+2y, x+y=1, x−y ≥ −3, x ≤ 5", func(p *Problem) {
		p.AddCol("x", -inf, 5, 1, false)
		p.AddCol("y", -inf, inf, 2, false)
		p.AddRow("", 1, 1, Term{0, 1}, Term{1, 1})
		p.AddRow("", -3, inf, Term{0, 1}, Term{1, -1})
	}, Optimal, -3},
	{"all at upper bounds", "no row binds", func(p *Problem) {
		p.AddCol("", -1, 2, -1, false)
		p.AddCol("", -7, 3, 1, false)
		p.AddRow("", -100, 100, Term{0, 1}, Term{1, 1})
	}, Optimal, -9},
	{"fixed variable", "a fixed column moves the constant", func(p *Problem) {
		p.Offset = 10
		p.AddCol("", 2, 2, 3, false)
		p.AddCol("", 0, inf, 1, false)
		p.AddRow("", 5, inf, Term{0, 1}, Term{1, 1})
	}, Optimal, 19},
	{"range row", "−1 ≤ x−y ≤ 1", func(p *Problem) {
		p.AddCol("", 0, 10, -2, false)
		p.AddCol("", 0, 4, 1, false)
		p.AddRow("", -1, 1, Term{0, 1}, Term{1, -1})
	}, Optimal, -6},
	{"empty rows", "a row without terms that holds", func(p *Problem) {
		p.AddCol("", 1, 10, 1, false)
		p.AddRow("", -1, 1)
	}, Optimal, 1},
	{"no columns", "only the constant", func(p *Problem) { p.Offset = 4; p.AddRow("", 0, 0) }, Optimal, 4},
	{"no rows", "bounds alone", func(p *Problem) { p.AddCol("", -3, 8, 1, false) }, Optimal, -3},
	{"repeated terms", "x+x ≥ 3", func(p *Problem) {
		p.AddCol("", 0, inf, 1, false)
		p.AddRow("", 3, inf, Term{0, 1}, Term{0, 1})
	}, Optimal, 1.5},
	{"infeasible rows", "x+y ≤ 1 and x+y ≥ 2", func(p *Problem) {
		p.AddCol("", 0, inf, 1, false)
		p.AddCol("", 0, inf, 1, false)
		p.AddRow("", -inf, 1, Term{0, 1}, Term{1, 1})
		p.AddRow("", 2, inf, Term{0, 1}, Term{1, 1})
	}, Infeasible, 0},
	{"infeasible equality", "free variables do not help: x−y=1 and x−y=2", func(p *Problem) {
		p.AddCol("", -inf, inf, 0, false)
		p.AddCol("", -inf, inf, 0, false)
		p.AddRow("", 1, 1, Term{0, 1}, Term{1, -1})
		p.AddRow("", 2, 2, Term{0, 1}, Term{1, -1})
	}, Infeasible, 0},
	{"infeasible bounds", "lo > hi", func(p *Problem) { p.AddCol("", 2, 1, 0, false) }, Infeasible, 0},
	{"infeasible empty row", "0 ≥ 1", func(p *Problem) { p.AddCol("", 0, 1, 0, false); p.AddRow("", 1, inf) }, Infeasible, 0},
	{"unbounded", "a ray", func(p *Problem) {
		p.AddCol("", 0, inf, -1, false)
		p.AddCol("", 0, inf, 0, false)
		p.AddRow("", -inf, 1, Term{0, 1}, Term{1, -1})
	}, Unbounded, 0},
	{"unbounded free", "a free column with a cost and no row", func(p *Problem) { p.AddCol("", -inf, inf, 1, false) }, Unbounded, 0},
	{"infeasible although unbounded", "both: infeasible it is", func(p *Problem) {
		p.AddCol("", 0, inf, -1, false)
		p.AddCol("", 0, 1, 0, false)
		p.AddRow("", 2, inf, Term{1, 1})
	}, Infeasible, 0},
	{"badly scaled", "costs in euro, volumes in millions, shares in ten-thousandths", func(p *Problem) {
		p.AddCol("", 0, inf, 1e-4, false)
		p.AddCol("", 0, 5e6, 1e4, false)
		p.AddRow("", 3e6, inf, Term{0, 1e-3}, Term{1, 1e3})
	}, Optimal, 3e5},
}

func TestLPTextbook(t *testing.T) {
	for _, c := range lpCases {
		t.Run(c.name, func(t *testing.T) {
			p := &Problem{}
			c.build(p)
			l, err := NewLP(p)
			if err != nil {
				t.Fatal(err)
			}
			st, err := l.Solve(context.Background())
			if err != nil {
				t.Fatalf("%s: %v", c.why, err)
			}
			if st != c.status {
				t.Fatalf("%s: %s, expected %s", c.why, st, c.status)
			}
			if st == Optimal {
				certify(t, p, l, c.objective)
			}
		})
	}
}

// certify checks optimality from first principles: primal feasible, dual signs right, complementary, bound = objective.
func certify(t *testing.T, p *Problem, l *LP, want float64) {
	t.Helper()
	x := l.X(nil)
	if v, _ := p.Violation(x); v > 1e-7 {
		t.Errorf("solution breaks a rule by %g", v)
	}
	tol := 1e-6 * (1 + math.Abs(want))
	if got := p.Objective(x); math.Abs(got-want) > tol {
		t.Errorf("objective %.12g, expected %.12g", got, want)
	}
	if got := l.Objective(); math.Abs(got-want) > tol {
		t.Errorf("LP.Objective %.12g, expected %.12g", got, want)
	}
	if got := l.Bound(); math.Abs(got-want) > tol {
		t.Errorf("bound %.12g, expected %.12g", got, want)
	}
	y, d := l.Duals(nil), l.ReducedCosts(nil)
	check := make([]float64, len(p.Cols))
	for j := range check {
		check[j] = p.Cols[j].Cost
	}
	for i := range p.Rows {
		s := 0.0
		for _, c := range p.Rows[i].Terms {
			check[c.Col] -= y[i] * c.Coef
			s += c.Coef * x[c.Col]
		}
		slack(t, "row", i, y[i], s, p.Rows[i].Lo, p.Rows[i].Hi, tol)
	}
	for j := range check {
		if math.Abs(check[j]-d[j]) > 1e-6*(1+math.Abs(p.Cols[j].Cost)) {
			t.Errorf("column %d: reduced cost %g, but c − Aᵀy is %g", j, d[j], check[j])
		}
		slack(t, "column", j, d[j], x[j], p.Cols[j].Lo, p.Cols[j].Hi, tol)
	}
}

func slack(t *testing.T, what string, i int, d, x, lo, hi, tol float64) {
	t.Helper()
	if d > 0 && d*(x-lo) > 10*tol || d < 0 && d*(x-hi) > 10*tol {
		t.Errorf("%s %d: multiplier %g at %g in [%g, %g] is not complementary", what, i, d, x, lo, hi)
	}
}

// randomLP is feasible by construction around a random point, with all kinds of bounds and rows.
func randomLP(r *rand.Rand, m, n int, density float64) *Problem {
	p := &Problem{}
	x := make([]float64, n)
	for j := range n {
		x[j] = math.Round(r.NormFloat64() * 10)
		lo, hi := x[j]-float64(r.IntN(6)), x[j]+float64(r.IntN(6))
		switch r.IntN(6) {
		case 0:
			hi = inf
		case 1:
			lo = -inf
		case 2:
			lo, hi = -inf, inf
		case 3:
			lo = hi
			x[j] = hi
		}
		p.AddCol("", lo, hi, math.Round(r.NormFloat64()*10), false)
	}
	for range m {
		var ts []Term
		s := 0.0
		for j := range n {
			if r.Float64() < density {
				c := math.Round(r.NormFloat64() * 5)
				ts = append(ts, Term{j, c})
				s += c * x[j]
			}
		}
		lo, hi := s-float64(r.IntN(10)), s+float64(r.IntN(10))
		switch r.IntN(4) {
		case 0:
			lo = hi
			if hi != s {
				lo, hi = s, s
			}
		case 1:
			hi = inf
		case 2:
			lo = -inf
		}
		p.AddRow("", lo, hi, ts...)
	}
	return p
}

// TestLPWarmEqualsCold walks through random bound and cost changes; the warm answer is that of a fresh LP.
func TestLPWarmEqualsCold(t *testing.T) {
	ctx := context.Background()
	r := rand.New(rand.NewPCG(7, 7))
	seen := map[Status]int{}
	for range 60 {
		n := 5 + r.IntN(40)
		p := randomLP(r, 3+r.IntN(30), n, 0.3)
		l, err := NewLP(p)
		if err != nil {
			t.Fatal(err)
		}
		for step := range 25 {
			warm, err := l.Solve(ctx)
			if err != nil {
				t.Fatal(err)
			}
			fresh, _ := NewLP(p)
			cold, err := fresh.Solve(ctx)
			if err != nil {
				t.Fatal(err)
			}
			seen[cold]++
			if warm != cold {
				t.Fatalf("step %d: warm %s, cold %s", step, warm, cold)
			}
			if warm == Optimal {
				if math.Abs(l.Objective()-fresh.Objective()) > 1e-6*(1+math.Abs(fresh.Objective())) {
					t.Fatalf("step %d: warm %.10g, cold %.10g", step, l.Objective(), fresh.Objective())
				}
				certify(t, p, l, fresh.Objective())
			}
			j := r.IntN(n)
			c := &p.Cols[j]
			switch r.IntN(4) {
			case 0:
				c.Cost = math.Round(r.NormFloat64() * 10)
				l.SetCost(j, c.Cost)
			case 1:
				i := r.IntN(len(p.Rows))
				row := &p.Rows[i]
				d := float64(r.IntN(7) - 3)
				row.Lo, row.Hi = row.Lo+d, row.Hi+d
				l.SetRowBounds(i, row.Lo, row.Hi)
			default:
				if d := float64(r.IntN(7) - 3); r.IntN(2) == 0 {
					c.Lo = math.Min(c.Lo+d, c.Hi)
				} else {
					c.Hi = math.Max(c.Hi+d, c.Lo)
				}
				l.SetBounds(j, c.Lo, c.Hi)
			}
		}
	}
	if seen[Optimal] < 100 || seen[Infeasible] < 10 || seen[Unbounded] < 10 {
		t.Fatalf("too few kinds of answers to mean much: %v", seen)
	}
}
