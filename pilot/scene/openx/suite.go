package openx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path"
	"slices"
	"strings"

	"roadbook/fault"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/bundle"
)

// MaxFiles bounds the scenario files of a folder.
const MaxFiles = 4096

// Options of a run. Workers and Progress change no result.
type Options struct {
	Only     string                              // one file, by its path below the folder; "": all of them
	Sample   int                                 // so many cases of each variation, spread evenly; 0: all
	Workers  int                                 // 0: one for each processor
	Progress func(done, total int, doing string) // nil: silent
}

// Report is what a folder of scenarios gave.
type Report struct {
	Files    []FileReport  `json:"files"`
	Total    Counts        `json:"total"`
	Inputs   []scene.Input `json:"inputs"` // every file of the folder, and the parameters' values, by hash
	Coverage *Coverage     `json:"coverage"`
	Hash     uint64        `json:"hash"`   // of all drives, in order
	Again    int           `json:"again"`  // cases run a second time
	Differ   int           `json:"differ"` // of them with other bits

	jobs    []job
	results []result
}

// replayed is how many cases run a second time.
const replayed = 48

// Counts of the cases of one file, or of all.
type Counts struct {
	Product     int         `json:"product"`   // cases of the variation
	Sampled     int         `json:"sampled"`   // of them looked at
	Discarded   int         `json:"discarded"` // of these: against a constraint
	Run         int         `json:"run"`
	Collided    int         `json:"collided"`
	Failed      int         `json:"failed"` // collided although the careful driver or the fuzzy safety model does not
	Judged      int         `json:"judged"` // cut-in, cut-out, deceleration: with the two models
	CC          int         `json:"cc_collided"`
	FSM         int         `json:"fsm_collided"`
	Unavoidable int         `json:"unavoidable"`     // both collide
	Crossed     int         `json:"lane_violations"` // a front tyre crossed a marking without an indicator
	Open        int         `json:"open"`            // the StopTrigger never fired
	Standing    int         `json:"standing"`
	Emergency   int         `json:"emergency"`
	Demand      int         `json:"transition_demand"`
	Minimum     int         `json:"mrm"`
	Checker     int         `json:"checker"`
	Hard        int         `json:"hard"` // braked harder than 3 m/s²
	MinTTC      scene.Least `json:"min_ttc_s"`
	MinGap      scene.Least `json:"min_gap_m"` // of the cases without collision
	MaxDecel    float64     `json:"max_decel_mps2"`
	Ticks       int64       `json:"ticks"`
}

// FileReport is one scenario or variation file.
type FileReport struct {
	File     string `json:"file"`
	Scenario string `json:"scenario"`
	Counts
}

// job is one case of one file.
type job struct{ file, index int }

// result is what a worker found.
type result struct {
	discarded bool
	Outcome
}

// Run runs every scenario of a folder with its own values, and every variation: all cases of the product, or a sample. What
// the files name is looked for below the folder. Its report is the same for any number of workers.
func Run(ctx context.Context, dir string, stack scene.Stack, o Options) (Report, error) {
	root, err := open(dir)
	if err != nil {
		return Report{}, err
	}
	defer root.Close()
	list := []string{o.Only}
	if o.Only == "" {
		if list, err = files(root.FS(), scenarioEnding); err != nil {
			return Report{}, err
		}
	}
	cov := NewCoverage()
	lib := NewLibrary(root.FS(), cov)
	var rep Report
	var plans []*Variation
	for _, f := range list {
		v, err := lib.plan(f)
		if err != nil {
			return Report{}, err
		}
		if v == nil { // a catalogue
			continue
		}
		picked := Spread(v.Cases, o.Sample)
		for _, i := range picked {
			rep.jobs = append(rep.jobs, job{len(plans), i})
		}
		plans = append(plans, v)
		rep.Files = append(rep.Files, FileReport{File: f, Scenario: v.Scenario, Counts: Counts{Product: v.Cases, Sampled: len(picked)}})
	}
	if len(rep.jobs) == 0 {
		return Report{}, fault.New(fault.NotFound, "scenarios_missing", "there is no OpenSCENARIO file with a storyboard or a variation")
	}
	for _, v := range plans { // what the files hold is counted once for each
		if _, err := lib.Load(v.Scenario, v.Case(0)); err != nil && !violates(err) {
			return Report{}, err
		}
	}
	if rep.results, err = play(ctx, lib, plans, rep.jobs, stack, o.Workers, o.Progress); err != nil {
		return Report{}, err
	}
	rep.sum()
	if err := rep.replay(ctx, lib, plans, stack, o.Workers); err != nil {
		return Report{}, err
	}
	rep.Coverage = cov
	if o.Only != "" {
		list = nil // of a single file that is what it leads to
	} else if list, err = files(root.FS(), scenarioEnding, roadEnding); err != nil {
		return Report{}, err
	}
	rep.Inputs, err = lib.inputs(list, plans)
	return rep, err
}

// open opens a folder of scenarios; nothing outside of it is read.
func open(dir string) (*os.Root, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fault.New(fault.NotFound, "folder_missing", "the folder of scenarios %s cannot be opened: %v", dir, err)
	}
	return root, nil
}

func violates(err error) bool {
	var v *Violation
	return errors.As(err, &v)
}

