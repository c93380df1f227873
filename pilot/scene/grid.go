package scene

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"roadbook/fault"
	"roadbook/pilot/scene/reference"
)

// GridFormat is the version of a JSON grid.
const GridFormat = "roadbook-grid/1"

// MaxGrid is the size of a JSON grid in bytes.
const MaxGrid = 256 << 20

// Grid is a JSON file of cases: Cartesian products of axes, and rows.
type Grid struct {
	Format   string   `json:"format"`
	Name     string   `json:"name"`
	Families []Family `json:"families"`
}

// Family is cases of one kind. Every value of the axes is combined with every other; what no axis names is taken from Fixed.
type Family struct {
	Family string             `json:"family"` // cut_in, cut_out, decel or deceleration
	Fixed  map[string]Value   `json:"fixed,omitempty"`
	Axes   []Axis             `json:"axes,omitempty"` // the last changes fastest
	Rows   []map[string]Value `json:"rows,omitempty"`
}

// Axis is one field with its values: a list, or count values from one to another, both included.
type Axis struct {
	Field  string  `json:"field"`
	Values []Value `json:"values,omitempty"`
	From   float64 `json:"from,omitempty"`
	To     float64 `json:"to,omitempty"`
	Count  int     `json:"count,omitempty"`
}

// Value is a number, or a word: an id, or a rule for the gap ("2s", "r157").
type Value struct {
	Number float64
	Word   string
}

// UnmarshalJSON reads a number or a string.
func (v *Value) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &v.Word); err != nil || v.Word != "" {
			return err
		}
		return errors.New("a value is an empty string")
	}
	n, err := strconv.ParseFloat(string(b), 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return fmt.Errorf("%.40q is neither a number nor a string", b)
	}
	v.Number = n
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.Word != "" {
		return json.Marshal(v.Word)
	}
	return json.Marshal(v.Number)
}

// ReadGrid reads a JSON grid and returns its cases in order. Unknown fields are refused with their place.
func ReadGrid(r io.Reader) (name string, cases []Case, err error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxGrid+1))
	if err != nil {
		return "", nil, err
	}
	if len(b) > MaxGrid {
		return "", nil, fault.New(fault.Invalid, "grid_size", "the grid is larger than %d bytes", MaxGrid)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var g Grid
	if err := d.Decode(&g); err != nil {
		line := 1 + bytes.Count(b[:min(int(d.InputOffset()), len(b))], []byte("\n"))
		var kind *json.UnmarshalTypeError
		switch {
		case errors.Is(err, io.EOF):
			return "", nil, fault.New(fault.Invalid, "grid_json", "the file is empty: expected a grid in JSON").At("line 1")
		case errors.As(err, &kind) && kind.Field == "":
			return "", nil, fault.New(fault.Invalid, "grid_json", "a JSON %s is no grid: expected an object with format, name and families", kind.Value).At("line " + strconv.Itoa(line))
		}
		return "", nil, fault.New(fault.Invalid, "grid_json", "%v", err).At("line " + strconv.Itoa(line))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return "", nil, fault.New(fault.Invalid, "grid_json", "something follows the grid")
	}
	if g.Format != GridFormat {
		return "", nil, fault.New(fault.Invalid, "grid_format", "expected %s, got %.40q", GridFormat, g.Format).At("/format")
	}
	for i := range g.Families {
		if cases, err = g.Families[i].expand(cases, "/families/"+strconv.Itoa(i)); err != nil {
			return "", nil, err
		}
	}
	if len(cases) == 0 {
		return "", nil, fault.New(fault.Invalid, "grid_empty", "the grid holds no case").At("/families")
	}
	return g.Name, cases, nil
}

