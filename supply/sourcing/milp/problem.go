package milp

import (
	"math"

	"roadbook/fault"
)

// Inf stands for "no bound". Any bound at or beyond ±infinite (1e30), math.Inf included, means the same.
const Inf = math.MaxFloat64

const (
	infinite = 1e30 // from here on a bound is no bound

	// MaxCols, MaxRows and MaxTerms limit a problem. They guard readers of outside files; a built model stays far below.
	MaxCols  = 1_000_000
	MaxRows  = 1_000_000
	MaxTerms = 20_000_000
)

// Term is one coefficient of a row: Coef × the column's value.
type Term struct {
	Col  int
	Coef float64
}

// Col is a decision: Lo ≤ x ≤ Hi at Cost per unit, whole when Integer.
type Col struct {
	Name    string
	Lo, Hi  float64
	Cost    float64
	Integer bool
	// Priority orders branching: fractional columns of the highest priority are branched on first. 0 by default.
	Priority int
}

// Row is a rule: Lo ≤ Σ Coef·x ≤ Hi; an equality has Lo == Hi.
type Row struct {
	Name   string
	Lo, Hi float64
	Terms  []Term
}

// Problem is min Offset + Σ Cost·x under rows and bounds. The zero value is empty and usable.
type Problem struct {
	Name   string
	Offset float64 // constant of the objective
	Cols   []Col
	Rows   []Row
}

// AddCol appends a column and returns its index. An integer column's bounds are rounded inwards when solved.
func (p *Problem) AddCol(name string, lo, hi, cost float64, integer bool) int {
	p.Cols = append(p.Cols, Col{Name: name, Lo: lo, Hi: hi, Cost: cost, Integer: integer})
	return len(p.Cols) - 1
}

// AddRow appends lo ≤ Σ terms ≤ hi and returns its index. Terms of the same column add up; the slice is copied.
func (p *Problem) AddRow(name string, lo, hi float64, terms ...Term) int {
	p.Rows = append(p.Rows, Row{Name: name, Lo: lo, Hi: hi, Terms: append([]Term(nil), terms...)})
	return len(p.Rows) - 1
}

// SetPriority makes the branching prefer col to columns of lower priority.
func (p *Problem) SetPriority(col, priority int) { p.Cols[col].Priority = priority }

// Clone returns a copy that shares nothing with p.
func (p *Problem) Clone() *Problem {
	c := *p
	c.Cols = append([]Col(nil), p.Cols...)
	c.Rows = append([]Row(nil), p.Rows...)
	for i := range c.Rows {
		c.Rows[i].Terms = append([]Term(nil), p.Rows[i].Terms...)
	}
	return &c
}

// Integers counts the integer columns.
func (p *Problem) Integers() int {
	n := 0
	for i := range p.Cols {
		if p.Cols[i].Integer {
			n++
		}
	}
	return n
}

// Objective returns Offset + Σ Cost·x.
func (p *Problem) Objective(x []float64) float64 {
	s := p.Offset
	for j := range p.Cols {
		if c := p.Cols[j].Cost; c != 0 {
			s += c * x[j]
		}
	}
	return s
}

// Violation returns by how much x breaks the worst rule or bound (relative to 1 + the size of the bound and, in a
// row, of its largest term) and the largest distance of an integer column from a whole number. Both are 0 at best.
func (p *Problem) Violation(x []float64) (rule, fraction float64) {
	if len(x) != len(p.Cols) {
		return math.Inf(1), math.Inf(1)
	}
	worse := func(v, lo, hi, size float64) {
		if math.IsNaN(v) {
			rule = math.Inf(1)
			return
		}
		if lo > -infinite && v < lo {
			rule = math.Max(rule, (lo-v)/(1+math.Max(size, math.Abs(lo))))
		}
		if hi < infinite && v > hi {
			rule = math.Max(rule, (v-hi)/(1+math.Max(size, math.Abs(hi))))
		}
	}
	for j := range p.Cols {
		c := &p.Cols[j]
		worse(x[j], c.Lo, c.Hi, 0)
		if c.Integer {
			fraction = math.Max(fraction, math.Abs(x[j]-math.Round(x[j])))
		}
	}
	for i := range p.Rows {
		r := &p.Rows[i]
		s, size := 0.0, 0.0
		for _, t := range r.Terms {
			v := t.Coef * x[t.Col]
			s += v
			size = math.Max(size, math.Abs(v))
		}
		worse(s, r.Lo, r.Hi, size)
	}
	return rule, fraction
}

// Check refuses what no engine could read: NaN, infinite coefficients, unknown columns, sizes beyond the limits.
// Crossed bounds (lo > hi) are no malformed problem but an infeasible one.
func (p *Problem) Check() error {
	if len(p.Cols) > MaxCols || len(p.Rows) > MaxRows {
		return fault.New(fault.Invalid, "problem_too_large", "%d columns and %d rows; at most %d and %d are read", len(p.Cols), len(p.Rows), MaxCols, MaxRows)
	}
	if bad(p.Offset) {
		return fault.New(fault.Invalid, "bad_number", "the objective's constant is %v; a finite number was expected", p.Offset)
	}
	for j := range p.Cols {
		c := &p.Cols[j]
		switch {
		case bad(c.Cost):
			return fault.New(fault.Invalid, "bad_number", "column %q costs %v; a finite number was expected", c.Name, c.Cost)
		case badRange(c.Lo, c.Hi):
			return fault.New(fault.Invalid, "bad_bound", "column %q lies in [%v, %v]; numbers were expected, the lower one below +Inf, the upper one above -Inf", c.Name, c.Lo, c.Hi)
		}
	}
	terms := 0
	for i := range p.Rows {
		r := &p.Rows[i]
		if badRange(r.Lo, r.Hi) {
			return fault.New(fault.Invalid, "bad_bound", "row %q lies in [%v, %v]; numbers were expected, the lower one below +Inf, the upper one above -Inf", r.Name, r.Lo, r.Hi)
		}
		if terms += len(r.Terms); terms > MaxTerms {
			return fault.New(fault.Invalid, "problem_too_large", "more than %d coefficients", MaxTerms)
		}
		for _, t := range r.Terms {
			if t.Col < 0 || t.Col >= len(p.Cols) {
				return fault.New(fault.Invalid, "unknown_column", "row %q refers to column %d of %d", r.Name, t.Col, len(p.Cols))
			}
			if bad(t.Coef) {
				return fault.New(fault.Invalid, "bad_number", "row %q has the coefficient %v at column %q; a finite number was expected", r.Name, t.Coef, p.Cols[t.Col].Name)
			}
		}
	}
	return nil
}

func bad(v float64) bool { return math.IsNaN(v) || math.Abs(v) >= infinite }

func badRange(lo, hi float64) bool {
	return math.IsNaN(lo) || math.IsNaN(hi) || lo >= infinite || hi <= -infinite
}

// bounds returns lo and hi with "no bound" as ±math.Inf, rounded inwards for an integer column.
func bounds(lo, hi float64, integer bool) (float64, float64) {
	if lo <= -infinite {
		lo = math.Inf(-1)
	}
	if hi >= infinite {
		hi = math.Inf(1)
	}
	if integer {
		lo, hi = math.Ceil(lo-IntegerTol), math.Floor(hi+IntegerTol)
	}
	return lo, hi
}
