package checker

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"roadbook/pilot/motion"
)

// plant is a car with the brakes of the specification, on a straight road.
type plant struct {
	in      motion.Input
	l       motion.Objects
	pending [10]float64 // commands on their way
	others  []motion.Object
	from    []motion.Tick // when they begin to brake with AS
}

// step lets 10 ms pass. The list is 0.1 s old and comes at 20 Hz.
func (p *plant) step(c *Checker, claim motion.Engagement, ask motion.Command) (motion.Command, Verdict) {
	in := &p.in
	if in.Now%motion.SensePeriod == 0 {
		p.l = motion.Objects{At: in.Now - 10, N: len(p.others)}
		for i, o := range p.others {
			o.S -= o.VS * 0.1
			o.D -= o.VD * 0.1
			if in.Now-10 < p.from[i] {
				o.AS = 0
			}
			p.l.List[i] = o
		}
	}
	in.Objects = &p.l
	got, v := c.Step(in, claim, ask)
	e := &in.Ego
	k := int(in.Now) % len(p.pending)
	due := p.pending[k]
	p.pending[k] = got.Accel
	e.A += math.Max(-0.3, math.Min(0.3, (due-e.A)*0.1))
	e.V += e.A * 0.01
	if e.V < 0 {
		e.V, e.A = 0, 0
	}
	e.S += e.V * 0.01
	for i := range p.others {
		o := &p.others[i]
		if in.Now >= p.from[i] && o.AS < 0 {
			o.VS = math.Max(0, o.VS+o.AS*0.01)
		}
		o.S += o.VS * 0.01
		if o.D += o.VD * 0.01; o.VD < 0 && o.D <= 3.5 {
			o.VD = 0
		}
	}
	in.Now++
	return got, v
}

// TestDrives: the pilot asks for nothing, the checker alone keeps the car from hitting, and waits until it must.
func TestDrives(t *testing.T) {
	for _, row := range []struct {
		name     string
		v        float64
		other    motion.Object
		from     motion.Tick
		friction float64
		least    float64 // m, gap left when the ego is no faster any more
		most     float64
		hard     bool
	}{
		{"standing car", 36, car(160, 3.5, 0), 0, 1, 0.2, 25, true},
		{"standing car on a wet road", 20, car(120, 3.5, 0), 0, 0.5, 0.2, 25, true},
		{"slow car", 36, car(120, 3.5, 15), 0, 1, 0.2, 20, true},
		{"lead brakes", 30, func() motion.Object { o := car(50, 3.5, 30); o.AS = -7; return o }(), 100, 1, 0.2, 25, true},
		{"cut-in", 30, func() motion.Object { o := car(25, 7, 22); o.VD = -1; return o }(), 0, 1, 0.2, 20, true},
		{"cut-in by a faster car", 25, func() motion.Object { o := car(8, 7, 28); o.VD = -1; return o }(), 0, 1, 5, 400, false},
		{"passed before it cuts in", 35, func() motion.Object { o := car(5, 7, 10); o.VD = -0.8; return o }(), 0, 1, -400, 400, false},
		{"never cuts in", 35, car(60, 7, 5), 0, 1, -400, 400, false},
		{"leaves", 30, func() motion.Object { o := car(40, 3.5, 24); o.VD = 1.2; return o }(), 0, 1, -400, 400, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newChecker(t)
			p := plant{in: *input(0, row.v), others: []motion.Object{row.other}, from: []motion.Tick{row.from}}
			p.in.Ego.BrakeMax = 7.59 * row.friction
			hardest := 0.0
			for range 1500 {
				p.step(c, active, motion.Command{})
				e, o := &p.in.Ego, &p.others[0]
				hardest = math.Max(hardest, -e.A)
				gap := o.S - e.S - 4.65
				if side := math.Abs(o.D-e.D) - 1.85; side < 0 && gap < 0 && gap > -9.3 {
					t.Fatalf("hit at tick %d with %v m/s", p.in.Now, e.V)
				}
				if gap > 0 && e.V <= o.VS && hardest > 3 {
					if gap < row.least || gap > row.most {
						t.Errorf("%v m left at tick %d", gap, p.in.Now)
					}
					break
				}
			}
			if hard := hardest > 3; hard != row.hard {
				t.Errorf("braked with %v m/s²", hardest)
			}
		})
	}
}

