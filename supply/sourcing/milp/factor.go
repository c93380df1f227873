package milp

import "math"

// Tolerances of the factorisation.
const (
	pivotThreshold = 0.1   // a pivot is at least this share of the largest entry of its column
	pivotSmallest  = 1e-10 // a smaller pivot means: singular
	dropTol        = 1e-14 // smaller results are cancelled to zero
	updateTol      = 1e-7  // largest disagreement between the two ways to compute an update's new diagonal
	searchLists    = 4     // rows or columns looked at per Markowitz search
)

// matrix is a constraint matrix by columns and by rows; logical column n+i is −e_i (the row's activity).
type matrix struct {
	m, n     int
	colStart []int32
	rowIdx   []int32
	colVal   []float64
	rowStart []int32
	colIdx   []int32
	rowVal   []float64
}

// factor is B = L·U of a basis with Forrest–Tomlin updates. Position i of the basis is pivoted in row i.
type factor struct {
	m int

	lPiv         []int32 // L by columns: eta k subtracts lVal·x[lPiv[k]]
	lStart       []int32
	lIdx         []int32
	lVal         []float64
	lrRow        []int32 // L by rows, in reverse pivot order
	lrStart      []int32
	lrIdx        []int32
	lrVal        []float64
	rPiv         []int32 // row etas of the updates
	rStart       []int32
	rIdx         []int32
	rVal         []float64
	slotPiv      []int32 // U: slots in pivot order; −1 when replaced
	slotOf       []int32
	diag         []float64
	ucStart      []int32
	ucLen        []int32
	ucIdx        []int32
	ucVal        []float64
	urStart      []int32
	urLen, urCap []int32
	urIdx        []int32
	urVal        []float64

	spike   sparse // the entering column after L and R, for the next update
	partial sparse // e_p after Uᵀ, for the next update
	updates int
	fill    int // entries of L and U after the last factorisation

	k kernel
}

// sparse is a short list of entries.
type sparse struct {
	idx []int32
	val []float64
}

func (s *sparse) reset() { s.idx, s.val = s.idx[:0], s.val[:0] }

func (s *sparse) add(i int32, v float64) {
	s.idx = append(s.idx, i)
	s.val = append(s.val, v)
}

func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/8+8)
	}
	return s[:n]
}

// factorise computes L and U of the columns head and permutes head so that head[i] is pivoted in row i. Columns
// that depend on the others are replaced by logicals; their names are returned.
func (f *factor) factorise(a *matrix, head []int32) (dropped []int32) {
	m := a.m
	f.m = m
	k := &f.k
	k.load(a, head)
	f.lPiv, f.lIdx, f.lVal = f.lPiv[:0], f.lIdx[:0], f.lVal[:0]
	f.lStart = append(f.lStart[:0], 0)
	f.rPiv, f.rIdx, f.rVal = f.rPiv[:0], f.rIdx[:0], f.rVal[:0]
	f.rStart = append(f.rStart[:0], 0)
	f.updates = 0

	k.triangle(f)
	k.nucleus(f)

	// What has no pivot gets its row's logical.
	if len(k.order) < m {
		free := k.freeRows[:0]
		for r := range m {
			if k.pivCol[r] < 0 {
				free = append(free, int32(r))
			}
		}
		k.freeRows = free
		next := 0
		for c := range m {
			if k.pivRow[c] >= 0 {
				continue
			}
			r := free[next]
			next++
			dropped = append(dropped, head[c])
			head[c] = int32(a.n) + r
			k.pivCol[r] = int32(c)
			k.order = append(k.order, r)
			k.uStart = append(k.uStart, int32(len(k.uIdx)))
			k.diag = append(k.diag, -1)
			k.replaced[c] = true
			k.pivRow[c] = r
		}
	}
	f.store()
	k.head = grow(k.head, m)
	for c, r := range k.pivRow {
		k.head[r] = head[c]
	}
	copy(head, k.head)
	return dropped
}

