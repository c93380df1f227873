package defect_test

import (
	"testing"

	"roadbook/pilot/scene"
	"roadbook/pilot/scene/defect"
)

// Every seeded defect is refused by the limits of a release, and the stack without one passes them.
func TestDefectsAreRefused(t *testing.T) {
	results, err := defect.Trial(t.Context(), scene.DefaultStack(), defect.Default(), defect.All())
	if err != nil {
		t.Fatal(err)
	}
	for i := range results {
		r := &results[i]
		if r.Refused() == (r.Defect.Name == "") {
			t.Errorf("defect %q: refused is %v: %v", r.Defect.Name, r.Refused(), r.Verdict.Err())
			continue
		}
		t.Logf("%q: %v", r.Defect.Name, r.Verdict.Err())
	}
	for _, c := range defect.Check(results) {
		if c.Failed != 0 || c.Passed != 1 {
			t.Errorf("%+v", c)
		}
	}
}
