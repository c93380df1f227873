package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"roadbook/console"
	"roadbook/supply/sourcing"
	"roadbook/supply/sourcing/milp"
)

type sourceCmd struct {
	asked   `embed:""`
	Engine  string  `help:"auto, builtin (starts no other program), search, exact or cbc." default:"auto" enum:"auto,builtin,search,exact,cbc"`
	Gap     float64 `help:"Relative gap between plan and proven bound at which to stop; 0 is 0.0005."`
	Nodes   int     `help:"Limit of nodes; the same limit gives the same plan. 0 is the engine's own."`
	Effort  int     `help:"Multiplies the built-in search, 1 to 100." default:"1"`
	Seconds float64 `help:"Wall clock of cbc; 0 is 60."`
	Seed    uint64  `help:"Of the search's kicks." default:"1"`
	Plain   bool    `help:"The plan alone: no prices of rules, single suppliers or sensitivity."`
	MPS     string  `name:"mps" help:"Write the model as MPS and end." placeholder:"FILE"`
	LP      string  `name:"lp" help:"Write the model as CPLEX LP and end." placeholder:"FILE"`
}

// Help is shown by roadbook source --help.
func (sourceCmd) Help() string {
	return `Decides from whom to buy which packs when: volume tiers, minimum orders, capacity, share caps, qualification, stock,
exclusions, a CO2 cap, scenarios with mean and CVaR. Always answers with a plan, a proven bound and the gap between them;
interrupt it to get what it has. Says what every exclusion and rule costs per car, and which rules clash when none can be
kept. The format of a case is in supply/sourcing/FORMAT.md.

    roadbook source -f examples/xiaomi-2023/source.yaml
    roadbook source -f case.yaml --engine builtin --gap 0.01 --html award.html
    roadbook source -f case.yaml --mps case.mps && cbc case.mps solve`
}

// Run decides and writes.
func (c sourceCmd) Run(ctx context.Context, out io.Writer) error {
	b, err := readFile(c.File)
	if err != nil {
		return err
	}
	kase, err := sourcing.Parse(b)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.MPS != "" || c.LP != "" {
		return c.export(kase, out)
	}
	var plan sourcing.Plan
	if c.Server != "" {
		err = c.remote(ctx, "award", b, &plan)
	} else {
		tell := progress(os.Stderr)
		plan, err = sourcing.Solve(ctx, kase, sourcing.Options{Engine: c.Engine, Gap: c.Gap, Nodes: c.Nodes, Effort: c.Effort, Seconds: c.Seconds, Seed: c.Seed, Plain: c.Plain,
			Progress: func(p sourcing.Progress) { tell(p.Done, max(1, p.Of), p.Words()) }})
	}
	if err != nil {
		return err
	}
	return c.write(out, plan, func(w io.Writer) error { return sourcing.WriteText(w, plan) }, func(w io.Writer) error {
		return console.Report{Title: plan.Title, Made: time.Now(), Command: "roadbook source -f " + c.File, Award: &plan}.Write(ctx, w)
	})
}

func (c sourceCmd) export(kase sourcing.Case, out io.Writer) error {
	p, err := sourcing.Problem(kase)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		write func(io.Writer, *milp.Problem) error
	}{{c.MPS, milp.WriteMPS}, {c.LP, milp.WriteLP}} {
		if f.name == "" {
			continue
		}
		if err := toFile(f.name, func(w io.Writer) error { return f.write(w, p) }); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %d columns, %d rows, %d integers\n", f.name, len(p.Cols), len(p.Rows), p.Integers())
	}
	return nil
}
