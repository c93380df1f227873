package chance

import "encoding/binary"

// Points is one Owen-scrambled copy of a Sobol sequence: the nested uniform scramble in base 2 in which digit k of a coordinate is
// flipped by a random bit that belongs to the k−1 digits before it. All 32 digits are scrambled, and half a unit of the last is
// added, so that every coordinate is one of (i+½)·2⁻³², uniform, and never 0 or 1.
//
// The bits are those of a counter-based generator, so every point can be had by its index. Keep the first point (the scramble
// makes it uniform like every other) and take a power of two of points, or the balance is lost. Points are immutable and may be
// used by many goroutines.
type Points struct {
	seq  *Sobol
	dims []scramble
}

// scramble is what is random about one coordinate.
type scramble struct {
	key uint64      // of the bits of levels 9 to 32
	top [Block]byte // the 8 highest digits, scrambled, by the same digits before
}

// Scramble returns scramble number k of the sequence. Scrambles of different numbers or different seeds are independent, and
// coordinate d of a scramble does not depend on how many there are.
func (s *Sobol) Scramble(seed uint64, k int) *Points {
	p := &Points{seq: s, dims: make([]scramble, len(s.dims))}
	run := mix64(mix64(seed+golden) + uint64(k)*golden)
	for d := range p.dims {
		c := &p.dims[d]
		c.key = mix64(run ^ mix64(uint64(d+1)*golden))
		// Node n = 1…255 of the tree of the first 8 levels flips the digit that follows the digits of n after its leading one.
		var flips [4]uint64
		for w := range flips {
			flips[w] = c.word(uint64(w))
		}
		for t := range c.top {
			node, out := 1, byte(0)
			for level := 7; level >= 0; level-- {
				digit := t >> level & 1
				out = out<<1 | byte(digit) ^ byte(flips[node>>6]>>(node&63)&1)
				node = node<<1 | digit
			}
			c.top[t] = out
		}
	}
	return p
}

// word returns 64 fair bits: number i of the coordinate's stream (SplitMix64, addressed by index).
func (c *scramble) word(i uint64) uint64 { return mix64(c.key + i*golden) }

// Where the words of a node begin. A node of levels 9 to 24 is named by a leading one and the digits from level 9 on that lead to it,
// and holds one bit for each of the 256 subtrees that hang below level 8, in 4 words. Levels 25 to 32 of a point hold one byte for
// each subtree, in 32 words: no two of MaxPoints points share 24 digits, so these digits are simply random.
const (
	wordsAt9  = 4
	wordsAt25 = wordsAt9 + 4<<16
)

// Dims returns the number of coordinates.
func (p *Points) Dims() int { return len(p.dims) }

// Fill sets cols[d][i] to coordinate d of point first+i. Every column has the same length; there may be fewer columns than
// coordinates. Points beyond MaxPoints do not exist: Fill panics.
func (p *Points) Fill(first int, cols [][]float64) { p.FillFrom(0, first, cols) }

// FillFrom is Fill for coordinates dim, dim+1, …: cols[0] gets coordinate dim.
func (p *Points) FillFrom(dim, first int, cols [][]float64) {
	for d, col := range cols {
		if first < 0 || first+len(col) > MaxPoints {
			panic("chance: no such points of a Sobol sequence")
		}
		p.column(dim+d, uint32(first), col)
	}
}

// FillNormal is Fill followed by NormQuantile: columns of standard normals.
func (p *Points) FillNormal(first int, cols [][]float64) {
	p.Fill(first, cols)
	for _, col := range cols {
		NormQuantile(col, col)
	}
}

func (p *Points) column(d int, first uint32, col []float64) {
	for len(col) > 0 {
		if first%Block == 0 && len(col) >= Block {
			p.block(d, first, (*[Block]float64)(col))
			first, col = first+Block, col[Block:]
			continue
		}
		var whole [Block]float64
		p.block(d, first&^(Block-1), &whole)
		n := copy(col, whole[first%Block:])
		first, col = first+uint32(n), col[n:]
	}
}

// block makes one coordinate of an aligned block. In it the digits from the 9th on are the same for all points, and the first eight
// run through all 256 values: each point is the only one in its subtree, and all go the same way down.
func (p *Points) block(d int, first uint32, out *[Block]float64) {
	v, c := &p.seq.dims[d], &p.dims[d]
	base := v.at(first)
	var mid, low, last [Block]byte // digits 9–16, 17–24 and 25–32 of the flips, by subtree
	c.levels(&mid, 1, base>>16&0xff)
	c.levels(&low, 1<<8|base>>16&0xff, base>>8&0xff)
	at := c.key + (wordsAt25+uint64(base>>8&0xffff)<<5)*golden
	for i := 0; i < Block; i += 8 {
		binary.LittleEndian.PutUint64(last[i:], mix64(at))
		at += golden
	}
	top, rest := byte(base>>24), base&0xffffff
	for j, y := range v.first {
		t := y ^ top
		x := (uint32(c.top[t])<<24 | uint32(mid[t])<<16 | uint32(low[t])<<8 | uint32(last[t])) ^ rest
		out[j] = float64(x)*0x1p-32 + 0x1p-33
	}
}

// levels sets flips[t] to the flips of eight levels in subtree t: from node on, down the digits of path. Each level gives one bit to
// each subtree; words of eight levels are turned so that each subtree has its eight bits in one byte.
func (c *scramble) levels(flips *[Block]byte, node, path uint32) {
	var at [8]uint64
	for k := range at { // level k goes to bit 7−k
		at[7-k] = c.key + (wordsAt9+uint64(node)<<2)*golden
		node = node<<1 | path>>(7-k)&1
	}
	for w := 0; w < Block; w += 64 {
		var a [8]uint64
		for k := range a {
			a[k] = mix64(at[k])
			at[k] += golden
		}
		transpose(&a)
		for g, word := range a {
			binary.LittleEndian.PutUint64(flips[w+8*g:], word)
		}
	}
}

// transpose exchanges the number of the word with the number of the bit in each byte: bit 8e+g of a[b] becomes bit 8e+b of a[g].
func transpose(a *[8]uint64) {
	const m4, m2, m1 = 0x0f0f0f0f0f0f0f0f, 0x3333333333333333, 0x5555555555555555
	a0, a1, a2, a3, a4, a5, a6, a7 := a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]
	t := (a0>>4 ^ a4) & m4
	a0, a4 = a0^t<<4, a4^t
	t = (a1>>4 ^ a5) & m4
	a1, a5 = a1^t<<4, a5^t
	t = (a2>>4 ^ a6) & m4
	a2, a6 = a2^t<<4, a6^t
	t = (a3>>4 ^ a7) & m4
	a3, a7 = a3^t<<4, a7^t
	t = (a0>>2 ^ a2) & m2
	a0, a2 = a0^t<<2, a2^t
	t = (a1>>2 ^ a3) & m2
	a1, a3 = a1^t<<2, a3^t
	t = (a4>>2 ^ a6) & m2
	a4, a6 = a4^t<<2, a6^t
	t = (a5>>2 ^ a7) & m2
	a5, a7 = a5^t<<2, a7^t
	t = (a0>>1 ^ a1) & m1
	a0, a1 = a0^t<<1, a1^t
	t = (a2>>1 ^ a3) & m1
	a2, a3 = a2^t<<1, a3^t
	t = (a4>>1 ^ a5) & m1
	a4, a5 = a4^t<<1, a5^t
	t = (a6>>1 ^ a7) & m1
	a6, a7 = a6^t<<1, a7^t
	a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7] = a0, a1, a2, a3, a4, a5, a6, a7
}
