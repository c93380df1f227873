package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"roadbook/pilot/scene"
	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/openx"
)

// scenarioEnding is the ending of OpenSCENARIO files, which run by their path.
const scenarioEnding = ".xosc"

// scenarioExtras are the suites of scenario files.
func scenarioExtras() []sceneExtra {
	return []sceneExtra{{bundle.ALKS, "the scenarios of UN R157 as OpenSCENARIO files, each with every valid variation; --data names their folder",
		func(ctx context.Context, c *sceneRunCmd, out io.Writer, tell func(int, int, string)) ([]bundle.Suite, error) {
			if c.Data == "" {
				return nil, errors.New("the suite alks needs --data DIR, the folder of the OpenSCENARIO files")
			}
			rep, err := openx.Run(ctx, c.Data, c.Sample, scene.DefaultStack(), c.Workers, tell)
			if err != nil {
				return nil, err
			}
			return []bundle.Suite{rep.Suite(bundle.ALKS)}, rep.WriteText(out, c.Failing)
		}}}
}

// scenarioFile runs one OpenSCENARIO file, a scenario or a variation.
func (c *sceneRunCmd) scenarioFile(ctx context.Context, file string, out io.Writer) (bundle.Suite, error) {
	up, err := c.above(file)
	if err != nil {
		return bundle.Suite{}, err
	}
	rep, err := openx.File(ctx, file, up, c.Sample, scene.DefaultStack(), c.Workers, progress(os.Stderr))
	if err != nil {
		return bundle.Suite{}, err
	}
	if err := rep.WriteText(out, c.Failing); err != nil {
		return bundle.Suite{}, err
	}
	if !rep.Passed() {
		return bundle.Suite{}, fmt.Errorf("%s: %d of %d cases failed", file, rep.Total.Failed, rep.Total.Run)
	}
	return rep.Suite(strings.TrimSuffix(filepath.Base(file), scenarioEnding)), nil
}

// above returns how many folders above the file's own --data lies: what the file names is looked for below it.
func (c *sceneRunCmd) above(file string) (int, error) {
	if c.Data == "" {
		return 0, nil
	}
	root, err := filepath.Abs(c.Data)
	if err != nil {
		return 0, err
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return 0, err
	}
	rel, err := filepath.Rel(root, filepath.Dir(abs))
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return 0, fmt.Errorf("%s does not lie below --data %s", file, c.Data)
	}
	if rel == "." {
		return 0, nil
	}
	return strings.Count(rel, string(filepath.Separator)) + 1, nil
}
