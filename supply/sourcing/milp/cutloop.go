package milp

import "math"

// cutLoop strengthens the relaxation of the root round by round and raises its bound. Cuts that no longer bind are
// dropped on the way.
func (t *tree) cutLoop(root *node) {
	first := len(t.q.Rows)
	start, mark, stall := root.bound, root.bound, 0
	for range cutRounds {
		if t.limited() {
			break
		}
		x := t.lp.X(nil)
		if len(t.fractional(x)) == 0 {
			break
		}
		sep := newSeparator(t.q, t.dom.lo, t.dom.hi)
		chosen := choose(sep.separate(x), 200+first/4)
		if len(chosen) == 0 {
			break
		}
		basis := t.dropLoose(first)
		for _, c := range chosen {
			t.q.AddRow("cut", -Inf, c.rhs, c.terms...)
			basis.stat = append(basis.stat, basic)
			basis.weight = append(basis.weight, 1)
		}
		if err := t.build(basis); err != nil {
			break
		}
		t.lp.SetIterationLimit(t.left())
		st, err := t.lp.Solve(t.ctx)
		if err != nil || st == Limit || st == Unbounded {
			t.stop = t.stop || st == Limit
			break
		}
		if st == Infeasible {
			root.bound = math.Inf(1)
			return
		}
		b := t.lp.Bound()
		root.bound = math.Max(root.bound, b)
		t.report(true)
		if b-mark < cutProgress*math.Abs(b)+cutProgress*(b-start) {
			if stall++; stall >= cutStall {
				break
			}
			continue
		}
		stall, mark = 0, b
	}
}

// choose takes the deepest cuts that are not parallel to each other.
func choose(list []cut, limit int) []cut {
	var out []cut
next:
	for k := range list {
		for i := range out {
			if parallel(&out[i], &list[k]) > cutParallel {
				continue next
			}
		}
		if out = append(out, list[k]); len(out) >= limit {
			break
		}
	}
	return out
}

// dropLoose removes cuts (rows from first on) whose slack is basic and returns the basis of the rest.
func (t *tree) dropLoose(first int) *Basis {
	l := t.lp
	b := l.Save()
	weight := make(map[int]float32, l.m)
	at := 0
	for v, s := range b.stat {
		if s == basic {
			weight[v] = b.weight[at]
			at++
		}
	}
	kept := t.q.Rows[:first]
	stat := b.stat[:l.n+first]
	out := &Basis{}
	for i := first; i < len(t.q.Rows); i++ {
		if s := b.stat[l.n+i]; s != basic {
			kept = append(kept, t.q.Rows[i])
			stat = append(stat, s)
		}
	}
	for v := range l.n + first {
		if b.stat[v] == basic {
			out.weight = append(out.weight, weight[v])
		}
	}
	t.q.Rows = kept
	out.stat = stat
	return out
}
