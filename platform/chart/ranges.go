package chart

import "math"

// Ranges draws one range per row against a base: a tornado, sensitivity indices, intervals of a price.
type Ranges struct {
	Title, Desc, Unit string
	Base              float64 // where the axis stands
	Rows              []Range
}

// Range is one row. From and To are drawn as a bar, each side of the base in its own shade; Lo and Hi, when they differ,
// as a whisker.
type Range struct {
	Label    string
	From, To float64
	Lo, Hi   float64
	Note     string // written behind the bar
}

// Geometry of the rows, in user units.
const (
	rowHeight  = 26.0
	barHeight  = 14.0
	labelWidth = 210.0
	noteWidth  = 110.0
)

// SVG draws the rows.
func (r Ranges) SVG() string {
	lo, hi := r.Base, r.Base
	see := func(vs ...float64) {
		for _, v := range vs {
			if finite(v) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	for _, row := range r.Rows {
		see(row.From, row.To)
		if row.Lo != row.Hi {
			see(row.Lo, row.Hi)
		}
	}
	if lo == hi {
		hi = lo + 1
	}
	step := niceStep((hi - lo) / wantedTicks)
	height := top + rowHeight*float64(len(r.Rows)) + bottom
	x := func(v float64) float64 { return labelWidth + (Width-labelWidth-noteWidth)*(v-lo)/(hi-lo) }
	w := newWriter(r.Title, r.Desc, Width, height)
	for v := math.Ceil(lo/step-1e-9) * step; v <= hi+step*1e-9; v += step {
		if math.Abs(v) < step*1e-9 {
			v = 0
		}
		w.line("c-grid", x(v), top-4, x(v), height-bottom)
		w.text("c-tick", x(v), height-bottom+16, "middle", Number(v))
	}
	w.line("c-zero", x(r.Base), top-4, x(r.Base), height-bottom)
	if r.Unit != "" {
		w.text("c-unit", labelWidth, height-4, "start", r.Unit)
	}
	for i, row := range r.Rows {
		y := top + rowHeight*float64(i) + (rowHeight-barHeight)/2
		w.text("c-row", labelWidth-10, y+barHeight-3, "end", shorten(row.Label))
		if finite(row.From) && finite(row.To) {
			a, b := min(row.From, row.To), max(row.From, row.To)
			title := row.Label + ": " + Number(row.From) + " to " + Number(row.To)
			if below := min(b, r.Base); a < below {
				w.rect("s1", shades[1], x(a), y, x(below)-x(a), barHeight, title)
			}
			if above := max(a, r.Base); above < b {
				w.rect("s0", shades[0], x(above), y, x(b)-x(above), barHeight, title)
			}
			if row.Lo != row.Hi && finite(row.Lo) && finite(row.Hi) {
				w.line("c-whisker", x(row.Lo), y+barHeight/2, x(row.Hi), y+barHeight/2)
				w.line("c-whisker", x(row.Lo), y+3, x(row.Lo), y+barHeight-3)
				w.line("c-whisker", x(row.Hi), y+3, x(row.Hi), y+barHeight-3)
			}
		}
		if row.Note != "" {
			w.text("c-label", Width-noteWidth+8, y+barHeight-3, "start", row.Note)
		}
	}
	return w.end()
}

// shorten keeps a label within its column.
func shorten(s string) string {
	const most = 34
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
