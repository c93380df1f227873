package milp

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// award is the size of a sourcing instance of the reference: suppliers × months × chemistries × tiers.
type award struct {
	suppliers, months, chems, tiers int
	orders                          bool // minimum order quantities with order binaries
}

// instance draws a compact award model: prices, tiers, capacities, take-or-pay, dual sourcing, stock and shortage.
func (w award) instance(seed uint64) *Problem {
	r := rand.New(rand.NewPCG(seed, 99))
	p := &Problem{Name: fmt.Sprintf("award-%d", seed)}
	S, T, C, R := w.suppliers, w.months, w.chems, w.tiers
	years := (T + 11) / 12
	demand := make([][]float64, C)
	total := make([]float64, years)
	totalC := make([][]float64, C)
	for c := range C {
		demand[c] = make([]float64, T)
		totalC[c] = make([]float64, years)
		base := 200 + 600*r.Float64()
		for t := range T {
			demand[c][t] = math.Round(base * (1 + 0.02*float64(t)) * (0.8 + 0.4*r.Float64()))
			total[t/12] += demand[c][t]
			totalC[c][t/12] += demand[c][t]
		}
	}
	q := make([][][]int, S)
	a := make([][]int, S)
	sums := make([][][]Term, C)
	for c := range C {
		sums[c] = make([][]Term, T)
	}
	share := make([][][]Term, C)
	for c := range C {
		share[c] = make([][]Term, years)
	}
	for s := range S {
		q[s] = make([][]int, C)
		a[s] = make([]int, C)
		level := 0.95 + 0.15*r.Float64()
		type group struct{ vol, spend []Term }
		year := make([]group, years)
		pmin, pmax := make([]float64, years), make([]float64, years)
		for y := range years {
			pmin[y] = math.Inf(1)
		}
		capYear := make([]float64, years)
		for c := range C {
			if r.Float64() < 0.15 {
				a[s][c] = -1
				continue
			}
			a[s][c] = p.AddCol(fmt.Sprintf("a_%d_%d", s, c), 0, 1, 20000+30000*r.Float64(), true)
			p.SetPriority(a[s][c], 2)
			q[s][c] = make([]int, T)
			capacity := math.Round((0.25 + 0.35*r.Float64()) * totalC[c][0] / 12 * 1.4)
			price := (80 + 15*float64(c)) * level * (0.96 + 0.08*r.Float64())
			moq, fee := math.Round(0.25*capacity), 300+500*r.Float64()
			from := 0
			if r.Float64() < 0.3 {
				from = r.IntN(9)
			}
			for t := range T {
				pr := price * math.Pow(0.995, float64(t)) * (0.99 + 0.02*r.Float64())
				hi := capacity
				if t < from {
					hi = 0
				}
				q[s][c][t] = p.AddCol(fmt.Sprintf("q_%d_%d_%d", s, c, t), 0, hi, 0, false)
				y := t / 12
				pmin[y], pmax[y] = math.Min(pmin[y], pr), math.Max(pmax[y], pr)
				capYear[y] += hi
				year[y].vol = append(year[y].vol, Term{q[s][c][t], 1})
				year[y].spend = append(year[y].spend, Term{q[s][c][t], pr})
				sums[c][t] = append(sums[c][t], Term{q[s][c][t], 1})
				share[c][y] = append(share[c][y], Term{q[s][c][t], float64(s)}) // the coefficient marks the supplier for now
				if w.orders {
					if hi > 0 {
						o := p.AddCol(fmt.Sprintf("o_%d_%d_%d", s, c, t), 0, 1, fee, true)
						p.AddRow(fmt.Sprintf("moq_%d_%d_%d", s, c, t), 0, inf, Term{q[s][c][t], 1}, Term{o, -moq})
						p.AddRow(fmt.Sprintf("cap_%d_%d_%d", s, c, t), -inf, 0, Term{q[s][c][t], 1}, Term{o, -hi})
						p.AddRow(fmt.Sprintf("act_%d_%d_%d", s, c, t), -inf, 0, Term{o, 1}, Term{a[s][c], -1})
					}
				} else {
					p.AddRow(fmt.Sprintf("cap_%d_%d_%d", s, c, t), -inf, 0, Term{q[s][c][t], 1}, Term{a[s][c], -hi})
				}
			}
		}
		for y := range years {
			if len(year[y].vol) == 0 {
				continue
			}
			step := math.Min(capYear[y], total[y]) / float64(R)
			one := []Term{}
			short := p.AddCol(fmt.Sprintf("v_%d_%d", s, y), 0, capYear[y], 0.5*(pmin[y]+pmax[y])*0.5, false)
			vol, spend := year[y].vol, year[y].spend
			for k := range R {
				lo, hi := math.Round(step*float64(k)*0.8), capYear[y]
				if k+1 < R {
					hi = math.Round(step * float64(k+1) * 0.8)
				}
				disc := 0.02 * float64(k) * (0.8 + 0.4*r.Float64())
				z := p.AddCol(fmt.Sprintf("z_%d_%d_%d", s, y, k), 0, 1, 0, true)
				p.SetPriority(z, 1)
				V := p.AddCol(fmt.Sprintf("V_%d_%d_%d", s, y, k), 0, inf, 0, false)
				D := p.AddCol(fmt.Sprintf("D_%d_%d_%d", s, y, k), 0, inf, 1-disc, false)
				one = append(one, Term{z, 1})
				vol = append(vol, Term{V, -1})
				spend = append(spend, Term{D, -1})
				p.AddRow(fmt.Sprintf("L_%d_%d_%d", s, y, k), 0, inf, Term{V, 1}, Term{short, 1}, Term{z, -lo})
				p.AddRow(fmt.Sprintf("U_%d_%d_%d", s, y, k), -inf, 0, Term{V, 1}, Term{z, -hi})
				p.AddRow(fmt.Sprintf("pl_%d_%d_%d", s, y, k), 0, inf, Term{D, 1}, Term{V, -pmin[y]})
				p.AddRow(fmt.Sprintf("ph_%d_%d_%d", s, y, k), -inf, 0, Term{D, 1}, Term{V, -pmax[y]})
			}
			p.AddRow(fmt.Sprintf("one_%d_%d", s, y), -inf, 1, one...)
			p.AddRow(fmt.Sprintf("vol_%d_%d", s, y), 0, 0, vol...)
			p.AddRow(fmt.Sprintf("spend_%d_%d", s, y), 0, 0, spend...)
		}
	}
	for c := range C {
		prev := -1
		for t := range T {
			stock := p.AddCol(fmt.Sprintf("I_%d_%d", c, t), 0, 3*demand[c][t], 1.5, false)
			buy := p.AddCol(fmt.Sprintf("B_%d_%d", c, t), 0, inf, 250, false)
			ts := append(append([]Term(nil), sums[c][t]...), Term{buy, 1}, Term{stock, -1})
			if prev >= 0 {
				ts = append(ts, Term{prev, 1})
			}
			prev = stock
			p.AddRow(fmt.Sprintf("bal_%d_%d", c, t), demand[c][t], demand[c][t], ts...)
		}
		for y := range years {
			for s := range S {
				if a[s][c] < 0 {
					continue
				}
				var ts []Term
				for _, m := range share[c][y] {
					k := -0.6
					if int(m.Coef) == s {
						k = 0.4
					}
					ts = append(ts, Term{m.Col, k})
				}
				p.AddRow(fmt.Sprintf("share_%d_%d_%d", c, y, s), -inf, 0, ts...)
			}
		}
		var two []Term
		for s := range S {
			if a[s][c] >= 0 {
				two = append(two, Term{a[s][c], 1})
			}
		}
		p.AddRow(fmt.Sprintf("dual_%d", c), 2, inf, two...)
	}
	return p
}

