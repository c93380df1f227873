package chance

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"roadbook/fault"
)

// MaxInputs is the most inputs that one correlation matrix may join.
const MaxInputs = 200

// psdTolerance is how far below zero rounding may take an eigenvalue of a semidefinite matrix, as a part of its size.
const psdTolerance = 1e-10

// CheckCorrelation refuses what cannot be a correlation matrix entry by entry: not square, a diagonal that is not 1, an entry outside
// [−1, 1] or not finite, a pair that differs from its mirror. At is the JSON pointer of the matrix; the fault points at the entry. It
// does not ask whether the entries can hold together: NewCopula does.
func CheckCorrelation(m [][]float64, at string) error {
	bad := func(i, j int, format string, args ...any) error {
		return fault.New(fault.Invalid, "correlation", format, args...).At(fmt.Sprintf("%s/%d/%d", at, i, j))
	}
	if len(m) == 0 || len(m) > MaxInputs {
		return fault.New(fault.Invalid, "correlation", "a correlation matrix has 1 to %d rows, not %d", MaxInputs, len(m)).At(at)
	}
	for i, row := range m {
		if len(row) != len(m) {
			return fault.New(fault.Invalid, "correlation", "row %d has %d entries, the matrix has %d rows: it must be square", i, len(row), len(m)).At(fmt.Sprintf("%s/%d", at, i))
		}
	}
	for i, row := range m {
		for j, r := range row {
			switch {
			case math.IsNaN(r) || r < -1 || r > 1:
				return bad(i, j, "a correlation lies from -1 to 1, not %g", r)
			case i == j && r != 1:
				return bad(i, j, "the diagonal must be 1, not %g", r)
			case j < i && r != m[j][i]:
				return bad(i, j, "entry (%d,%d) is %g and its mirror (%d,%d) is %g: they must be equal", i, j, r, j, i, m[j][i])
			}
		}
	}
	return nil
}

// Pearson returns the correlations of a Gaussian copula's normals that give the rank correlations ρ_S: 2·sin(π·ρ_S/6).
func Pearson(spearman [][]float64) [][]float64 {
	return apply(spearman, func(r float64) float64 { return 2 * math.Sin(math.Pi*r/6) })
}

// Spearman is the inverse of Pearson: 6/π·asin(ρ/2).
func Spearman(pearson [][]float64) [][]float64 {
	return apply(pearson, func(r float64) float64 { return 6 / math.Pi * math.Asin(r/2) })
}

func apply(m [][]float64, f func(float64) float64) [][]float64 {
	out := make([][]float64, len(m))
	for i, row := range m {
		out[i] = make([]float64, len(row))
		for j, r := range row {
			if out[i][j] = f(r); i == j {
				out[i][j] = 1
			}
		}
	}
	return out
}

// Copula joins normals: its matrix is L·Lᵀ, and Apply multiplies columns by L. It is immutable.
type Copula struct {
	lower [][]float64 // row i has i+1 entries
}

// NewCopula returns the Gaussian copula with the rank correlations given. A matrix whose Pearson form is not positive semidefinite
// describes nothing: it is refused, with the smallest set of inputs that contradict each other; repairing it is the caller's
// decision (Repair).
func NewCopula(spearman [][]float64, at string) (*Copula, error) {
	if err := CheckCorrelation(spearman, at); err != nil {
		return nil, err
	}
	return NewPearsonCopula(Pearson(spearman), at)
}

// NewPearsonCopula is NewCopula for correlations of the normals themselves, as Repair returns them.
func NewPearsonCopula(corr [][]float64, at string) (*Copula, error) {
	if err := CheckCorrelation(corr, at); err != nil {
		return nil, err
	}
	if e := smallestEigenvalue(corr); e < -psdTolerance*float64(len(corr)) {
		set := Contradiction(corr)
		return nil, fault.New(fault.Refused, "correlation_impossible",
			"no inputs can be correlated like this (smallest eigenvalue %.3g): rows %s contradict each other; change one of their correlations or ask for the nearest possible matrix",
			e, joinInts(set)).At(at)
	}
	return &Copula{lower: cholesky(corr)}, nil
}

func joinInts(xs []int) string {
	var b strings.Builder
	for i, x := range xs {
		switch {
		case i > 0 && i == len(xs)-1:
			b.WriteString(" and ")
		case i > 0:
			b.WriteString(", ")
		}
		fmt.Fprint(&b, x)
	}
	return b.String()
}

