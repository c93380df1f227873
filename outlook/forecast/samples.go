package forecast

import (
	"context"

	"roadbook/fault"
)

// weights of the ratios: a ratio over several quarters is the sum of ratio times weight over the sum of the weights.
var weights = map[Metric]Metric{ASP: Deliveries, VehicleMargin: VehicleRevenue, GrossMargin: Revenue}

// Kind says how a metric is taken over a period.
func (m Metric) kind() string {
	switch m {
	case ASP, VehicleMargin, GrossMargin:
		return "ratio"
	case Fleet, Deferred:
		return "level"
	}
	return "flow"
}

// aim is a target found in a case: quarters from first to before last of the horizon, and what was reported before.
type aim struct {
	metric      Metric
	first, last int
	sum, weight float64 // of reported quarters: the flow, or the ratio times its weight and the weight
}

// Samples returns the values of all paths for each target, in the order of the paths: an ensemble to compare with an actual.
// Quarters of a target before the start are filled in from actuals known on the case's day; a target that reaches beyond what the
// case covers is refused.
func Samples(ctx context.Context, c Case, o Options, targets []Target) ([][]float64, error) {
	o, err := o.settle()
	if err != nil {
		return nil, err
	}
	c.fill()
	if err := c.Check(); err != nil {
		return nil, err
	}
	aims := make([]aim, len(targets))
	for i, t := range targets {
		if aims[i], err = c.aim(t, ptr("/targets", i)); err != nil {
			return nil, err
		}
	}
	p, err := compile(&c, nil)
	if err != nil {
		return nil, err
	}
	s, err := newSim(p, o)
	if err != nil {
		return nil, err
	}
	s.tell = &teller{say: o.Progress, total: s.points * s.scrambles}
	out := make([][]float64, len(targets))
	for i := range out {
		out[i] = make([]float64, s.points*s.scrambles)
	}
	sums, weigh := make([][]column, s.workers), make([][]column, s.workers)
	for w, f := range s.frames {
		sums[w], weigh[w] = make([]column, len(aims)), make([]column, len(aims))
		f.detail = func(t int, q *quarterCols) {
			for i := range aims {
				aims[i].take(t, q, &sums[w][i], &weigh[w][i])
			}
		}
	}
	n := widthOf(s.points)
	err = s.sweep(ctx, s.points, s.points, "paths", func(f *frame, scramble, block int) {
		for i := range aims {
			at := scramble*s.points + block*n
			a, v, w := &aims[i], &sums[f.worker][i], &weigh[f.worker][i]
			for j := range n {
				x := v[j] + a.sum
				if a.metric.kind() == "ratio" {
					if d := w[j] + a.weight; d != 0 {
						x /= d
					} else {
						x = 0
					}
				}
				out[i][at+j] = x
			}
			*v, *w = column{}, column{}
		}
	}, nil)
	if err != nil {
		return nil, err
	}
	s.tell.finish()
	return out, nil
}

func (c *Case) aim(t Target, at string) (aim, error) {
	bad := func(field, format string, args ...any) (aim, error) {
		return aim{}, fault.New(fault.Invalid, "target", format, args...).At(at + field)
	}
	if _, ok := labels[t.Metric]; !ok {
		return bad("/metric", "metric %.40q is none of %v", t.Metric, Metrics)
	}
	q, n, err := ParsePeriod(t.Period)
	if err != nil {
		return bad("/period", "%v", err)
	}
	first, last := q.Index()-c.Start.Index(), q.Index()-c.Start.Index()+n
	if last > c.Quarters || last <= 0 {
		return bad("/period", "the case covers %s to %s, not %s", c.Start, c.Start.Add(c.Quarters-1), t.Period)
	}
	a := aim{metric: t.Metric, first: max(first, 0), last: last}
	if first >= 0 || t.Metric.kind() == "level" {
		return a, nil
	}
	ok := true
	if by, ratio := weights[t.Metric]; !ratio {
		a.sum, _, ok = c.reported(t.Metric, q.Index(), c.Start.Index())
	} else {
		for i := q.Index(); i < c.Start.Index(); i++ {
			w, _, known := c.reported(by, i, i+1)
			v, _, also := c.reported(t.Metric, i, i+1)
			ok = ok && known && also
			a.sum, a.weight = a.sum+v*w, a.weight+w
		}
	}
	if !ok {
		return bad("/period", "%s began before the case's start %s, and not all of its earlier quarters have a reported %s that was known on %s", t.Period, c.Start, t.Metric, c.AsOf)
	}
	return a, nil
}

// take adds a quarter to a target's sum.
func (a *aim) take(t int, q *quarterCols, sum, weight *column) {
	if t < a.first || t >= a.last {
		return
	}
	switch a.metric {
	case ASP:
		add(sum, &q.vehicle)
		add(weight, &q.deliveries)
	case VehicleMargin:
		add(sum, &q.hardware)
		add(weight, &q.vehicle)
	case GrossMargin:
		add(sum, &q.hardware)
		add(sum, &q.software)
		add(sum, &q.licence)
		add(weight, &q.revenue)
	case Fleet, Deferred:
		*sum = *q.column(a.metric)
	default:
		add(sum, q.column(a.metric))
	}
}

// column returns a flow or a level of the quarter.
func (q *quarterCols) column(m Metric) *column {
	switch m {
	case Deliveries:
		return &q.deliveries
	case VehicleRevenue:
		return &q.vehicle
	case Revenue:
		return &q.revenue
	case Hardware:
		return &q.hardware
	case Software:
		return &q.software
	case LicenceIncome:
		return &q.licence
	case Fixed:
		return &q.fixed
	case Profit:
		return &q.profit
	case Cash:
		return &q.cash
	case Fleet:
		return &q.fleet
	case Billed:
		return &q.billed
	case Recognised:
		return &q.recognised
	}
	return &q.deferred
}
