package forecast

import (
	"context"
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"roadbook/outlook/chance"
)

// indexResamples is how many bootstraps are behind the ranges of the indices.
const indexResamples = 200

// indexScramble numbers the points of the indices apart from those of the runs.
const indexScramble = 1 << 20

// indices runs Saltelli's design on the independent factors behind the copula.
func (s *sim) indices(ctx context.Context, points int, seed uint64) (Indices, error) {
	names, dims := s.p.groups()
	n := max(Width, 1<<bits.Len(uint(max(points, 2)-1)))
	out := Indices{Of: "profit of the year asked about", N: n, Runs: n * (len(names) + 2),
		Method: "first: Saltelli 2010; total: Jansen 1999; on the independent factors behind the copula, so an input's factor is what it adds to those listed before it; ranges: 95 % bootstrap"}
	if len(names) == 0 {
		return out, nil
	}
	d := s.p.dims()
	a, b, err := s.twoSets(n, d, seed)
	if err != nil {
		return out, err
	}
	answers := make([][]float64, len(names)+2) // of A, of B, of A with each group from B
	for i := range answers {
		answers[i] = make([]float64, n)
	}
	blocks := n / Width
	var next atomic.Int64
	var wait sync.WaitGroup
	for w := range s.workers {
		wait.Go(func() {
			f := s.frames[w]
			put := func(k, block int, from [][]float64, also [][]float64, group []int) {
				for i, col := range f.raw {
					copy(col, from[i][block*Width:(block+1)*Width])
				}
				for _, i := range group {
					copy(f.raw[i], also[i][block*Width:(block+1)*Width])
				}
				f.run()
				copy(answers[k][block*Width:], f.yearly.profit[s.p.asked][:])
			}
			for ctx.Err() == nil {
				block := int(next.Add(1)) - 1
				if block >= blocks {
					return
				}
				put(0, block, a, nil, nil)
				put(1, block, b, nil, nil)
				for i, group := range dims {
					if ctx.Err() != nil {
						return
					}
					put(i+2, block, a, b, group)
				}
				s.tell.add(Width*(len(dims)+2), "indices")
			}
		})
	}
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return out, err
	}
	if answersAlike(answers[0]) && answersAlike(answers[1]) {
		return out, nil // nothing varies, so there is nothing to share out
	}
	list, err := chance.Indices(answers[0], answers[1], answers[2:], indexResamples, seed)
	if err != nil {
		return out, err
	}
	for i, x := range list {
		out.List = append(out.List, Index{Factor: names[i], First: x.First.Value, FirstLow: x.FirstRange.Low, FirstHigh: x.FirstRange.High,
			Total: x.Total.Value, TotalLow: x.TotalRange.Low, TotalHigh: x.TotalRange.High, Records: s.p.groupRecords(i)})
	}
	slices.SortStableFunc(out.List, func(x, y Index) int { return compareFloat(y.Total, x.Total) })
	return out, nil
}

func answersAlike(xs []float64) bool {
	return !slices.ContainsFunc(xs, func(x float64) bool { return x != xs[0] })
}

// twoSets returns two independent sets of n points, by coordinate, made normal as frames do. Where the sequence has coordinates
// enough, they are the two halves of its points; otherwise two scrambles, the second in a random order.
func (s *sim) twoSets(n, d int, seed uint64) (a, b [][]float64, err error) {
	make2 := func() [][]float64 {
		all := make([]float64, n*d)
		out := make([][]float64, d)
		for i := range out {
			out[i] = all[i*n : (i+1)*n]
		}
		return out
	}
	a, b = make2(), make2()
	cut := func(cols [][]float64, block int) [][]float64 {
		out := make([][]float64, len(cols))
		for i := range cols {
			out[i] = cols[i][block*Width : (block+1)*Width]
		}
		return out
	}
	if 2*d <= chance.MaxDims {
		src, err := newSource(2*d, seed)
		if err != nil {
			return nil, nil, err
		}
		k := src.scramble(indexScramble)
		for block := range n / Width {
			k.fill(block, append(cut(a, block), cut(b, block)...))
		}
	} else {
		first, second := s.src.scramble(indexScramble), s.src.scramble(indexScramble+1)
		for block := range n / Width {
			first.fill(block, cut(a, block))
			second.fill(block, cut(b, block))
		}
		order := rand.New(chance.NewPCG(seed, indexScramble)).Perm(n)
		moved := make([]float64, n)
		for _, col := range b {
			for i, j := range order {
				moved[i] = col[j]
			}
			copy(col, moved)
		}
	}
	first := len(s.p.uncertain)
	for i := range d {
		if i < first || i >= first+len(s.p.regimes) {
			s.src.table.column(a[i])
			s.src.table.column(b[i])
		}
	}
	return a, b, nil
}

// groupRecords are the records behind a factor.
func (p *plan) groupRecords(i int) []string {
	if i < len(p.uncertain) {
		return []string{p.c.Inputs[p.uncertain[i]].ID}
	}
	if i -= len(p.uncertain); i < len(p.regimes) {
		r := p.c.Regimes[i]
		return p.records(r.Probability, r.Hazard, r.Lasts, r.Factor)
	}
	o := p.c.Processes[i-len(p.regimes)]
	return p.records(o.Start, o.Mean, o.Kappa, o.Sigma)
}
