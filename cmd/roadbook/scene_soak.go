package main

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/sumo"
)

// soakFlags go with the suite soak.
type soakFlags struct {
	Seeds   int     `help:"Suite soak: how many simulations." default:"20"`
	Seconds float64 `help:"Suite soak: how long the pilot drives in each, simulated seconds." default:"1800"`
}

// soakExtras is the drive through SUMO's traffic. It names every collision on out.
func soakExtras() []sceneExtra {
	return []sceneExtra{{"soak", "hours in the dense traffic of SUMO (--seeds, --seconds)",
		func(ctx context.Context, c *sceneRunCmd, out io.Writer, tell func(done, total int, doing string)) ([]bundle.Suite, error) {
			o := sumo.DefaultOptions()
			o.Seeds, o.Seconds, o.Workers = c.Seeds, c.Seconds, c.Workers
			if o.Workers == 0 {
				o.Workers = runtime.NumCPU()
			}
			tell(0, o.Seeds, "soak")
			r, err := sumo.Soak(ctx, o, func(done, total int, _ sumo.SeedReport) { tell(done, total, fmt.Sprintf("soak, %d seeds", total)) })
			if err != nil {
				return nil, err
			}
			if err := r.WriteText(out); err != nil {
				return nil, err
			}
			return []bundle.Suite{r.Suite()}, nil
		}}}
}
