package scenario_test

import (
	"strings"
	"testing"

	"roadbook/app/scenario"
	"roadbook/examples"
)

func TestTheFoundingCaseReads(t *testing.T) {
	s, err := scenario.Parse(examples.Xiaomi2023)
	if err != nil {
		t.Fatal(err)
	}
	if s.HardwareMargin.Value != "0.01" || s.Exclusions[0].Supplier != "byd" || s.Exclusions[0].Reason == "" {
		t.Fatalf("the founding facts are not those of the case: %+v", s)
	}
}

func TestParseRefuses(t *testing.T) {
	good := string(examples.Xiaomi2023)
	for _, c := range []struct{ why, old, new, want string }{
		{"a figure without a source is a guess", `date: 2023-08-22, level: R, source: "Press, August 2023: the maker aims at a 1 % margin on car sales"`, "level: R", "/hardware_margin/source"},
		{"a figure without a date cannot be judged later", `rate: "7.20", date: 2023-08-01, level: A`, `rate: "7.20", level: A`, "/rates/0/date"},
		{"a level that nobody defined", `rate: "7.20", date: 2023-08-01, level: A`, `rate: "7.20", date: 2023-08-01, level: Z`, "/rates/0/level"},
		{"a misspelt key must not be ignored", "hardware_margin:", "hardware_margn:", "hardware_margn"},
		{"packs for more cars than are built", "share: 60", "share: 70", "sum to 110"},
		{"a negative price", `unit: "14500"`, `unit: "-14500"`, "/model/bom/0"},
		{"money is no float in disguise", `unit: "14500"`, `unit: "1e4"`, "/model/bom/0"},
		{"an unknown currency", "currency: CNY\nmarket", "currency: XXY\nmarket", "/currency"},
	} {
		in := strings.Replace(good, c.old, c.new, 1)
		if in == good {
			t.Fatalf("%s: the row does not change the file", c.why)
		}
		if _, err := scenario.Parse([]byte(in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.why, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(examples.Xiaomi2023)
	f.Add([]byte("name: x\nmodel: {id: 1}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := scenario.Parse(b); err == nil && s.Name == "" {
			t.Fatal("accepted without a name")
		}
	})
}
