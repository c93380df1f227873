package forecast

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/outlook/chance"
)

// full is the text of the case that says everything.
func full(t testing.TB) string {
	b, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestParseRefuses(t *testing.T) {
	good := full(t)
	for _, r := range []struct{ why, old, new, at string }{
		{"a figure without a source is nobody's", "value: 73.6, source: invented for the test,", "value: 73.6,", "/inputs/11/source"},
		{"the fact has a day", "value: 73.6, source: invented for the test, date: 2025-01-01", "value: 73.6, source: invented for the test", "/inputs/11/date"},
		{"somebody entered it", "who: test, ", "", "/inputs/0/who"},
		{"what became known after the case's day is not known", "value: 73.6, source", "value: 73.6, vintage: 2026-02-01, source", "/inputs/11/vintage"},
		{"a level that nobody defined", "value: 73.6, source: invented for the test, date: 2025-01-01, level: A", "value: 73.6, source: x, date: 2025-01-01, level: Z", "/inputs/11/level"},
		{"a misspelt key has no effect and is refused", "quarters: 18", "quarter: 18", "quarter"},
		{"a horizon without end", "quarters: 18", "quarters: 81", "/quarters"},
		{"an unknown currency", "currency: CNY", "currency: XXY", "/currency"},
		{"a correlation above one", "rho: 0.5}", "rho: 1.5}", "/correlations/1/rho"},
		{"a correlation with itself", "of: [cell, li_mean]", "of: [cell, cell]", "/correlations/3/of"},
		{"three of a pair", "of: [cell, li_mean]", "of: [cell, li_mean, lce]", "/correlations/3/of"},
		{"a pair given twice", "of: [cell, li_mean]", "of: [sedan_price, sedan_volume]", "/correlations/3/of"},
		{"what is known does not correlate", "of: [cell, li_mean]", "of: [cell, lce]", "/correlations/3/of/1"},
		{"an input that is not there", "base: sedan_price", "base: sedan_prize", "/models/0/price/base"},
		{"a negative number of cars", "value: 136854", "value: -5", `"old_1" is used at /fleet/0/cars`},
		{"a law that reaches below zero cars", "dist: lognormal, p5: 60000, p95: 140000", "dist: normal, mean: 60000, sd: 20000", "/inputs/0"},
		{"a share above one", "name: con_renewal, dist: beta, a: 30, b: 70", "name: con_renewal, value: 1.2", "/inputs/"},
		{"an uncertain whole number", "name: lag, value: 1", "name: lag, dist: uniform, min: 0, max: 2", "/inputs/17"},
		{"half a quarter", "name: lag, value: 1", "name: lag, value: 1.5", "/inputs/17"},
		{"margin and cost at once", "gross_margin: {base: suv_margin, drift: margin_drift}", "gross_margin: {base: suv_margin, drift: margin_drift}\n    bom: {base: sedan_bom}", "/models/1/gross_margin"},
		{"a car without a cost", "    gross_margin: {base: suv_margin, drift: margin_drift}\n", "", "/models/1"},
		{"learning without a volume", "      volume: packs_so_far\n", "", "/models/0/pack/learning"},
		{"a floor above the cap", "name: collar_floor, value: 60", "name: collar_floor, value: 200", "/models/0/pack/contents/0/floor"},
		{"attach and adoption at once", "attach: {base: con_attach}", "attach: {base: con_attach}\n    adoption: {kind: bass, ceiling: app_ceiling, p: app_p, q: app_q}", "/products/0/attach"},
		{"an adoption of its own kind", "kind: bass", "kind: fast", "/products/2/adoption/kind"},
		{"terms of its own", "terms: prepaid", "terms: barter", "/products/1/bundle/terms"},
		{"a season that is not there", "times: [china]}\n    price: {base: suv_price", "times: [france]}\n    price: {base: suv_price", "/models/1/volume/times/0"},
		{"cars of the fleet are of the past", "quarter: 2024Q4, cars", "quarter: 2026Q1, cars", "/fleet/0/quarter"},
		{"gigabytes without a price", "  ota_cost: {base: per_gb, growth: conn_trend}\n", "", "/running/ota_gb"},
		{"a year that the case does not cover", "year: 2027", "year: 2040", "/asked/year"},
		{"certainty cannot be asked for", "probability: 0.5", "probability: 1", "/asked/probability"},
		{"a price floor at a margin of all", "margin: 0.01", "margin: 1", "/asked/margin"},
		{"an actual of no metric", "metric: deliveries", "metric: delights", "/actuals/0/metric"},
		{"an actual of no period", "period: 2025Q3", "period: autumn", "/actuals/0/period"},
		{"an input without effect", "{of: [cell, li_mean], rho: 0.3}", "{of: [cell, li_mean], rho: 0.3}", ""},
	} {
		in := strings.Replace(good, r.old, r.new, 1)
		if r.at == "" {
			in = strings.Replace(good, "inputs:\n", "inputs:\n  - {name: idle, value: 1, source: x, date: 2025-01-01, level: A}\n", 1)
			r.at = "/inputs/0"
		}
		if in == good {
			t.Fatalf("%s: the row does not change the file", r.why)
		}
		_, err := Parse([]byte(in))
		if err == nil || fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), r.at) {
			t.Errorf("%s: got %v, want a refusal at %s", r.why, err, r.at)
		}
	}
	if _, err := Parse(make([]byte, MaxSize+1)); fault.CodeOf(err) != "case_size" {
		t.Errorf("a file without end: %v", err)
	}
}

