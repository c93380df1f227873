package console

import (
	"math"

	"github.com/a-h/templ"

	"roadbook/money"
)

// Step is one step of a waterfall: a change, or with Total a level reached so far, drawn from zero.
type Step struct {
	Label  string
	Amount money.Amount
	Total  bool
	Link   templ.SafeURL // what is behind the step, if there is anything
}

// Bar is a step with its place on a horizontal axis of [Width] units. X and W are the bar's left edge and length;
// From is where the level was before the step and To where it is after, so a connector between two bars runs at To.
type Bar struct {
	Step
	X, W, From, To float64
}

// Waterfall is a chart that walks from zero to its last level, one row per step.
type Waterfall struct {
	Bars []Bar
	Zero float64 // where the axis stands
}

// Width is the length of the axis in user units of the drawing; Hair is the shortest bar that is drawn, so that a step
// which is small beside the others can still be seen.
const (
	Width = 1000.0
	Hair  = 2.0
)

// Plot lays the steps out. Amounts are taken as minor units: all steps must be of one currency.
// Totals restart the walk at their own amount, so a wrong total shows as a jump and is not hidden.
func Plot(steps []Step) Waterfall {
	lo, hi, level := 0.0, 0.0, 0.0
	for _, s := range steps {
		level = after(level, s)
		lo, hi = min(lo, level), max(hi, level)
	}
	if hi == lo {
		hi = lo + 1 // nothing moved: an axis at the left, hairlines on it
	}
	at := func(v float64) float64 { return round((v - lo) / (hi - lo) * Width) }
	w := Waterfall{Zero: at(0), Bars: make([]Bar, len(steps))}
	level = 0
	for i, s := range steps {
		from := level
		if s.Total {
			from = 0
		}
		level = after(level, s)
		b := Bar{Step: s, From: at(from), To: at(level)}
		b.X, b.W = min(b.From, b.To), math.Abs(b.To-b.From)
		if b.W < Hair {
			b.W = Hair
			b.X = min(b.X, Width-Hair)
		}
		w.Bars[i] = b
	}
	return w
}

// after is the level that the walk has reached once it took the step.
func after(level float64, s Step) float64 {
	if s.Total {
		return float64(s.Amount.Minor)
	}
	return level + float64(s.Amount.Minor)
}

// round keeps one decimal: the drawing is written as text.
func round(v float64) float64 { return math.Round(v*10) / 10 }