func (f *Family) expand(cases []Case, at string) ([]Case, error) {
	word := f.Family
	if word == "decel" {
		word = reference.Deceleration.String()
	}
	kind, ok := reference.KindOf(word)
	if !ok {
		return nil, fault.New(fault.Invalid, "grid_family", "%.60q is no family: expected cut_in, cut_out or decel", f.Family).At(at + "/family")
	}
	total := 1
	if len(f.Axes) == 0 {
		total = 0
	}
	for i := range f.Axes {
		a := &f.Axes[i]
		if err := a.spread(fmt.Sprintf("%s/axes/%d", at, i)); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(f.Axes[:i], func(b Axis) bool { return b.Field == a.Field }) {
			return nil, fault.New(fault.Invalid, "grid_axis", "%.60q has an axis already", a.Field).At(fmt.Sprintf("%s/axes/%d/field", at, i))
		}
		if total *= len(a.Values); total > MaxCases {
			return nil, fault.New(fault.Invalid, "grid_size", "more than %d cases", MaxCases).At(at + "/axes")
		}
	}
	if len(cases)+total+len(f.Rows) > MaxCases {
		return nil, fault.New(fault.Invalid, "grid_size", "more than %d cases", MaxCases).At(at)
	}
	for n := range total {
		values := map[string]Value{}
		for k, left := len(f.Axes)-1, n; k >= 0; k-- {
			a := &f.Axes[k]
			values[a.Field] = a.Values[left%len(a.Values)]
			left /= len(a.Values)
		}
		c, err := f.one(kind, values, fmt.Sprintf("%s-%d", kind, len(cases)), at+"/axes")
		if err != nil {
			return nil, err
		}
		cases = append(cases, c)
	}
	for i, row := range f.Rows {
		c, err := f.one(kind, row, fmt.Sprintf("%s-%d", kind, len(cases)), fmt.Sprintf("%s/rows/%d", at, i))
		if err != nil {
			return nil, err
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// spread writes the values of an axis that is given by its ends.
func (a *Axis) spread(at string) error {
	switch {
	case a.Field == "":
		return fault.New(fault.Invalid, "grid_axis", "the axis has no field").At(at + "/field")
	case len(a.Values) > 0 && a.Count == 0 && a.From == 0 && a.To == 0:
		return nil
	case len(a.Values) > 0:
		return fault.New(fault.Invalid, "grid_axis", "expected values, or from, to and count, not both").At(at)
	case a.Count < 1 || a.Count > MaxCases:
		return fault.New(fault.Invalid, "grid_axis", "expected values, or from, to and a count of 1 to %d", MaxCases).At(at + "/count")
	}
	for i := range a.Count {
		v := a.From
		if a.Count > 1 {
			v += float64((a.To-a.From)*float64(i)) / float64(a.Count-1)
		}
		a.Values = append(a.Values, Value{Number: v})
	}
	return nil
}

// one makes a case of its values over the family's fixed ones.
func (f *Family) one(kind reference.Kind, values map[string]Value, id, at string) (Case, error) {
	c := Case{ID: id, Kind: kind}
	given := map[string]bool{}
	rule := ""
	for _, m := range [...]map[string]Value{f.Fixed, values} {
		for _, field := range slices.Sorted(maps.Keys(m)) {
			v := m[field]
			given[field] = true
			switch {
			case field == "id" && v.Word != "" && len(v.Word) <= MaxID:
				c.ID = v.Word
				continue
			case field == "gap_m" && v.Word != "":
				rule = v.Word
				continue
			case field == "gap_m":
				rule = ""
			case field == "seed" && v.Word == "" && v.Number >= 0 && v.Number < 1<<53 && v.Number == math.Floor(v.Number):
				c.Seed = uint64(v.Number)
				continue
			}
			n := numberNamed(field)
			if n == nil || v.Word != "" {
				return c, fault.New(fault.Invalid, "grid_field", "%.60q is no field, or its value is not what it takes: expected id, seed, %s", field, fieldNames()).At(at + "/" + field)
			}
			if err := n.refused(v.Number); err != nil {
				return c, err.At(at + "/" + field)
			}
			*n.of(&c) = v.Number
		}
	}
	if rule != "" {
		gap, ok := ReferenceGap(rule, c.Ego)
		if !ok {
			return c, fault.New(fault.Invalid, "grid_field", "%.60q is no rule for a gap: expected metres, 2s or r157", rule).At(at + "/gap_m")
		}
		c.Gap = gap
	}
	for i := range numbers {
		if n := &numbers[i]; needs(kind, n.name) && !given[n.name] {
			return c, fault.New(fault.Invalid, "case_missing", "a %s needs %s", kind, n.name).At(at)
		}
	}
	err := c.Check()
	var e *fault.Error
	if errors.As(err, &e) {
		err = e.At(at + e.Pointer)
	}
	return c, err
}

func numberNamed(name string) *number {
	for i := range numbers {
		if numbers[i].name == name {
			return &numbers[i]
		}
	}
	return nil
}

func fieldNames() string {
	var names []string
	for _, n := range numbers {
		names = append(names, n.name)
	}
	return strings.Join(names, ", ")
}
