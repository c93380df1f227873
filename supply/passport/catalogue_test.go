package passport_test

import (
	"slices"
	"strings"
	"testing"

	"roadbook/evidence"
	"roadbook/supply/passport"
)

// TestCatalogueIsTheSpec counts what DIN DKE SPEC 99100:2025-02 lists.
func TestCatalogueIsTheSpec(t *testing.T) {
	want := map[passport.Cluster]int{passport.Identity: 11, passport.Labels: 7, passport.Carbon: 9, passport.Diligence: 3,
		passport.Materials: 5, passport.Circularity: 16, passport.Performance: 42}
	got := map[passport.Cluster]int{}
	seen := map[string]string{}
	once := func(what, s, id string) {
		if had, ok := seen[what+s]; ok && s != "" {
			t.Errorf("%s and %s have the same %s %q", had, id, what, s)
		}
		seen[what+s] = id
	}
	all := passport.Attributes()
	for i, a := range all {
		got[a.Cluster]++
		once("id", a.ID, a.ID)
		once("name", a.Name, a.ID)
		once("clause", a.Clause, a.ID)
		once("term", a.Term, a.ID) // two attributes of one term would become one in JSON-LD
		chapter := "6." + string(rune('1'+slices.Index(passport.Clusters, a.Cluster))) + "."
		if !strings.HasPrefix(a.Clause, chapter) {
			t.Errorf("%s: clause %s is not of %s", a.ID, a.Clause, a.Cluster)
		}
		if i > 0 && slices.Index(passport.Clusters, a.Cluster) < slices.Index(passport.Clusters, all[i-1].Cluster) {
			t.Errorf("%s is out of order", a.ID)
		}
	}
	for c, n := range want {
		if got[c] != n {
			t.Errorf("%s: %d attributes, the SPEC has %d", c, got[c], n)
		}
	}
	if len(all) != 93 {
		t.Errorf("%d attributes, the SPEC has 93", len(all))
	}
}

// TestEveryRowSaysEverything walks each row: a slip in one of 93 lines of data must not pass.
func TestEveryRowSaysEverything(t *testing.T) {
	kinds := []passport.Kind{passport.Number, passport.Whole, passport.Text, passport.Choice, passport.Month, passport.Date, passport.Link,
		passport.Texts, passport.Parties, passport.Substances, passport.PerPart}
	for _, a := range passport.Attributes() {
		switch {
		case len(a.Needs) != len(passport.Categories) || strings.Trim(string(a.Needs), "MCON") != "":
			t.Errorf("%s: needs %q", a.ID, a.Needs)
		case !slices.Contains(passport.Accesses, a.Access), !slices.Contains(passport.Origins, a.Origin), !slices.Contains(passport.Grains, a.Grain):
			t.Errorf("%s: access %q, origin %q or grain %q is none", a.ID, a.Access, a.Origin, a.Grain)
		case !slices.Contains(kinds, a.Form.Kind):
			t.Errorf("%s: no kind %q", a.ID, a.Form.Kind)
		case (a.Form.Kind == passport.Number || a.Form.Kind == passport.Whole || a.Form.Kind == passport.PerPart) && a.Form.Min >= a.Form.Max:
			t.Errorf("%s: no number is within %v and %v", a.ID, a.Form.Min, a.Form.Max)
		case strings.Contains(string(a.Needs), "M") && a.Basis == "":
			t.Errorf("%s is mandatory and names no article or annex", a.ID)
		case a.Level == evidence.Uncertain && a.Note == "":
			t.Errorf("%s is uncertain and does not say why", a.ID)
		case a.Level != evidence.Reported && a.Level != evidence.Uncertain:
			t.Errorf("%s: level %q", a.ID, a.Level)
		case a.Dynamic && a.Grain != passport.Item:
			t.Errorf("%s changes with use and is not of one battery", a.ID)
		case a.Dynamic && a.Access == passport.Public:
			t.Errorf("%s is data of one battery's use, Annex XIII 4, and public", a.ID)
		case a.Origin == passport.Telemetry && !a.Dynamic:
			t.Errorf("%s comes from the car and never changes", a.ID)
		}
	}
}

