package defect

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"

	"roadbook/pilot/motion"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/lane"
	"roadbook/pilot/scene/reference"
)

// Sample is what every defect is tried on: a few of the cases of the grids, and lane keeping.
type Sample struct {
	Seed  uint64 // of the cases
	Cases int    // of each kind
}

// Version names what Default makes; it changes whenever a case would, or a defect.
const Version = "3"

// Default is the sample that evidence is made with.
func Default() Sample { return Sample{Seed: 20261126, Cases: 1000} }

// Inputs are the sample's cases and the defects, by hash.
func (s Sample) Inputs() []scene.Input {
	var names bytes.Buffer
	for _, d := range All() {
		fmt.Fprintf(&names, "%s: %s\n", d.Name, d.Title)
	}
	return []scene.Input{{Name: "cases", SHA256: bundle.Sum(fmt.Appendf(nil, "seed %d, %d of each kind, generator %s, lane keeping %s", s.Seed, s.Cases, scene.GridVersion, lane.Version))},
		{Name: "defects", SHA256: bundle.Sum(names.Bytes())}}
}

// Suite is the trial of the sample as a suite of the evidence.
func (s Sample) Suite(results []Result) bundle.Suite {
	out := bundle.NewCounter(bundle.Mutants, Version, 0, s.Inputs()).Suite(0, 0)
	out.Models, out.Checks = nil, Check(results)
	return out
}

// Result is what the gate says of a stack.
type Result struct {
	Defect  Defect // without a name: the stack as it is
	Verdict bundle.Verdict
	Bundle  *bundle.Bundle
	Because []bundle.Finding // what is said against it, and not against the stack as it is
}

// Refused reports whether the gate refuses the stack; with a defect, whether it does so because of the defect.
func (r *Result) Refused() bool { return len(r.Because) > 0 }

// policy is the part of a release's policy that a sample can be held against: its limits on grids and lane keeping. That the
// sample is no whole suite, and slower under test, is not the defect's fault.
func policy() bundle.Policy {
	p := bundle.Default()
	p.Suites, p.Told = nil, nil
	var limits []bundle.Limit
	for _, l := range p.Limits {
		if (l.Suite == "grid/" || l.Suite == bundle.Lane) && l.Figure != "replayed" {
			limits = append(limits, l)
		}
	}
	for _, f := range []string{"collided_slow", "collided_fast_share", "collided_bound_share"} {
		limits = append(limits, bundle.Limit{Suite: alone, Figure: f, Limit: math.Inf(1)})
	}
	p.Limits = limits
	return p
}

// alone begins the names of the suites in which the pilot drives without its checker: a good checker hides what the pilot no
// longer does. They are only compared with the stack as it is.
const alone = "alone/"

// Trial runs the sample with the stack as it is and with every defect, and holds each against the limits and against the stack
// as it is, as if that were shipped. The first result is the stack without a defect. progress may be nil.
func Trial(ctx context.Context, s scene.Stack, sample Sample, defects []Defect, progress func(done, total int, doing string)) ([]Result, error) {
	tell := func(done int, doing string) {
		if progress != nil {
			progress(done, len(defects)+1, doing)
		}
	}
	tell(0, "the stack as it is")
	sound, err := run(ctx, s, sample, Defect{})
	if err != nil {
		return nil, err
	}
	p := policy()
	v := p.Judge(sound, sound)
	out := []Result{{Bundle: sound, Verdict: v, Because: v.Findings}}
	for i, d := range defects {
		tell(i+1, d.Title)
		b, err := run(ctx, s, sample, d)
		if err != nil {
			return nil, fmt.Errorf("defect %s: %w", d.Name, err)
		}
		r := Result{Defect: d, Bundle: b, Verdict: p.Judge(b, sound)}
		for _, f := range r.Verdict.Findings {
			if !slices.Contains(v.Findings, f) {
				r.Because = append(r.Because, f)
			}
		}
		out = append(out, r)
	}
	tell(len(defects)+1, "seeded defects")
	return out, nil
}

// Check is the trial as a suite's check: a defect that slipped through fails it, and so does a sound stack that was refused.
func Check(results []Result) []bundle.Check {
	var out []bundle.Check
	for i := range results {
		r := &results[i]
		c := bundle.Check{Name: "the stack as it is passes"}
		good := !r.Refused()
		if r.Defect.Name != "" {
			c.Name, good = "refused: "+r.Defect.Title, r.Refused()
		}
		if good {
			c.Passed = 1
		} else {
			c.Failed = 1
		}
		out = append(out, c)
	}
	return out
}

// run makes a bundle, unsigned, of the sample.
func run(ctx context.Context, s scene.Stack, sample Sample, d Defect) (*bundle.Bundle, error) {
	if d.Into != nil {
		d.Into(&s)
	}
	b := &bundle.Bundle{}
	for n := range 6 {
		k, unchecked, prefix := reference.Kind(n%3), n >= 3, "grid/"
		if unchecked {
			prefix = alone
		}
		cases := scene.Generate(k, sample.Seed, sample.Cases)
		outcomes, err := scene.RunCases(ctx, cases, s, scene.Options{Prepare: func(r *scene.Rig) { r.Actuate, r.Alone = d.actuate(), unchecked }})
		if err != nil {
			return nil, err
		}
		c := bundle.NewCounter(prefix+k.String(), scene.GridVersion, int64(len(cases)), sample.Inputs()[:1])
		for i := range outcomes {
			c.Add(&outcomes[i])
		}
		b.Suites = append(b.Suites, c.Suite(0, 0))
	}
	l, err := Lane(s, d)
	if err != nil {
		return nil, err
	}
	b.Suites = append(b.Suites, l)
	b.Sort()
	return b, nil
}

// Lane runs the suite of lane keeping with a stack and a defect; the zero Defect is none.
func Lane(s scene.Stack, d Defect) (bundle.Suite, error) {
	var suite bundle.Suite
	cases := lane.Cases()
	c := bundle.NewCounter(bundle.Lane, lane.Version, int64(len(cases)), lane.Inputs())
	for _, k := range cases {
		o, err := lane.Run(s, k, d.actuate())
		if err != nil {
			return suite, err
		}
		c.Check(o.ID, k.Kmh, o.Kept(), o.Hash)
		c.Ride(o.Ride.Ticks, o.Ride.Hard, o.Ride.Jerk, o.Ride.Side)
	}
	return c.Suite(0, 0), nil
}

func (d Defect) actuate() func(motion.Tick, *motion.Command) {
	if d.Actuate == nil {
		return nil
	}
	return d.Actuate()
}
