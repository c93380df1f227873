package sourcing

import (
	"context"
	"math"
)

// volume climbs the Lagrangian bound by the volume algorithm (Barahona and Anbil 2000): steps along an average of the
// subgradients, whose weights also average the relaxed solutions into a nearly feasible fractional award.
type volume struct {
	l     *lagrange
	avg   *relaxed
	dir   *multipliers // averaged subgradient
	best  *multipliers
	bound float64
	scale [5]float64 // of a step, by kind of multiplier: they differ in unit
	step  float64
	mix   float64
	iters int
	seen  bool
}

func newVolume(n *net) *volume {
	v := &volume{l: newLagrange(n), avg: n.newRelaxed(), dir: n.zeroMultipliers(), bound: math.Inf(-1)}
	v.start()
	v.best = v.l.m.clone(n)
	v.scale = [5]float64{1, 0.1, 1, 1, 1}
	fix, price, packs, co2 := 0.0, 0.0, 0.0, 0.0
	for k := range n.pairs {
		p := &n.pairs[k]
		fix += p.fix
		price += p.price[0][0]
		co2 += p.co2
	}
	for m := range n.M {
		for t := range n.T {
			packs += n.need[m][t][0]
		}
	}
	np := math.Max(1, float64(len(n.pairs)))
	fix, price, co2 = fix/np, math.Max(price/np, 1e-9), math.Max(co2/np, 1e-9)
	monthly := math.Max(packs/float64(n.T*n.C), 1e-9)
	v.scale[2] = math.Max(fix, price) * monthly / price
	v.scale[3] = monthly / (co2 * co2 * math.Max(packs, 1))
	v.scale[4] = v.scale[3]
	v.reset()
	return v
}

func (v *volume) reset() { v.step, v.mix, v.seen = 1, 0.1, false }

// start sets the balance prices to what the dearest pack needed would cost at the best discount.
func (v *volume) start() {
	n, m := v.l.n, v.l.m
	for w := range n.W {
		for c := range n.C {
			for t := range n.T {
				need := 0.0
				for mm := range n.M {
					for _, a := range n.allowed[mm] {
						if a == c {
							need += n.need[mm][t][w] / float64(len(n.allowed[mm]))
						}
					}
				}
				m.mu[w][c*n.T+t] = n.prob[w] * n.clearing(c, t, w, need)
			}
		}
	}
	v.l.project()
}

// clearing is the price at which the open offers of a pack cover the need, each at its best discount.
func (n *net) clearing(c, t, w int, need float64) float64 {
	last, floor := 0.0, math.Inf(-1)
	for {
		price, cap := math.Inf(1), 0.0
		for _, k := range n.at[c] {
			p := &n.pairs[k]
			if !p.open[t] {
				continue
			}
			off := 0.0
			for _, b := range n.tiers[p.s][n.year[t]] {
				off = math.Max(off, b.off)
			}
			e := (1-off)*p.price[w][t] + p.order/p.cap[t]
			if e > floor && e < price {
				price, cap = e, p.cap[t]
			}
		}
		if math.IsInf(price, 1) {
			break
		}
		last, floor = price, price
		if need -= cap; need <= 0 {
			return price
		}
	}
	if n.short[c] >= 0 {
		return n.short[c]
	}
	return last * 1.2
}

// climb improves the bound within a box for a number of iterations, or until it comes within gap of upper. It returns
// the best bound; the multipliers that reach it are left in v.best and the averaged solution in v.avg.
func (v *volume) climb(ctx context.Context, b box, upper, gap float64, iterations int) float64 {
	l := v.l
	l.m.copy(v.best)
	if math.IsInf(upper, 1) {
		upper = math.NaN()
	}
	val := l.value(b)
	v.bound = val
	v.seed()
	reds := 0
	for i := 0; i < iterations && ctx.Err() == nil; i++ {
		v.iters++
		target := upper
		if math.IsNaN(target) {
			target = v.bound + 0.05*math.Abs(v.bound) + 1
		}
		if v.bound >= target*(1-gap) && !math.IsNaN(upper) || v.bound > 1e100 {
			break
		}
		norm := 0.0
		v.zip(v.dir, l.m, func(kind int, d, _ []float64) {
			for j := range d {
				norm += v.scale[kind] * d[j] * d[j]
			}
		})
		if norm < 1e-12 {
			break
		}
		s := v.step * math.Max(target-v.bound, 1e-6*math.Abs(target)) / norm
		l.m.copy(v.best)
		v.zip(l.m, v.dir, func(kind int, m, d []float64) {
			for j := range m {
				m[j] += s * v.scale[kind] * d[j]
			}
		})
		l.project()
		val = l.value(b)
		along, gg, gd, dd := 0.0, 0.0, 0.0, 0.0
		v.zip(l.grad, v.dir, func(kind int, g, d []float64) {
			for j := range g {
				gg += v.scale[kind] * g[j] * g[j]
				gd += v.scale[kind] * g[j] * d[j]
				dd += v.scale[kind] * d[j] * d[j]
			}
		})
		along = gd
		// The mix that makes the averaged subgradient shortest, kept small.
		mix := v.mix
		if den := gg - 2*gd + dd; den > 0 {
			mix = math.Min(v.mix, math.Max(v.mix/10, (dd-gd)/den))
		}
		v.blend(mix)
		if val > v.bound {
			if val-v.bound > 1e-7*math.Abs(v.bound) {
				reds = 0
			}
			v.bound = val
			v.best.copy(l.m)
			if along > 0 {
				v.step = math.Min(v.step*1.1, 2)
			}
			continue
		}
		if reds++; reds%15 == 0 {
			v.step *= 0.66
			if v.step < 0.02 && v.mix > 0.01 {
				v.mix /= 2
				v.step = 0.05
			}
		}
	}
	return v.bound
}

// seed starts the averages from the last solution, once.
func (v *volume) seed() {
	if v.seen {
		return
	}
	v.seen = true
	v.blend(1)
}

func (v *volume) zip(a, b *multipliers, f func(kind int, x, y []float64)) {
	var lists [][]float64
	b.each(func(_ int, y []float64) { lists = append(lists, y) })
	i := 0
	a.each(func(kind int, x []float64) { f(kind, x, lists[i]); i++ })
}

// blend mixes the last solution and its subgradient into the averages.
func (v *volume) blend(mix float64) {
	into := func(avg, x []float64) {
		for j := range avg {
			avg[j] += mix * (x[j] - avg[j])
		}
	}
	v.zip(v.dir, v.l.grad, func(_ int, d, g []float64) { into(d, g) })
	last := v.l.last
	for w := range last.q {
		for k := range last.q[w] {
			into(v.avg.q[w][k], last.q[w][k])
		}
		into(v.avg.x[w][0], last.x[w][0])
	}
	into(v.avg.a, last.a)
	into(v.avg.cost, last.cost)
	for s := range last.z {
		for y := range last.z[s] {
			for d := range last.z[s][y] {
				into(v.avg.z[s][y][d], last.z[s][y][d])
			}
		}
	}
}
