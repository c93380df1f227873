package sumo

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"roadbook/pilot/scene"
	"roadbook/pilot/scene/bundle"
)

// SuiteVersion names the way of driving and counting; it changes whenever one of them does.
const SuiteVersion = "2"

// Simulator is the version of SUMO that evidence is made with: another one makes other traffic of the same demand.
const Simulator = "SUMO 1.15.0"

// Known is the soak of DefaultOptions, before it has run.
func Known() bundle.Suite {
	o := DefaultOptions()
	return bundle.Known(bundle.SoakSuite, versionOf(Simulator), int64(o.Seeds), o.inputs())
}

func versionOf(simulator string) string {
	return SuiteVersion + "+" + strings.ReplaceAll(simulator, " ", "-")
}

// inputs are the road, every vehicle of every seed, and the ego's drive, by hash.
func (o *Options) inputs() []scene.Input {
	var b bytes.Buffer
	files := road()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		b.WriteString(files[name])
	}
	fmt.Fprintln(&b, convert())
	in := []scene.Input{{Name: "road", SHA256: bundle.Sum(b.Bytes())}}
	b.Reset()
	for i := range uint64(o.Seeds) {
		b.Write(routes(&o.Traffic, o.Stack.Car.Length, o.Stack.Car.Width, o.demand(), o.First+i))
	}
	in = append(in, scene.Input{Name: "demand", SHA256: bundle.Sum(b.Bytes())})
	drive := fmt.Appendf(nil, "%d seeds from %d, %g s after %g s, set speeds of %g to %g m/s, from %g-%g to %g m, around %g m, %v", o.Seeds, o.First, o.Seconds, o.Warm,
		o.SetLow, o.SetHigh, adoptFrom, adoptTo, leaveAt, radius, simulate(o.Traffic.Change))
	return append(in, scene.Input{Name: "drive", SHA256: bundle.Sum(drive)})
}

// Suite is the report as part of an evidence bundle: a case is a seed.
func (r *Report) Suite() bundle.Suite {
	n := int64(len(r.Seeds))
	count := bundle.NewCounter(bundle.SoakSuite, versionOf(r.Sumo), n, r.Options.inputs())
	for i := range r.Seeds {
		k := &r.Seeds[i]
		count.Ride(k.Ticks, k.HardTicks, k.MaxJerk, k.MaxSide)
	}
	s := count.Suite(int64(r.Again), int64(r.Differ))
	t := &r.Total
	s.Models, s.Ran, s.Seeds, s.Fast.Cases = nil, n, n, n
	s.MinTTC = min(s.MinTTC, float64(t.MinTTC))
	s.Soak = &bundle.Soak{Seconds: t.Seconds, Metres: t.Km * 1000, Caused: int64(t.EgoCaused), GapBroken: float64(t.Violated) / 100}
	var trace strings.Builder
	for i := range r.Seeds {
		k := &r.Seeds[i]
		fmt.Fprintln(&trace, k.Hash)
		for _, c := range [...]struct {
			n  int
			to *int64
		}{{k.EgoCaused + k.OtherCaused, &s.Fast.Collided}, {k.Transition, &s.Mode.Transition}, {k.Minimum, &s.Mode.Minimum},
			{k.Emergency, &s.Mode.Emergency}, {k.Checker, &s.Mode.Checker}} {
			if c.n > 0 {
				*c.to++
			}
		}
	}
	for i := range t.Crashes[:min(len(t.Crashes), bundle.MaxFailing)] {
		c := &t.Crashes[i]
		s.Failing = append(s.Failing, bundle.Failing{ID: c.ID(), What: c.Type + ": " + c.Why})
	}
	s.Replay.Hash = bundle.Sum([]byte(trace.String()))
	return s
}
