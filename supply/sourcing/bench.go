package sourcing

import (
	"context"
	"fmt"
	"io"
	"time"

	"roadbook/supply/sourcing/milp"
)

// Instance is a named case to measure.
type Instance struct {
	Name string
	Case Case
}

// Instances makes the measured cases, one of each family and seed.
func Instances(seeds ...uint64) []Instance {
	var list []Instance
	for _, z := range Families() {
		for _, s := range seeds {
			list = append(list, Instance{fmt.Sprintf("%s/%d", z.Name, s), Generate(s, z)})
		}
	}
	return list
}

// Bench solves the families with the built-in engine and, where it is installed, with cbc for at most seconds of wall
// clock, and writes one table: size, cost, bound, gap and CPU seconds of each, and whether the bounds contradict the
// plans (they must not).
func Bench(ctx context.Context, out io.Writer, seconds float64, seeds ...uint64) error {
	if len(seeds) == 0 {
		seeds = []uint64{1}
	}
	cbc, missing := milp.FindCBC(ctx)
	if _, err := fmt.Fprintf(out, "%-8s %8s %8s %6s │ %14s %8s %7s │ %14s %8s %7s\n", "case", "columns", "rows", "binary", "built-in cost", "gap", "CPU s", "cbc cost", "gap", "CPU s"); err != nil {
		return err
	}
	for _, in := range Instances(seeds...) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p, err := Solve(ctx, in.Case, Options{Engine: "builtin", Gap: 0.0001, Plain: true})
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%-8s %8d %8d %6d │ %14.0f %7.3f%% %7.1f │ ", in.Name, p.Run.Columns, p.Run.Rows, p.Run.Binaries, float64(p.Objective.Minor)/100, 100*p.Run.Gap, p.Run.CPU)
		if missing != nil || seconds <= 0 {
			line += "not asked"
		} else {
			m, err := Problem(in.Case)
			if err != nil {
				return err
			}
			begun := time.Now()
			r, err := cbc.Solve(ctx, m, milp.Options{Gap: 0.0001, Seconds: seconds})
			if err != nil {
				return err
			}
			cpu := r.CPU.Seconds()
			if cpu == 0 {
				cpu = time.Since(begun).Seconds()
			}
			line += fmt.Sprintf("%14.0f %7.3f%% %7.1f", r.Objective*unit, 100*r.Gap(), cpu)
			mine, bound := float64(p.Objective.Minor)/100, float64(p.Bound.Minor)/100
			if r.Objective*unit < bound*(1-1e-6) || mine < r.Bound*unit*(1-1e-6) {
				return fmt.Errorf("%s: the bounds contradict the plans: built-in %g ≥ %g, cbc %g ≥ %g", in.Name, mine, bound, r.Objective*unit, r.Bound*unit)
			}
		}
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	return nil
}
