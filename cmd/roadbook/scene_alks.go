package main

import (
	"context"
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

// scenarioFile runs one OpenSCENARIO file, a scenario or a variation. missed says in what it fails; "": in nothing.
func (c *sceneRunCmd) scenarioFile(ctx context.Context, file string, out io.Writer) (s bundle.Suite, missed string, err error) {
	dir, name, err := below(c.Data, file)
	if err != nil {
		return s, "", err
	}
	rep, err := openx.Run(ctx, dir, scene.DefaultStack(), openx.Options{Only: name, Sample: c.Sample, Workers: c.Workers, Progress: progress(os.Stderr)})
	if err != nil {
		return s, "", err
	}
	if !rep.Passed() {
		missed = fmt.Sprintf("%s: %d of %d cases failed", file, rep.Total.Failed, rep.Total.Run)
	}
	return rep.Suite(strings.TrimSuffix(filepath.Base(file), scenarioEnding)), missed, rep.WriteText(out)
}

// below returns the folder that a scenario file is read in, and its path there: data, or its own folder when data is empty.
func below(data, file string) (dir, name string, err error) {
	if data == "" {
		return filepath.Dir(file), filepath.Base(file), nil
	}
	root, err := filepath.Abs(data)
	if err != nil {
		return "", "", err
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", "", err
	}
	rel, err := filepath.Rel(root, abs)
	if err != nil || !filepath.IsLocal(rel) {
		return "", "", fmt.Errorf("%s does not lie below --data %s", file, data)
	}
	return data, filepath.ToSlash(rel), nil
}
