// Package suites is what the evidence of a release is made of: every suite there is, by name.
//
// Owns: the list of suites with what each is for, how one runs and is counted, which manifests count, and the policy that asks
// for them.
// Does not own: cases and how they run (pilot/scene, openx, sumo, lane, rules, defect), counting, limits and signatures (bundle).
// Always true: a suite counts what it ran, also when it is a sample, and says so by its counts; a manifest is known without
// running anything.
// Says: a bundle.Suite for each part of a suite.
// Start reading at: All.
package suites

import (
	"context"
	"encoding/json"
	"io"
	"runtime"
	"slices"
	"strings"

	"roadbook/fault"
	"roadbook/pilot/r157"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/defect"
	"roadbook/pilot/scene/lane"
	"roadbook/pilot/scene/openx"
	"roadbook/pilot/scene/rules"
	"roadbook/pilot/scene/sumo"
)

// Options of a run. Workers and Progress change no result.
type Options struct {
	Data     string                              // the folder of the OpenSCENARIO files
	Sample   int                                 // so many cases of each family; what is run is then no evidence. 0: all
	Seeds    int                                 // of SUMO's traffic
	Seconds  float64                             // driven in each
	Workers  int                                 // 0: one for each processor
	Progress func(done, total int, doing string) // nil: silent
}

func (o *Options) tell(done, total int, doing string) {
	if o.Progress != nil {
		o.Progress(done, total, doing)
	}
}

// Suite is one suite, or some that belong together.
type Suite struct {
	Name, About string
	Cases       int // that it has; 0: not known before it runs, or it is no suite of cases
	// Run runs it and writes on out what its counts do not tell.
	Run func(ctx context.Context, o Options, out io.Writer) ([]bundle.Suite, error)
}

// All is every suite, in the order in which they run.
func All() []Suite {
	var out []Suite
	for _, s := range scene.Suites() {
		n := 0
		for _, p := range s.Parts() {
			n += len(p.Cases)
		}
		out = append(out, Suite{s.Name, s.About, n, func(ctx context.Context, o Options, _ io.Writer) ([]bundle.Suite, error) { return grid(ctx, s, o) }})
	}
	return append(out,
		Suite{bundle.Lane, "bends to both sides and starts beside the middle: no front tyre crosses a marking (5.2.1)", len(lane.Cases()), func(context.Context, Options, io.Writer) ([]bundle.Suite, error) {
			s, err := defect.Lane(scene.DefaultStack(), defect.Defect{})
			return []bundle.Suite{s}, err
		}},
		Suite{bundle.Rules, "timers and duties of the engagement, each by its clause, in every domain where R157 applies", 0, func(context.Context, Options, io.Writer) ([]bundle.Suite, error) {
			markets, err := r157.Markets()
			return []bundle.Suite{rules.Suite(markets, r157.Default())}, err
		}},
		Suite{bundle.Mutants, "known regressions built into the stack, each of which the limits must refuse", 0, mutants},
		Suite{bundle.ALKS, "the scenarios of UN R157 as OpenSCENARIO files, each with every valid variation; --data names their folder", 0, alks},
		Suite{bundle.SoakSuite, "hours in the dense traffic of SUMO (--seeds, --seconds)", 0, soak},
	)
}

// Named returns the suite of that name.
func Named(name string) (Suite, error) {
	all := All()
	if i := slices.IndexFunc(all, func(s Suite) bool { return s.Name == name }); i >= 0 {
		return all[i], nil
	}
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
	}
	return Suite{}, fault.New(fault.NotFound, "suite", "%.40q is no suite: expected one of %s", name, strings.Join(names, " "))
}

// Ready refuses options with which the suite cannot run, before one that stands in front of it has run for hours.
func (s Suite) Ready(o Options) error {
	if s.Name == bundle.ALKS && o.Data == "" {
		return fault.New(fault.Invalid, "data_missing", "the suite alks needs --data DIR, the folder of the OpenSCENARIO files")
	}
	return nil
}

