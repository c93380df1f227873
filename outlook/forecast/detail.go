package forecast

import (
	"context"
	"math"
	"slices"

	"roadbook/outlook/chance"
)

// sample holds the paths of a further analysis one by one: few enough to be kept, and the same points each time, so that two
// samples differ by what was changed and by nothing else (common random numbers).
type sample struct {
	scrambles, points int
	profit, npv       []float64 // by scramble and point
	// of the year asked about:
	software, licence, pack, needPaid, deliveries []float64
	quarters                                      int
}

// changed is what a sample has otherwise than the case.
type changed struct {
	volume float64         // times the modelled volume; 0: as modelled
	pinned map[int]float64 // inputs held at a value
}

// draw runs a sample.
func (s *sim) draw(ctx context.Context, base float64, doing string, c changed) (*sample, error) {
	n := s.scrambles * s.detail
	o := &sample{scrambles: s.scrambles, points: s.detail}
	for _, col := range []*[]float64{&o.profit, &o.npv, &o.software, &o.licence, &o.pack, &o.needPaid, &o.deliveries} {
		*col = make([]float64, n)
	}
	for _, f := range s.frames {
		f.pinned, f.volume = c.pinned, c.volume
		if f.volume == 0 {
			f.volume = 1
		}
	}
	w := widthOf(s.detail)
	err := s.sweep(ctx, s.detail, 0, doing, func(f *frame, scramble, block int) {
		at, y := scramble*s.detail+block*w, &f.yearly
		var a, b, need, d column
		required(f, base, &a, &b, &need, &d)
		for j := range w {
			o.profit[at+j] = y.profit[f.p.asked][j] + base
		}
		copy(o.npv[at:at+w], y.npv[:])
		copy(o.software[at:at+w], y.software[:])
		copy(o.licence[at:at+w], y.licence[:])
		copy(o.pack[at:at+w], y.pack[:])
		copy(o.deliveries[at:at+w], y.deliveries[:])
		copy(o.needPaid[at:at+w], need[:])
	}, nil)
	for _, f := range s.frames {
		f.unpin()
	}
	for _, y := range s.p.yearOf {
		if y == s.p.asked {
			o.quarters++
		}
	}
	return o, err
}

// unpin lets all inputs vary again.
func (f *frame) unpin() {
	for i := range f.pinned {
		if f.p.maps[i] == nil {
			fill(f.in[i], f.p.known[i])
		}
	}
	f.pinned, f.volume = nil, 1
}

// each applies a function to the figures of each scramble.
func (o *sample) each(xs []float64, of func(xs []float64) float64) []float64 {
	var out []float64
	for r := range o.scrambles {
		out = append(out, of(xs[r*o.points:(r+1)*o.points]))
	}
	return out
}

// above is the share of figures above 0.
func above(xs []float64) float64 {
	n := 0
	for _, x := range xs {
		if x > 0 {
			n++
		}
	}
	return float64(n) / float64(len(xs))
}

// atLeast returns the least x at which a share p of the paths need no more than x, and its error over the scrambles. It is +Inf where more
// than 1−p of the paths need what does not exist.
func (o *sample) atLeast(need []float64, p float64) (x, se float64) {
	q := func(xs []float64) float64 {
		sorted := chance.Sorted(xs)
		return sorted[min(int(math.Ceil(p*float64(len(sorted)))), len(sorted)-1)]
	}
	x = q(need)
	var finite []float64
	for _, v := range o.each(need, q) {
		if !math.IsInf(v, 0) {
			finite = append(finite, v)
		}
	}
	if len(finite) < 2 {
		return x, 0
	}
	return x, estimate(finite).SE
}

// levers finds what would reach the probability asked for, one quantity at a time. Profit is linear in software revenue, licence
// income and pack cost on each path, so each path's need is exact and the answer is a quantile of it, which is where a bisection
// on the same paths would end. Volume is not linear: it moves learning and the fleet, so it is bisected on common random numbers.
func (s *sim) levers(ctx context.Context, base float64, found *mainPass) ([]Lever, error) {
	o, err := s.draw(ctx, base, "levers", changed{})
	if err != nil {
		return nil, err
	}
	c, p := s.p.c, s.p.c.Asked.Probability
	quarters := float64(max(o.quarters, 1))
	cars := chance.MeanOf(o.deliveries)
	volume, err := s.volumeLever(ctx, base, cars/quarters)
	if err != nil {
		return nil, err
	}
	out := []Lever{volume}

	need := make([]float64, len(o.profit))
	if slices.ContainsFunc(s.p.models, func(m modelPlan) bool { return m.pack != nil }) {
		// A pack that costs x times as much loses (1−x)·pack more: the largest x is wanted, so its negative is.
		for i := range need {
			need[i] = math.Inf(1)
			if o.pack[i] > 0 {
				need[i] = -(o.profit[i] + o.pack[i]) / o.pack[i]
			}
		}
		x, se := o.atLeast(need, p)
		each := chance.MeanOf(o.pack) / max(cars, 1)
		l := Lever{Name: "pack", Label: "pack cost", Unit: string(c.Currency) + " a car", Direction: "≤", Modelled: each, Low: c.Asked.Ranges.Pack * each, High: each, SE: se * each}
		for i := range need {
			need[i] = o.profit[i] + (1-c.Asked.Ranges.Pack)*o.pack[i]
		}
		l.Best = above(need)
		l.settle(-x*each, -x >= c.Asked.Ranges.Pack)
		out = append(out, l)
	}

	for i := range need {
		need[i] = (o.licence[i] - o.profit[i]) / quarters
	}
	income := chance.MeanOf(o.licence) / quarters
	x, se := o.atLeast(need, p)
	l := Lever{Name: "licence", Label: "licence income", Unit: string(c.Currency) + " a quarter", Direction: "≥", Modelled: income, High: c.Asked.Ranges.Licence, SE: se}
	if l.High == 0 {
		l.High = found.meanRevenue()
	}
	for i := range need {
		need[i] = l.High - need[i]
	}
	l.Best = above(need)
	l.settle(x, x <= l.High)
	out = append(out, l)

	x, se = o.atLeast(o.needPaid, p)
	paid := found.spread(found.paid).Mean.Value
	l = Lever{Name: "software", Label: "software revenue", Unit: string(c.Currency) + " per fleet car-month", Direction: "≥", Modelled: paid, High: c.Asked.Ranges.Software * paid, SE: se}
	for i := range need {
		need[i] = l.High - o.needPaid[i]
	}
	l.Best = above(need)
	l.settle(x, x <= l.High)
	return append(out, l), nil
}

