package forecast

import (
	"math/rand/v2"

	"roadbook/outlook/chance"
)

// Width is the number of paths that are computed side by side.
const Width = chance.Block

// column holds one figure of Width paths.
type column = [Width]float64

// source gives the points of one run: a scrambled Sobol sequence in the first coordinates, and beyond chance.MaxDims, where the
// last shocks of the Brownian bridges matter least, pseudo-random numbers seeded by scramble and block.
type source struct {
	dims  int
	seed  uint64
	sobol *chance.Sobol
	table *normals
}

func newSource(dims int, seed uint64) (*source, error) {
	s := &source{dims: dims, seed: seed, table: newNormals()}
	if dims == 0 {
		return s, nil
	}
	var err error
	s.sobol, err = chance.NewSobol(min(dims, chance.MaxDims))
	return s, err
}

// scramble is one independent set of points.
type scramble struct {
	s      *source
	number int
	points *chance.Points
}

func (s *source) scramble(number int) *scramble {
	k := &scramble{s: s, number: number}
	if s.sobol != nil {
		k.points = s.sobol.Scramble(s.seed, number)
	}
	return k
}

// fill sets cols[d] to coordinate d, uniform in (0, 1), of the points of a block.
func (k *scramble) fill(block int, cols [][]float64) {
	if k.points == nil {
		return
	}
	n := k.points.Dims()
	k.points.Fill(block*Width, cols[:n])
	if n == len(cols) {
		return
	}
	// Blocks of a scramble are fewer than 2³², so no two of a run share a seed.
	rng := rand.New(chance.NewPCG(k.s.seed, uint64(k.number)<<32|uint64(block)))
	for _, col := range cols[n:] {
		for i := range col {
			col[i] = (float64(rng.Uint64()>>12) + 0.5) * 0x1p-52
		}
	}
}
