package record_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roadbook/evidence"
	"roadbook/outlook/record"
	"roadbook/outlook/record/recordtest"
	"roadbook/period"
)

// What was known on a day does not depend on what became known later, nor on the order in which records came; and every
// record that was known is somewhere in the view.
func TestTheViewOfADayNeverChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		var all []record.Record
		for i := range n {
			r := recordtest.Of(fmt.Sprint("r", i), fmt.Sprintf("m/2024Q%d/x", rapid.IntRange(1, 2).Draw(t, "q")), float64(rapid.IntRange(0, 3).Draw(t, "v")),
				period.Date(fmt.Sprintf("2024-01-%02d", rapid.IntRange(1, 6).Draw(t, "day"))))
			r.Definition = rapid.SampledFrom([]string{"", "operating loss", "net loss"}).Draw(t, "definition")
			r.Level = rapid.SampledFrom(evidence.Levels).Draw(t, "level")
			if i > 0 && rapid.Bool().Draw(t, "corrects") {
				if old := all[rapid.IntRange(0, i-1).Draw(t, "which")]; record.Supersede(r, old) == nil {
					r.Supersedes = old.ID
				}
			}
			all = append(all, r)
		}
		asOf := period.Date(fmt.Sprintf("2024-01-%02d", rapid.IntRange(1, 6).Draw(t, "asof")))
		var known []record.Record
		for _, r := range all {
			if r.Known(asOf) {
				known = append(known, r)
			}
		}
		shuffled := rapid.Permutation(all).Draw(t, "order")
		a, b := record.At(known, asOf), record.At(shuffled, asOf)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatalf("the view of %s changed:\n%s", asOf, diff)
		}
		corrected := map[string]bool{}
		for _, r := range known {
			corrected[r.Supersedes] = true
		}
		seen := map[string]bool{}
		for _, f := range a {
			if corrected[f.ID] {
				t.Fatalf("%s counts and is corrected", f.ID)
			}
			for _, list := range [][]record.Record{{f.Record}, f.Conflicts, f.Superseded} {
				for _, r := range list {
					if seen[r.ID] || r.Key != f.Key || record.Measure(r.Definition) != record.Measure(f.Definition) {
						t.Fatalf("%s twice, or on another key or definition", r.ID)
					}
					seen[r.ID] = true
				}
			}
			for _, c := range f.Conflicts {
				if c.Vintage != f.Vintage {
					t.Fatalf("a conflict of another day")
				}
			}
		}
		for _, r := range known {
			if !seen[r.ID] && !corrected[r.ID] {
				t.Fatalf("%s is not in the view", r.ID)
			}
		}
	})
}