// settle writes a root, or that there is none.
func (l *Lever) settle(x float64, within bool) {
	if !within || math.IsInf(x, 0) || math.IsNaN(x) {
		l.SE = 0
		l.Note = "no root"
		return
	}
	l.Value = &x
}

// volumeSteps is how often the volume's bracket is halved.
const volumeSteps = 16

func (s *sim) volumeLever(ctx context.Context, base, modelled float64) (Lever, error) {
	c := s.p.c
	l := Lever{Name: "volume", Label: "volume", Unit: "cars a quarter", Direction: "≥", Modelled: modelled, High: c.Asked.Ranges.Volume * modelled}
	at := func(scale float64) (float64, *sample, error) {
		o, err := s.draw(ctx, base, "levers", changed{volume: scale})
		if err != nil {
			return 0, nil, err
		}
		return above(o.profit), o, nil
	}
	// More cars need not be better everywhere: look for the first of a few scales that is enough, then halve before it.
	lo, hi := 0.0, math.NaN()
	for _, scale := range ladder(c.Asked.Ranges.Volume) {
		p, _, err := at(scale)
		if err != nil {
			return l, err
		}
		l.Best = max(l.Best, p)
		if p >= c.Asked.Probability {
			hi = scale
			break
		}
		lo = scale
	}
	if math.IsNaN(hi) {
		l.settle(math.NaN(), false)
		return l, nil
	}
	for range volumeSteps {
		mid := lo + (hi-lo)/2
		p, _, err := at(mid)
		if err != nil {
			return l, err
		}
		if p >= c.Asked.Probability {
			hi = mid
		} else {
			lo = mid
		}
	}
	l.settle(hi*modelled, true)
	// The error: that of the probability, over its slope.
	step := 0.05 * hi
	_, up, err := at(hi + step)
	if err != nil {
		return l, err
	}
	_, down, err := at(max(hi-step, hi/2))
	if err != nil {
		return l, err
	}
	if slope := (above(up.profit) - above(down.profit)) / (2 * step); slope > 0 {
		l.SE = estimate(up.each(up.profit, above)).SE / slope * modelled
	}
	return l, nil
}

// ladder lists the scales that are tried, up to the most.
func ladder(most float64) (out []float64) {
	for x := 0.25; x < most; x *= math.Sqrt2 {
		out = append(out, x)
	}
	return append(out, most)
}

// tornado moves one input at a time.
func (s *sim) tornado(ctx context.Context, base float64) (Tornado, error) {
	o, err := s.draw(ctx, base, "tornado", changed{})
	if err != nil {
		return Tornado{}, err
	}
	at := func(o *sample) (profit, npv, p float64) {
		return chance.MeanOf(o.profit), chance.MeanOf(o.npv), above(o.profit)
	}
	t := Tornado{Year: s.p.c.Asked.Year}
	t.Base.ProfitLow, t.Base.NPVLow, t.Base.ChanceLow = at(o)
	t.Base.ProfitHigh, t.Base.NPVHigh, t.Base.ChanceHigh = at(o)
	t.Base.SE = estimate(o.each(o.profit, chance.MeanOf)).SE
	for _, i := range s.p.uncertain {
		in := s.p.c.Inputs[i]
		b := Bar{Input: in.Name, Label: in.label(), Low: s.p.laws[i].Quantile(0.1), High: s.p.laws[i].Quantile(0.9), Records: []string{in.ID}}
		low, err := s.draw(ctx, base, "tornado", changed{pinned: map[int]float64{i: b.Low}})
		if err != nil {
			return t, err
		}
		high, err := s.draw(ctx, base, "tornado", changed{pinned: map[int]float64{i: b.High}})
		if err != nil {
			return t, err
		}
		b.ProfitLow, b.NPVLow, b.ChanceLow = at(low)
		b.ProfitHigh, b.NPVHigh, b.ChanceHigh = at(high)
		for j := range high.profit {
			high.profit[j] -= low.profit[j]
		}
		b.SE = estimate(high.each(high.profit, chance.MeanOf)).SE
		t.Bars = append(t.Bars, b)
	}
	slices.SortStableFunc(t.Bars, func(a, b Bar) int {
		return compareFloat(math.Abs(b.ProfitHigh-b.ProfitLow), math.Abs(a.ProfitHigh-a.ProfitLow))
	})
	return t, nil
}

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// label is what an input is called on a page.
func (in Input) label() string {
	if in.Definition != "" && len(in.Definition) <= 60 {
		return in.Definition
	}
	return in.Name
}
