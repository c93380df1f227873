package forecast

import (
	"math"

	"roadbook/outlook/chance"
)

// normals turns uniforms into standard normals. It reads Φ⁻¹ from a table of quintics: 64 cells for each halving of the distance to the
// nearer end, 33 halvings, which is as far as a Sobol point or a pseudo-random one lies from it in any run (beyond, chance.Probit
// answers). The error is below normalError. It takes less than half of the time of the rational approximation, and a path has as
// many normals as coordinates.
type normals struct {
	cells [normalOctaves << normalBits][6]float64
}

const (
	normalBits    = 6  // of the mantissa: 64 cells an octave
	normalOctaves = 33 // from 2⁻³⁴ to ½

	// normalError bounds the table's absolute error.
	normalError = 2e-14
)

// normalLow is the least distance in the table.
const normalLow = 1.0 / (1 << (normalOctaves + 1))

// newNormals makes the table, in some milliseconds.
func newNormals() *normals {
	t := &normals{}
	var x [6]float64 // Chebyshev's nodes on [0, 1]
	for i := range x {
		x[i] = 0.5 - 0.5*math.Cos(math.Pi*(float64(i)+0.5)/6)
	}
	for k := range t.cells {
		octave, cell := k>>normalBits, k&(1<<normalBits-1)
		width := math.Ldexp(1, octave-normalOctaves-1-normalBits)
		start := math.Ldexp(1, octave-normalOctaves-1) + float64(cell)*width
		var d [6]float64 // divided differences
		for i := range d {
			d[i] = chance.Probit(start + x[i]*width)
		}
		for level := 1; level < 6; level++ {
			for i := 5; i >= level; i-- {
				d[i] = (d[i] - d[i-1]) / (x[i] - x[i-level])
			}
		}
		c := &t.cells[k] // Newton's form multiplied out
		c[0] = d[5]
		for i := 4; i >= 0; i-- {
			for j := 5; j > 0; j-- {
				c[j] = c[j-1] - x[i]*c[j]
			}
			c[0] = d[i] - x[i]*c[0]
		}
	}
	return t
}

// column replaces a column of uniforms in (0, 1) by normals.
func (t *normals) column(u []float64) {
	const (
		shift = 52 - normalBits
		mask  = 1<<shift - 1
		one   = 0x3ff << 52
		sign  = 1 << 63
	)
	base := math.Float64bits(normalLow) >> shift
	for i, p := range u {
		q := p - 0.5
		d := min(p, 1-p) // distance to the nearer end: exact
		bits := math.Float64bits(d)
		k := bits>>shift - base
		if k >= uint64(len(t.cells)) {
			if d != 0.5 { // ½ is behind the last cell
				u[i] = chance.Probit(p)
			} else {
				u[i] = 0
			}
			continue
		}
		c := &t.cells[k]
		f := math.Float64frombits(bits&mask<<normalBits|one) - 1
		z := c[0] + f*(c[1]+f*(c[2]+f*(c[3]+f*(c[4]+f*c[5]))))
		// z ≤ 0 is the lower end's; the upper end's is its mirror.
		u[i] = math.Float64frombits(math.Float64bits(z) ^ (^math.Float64bits(q) & sign))
	}
}
