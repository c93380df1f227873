package strict_test

import (
	"strings"
	"testing"

	"roadbook/strict"
)

type document struct {
	Name  string   `yaml:"name"`
	Pairs []string `yaml:"pairs"`
	Two   [2]int   `yaml:"two"`
}

func TestYAML(t *testing.T) {
	var d document
	if err := strict.YAML([]byte(`{"name": "a", "pairs": ["x"]}`), &d); err != nil || d.Name != "a" {
		t.Fatalf("%+v, %v", d, err)
	}
	for text, says := range map[string]string{
		"name: a\nnmae: b":      "unknown field",
		"":                      "empty",
		"name: [":               "[1:",
		"pairs: ! ":             "YAML",
		"two: [1, 2, 3, 4, 5]":  "YAML",
		"name: &a [*a, *a, *a]": "",
	} {
		err := strict.YAML([]byte(text), &document{})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want an error with %q", text, err, says)
		}
	}
}

func FuzzYAML(f *testing.F) {
	f.Add([]byte("name: a\npairs: [b]\ntwo: [1, 2]"))
	f.Add([]byte("pairs: ! "))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_ = strict.YAML(b, &document{}) // an error or none, never a panic
	})
}
