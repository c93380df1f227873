package console

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"roadbook/fault"
)

func (f *fixture) scene() SceneRow {
	return SceneRow{ID: "rel_24", Name: "Highway pilot 2.4.0", RXSWIN: "R157:RB1-2026.11", State: "refused", Bundles: 2, Made: at("2026-11-26T12:00:00Z"), Released: at("2026-11-25T12:00:00Z"),
		Reasons: []string{"suite grid/cut_in: hard braking where keeping speed is safe: 2.25 %, at most 2 %", "suite alks is required and did not run"}}
}

func (f *fixture) Scenes(context.Context) (Scenes, error) {
	return Scenes{AsOf: today, Rows: []SceneRow{f.scene(), {ID: "rel_23", Name: "Highway pilot 2.3.0", State: "refused", Reasons: []string{"it does not declare its software"}}}}, nil
}

func (f *fixture) Scene(_ context.Context, release string) (Scene, error) {
	if release == "rel_23" {
		return Scene{SceneRow: SceneRow{ID: release, Name: "Highway pilot 2.3.0", State: "refused", Reasons: []string{"it does not declare its software"}}, AsOf: today, Image: strings.Repeat("ab", 32)}, nil
	}
	if release != "rel_24" {
		return Scene{}, fault.New(fault.NotFound, "no_such_release", "no release %.80q", release)
	}
	return Scene{SceneRow: f.scene(), AsOf: today, Image: strings.Repeat("ab", 32), Evidence: strings.Repeat("cd", 32), Shipped: "R157:RB1-2026.10",
		Figures: []SceneFigure{{Suite: "grid/cut_in", Title: "collisions that a reference model avoids, up to 60 km/h", Value: "0", Limit: "≤ 0", Shipped: "0"},
			{Suite: "grid/cut_in", Title: "hard braking where keeping speed is safe", Value: "2.25 %", Limit: "≤ 2 %", Shipped: "0.5 %", Broken: true, Regressed: true}},
		Suites: []SceneSuite{{Name: "grid/cut_in", Digest: strings.Repeat("ef", 32), Ran: 30_000, Avoidable: "21,044", Collided: "3 (0.00 to 0.04 %)", Bound: "7 (0.02 to 0.07 %)", Phantom: "20 (1.5 to 2.9 %)",
			Models: []Figure{{Label: "cc", Value: "411"}, {Label: "fsm", Value: "120"}}, Failing: []Figure{{Label: "cut_in-00417", Value: "collision, avoided by fsm"}}}},
		Identity: []Figure{{Label: "pilot", Value: strings.Repeat("12", 32)}, {Label: "Operational design domain", Value: strings.Repeat("34", 32)}}}, nil
}

func TestScenePages(t *testing.T) {
	h := handler(newFixture(t))
	for path, says := range map[string][]string{
		"/scenes":           {"not type approval", "Highway pilot 2.4.0", "R157:RB1-2026.11", "2.25 %, at most 2 %", "and 1 more", "it does not declare its software", `href="/scenes/rel_24"`},
		"/scenes/rel_24":    {"not type approval", "misses the limit, and worse than shipped", "Suite alks is required and did not run.", "R157:RB1-2026.10", "3 (0.00 to 0.04 %)", "fsm 120", "cut_in-00417", "<code>roadbook scene show ID -o page.html</code>", strings.Repeat("ab", 32)},
		"/campaigns/cmp_24": {`href="/scenes/rel_24"`, "2 bundles of evidence"},
	} {
		status, body, _ := get(t, h, path)
		if status != http.StatusOK {
			t.Fatalf("%s: %d", path, status)
		}
		for _, s := range says {
			if !strings.Contains(body, s) {
				t.Errorf("%s does not say %q", path, s)
			}
		}
	}
	if status, _, _ := get(t, h, "/scenes/rel_9"); status != http.StatusNotFound {
		t.Errorf("an unknown release: %d", status)
	}
}

func TestHeld(t *testing.T) {
	for want, f := range map[string]SceneFigure{"holds": {Limit: "≤ 0", Shipped: "–"}, "–": {Limit: "told only", Shipped: "–"}, "misses the limit": {Broken: true}, "worse than shipped": {Regressed: true}, "misses the limit, and worse than shipped": {Broken: true, Regressed: true}} {
		if got := f.held(); got != want {
			t.Errorf("%+v: %q, want %q", f, got, want)
		}
	}
}