// Contradiction returns the rows of a smallest-by-deletion submatrix that is not positive semidefinite: without any one of them the
// rest can hold together. It is nil for a possible matrix.
func Contradiction(corr [][]float64) []int {
	keep := make([]int, len(corr))
	for i := range keep {
		keep[i] = i
	}
	bad := func(rows []int) bool {
		return len(rows) > 1 && smallestEigenvalue(minor(corr, rows)) < -psdTolerance*float64(len(corr))
	}
	if !bad(keep) {
		return nil
	}
	for k := len(keep) - 1; k >= 0; k-- {
		without := append(append([]int{}, keep[:k]...), keep[k+1:]...)
		if bad(without) {
			keep = without
		}
	}
	return keep
}

func minor(m [][]float64, rows []int) [][]float64 {
	out := make([][]float64, len(rows))
	for i, r := range rows {
		out[i] = make([]float64, len(rows))
		for j, c := range rows {
			out[i][j] = m[r][c]
		}
	}
	return out
}

// Size returns the number of inputs joined.
func (c *Copula) Size() int { return len(c.lower) }

// Apply replaces independent standard normal columns z by joined ones, in place: z[i] ← Σ_{j≤i} L_ij·z[j]. It takes Size columns of
// one length. The first input keeps its column; an input that is joined to none before it does too.
func (c *Copula) Apply(z [][]float64) {
	for i := len(c.lower) - 1; i > 0; i-- { // z[j<i] are still the independent ones
		row, out := c.lower[i], z[i]
		if d := row[i]; d != 1 {
			for p := range out {
				out[p] *= d
			}
		}
		j := 0
		for ; j+4 <= i; j += 4 { // four at once: out is read and written a quarter as often
			l0, l1, l2, l3 := row[j], row[j+1], row[j+2], row[j+3]
			if l0 == 0 && l1 == 0 && l2 == 0 && l3 == 0 {
				continue
			}
			a, b, c, d := z[j][:len(out)], z[j+1][:len(out)], z[j+2][:len(out)], z[j+3][:len(out)]
			for p, v := range out {
				out[p] = v + ((l0*a[p] + l1*b[p]) + (l2*c[p] + l3*d[p]))
			}
		}
		for ; j < i; j++ {
			if l := row[j]; l != 0 {
				in := z[j][:len(out)]
				for p, v := range in {
					out[p] += l * v
				}
			}
		}
	}
}

// Lower returns a copy of L: row i has i+1 entries.
func (c *Copula) Lower() [][]float64 {
	out := make([][]float64, len(c.lower))
	for i, row := range c.lower {
		out[i] = append([]float64{}, row...)
	}
	return out
}

// cholesky factors a positive semidefinite matrix; an input that the ones before it decide gets a zero on the diagonal.
func cholesky(m [][]float64) [][]float64 {
	lower := make([][]float64, len(m))
	for i := range m {
		lower[i] = make([]float64, i+1)
		for j := 0; j <= i; j++ {
			var s Sum
			s.Add(m[i][j])
			for k := range j {
				s.Add(-lower[i][k] * lower[j][k])
			}
			switch rest := s.Value(); {
			case j == i:
				lower[i][i] = math.Sqrt(math.Max(rest, 0))
			case lower[j][j] > 1e-7: // below it the rest is rounding
				lower[i][j] = rest / lower[j][j]
			}
		}
		// Rounding must not change an input's variance.
		norm := math.Sqrt(dotOf(lower[i], lower[i]) / m[i][i])
		for j := range lower[i] {
			lower[i][j] /= norm
		}
	}
	return lower
}

func dotOf(a, b []float64) float64 {
	var s Sum
	for i := range a {
		s.Add(a[i] * b[i])
	}
	return s.Value()
}

func symmetric(m [][]float64) *mat.SymDense {
	s := mat.NewSymDense(len(m), nil)
	for i := range m {
		for j := i; j < len(m); j++ {
			s.SetSym(i, j, m[i][j])
		}
	}
	return s
}

func smallestEigenvalue(m [][]float64) float64 {
	var e mat.EigenSym
	if !e.Factorize(symmetric(m), false) {
		return math.Inf(-1)
	}
	return e.Values(nil)[0]
}
