package passport_test

import (
	"encoding/json"
	"strings"
	"testing"

	"roadbook/fault"
	"roadbook/supply/passport"
)

func TestValues(t *testing.T) {
	c := passport.NewCatalogue()
	for _, row := range []struct{ attribute, in, want, at, why string }{
		{"state_of_charge", `81.50`, `81.5`, "", "one number has one spelling"},
		{"state_of_charge", `"81.5"`, `81.5`, "", "a command line sends texts"},
		{"state_of_charge", `-0`, `0`, "", "there is one zero"},
		{"state_of_charge", `0100`, `100`, "", "of a text the zeros before it"},
		{"state_of_charge", `100.1`, "", "/value", "percent end at 100"},
		{"state_of_charge", `-1`, "", "/value", "percent begin at 0"},
		{"state_of_charge", `1e1`, "", "/value", "no exponents"},
		{"state_of_charge", `"NaN"`, "", "/value", "not a number"},
		{"state_of_charge", `null`, "", "/value", "nothing is no number: it is missing"},
		{"state_of_charge", `true`, "", "/value", "not a number"},
		{"state_of_charge", `0.1234567890123456789`, "", "/value", "finer than can be meant"},
		{"state_of_certified_energy", `100.4`, `100.4`, "", "a new battery may measure better than it is certified"},
		{"capacity_fade", `-0.5`, `-0.5`, "", "a new battery may hold more than it is rated for"},
		{"original_power", `220000.5`, "", "/value", "watts are whole"},
		{"original_power", `220000.0`, `220000`, "", "watts are whole"},
		{"battery_mass", `0`, "", "/value", "nothing weighs nothing"},
		{"manufacturing_date", `"2026-11"`, `"2026-11"`, "", "month and year"},
		{"manufacturing_date", `"2026-13"`, "", "/value", "no such month"},
		{"manufacturing_date", `"2026-11-05"`, "", "/value", "month and year"},
		{"service_date", `"2026-02-30"`, "", "/value", "no such day"},
		{"battery_status", `"re-used"`, `"re-used"`, "", "a word of Annex XIII 4(c)"},
		{"battery_status", `"used"`, "", "/value", "no word of Annex XIII 4(c)"},
		{"battery_chemistry", `"LFP"`, `"LFP"`, "", ""},
		{"battery_chemistry", `" "`, "", "/value", "an empty text says nothing"},
		{"battery_chemistry", `"a\u0000b"`, "", "/value", "control characters"},
		{"battery_chemistry", `"LFP" "NMC"`, "", "/value", "two values"},
		{"declaration_of_conformity", `"https://x.example/doc.pdf"`, `"https://x.example/doc.pdf"`, "", ""},
		{"declaration_of_conformity", `"javascript:alert(1)"`, "", "/value", "only addresses of pages"},
		{"declaration_of_conformity", `"https://user:pw@x.example/"`, "", "/value", "no credentials in an address"},
		{"extinguishing_agent", `["water","D"]`, `["water","D"]`, "", ""},
		{"extinguishing_agent", `[]`, "", "/value", "an empty list says nothing"},
		{"extinguishing_agent", `["water",""]`, "", "/value/1", "an empty entry says nothing"},
		{"electrode_materials", `[{"name":"lithium","cas":"7439-93-2","part":"cathode","percent":4.20}]`,
			`[{"name":"lithium","cas":"7439-93-2","part":"cathode","percent":4.2}]`, "", "the CAS number of lithium"},
		{"electrode_materials", `[{"name":"lithium","cas":"7439-93-3"}]`, "", "/value/0/cas", "its check digit is 2"},
		{"electrode_materials", `[{"name":"lithium","percent":101}]`, "", "/value/0/percent", "more than all"},
		{"electrode_materials", `[{"name":"lithium","mass":1}]`, "", "/value", "an unknown field is a slip"},
		{"manufacturer", `[{"name":"CATL","address":"Ningde","country":"CN","web":"https://catl.example","email":"a@catl.example"}]`,
			`[{"name":"CATL","address":"Ningde","country":"CN","web":"https://catl.example","email":"a@catl.example"}]`, "", ""},
		{"manufacturer", `[{"name":"CATL","address":"Ningde","country":"China"}]`, "", "/value/0/country", "two letters"},
		{"manufacturer", `[{"name":"CATL","address":"Ningde","country":"CN","email":"A <a@x>"}]`, "", "/value/0/email", "an address without a name"},
		{"initial_resistance", `{"pack":0.0610,"cell":0.0005}`, `{"pack":0.061,"cell":0.0005}`, "", ""},
		{"initial_resistance", `{"cell":0.0005}`, "", "/value/pack", "that of the pack is owed"},
		{"initial_resistance", `{"pack":-1}`, "", "/value/pack", "no resistance is negative"},
	} {
		a, err := c.Of(row.attribute)
		if err != nil {
			t.Fatal(err)
		}
		got, err := a.Form.Value([]byte(row.in))
		var f *fault.Error
		if err != nil {
			f, _ = err.(*fault.Error)
		}
		switch {
		case row.at == "" && (err != nil || string(got) != row.want):
			t.Errorf("%s %s: %s, %v; want %s (%s)", row.attribute, row.in, got, err, row.want, row.why)
		case row.at != "" && (f == nil || f.Kind != fault.Invalid || f.Pointer != row.at):
			t.Errorf("%s %s: %s, %v; want a refusal at %s (%s)", row.attribute, row.in, got, err, row.at, row.why)
		}
	}
	a, err := c.Of("battery_chemistry")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Form.Value([]byte(`"` + strings.Repeat("x", passport.MaxValue) + `"`)); err == nil {
		t.Error("a value without end is taken")
	}
}

// FuzzValue feeds outside bytes to every attribute: what is taken is JSON, and is taken again unchanged.
func FuzzValue(f *testing.F) {
	all := passport.Attributes()
	for i, s := range []string{`81.5`, `"81.5"`, `"2026-11"`, `"https://x.example"`, `["a"]`, `[{"name":"lithium","cas":"7439-93-2","percent":"1.0"}]`,
		`{"pack":0.06,"cell":"0.0005"}`, `[{"name":"a","address":"b","country":"CN","email":"a@b"}]`, `null`, `-0.0`} {
		f.Add(uint8(i*9), []byte(s))
	}
	f.Fuzz(func(t *testing.T, which uint8, raw []byte) {
		a := all[int(which)%len(all)]
		got, err := a.Form.Value(raw)
		if err != nil {
			return
		}
		if !json.Valid(got) {
			t.Fatalf("%s: %q became %q", a.ID, raw, got)
		}
		again, err := a.Form.Value(got)
		if err != nil || string(again) != string(got) {
			t.Fatalf("%s: %q became %q and that %q: %v", a.ID, raw, got, again, err)
		}
	})
}
