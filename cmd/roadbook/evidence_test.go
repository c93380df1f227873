package main

import (
	"encoding/json"
	"os"
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"

	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/bundle/bundletest"
)

func keep(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: keep NAME RE")
	}
	re, err := regexp.Compile(args[1])
	ts.Check(err)
	found := re.FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) != 2 {
		ts.Fatalf("%s does not find one thing in %s", args[1], ts.ReadFile("stdout"))
	}
	ts.Setenv(args[0], found[1])
}

// part writes what suites would have found, so that a story needs no minutes of driving.
func part(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: part passing|sample|worse FILE")
	}
	b := bundletest.Passing(nil, "R157:RB1-1")
	grid := b.Suite(bundle.CutIn)
	switch args[0] {
	case "passing":
	case "sample":
		k := &grid.Slow
		grid.Ran, k.Cases, k.Avoidable, k.Bound = grid.Ran-1000, k.Cases-1000, k.Avoidable-1000, k.Bound-1000
	case "worse":
		grid.Fast.Collided, grid.Fast.CollidedAvoidable = 2, 2
		grid.Comfort.Jerk = 6.5
	default:
		ts.Fatalf("no part is %s", args[0])
	}
	b.Sort()
	raw, err := json.Marshal(bundle.Part{Format: bundle.PartFormat, Suites: b.Suites, Parameters: b.Subject.Parameters, ODD: b.Subject.ODD, Runner: &b.Runner, Speed: &b.Speed})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), raw, 0o600))
}

func tamper(ts *testscript.TestScript, _ bool, args []string) {
	b := []byte(ts.ReadFile(args[0]))
	b[len(b)/2] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o600))
}
