package sumo

import (
	"encoding/json"
	"fmt"
	"strings"

	"roadbook/pilot/scene/bundle"
)

// SuiteVersion names the road, the traffic and the way of counting; it changes whenever one of them does.
const SuiteVersion = "1"

// Suite is the report as part of an evidence bundle: a case is a seed.
func (r *Report) Suite() bundle.Suite {
	o := &r.Options
	inputs := []bundle.File{
		{Name: "road", SHA256: bundle.Sum([]byte(nodes + edges + connections))},
		{Name: "traffic", SHA256: digest(struct {
			Traffic               Traffic
			First                 uint64
			Seconds, Warm         float64
			SetLow, SetHigh, Step float64
			Types                 string
		}{o.Traffic, o.First, o.Seconds, o.Warm, o.SetLow, o.SetHigh, stepLength, types})},
	}
	n := int64(len(r.Seeds))
	count := bundle.NewCounter(bundle.SoakSuite, SuiteVersion+"+"+strings.ReplaceAll(r.Sumo, " ", "-"), n, inputs)
	for i := range r.Seeds {
		k := &r.Seeds[i]
		count.Ride(k.Ticks, k.HardTicks, k.MaxJerk, k.MaxSide)
	}
	s := count.Suite(0, 0)
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

// digest is SHA-256, in hex, of a value's JSON.
func digest(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values
	}
	return bundle.Sum(b)
}
