package openx_test

import (
	"errors"
	"io/fs"
	"os"
	"sort"
	"strings"
	"testing"

	"roadbook/pilot/scene/openx"
)

// data is the folder of test scenarios; they are read in place.
const data = "../../../../shared/data/osc-alks/logical_scenarios"

func folder(t testing.TB) fs.FS {
	t.Helper()
	if _, err := os.Stat(data); err != nil {
		t.Fatalf("the test scenarios are not at %s: %v", data, err)
	}
	return os.DirFS(data)
}

func glob(t testing.TB, pattern string) []string {
	t.Helper()
	list, err := fs.Glob(folder(t), pattern)
	if err != nil || len(list) == 0 {
		t.Fatalf("no files %s in %s: %v", pattern, data, err)
	}
	sort.Strings(list)
	return list
}

func TestEveryTemplateLoads(t *testing.T) {
	cov := openx.NewCoverage()
	l := openx.NewLibrary(folder(t), cov)
	list := glob(t, "concrete_scenarios/*_template.xosc")
	if len(list) != 15 {
		t.Fatalf("%d templates, want 15", len(list))
	}
	for _, f := range list {
		s, err := l.Load(f, nil)
		if err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		var e openx.Engine
		e.Reset(s)
		for !e.Ended && e.Now < 400_000 {
			e.Trigger()
			if e.Now == 299 && e.Engaged || e.Now == 300 && !e.Engaged {
				t.Errorf("%s: engaged %v at tick %d, want from 300 on", f, e.Engaged, e.Now)
			}
			e.Engaged = e.Engaged && e.Now < 301
			e.Move()
		}
		if !e.Ended {
			t.Errorf("%s never ends", f)
		}
		t.Logf("%s: %d ticks, %v", s.Name(), e.Now, e.States)
	}
	t.Logf("%d names read, %d ignored", len(cov.Read), len(cov.Ignored))
}

// TestProduct counts the cases of all variations: the published product, and what its constraints leave.
func TestProduct(t *testing.T) {
	l := openx.NewLibrary(folder(t), nil)
	total, kept := 0, 0
	list := glob(t, "*_variation*.xosc")
	if len(list) != 15 {
		t.Fatalf("%d variations, want 15", len(list))
	}
	for _, f := range list {
		v, err := l.Variation(f)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		step, run, drop := max(1, v.Cases/500), 0, 0
		for i := 0; i < v.Cases; i += step {
			_, err := l.Load(v.Scenario, v.Case(i))
			var broken *openx.Violation
			switch {
			case errors.As(err, &broken):
				drop++
			case err != nil:
				t.Fatalf("%s case %d: %v", f, i, err)
			default:
				run++
			}
		}
		total += v.Cases
		kept += run
		t.Logf("%-80s %6d cases; of every %d: %d run, %d discarded", f, v.Cases, step, run, drop)
	}
	if total != 121_060 {
		t.Errorf("%d cases in all, want 121060", total)
	}
	if kept == 0 {
		t.Error("constraints leave nothing")
	}
}

func TestVariationOfUnknownParameter(t *testing.T) {
	l := openx.NewLibrary(folder(t), nil)
	_, err := l.Load("concrete_scenarios/alks_scenario_4_1_1_free_driving_template.xosc", []openx.Assignment{{Name: "Nobody", Value: "1"}})
	if err == nil || !strings.Contains(err.Error(), "Nobody") {
		t.Errorf("%v, want a refusal that names the parameter", err)
	}
}
