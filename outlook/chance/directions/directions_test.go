package directions

import (
	"math/bits"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestSearchFindsTheTable runs the search again for the first coordinates, and for some later ones upon those before;
// go generate runs the whole of it.
func TestSearchFindsTheTable(t *testing.T) {
	s := NewSearch(nil)
	for d := range 16 {
		if got := s.Next(); got != initial[d] {
			t.Fatalf("coordinate %d: the search finds %#x, the table has %#x", d+2, got, initial[d])
		}
	}
	for _, d := range []int{40, 83, Max - 2} {
		if got := NewSearch(initial[:d]).Next(); got != initial[d] {
			t.Errorf("coordinate %d: the search finds %#x, the table has %#x", d+2, got, initial[d])
		}
	}
}

func TestInitialNumbersFitTheirPolynomials(t *testing.T) {
	polys := primitives(Max)
	if degree(polys[Max-2]) != 11 || degree(polys[Max-1]) != 12 {
		t.Errorf("Max is not the end of degree 11: polynomials %b, %b", polys[Max-2], polys[Max-1])
	}
	for d, free := range initial {
		if bits.Len64(free) > freeBits(degree(polys[d])) {
			t.Errorf("coordinate %d: %#x has more than %d bits", d+2, free, freeBits(degree(polys[d])))
		}
	}
	// The polynomials of a degree are as many as the theory says, φ(2^s−1)/s.
	count := map[int]int{}
	for _, p := range polys[:Max-1] {
		count[degree(p)]++
	}
	for deg, want := range []int{1: 1, 2: 1, 3: 2, 4: 2, 5: 6, 6: 6, 7: 18, 8: 16, 9: 48, 10: 60, 11: 176} {
		if count[deg] != want {
			t.Errorf("%d primitive polynomials of degree %d, want %d", count[deg], deg, want)
		}
	}
}

// TestPropertyA takes the matrix of first digits apart without pivoting: a zero on the diagonal would be a number of coordinates d of
// which 2^d points do not fall into the 2^d cubes that halve every side. Digits are those of the textbook recurrence.
func TestPropertyA(t *testing.T) {
	polys := primitives(Max - 1)
	var system [][]bool
	for d := range Max {
		row := make([]bool, Max)
		if d == 0 {
			row[0] = true
		} else {
			for c, column := range wide(polys[d-1], initial[d-1], Max) {
				row[c] = column[0]
			}
		}
		for j, above := range system {
			if row[j] {
				for c := range row {
					row[c] = row[c] != above[c]
				}
			}
		}
		if !row[d] {
			t.Fatalf("the first digits of %d coordinates are dependent", d+1)
		}
		system = append(system, row)
	}
}

// wide returns n columns of 32 digits by the textbook recurrence v_i = a_1 v_(i−1) + … + v_(i−s) + v_(i−s)/2^s.
func wide(poly uint32, free uint64, n int) [][32]bool {
	deg := degree(poly)
	v := make([][32]bool, n)
	for i := range v {
		if i < deg {
			m := odd(i, &free)
			for k := range i + 1 { // i < 11
				v[i][k] = m>>(i-k)&1 == 1
			}
			continue
		}
		for k := 1; k <= deg; k++ {
			if poly>>(deg-k)&1 == 1 {
				for j := range v[i] {
					v[i][j] = v[i][j] != v[i-k][j]
				}
			}
		}
		for j := deg; j < 32; j++ {
			v[i][j] = v[i][j] != v[i-deg][j-deg]
		}
	}
	return v
}

// TestExpandIsTheRecurrence compares the matrices with wide.
func TestExpandIsTheRecurrence(t *testing.T) {
	polys := primitives(Max - 1)
	for d, m := range Generators(Max) {
		if d == 0 {
			continue
		}
		for c, column := range wide(polys[d-1], initial[d-1], Columns) {
			for k := range 32 {
				if got := m[c]>>(31-k)&1 == 1; got != column[k] {
					t.Fatalf("coordinate %d, column %d, digit %d: %v", d+1, c, k+1, got)
				}
			}
		}
	}
}

// TestPairCountsBoxes: t is what counting points in boxes says.
func TestPairCountsBoxes(t *testing.T) {
	g := Generators(Max)
	rapid.Check(t, func(t *rapid.T) {
		a, b := &g[rapid.IntRange(0, Max-1).Draw(t, "a")], &g[rapid.IntRange(0, Max-1).Draw(t, "b")]
		m := rapid.IntRange(1, 9).Draw(t, "m")
		ra, rb := a.rows(), b.rows()
		if got, want := pair(&ra, &rb)[m], boxes(a, b, m); got != want {
			t.Errorf("t = %d, counting says %d", got, want)
		}
	})
}

func boxes(a, b *Matrix, m int) int {
	at := func(v *Matrix, i int) (x uint32) {
		for c := range m {
			if i>>c&1 == 1 {
				x ^= v[c]
			}
		}
		return x
	}
	for t := range m {
		fair := true
		for i := 0; i <= m-t && fair; i++ {
			count := make([]int, 1<<(m-t))
			for p := range 1 << m {
				x, y := uint64(at(a, p))<<i>>32, uint64(at(b, p))<<(m-t-i)>>32
				count[x<<(m-t-i)|y]++
			}
			fair = !slices.ContainsFunc(count, func(n int) bool { return n != 1<<t })
		}
		if fair {
			return t
		}
	}
	return m
}

// TestQuality holds the figures of the package comment.
func TestQuality(t *testing.T) {
	g := Generators(Max)
	m := make([]rows, Max)
	for d := range m {
		m[d] = g[d].rows()
	}
	for _, c := range []struct {
		dims, m, worst int
		mean           float64
	}{
		{84, 10, 7, 2.61}, {84, 12, 7, 2.84}, {84, 14, 7, 3.04}, {84, 17, 8, 3.30},
		{Max, 10, 8, 2.86}, {Max, 12, 9, 3.14}, {Max, 14, 9, 3.37}, {Max, 17, 10, 3.66},
	} {
		var count [Levels]int
		sum, pairs := 0, 0
		for d := range c.dims {
			for j := range d {
				v := pair(&m[j], &m[d])[c.m]
				count[v]++
				sum += v
				pairs++
			}
		}
		worst := Levels - 1
		for count[worst] == 0 {
			worst--
		}
		mean := float64(sum) / float64(pairs)
		t.Logf("%3d coordinates, 2^%d points: mean t %.3f, pairs by t %v", c.dims, c.m, mean, count[:worst+1])
		if worst > c.worst || mean > c.mean {
			t.Errorf("%d coordinates, 2^%d points: worst t %d, mean %.3f; want at most %d, %.2f", c.dims, c.m, worst, mean, c.worst, c.mean)
		}
	}
}

func BenchmarkPair(b *testing.B) {
	g := Generators(84)
	x, y := g[40].rows(), g[83].rows()
	for b.Loop() {
		pair(&x, &y)
	}
}
