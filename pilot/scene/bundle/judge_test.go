package bundle_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"roadbook/fault"
	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/bundle/bundletest"
	"roadbook/pilot/scene/suites"
)

func TestJudge(t *testing.T) {
	if v := bundle.Default().Judge(bundletest.Passing(image, swin), bundletest.Passing(image, swin)); !v.OK() || v.Err() != nil || len(v.Figures) < 25 {
		t.Fatalf("%d figures, %+v", len(v.Figures), v.Findings)
	}
	grid := func(b *bundle.Bundle) *bundle.Suite { return b.Suite(bundle.CutIn) }
	for _, row := range []struct {
		reason string
		change func(b *bundle.Bundle)
		code   string
		says   []string
	}{
		{"a suite was left out", func(b *bundle.Bundle) {
			b.Suites = slices.DeleteFunc(b.Suites, func(s bundle.Suite) bool { return s.Name == bundle.ALKS })
		}, "suite_missing", []string{"alks"}},
		{"a sample instead of all", func(b *bundle.Bundle) {
			s := grid(b)
			s.Ran -= 100
			s.Slow.Cases -= 100
			s.Slow.Avoidable -= 100
			s.Slow.Bound -= 100
		},
			"suite_partial", []string{"grid/cut_in", "23900 of 24000"}},
		{"a suite made small", func(b *bundle.Bundle) {
			s := grid(b)
			s.Defined, s.Ran = 300, 300
			s.Slow.Cases, s.Fast.Cases = 150, 150
		},
			"suite_partial", []string{"ran 300 cases, at least 10000"}},
		{"a driver to compare with was left out", func(b *bundle.Bundle) { s := grid(b); s.Models = s.Models[1:] }, "model_missing", []string{"cc"}},
		{"one collision below 60 km/h that a driver avoids", func(b *bundle.Bundle) { c := &grid(b).Slow; c.Collided, c.CollidedAvoidable = 1, 1 },
			"limit", []string{"up to 60 km/h: 1, at most 0"}},
		{"too many above", func(b *bundle.Bundle) { c := &grid(b).Fast; c.Collided, c.CollidedAvoidable = 10, 10 }, "limit", []string{"0.125 %, at most 0.1 %"}},
		{"phantom braking", func(b *bundle.Bundle) { grid(b).Fast.HardSafe = 9 }, "limit", []string{"2.25 %, at most 2 %"}},
		{"no case in which keeping speed is safe: the figure cannot be told", func(b *bundle.Bundle) {
			s := grid(b)
			s.Slow.Safe, s.Fast.Safe, s.Fast.HardSafe = 0, 0, 0
		}, "limit", []string{"no case tells hard braking"}},
		{"braking for nobody", func(b *bundle.Bundle) { grid(b).Slow.HardHarmless = 1 }, "limit", []string{"nobody cuts in: 1, at most 0"}},
		{"an impact in a test of Euro NCAP", func(b *bundle.Bundle) { b.Suite(bundle.NCAP).Slow.Collided = 1 }, "limit", []string{"ncap/rear: collisions: 1"}},
		{"a collision that FSM avoids", func(b *bundle.Bundle) { b.Suite(bundle.ALKS).Fast.BothModels = 0 }, "limit", []string{"careful driver or FSM"}},
		{"half the hours", func(b *bundle.Bundle) { b.Suite(bundle.SoakSuite).Soak.Seconds = 18_000 }, "limit", []string{"5 h, at least 10 h"}},
		{"no traffic at all", func(b *bundle.Bundle) { b.Suite(bundle.SoakSuite).Soak = nil }, "limit", []string{"no case tells simulated hours"}},
		{"close calls", func(b *bundle.Bundle) { b.Suite(bundle.SoakSuite).MinTTC = 0.8 }, "limit", []string{"0.8 s, at least 1 s"}},
		{"a timer", func(b *bundle.Bundle) { b.Suite(bundle.Rules).Checks[0].Failed = 1 }, "limit", []string{"r157: checks"}},
		{"a defect that slipped through", func(b *bundle.Bundle) { b.Suite(bundle.Mutants).Checks[0].Failed = 1 }, "limit", []string{"seeded-defects"}},
		{"the checker alone", func(b *bundle.Bundle) {
			c := &b.Suite(bundle.CheckerOnly).Fast
			c.Collided, c.CollidedAvoidable = 200, 200
		}, "limit", []string{"at least 99 %"}},
		{"other bits", func(b *bundle.Bundle) { grid(b).Replay.Differ = 1 }, "limit", []string{"other bits: 1"}},
		{"slow", func(b *bundle.Bundle) { b.Speed.Scenarios = 400 }, "limit", []string{"400 1/s, at least 500 1/s"}},
		{"an allocation", func(b *bundle.Bundle) { b.Speed.Allocs = 0.01 }, "limit", []string{"allocations per tick: 0.01"}},
		{"better in all, but one collision more than the shipped release", func(b *bundle.Bundle) {
			c := &grid(b).Fast
			c.Collided, c.CollidedAvoidable, c.HardSafe = 2, 2, 0
		}, "regression", []string{"0.025 %, the shipped release has 0.0125 %"}},
		{"other inputs cannot be compared", func(b *bundle.Bundle) { grid(b).Inputs[0].SHA256 = bundle.Sum(nil); b.Sort() }, "comparison", []string{"run the shipped release on it too"}},
	} {
		b := bundletest.Passing(image, swin)
		row.change(b)
		v := bundle.Default().Judge(b, bundletest.Passing(image, swin))
		err := v.Err()
		if fault.CodeOf(err) != "evidence_"+row.code || fault.KindOf(err) != fault.Refused {
			t.Errorf("%s: %v, want %s", row.reason, err, row.code)
			continue
		}
		for _, s := range row.says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%s: %v does not say %q", row.reason, err, s)
			}
		}
	}
}

