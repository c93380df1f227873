package milp

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"roadbook/fault"
)

// Limits of ReadMPS.
const (
	MaxMPSLine  = 4096    // bytes of a line
	MaxMPSBytes = 1 << 30 // bytes of a file
)

// ReadMPS reads free MPS (and fixed MPS whose names have no spaces): ROWS, COLUMNS with integer markers, RHS (of the
// objective: minus the constant), RANGES, BOUNDS (UP LO FX FR MI PL BV LI UI) and OBJSENSE (a maximum is turned into
// the minimum of the negative). An integer column without bounds is ≥ 0; a negative UP with no lower bound makes
// the lower one −Inf. Further N rows are kept as rows that do not bind. Errors name the line.
func ReadMPS(r io.Reader) (*Problem, error) {
	m := &mpsReader{p: &Problem{}, row: map[string]int{}, col: map[string]int{}, objective: -2}
	limited := &io.LimitedReader{R: r, N: MaxMPSBytes + 1}
	sc := bufio.NewScanner(limited)
	sc.Buffer(make([]byte, 0, MaxMPSLine), MaxMPSLine)
	for sc.Scan() {
		m.line++
		if m.done {
			break
		}
		if err := m.read(sc.Text()); err != nil {
			return nil, err
		}
	}
	if err := sc.Err(); err != nil {
		return nil, m.fail("cannot be read: %v (lines up to %d bytes are)", err, MaxMPSLine)
	}
	if limited.N <= 0 {
		return nil, m.fail("more than %d bytes", MaxMPSBytes)
	}
	if !m.done {
		return nil, m.fail("the file ends without ENDATA")
	}
	return m.finish()
}

type mpsReader struct {
	p         *Problem
	line      int
	section   string
	row, col  map[string]int // row −1: the objective
	kind      []byte         // by row
	objective int            // −2: none yet
	current   int            // column being read, and where its terms are
	last      string
	integer   bool
	max       bool
	done      bool
	terms     int
	hasLower  []bool
	seen      map[int]bool // rows of the current column
}

func (m *mpsReader) fail(format string, args ...any) error {
	return fault.New(fault.Invalid, "bad_mps", "line %d: %s", m.line, fmt.Sprintf(format, args...))
}

func (m *mpsReader) read(line string) error {
	if line == "" || line[0] == '*' {
		return nil
	}
	f := strings.Fields(line)
	if len(f) == 0 || f[0][0] == '*' {
		return nil
	}
	if line[0] != ' ' && line[0] != '\t' {
		return m.header(f)
	}
	switch m.section {
	case "ROWS":
		return m.rows(f)
	case "COLUMNS":
		return m.columns(f)
	case "RHS":
		return m.pairs(f, m.rhs)
	case "RANGES":
		return m.pairs(f, m.ranges)
	case "BOUNDS":
		return m.bound(f)
	case "OBJSENSE":
		return m.sense(f[0])
	}
	return m.fail("data outside of a section; ROWS was expected")
}

func (m *mpsReader) header(f []string) error {
	switch f[0] {
	case "NAME":
		if len(f) > 1 {
			m.p.Name = f[1]
		}
		return nil
	case "OBJSENSE":
		m.section = f[0]
		if len(f) > 1 {
			return m.sense(f[1])
		}
		return nil
	case "ROWS", "COLUMNS", "RHS", "RANGES", "BOUNDS":
		m.section = f[0]
		return nil
	case "ENDATA":
		m.done = true
		return nil
	}
	return m.fail("unknown section %q; ROWS, COLUMNS, RHS, RANGES, BOUNDS, OBJSENSE or ENDATA was expected", short(f[0]))
}

func (m *mpsReader) sense(s string) error {
	switch strings.ToUpper(s) {
	case "MAX", "MAXIMIZE", "MAXIMISE":
		m.max = true
	case "MIN", "MINIMIZE", "MINIMISE":
		m.max = false
	default:
		return m.fail("objective sense %q; MIN or MAX was expected", short(s))
	}
	return nil
}

func (m *mpsReader) rows(f []string) error {
	if len(f) != 2 || len(f[0]) != 1 {
		return m.fail("a row's line has a letter and a name")
	}
	if _, twice := m.row[f[1]]; twice {
		return m.fail("row %q is there twice", short(f[1]))
	}
	lo, hi := -Inf, Inf
	switch f[0] {
	case "N", "n":
		if m.objective == -2 {
			m.objective = -1
			m.row[f[1]] = -1
			return nil
		}
	case "E", "e":
		lo, hi = 0, 0
	case "L", "l":
		hi = 0
	case "G", "g":
		lo = 0
	default:
		return m.fail("row kind %q; N, E, L or G was expected", f[0])
	}
	if len(m.p.Rows) >= MaxRows {
		return m.fail("more than %d rows", MaxRows)
	}
	m.row[f[1]] = m.p.AddRow(f[1], lo, hi)
	m.kind = append(m.kind, f[0][0]&^0x20)
	return nil
}

