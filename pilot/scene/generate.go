package scene

import (
	"fmt"
	"math"
	"math/rand/v2"

	"roadbook/pilot/scene/reference"
)

// GridVersion names what Generate makes; it changes whenever a case would.
const GridVersion = "1"

// primes are the bases of the low-discrepancy points (Halton), one for each axis.
var primes = [...]int{2, 3, 5, 7, 11, 13, 17, 19}

// points is a shifted Halton sequence: n points of it fill the space evenly for every n.
type points struct{ shift [len(primes)]float64 }

func newPoints(seed, stream uint64) points {
	var p points
	rng := rand.New(rand.NewPCG(seed, stream))
	for i := range p.shift {
		p.shift[i] = rng.Float64()
	}
	return p
}

func (p *points) at(i int) (u [len(primes)]float64) {
	for k, base := range primes {
		f, r := 1.0, 0.0
		for n := i + 1; n > 0; n /= base {
			f /= float64(base)
			r += float64(f * float64(n%base))
		}
		r += p.shift[k]
		u[k] = r - math.Floor(r)
	}
	return u
}

// Generate makes n cases of a kind from a seed: speeds from 10 to 130 km/h, gaps, lateral speeds, ramps, sizes and rates, all
// spread evenly and none of them round. Cut-outs and decelerations come in pairs, from a gap of 2 s and from the gap of
// 5.2.3.3.
func Generate(k reference.Kind, seed uint64, n int) []Case {
	p := newPoints(seed, uint64(k))
	out := make([]Case, 0, n)
	for i := 0; len(out) < n; i++ {
		u := p.at(i)
		c := Case{ID: fmt.Sprintf("%s-%d-%05d", k, seed, i), Kind: k, Ego: span(u[0], 10, 130)}
		c.Length, c.Width = size(u[6], u[7])
		switch k {
		case reference.CutIn:
			c.cutIn(u)
			out = append(out, c)
			continue
		case reference.CutOut:
			c.LateralSpeed = span(u[1], 0.4, 3)
			if i%2 == 1 {
				c.LateralSpeed = -c.LateralSpeed
			}
			c.LateralAccel = span(u[2], 0.5, 6)
			c.FrontGap = span(float64(u[3]*u[3]), 1, 20+float64(1.1*c.Ego))
		case reference.Deceleration:
			c.LeadDecel = span(u[1], 0.4, 9.8)
		}
		for _, rule := range [...]string{"2s", "r157"} {
			if len(out) == n {
				break
			}
			d := c
			d.ID += "-" + rule
			d.Gap, _ = ReferenceGap(rule, c.Ego)
			out = append(out, d)
		}
	}
	return out
}

// cutIn fills a cut-in: nine of ten challengers are slower than the ego, one of sixteen stays in its lane.
func (c *Case) cutIn(u [len(primes)]float64) {
	if u[1] < 0.9 {
		c.Other = span(u[1]/0.9, 3, c.Ego)
	} else {
		c.Other = span((u[1]-0.9)/0.1, c.Ego, float64(1.3*c.Ego))
	}
	c.Gap = span(float64(u[2]*u[2]), 0.3, 25+float64(0.8*c.Ego))
	if u[3] >= 1.0/16 {
		c.LateralSpeed = span((u[3]-1.0/16)/(15.0/16), 0.1, 3)
	}
	c.LateralAccel = span(u[4], 0.4, 6)
	c.Lateral = span(math.Abs(float64(2*u[5])-1), 3, 4.2)
	if u[5] < 0.5 {
		c.Lateral = -c.Lateral
	}
}

// size is that of a motorcycle (one of twelve), a car, a van or a truck (one of six).
func size(u, v float64) (length, width float64) {
	switch {
	case u < 1.0/12:
		return span(v, 1.9, 2.4), span(v, 0.7, 0.95)
	case u < 10.0/12:
		return span(v, 3.5, 5.4), span(v, 1.6, 2.1)
	}
	return span(v, 6, 18.6), span(v, 2.2, 2.55)
}

// span maps 0..1 to lo..hi.
func span(u, lo, hi float64) float64 { return lo + float64((hi-lo)*u) }
