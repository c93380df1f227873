package directions

import "math/bits"

// Limits of the sequence.
const (
	Max     = 337 // coordinates: the first, and one for each primitive polynomial up to degree 11
	Columns = 24  // columns kept of a matrix, for 2^24 points
)

// Matrix is the generating matrix of one coordinate. Column c belongs to bit c of a point's index; its digits stand from the highest
// bit down, and only the first c+1 can be ones.
type Matrix [Columns]uint32

// Generators returns the matrices of the first dims coordinates, 1 ≤ dims ≤ Max. The first is van der Corput's.
func Generators(dims int) []Matrix {
	out := make([]Matrix, dims)
	out[0] = corput()
	for d, poly := range primitives(dims - 1) {
		out[d+1] = expand(poly, initial[d])
	}
	return out
}

func corput() (m Matrix) {
	for c := range m {
		m[c] = 1 << (31 - c)
	}
	return m
}

// expand continues the initial numbers packed in free by the recurrence of the primitive polynomial poly.
func expand(poly uint32, free uint64) (column Matrix) {
	deg := degree(poly)
	var m [Columns]uint32
	for i := range m {
		if i < deg {
			m[i] = odd(i, &free)
			continue
		}
		m[i] = m[i-deg]
		for k := 1; k <= deg; k++ {
			if poly>>(deg-k)&1 == 1 {
				m[i] ^= m[i-k] << k
			}
		}
	}
	for i := range m {
		column[i] = m[i] << (31 - i)
	}
	return column
}

// odd takes m_(i+1), odd and below 2^(i+1), off the lowest end of free: i bits.
func odd(i int, free *uint64) uint32 {
	m := uint32(*free&(1<<i-1))<<1 | 1
	*free >>= i
	return m
}

// freeBits is how many bits of the initial numbers a polynomial of degree deg leaves open.
func freeBits(deg int) int { return deg * (deg - 1) / 2 }

func degree(poly uint32) int { return bits.Len32(poly) - 1 }

// primitives returns the first n primitive polynomials over GF(2) from degree 1 on, in ascending order; bit k is the coefficient of x^k.
func primitives(n int) []uint32 {
	out := make([]uint32, 0, n)
	for p := uint32(3); len(out) < n; p += 2 {
		if primitive(p) {
			out = append(out, p)
		}
	}
	return out
}

// primitive reports whether the order of x modulo p is 2^deg − 1: whether the shift register runs through all non-zero states.
func primitive(p uint32) bool {
	deg := degree(p)
	x, period := uint32(1), 0
	for {
		x <<= 1
		if x>>deg&1 == 1 {
			x ^= p
		}
		period++
		if x <= 1 {
			return x == 1 && period == 1<<deg-1
		}
	}
}
