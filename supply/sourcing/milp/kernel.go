package milp

import "math"

// kernel is the working memory of a factorisation: singletons first, then Markowitz on what is left (the nucleus).
type kernel struct {
	m        int
	rowStart []int32 // the basis by rows
	rowCol   []int32
	rowVal   []float64
	colStart []int32 // the basis by columns
	colRow   []int32
	colVal   []float64
	rowCnt   []int32
	colCnt   []int32
	pivRow   []int32 // by basis column; −1 while active
	pivCol   []int32 // by row
	replaced []bool
	queue    []int32

	order  []int32 // pivot rows in order
	uStart []int32 // U by rows, as found
	uIdx   []int32 // basis column
	uVal   []float64
	diag   []float64

	col   [][]entry // nucleus
	row   [][]int32
	link  [2]buckets // columns, rows by count
	mult  []float64
	stamp []int32
	mark  int32

	head, count, pos, freeRows []int32
	work                       []float64
}

type entry struct {
	row int32
	val float64
}

func (k *kernel) load(a *matrix, head []int32) {
	m := a.m
	k.m = m
	if cap(k.work) < m {
		k.work = make([]float64, m)
		k.mult = make([]float64, m)
		k.stamp = make([]int32, m)
		k.col = make([][]entry, m)
		k.row = make([][]int32, m)
	}
	k.work = k.work[:m]
	k.colStart, k.rowStart = grow(k.colStart, m+1), grow(k.rowStart, m+1)
	k.rowCnt, k.colCnt = grow(k.rowCnt, m), grow(k.colCnt, m)
	k.pivRow, k.pivCol, k.replaced = grow(k.pivRow, m), grow(k.pivCol, m), grow(k.replaced, m)
	clear(k.rowCnt)
	clear(k.replaced)
	k.colRow, k.colVal = k.colRow[:0], k.colVal[:0]
	for c, j := range head {
		k.colStart[c] = int32(len(k.colRow))
		k.pivRow[c], k.pivCol[c] = -1, -1
		if int(j) >= a.n {
			k.colRow = append(k.colRow, j-int32(a.n))
			k.colVal = append(k.colVal, -1)
			k.rowCnt[int(j)-a.n]++
			k.colCnt[c] = 1
			continue
		}
		s, e := a.colStart[j], a.colStart[j+1]
		k.colRow = append(k.colRow, a.rowIdx[s:e]...)
		k.colVal = append(k.colVal, a.colVal[s:e]...)
		for _, r := range a.rowIdx[s:e] {
			k.rowCnt[r]++
		}
		k.colCnt[c] = e - s
	}
	k.colStart[m] = int32(len(k.colRow))
	nz := len(k.colRow)
	k.rowCol, k.rowVal = grow(k.rowCol, nz), grow(k.rowVal, nz)
	at := int32(0)
	for r := range m {
		k.rowStart[r] = at
		at += k.rowCnt[r]
	}
	k.rowStart[m] = at
	k.pos = grow(k.pos, m)
	copy(k.pos, k.rowStart[:m])
	for c := range m {
		for e := k.colStart[c]; e < k.colStart[c+1]; e++ {
			r := k.colRow[e]
			k.rowCol[k.pos[r]], k.rowVal[k.pos[r]] = int32(c), k.colVal[e]
			k.pos[r]++
		}
	}
	k.order, k.uStart, k.uIdx, k.uVal, k.diag = k.order[:0], k.uStart[:0], k.uIdx[:0], k.uVal[:0], k.diag[:0]
}

func (k *kernel) pivot(r, c int32, v float64) {
	k.pivRow[c], k.pivCol[r] = r, c
	k.order = append(k.order, r)
	k.uStart = append(k.uStart, int32(len(k.uIdx)))
	k.diag = append(k.diag, v)
}

// triangle pivots on columns and rows with a single active entry, as long as there are any.
func (k *kernel) triangle(f *factor) {
	for {
		before := len(k.order)
		k.queue = k.queue[:0]
		for c := range k.m {
			if k.pivRow[c] < 0 && k.colCnt[c] == 1 {
				k.queue = append(k.queue, int32(c))
			}
		}
		for h := 0; h < len(k.queue); h++ {
			k.columnSingleton(k.queue[h])
		}
		k.queue = k.queue[:0]
		for r := range k.m {
			if k.pivCol[r] < 0 && k.rowCnt[r] == 1 {
				k.queue = append(k.queue, int32(r))
			}
		}
		for h := 0; h < len(k.queue); h++ {
			k.rowSingleton(f, k.queue[h])
		}
		if len(k.order) == before {
			return
		}
	}
}

