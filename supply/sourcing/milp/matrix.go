package milp

import "math"

// newMatrix gathers the coefficients of p; terms of the same column in a row add up, zeros are dropped.
func newMatrix(p *Problem) *matrix {
	m, n := len(p.Rows), len(p.Cols)
	a := &matrix{m: m, n: n, rowStart: make([]int32, m+1), colStart: make([]int32, n+1)}
	sum := make([]float64, n)
	seen := make([]int, n)
	cols := make([]int, 0, 64)
	for i := range p.Rows {
		a.rowStart[i] = int32(len(a.colIdx))
		cols = cols[:0]
		for _, t := range p.Rows[i].Terms {
			if seen[t.Col] != i+1 {
				seen[t.Col] = i + 1
				sum[t.Col] = 0
				cols = append(cols, t.Col)
			}
			sum[t.Col] += t.Coef
		}
		for _, j := range cols {
			if sum[j] != 0 {
				a.colIdx = append(a.colIdx, int32(j))
				a.rowVal = append(a.rowVal, sum[j])
				a.colStart[j+1]++
			}
		}
	}
	a.rowStart[m] = int32(len(a.colIdx))
	for j := range n {
		a.colStart[j+1] += a.colStart[j]
	}
	a.rowIdx, a.colVal = make([]int32, len(a.colIdx)), make([]float64, len(a.colIdx))
	a.byColumn()
	return a
}

// byColumn fills the columns from the rows.
func (a *matrix) byColumn() {
	at := append([]int32(nil), a.colStart[:a.n]...)
	for i := range a.m {
		for e := a.rowStart[i]; e < a.rowStart[i+1]; e++ {
			j := a.colIdx[e]
			a.rowIdx[at[j]], a.colVal[at[j]] = int32(i), a.rowVal[e]
			at[j]++
		}
	}
}

const scalePasses = 4

// scale brings coefficients near 1 by powers of two and returns the factors: scaled = rows[i]·a·cols[j].
func (a *matrix) scale() (rows, cols []float64) {
	rows, cols = make([]float64, a.m), make([]float64, a.n)
	for i := range rows {
		rows[i] = 1
	}
	for j := range cols {
		cols[j] = 1
	}
	lo, hi := math.Inf(1), 0.0
	for _, v := range a.rowVal {
		lo, hi = math.Min(lo, math.Abs(v)), math.Max(hi, math.Abs(v))
	}
	if len(a.rowVal) == 0 || lo >= 0.2 && hi <= 5 {
		return rows, cols
	}
	for range scalePasses {
		for i := range a.m {
			small, large := math.Inf(1), 0.0
			for e := a.rowStart[i]; e < a.rowStart[i+1]; e++ {
				v := math.Abs(a.rowVal[e]) * cols[a.colIdx[e]]
				small, large = math.Min(small, v), math.Max(large, v)
			}
			if large > 0 {
				rows[i] = 1 / math.Sqrt(small*large)
			}
		}
		for j := range a.n {
			small, large := math.Inf(1), 0.0
			for e := a.colStart[j]; e < a.colStart[j+1]; e++ {
				v := math.Abs(a.colVal[e]) * rows[a.rowIdx[e]]
				small, large = math.Min(small, v), math.Max(large, v)
			}
			if large > 0 {
				cols[j] = 1 / math.Sqrt(small*large)
			}
		}
	}
	for i := range rows {
		rows[i] = powerOfTwo(rows[i])
	}
	for j := range cols {
		cols[j] = powerOfTwo(cols[j])
	}
	for i := range a.m {
		for e := a.rowStart[i]; e < a.rowStart[i+1]; e++ {
			a.rowVal[e] *= rows[i] * cols[a.colIdx[e]]
		}
	}
	a.byColumn()
	return rows, cols
}

// powerOfTwo rounds v > 0 to the nearest power of two (in the logarithm).
func powerOfTwo(v float64) float64 { return math.Exp2(math.Round(math.Log2(v))) }
