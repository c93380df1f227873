package chance

import "math/rand/v2"

// mix64 is a bijection of 64-bit words in which every input bit turns about half of the output bits
// (the finaliser of MurmurHash3 with Stafford's constants, variant 13).
func mix64(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// golden is 2⁶⁴/φ, the odd step of a Weyl sequence.
const golden = 0x9e3779b97f4a7c15

// SeedFor returns the seed of a block of paths as a function of the run's seed and the block's index alone: never of the worker.
// Distinct pairs give distinct seeds in each half for one run.
func SeedFor(run, block uint64) (hi, lo uint64) {
	k := mix64(run + golden)
	return mix64(k + 2*block*golden), mix64(k + (2*block+1)*golden)
}

// NewPCG returns the generator of a block: PCG-DXSM seeded by SeedFor. It belongs to one goroutine.
func NewPCG(run, block uint64) *rand.PCG { return rand.NewPCG(SeedFor(run, block)) }
