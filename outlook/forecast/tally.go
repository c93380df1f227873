package forecast

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"roadbook/outlook/chance"
)

// Quantiles of any number of paths are read from histograms of fixed size. A first small sample (the pilot) sets their range:
// from its 1 % to its 99 % quantile, widened by half of that on each side. Counts are whole numbers, so the order in which
// workers add them does not matter, and within a bin a quantile is interpolated: it is off by less than one bin, a part
// 2/bins of the span from the 1 % to the 99 % quantile, about 0.005 standard deviations of a normal figure for fanBins.

// Bins of a histogram.
const (
	fanBins  = 1_024 // of a metric in a quarter
	headBins = 8_192 // of an answer
)

// probe is one figure of a path whose distribution is wanted.
type probe struct {
	lo, scale float64
	bins      int
	at        int // of its counts
}

// probes lays out histograms in one slice of counts: for each probe one bin below, its bins, one above.
type probes struct {
	list  []probe
	total int
}

func (s *probes) add(bins int) int {
	s.list = append(s.list, probe{bins: bins, at: s.total})
	s.total += bins + 2
	return len(s.list) - 1
}

// fit sets a probe's range by a pilot, which is sorted in place. Infinite figures have no place in it.
func (p *probe) fit(pilot []float64) {
	finite := pilot[:0]
	for _, v := range pilot {
		if !math.IsInf(v, 0) {
			finite = append(finite, v)
		}
	}
	if len(finite) == 0 {
		p.lo, p.scale = 0, float64(p.bins)
		return
	}
	a, b := chance.Select(finite, 0.01), chance.Select(finite, 0.99)
	width := b - a
	if least := 1e-9 * math.Max(math.Abs(a), math.Abs(b)); width < least || width == 0 {
		width = math.Max(least, 1e-300) // as good as known: min and max say it exactly
	}
	p.lo = a - width/2
	p.scale = float64(p.bins) / (2 * width)
}

// counts is what one worker has counted of one scramble.
type counts struct {
	n        []uint32
	min, max []float64 // by probe, of finite figures
	infinite []int     // by probe
	positive []int     // by probe, where asked for
}

func newCounts(s *probes) *counts {
	c := &counts{n: make([]uint32, s.total), min: make([]float64, len(s.list)), max: make([]float64, len(s.list)), infinite: make([]int, len(s.list)), positive: make([]int, len(s.list))}
	c.clear()
	return c
}

func (c *counts) clear() {
	clear(c.n)
	clear(c.infinite)
	clear(c.positive)
	for i := range c.min {
		c.min[i], c.max[i] = math.Inf(1), math.Inf(-1)
	}
}

// add counts figures of a probe. +Inf counts as above all others and is not part of max.
func (c *counts) add(s *probes, probe int, xs []float64) {
	p := &s.list[probe]
	n := c.n[p.at : p.at+p.bins+2]
	lo, hi := c.min[probe], c.max[probe]
	top := float64(p.bins + 1)
	for _, x := range xs {
		at := (x-p.lo)*p.scale + 1
		at = min(max(at, 0), top)
		n[int(at)]++
		lo = min(lo, x)
		if x > hi {
			if x > math.MaxFloat64 {
				c.infinite[probe]++
				continue
			}
			hi = x
		}
	}
	c.min[probe], c.max[probe] = lo, hi
}

// merge adds another worker's counts.
func (c *counts) merge(o *counts) {
	for i, v := range o.n {
		c.n[i] += v
	}
	for i := range c.min {
		c.min[i], c.max[i] = min(c.min[i], o.min[i]), max(c.max[i], o.max[i])
		c.infinite[i] += o.infinite[i]
		c.positive[i] += o.positive[i]
	}
}

// quantile returns the u-quantile of what a probe counted; +Inf when it lies among the infinite ones, NaN for no figures.
func (c *counts) quantile(s *probes, probe int, u float64) float64 {
	p := &s.list[probe]
	n := c.n[p.at : p.at+p.bins+2]
	total := 0
	for _, v := range n {
		total += int(v)
	}
	if total == 0 {
		return math.NaN()
	}
	rank := u * float64(total)
	if rank > float64(total-c.infinite[probe]) || c.infinite[probe] == total {
		return math.Inf(1)
	}
	lo, hi := c.min[probe], c.max[probe]
	below := 0.0
	for i, v := range n {
		if v == 0 || below+float64(v) < rank {
			below += float64(v)
			continue
		}
		switch i {
		case 0:
			return lo + (rank-below)/float64(v)*(p.lo-lo)
		case p.bins + 1:
			edge := p.lo + float64(p.bins)/p.scale
			finite := float64(int(v) - c.infinite[probe])
			return edge + min(1, (rank-below)/max(finite, 1))*(hi-edge)
		}
		x := p.lo + (float64(i-1)+(rank-below)/float64(v))/p.scale
		return min(max(x, lo), hi)
	}
	return hi
}

// estimate is the mean over scrambles with its error and a 95 % interval.
func estimate(answers []float64) Estimate {
	e := chance.Scrambled(answers)
	if math.IsInf(e.SE, 0) {
		e.SE = 0
	}
	w := studentT(len(answers)-1) * e.SE
	return Estimate{Value: e.Value, SE: e.SE, Low: e.Value - w, High: e.Value + w}
}

// above counts the figures above 0.
func (c *counts) above(probe int, xs []float64) {
	n := 0
	for _, x := range xs {
		if x > 0 {
			n++
		}
	}
	c.positive[probe] += n
}

// proportion is estimate for a probability from so many paths in all. Where every path says the same, the scrambles show no
// error; the interval then reaches 3/paths inwards (the rule of three).
func proportion(answers []float64, paths int) Estimate {
	e := estimate(answers)
	three := 3 / float64(paths)
	switch e.Value {
	case 0:
		e.High = max(e.High, three)
	case 1:
		e.Low = min(e.Low, 1-three)
	}
	e.Low, e.High = max(e.Low, 0), min(e.High, 1)
	return e
}

// studentT is the 97.5 % quantile of Student's t, by degrees of freedom.
func studentT(df int) float64 {
	if df < 1 {
		return 0
	}
	return distuv.StudentsT{Sigma: 1, Nu: float64(df)}.Quantile(0.975)
}