func (k *kernel) columnSingleton(c int32) {
	if k.pivRow[c] >= 0 {
		return
	}
	for e := k.colStart[c]; e < k.colStart[c+1]; e++ {
		r := k.colRow[e]
		if k.pivCol[r] >= 0 {
			continue
		}
		if math.Abs(k.colVal[e]) < pivotSmallest {
			return
		}
		k.pivot(r, c, k.colVal[e])
		for q := k.rowStart[r]; q < k.rowStart[r+1]; q++ {
			j := k.rowCol[q]
			if k.pivRow[j] >= 0 {
				continue
			}
			k.uIdx = append(k.uIdx, j)
			k.uVal = append(k.uVal, k.rowVal[q])
			if k.colCnt[j]--; k.colCnt[j] == 1 {
				k.queue = append(k.queue, j)
			}
		}
		return
	}
}

func (k *kernel) rowSingleton(f *factor, r int32) {
	if k.pivCol[r] >= 0 {
		return
	}
	for q := k.rowStart[r]; q < k.rowStart[r+1]; q++ {
		c := k.rowCol[q]
		if k.pivRow[c] >= 0 {
			continue
		}
		v := k.rowVal[q]
		if math.Abs(v) < pivotSmallest {
			return
		}
		k.pivot(r, c, v)
		begin := len(f.lIdx)
		for e := k.colStart[c]; e < k.colStart[c+1]; e++ {
			i := k.colRow[e]
			if k.pivCol[i] >= 0 {
				continue
			}
			f.lIdx = append(f.lIdx, i)
			f.lVal = append(f.lVal, k.colVal[e]/v)
			if k.rowCnt[i]--; k.rowCnt[i] == 1 {
				k.queue = append(k.queue, i)
			}
		}
		if len(f.lIdx) > begin {
			f.lPiv = append(f.lPiv, r)
			f.lStart = append(f.lStart, int32(len(f.lIdx)))
		}
		return
	}
}

// nucleus factorises what the triangle left, by Markowitz counts with threshold pivoting.
func (k *kernel) nucleus(f *factor) {
	m := k.m
	if len(k.order) == m {
		return
	}
	cols, rows := &k.link[0], &k.link[1]
	cols.reset(m)
	rows.reset(m)
	for r := range m {
		k.row[r] = k.row[r][:0]
	}
	for c := range m {
		if k.pivRow[c] >= 0 {
			continue
		}
		k.col[c] = k.col[c][:0]
		for e := k.colStart[c]; e < k.colStart[c+1]; e++ {
			if r := k.colRow[e]; k.pivCol[r] < 0 {
				k.col[c] = append(k.col[c], entry{r, k.colVal[e]})
				k.row[r] = append(k.row[r], int32(c))
			}
		}
		cols.add(int32(c), len(k.col[c]))
	}
	for r := range m {
		if k.pivCol[r] < 0 {
			rows.add(int32(r), len(k.row[r]))
		}
	}
	for len(k.order) < m {
		r, c, ok := k.search()
		if !ok {
			return
		}
		k.eliminate(f, r, c)
	}
}

// search finds a pivot of low fill among the shortest columns and rows.
func (k *kernel) search() (row, col int32, ok bool) {
	best := math.MaxInt64
	looked := 0
	cols, rows := &k.link[0], &k.link[1]
	for n := 1; n <= k.m && n < len(cols.first); n++ {
		if ok && best <= (n-1)*(n-1) {
			return row, col, true
		}
		for c := cols.first[n]; c >= 0; {
			next := cols.next[c]
			big := 0.0
			for _, e := range k.col[c] {
				big = math.Max(big, math.Abs(e.val))
			}
			if big < pivotSmallest {
				cols.remove(c) // never to be pivoted: singular
				c = next
				continue
			}
			for _, e := range k.col[c] {
				if math.Abs(e.val) >= pivotThreshold*big {
					if merit := (len(k.row[e.row]) - 1) * (n - 1); merit < best {
						best, row, col, ok = merit, e.row, c, true
					}
				}
			}
			if looked++; ok && looked >= searchLists || best <= (n-1)*(n-1) {
				return row, col, ok
			}
			c = next
		}
		for r := rows.first[n]; r >= 0; r = rows.next[r] {
			for _, c := range k.row[r] {
				merit := (n - 1) * (len(k.col[c]) - 1)
				if merit >= best {
					continue
				}
				big, v := 0.0, 0.0
				for _, e := range k.col[c] {
					big = math.Max(big, math.Abs(e.val))
					if e.row == r {
						v = math.Abs(e.val)
					}
				}
				if v >= pivotThreshold*big && v >= pivotSmallest {
					best, row, col, ok = merit, r, c, true
				}
			}
			if looked++; ok && looked >= searchLists {
				return row, col, ok
			}
		}
	}
	return row, col, ok
}