// store lays out U by columns and rows and L by rows.
func (f *factor) store() {
	k, m := &f.k, f.m
	f.slotPiv = append(f.slotPiv[:0], k.order...)
	f.slotOf = grow(f.slotOf, m)
	for s, r := range f.slotPiv {
		f.slotOf[r] = int32(s)
	}
	f.diag = append(f.diag[:0], k.diag...)
	f.ucLen = grow(f.ucLen, m)
	clear(f.ucLen)
	f.urLen, f.urCap, f.urStart = grow(f.urLen, m), grow(f.urCap, m), grow(f.urStart, m)
	const room = 3 // spare places per row of U, for spikes
	total := len(k.uIdx) + room*m
	f.urIdx, f.urVal = grow(f.urIdx, total), grow(f.urVal, total)
	at := int32(0)
	for s := range m {
		end := int32(len(k.uIdx))
		if s+1 < len(k.uStart) {
			end = k.uStart[s+1]
		}
		f.urStart[s] = at
		w := at
		for e := k.uStart[s]; e < end; e++ {
			c := k.uIdx[e]
			if k.replaced[c] {
				continue
			}
			r := k.pivRow[c]
			f.urIdx[w], f.urVal[w] = r, k.uVal[e]
			w++
			f.ucLen[f.slotOf[r]]++
		}
		f.urLen[s] = w - at
		f.urCap[s] = w - at + room
		at = w + room
	}
	f.urIdx, f.urVal = f.urIdx[:at], f.urVal[:at]
	f.ucStart = grow(f.ucStart, m)
	at = 0
	for s := range m {
		f.ucStart[s] = at
		at += f.ucLen[s]
		f.ucLen[s] = 0
	}
	f.ucIdx, f.ucVal = grow(f.ucIdx, int(at)), grow(f.ucVal, int(at))
	for s := range m {
		r := f.slotPiv[s]
		for e := f.urStart[s]; e < f.urStart[s]+f.urLen[s]; e++ {
			t := f.slotOf[f.urIdx[e]]
			w := f.ucStart[t] + f.ucLen[t]
			f.ucIdx[w], f.ucVal[w] = r, f.urVal[e]
			f.ucLen[t]++
		}
	}
	f.fill = int(at) + len(f.lIdx)

	// L by rows: count, then fill; only rows that have entries are kept, in reverse pivot order.
	cnt := grow(k.count, m)
	k.count = cnt
	clear(cnt)
	for _, i := range f.lIdx {
		cnt[i]++
	}
	f.lrRow, f.lrStart = f.lrRow[:0], f.lrStart[:0]
	pos := grow(k.pos, m)
	k.pos = pos
	at = 0
	for s := m - 1; s >= 0; s-- {
		r := f.slotPiv[s]
		if cnt[r] > 0 {
			f.lrRow = append(f.lrRow, r)
			f.lrStart = append(f.lrStart, at)
			pos[r] = at
			at += cnt[r]
		}
	}
	f.lrStart = append(f.lrStart, at)
	f.lrIdx, f.lrVal = grow(f.lrIdx, int(at)), grow(f.lrVal, int(at))
	for e, p := range f.lPiv {
		for q := f.lStart[e]; q < f.lStart[e+1]; q++ {
			i := f.lIdx[q]
			f.lrIdx[pos[i]], f.lrVal[pos[i]] = p, f.lVal[q]
			pos[i]++
		}
	}
}

// ftran solves B·x = b in place. With keep, the intermediate column is kept for update.
func (f *factor) ftran(x []float64, keep bool) {
	ls := f.lStart
	for e, p := range f.lPiv {
		if v := x[p]; v != 0 {
			for q := ls[e]; q < ls[e+1]; q++ {
				x[f.lIdx[q]] -= f.lVal[q] * v
			}
		}
	}
	for e, p := range f.rPiv {
		v := x[p]
		for q := f.rStart[e]; q < f.rStart[e+1]; q++ {
			v -= f.rVal[q] * x[f.rIdx[q]]
		}
		x[p] = v
	}
	if keep {
		f.spike.reset()
		for i, v := range x[:f.m] {
			if v != 0 {
				if math.Abs(v) < dropTol {
					x[i] = 0
					continue
				}
				f.spike.add(int32(i), v)
			}
		}
	}
	for s := len(f.slotPiv) - 1; s >= 0; s-- {
		p := f.slotPiv[s]
		if p < 0 {
			continue
		}
		v := x[p]
		if v == 0 {
			continue
		}
		if math.Abs(v) < dropTol {
			x[p] = 0
			continue
		}
		v /= f.diag[s]
		x[p] = v
		a := f.ucStart[s]
		idx := f.ucIdx[a : a+f.ucLen[s]]
		val := f.ucVal[a : a+f.ucLen[s]]
		for e, i := range idx {
			x[i] -= val[e] * v
		}
	}
}

// btran solves Bᵀ·y = c in place; first is a slot before which c is known to be zero.
func (f *factor) btran(y []float64, first int, keep bool) {
	for s := first; s < len(f.slotPiv); s++ {
		p := f.slotPiv[s]
		if p < 0 {
			continue
		}
		v := y[p]
		if v == 0 {
			continue
		}
		if math.Abs(v) < dropTol {
			y[p] = 0
			continue
		}
		v /= f.diag[s]
		y[p] = v
		a := f.urStart[s]
		idx := f.urIdx[a : a+f.urLen[s]]
		val := f.urVal[a : a+f.urLen[s]]
		for e, j := range idx {
			y[j] -= val[e] * v
		}
	}
	if keep {
		f.partial.reset()
		for s := first; s < len(f.slotPiv); s++ {
			if p := f.slotPiv[s]; p >= 0 && y[p] != 0 {
				f.partial.add(p, y[p])
			}
		}
	}
	for e := len(f.rPiv) - 1; e >= 0; e-- {
		v := y[f.rPiv[e]]
		if v == 0 {
			continue
		}
		for q := f.rStart[e]; q < f.rStart[e+1]; q++ {
			y[f.rIdx[q]] -= f.rVal[q] * v
		}
	}
	for e, r := range f.lrRow {
		v := y[r]
		if v == 0 {
			continue
		}
		if math.Abs(v) < dropTol {
			y[r] = 0
			continue
		}
		for q := f.lrStart[e]; q < f.lrStart[e+1]; q++ {
			y[f.lrIdx[q]] -= f.lrVal[q] * v
		}
	}
}

