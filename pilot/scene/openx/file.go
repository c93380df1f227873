package openx

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"roadbook/fault"
	"roadbook/pilot/scene"
)

// File runs one file: a scenario with its own values, or all valid cases of a variation (a sample of them, if sample is not
// 0). Roads and catalogues are looked for below the file's folder; a file that names ones beside or above it needs up, the
// number of folders above its own that may be read.
func File(ctx context.Context, file string, up, sample int, stack scene.Stack, workers int, progress func(done, total int, doing string)) (Report, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return Report{}, err
	}
	dir, name := filepath.Dir(abs), filepath.Base(abs)
	for range up {
		name = path.Join(filepath.Base(dir), name)
		dir = filepath.Dir(dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Report{}, fault.New(fault.NotFound, "folder_missing", "the folder of scenarios %s cannot be opened: %v", dir, err)
	}
	defer root.Close()
	return runAll(ctx, root.FS(), []string{name}, sample, stack, workers, progress)
}

// runAll runs the scenario and variation files of a list.
func runAll(ctx context.Context, folder fs.FS, list []string, sample int, stack scene.Stack, workers int, progress func(int, int, string)) (Report, error) {
	cov := NewCoverage()
	lib := NewLibrary(folder, cov)
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
		picked := Spread(v.Cases, sample)
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
	var err error
	if rep.results, err = play(ctx, lib, plans, rep.jobs, stack, workers, progress); err != nil {
		return Report{}, err
	}
	rep.sum(plans, rep.jobs, rep.results)
	if err := rep.replay(ctx, lib, plans, stack, workers); err != nil {
		return Report{}, err
	}
	rep.Coverage = cov
	rep.Inputs, err = lib.inputs()
	return rep, err
}
