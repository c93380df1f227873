package chance

import (
	"fmt"
	"math"
	"math/bits"
	"testing"

	"pgregory.net/rapid"
)

func sequence(t testing.TB, dims int) *Sobol {
	t.Helper()
	s, err := NewSobol(dims)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// columns returns n points of all coordinates.
func columns(dims, n int) [][]float64 {
	cols := make([][]float64, dims)
	for d := range cols {
		cols[d] = make([]float64, n)
	}
	return cols
}

// TestEveryCoordinateIsStratified: of 2^k scrambled points each of the 2^k equal intervals holds one, in every coordinate.
func TestEveryCoordinateIsStratified(t *testing.T) {
	s := sequence(t, MaxDims)
	for k := 1; k <= 12; k++ {
		n := 1 << k
		cols := columns(MaxDims, n)
		s.Scramble(11, k).Fill(0, cols)
		for d, col := range cols {
			seen := make([]bool, n)
			for _, u := range col {
				if u <= 0 || u >= 1 {
					t.Fatalf("coordinate %d of 2^%d: %g is not inside (0,1)", d, k, u)
				}
				cell := int(u * float64(n))
				if seen[cell] {
					t.Fatalf("coordinate %d of 2^%d points: interval %d is hit twice", d, k, cell)
				}
				seen[cell] = true
			}
		}
	}
}

// TestFirstTwoCoordinatesAreANet: the first two coordinates are a (0,m,2)-net: every box of area 2^−m of any shape holds one point,
// scrambled or not, and in every aligned run of 2^m points.
func TestFirstTwoCoordinatesAreANet(t *testing.T) {
	s := sequence(t, 2)
	p := s.Scramble(5, 3)
	for m := 2; m <= 12; m++ {
		n := 1 << m
		for _, first := range []int{0, n, 5 * n} {
			cols := columns(2, n)
			p.Fill(first, cols)
			for a := 0; a <= m; a++ {
				seen := make([]bool, n)
				for i := range n {
					x := int(cols[0][i] * float64(int(1)<<a))
					y := int(cols[1][i] * float64(int(1)<<(m-a)))
					if seen[x<<(m-a)|y] {
						t.Fatalf("2^%d points from %d: a box of 2^-%d × 2^-%d holds two", m, first, a, m-a)
					}
					seen[x<<(m-a)|y] = true
				}
			}
		}
	}
}

// owen scrambles x digit by digit by asking for the bit of each node, the definition that block's arithmetic must agree with.
func owen(c *scramble, x uint32) uint32 {
	t := x >> 24
	out := uint32(c.top[t]) << 24
	for level := 9; level <= 32; level++ {
		var flip uint64
		if level <= 24 {
			prefix := x >> (33 - level) & (1<<(level-9) - 1)
			node := uint64(1)<<(level-9) | uint64(prefix)
			w, g, e := uint64(t>>6), t>>3&7, t&7
			flip = c.word(wordsAt9+4*node+w) >> (8*e + g)
		} else {
			flip = c.word(wordsAt25+uint64(x>>8&0xffff)<<5+uint64(t>>3)) >> (8*(t&7) + uint32(32-level))
		}
		out |= (x>>(32-level)&1 ^ uint32(flip&1)) << (32 - level)
	}
	return out
}

// TestFillIsTheScrambleByDefinition also proves that a point does not depend on the block that it is asked for in.
func TestFillIsTheScrambleByDefinition(t *testing.T) {
	s := sequence(t, 40)
	rapid.Check(t, func(t *rapid.T) {
		p := s.Scramble(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 99).Draw(t, "scramble"))
		first := rapid.IntRange(0, MaxPoints-700).Draw(t, "first")
		if rapid.Bool().Draw(t, "aligned") {
			first &^= Block - 1
		}
		n := rapid.IntRange(1, 700).Draw(t, "n")
		d := rapid.IntRange(0, 39).Draw(t, "coordinate")
		got := make([]float64, n)
		p.FillFrom(d, first, [][]float64{got})
		for i, u := range got {
			want := (float64(owen(&p.dims[d], s.dims[d].at(uint32(first+i)))) + 0.5) / (1 << 32)
			if math.Float64bits(u) != math.Float64bits(want) {
				t.Fatalf("coordinate %d of point %d: %v, by definition %v", d, first+i, u, want)
			}
		}
	})
}

// TestScrambleIsNestedUniform: over many scrambles, each digit of a fixed point is fair; two points that first differ in digit k have
// equal flips before it, opposite digits at it, and independent ones after it (in a mere digital shift these would stay equal, and in
// a hashed one they need not be independent).
func TestScrambleIsNestedUniform(t *testing.T) {
	const dims, runs = 6, 4000
	s := sequence(t, dims)
	pairs := [][2]uint32{{0, 1}, {3, 7}, {1, 257}, {10, 4106}, {77, 77 + 1<<15}, {5, 5 + 1<<20}, {12345, 12346}}
	type count struct{ ones, agree [32]int }
	counts := make([][dims]count, len(pairs))
	for r := range runs {
		p := s.Scramble(99, r)
		for q, pair := range pairs {
			for d := range dims {
				x0, x1 := s.dims[d].at(pair[0]), s.dims[d].at(pair[1])
				y0, y1 := owen(&p.dims[d], x0), owen(&p.dims[d], x1)
				if bits.LeadingZeros32(y0^y1) != bits.LeadingZeros32(x0^x1) {
					t.Fatalf("coordinate %d, points %v: they part at another digit when scrambled", d, pair)
				}
				c := &counts[q][d]
				for j := range 32 {
					c.ones[j] += int(y0 >> (31 - j) & 1)
					c.agree[j] += int((y0^x0^y1^x1)>>(31-j)&1 ^ 1)
				}
			}
		}
	}
	limit := 5 * math.Sqrt(runs) / 2
	for q, pair := range pairs {
		for d := range dims {
			k := bits.LeadingZeros32(s.dims[d].at(pair[0]) ^ s.dims[d].at(pair[1])) // digits before the k+1st agree
			for j, ones := range counts[q][d].ones {
				agree := counts[q][d].agree[j]
				switch {
				case math.Abs(float64(ones)-runs/2) > limit:
					t.Errorf("coordinate %d, point %d: digit %d is one in %d of %d scrambles", d, pair[0], j+1, ones, runs)
				case j > k && math.Abs(float64(agree)-runs/2) > limit:
					t.Errorf("coordinate %d, points %v: flips of digit %d agree in %d of %d scrambles", d, pair, j+1, agree, runs)
				case j <= k && agree != runs:
					t.Errorf("coordinate %d, points %v: flips of digit %d differ above the fork", d, pair, j+1)
				}
			}
		}
	}
}

