package record

import (
	"cmp"
	"slices"

	"roadbook/evidence"
	"roadbook/period"
)

// Fact is what is known of one key in one definition as of a day.
type Fact struct {
	Record              // the one that counts
	Conflicts  []Record `json:"conflicts,omitempty"`  // others of the same vintage that say something else
	Superseded []Record `json:"superseded,omitempty"` // corrected ones and those of older vintages, the newest first
}

// First returns the vintage on which anything became known of the fact.
func (f Fact) First() period.Date {
	first := f.Vintage
	for _, list := range [][]Record{f.Conflicts, f.Superseded} {
		for _, r := range list {
			first = min(first, r.Vintage)
		}
	}
	return first
}

// At returns the facts that were known on a day, in the order of their keys and definitions.
//
// Of the records on one key and definition that were known and not corrected by a known one, the newest vintage counts.
// Where several share it, the firmest level counts, then the smaller id, and the others are listed as conflicts.
// Two definitions on one key stay two facts.
func At(records []Record, asOf period.Date) []Fact {
	type group struct{ key, definition string }
	groups := map[group][]Record{}
	var order []group
	corrected := map[string]bool{}
	for _, r := range records {
		if !r.Known(asOf) {
			continue
		}
		g := group{r.Key, Measure(r.Definition)}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], r)
		if r.Supersedes != "" {
			corrected[r.Supersedes] = true
		}
	}
	slices.SortFunc(order, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.definition, b.definition))
	})
	var out []Fact
	for _, g := range order {
		if f, ok := fact(groups[g], corrected); ok {
			out = append(out, f)
		}
	}
	return out
}

func fact(rs []Record, corrected map[string]bool) (Fact, bool) {
	slices.SortFunc(rs, func(a, b Record) int {
		return cmp.Or(cmp.Compare(rank(corrected[a.ID]), rank(corrected[b.ID])), cmp.Compare(b.Vintage, a.Vintage),
			cmp.Compare(slices.Index(evidence.Levels, a.Level), slices.Index(evidence.Levels, b.Level)), cmp.Compare(a.ID, b.ID))
	})
	f := Fact{Record: rs[0]}
	if corrected[f.ID] { // corrected by a record on another key: nothing counts any more
		return f, false
	}
	for _, r := range rs[1:] {
		switch {
		case corrected[r.ID] || r.Vintage != f.Vintage:
			f.Superseded = append(f.Superseded, r)
		case !sameFigure(r, f.Record):
			f.Conflicts = append(f.Conflicts, r)
		default: // a second source that agrees
			f.Superseded = append(f.Superseded, r)
		}
	}
	return f, true
}

func rank(corrected bool) int {
	if corrected {
		return 1
	}
	return 0
}

// sameFigure reports whether two records say the same of the world, whoever says it.
func sameFigure(a, b Record) bool {
	eq := func(x, y *float64) bool { return x == nil && y == nil || x != nil && y != nil && *x == *y }
	return a.Dist == nil && b.Dist == nil && a.Unit == b.Unit && a.Currency == b.Currency && a.Text == b.Text &&
		eq(a.Value, b.Value) && eq(a.Low, b.Low) && eq(a.High, b.High)
}
