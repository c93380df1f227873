package chance

import (
	"math/bits"

	"roadbook/fault"
	"roadbook/outlook/chance/directions"
)

// Limits of a Sobol sequence.
const (
	MaxDims   = directions.Max          // coordinates of a point
	MaxPoints = 1 << directions.Columns // points of one scramble
	Block     = 256                     // points that Fill makes at once: whole, aligned blocks are cheapest
)

// Sobol is the base-2 Sobol sequence, with direction numbers of our own (package directions), in natural order: point i is the XOR of
// the direction numbers at the ones of i. Make one, then as many scrambles of it as are wanted. It is immutable.
type Sobol struct {
	dims []coordinate
}

type coordinate struct {
	column directions.Matrix // column c belongs to bit c of the index and has ones only in its c+1 highest digits
	first  [Block]byte       // the 8 highest digits of points 0…255, which have no others
}

// NewSobol returns the sequence in dims coordinates. Coordinate d is the same whatever dims is.
func NewSobol(dims int) (*Sobol, error) {
	if dims < 1 || dims > MaxDims {
		return nil, fault.New(fault.Invalid, "sobol_dims", "a point has 1 to %d coordinates, not %d", MaxDims, dims).At("/dims")
	}
	s := &Sobol{dims: make([]coordinate, dims)}
	for d, column := range directions.Generators(dims) {
		v := &s.dims[d]
		v.column = column
		for j := range v.first {
			v.first[j] = byte(v.at(uint32(j)) >> 24)
		}
	}
	return s, nil
}

// at returns the 32 digits of point i.
func (v *coordinate) at(i uint32) uint32 {
	var x uint32
	for ; i != 0; i &= i - 1 {
		x ^= v.column[bits.TrailingZeros32(i)]
	}
	return x
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
