package console

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPlot(t *testing.T) {
	step := func(minor int64) Step { return Step{Amount: cny(minor)} }
	total := func(minor int64) Step { return Step{Amount: cny(minor), Total: true} }
	type box struct{ X, W, From, To float64 }
	for _, tc := range []struct {
		reason string
		steps  []Step
		zero   float64
		want   []box
	}{
		{"nothing to draw is an empty chart", nil, 0, []box{}},
		{"a rise, a fall, and the total from zero", []Step{step(100), step(-40), total(60)}, 0,
			[]box{{0, 1000, 0, 1000}, {600, 400, 1000, 600}, {0, 600, 0, 600}}},
		{"a walk below zero moves the axis", []Step{step(-50), step(100), total(50)}, 500,
			[]box{{0, 500, 500, 0}, {0, 1000, 0, 1000}, {500, 500, 500, 1000}}},
		{"a step that is small beside the others is still seen", []Step{step(1_000_000), step(1)}, 0,
			[]box{{0, 1000, 0, 1000}, {998, 2, 1000, 1000}}},
		{"all zero is hairlines on the axis", []Step{step(0), total(0)}, 0, []box{{0, 2, 0, 0}, {0, 2, 0, 0}}},
		{"a wrong total jumps and is not hidden", []Step{step(100), total(50)}, 0, []box{{0, 1000, 0, 1000}, {0, 500, 0, 500}}},
		{"amounts near the limit do not overflow", []Step{step(math.MaxInt64), step(math.MaxInt64)}, 0, []box{{0, 500, 0, 500}, {500, 500, 500, 1000}}},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			w := Plot(tc.steps)
			got := []box{}
			for _, b := range w.Bars {
				got = append(got, box{b.X, b.W, b.From, b.To})
			}
			if d := cmp.Diff(tc.want, got); d != "" || w.Zero != tc.zero {
				t.Errorf("zero %v, want %v; bars -want +got:\n%s", w.Zero, tc.zero, d)
			}
		})
	}
}

// Every bar lies on the axis and can be seen; a step begins where the one before ended; a bar is as long as its amount.
func TestPlotHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minors := rapid.SliceOfN(rapid.Int64Range(-1e12, 1e12), 1, 20).Draw(t, "minors")
		var steps []Step
		var sum int64
		for _, m := range minors {
			steps = append(steps, Step{Amount: cny(m)})
			sum += m
		}
		steps = append(steps, Step{Amount: cny(sum), Total: true})
		w := Plot(steps)
		level := w.Zero
		for i, b := range w.Bars {
			if b.X < 0 || b.X+b.W > Width+0.1 || b.W < Hair {
				t.Fatalf("bar %d at %v+%v leaves the axis or is too thin", i, b.X, b.W)
			}
			if !b.Total && b.From != level {
				t.Fatalf("bar %d starts at %v, the one before ended at %v", i, b.From, level)
			}
			if (b.To < b.From) != (b.Amount.Minor < 0) && b.To != b.From {
				t.Fatalf("bar %d of %v runs from %v to %v", i, b.Amount, b.From, b.To)
			}
			level = b.To
		}
		last := w.Bars[len(w.Bars)-1]
		if before := w.Bars[len(w.Bars)-2]; last.To != before.To || last.From != w.Zero {
			t.Fatalf("the total ends at %v from %v; the walk ended at %v, the axis is at %v", last.To, last.From, before.To, w.Zero)
		}
	})
}

func TestParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var counts []Count
		total := 0
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 1e6), 0, 12).Draw(t, "cars") {
			counts = append(counts, Count{"s", n})
			total += n
		}
		x := 0.0
		for _, p := range parts(counts) {
			if math.Abs(p.X-x) > 0.11 || p.W < 0 {
				t.Fatalf("a part at %v+%v does not follow %v", p.X, p.W, x)
			}
			x = p.X + p.W
		}
		if total > 0 && math.Abs(x-Width) > 0.11 {
			t.Fatalf("the parts end at %v", x)
		}
	})
}
