package directions

import "math/bits"

// Levels is how far pairs are judged: 2^1 to 2^Levels points.
const Levels = 18

// rows is the generating matrix of one coordinate for 2^Levels points: bit c of row r is digit r+1 of column c. It is upper
// triangular with ones on the diagonal.
type rows [Levels]uint32

func (column *Matrix) rows() (m rows) {
	for r := range m {
		for c := r; c < Levels; c++ {
			m[r] |= column[c] >> (31 - r) & 1 << c
		}
	}
	return m
}

// pair returns t[m] for m = 1…Levels: the quality parameter of the two-dimensional digital net that the first 2^m points of a and b
// make. It is the least t such that every box of area 2^(t−m) and sides 2^−i, 2^−j holds 2^t points; equivalently, such that for
// all i + j = m − t the first i rows of a and the first j of b, cut to m columns, are linearly independent.
//
// Seen from a (b·a⁻¹ beside the unit matrix), the first i rows of a span columns 0…i−1, and what is asked is the rank of the first j
// rows of b in columns i…m−1. Elimination from the lowest column up answers that for all m at once: the rank in columns below m is
// the number of pivots below m.
func pair(a, b *rows) (t [Levels + 1]int) {
	var d rows
	for r, rest := range b {
		for rest != 0 {
			c := bits.TrailingZeros32(rest)
			d[r] |= 1 << c
			rest ^= a[c]
		}
	}
	for i := 1; i < Levels; i++ {
		var basis rows
		last := i // the highest pivot yet: for m ≤ last dependence has been found
		for j := 0; i+j < Levels && last < Levels; j++ {
			pivot := Levels // none
			for v := d[j] >> i; v != 0; {
				p := bits.TrailingZeros32(v)
				if basis[p] == 0 {
					basis[p], pivot = v, i+p
					break
				}
				v ^= basis[p]
			}
			for ; last < pivot; last++ { // cut to m = last+1 columns, i + j rows are independent and one more is not
				t[last+1] = max(t[last+1], last+1-i-j)
			}
		}
	}
	return t
}
