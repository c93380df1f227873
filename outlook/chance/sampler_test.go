package chance

import (
	"math"
	"testing"
)

// sampler is what a forecast of 24 joined inputs and 60 quarterly shocks needs of this package for a block of paths.
type sampler struct {
	points *Points
	copula *Copula
	bridge *Bridge
	maps   []*Map
	z, dw  [][]float64
}

func newSampler(t testing.TB) *sampler {
	const inputs, shocks = 24, 60
	m := make([][]float64, inputs)
	for i := range m {
		m[i] = make([]float64, inputs)
		for j := range m[i] {
			m[i][j] = math.Pow(0.5, math.Abs(float64(i-j)))
		}
	}
	c, err := NewCopula(m, "/correlations")
	if err != nil {
		t.Fatal(err)
	}
	s := &sampler{points: sequence(t, inputs+shocks).Scramble(1, 0), copula: c, bridge: NewBridge(shocks), z: columns(inputs+shocks, Block), dw: columns(shocks, Block)}
	for i := range inputs {
		s.maps = append(s.maps, NewMap(law(t, []string{laws[2], laws[7], laws[0], laws[9]}[i%4])))
	}
	return s
}

func (s *sampler) block(first int) {
	s.points.FillNormal(first, s.z)
	s.copula.Apply(s.z[:len(s.maps)])
	for i, m := range s.maps {
		m.Normal(s.z[i], s.z[i])
	}
	s.bridge.Increments(s.dw, s.z[len(s.maps):])
}

// TestSamplerAllocatesNothing: memory is flat in the number of paths.
func TestSamplerAllocatesNothing(t *testing.T) {
	s := newSampler(t)
	first := 0
	if n := testing.AllocsPerRun(20, func() { s.block(first); first += Block }); n != 0 {
		t.Errorf("%g allocations a block", n)
	}
}

func BenchmarkSampler(b *testing.B) {
	s := newSampler(b)
	first := 0
	perItem(b, Block, "path", func() {
		for b.Loop() {
			s.block(first)
			first = (first + Block) % (1 << 17)
		}
	})
}