// TestWhatTheRegulationSays pins single rows to the text that they come from.
func TestWhatTheRegulationSays(t *testing.T) {
	c := passport.NewCatalogue()
	for _, row := range []struct {
		id       string
		category passport.Category
		need     passport.Need
		access   passport.Access
		why      string
	}{
		{"capacity_fade", passport.EV, passport.Mandatory, passport.Individual, "XIII 4(a) with IV A(1)"},
		{"state_of_certified_energy", passport.EV, passport.Mandatory, passport.Individual, "VII A: state of health of EV batteries"},
		{"state_of_certified_energy", passport.LMT, passport.NotOwed, passport.Individual, "VII A: only of EV batteries"},
		{"state_of_charge", passport.EV, passport.Mandatory, passport.Individual, "XIII 4(d)"},
		{"power_fade", passport.EV, passport.Mandatory, passport.Individual, "XIII 4(a) with IV A(2)"},
		{"efficiency_fade", passport.EV, passport.Mandatory, passport.Individual, "XIII 4(a) with IV A(4)"},
		{"resistance_increase", passport.EV, passport.Mandatory, passport.Individual, "XIII 4(a) with IV A(3)"},
		{"full_cycles", passport.EV, passport.Mandatory, passport.Individual, "XIII 4(d)"},
		{"accidents", passport.EV, passport.Mandatory, passport.Individual, "XIII 4(d)"},
		{"remaining_capacity", passport.LMT, passport.Mandatory, passport.Individual, "VII A: state of health of LMT batteries"},
		{"remaining_power", passport.Stationary, passport.Conditional, passport.Individual, "VII A: where possible"},
		{"deep_discharges", passport.Stationary, passport.Mandatory, passport.Individual, "VII B(4)"},
		{"deep_discharges", passport.EV, passport.Optional, passport.Individual, "VII B is not of EV batteries"},
		{"exhaustion_threshold", passport.EV, passport.Mandatory, passport.Public, "XIII 1(k): only for EV batteries"},
		{"exhaustion_threshold", passport.Industrial, passport.NotOwed, passport.Public, "XIII 1(k): only for EV batteries"},
		{"electrode_materials", passport.EV, passport.Mandatory, passport.Shared, "XIII 2(a)"},
		{"component_part_numbers", passport.EV, passport.Mandatory, passport.Shared, "XIII 2(b)"},
		{"dismantling_manuals", passport.EV, passport.Mandatory, passport.Shared, "XIII 2(c)"},
		{"safety_measures", passport.EV, passport.Mandatory, passport.Shared, "XIII 2(d)"},
		{"test_reports", passport.EV, passport.Mandatory, passport.Control, "XIII 3"},
		{"hazardous_substances", passport.EV, passport.Mandatory, passport.Public, "XIII 1(b)"},
		{"rated_capacity", passport.EV, passport.Mandatory, passport.Public, "XIII 1(g)"},
		{"expected_cycles", passport.Industrial, passport.Conditional, passport.Public, "Art. 10: except for non-cycle applications"},
		{"battery_status", passport.EV, passport.Mandatory, passport.Individual, "XIII 4(c)"},
	} {
		a, err := c.Of(row.id)
		if err != nil {
			t.Fatal(err)
		}
		if a.Needs.Of(row.category) != row.need || a.Access != row.access {
			t.Errorf("%s of %s is %s, %s; want %s, %s (%s)", row.id, row.category, a.Needs.Of(row.category), a.Access, row.need, row.access, row.why)
		}
		if row.need == passport.Mandatory && a.Access == passport.Individual && a.ID != passport.BatteryStatus && a.Origin != passport.Telemetry {
			t.Errorf("%s comes from %s, want telemetry", row.id, a.Origin)
		}
	}
	if passport.Needs("MM").Of("solar") != passport.NotOwed {
		t.Error("a category that there is not owes something")
	}
}

// TestWhoMayRead is the whole table of Art. 77(2): what is not in it is not allowed.
func TestWhoMayRead(t *testing.T) {
	allowed := map[passport.Reader][]passport.Access{
		passport.Anyone:    {passport.Public},
		passport.Interest:  {passport.Public, passport.Shared, passport.Individual},
		passport.Authority: {passport.Public, passport.Shared, passport.Control},
		passport.Maker:     passport.Accesses,
		"somebody":         {},
		"":                 {},
	}
	for r, want := range allowed {
		for _, a := range append(slices.Clone(passport.Accesses), "", "secret") {
			if r.May(a) != slices.Contains(want, a) {
				t.Errorf("%q may read %q: %v", r, a, r.May(a))
			}
		}
	}
	for _, r := range passport.Readers {
		if got, err := passport.ParseReader(string(r)); err != nil || got != r {
			t.Errorf("%s: %v", r, err)
		}
	}
	if _, err := passport.ParseReader("root"); err == nil {
		t.Error("a reader that there is not is taken")
	}
}
