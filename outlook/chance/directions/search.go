package directions

import (
	"math"
	"math/rand/v2"
)

// What the table in initial.go was searched with.
const (
	Seed       = 2026
	Candidates = 1 << 14 // of a coordinate whose free bits are too many to try all
	allBits    = 15      // try all when there are no more free bits than this
)

// Search finds initial numbers coordinate by coordinate. Make one with NewSearch.
type Search struct {
	polys []uint32
	done  []rows  // of the coordinates found, the first among them
	first []digit // and their rows in the system of first digits, reduced
	costs [Levels + 1][Levels + 1]uint64
}

// digit is a row of first digits: bit c is the first digit of column c. The first digits of a coordinate obey the recurrence of its
// polynomial, and Property A holds for d coordinates exactly when their first digits in the first d columns are a regular matrix.
type digit [(Max + 63) / 64]uint64

// NewSearch returns a search that goes on after the coordinates whose free bits are found (coordinate 1 has none; found[0] belongs to
// coordinate 2). It panics if those lack Property A.
func NewSearch(found []uint64) *Search {
	s := &Search{polys: primitives(Max - 1)}
	m := corput()
	s.done = append(s.done, m.rows())
	s.first = append(s.first, digit{1})
	for m := range s.costs {
		for t := range m {
			k := uint64(m - t + 1)
			s.costs[m][t] = 1 << (3*t + 10) / (k * k * k)
		}
	}
	for d, free := range found {
		r, ok := s.extend(s.polys[d], free)
		if !ok {
			panic("directions: these numbers lack Property A")
		}
		s.keep(s.polys[d], free, r)
	}
	return s
}

// Next finds the free bits of the next coordinate. It panics beyond Max.
func (s *Search) Next() (free uint64) {
	d := len(s.done)
	poly := s.polys[d-1]
	n := freeBits(degree(poly))
	rng := rand.New(rand.NewPCG(Seed, uint64(d+1)))
	tries := Candidates
	if n <= allBits {
		tries = 1 << n
	}
	var row digit
	least := uint64(math.MaxUint64)
	for k := range tries {
		var c uint64
		switch {
		case n <= allBits:
			c = uint64(k)
		case k < tries/2:
			c = rng.Uint64() & (1<<n - 1)
		default:
			c = free
			for range 1 + rng.IntN(3) {
				c ^= 1 << rng.IntN(n)
			}
		}
		r, ok := s.extend(poly, c)
		if !ok {
			continue
		}
		if cost := s.cost(poly, c, least); cost < least && s.leadsOn(r) {
			free, row, least = c, r, cost
		}
	}
	if least == math.MaxUint64 {
		panic("directions: no candidate has Property A")
	}
	s.keep(poly, free, row)
	return free
}

// cost adds up what is lost in the pairs with all earlier coordinates; it gives up at limit.
func (s *Search) cost(poly uint32, free, limit uint64) (sum uint64) {
	matrix := expand(poly, free)
	b := matrix.rows()
	for j := range s.done {
		var cost uint64
		for m, t := range pair(&s.done[j], &b) {
			cost += s.costs[m][t]
		}
		switch near := min(j, len(s.done)-j); {
		case near <= 16:
			cost *= 4
		case near <= 64:
			cost *= 2
		}
		if cost >= limit-sum {
			return limit
		}
		sum += cost
	}
	return sum
}

func (s *Search) keep(poly uint32, free uint64, r digit) {
	matrix := expand(poly, free)
	s.done = append(s.done, matrix.rows())
	s.first = append(s.first, r)
}

// extend returns the first digits of a candidate, reduced by those of the coordinates before, and whether Property A extends to it:
// whether its diagonal digit is left.
func (s *Search) extend(poly uint32, free uint64) (r digit, regular bool) {
	deg := degree(poly)
	for i := range deg {
		r[0] |= uint64(odd(i, &free)>>i) << i
	}
	return s.reduce(poly, r)
}

func (s *Search) reduce(poly uint32, r digit) (digit, bool) {
	deg := degree(poly)
	for i := deg; i < Max; i++ {
		var b uint64
		for k := 1; k <= deg; k++ {
			if poly>>(deg-k)&1 == 1 {
				b ^= r.at(i - k)
			}
		}
		r[i/64] |= b << (i % 64)
	}
	for j := range s.first {
		if r.at(j) == 1 {
			for w := range r {
				r[w] ^= s.first[j][w]
			}
		}
	}
	return r, r.at(len(s.first)) == 1
}

func (r *digit) at(i int) uint64 { return r[i/64] >> (i % 64) & 1 }

// leadsOn reports whether the coordinate after the one with first digits r can have Property A: whether its diagonal digit, which is
// linear in the digits that it may choose, is not always 0.
func (s *Search) leadsOn(r digit) bool {
	d := len(s.first)
	if d == Max-1 {
		return true
	}
	s.first = append(s.first, r)
	defer func() { s.first = s.first[:d] }()
	for k := range degree(s.polys[d]) {
		if _, ok := s.reduce(s.polys[d], digit{1 | 1<<k}); ok {
			return true
		}
	}
	return false
}