// integrand is smooth with mean 1: Π (1 + (u_d − ½)/(d+1)).
func integrand(cols [][]float64, i int) float64 {
	f := 1.0
	for d, col := range cols {
		f *= 1 + (col[i]-0.5)/float64(d+1)
	}
	return f
}

// TestScramblesAreUnbiasedAndFarBetterThanChance: the mean of a smooth integrand over scrambles is right within its standard error,
// its variance is a small part of plain Monte Carlo's, and scrambles are uncorrelated with each other.
func TestScramblesAreUnbiasedAndFarBetterThanChance(t *testing.T) {
	const dims, n, runs = 8, 1024, 64
	s := sequence(t, dims)
	cols := columns(dims, n)
	means := make([]float64, runs)
	var plain float64
	for r := range runs {
		s.Scramble(2026, r).Fill(0, cols)
		ys := make([]float64, n)
		for i := range ys {
			ys[i] = integrand(cols, i)
		}
		means[r] = MeanOf(ys)
		plain += VarianceOf(ys) / n / runs
	}
	est := Scrambled(means)
	if math.Abs(est.Value-1) > 4*est.SE {
		t.Errorf("mean %.9f ± %.2g, want 1", est.Value, est.SE)
	}
	gain := plain / VarianceOf(means)
	t.Logf("variance of the mean is %.0f times smaller than by chance at N = %d", gain, n)
	if gain < 100 {
		t.Errorf("variance gain %.1f, want at least 100", gain)
	}
	var lag float64
	for r := 1; r < runs; r++ {
		lag += (means[r] - est.Value) * (means[r-1] - est.Value)
	}
	if rho := lag / (VarianceOf(means) * (runs - 1)); math.Abs(rho) > 4/math.Sqrt(runs) {
		t.Errorf("neighbouring scrambles correlate by %.2f", rho)
	}
}

// TestCoordinatesAreUncorrelated looks at all pairs of different coordinates of a forecast, within a scramble and across two.
func TestCoordinatesAreUncorrelated(t *testing.T) {
	const dims, n = 84, 4096
	s := sequence(t, dims)
	a, b := columns(dims, n), columns(dims, n)
	s.Scramble(1, 0).FillNormal(0, a)
	s.Scramble(1, 1).FillNormal(0, b)
	worst := 0.0
	for i := range dims {
		for j := range dims {
			if j > i {
				worst = math.Max(worst, math.Abs(dot(a[i], a[j]))/n)
			}
			if r := math.Abs(dot(a[i], b[j])) / n; i != j && r > 5/math.Sqrt(n) {
				t.Errorf("coordinates %d and %d of two scrambles correlate by %.3f", i, j, r)
			}
		}
	}
	t.Logf("largest correlation of two coordinates: %.4f", worst)
	if worst > 5/math.Sqrt(n) {
		t.Errorf("two coordinates of one scramble correlate by %.3f", worst)
	}
}

func dot(a, b []float64) float64 {
	var s Sum
	for i := range a {
		s.Add(a[i] * b[i])
	}
	return s.Value()
}

func TestSobolRefuses(t *testing.T) {
	for _, dims := range []int{0, -1, MaxDims + 1} {
		if _, err := NewSobol(dims); err == nil {
			t.Errorf("%d coordinates were accepted", dims)
		}
	}
	for n, ok := range map[int]bool{0: false, 1: false, 2: true, 3: false, 1000: false, 1024: true, MaxPoints: true, 2 * MaxPoints: false, -4: false} {
		if err := CheckPoints(n, "/paths"); (err == nil) != ok {
			t.Errorf("CheckPoints(%d) = %v", n, err)
		}
	}
}

func BenchmarkPoints(b *testing.B) {
	for _, c := range []struct {
		dims   int
		normal bool
	}{{84, false}, {84, true}} {
		b.Run(fmt.Sprintf("dims=%d/normal=%v", c.dims, c.normal), func(b *testing.B) {
			p := sequence(b, c.dims).Scramble(1, 1)
			cols := columns(c.dims, Block)
			first := 0
			perItem(b, Block, "path", func() {
				for b.Loop() {
					if c.normal {
						p.FillNormal(first, cols)
					} else {
						p.Fill(first, cols)
					}
					first = (first + Block) % (1 << 17)
				}
			})
		})
	}
}

func BenchmarkScramble(b *testing.B) {
	s := sequence(b, 84)
	for b.Loop() {
		s.Scramble(1, 1)
	}
}

func BenchmarkNewSobol(b *testing.B) {
	for b.Loop() {
		sequence(b, 84)
	}
}
