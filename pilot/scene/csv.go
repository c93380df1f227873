package scene

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"roadbook/fault"
	"roadbook/pilot/scene/reference"
)

// Limits of a file of cases.
const (
	MaxFile  = 1 << 30   // bytes
	MaxCases = 5_000_000 // of one file
	MaxID    = 200       // bytes of an id
)

// ReadCases reads a CSV file of cases: a line of column names in any order, then one case a line. An error names the line
// and the column. Columns that a kind does not need may be empty.
func ReadCases(r io.Reader) ([]Case, error) {
	limited := &io.LimitedReader{R: r, N: MaxFile + 1}
	in := bufio.NewReaderSize(limited, 1<<16)
	switch b, _ := in.Peek(3); {
	case string(b) == "\xef\xbb\xbf":
		_, _ = in.Discard(3) // spreadsheets write a byte order mark
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return nil, fault.New(fault.Invalid, "cases_encoding", "the file is UTF-16: expected UTF-8")
	}
	rows := csv.NewReader(in)
	rows.ReuseRecord, rows.TrimLeadingSpace = true, true
	head, err := rows.Read()
	if limited.N == 0 {
		return nil, tooLarge()
	}
	if err != nil {
		return nil, malformed(err)
	}
	columns, err := header(head)
	if err != nil {
		return nil, err
	}
	var out []Case
	for {
		row, err := rows.Read()
		if limited.N == 0 {
			return nil, tooLarge()
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, csv.ErrFieldCount) {
			line, _ := rows.FieldPos(0)
			return nil, fault.New(fault.Invalid, "cases_csv", "the line has %d fields: expected %d, as many as line 1 has columns", len(row), len(columns)).At("line " + strconv.Itoa(line))
		}
		if err != nil {
			return nil, malformed(err)
		}
		if len(out) == MaxCases {
			return nil, fault.New(fault.Invalid, "cases_size", "more than %d cases", MaxCases)
		}
		line, _ := rows.FieldPos(0)
		c, err := parse(columns, row)
		if err != nil {
			return nil, atLine(err, line)
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "cases_empty", "the file holds column names, but no case")
	}
	return out, nil
}

// Columns that are no numbers.
const columnID, columnKind = -1, -2

// header finds what each column is: an index into numbers, or one of the two above.
func header(names []string) ([]int, error) {
	if i := strings.IndexAny(names[0], ";\t"); i >= 0 && len(names) == 1 {
		return nil, fault.New(fault.Invalid, "cases_csv", "the columns are separated by %q: expected commas, and points in decimals", names[0][i:i+1]).At("line 1")
	}
	columns := make([]int, len(names))
	seen := map[int]bool{}
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		switch name {
		case "id":
			columns[i] = columnID
		case "kind":
			columns[i] = columnKind
		default:
			columns[i] = slices.IndexFunc(numbers[:columnsCSV], func(n number) bool { return n.name == name })
			if columns[i] < 0 {
				return nil, fault.New(fault.Invalid, "cases_column", "%.60q is no column of a case: expected %s", name, Columns()).At("line 1")
			}
		}
		if seen[columns[i]] {
			return nil, fault.New(fault.Invalid, "cases_column", "the column %s stands twice", name).At("line 1")
		}
		seen[columns[i]] = true
	}
	for _, must := range []struct {
		column int
		name   string
	}{{columnID, "id"}, {columnKind, "kind"}, {0, "ego_kmh"}, {2, "gap_m"}} {
		if !seen[must.column] {
			return nil, fault.New(fault.Invalid, "cases_column", "the column %s is missing: expected %s", must.name, Columns()).At("line 1")
		}
	}
	return columns, nil
}

// Columns names the columns of a file of cases.
func Columns() string {
	names := []string{"id", "kind"}
	for _, n := range numbers[:columnsCSV] {
		names = append(names, n.name)
	}
	return strings.Join(names, ",")
}