// random drives a checker with whatever comes, and returns a digest of all that it said. It reports the first answer that breaks
// what must always hold.
func random(t testing.TB, seed uint64, drives int) uint64 {
	rng := rand.New(rand.NewPCG(seed, 1))
	span := func(lo, hi float64) float64 { return lo + rng.Float64()*(hi-lo) }
	c := newChecker(t)
	h := uint64(14695981039346656037)
	add := func(v float64) { h = (h ^ math.Float64bits(v)) * 1099511628211; h ^= h >> 29 }
	for range drives {
		c.Reset()
		v := span(0, 40)
		p := plant{in: *input(1000, v)}
		p.in.Ego.BrakeMax = span(2, 9)
		p.in.Ego.D = span(2.5, 4.5)
		p.in.Road.Curvature[0] = span(-0.003, 0.003)
		if rng.IntN(8) == 0 {
			p.in.Road.BlockedAt = span(0, 150)
		}
		for i := range rng.IntN(4) {
			o := car(span(-10, 20+2*v), span(0, 7), math.Max(0, v+span(-20, 5)))
			o.ID, o.VD, o.AS = int32(i), span(-2, 2), span(-9, 2)
			p.others = append(p.others, o)
			p.from = append(p.from, 1000+motion.Tick(rng.IntN(80)))
		}
		claim := active
		ask := motion.Command{Accel: span(-4, 2.5), Steer: span(-0.01, 0.01)}
		for range 90 {
			if rng.IntN(30) == 0 {
				ask = motion.Command{Accel: span(-9, 3), Steer: span(-0.2, 0.2), Emergency: rng.IntN(3) == 0}
				claim = motion.Engagement{Mode: motion.Active + motion.Mode(rng.IntN(3)), Since: p.in.Now, Emergency: ask.Emergency}
			}
			given := ask
			switch rng.IntN(150) {
			case 0:
				given.Accel = nan
			case 1:
				given.Steer = math.Inf(1)
			}
			p.in.Ego.Heading = span(-0.02, 0.02)
			got, verdict := p.step(c, claim, given)
			if most := math.Max(6, 7.6*p.in.Ego.BrakeMax/7.59); !(got.Accel >= -most-1e-9 && got.Accel <= 2) || !(math.Abs(got.Steer) <= 0.6) ||
				got.Accel < -5 && !got.Emergency || verdict.Braking != (got.Accel < given.Accel) || verdict.Intervened != (got != given) {
				t.Fatalf("seed %d, tick %d: %+v gives %+v, %+v", seed, p.in.Now, given, got, verdict)
			}
			add(got.Accel)
			add(got.Steer)
			add(verdict.Demand)
			add(float64(verdict.Reason))
			add(float64(verdict.Grade))
			add(float64(verdict.Object))
		}
	}
	return h
}

// TestAlways: commands that leave the checker are numbers within the envelope, and it owns up to what it does.
// The digest says that nothing changed unawares: whoever changes a rule writes the new one here, and says why.
func TestAlways(t *testing.T) {
	const want = uint64(0x2ca9f481db236845)
	if got := random(t, 1, 200); got != want {
		t.Errorf("digest %#x, expected %#x", got, want)
	}
}

func FuzzAlways(f *testing.F) {
	f.Add(uint64(2))
	f.Fuzz(func(t *testing.T, seed uint64) { random(t, seed, 10) })
}

func TestNoAllocation(t *testing.T) {
	c := newChecker(t)
	in := input(0, 20, car(20, 3.5, 15), car(30, 7, 15))
	if n := testing.AllocsPerRun(500, func() {
		in.Now++
		in.Objects.At = in.Now
		c.Step(in, active, motion.Command{Accel: 0.5})
	}); n != 0 {
		t.Errorf("%v allocations in a tick", n)
	}
}

// BenchmarkStep: a list every fifth tick, with one vehicle as in the grids and with ten, two of them near.
func BenchmarkStep(b *testing.B) {
	for _, more := range []int{0, 9} {
		b.Run(fmt.Sprint(1+more), func(b *testing.B) {
			c := newChecker(b)
			in := input(0, 30, car(30, 3.5, 28))
			for i := range more {
				o := car(float64(40*i-25), float64(7*(i%2)), 28)
				o.ID = int32(20 + i)
				in.Objects.List[in.Objects.N] = o
				in.Objects.N++
			}
			b.ReportAllocs()
			for b.Loop() {
				in.Now++
				if in.Now%motion.SensePeriod == 0 {
					in.Objects.At = in.Now - 10
				}
				c.Step(in, active, motion.Command{Accel: 0.2})
			}
		})
	}
}
