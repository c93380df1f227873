package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"roadbook/pilot/scene"
	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/suites"
)

type sceneEvidenceCmd struct {
	signFlags
	Parts string `help:"Folder of what is finished; a run that was interrupted goes on from there (default: the bundle's name with .parts)." placeholder:"DIR"`
	suiteFlags
}

// Help is shown by roadbook scene evidence --help.
func (sceneEvidenceCmd) Help() string {
	return `Runs the speed bench and every suite of roadbook scene list, puts what they find together, signs it, and prints every figure
against its limit and the shipped release, as roadbook scene verify does. It fails when anything stands against the release;
the bundle is written either way, and the server judges it by the same policy.

    roadbook scene key lab.pem
    roadbook scene evidence --data osc-alks --image pilot.img --rxswin R157:RB1-2026.11 --key lab.pem -o pilot.bundle
    roadbook evidence upload release=rel_… -f pilot.bundle

Each finished part stays in a folder beside the bundle: what is started again does not run it twice. Parts of another program,
other data or other sizes do not count and are set aside. With --sample or fewer seeds all of it runs in a minute, and is refused as a sample.`
}

// Run makes the evidence.
func (c *sceneEvidenceCmd) Run(ctx context.Context, out io.Writer) error {
	n, err := c.read()
	if err != nil {
		return err
	}
	if c.Data == "" {
		return errors.New("--data DIR is missing: the folder of the OpenSCENARIO files")
	}
	made, err := suites.Stack()
	if err != nil {
		return err
	}
	if made.Runner, err = thisRunner(); err != nil {
		return err
	}
	if c.Parts == "" {
		c.Parts = c.Out + ".parts"
	}
	if err := c.begin(made, out); err != nil {
		return err
	}
	jobs := append([]suites.Suite{{Name: "bench"}}, suites.All()...)
	var parts []bundle.Part
	for i, s := range jobs {
		p, kept, err := c.part(ctx, s, made)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		cases := int64(0)
		for _, f := range p.Suites {
			cases += f.Ran
		}
		fmt.Fprintf(out, "%d of %d: %s", i+1, len(jobs), s.Name)
		if cases > 0 {
			fmt.Fprintf(out, ", %d cases", cases)
		}
		if kept {
			fmt.Fprint(out, ", kept from before")
		}
		fmt.Fprintln(out)
		parts = append(parts, p)
	}
	b, err := c.sign(n, parts, out)
	if err != nil {
		return err
	}
	return pronounce(b, n.shipped, out)
}

// plan is what the parts of a folder have in common.
type plan struct {
	Stack   bundle.Part `json:"stack"` // without suites
	Data    string      `json:"data"`
	Sample  int         `json:"sample"`
	Seeds   int         `json:"seeds"`
	Seconds float64     `json:"seconds"`
}

// begin makes the folder of parts ready. Parts of another plan may have taken hours: they are set
// aside with it, and --parts finds them there.
func (c *sceneEvidenceCmd) begin(made bundle.Part, out io.Writer) error {
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return err
	}
	now, err := json.MarshalIndent(plan{made, data, c.Sample, c.Seeds, c.Seconds}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Parts, 0o755); err != nil {
		return err
	}
	file := filepath.Join(c.Parts, "plan.json")
	if was, err := os.ReadFile(file); err == nil && bytes.Equal(was, now) {
		return nil
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	files := []string{file}
	for _, s := range append([]suites.Suite{{Name: "bench"}}, suites.All()...) {
		files = append(files, c.file(s, ".json"), c.file(s, ".txt"))
	}
	aside := ""
	for _, f := range files {
		if _, err := os.Lstat(f); errors.Is(err, os.ErrNotExist) {
			continue
		}
		if aside == "" {
			root, err := filepath.Abs(c.Parts)
			if err != nil {
				return err
			}
			if aside, err = os.MkdirTemp(filepath.Dir(root), filepath.Base(root)+".before-*"); err != nil {
				return err
			}
			fmt.Fprintf(out, "what is in %s is of another program, other data or other sizes: set aside in %s, all runs anew\n", c.Parts, aside)
		}
		if err := os.Rename(f, filepath.Join(aside, filepath.Base(f))); err != nil {
			return err
		}
	}
	return toFile(file, func(w io.Writer) error { _, err := w.Write(now); return err })
}

func (c *sceneEvidenceCmd) file(s suites.Suite, ending string) string {
	return filepath.Join(c.Parts, s.Name+ending)
}

// part runs a suite, or the bench, unless it was finished before. What it says goes into the folder too.
func (c *sceneEvidenceCmd) part(ctx context.Context, s suites.Suite, made bundle.Part) (p bundle.Part, kept bool, err error) {
	file := c.file(s, ".json")
	if p, err = readPart(file); err == nil || !errors.Is(err, os.ErrNotExist) {
		return p, true, err
	}
	p = made
	var said bytes.Buffer
	if s.Run == nil {
		config := scene.BenchConfig{Cases: 400, Runs: 5}
		if c.Sample > 0 {
			config = scene.BenchConfig{Cases: c.Sample, Runs: 1}
		}
		speed, err := scene.Bench(ctx, &said, config)
		if err != nil {
			return p, false, err
		}
		p.Speed = &bundle.Speed{Scenarios: speed.Scenarios, Allocs: speed.Allocs}
	} else if p.Suites, err = s.Run(ctx, c.options(), &said); err != nil {
		return p, false, err
	}
	if said.Len() > 0 {
		if err := toFile(c.file(s, ".txt"), func(w io.Writer) error { _, err := said.WriteTo(w); return err }); err != nil {
			return p, false, err
		}
	}
	return p, false, writePart(file, &p)
}
