package milp

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
)

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// WriteMPS writes p as free MPS with numbers in full precision (they read back bit for bit). Names are made safe and
// unique; where a name had to change, a comment line gives the old one.
func WriteMPS(w io.Writer, p *Problem) error {
	if err := p.Check(); err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	cols, rows := p.fileNames()
	title := safeName(p.Name)
	if title == "" {
		title = "problem"
	}
	p.renamed(b, "*", cols, rows)
	fmt.Fprintf(b, "NAME %s FREE\nROWS\n N obj\n", title)
	a := newMatrix(p)
	for i := range p.Rows {
		fmt.Fprintf(b, " %c %s\n", rowKind(p.Rows[i].Lo, p.Rows[i].Hi), rows[i])
	}
	b.WriteString("COLUMNS\n")
	inInteger := false
	for j := range p.Cols {
		c := &p.Cols[j]
		if c.Integer != inInteger {
			inInteger = c.Integer
			kind := "INTEND"
			if inInteger {
				kind = "INTORG"
			}
			fmt.Fprintf(b, " M%d 'MARKER' '%s'\n", j, kind)
		}
		if c.Cost != 0 || a.colStart[j] == a.colStart[j+1] {
			fmt.Fprintf(b, " %s obj %s\n", cols[j], number(c.Cost))
		}
		for e := a.colStart[j]; e < a.colStart[j+1]; e++ {
			fmt.Fprintf(b, " %s %s %s\n", cols[j], rows[a.rowIdx[e]], number(a.colVal[e]))
		}
	}
	if inInteger {
		fmt.Fprintf(b, " M%d 'MARKER' 'INTEND'\n", len(p.Cols))
	}
	b.WriteString("RHS\n")
	if p.Offset != 0 {
		fmt.Fprintf(b, " RHS obj %s\n", number(-p.Offset))
	}
	for i := range p.Rows {
		lo, hi := bounds(p.Rows[i].Lo, p.Rows[i].Hi, false)
		v := hi
		if rowKind(lo, hi) == 'G' {
			v = lo
		}
		if v != 0 && !math.IsInf(v, 0) {
			fmt.Fprintf(b, " RHS %s %s\n", rows[i], number(v))
		}
	}
	b.WriteString("RANGES\n")
	for i := range p.Rows {
		if lo, hi := bounds(p.Rows[i].Lo, p.Rows[i].Hi, false); rowKind(lo, hi) == 'L' && !math.IsInf(lo, 0) {
			fmt.Fprintf(b, " RNG %s %s\n", rows[i], number(hi-lo))
		}
	}
	b.WriteString("BOUNDS\n")
	for j := range p.Cols {
		writeBound(b, cols[j], &p.Cols[j])
	}
	b.WriteString("ENDATA\n")
	return b.Flush()
}

// rowKind is the MPS letter; a row with two different sides is L with a range, or N when it has none.
func rowKind(lo, hi float64) byte {
	switch {
	case lo == hi:
		return 'E'
	case hi < infinite:
		return 'L'
	case lo > -infinite:
		return 'G'
	}
	return 'N'
}

func writeBound(b *bufio.Writer, name string, c *Col) {
	lo, hi := bounds(c.Lo, c.Hi, false)
	switch {
	case lo == hi:
		fmt.Fprintf(b, " FX BND %s %s\n", name, number(lo))
		return
	case math.IsInf(lo, 0) && math.IsInf(hi, 0):
		fmt.Fprintf(b, " FR BND %s\n", name)
		return
	case math.IsInf(lo, 0):
		fmt.Fprintf(b, " MI BND %s\n", name)
	case lo != 0 || c.Integer || hi < 0:
		fmt.Fprintf(b, " LO BND %s %s\n", name, number(lo))
	}
	switch {
	case !math.IsInf(hi, 0):
		fmt.Fprintf(b, " UP BND %s %s\n", name, number(hi))
	case c.Integer: // some readers give an integer column without an upper bound the bound 1
		fmt.Fprintf(b, " PL BND %s\n", name)
	}
}

func (p *Problem) fileNames() (cols, rows []string) {
	return fileNames("x", len(p.Cols), func(j int) string { return p.Cols[j].Name }),
		fileNames("r", len(p.Rows), func(i int) string { return p.Rows[i].Name })
}

// renamed writes comment lines for names that had to change.
func (p *Problem) renamed(b *bufio.Writer, mark string, cols, rows []string) {
	for j, s := range cols {
		if o := p.Cols[j].Name; o != "" && o != s {
			fmt.Fprintf(b, "%s column %s was %q\n", mark, s, o)
		}
	}
	for i, s := range rows {
		if o := p.Rows[i].Name; o != "" && o != s {
			fmt.Fprintf(b, "%s row %s was %q\n", mark, s, o)
		}
	}
}

