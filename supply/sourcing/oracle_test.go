package sourcing

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"roadbook/fault"
	"roadbook/supply/sourcing/milp"
)

// cbcOr fails the test where the oracle is missing.
func cbcOr(t testing.TB) milp.CBC {
	t.Helper()
	cbc, err := milp.FindCBC(t.Context())
	if err != nil {
		t.Fatalf("these tests compare with cbc: install coinor-cbc (%v)", err)
	}
	return cbc
}

// smallSize draws a family for a small instance: every rule of the model appears in some of them.
func smallSize(seed uint64) Size {
	r := rand.New(rand.NewPCG(seed, 7))
	z := Size{Name: "small", Suppliers: 2 + r.IntN(2), Periods: 3 + r.IntN(4), Packs: 1 + r.IntN(2), Tiers: 1 + r.IntN(3), Offers: 2 + r.IntN(4)}
	z.MOQ = r.IntN(2) == 0
	z.Orders = r.IntN(2) == 0
	z.TakeOrPay = r.IntN(2) == 0
	z.Dual = r.IntN(3) == 0
	z.Exclude = r.IntN(3) == 0
	z.CO2 = r.IntN(4) == 0
	z.Flexible = z.Packs > 1 && r.IntN(3) == 0
	if r.IntN(3) == 0 {
		z.MaxShare = 0.6 + 0.2*r.Float64()
	}
	if r.IntN(4) == 0 {
		z.Step = 3
	}
	if r.IntN(3) == 0 {
		z.Scenarios, z.Lambda, z.Alpha = 2+r.IntN(2), 0.5*float64(r.IntN(3)), 0.7
	}
	if r.IntN(6) == 0 {
		z.NoElse = true
	}
	return z
}

func smallCase(seed uint64) Case {
	c := Generate(seed, smallSize(seed))
	if seed%5 == 0 {
		c.Rebates = "year_end"
	}
	if seed%7 == 0 {
		c.YearFrom = int(seed%11) + 1
	}
	return c
}

// TestSmallInstancesEqualCBC compares plan and bound of the built-in engines with cbc's proven optimum.
func TestSmallInstancesEqualCBC(t *testing.T) {
	cbc := cbcOr(t)
	const gap = 1e-6
	infeasible, plans := 0, 0
	for seed := uint64(1); seed <= 60; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			c := smallCase(seed)
			var best float64
			for i, make := range []func(Case) (*milp.Problem, error){Problem, TieredProblem} {
				m, err := make(c)
				if err != nil {
					t.Fatal(err)
				}
				r, err := cbc.Solve(t.Context(), m, milp.Options{Gap: gap, Seconds: 60})
				if err != nil && i == 1 {
					t.Logf("cbc gave up on the tiered form: %v", err) // 2.10.8 aborts on some: the compact form has spoken
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if r.Status == milp.Infeasible {
					p, err := Solve(t.Context(), c, Options{Engine: "builtin", Gap: gap, Plain: true})
					if err != nil || p.Run.Status != Infeasible {
						t.Fatalf("cbc proves that there is no plan, we say %q (%v)", p.Run.Status, err)
					}
					infeasible++
					return
				}
				if r.Status != milp.Optimal {
					t.Fatalf("cbc stopped with %q", r.Status)
				}
				if i == 1 && math.Abs(r.Objective-best) > 1e-5*best {
					t.Fatalf("the two forms of the model differ: compact %g, tiered %g", best, r.Objective)
				}
				best = r.Objective
			}
			for _, engine := range []string{"builtin", "exact", "search"} {
				p, err := Solve(t.Context(), c, Options{Engine: engine, Gap: gap, Plain: true, Effort: 3})
				if err != nil {
					t.Fatal(err)
				}
				cost, bound := float64(p.Objective.Minor)/100/unit, float64(p.Bound.Minor)/100/unit
				if bound > best*(1+2e-6) {
					t.Errorf("%s: the bound %.3f lies above cbc's optimum %.3f", engine, bound, best)
				}
				if cost < best*(1-1e-5) {
					t.Errorf("%s: the plan costs %.3f, less than cbc's optimum %.3f", engine, cost, best)
				}
				if engine != "search" && (p.Run.Status != Optimal || cost > best*(1+1e-5)) {
					t.Errorf("%s: %s plan of %.3f, cbc has %.3f (gap %g)", engine, p.Run.Status, cost, best, p.Run.Gap)
				}
				if engine == "search" && cost > best*1.02 {
					t.Errorf("search: the plan of %.3f is more than 2 %% above cbc's %.3f", cost, best)
				}
			}
			plans++
		})
	}
	if plans < 40 {
		t.Errorf("only %d instances had a plan (%d had none): the families are too tight to test anything", plans, infeasible)
	}
}

// TestManyOffersOfOneSupplier covers the relaxation that takes over where sets of awards are too many to enumerate.
func TestManyOffersOfOneSupplier(t *testing.T) {
	cbc := cbcOr(t)
	for seed := uint64(1); seed <= 4; seed++ {
		c := Generate(seed, Size{Name: "many", Suppliers: 2, Periods: 3, Packs: 8, Tiers: 2, Offers: 16, MOQ: seed%2 == 0, Dual: seed > 2})
		m, err := Problem(c)
		if err != nil {
			t.Fatal(err)
		}
		r, err := cbc.Solve(t.Context(), m, milp.Options{Gap: 1e-6, Seconds: 60})
		if err != nil || r.Status != milp.Optimal {
			t.Fatal(r.Status, err)
		}
		p := solved(t, c, Options{Engine: "search", Plain: true, Gap: 1e-6})
		if bound := major(p.Bound) / unit; bound > r.Objective*(1+1e-6) || bound < 0.95*r.Objective {
			t.Errorf("seed %d: bound %.3f, cbc's optimum %.3f", seed, bound, r.Objective)
		}
		if cost := major(p.Objective) / unit; cost < r.Objective*(1-1e-5) || cost > 1.03*r.Objective {
			t.Errorf("seed %d: plan %.3f, cbc's optimum %.3f", seed, cost, r.Objective)
		}
	}
}

// TestTheEngineCBC asks for cbc by name and by auto: the plan says so, and agrees with the built-in one.
func TestTheEngineCBC(t *testing.T) {
	cbcOr(t)
	for seed := uint64(1); seed <= 5; seed++ {
		c := smallCase(seed)
		own := solved(t, c, Options{Plain: true, Gap: 1e-6})
		for _, engine := range []string{"cbc", "auto"} {
			p := solved(t, c, Options{Engine: engine, Plain: true, Gap: 1e-5})
			if p.Run.Status != own.Run.Status || math.Abs(major(p.Objective)-major(own.Objective)) > 1e-5*major(own.Objective) {
				t.Errorf("seed %d: %s says %s %s (gap %g, bound by %s), built in %s %s", seed, engine, p.Run.Status, p.Objective, p.Run.Gap, p.Run.BoundBy, own.Run.Status, own.Objective)
			}
		}
	}
	t.Setenv("PATH", "")
	c := smallCase(2)
	if p, err := Solve(t.Context(), c, Options{Engine: "auto", Plain: true, Gap: 1e-6}); err != nil || p.Run.Status != Optimal {
		t.Errorf("without cbc, auto goes on built in, got %q (%v)", p.Run.Status, err)
	}
	big := Generate(1, Families()[0])
	if _, err := Solve(t.Context(), big, Options{Engine: "cbc", Plain: true, Gap: 1e-9, Nodes: 1}); fault.CodeOf(err) != "cbc_missing" {
		t.Errorf("cbc was asked for and is not there: %v", err)
	}
}