// files returns the files below a folder with one of the endings, sorted.
func files(folder fs.FS, endings ...string) ([]string, error) {
	var list []string
	err := fs.WalkDir(folder, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Type().IsRegular() && slices.Contains(endings, path.Ext(p)) {
			list = append(list, p)
		}
		if len(list) > MaxFiles {
			return fault.New(fault.Invalid, "folder_too_large", "more than %d scenario files", MaxFiles)
		}
		return nil
	})
	slices.Sort(list)
	return list, err
}

// plan reads a variation, or takes a scenario as a variation of nothing. A catalogue gives nil.
func (l *Library) plan(file string) (*Variation, error) {
	t, err := l.tree(file)
	switch {
	case err != nil:
		return nil, err
	case t.root.child("ParameterValueDistribution"):
		return l.Variation(file)
	case t.root.child("Catalog"):
		return nil, nil
	}
	return &Variation{File: file, Scenario: file, Cases: 1}, nil
}

// Spread picks n of total cases, spread evenly over all axes of a product: multiples of the golden section, so that no axis
// is in step with them. n of 0, or more than total, is all.
func Spread(total, n int) []int {
	if n <= 0 || n >= total {
		out := make([]int, total)
		for i := range out {
			out[i] = i
		}
		return out
	}
	const golden = 0.6180339887498949
	seen := make(map[int]bool, n)
	out := make([]int, 0, n)
	for k := 0; len(out) < n; k++ {
		f := float64(float64(k)*golden) + 0.5*golden
		i := min(int((f-math.Floor(f))*float64(total)), total-1)
		if !seen[i] {
			seen[i] = true
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out
}

// play runs the jobs. Every worker has its own library and its own stack; what the workers read is entered into lib.
func play(ctx context.Context, lib *Library, plans []*Variation, jobs []job, stack scene.Stack, workers int, progress func(int, int, string)) ([]result, error) {
	out := make([]result, len(jobs))
	var shelves []*Library
	err := scene.Each(ctx, len(jobs), workers, progress, func() (func(int) (string, error), error) {
		own := NewLibrary(lib.fs, nil)
		shelves = append(shelves, own)
		p, err := NewPlayer(stack)
		return func(k int) (string, error) {
			v, index := plans[jobs[k].file], jobs[k].index
			if err := p.one(own, v, index, &out[k]); err != nil {
				return "", fmt.Errorf("%s, case %d: %w", v.File, index, err)
			}
			return short(v.File), nil
		}, err
	})
	if err != nil {
		return nil, err
	}
	for _, s := range shelves {
		lib.adopt(s)
	}
	return out, nil
}

// one runs one case and, beside it, the models.
func (p *Player) one(lib *Library, v *Variation, index int, out *result) error {
	s, err := lib.Load(v.Scenario, v.Case(index))
	if err != nil {
		if violates(err) {
			out.discarded = true
			return nil
		}
		return err
	}
	if out.Outcome, err = p.Play(s, uint64(index)); err != nil {
		return err
	}
	p.Judge(s, &out.Outcome)
	out.Bound = out.Avoidable() // no bound runs beside it
	return nil
}

// replay runs some cases a second time and counts those with other bits.
func (rep *Report) replay(ctx context.Context, lib *Library, plans []*Variation, stack scene.Stack, workers int) error {
	picked := Spread(len(rep.jobs), replayed)
	jobs := make([]job, len(picked))
	for k, i := range picked {
		jobs[k] = rep.jobs[i]
	}
	again, err := play(ctx, lib, plans, jobs, stack, workers, nil)
	if err != nil {
		return err
	}
	rep.Again = len(picked)
	for k, i := range picked {
		if again[k].Outcome != rep.results[i].Outcome {
			rep.Differ++
		}
	}
	return nil
}

// adopt enters the files that another library has read.
func (l *Library) adopt(o *Library) {
	maps.Copy(l.trees, o.trees)
	maps.Copy(l.networks, o.networks)
}

// inputs returns the files of the list and those that were read, by hash and by their path below the folder that holds them
// all, and the values of the plans' parameters, in the order in which they are numbered.
func (l *Library) inputs(list []string, plans []*Variation) ([]scene.Input, error) {
	names := append(slices.Collect(maps.Keys(l.trees)), slices.Collect(maps.Keys(l.networks))...)
	names = append(names, list...)
	slices.Sort(names)
	names = slices.Compact(names)
	top := path.Dir(names[0])
	for _, n := range names[1:] {
		for top != "." && !strings.HasPrefix(n, top+"/") {
			top = path.Dir(top)
		}
	}
	below := func(name string) string { return strings.TrimPrefix(name, top+"/") }
	var out []scene.Input
	for _, n := range names {
		b, err := l.read(n)
		if err != nil {
			return nil, err
		}
		out = append(out, scene.Input{Name: below(n), SHA256: bundle.Sum(b)})
	}
	var b bytes.Buffer
	for _, v := range plans {
		fmt.Fprintf(&b, "%s of %s, %d cases\n", below(v.File), below(v.Scenario), v.Cases)
		for _, a := range v.axes {
			fmt.Fprintf(&b, "%q\n", a)
		}
	}
	return append(out, scene.Input{Name: "values", SHA256: bundle.Sum(b.Bytes())}), nil
}