// The suites that the program knows are asked for by their manifests.
func TestExactly(t *testing.T) {
	p := suites.Policy()
	b := bundletest.Passing(image, swin)
	if v := p.Judge(b, nil); !v.OK() {
		t.Fatal(v.Err())
	}
	s := b.Suite(bundle.CutIn)
	s.Defined--
	s.Ran--
	s.Slow.Cases--
	s.Slow.Avoidable--
	s.Slow.Bound--
	b.Sort()
	if v := p.Judge(b, nil); len(v.Findings) != 1 || v.Findings[0].Code != "suite_other" {
		t.Errorf("one case was left out of the suite: %+v", v.Findings)
	}
}

// What is less comfortable than the shipped release is told, and refuses nothing.
func TestComfortIsTold(t *testing.T) {
	p := bundle.Default()
	told := func(change func(*bundle.Comfort)) (worse int) {
		b := bundletest.Passing(image, swin)
		change(b.Suite(bundle.CutIn).Comfort)
		v := p.Judge(b, bundletest.Passing(image, swin))
		if !v.OK() {
			t.Fatal(v.Err())
		}
		n := 0
		for _, j := range v.Figures {
			if j.Told {
				n++
				if !j.Compared || j.Broken || j.LimitText() != "told only" {
					t.Errorf("%+v", j)
				}
			}
			if j.Regressed {
				worse++
			}
		}
		if n < 15 {
			t.Errorf("%d figures of comfort", n)
		}
		return worse
	}
	for reason, row := range map[string]struct {
		change func(*bundle.Comfort)
		worse  int
	}{
		"the same":               {func(*bundle.Comfort) {}, 0},
		"better":                 {func(c *bundle.Comfort) { c.Hard, c.Jerk, c.Side = 0, 0, 0 }, 0},
		"within the tolerances":  {func(c *bundle.Comfort) { c.Hard += c.Ticks / 1000; c.Jerk += 0.4; c.Side += 0.1 }, 0},
		"brakes hard for longer": {func(c *bundle.Comfort) { c.Hard += c.Ticks / 100 }, 1},
		"jerkier, and sways":     {func(c *bundle.Comfort) { c.Jerk += 0.6; c.Side += 0.3 }, 2},
	} {
		if worse := told(row.change); worse != row.worse {
			t.Errorf("%s: %d figures are worse, want %d", reason, worse, row.worse)
		}
	}
}

// All that is wrong is said at once.
func TestJudgeSaysAll(t *testing.T) {
	b := bundletest.Passing(image, swin)
	b.Suite(bundle.CutIn).Slow.HardHarmless = 1
	b.Speed.Scenarios = 1
	b.Suite(bundle.NCAP).Slow.Collided = 2
	if v := bundle.Default().Judge(b, nil); len(v.Findings) != 3 {
		t.Errorf("%+v", v.Findings)
	}
}

// A policy that names what does not exist refuses; it must not pass as a limit that holds.
func TestPolicyOfNonsense(t *testing.T) {
	p := bundle.Policy{Limits: []bundle.Limit{{Suite: bundle.CutIn, Figure: "collisions"}}}
	if v := p.Judge(bundletest.Passing(image, swin), nil); v.OK() {
		t.Error("passed")
	}
	p = bundle.Policy{Suites: []bundle.Required{{Name: bundle.CutIn, Digests: []string{bundle.Sum(nil)}}}}
	if v := p.Judge(bundletest.Passing(image, swin), nil); v.OK() || v.Findings[0].Code != "suite_other" {
		t.Errorf("%+v", v.Findings)
	}
	for _, l := range append(bundle.Default().Limits, bundle.Default().Told...) {
		if !slices.ContainsFunc(bundle.Figures(), func(f bundle.Figure) bool { return f.Name == l.Figure }) {
			t.Errorf("the policy names %s", l.Figure)
		}
	}
}

func TestWilson(t *testing.T) {
	for _, row := range []struct {
		k, n      int64
		low, high float64
	}{ // Newcombe 1998, table I, method 3
		{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718},
	} {
		low, high := bundle.Wilson(row.k, row.n, bundle.Z95)
		if math.Abs(low-row.low) > 5e-5 || math.Abs(high-row.high) > 5e-5 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", row.k, row.n, low, high, row.low, row.high)
		}
	}
	if low, high := bundle.Wilson(0, 0, bundle.Z95); low != 0 || high != 1 {
		t.Errorf("nothing is known without a case, not %v to %v", low, high)
	}
}
