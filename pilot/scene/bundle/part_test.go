package bundle_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roadbook/fault"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/bundle/bundletest"
	"roadbook/pilot/scene/reference"
)

// parts takes a bundle apart, one part for each suite.
func parts(b *bundle.Bundle) []bundle.Part {
	out := []bundle.Part{{Format: bundle.PartFormat, Parameters: b.Subject.Parameters, ODD: b.Subject.ODD, Runner: &b.Runner, Speed: &b.Speed}}
	for _, s := range b.Suites {
		out = append(out, bundle.Part{Format: bundle.PartFormat, Suites: []bundle.Suite{s}, Parameters: b.Subject.Parameters, Runner: &b.Runner})
	}
	return out
}

func TestPartsMakeTheBundle(t *testing.T) {
	want := bundletest.Passing(image, swin)
	var read []bundle.Part
	for _, p := range parts(want) {
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		p, err := bundle.ReadPart(b)
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, p)
	}
	got, err := bundle.Assemble(image, swin, want.Made, read)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, row := range []struct {
		reason string
		change func([]bundle.Part)
		says   string
	}{
		{"other parameters in one suite", func(p []bundle.Part) { p[3].Parameters = []bundle.File{{Name: "pilot", SHA256: bundle.Sum(nil)}} }, "parameters"},
		{"another domain", func(p []bundle.Part) { p[3].ODD = bundle.Sum(nil) }, "domains"},
		{"another program", func(p []bundle.Part) { p[3].Runner = &bundle.Runner{Program: bundle.Sum(nil), Go: "go1", Arch: "x"} }, "programs"},
		{"a suite run twice", func(p []bundle.Part) { p[3].Suites = p[2].Suites }, "two parts"},
		{"two speeds", func(p []bundle.Part) { p[3].Speed = &bundle.Speed{Scenarios: 1} }, "two parts"},
		{"what was run is not told", func(p []bundle.Part) { p[0].ODD = "" }, "64 hex digits"},
	} {
		p := parts(bundletest.Passing(image, swin))
		row.change(p)
		if _, err := bundle.Assemble(image, swin, want.Made, p); err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", row.reason, err)
		}
	}
	for reason, text := range map[string]string{"nothing": "", "a list": "[]", "a field too much": `{"format":"roadbook-evidence-part/1","collisions":0}`, "another format": `{"format":"x"}`,
		"two of them": `{"format":"roadbook-evidence-part/1"}{}`, "no number": `{"format":"roadbook-evidence-part/1","speed":{"scenarios_per_s":NaN}}`} {
		if _, err := bundle.ReadPart([]byte(text)); fault.CodeOf(err) != "evidence_part" {
			t.Errorf("%s: %v", reason, err)
		}
	}
	if _, err := bundle.ReadPart(make([]byte, bundle.MaxSize+1)); fault.CodeOf(err) != "evidence_size" {
		t.Error(err)
	}
}

func FuzzReadPart(f *testing.F) {
	for _, p := range parts(bundletest.Passing(image, swin))[:3] {
		b, err := json.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := bundle.ReadPart(b)
		if err != nil {
			return
		}
		if got, err := bundle.Assemble(image, swin, "2026-11-26T12:00:00Z", []bundle.Part{p}); err == nil && got.Check() != nil {
			t.Fatal("assembled, and wrong")
		}
	})
}