// unit prepares and solves Bᵀ·y = e_p into y (which is zero on entry), keeping what update needs.
func (f *factor) unit(y []float64, p int32) {
	y[p] = 1
	f.btran(y, int(f.slotOf[p]), true)
}

// update replaces the basis column of row p by the column whose spike was kept; alpha is its entry in the tableau at
// p. It must follow unit(p) and ftran(keep). False means: too inaccurate, factorise afresh.
func (f *factor) update(p int32, alpha float64) bool {
	k := f.slotOf[p]
	old := f.diag[k]
	// Row eta r = −y/y_p of the partial solution; it eliminates row p of U.
	for e, j := range f.partial.idx {
		if j == p {
			continue
		}
		r := -f.partial.val[e] * old
		if math.Abs(r) > dropTol {
			f.rIdx = append(f.rIdx, j)
			f.rVal = append(f.rVal, r)
		}
	}
	begin := f.rStart[len(f.rStart)-1]
	f.rPiv = append(f.rPiv, p)
	f.rStart = append(f.rStart, int32(len(f.rIdx)))

	w := f.k.work
	for e, i := range f.spike.idx {
		w[i] = f.spike.val[e]
	}
	d := w[p]
	for q := begin; q < int32(len(f.rIdx)); q++ {
		d -= f.rVal[q] * w[f.rIdx[q]]
	}
	for _, i := range f.spike.idx {
		w[i] = 0
	}
	want := alpha * old
	if math.Abs(d) < pivotSmallest || math.Abs(d-want) > updateTol*math.Max(math.Abs(want), math.Abs(d)) && math.Abs(d-want) > 1e-10 {
		return false
	}

	for e := f.ucStart[k]; e < f.ucStart[k]+f.ucLen[k]; e++ {
		f.removeFromRow(f.slotOf[f.ucIdx[e]], p)
	}
	for e := f.urStart[k]; e < f.urStart[k]+f.urLen[k]; e++ {
		f.removeFromCol(f.slotOf[f.urIdx[e]], p)
	}
	f.slotPiv[k] = -1
	n := int32(len(f.slotPiv))
	f.slotPiv = append(f.slotPiv, p)
	f.slotOf[p] = n
	f.diag = append(f.diag, d)
	f.ucStart = append(f.ucStart, int32(len(f.ucIdx)))
	for e, i := range f.spike.idx {
		if i == p {
			continue
		}
		v := f.spike.val[e]
		f.ucIdx = append(f.ucIdx, i)
		f.ucVal = append(f.ucVal, v)
		f.insertInRow(f.slotOf[i], p, v)
	}
	f.ucLen = append(f.ucLen, int32(len(f.ucIdx))-f.ucStart[n])
	f.urStart = append(f.urStart, int32(len(f.urIdx)))
	f.urLen = append(f.urLen, 0)
	f.urCap = append(f.urCap, 0)
	f.updates++
	return true
}

func (f *factor) removeFromRow(s, col int32) {
	a, n := f.urStart[s], f.urLen[s]
	for e := a; e < a+n; e++ {
		if f.urIdx[e] == col {
			f.urIdx[e], f.urVal[e] = f.urIdx[a+n-1], f.urVal[a+n-1]
			f.urLen[s]--
			return
		}
	}
}

func (f *factor) removeFromCol(s, row int32) {
	a, n := f.ucStart[s], f.ucLen[s]
	for e := a; e < a+n; e++ {
		if f.ucIdx[e] == row {
			f.ucIdx[e], f.ucVal[e] = f.ucIdx[a+n-1], f.ucVal[a+n-1]
			f.ucLen[s]--
			return
		}
	}
}

func (f *factor) insertInRow(s, col int32, v float64) {
	n := f.urLen[s]
	if n == f.urCap[s] {
		a := f.urStart[s]
		f.urStart[s] = int32(len(f.urIdx))
		f.urIdx = append(f.urIdx, f.urIdx[a:a+n]...)
		f.urVal = append(f.urVal, f.urVal[a:a+n]...)
		const more = 8
		for range more {
			f.urIdx = append(f.urIdx, 0)
			f.urVal = append(f.urVal, 0)
		}
		f.urCap[s] = n + more
	}
	w := f.urStart[s] + n
	f.urIdx[w], f.urVal[w] = col, v
	f.urLen[s]++
}