// A case is the same from YAML, from its own JSON, and its hash sees every figure.
func TestCaseAsJSON(t *testing.T) {
	c := load(t, "full.yaml")
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if c.Hash() != again.Hash() || len(c.Hash()) != 64 {
		t.Fatalf("hash %s of YAML, %s of JSON", c.Hash(), again.Hash())
	}
	v := 74.0
	again.Inputs[11].Value = &v
	if c.Hash() == again.Hash() {
		t.Fatal("another figure has the same hash")
	}
}

// proof is evidence for the figures of tests.
func proof() evidence.Evidence {
	return evidence.Evidence{Source: "invented", Date: "2025-01-01", Vintage: "2025-01-01", Who: "test", Level: evidence.Assumed}
}

// small makes a case of inputs by name; edit adds what they are used for.
func small(t testing.TB, inputs map[string]chance.Spec, edit func(c *Case)) Case {
	t.Helper()
	c := Case{Name: "small", Currency: "CNY", AsOf: "2026-01-01", Start: "2026Q1", Quarters: 8}
	order := []string{}
	for name := range inputs {
		order = append(order, name)
	}
	for _, name := range unique(order) {
		c.Inputs = append(c.Inputs, Input{Name: name, Spec: inputs[name], Evidence: proof()})
	}
	edit(&c)
	c.fill()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	return c
}

func at(name string) Path      { return Path{Base: name} }
func of(name string) *Path     { return &Path{Base: name} }
func is(v float64) chance.Spec { return chance.Known(v) }

func FuzzParse(f *testing.F) {
	b, err := os.ReadFile("FORMAT.md")
	if err != nil {
		f.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "```yaml\n")
	example, _, _ := strings.Cut(rest, "```")
	f.Add([]byte(example)) // the large cases are too slow to be varied
	f.Add([]byte("correlations:\n- {of: [0, 0, 0]}"))
	f.Add([]byte("correlations: ! "))
	f.Add([]byte("name: x\nmodels: [{id: a, volume: {by_year: {2026: v}}}]\ninputs: [{name: v, value: 1}]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Parse(b)
		if err != nil {
			return
		}
		// What is accepted can be computed.
		if len(c.Inputs) > 100 || c.Quarters > 24 {
			return
		}
		p, err := compile(&c, nil)
		if err != nil {
			return // a matrix that cannot be repaired
		}
		src, err := newSource(p.dims(), 1)
		if err != nil {
			t.Fatal(err)
		}
		frame := newFrame(p)
		frame.draw(src.scramble(0), 0)
		frame.run()
	})
}

// The example of FORMAT.md is a whole case and runs.
func TestFormatExample(t *testing.T) {
	b, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("FORMAT.md has no example")
	}
	c, err := Parse([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, c, quick(1))
	if r.Answer.Verdict != No || !strings.HasPrefix(r.Answer.Sentence, "No: the case has no software") || r.Years[0].Chance.SE <= 0 {
		t.Errorf("%s (%+v)", r.Answer.Sentence, r.Years[0].Chance)
	}
}