// lotSizing is a capacitated multi-item lot-sizing problem in the manner of Trigeiro, Thomas and McClain: set-up
// times eat capacity, demand must be met.
func lotSizing(seed uint64, items, periods int) *Problem {
	r := rand.New(rand.NewPCG(seed, 5))
	p := &Problem{Name: fmt.Sprintf("lots-%d", seed)}
	load := make([][]Term, periods)
	need := 0.0
	for i := range items {
		prev := -1
		rest := 0.0
		d := make([]float64, periods)
		for t := range periods {
			d[t] = float64(r.IntN(120))
			if t == 0 {
				d[t] /= 4
			}
			rest += d[t]
		}
		setup, hold, time := 200+float64(r.IntN(800)), 1+float64(r.IntN(4)), 5+float64(r.IntN(20))
		need += rest + time*float64(periods)*0.5
		for t := range periods {
			x := p.AddCol(fmt.Sprintf("x_%d_%d", i, t), 0, inf, 0, false)
			y := p.AddCol(fmt.Sprintf("y_%d_%d", i, t), 0, 1, setup, true)
			s := p.AddCol(fmt.Sprintf("s_%d_%d", i, t), 0, inf, hold, false)
			p.AddRow(fmt.Sprintf("on_%d_%d", i, t), -inf, 0, Term{x, 1}, Term{y, -rest})
			ts := []Term{{x, 1}, {s, -1}}
			if prev >= 0 {
				ts = append(ts, Term{prev, 1})
			}
			p.AddRow(fmt.Sprintf("bal_%d_%d", i, t), d[t], d[t], ts...)
			load[t] = append(load[t], Term{x, 1}, Term{y, time})
			prev = s
			rest -= d[t]
		}
	}
	for t := range periods {
		p.AddRow(fmt.Sprintf("cap_%d", t), -inf, math.Round(need/float64(periods)*1.25), load[t]...)
	}
	return p
}
