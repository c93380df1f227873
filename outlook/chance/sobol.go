package chance

import (
	"math/bits"

	"roadbook/fault"
)

// Limits of a Sobol sequence.
const (
	MaxDims   = 337     // coordinates of a point: Joe and Kuo's numbers up to degree 11
	MaxPoints = 1 << 24 // points of one scramble
	Block     = 256     // points that Fill makes at once: whole, aligned blocks are cheapest
)

// Sobol is the base-2 Sobol sequence with Joe and Kuo's direction numbers (new-joe-kuo-6), in natural order: point i is the XOR of the
// direction numbers at the ones of i. Make one, then as many scrambles of it as are wanted. It is immutable.
type Sobol struct {
	dims []directions
}

// directions are the generating matrix of one coordinate.
type directions struct {
	column [24]uint32  // column c belongs to bit c of the index and has ones only in its c+1 highest digits
	first  [Block]byte // the 8 highest digits of points 0…255, which have no others
}

// NewSobol returns the sequence in dims coordinates. Coordinate d is the same whatever dims is.
func NewSobol(dims int) (*Sobol, error) {
	if dims < 1 || dims > MaxDims {
		return nil, fault.New(fault.Invalid, "sobol_dims", "a point has 1 to %d coordinates, not %d", MaxDims, dims).At("/dims")
	}
	s := &Sobol{dims: make([]directions, dims)}
	polys := primitives(dims - 1)
	for d := range s.dims {
		v := &s.dims[d]
		if d == 0 {
			for c := range v.column {
				v.column[c] = 1 << (31 - c)
			}
		} else {
			v.column = recur(polys[d-1], joeKuo[d-1])
		}
		for j := range v.first {
			v.first[j] = byte(v.at(uint32(j)) >> 24)
		}
	}
	return s, nil
}

// recur continues the initial numbers packed in free by the recurrence of the primitive polynomial poly.
func recur(poly uint32, free uint64) (column [24]uint32) {
	deg := bits.Len32(poly) - 1
	var m [24]uint32
	for i := range m {
		if i < deg {
			m[i] = uint32(free&(1<<i-1))<<1 | 1
			free >>= i
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

// at returns the 32 digits of point i.
func (v *directions) at(i uint32) uint32 {
	var x uint32
	for ; i != 0; i &= i - 1 {
		x ^= v.column[bits.TrailingZeros32(i)]
	}
	return x
}

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
	deg := bits.Len32(p) - 1
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

// CheckPoints refuses a number of points that is no power of two from 2 to MaxPoints: other numbers lose the balance of the
// sequence, and with it the error bar. At is the JSON pointer to blame.
func CheckPoints(n int, at string) error {
	if n < 2 || n > MaxPoints || n&(n-1) != 0 {
		return fault.New(fault.Invalid, "sobol_points", "the paths of a scramble must be a power of two from 2 to %d, not %d", MaxPoints, n).At(at)
	}
	return nil
}

// Dims returns the number of coordinates.
func (s *Sobol) Dims() int { return len(s.dims) }
