package chance

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"roadbook/fault"
)

// maxRepairSteps bounds the projections of Repair; they converge linearly, most matrices take some dozens.
const maxRepairSteps = 20_000

// Repaired says what Repair did to a correlation matrix.
type Repaired struct {
	Changed    bool    `json:"changed"`             // false: the matrix was possible and is returned as it was
	Eigenvalue float64 `json:"smallest_eigenvalue"` // the smallest, before
	Distance   float64 `json:"distance"`            // Frobenius norm of the change
	Largest    float64 `json:"largest_change"`      // of one entry, absolute
	Row        int     `json:"row"`                 // the pair that changed most, Row < Col
	Col        int     `json:"col"`
	Before     float64 `json:"before"` // its correlation
	After      float64 `json:"after"`
	Steps      int     `json:"steps"`
}

// Repair returns the nearest correlation matrix in the Frobenius norm, by Higham's alternating projections with Dykstra's correction
// (IMA J. Numer. Anal. 22, 2002), and what it changed. It works on the correlations of the normals, so give it Pearson of a
// rank matrix. Entries that CheckCorrelation refuses are refused here too: they are errors, not contradictions.
func Repair(corr [][]float64) ([][]float64, Repaired, error) {
	if err := CheckCorrelation(corr, ""); err != nil {
		return nil, Repaired{}, err
	}
	n := len(corr)
	rep := Repaired{Eigenvalue: smallestEigenvalue(corr)}
	if rep.Eigenvalue >= -psdTolerance*float64(n) {
		return minor(corr, indices(n)), rep, nil
	}
	y, x := symmetric(corr), mat.NewSymDense(n, nil)
	ds, r := mat.NewSymDense(n, nil), mat.NewSymDense(n, nil)
	for rep.Steps = 1; ; rep.Steps++ {
		subtract(r, y, ds)
		if !project(x, r) {
			return nil, rep, fault.New(fault.Refused, "correlation_repair", "the eigenvalues of the matrix could not be found")
		}
		subtract(ds, x, r)
		away := 0.0 // of x from a diagonal of ones
		y.CopySym(x)
		for i := range n {
			away = math.Max(away, math.Abs(x.At(i, i)-1))
			y.SetSym(i, i, 1)
		}
		if away <= 1e-12 {
			break
		}
		if rep.Steps == maxRepairSteps {
			return nil, rep, fault.New(fault.Refused, "correlation_repair", "no nearest correlation matrix within %d projections", maxRepairSteps)
		}
	}
	// x is semidefinite with a diagonal of 1 but for rounding: scaling makes it exactly 1 and keeps it semidefinite.
	out := minor(corr, indices(n))
	for i := range n {
		for j := range n {
			if i != j {
				v := x.At(i, j) / math.Sqrt(x.At(i, i)*x.At(j, j))
				out[i][j] = math.Min(math.Max(v, -1), 1)
			}
			rep.note(i, j, corr[i][j], out[i][j])
		}
	}
	rep.Changed, rep.Distance = true, math.Sqrt(rep.Distance)
	return out, rep, nil
}

func (r *Repaired) note(i, j int, before, after float64) {
	d := math.Abs(after - before)
	r.Distance += d * d
	if i < j && d > r.Largest {
		r.Largest, r.Row, r.Col, r.Before, r.After = d, i, j, before, after
	}
}

// subtract sets d = a − b, which may be one of them.
func subtract(d, a, b *mat.SymDense) {
	for i := range d.SymmetricDim() {
		for j := i; j < d.SymmetricDim(); j++ {
			d.SetSym(i, j, a.At(i, j)-b.At(i, j))
		}
	}
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// project sets x to the nearest positive semidefinite matrix: r without its negative eigenvalues.
func project(x, r *mat.SymDense) bool {
	var e mat.EigenSym
	if !e.Factorize(r, true) {
		return false
	}
	n := r.SymmetricDim()
	var q mat.Dense
	e.VectorsTo(&q)
	values := e.Values(nil)
	for i := range n {
		for j := i; j < n; j++ {
			var s float64
			for k, l := range values {
				if l > 0 {
					s += l * q.At(i, k) * q.At(j, k)
				}
			}
			x.SetSym(i, j, s)
		}
	}
	return true
}