func (k *kernel) eliminate(f *factor, r, c int32) {
	cols, rows := &k.link[0], &k.link[1]
	cols.remove(c)
	rows.remove(r)
	var piv float64
	for _, e := range k.col[c] {
		if e.row == r {
			piv = e.val
		}
	}
	k.pivot(r, c, piv)
	begin := len(f.lIdx)
	for _, e := range k.col[c] {
		if e.row == r {
			continue
		}
		l := e.val / piv
		f.lIdx = append(f.lIdx, e.row)
		f.lVal = append(f.lVal, l)
		k.mult[e.row] = l
		k.row[e.row] = without(k.row[e.row], c)
	}
	multRows := f.lIdx[begin:]
	if len(multRows) > 0 {
		f.lPiv = append(f.lPiv, r)
		f.lStart = append(f.lStart, int32(len(f.lIdx)))
	}
	for _, j := range k.row[r] {
		if j == c {
			continue
		}
		list := k.col[j]
		var u float64
		for q := range list {
			if list[q].row == r {
				u = list[q].val
				list[q] = list[len(list)-1]
				list = list[:len(list)-1]
				break
			}
		}
		k.uIdx = append(k.uIdx, j)
		k.uVal = append(k.uVal, u)
		k.mark++
		for q := 0; q < len(list); q++ {
			i := list[q].row
			l := k.mult[i]
			if l == 0 {
				continue
			}
			k.stamp[i] = k.mark
			list[q].val -= l * u
			if math.Abs(list[q].val) < dropTol {
				k.row[i] = without(k.row[i], j)
				list[q] = list[len(list)-1]
				list = list[:len(list)-1]
				q--
			}
		}
		for _, i := range multRows {
			if k.stamp[i] != k.mark {
				list = append(list, entry{i, -k.mult[i] * u})
				k.row[i] = append(k.row[i], j)
			}
		}
		k.col[j] = list
		cols.remove(j)
		cols.add(j, len(list))
	}
	for _, i := range multRows {
		k.mult[i] = 0
		rows.remove(i)
		rows.add(i, len(k.row[i]))
	}
}

func without(s []int32, v int32) []int32 {
	for q := range s {
		if s[q] == v {
			s[q] = s[len(s)-1]
			return s[:len(s)-1]
		}
	}
	return s
}

// buckets keeps things in doubly linked lists by a count.
type buckets struct {
	first      []int32
	next, prev []int32
	of         []int32 // the count a thing is filed under; −1 when it is not
}

func (b *buckets) reset(m int) {
	b.first, b.next, b.prev, b.of = grow(b.first, m+1), grow(b.next, m), grow(b.prev, m), grow(b.of, m)
	for i := range b.first {
		b.first[i] = -1
	}
	for i := range b.of {
		b.of[i] = -1
	}
}

func (b *buckets) add(i int32, n int) {
	h := b.first[n]
	b.next[i], b.prev[i], b.of[i] = h, -1, int32(n)
	if h >= 0 {
		b.prev[h] = i
	}
	b.first[n] = i
}

func (b *buckets) remove(i int32) {
	n := b.of[i]
	if n < 0 {
		return
	}
	if p := b.prev[i]; p >= 0 {
		b.next[p] = b.next[i]
	} else {
		b.first[n] = b.next[i]
	}
	if q := b.next[i]; q >= 0 {
		b.prev[q] = b.prev[i]
	}
	b.of[i] = -1
}