// Known is every suite of the evidence, before it has run.
func Known() []bundle.Suite {
	var out []bundle.Suite
	for _, s := range scene.Suites() {
		for _, p := range s.Parts() {
			out = append(out, bundle.Known(p.Name, p.Version, int64(len(p.Cases)), p.Inputs()))
		}
	}
	return append(out,
		bundle.Known(bundle.Lane, lane.Version, int64(len(lane.Cases())), lane.Inputs()),
		bundle.Known(bundle.Rules, rules.Version, 0, rules.Inputs()),
		bundle.Known(bundle.Mutants, defect.Version, 0, defect.Default().Inputs()),
		openx.Published(), sumo.Known())
}

// Policy is what a release needs, of exactly the suites that this program knows. To hash them takes a moment.
func Policy() bundle.Policy { return bundle.Default().Exactly(Known()) }

// Stack is a part of a bundle that says what is driven: the parameters and the operational design domain that this program
// holds, by hash.
func Stack() (bundle.Part, error) {
	p := bundle.Part{Format: bundle.PartFormat}
	stack := scene.DefaultStack()
	for _, in := range stack.Parameters() {
		p.Parameters = append(p.Parameters, bundle.File{Name: in.Name, SHA256: in.SHA256})
	}
	markets, err := r157.Markets()
	if err != nil {
		return p, err
	}
	b, err := json.Marshal(markets)
	p.ODD = bundle.Sum(b)
	return p, err
}

// grid runs a suite of cases, each part counted for itself.
func grid(ctx context.Context, s scene.Suite, o Options) ([]bundle.Suite, error) {
	var out []bundle.Suite
	for _, p := range s.Parts() {
		count := bundle.NewCounter(p.Name, p.Version, int64(len(p.Cases)), p.Inputs())
		cases, stack := p.Sample(o.Sample), p.Stack(scene.DefaultStack())
		outcomes, err := scene.RunCases(ctx, cases, stack, scene.Options{Workers: o.Workers, Progress: func(done, total int, _ string) { o.tell(done, total, p.Name) }})
		if err != nil {
			return nil, err
		}
		for i := range outcomes {
			count.Add(&outcomes[i])
		}
		again, differ, err := scene.Replay(ctx, cases, outcomes, stack)
		if err != nil {
			return nil, err
		}
		found := count.Suite(int64(again), int64(differ))
		if p.Seeds > 0 {
			found.Seeds = found.Ran
		}
		out = append(out, found)
	}
	return out, nil
}

func mutants(ctx context.Context, o Options, _ io.Writer) ([]bundle.Suite, error) {
	sample := defect.Default()
	if o.Sample > 0 {
		sample.Cases = min(sample.Cases, o.Sample)
	}
	results, err := defect.Trial(ctx, scene.DefaultStack(), sample, defect.All(), func(done, total int, doing string) { o.tell(done, total, doing) })
	if err != nil {
		return nil, err
	}
	return []bundle.Suite{sample.Suite(results)}, nil
}

func alks(ctx context.Context, o Options, out io.Writer) ([]bundle.Suite, error) {
	if err := (Suite{Name: bundle.ALKS}).Ready(o); err != nil {
		return nil, err
	}
	rep, err := openx.Run(ctx, o.Data, scene.DefaultStack(), openx.Options{Sample: o.Sample, Workers: o.Workers, Progress: o.Progress})
	if err != nil {
		return nil, err
	}
	return []bundle.Suite{rep.Suite(bundle.ALKS)}, rep.WriteText(out)
}

func soak(ctx context.Context, o Options, out io.Writer) ([]bundle.Suite, error) {
	s := sumo.DefaultOptions()
	s.Seeds, s.Seconds, s.Workers = o.Seeds, o.Seconds, o.Workers
	if s.Workers == 0 {
		s.Workers = runtime.NumCPU()
	}
	o.tell(0, s.Seeds, bundle.SoakSuite)
	r, err := sumo.Soak(ctx, s, func(done, total int, _ sumo.SeedReport) { o.tell(done, total, bundle.SoakSuite) })
	if err != nil {
		return nil, err
	}
	return []bundle.Suite{r.Suite()}, r.WriteText(out)
}