func parse(columns []int, row []string) (c Case, err error) {
	var given [columnsCSV]bool
	kind := false
	for i, k := range columns {
		text := strings.TrimSpace(row[i])
		switch {
		case k == columnID:
			if len(text) > MaxID {
				return c, fault.New(fault.Invalid, "case_id", "the id is longer than %d bytes", MaxID).At("/id")
			}
			c.ID = strings.Clone(text)
		case k == columnKind:
			if c.Kind, kind = reference.KindOf(text); !kind {
				return c, fault.New(fault.Invalid, "case_kind", "%.60q is no kind: expected cut_in, cut_out or deceleration", text).At("/kind")
			}
		case text == "" || strings.EqualFold(text, "nan"): // left out, as tables write it
		default:
			v, err := strconv.ParseFloat(text, 64)
			if err != nil || math.IsInf(v, 0) || strings.ContainsAny(text, "xX_") { // Go's own ways to write a number are no table's
				return c, fault.New(fault.Invalid, "case_number", "%.60q is no number: expected decimal digits, with a point", text).At("/" + numbers[k].name)
			}
			*numbers[k].of(&c), given[k] = v, true
		}
	}
	for k, n := range numbers[:columnsCSV] {
		switch {
		case given[k]:
			if err := n.refused(*n.of(&c)); err != nil {
				return c, err
			}
		case needs(c.Kind, n.name) && !slices.Contains(columns, k):
			return c, fault.New(fault.Invalid, "case_missing", "a %s needs this column, and line 1 does not name it", c.Kind).At("/" + n.name)
		case needs(c.Kind, n.name):
			return c, fault.New(fault.Invalid, "case_missing", "a %s needs a value: empty and NaN are none", c.Kind).At("/" + n.name)
		}
	}
	return c.only(), c.Check()
}

// only drops what the kind does not use, so that a case says nothing that was not run.
func (c Case) only() Case {
	switch c.Kind {
	case reference.CutIn:
		c.FrontGap, c.LeadDecel = 0, 0
	case reference.CutOut:
		c.Other, c.Lateral, c.LeadDecel = 0, 0, 0
	case reference.Deceleration:
		c.Other, c.Lateral, c.LateralSpeed, c.LateralAccel, c.FrontGap = 0, 0, 0, 0, 0
	}
	return c
}

// malformed turns an error of encoding/csv, which knows its line, into a refusal.
func malformed(err error) error {
	var p *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return fault.New(fault.Invalid, "cases_empty", "the file is empty: expected %s", Columns())
	case errors.As(err, &p):
		return fault.New(fault.Invalid, "cases_csv", "byte %d of line %d: %v: a field in quotes begins and ends with one, and writes its own twice", p.Column, p.Line, p.Err).At("line " + strconv.Itoa(p.StartLine))
	}
	return err
}

func tooLarge() error {
	return fault.New(fault.Invalid, "cases_size", "the file is larger than %d bytes", MaxFile)
}

// atLine blames a line and, as the pointer says, a column.
func atLine(err error, line int) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	return f.At("line " + strconv.Itoa(line) + ", column " + strings.TrimPrefix(f.Pointer, "/"))
}

// WriteCases writes cases as ReadCases reads them, to the last bit. A case that holds what only JSON grids know is an error.
func WriteCases(w io.Writer, cases []Case) error {
	out := bufio.NewWriterSize(w, 1<<16)
	line := []byte("id,kind")
	for _, n := range numbers[:columnsCSV] {
		line = append(append(line, ','), n.name...)
	}
	for i := range cases {
		c := cases[i]
		if err := c.Check(); err != nil {
			return err
		}
		for _, n := range numbers[columnsCSV:] {
			if *n.of(&c) != 0 {
				return fault.New(fault.Invalid, "case_field", "case %.40q: a CSV file has no column for it", c.ID).At("/" + n.name)
			}
		}
		if c.Seed != 0 {
			return fault.New(fault.Invalid, "case_field", "case %.40q: a CSV file has no column for it", c.ID).At("/seed")
		}
		line = appendText(append(line, '\n'), c.ID)
		line = append(append(line, ','), c.Kind.String()...)
		for _, n := range numbers[:columnsCSV] {
			line = append(line, ',')
			if v := *n.of(&c); v != 0 || needs(c.Kind, n.name) {
				line = strconv.AppendFloat(line, v, 'g', -1, 64)
			}
		}
		if _, err := out.Write(line); err != nil {
			return err
		}
		line = line[:0]
	}
	line = append(line, '\n')
	if _, err := out.Write(line); err != nil {
		return err
	}
	return out.Flush()
}
