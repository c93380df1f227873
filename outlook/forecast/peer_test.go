package forecast

import (
	"math"
	"testing"
)

// numpy, given the very same normals, finds the very same values: an independent program in another language agrees with the columns.
func TestNumpyAgreesPathByPath(t *testing.T) {
	c, err := BenchCase()
	if err != nil {
		t.Fatal(err)
	}
	p, err := compile(&c, nil)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs, err := numpyGiven(t.Context(), p, 3, 4)
	if err != nil {
		t.Fatal(err)
	}
	size := 0.0
	for _, v := range ours {
		size += math.Abs(v) / float64(len(ours))
	}
	for i := range ours {
		if d := math.Abs(ours[i] - theirs[i]); !(d <= 1e-9*math.Max(math.Abs(ours[i]), size)) {
			t.Fatalf("path %d: %v, numpy %v", i, ours[i], theirs[i])
		}
	}
}
