package milp

import (
	"context"
	"fmt"
	"math"
	"slices"

	"roadbook/fault"
)

const (
	conflictNodes = 500     // nodes per trial when only integrality makes a problem infeasible
	conflictIters = 200_000 // simplex iterations per trial of an integer search
)

// Core is a set of rules that cannot hold together.
type Core struct {
	// Names are the rows' names, in the problem's order, then bounds as "name >= 3" or "name <= 5".
	Names []string
	// Minimal says that it is proven: without any one of them the others can hold together.
	Minimal bool
	// Integer says that fractions would be possible: the rules clash only because some columns are whole. The
	// bounds of 0-1 columns then go without saying and are not named.
	Integer bool
}

// Conflict returns the names of an irreducible set of rows and bounds that cannot hold together (Explain has more).
// It refuses a problem that is feasible, or not decided before ctx ends.
func Conflict(ctx context.Context, p *Problem) ([]string, error) {
	c, err := Explain(ctx, p)
	return c.Names, err
}

// side is one side of a variable's range: a column's bound or a row's.
type side struct {
	v     int // column, or number of columns + row
	upper bool
}

// Explain finds out why p is infeasible: it starts from the rows and bounds of a certificate of infeasibility and
// leaves out one after the other as long as the rest stays infeasible (deletion filter). When only integrality is
// to blame, each trial is a search with a node limit, and Minimal tells whether all of them were decided.
func Explain(ctx context.Context, p *Problem) (Core, error) {
	q := p.Clone()
	for j := range q.Cols {
		if c := &q.Cols[j]; c.Integer {
			c.Lo, c.Hi = bounds(c.Lo, c.Hi, true)
		}
	}
	l, err := NewLP(q)
	if err != nil {
		return Core{}, err
	}
	clear(l.cost) // only feasibility matters
	clear(l.work)
	st, err := l.Solve(ctx)
	switch {
	case err != nil:
		return Core{}, err
	case st == Infeasible:
		set, minimal := l.core(ctx)
		return Core{Names: sideNames(p, set), Minimal: minimal}, nil
	case st == Limit:
		return Core{}, fault.New(fault.Unavailable, "not_decided", "interrupted before it was known whether the problem is infeasible")
	case q.Integers() == 0:
		return Core{}, fault.New(fault.Refused, "not_infeasible", "the problem has a solution: there is no conflict to explain")
	}
	return explainInteger(ctx, p, q)
}

// core reduces the certificate of an infeasible LP to an irreducible set.
func (l *LP) core(ctx context.Context) (set []side, minimal bool) {
	set = slices.Clone(l.proof)
	l.only(set)
	minimal = true
	for k := 0; k < len(set); {
		s := set[k]
		old := l.relax(s)
		st, err := l.Solve(ctx)
		if ctx.Err() != nil {
			return set, false
		}
		if err == nil && st == Infeasible { // not needed; nor is what the new certificate does without
			kept := set[:0:0]
			necessary := 0
			for i, o := range set {
				if i < k { // found necessary: in every certificate
					necessary++
				} else if i == k || !slices.Contains(l.proof, o) {
					continue
				}
				kept = append(kept, o)
			}
			set, k = kept, necessary
			l.only(set)
			continue
		}
		minimal = minimal && err == nil
		l.restoreSide(s, old)
		k++
	}
	return set, minimal
}

// only relaxes every side that is not in set.
func (l *LP) only(set []side) {
	in := make(map[side]bool, len(set))
	for _, s := range set {
		in[s] = true
	}
	for v := range l.size {
		for _, up := range [2]bool{false, true} {
			if s := (side{v, up}); !in[s] {
				l.relax(s)
			}
		}
	}
}

func (l *LP) relax(s side) (old float64) {
	if s.upper {
		old, l.hi[s.v] = l.hi[s.v], math.Inf(1)
	} else {
		old, l.lo[s.v] = l.lo[s.v], math.Inf(-1)
	}
	l.loLoose = true
	l.settle(s.v)
	return old
}

func (l *LP) restoreSide(s side, old float64) {
	if s.upper {
		l.hi[s.v] = old
	} else {
		l.lo[s.v] = old
	}
	l.settle(s.v)
}

