package forecast

import (
	"math"
	"testing"

	"roadbook/outlook/chance"
)

func TestNormals(t *testing.T) {
	table := newNormals()
	var u []float64
	for i := range 400_000 {
		u = append(u, (float64(i)+0.5)/400_000)
	}
	for e := 1; e <= 60; e++ { // both ends, around and beyond the cells
		for _, f := range []float64{1, 1 - 1e-16, 1 + 1e-15, 1.01, 1.5, 63.0 / 64, 1.015625} {
			x := math.Ldexp(f, -e)
			u = append(u, x, 1-x)
		}
	}
	u = append(u, 0.5, math.Nextafter(0.5, 0), math.Nextafter(0.5, 1), 0x1p-33, 1-0x1p-33, 0x1p-53)
	z := append([]float64{}, u...)
	table.column(z)
	worst := 0.0
	for i, p := range u {
		if p <= 0 || p >= 1 {
			continue
		}
		if e := math.Abs(z[i] - chance.Probit(p)); e > worst {
			worst = e
		}
		if i > 0 && i < 400_000 && z[i] <= z[i-1] {
			t.Fatalf("it does not rise at %v", p)
		}
	}
	t.Logf("largest error %.2g", worst)
	if worst > normalError {
		t.Errorf("an error of %g, promised is %g", worst, normalError)
	}
}

func BenchmarkNormals(b *testing.B) {
	table := newNormals()
	var u, x [Width]float64
	for i := range u {
		u[i] = math.Mod(float64(i)*0.6180339887+0.001, 1)
	}
	for b.Loop() {
		x = u
		table.column(x[:])
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/Width, "ns/normal")
}
