package main

import (
	"context"
	"io"

	"roadbook/pilot/scene"
	"roadbook/pilot/scene/bundle"
)

type benchSceneCmd struct {
	Cases int    `help:"How many scenarios of 20 s." default:"400"`
	Runs  int    `help:"Rounds, the contestants in turn; the median counts." default:"5"`
	Out   string `help:"Write the speed as a part of an evidence bundle." short:"o" placeholder:"FILE"`
}

// Help is shown by roadbook bench scene --help.
func (benchSceneCmd) Help() string {
	return `Scenarios a second of the full stack (world, sensors, pilot, checker, car) on one core, in CPU time, beside the limit that
a scalar loop over two cars on a line sets in the same run, and the allocations per tick. The target is 500 a second and none.`
}

// Run measures and prints.
func (c benchSceneCmd) Run(ctx context.Context, out io.Writer) error {
	s, err := scene.Bench(ctx, out, scene.BenchConfig{Cases: c.Cases, Runs: c.Runs})
	if err != nil || c.Out == "" {
		return err
	}
	part := bundle.Part{Format: bundle.PartFormat, Speed: &bundle.Speed{Scenarios: s.Scenarios, Allocs: s.Allocs}}
	if part.Runner, err = thisRunner(); err != nil {
		return err
	}
	return writePart(c.Out, &part)
}