// support notes the sides that the certificate in the pivot row of p uses.
func (l *LP) support(p int32) {
	above := l.x[p] > l.hi[p]
	l.proof = append(l.proof[:0], side{int(p), above})
	for _, v := range l.alphaIdx {
		if a := -l.alpha[v]; l.stat[v] != basic && math.Abs(a) > pivotTol*1e-2 {
			l.proof = append(l.proof, side{int(v), (a > 0) != above})
		}
	}
}

func sideNames(p *Problem, set []side) []string {
	n := len(p.Cols)
	set = slices.Clone(set)
	slices.SortFunc(set, func(a, b side) int { return a.v - b.v })
	var rows, cols []string
	for _, s := range set {
		switch {
		case s.v >= n:
			if name := p.rowName(s.v - n); len(rows) == 0 || rows[len(rows)-1] != name {
				rows = append(rows, name)
			}
		case s.upper:
			cols = append(cols, fmt.Sprintf("%s <= %s", p.colName(s.v), number(p.Cols[s.v].Hi)))
		default:
			cols = append(cols, fmt.Sprintf("%s >= %s", p.colName(s.v), number(p.Cols[s.v].Lo)))
		}
	}
	return append(rows, cols...)
}

// explainInteger filters by searches: halves first, then smaller and smaller pieces.
func explainInteger(ctx context.Context, p, q *Problem) (Core, error) {
	q = q.Clone()
	for j := range q.Cols {
		q.Cols[j].Cost = 0
	}
	switch infeasibleWithout(ctx, q, nil) {
	case no:
		return Core{}, fault.New(fault.Refused, "not_infeasible", "the problem has a solution: there is no conflict to explain")
	case unknown:
		return Core{}, fault.New(fault.Unavailable, "not_decided", "it was not decided within %d nodes whether the problem is infeasible", conflictNodes)
	}
	var open []side
	for i := range q.Rows {
		open = append(open, side{len(q.Cols) + i, false})
	}
	for j := range q.Cols {
		c := &q.Cols[j]
		if c.Integer && c.Lo == 0 && c.Hi == 1 {
			continue
		}
		if c.Lo > -infinite {
			open = append(open, side{j, false})
		}
		if c.Hi < infinite {
			open = append(open, side{j, true})
		}
	}
	out := Core{Minimal: true, Integer: true}
	var needed, gone []side
	for size := max(1, len(open)/2); len(open) > 0; {
		size = min(size, len(open))
		piece := open[:size]
		answer := no
		if ctx.Err() == nil {
			answer = infeasibleWithout(ctx, q, append(slices.Clone(gone), piece...))
		}
		switch {
		case ctx.Err() != nil:
			out.Minimal = false
			needed, open = append(needed, open...), nil
		case answer == yes:
			gone = append(gone, piece...)
			open = open[size:]
		case size > 1:
			size /= 2
		default:
			out.Minimal = out.Minimal && answer == no
			needed = append(needed, piece...)
			open = open[1:]
			size = max(1, len(open)/2)
		}
	}
	out.Names = sideNames(p, needed)
	return out, nil
}

type verdict int

const (
	no verdict = iota
	yes
	unknown
)

// infeasibleWithout asks whether q without the given rows (both sides) and bounds is infeasible.
func infeasibleWithout(ctx context.Context, q *Problem, without []side) verdict {
	r := *q
	r.Cols, r.Rows = slices.Clone(q.Cols), slices.Clone(q.Rows)
	for _, s := range without {
		switch {
		case s.v >= len(q.Cols):
			r.Rows[s.v-len(q.Cols)].Lo, r.Rows[s.v-len(q.Cols)].Hi = -Inf, Inf
		case s.upper:
			r.Cols[s.v].Hi = Inf
		default:
			r.Cols[s.v].Lo = -Inf
		}
	}
	a, err := Solve(ctx, &r, Options{Nodes: conflictNodes, Iterations: conflictIters})
	switch {
	case err != nil:
		return unknown
	case a.Status == Infeasible:
		return yes
	case a.X != nil:
		return no
	}
	return unknown
}
