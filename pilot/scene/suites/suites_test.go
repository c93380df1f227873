package suites_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"roadbook/fault"
	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/suites"
)

// Whatever a release needs is known by its manifest, and what runs has that manifest.
func TestKnown(t *testing.T) {
	known := map[string]string{}
	for _, s := range suites.Known() {
		if known[s.Name] != "" {
			t.Errorf("%s is known twice", s.Name)
		}
		known[s.Name] = s.Manifest()
	}
	for _, r := range suites.Policy().Suites {
		if len(r.Digests) != 1 || r.Digests[0] != known[r.Name] {
			t.Errorf("any suite named %s will do: %v", r.Name, r.Digests)
		}
	}
	for _, r := range bundle.Default().Suites {
		if len(r.Digests) != 0 {
			t.Errorf("the policy changes the one it is made of: %+v", r)
		}
	}
	var told []string
	o := suites.Options{Sample: 3, Progress: func(done, total int, doing string) {
		if done > total || doing == "" {
			t.Errorf("%d of %d, %q", done, total, doing)
		}
		told = append(told, doing)
	}}
	ran := 0
	for _, name := range []string{"grid", "ncap", "noise", "checker", bundle.Lane, bundle.Rules} {
		s, err := suites.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		found, err := s.Run(t.Context(), o, &bytes.Buffer{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		cases := int64(0)
		for _, f := range found {
			if f.Manifest() != known[f.Name] {
				t.Errorf("%s ran as %s, and is known as %s", f.Name, f.Manifest(), known[f.Name])
			}
			if f.Replay.Differ != 0 {
				t.Errorf("%s: %d of %d replays differ", f.Name, f.Replay.Differ, f.Replay.Again)
			}
			cases += f.Defined
		}
		if ran += len(found); cases != int64(s.Cases) {
			t.Errorf("%s has %d cases, and says %d", name, cases, s.Cases)
		}
	}
	if ran != 8 || !slices.Contains(told, "grid/cut_out") {
		t.Errorf("%d suites ran; told of %v", ran, told)
	}
}

func TestNoSuite(t *testing.T) {
	if _, err := suites.Named("grids"); fault.CodeOf(err) != "suite" || !strings.Contains(err.Error(), "soak") {
		t.Errorf("%v, want a refusal that names the suites", err)
	}
	s, err := suites.Named(bundle.ALKS)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run(t.Context(), suites.Options{}, &bytes.Buffer{}); fault.CodeOf(err) != "data_missing" {
		t.Errorf("without its files: %v", err)
	}
}

// The stack is named by what the bundle holds of it.
func TestStack(t *testing.T) {
	a, err := suites.Stack()
	b, _ := suites.Stack()
	if err != nil || len(a.Parameters) != 4 || len(a.ODD) != 64 || !slices.Equal(a.Parameters, b.Parameters) || a.ODD != b.ODD {
		t.Errorf("%+v, %v", a, err)
	}
}
