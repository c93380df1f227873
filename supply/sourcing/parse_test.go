package sourcing_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"roadbook/fault"
	"roadbook/supply/sourcing"
)

func source(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("../../examples/xiaomi-2023/source.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestParseRefuses(t *testing.T) {
	good := source(t)
	for _, c := range []struct{ why, old, new, want string }{
		{"a figure without evidence", "default: {source: \"assumed; no public source found\", date: 2026-11-23, vintage: 2026-11-23, who: example, level: A}", "trims: {source: x, date: 2023-08-01, vintage: 2023-08-01, who: x, level: A}", "has no evidence"},
		{"evidence without a source", "value: 101, source: \"arenaev.com: first EV to run on CALB and CATL batteries (101 kWh pack spotted)\"", "value: 101", "/packs/1/kwh/source"},
		{"a reported figure from the future", "vintage: 2023-08-22, who: import, level: R}\n    holding", "vintage: 2024-08-22, who: import, level: R}\n    holding", "/packs/1/kwh/vintage"},
		{"a misspelt key", "capacity: 5500", "capacty: 5500", "capacty"},
		{"a negative capacity", "capacity: 5500", "capacity: -5500", "/suppliers/0/offers/0/capacity"},
		{"no capacity", "        capacity: 5500\n", "", "/suppliers/0/offers/0/capacity"},
		{"tiers that fall", "from: 45000", "from: 15000", "/suppliers/0/tiers/2/from"},
		{"a discount of everything", "discount: 0.045", "discount: 1.45", "/suppliers/0/tiers/3/discount"},
		{"probabilities beyond 1", "probability: 0.3", "probability: 0.4", "/scenarios"},
		{"demand for other periods", "periods: 24", "periods: 23", "/commodities/0/path"},
		{"an unknown pack", "packs: [lfp-73.6]", "packs: [lfp-99]", "/trims/0/packs/0"},
		{"an unknown supplier is excluded", "supplier: byd\n", "supplier: bid\n", "/exclusions/0/supplier"},
		{"an exclusion without a reason", "reason: legal conflict; not to be awarded until it is settled", "reason: \"\"", "/exclusions/0/reason"},
		{"an exclusion that nobody answers for", "owner: purchasing", "owner: \"\"", "/exclusions/0/owner"},
		{"an exclusion without its own evidence", "      who: purchasing\n", "", "/exclusions/0/evidence/who"},
		{"an exclusion that ends before it begins", "to: 2026-08-01", "to: 2023-07-01", "/exclusions/0/to"},
		{"an exclusion without a review", "    review: 2024-08-01\n", "", "/exclusions/0/review"},
		{"a collar upside down", "floor: 100, cap: 350", "floor: 400, cap: 350", "/suppliers/0/offers/0/price/index/0/floor"},
		{"a base that is all lithium", "at: 240, lag: 2", "at: 24000, lag: 2", "/suppliers/0/offers/0/price/base"},
		{"a currency without a rate", "    name: CATL\n", "    name: CATL\n    currency: USD\n", "/suppliers/0/currency"},
		{"an unknown currency", "currency: CNY", "currency: XXY", "/currency"},
		{"a risk without a level", "risk: {lambda: 0.3, alpha: 0.8}", "risk: {lambda: 0.3}", "/risk/alpha"},
		{"a share beyond all", "pack: lfp-73.6, share: 0.7", "pack: lfp-73.6, share: 7", "/rules/max_share/0/share"},
		{"half a supplier", "pack: lfp-73.6, suppliers: 2", "pack: lfp-73.6, suppliers: 1.5", "/rules/dual_source/0/suppliers"},
		{"no number", "capacity: 5500", "capacity: many", "/suppliers/0/offers/0/capacity"},
		{"a month that is none", "start: 2024-03", "start: 2024-13", "/start"},
	} {
		in := strings.Replace(good, c.old, c.new, 1)
		if in == good {
			t.Fatalf("%s: the row does not change the file", c.why)
		}
		_, err := sourcing.Parse([]byte(in))
		if err == nil || !strings.Contains(err.Error(), c.want) || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v, want a refusal with %q", c.why, err, c.want)
		}
	}
}

func TestExclusionOfAModelNeedsAPackOfItsOwn(t *testing.T) {
	c := example(t)
	c.Exclusions[0].Scope.Model = "road-1"
	if err := c.Check(); err != nil {
		t.Errorf("the standard trim has a pack of its own: %v", err)
	}
	c.Trims[1].Packs = append(c.Trims[1].Packs, "lfp-73.6")
	if err := c.Check(); err == nil || !strings.Contains(err.Error(), "/exclusions/0/scope/model") {
		t.Errorf("a pack in stock does not know its supplier, got %v", err)
	}
}

func TestACaseReadsBackFromJSON(t *testing.T) {
	c := example(t)
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func() (sourcing.Case, error){
		"Parse": func() (sourcing.Case, error) { return sourcing.Parse(b) },
		"json":  func() (d sourcing.Case, err error) { return d, json.Unmarshal(b, &d) },
	} {
		d, err := read()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d.Hash() != c.Hash() {
			t.Errorf("%s: another hash: the case changed on the way", name)
		}
	}
	c.Suppliers[0].Offers[0].MOQ.Value = "501"
	if d, _ := sourcing.Parse(b); d.Hash() == c.Hash() {
		t.Error("another minimum order, the same hash")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(source(f)))
	f.Add([]byte("name: x\ncurrency: CNY\nas_of: 2023-01-01\nstart: 2023-01\nperiods: 1\npacks: [{id: a, chemistry: b, kwh: 1, holding: 1}]\n"))
	f.Add([]byte(`{"name":"x","periods":1e9,"suppliers":[{"tiers":[{"from":{"value":"1e5"}}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := sourcing.Parse(b)
		if err != nil {
			return
		}
		if err := c.Check(); err != nil {
			t.Fatalf("accepted once, refused twice: %v", err)
		}
		if c.Periods*len(c.Packs) < 2000 { // what is accepted can be written as a program
			if _, err := sourcing.Problem(c); err != nil {
				t.Fatal(err)
			}
		}
	})
}