func (m *mpsReader) columns(f []string) error {
	if len(f) == 3 && strings.Trim(f[1], "'") == "MARKER" {
		switch strings.Trim(f[2], "'") {
		case "INTORG":
			m.integer = true
		case "INTEND":
			m.integer = false
		default:
			return m.fail("marker %q; INTORG or INTEND was expected", short(f[2]))
		}
		return nil
	}
	if len(f) != 3 && len(f) != 5 {
		return m.fail("a column's line has a name and one or two pairs of row and value")
	}
	if m.last != f[0] || len(m.p.Cols) == 0 {
		if _, twice := m.col[f[0]]; twice {
			return m.fail("column %q starts twice", short(f[0]))
		}
		if len(m.p.Cols) >= MaxCols {
			return m.fail("more than %d columns", MaxCols)
		}
		m.last = f[0]
		m.current = m.p.AddCol(f[0], 0, Inf, 0, m.integer)
		m.col[f[0]] = m.current
		m.hasLower = append(m.hasLower, false)
		m.seen = map[int]bool{}
	}
	for k := 1; k < len(f); k += 2 {
		i, ok := m.row[f[k]]
		if !ok {
			return m.fail("unknown row %q", short(f[k]))
		}
		v, err := m.value(f[k+1])
		if err != nil {
			return err
		}
		if m.seen[i] {
			return m.fail("column %q has row %q twice", short(f[0]), short(f[k]))
		}
		m.seen[i] = true
		if i < 0 {
			m.p.Cols[m.current].Cost = v
			continue
		}
		if m.terms++; m.terms > MaxTerms {
			return m.fail("more than %d coefficients", MaxTerms)
		}
		if v != 0 {
			m.p.Rows[i].Terms = append(m.p.Rows[i].Terms, Term{m.current, v})
		}
	}
	return nil
}

// value reads a finite number.
func (m *mpsReader) value(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || bad(v) {
		return 0, m.fail("%q is no number of size below %g", short(s), infinite)
	}
	return v, nil
}

// pairs reads a line of RHS or RANGES: a set's name (which may be missing) and one or two pairs.
func (m *mpsReader) pairs(f []string, use func(row int, v float64) error) error {
	if len(f)%2 == 1 {
		f = f[1:]
	}
	if len(f) != 2 && len(f) != 4 {
		return m.fail("one or two pairs of row and value were expected")
	}
	for k := 0; k < len(f); k += 2 {
		i, ok := m.row[f[k]]
		if !ok {
			return m.fail("unknown row %q", short(f[k]))
		}
		v, err := m.value(f[k+1])
		if err != nil {
			return err
		}
		if err := use(i, v); err != nil {
			return err
		}
	}
	return nil
}

func (m *mpsReader) rhs(i int, v float64) error {
	if i < 0 {
		m.p.Offset = -v
		return nil
	}
	r := &m.p.Rows[i]
	switch m.kind[i] {
	case 'E':
		r.Lo, r.Hi = v, v
	case 'L':
		r.Hi = v
	case 'G':
		r.Lo = v
	}
	return nil
}

func (m *mpsReader) ranges(i int, v float64) error {
	if i < 0 || m.kind[i] == 'N' {
		return m.fail("a row of kind N has no range")
	}
	r := &m.p.Rows[i]
	switch {
	case m.kind[i] == 'L':
		r.Lo = r.Hi - math.Abs(v)
	case m.kind[i] == 'G':
		r.Hi = r.Lo + math.Abs(v)
	case v < 0:
		r.Lo = r.Hi + v
	default:
		r.Hi = r.Lo + v
	}
	return nil
}

func (m *mpsReader) bound(f []string) error {
	kind := strings.ToUpper(f[0])
	needs := true
	switch kind {
	case "FR", "MI", "PL", "BV":
		needs = false
	case "UP", "LO", "FX", "LI", "UI":
	default:
		return m.fail("bound kind %q; UP, LO, FX, FR, MI, PL, BV, LI or UI was expected", short(f[0]))
	}
	// With or without the set's name.
	var name, num string
	switch rest := f[1:]; {
	case needs && len(rest) == 3:
		name, num = rest[1], rest[2]
	case needs && len(rest) == 2:
		name, num = rest[0], rest[1]
	case !needs && len(rest) >= 2 && len(rest) <= 3:
		name = rest[1]
	case !needs && len(rest) == 1:
		name = rest[0]
	default:
		return m.fail("a bound's line has a kind, a set, a column and a value")
	}
	j, ok := m.col[name]
	if !ok {
		return m.fail("unknown column %q", short(name))
	}
	c := &m.p.Cols[j]
	v := 0.0
	if needs {
		var err error
		if v, err = strconv.ParseFloat(num, 64); err != nil || math.IsNaN(v) {
			return m.fail("%q is no number", short(num))
		}
	}
	if v >= infinite && kind != "UP" && kind != "UI" || v <= -infinite && kind != "LO" && kind != "LI" {
		return m.fail("the bound %s %s leaves column %q no value", kind, short(num), short(name))
	}
	switch kind {
	case "UP", "UI":
		c.Hi = math.Min(v, Inf)
		if v < 0 && c.Lo == 0 && !m.hasLower[j] {
			c.Lo = -Inf
		}
		c.Integer = c.Integer || kind == "UI"
	case "LO", "LI":
		c.Lo = math.Max(v, -Inf)
		m.hasLower[j] = true
		c.Integer = c.Integer || kind == "LI"
	case "FX":
		c.Lo, c.Hi = v, v
	case "FR":
		c.Lo, c.Hi = -Inf, Inf
	case "MI":
		c.Lo = -Inf
	case "PL":
		c.Hi = Inf
	case "BV":
		c.Lo, c.Hi, c.Integer = 0, 1, true
	}
	return nil
}

func (m *mpsReader) finish() (*Problem, error) {
	if m.max {
		m.p.Offset = -m.p.Offset
		for j := range m.p.Cols {
			m.p.Cols[j].Cost = -m.p.Cols[j].Cost
		}
	}
	if err := m.p.Check(); err != nil {
		return nil, err
	}
	return m.p, nil
}

// short keeps quoted input of any size out of error messages.
func short(s string) string {
	if len(s) > maxName {
		return s[:maxName] + "…"
	}
	return s
}
