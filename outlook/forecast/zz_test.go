package forecast

import (
	"os"
	"testing"
)

func TestZZ(t *testing.T) {
	if err := Bench(t.Context(), os.Stdout, BenchConfig{Runs: 3}); err != nil {
		t.Fatal(err)
	}
}
