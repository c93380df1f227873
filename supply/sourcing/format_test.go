package sourcing

import (
	"context"
	"os"
	"strings"
	"testing"
)

// The case of FORMAT.md is a case: who copies it gets an answer.
func TestFormat(t *testing.T) {
	b, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(b), "```yaml\n")
	text, _, end := strings.Cut(text, "```")
	if !ok || !end {
		t.Fatal("FORMAT.md shows no case")
	}
	c, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Solve(context.Background(), c, Options{Engine: "builtin"})
	if err != nil || p.Run.Status != Optimal {
		t.Fatalf("%s, %v", p.Run.Status, err)
	}
	if len(p.Prices) == 0 || p.Prices[0].Found.Minor <= 0 {
		t.Errorf("the exclusion of the cheapest supplier costs %+v", p.Prices)
	}
}