const lpLine = 8 // terms per line of an LP file

// constantName is the column fixed at 1 whose cost is the objective's constant, where a reader knows no constants.
const constantName = "objective_constant"

// plain is p without what readers of LP files differ on: the objective's constant becomes the cost of a column fixed
// at 1, a row with two different sides becomes two rows.
func (p *Problem) plain() *Problem {
	q := *p
	if q.Offset != 0 {
		q.Cols = append(append([]Col(nil), p.Cols...), Col{Name: constantName, Lo: 1, Hi: 1, Cost: p.Offset})
		q.Offset = 0
	}
	q.Rows = nil
	for _, r := range p.Rows {
		if lo, hi := bounds(r.Lo, r.Hi, false); rowKind(lo, hi) == 'L' && !math.IsInf(lo, 0) {
			low := r
			low.Hi, r.Lo = Inf, -Inf
			q.Rows = append(q.Rows, low)
		}
		q.Rows = append(q.Rows, r)
	}
	return &q
}

// WriteLP writes p in the CPLEX LP format, for people to read and for engines to solve. Names as in WriteMPS; a
// constant becomes the cost of a column fixed at 1, a row with two sides two rows.
func WriteLP(w io.Writer, p *Problem) error {
	if err := p.Check(); err != nil {
		return err
	}
	p = p.plain()
	b := bufio.NewWriter(w)
	cols, rows := p.fileNames()
	fmt.Fprintf(b, "\\ %s: %d rows, %d columns, %d integer\n", safeName(p.Name), len(p.Rows), len(p.Cols), p.Integers())
	p.renamed(b, "\\", cols, rows)
	b.WriteString("Minimize\n obj:")
	n := 0
	for j := range p.Cols {
		if c := p.Cols[j].Cost; c != 0 {
			writeTerm(b, &n, c, cols[j])
		}
	}
	if n == 0 && len(cols) > 0 {
		fmt.Fprintf(b, " 0 %s", cols[0])
	}
	b.WriteString("\nSubject To\n")
	a := newMatrix(p)
	for i := range p.Rows {
		lo, hi := bounds(p.Rows[i].Lo, p.Rows[i].Hi, false)
		s, e := a.rowStart[i], a.rowStart[i+1]
		if rowKind(lo, hi) == 'N' {
			continue
		}
		if s == e {
			if len(cols) == 0 {
				continue
			}
			fmt.Fprintf(b, " %s: 0 %s", rows[i], cols[0])
		} else {
			fmt.Fprintf(b, " %s:", rows[i])
		}
		n = 0
		for ; s < e; s++ {
			writeTerm(b, &n, a.rowVal[s], cols[a.colIdx[s]])
		}
		switch rowKind(lo, hi) {
		case 'E':
			fmt.Fprintf(b, " = %s\n", number(lo))
		case 'L':
			fmt.Fprintf(b, " <= %s\n", number(hi))
		default:
			fmt.Fprintf(b, " >= %s\n", number(lo))
		}
	}
	b.WriteString("Bounds\n")
	for j := range p.Cols {
		lo, hi := bounds(p.Cols[j].Lo, p.Cols[j].Hi, false)
		switch {
		case math.IsInf(lo, 0) && math.IsInf(hi, 0):
			fmt.Fprintf(b, " %s free\n", cols[j])
		case lo == hi:
			fmt.Fprintf(b, " %s = %s\n", cols[j], number(lo))
		case math.IsInf(lo, 0):
			fmt.Fprintf(b, " -inf <= %s <= %s\n", cols[j], number(hi))
		case math.IsInf(hi, 0):
			if lo != 0 || p.Cols[j].Integer {
				fmt.Fprintf(b, " %s >= %s\n", cols[j], number(lo))
			}
		default:
			fmt.Fprintf(b, " %s <= %s <= %s\n", number(lo), cols[j], number(hi))
		}
	}
	if p.Integers() > 0 {
		b.WriteString("Generals\n")
		for j := range p.Cols {
			if p.Cols[j].Integer {
				fmt.Fprintf(b, " %s\n", cols[j])
			}
		}
	}
	b.WriteString("End\n")
	return b.Flush()
}

func signed(v float64) string {
	if v < 0 {
		return "- " + number(-v)
	}
	return "+ " + number(v)
}

func writeTerm(b *bufio.Writer, n *int, c float64, name string) {
	if *n > 0 && *n%lpLine == 0 {
		b.WriteString("\n ")
	}
	fmt.Fprintf(b, " %s %s", signed(c), name)
	*n++
}