func TestCounter(t *testing.T) {
	inf := scene.Least(math.Inf(1))
	all := [reference.Models]bool{true, true, true, true}
	rss := all
	rss[reference.RSS] = false
	outcomes := []scene.Outcome{
		{ID: "a", Kind: reference.CutIn, Ego: 60, MinTTC: 2.5, References: all, Ticks: 2000, HardTicks: 30, MaxJerk: 4, MaxSide: 0.5, Hash: 1},           // unavoidable for the models, avoided
		{ID: "b", Kind: reference.CutIn, Ego: 60.1, Collision: true, References: rss, Bound: true, MinTTC: 0, Hash: 2},                                   // RSS avoids it
		{ID: "c", Kind: reference.CutIn, Ego: 40, Collision: true, References: all, Bound: true, MinTTC: 0, Hash: 3},                                     // only physics avoids it
		{ID: "d", Kind: reference.CutIn, Ego: 90, MaxDecel: 3.1, KeepSpeedSafe: true, CutsIn: true, MinTTC: 1.5, Bound: true, Hash: 4},                   // phantom
		{ID: "!\n", Kind: reference.CutIn, Ego: 90, MaxDecel: 7, KeepSpeedSafe: true, MinTTC: inf, Bound: true, Hash: 5, Emergency: true, Checker: true}, // for nobody
		{ID: "f", Kind: reference.CutIn, Ego: 90, MaxDecel: 3, KeepSpeedSafe: true, MinTTC: inf, Bound: true, Hash: 6, Transition: true, Minimum: true},  // all is well
	}
	c := bundle.NewCounter(bundle.CutIn, "1", 8, []scene.Input{{Name: "grid", SHA256: bundle.Sum(nil)}})
	c.Discard()
	for i := range outcomes {
		c.Add(&outcomes[i])
	}
	s := c.Suite(2, 1)
	want := bundle.Suite{Name: bundle.CutIn, Version: "1", Defined: 8, Discarded: 1, Ran: 6, Inputs: s.Inputs, MinTTC: 1.5,
		Slow:    bundle.Counts{Cases: 2, Collided: 1, Bound: 1, CollidedBound: 1, BothModels: 1},
		Fast:    bundle.Counts{Cases: 4, Avoidable: 4, Collided: 1, CollidedAvoidable: 1, Bound: 4, CollidedBound: 1, BothModels: 1, Safe: 3, HardSafe: 2, Harmless: 2, HardHarmless: 1},
		Models:  []bundle.Model{{Name: "cc", Collided: 3}, {Name: "fsm", Collided: 3}, {Name: "rss", Collided: 2, Beaten: 1}, {Name: "reg157", Collided: 3}},
		Mode:    bundle.Modes{Transition: 1, Minimum: 1, Emergency: 1, Checker: 1},
		Comfort: &bundle.Comfort{Ticks: 2000, Hard: 30, Jerk: 4, JerkMost: 4, Side: 0.5, SideMost: 0.5},
		Replay:  bundle.Replay{Hash: s.Replay.Hash, Again: 2, Differ: 1},
		Failing: []bundle.Failing{{ID: "b", What: "collision, avoided by rss"}, {ID: "x_", What: "hard braking, nobody cuts in"},
			{ID: "d", What: "hard braking, keeping speed is safe"}, {ID: "c", What: "collision, within the physical bound"}}}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
	b := bundletest.Passing(image, swin)
	*b.Suite(bundle.CutIn) = s
	b.Sort()
	if err := b.Check(); err != nil {
		t.Errorf("counts of the counter do not hold together: %v", err)
	}
	// A model that was not asked avoids nothing.
	for want, o := range map[string]scene.Outcome{
		"collision, avoided by cc":               {Collision: true, References: [reference.Models]bool{false, true}, Unasked: [reference.Models]bool{false, false, true, true}},
		"collision, and no model was asked":      {Collision: true, Unasked: all},
		"collision, avoided by fsm, rss, reg157": {Collision: true, References: [reference.Models]bool{true}},
	} {
		if got := bundle.Failure(&o); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		c := bundle.NewCounter(bundle.ALKS, "1", 1, nil)
		c.Add(&o)
		beaten := int64(0)
		for _, m := range c.Suite(0, 0).Models {
			beaten += m.Beaten
		}
		if beaten != int64(len(o.AvoidedBy())) {
			t.Errorf("%q: %d models do better, want %d", want, beaten, len(o.AvoidedBy()))
		}
	}
	// 95 % of 100 drives, by nearest rank.
	c = bundle.NewCounter(bundle.CutIn, "1", 0, nil)
	for i := range 100 {
		c.Ride(10, i%2, float64((i*37)%100+1), float64(i%10))
	}
	if got, want := *c.Suite(0, 0).Comfort, (bundle.Comfort{Ticks: 1000, Hard: 50, Jerk: 95, JerkMost: 100, Side: 9, SideMost: 9}); got != want {
		t.Errorf("comfort %+v, want %+v", got, want)
	}
	// One other trace, another hash.
	outcomes[0].Hash++
	c = bundle.NewCounter(bundle.CutIn, "1", 8, nil)
	for i := range outcomes {
		c.Add(&outcomes[i])
	}
	if c.Suite(0, 0).Replay.Hash == s.Replay.Hash {
		t.Error("the hash does not see a trace")
	}
}
