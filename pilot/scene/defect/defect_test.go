package defect_test

import (
	"strings"
	"testing"

	"roadbook/pilot/scene"
	"roadbook/pilot/scene/defect"
)

// Every seeded defect is refused by the limits of a release, because of the defect; the stack without one passes them.
func TestDefectsAreRefused(t *testing.T) {
	sample := defect.Default()
	sample.Cases /= 2 // a test under the race detector has to end
	results, err := defect.Trial(t.Context(), scene.DefaultStack(), sample, defect.All(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != len(defect.All())+1 || results[0].Defect.Name != "" {
		t.Fatalf("%d results", len(results))
	}
	t.Run("the stack as it is passes", func(t *testing.T) {
		if results[0].Refused() {
			t.Error(results[0].Verdict.Err())
		}
	})
	for i, r := range results[1:] {
		t.Run(r.Defect.Name, func(t *testing.T) {
			if !r.Refused() {
				t.Errorf("%s: nothing is said against it", r.Defect.Title)
			}
			regressed := 0
			for _, f := range r.Because {
				t.Log(f.Text)
				if f.Code == "regression" {
					regressed++
				}
			}
			if regressed == 0 {
				t.Error("it is not seen to be worse than the stack as it is")
			}
			if c := defect.Check(results)[i+1]; c.Failed != 0 || c.Passed != 1 || !strings.Contains(c.Name, r.Defect.Title) {
				t.Errorf("%+v", c)
			}
		})
	}
}

// A trial of nothing catches nothing: what refuses is the defect and not the trial.
func TestNoDefectNoRegression(t *testing.T) {
	results, err := defect.Trial(t.Context(), scene.DefaultStack(), defect.Sample{Seed: 5, Cases: 60}, []defect.Defect{{Name: "none", Title: "nothing is wrong"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if results[1].Refused() {
		t.Errorf("%+v", results[1].Because)
	}
	if c := defect.Check(results)[1]; c.Failed != 1 {
		t.Errorf("a defect that nobody sees passes the check: %+v", c)
	}
}
