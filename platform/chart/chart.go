// Package chart draws figures as SVG on the server: no script, no inline style, readable without colour.
//
// A drawing is made of classes, which the page's style sheet colours (light and dark), and of fill and stroke attributes,
// which stand where no style sheet reaches: in a saved report, in print. Every drawing has a title and a description for
// those who hear it; the figures themselves belong into a table beside it.
package chart

import (
	"encoding/xml"
	"math"
	"strconv"
	"strings"
)

// Size of a drawing in user units; it scales to the width of its place.
const (
	Width       = 720.0
	Height      = 320.0
	left        = 64.0
	right       = 12.0
	top         = 16.0
	bottom      = 34.0
	maxXLabels  = 12
	wantedTicks = 5
)

// Plot is a drawing over a row of categories, most often quarters or years. What is drawn later lies above.
type Plot struct {
	Title string // what is seen, for those who hear it
	Desc  string // what it says
	Unit  string // of the values, written above the axis
	X     []string
	Bars  []Series // stacked, those below zero downward
	Bands []Band   // the outermost first
	Lines []Series
	Dots  []Dot
	Marks []Mark // horizontal lines to compare with
	Falls []Fall // vertical lines at what happened
	Every int    // a label every so many categories; 0: as many as fit
	Full  bool   // the axis ends at 0 and 1: for probabilities
}

// Fall is something that happened at a category. Its name is told when the line is pointed at.
type Fall struct {
	X    int // index into Plot.X
	Name string
}

// Place is where category i lies across the drawing, in its user units of [Width].
func (p Plot) Place(i int) float64 { return scale{n: len(p.X)}.x(i) }

// Series is one value per category; NaN leaves a gap.
type Series struct {
	Name string
	Y    []float64
}

// Band is a range per category.
type Band struct {
	Name   string
	Lo, Hi []float64
}

// Dot is one value that was observed, or estimated with a range. Lo and Hi are both 0 without one.
type Dot struct {
	X      int // index into Plot.X
	Y      float64
	Lo, Hi float64
	Name   string
}

// Mark is a level to compare with.
type Mark struct {
	Name string
	Y    float64
}

// shades are what stands where no style sheet reaches: five that differ in lightness too.
var shades = [...]string{"#00606b", "#d98b2b", "#5a686b", "#7fb7bd", "#1d2b2c"}

// Shades is how many series have a colour of their own; further ones begin again.
const Shades = len(shades)

// SVG draws the plot. Values that are not finite are left out.
func (p Plot) SVG() string {
	lo, hi := p.extent()
	step := niceStep((hi - lo) / wantedTicks)
	if !p.Full {
		lo, hi = math.Floor(lo/step)*step, math.Ceil(hi/step)*step
	}
	s := scale{lo: lo, hi: hi, n: len(p.X)}
	w := newWriter(p.Title, p.Desc, Width, Height)
	for v := math.Ceil(lo/step-1e-9) * step; v <= hi+step*1e-9; v += step {
		y := s.y(v)
		class := "c-grid"
		if math.Abs(v) < step*1e-9 {
			class, v = "c-zero", 0
		}
		w.line(class, left, y, Width-right, y)
		w.text("c-tick", left-8, y+4, "end", Number(v))
	}
	if p.Unit != "" {
		w.text("c-unit", left, 11, "start", p.Unit)
	}
	every := p.Every
	if every < 1 {
		every = max(1, (len(p.X)+maxXLabels-1)/maxXLabels)
	}
	for i, label := range p.X {
		if i%every == 0 {
			w.text("c-tick", s.x(i), Height-bottom+18, "middle", label)
		}
	}
	p.bars(w, s)
	for i, b := range p.Bands {
		class := "c-band-outer"
		if i > 0 {
			class = "c-band-inner"
		}
		w.area(class, b, s)
	}
	for i, l := range p.Lines {
		w.path(i%Shades, l, s)
	}
	for _, m := range p.Marks {
		if finite(m.Y) {
			w.line("c-mark", left, s.y(m.Y), Width-right, s.y(m.Y))
			w.text("c-label", Width-right-4, s.y(m.Y)-5, "end", m.Name)
		}
	}
	for _, f := range p.Falls {
		if f.X >= 0 && f.X < len(p.X) {
			w.fall(s.x(f.X), f.Name)
		}
	}
	for _, d := range p.Dots {
		if d.X < 0 || d.X >= len(p.X) || !finite(d.Y) {
			continue
		}
		if d.Lo != d.Hi && finite(d.Lo) && finite(d.Hi) {
			w.line("c-whisker", s.x(d.X), s.y(d.Lo), s.x(d.X), s.y(d.Hi))
		}
		w.dot(s.x(d.X), s.y(d.Y), d.Name)
	}
	return w.end()
}

// Key lists the names of what is drawn with the class that colours each, for a legend beside the drawing.
func (p Plot) Key() []Key {
	var out []Key
	for i, b := range p.Bars {
		out = append(out, Key{Name: b.Name, Class: "s" + strconv.Itoa(i%Shades)})
	}
	for i, b := range p.Bands {
		class := "c-band-outer"
		if i > 0 {
			class = "c-band-inner"
		}
		out = append(out, Key{Name: b.Name, Class: class})
	}
	for i, l := range p.Lines {
		out = append(out, Key{Name: l.Name, Class: "s" + strconv.Itoa(i%Shades)})
	}
	return out
}

// Key is one entry of a legend.
type Key struct{ Name, Class string }

func (p Plot) extent() (lo, hi float64) {
	if p.Full {
		return 0, 1
	}
	see := func(vs ...float64) {
		for _, v := range vs {
			if finite(v) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	// Zero is seen, but for lines alone that lie far from it.
	for i := range p.X {
		up, down := 0.0, 0.0
		for _, b := range p.Bars {
			if v := at(b.Y, i); finite(v) {
				up, down = up+max(v, 0), down+min(v, 0)
			}
		}
		see(up, down)
	}
	for _, b := range p.Bands {
		see(b.Lo...)
		see(b.Hi...)
	}
	for _, l := range p.Lines {
		see(l.Y...)
	}
	for _, d := range p.Dots {
		see(d.Y, d.Lo, d.Hi)
	}
	for _, m := range p.Marks {
		see(m.Y)
	}
	if len(p.Bars) == 0 && len(p.Bands) == 0 && lo == 0 {
		if least := p.least(); least > hi/2 { // lines alone that lie far from zero: what moves is what is asked
			lo = least
		}
	}
	if lo == hi {
		hi = lo + 1
	}
	return lo, hi
}

// least is the smallest value of lines, dots and marks.
func (p Plot) least() float64 {
	least := math.Inf(1)
	see := func(v float64) {
		if finite(v) {
			least = min(least, v)
		}
	}
	for _, l := range p.Lines {
		for _, v := range l.Y {
			see(v)
		}
	}
	for _, d := range p.Dots {
		see(d.Y)
		if d.Lo != d.Hi {
			see(d.Lo)
		}
	}
	for _, m := range p.Marks {
		see(m.Y)
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return least
}

func (p Plot) bars(w *writer, s scale) {
	wide := s.slot() * 0.7
	for i := range p.X {
		up, down := 0.0, 0.0
		for k, b := range p.Bars {
			v := at(b.Y, i)
			if !finite(v) || v == 0 {
				continue
			}
			from := &up
			if v < 0 {
				from = &down
			}
			y0, y1 := s.y(*from), s.y(*from+v)
			*from += v
			w.rect("s"+strconv.Itoa(k%Shades), shades[k%Shades], s.x(i)-wide/2, min(y0, y1), wide, math.Abs(y1-y0), b.Name+", "+p.X[i]+": "+Number(v))
		}
	}
}

// scale maps values to places.
type scale struct {
	lo, hi float64
	n      int
}

func (s scale) slot() float64 { return (Width - left - right) / float64(max(s.n, 1)) }
func (s scale) x(i int) float64 {
	return left + s.slot()*(float64(i)+0.5)
}
func (s scale) y(v float64) float64 {
	return top + (Height-top-bottom)*(s.hi-v)/(s.hi-s.lo)
}

func at(y []float64, i int) float64 {
	if i < len(y) {
		return y[i]
	}
	return math.NaN()
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// niceStep is 1, 2 or 5 times a power of ten, at least raw.
func niceStep(raw float64) float64 {
	if raw <= 0 || !finite(raw) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5} {
		if raw <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// Number writes a value with three digits and the sign that people read: "−1.2k", "34.5M", "0.07".
func Number(v float64) string {
	if !finite(v) {
		return "–"
	}
	sign := ""
	if v < 0 {
		sign, v = "−", -v
	}
	unit := ""
	for _, u := range []struct {
		name string
		size float64
	}{{"bn", 1e9}, {"M", 1e6}, {"k", 1e3}} {
		if v >= u.size*0.9995 {
			v, unit = v/u.size, u.name
			break
		}
	}
	if v == 0 {
		return "0"
	}
	digits := max(0, 2-int(math.Floor(math.Log10(v))))
	text := strconv.FormatFloat(v, 'f', min(digits, 6), 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "0" {
		return "0"
	}
	return sign + text + unit
}

// writer collects the elements of one drawing.
type writer struct{ strings.Builder }

func newWriter(title, desc string, width, height float64) *writer {
	w := &writer{}
	w.WriteString(`<svg class="chart" role="img" viewBox="0 0 ` + coord(width) + " " + coord(height) + `" width="100%" font-family="system-ui, sans-serif" font-size="12" xmlns="http://www.w3.org/2000/svg"><title>`)
	w.escape(title)
	w.WriteString("</title>")
	if desc != "" {
		w.WriteString("<desc>")
		w.escape(desc)
		w.WriteString("</desc>")
	}
	return w
}

func (w *writer) end() string {
	w.WriteString("</svg>")
	return w.String()
}

func (w *writer) escape(s string) {
	_ = xml.EscapeText(&w.Builder, []byte(s)) // a strings.Builder takes everything
}

// strokes are the colours of lines without a style sheet.
var strokes = map[string]string{"c-grid": "#d5dcdc", "c-zero": "#5a686b", "c-mark": "#a02c10", "c-whisker": "#14211f"}

func (w *writer) line(class string, x1, y1, x2, y2 float64) {
	w.WriteString(`<line class="` + class + `" stroke="` + strokes[class] + `" x1="` + coord(x1) + `" y1="` + coord(y1) + `" x2="` + coord(x2) + `" y2="` + coord(y2) + `"`)
	if class == "c-mark" {
		w.WriteString(` stroke-dasharray="6 4"`)
	}
	w.WriteString("/>")
}

func (w *writer) text(class string, x, y float64, anchor, s string) {
	w.WriteString(`<text class="` + class + `" fill="#51605f" x="` + coord(x) + `" y="` + coord(y) + `" text-anchor="` + anchor + `">`)
	w.escape(s)
	w.WriteString("</text>")
}

func (w *writer) rect(class, fill string, x, y, width, height float64, title string) {
	w.WriteString(`<rect class="` + class + `" fill="` + fill + `" x="` + coord(x) + `" y="` + coord(y) + `" width="` + coord(max(width, 0.5)) + `" height="` + coord(max(height, 0.5)) + `"><title>`)
	w.escape(title)
	w.WriteString("</title></rect>")
}

func (w *writer) dot(x, y float64, title string) {
	w.WriteString(`<circle class="c-dot" fill="#14211f" stroke="#ffffff" cx="` + coord(x) + `" cy="` + coord(y) + `" r="4"><title>`)
	w.escape(title)
	w.WriteString("</title></circle>")
}

// fall draws a vertical line through the drawing.
func (w *writer) fall(x float64, title string) {
	w.WriteString(`<g class="c-fall"><title>`)
	w.escape(title)
	w.WriteString("</title>")
	w.line("c-mark", x, top, x, Height-bottom)
	w.WriteString("</g>")
}

// path draws a line, dashed differently for each shade, with gaps where a value is missing.
func (w *writer) path(shade int, l Series, s scale) {
	dashes := [...]string{"", "7 4", "2 3", "10 3 2 3", "5 2"}
	var d strings.Builder
	pen := "M"
	for i := range s.n {
		v := at(l.Y, i)
		if !finite(v) {
			pen = "M"
			continue
		}
		d.WriteString(pen + coord(s.x(i)) + " " + coord(s.y(v)))
		pen = "L"
	}
	if d.Len() == 0 {
		return
	}
	w.WriteString(`<path class="c-line s` + strconv.Itoa(shade) + `" fill="none" stroke="` + shades[shade] + `" stroke-width="2"`)
	if dashes[shade] != "" {
		w.WriteString(` stroke-dasharray="` + dashes[shade] + `"`)
	}
	w.WriteString(` d="` + d.String() + `"><title>`)
	w.escape(l.Name)
	w.WriteString("</title></path>")
}

// area draws a band over the categories that have both bounds, in runs.
func (w *writer) area(class string, b Band, s scale) {
	fill := map[string]string{"c-band-outer": "#d8ebec", "c-band-inner": "#9fcdd1"}[class]
	for from := 0; from < s.n; {
		to := from
		for to < s.n && finite(at(b.Lo, to)) && finite(at(b.Hi, to)) {
			to++
		}
		if to == from {
			from++
			continue
		}
		var d strings.Builder
		pen := "M"
		for i := from; i < to; i++ {
			d.WriteString(pen + coord(s.x(i)) + " " + coord(s.y(b.Hi[i])))
			pen = "L"
		}
		for i := to - 1; i >= from; i-- {
			d.WriteString("L" + coord(s.x(i)) + " " + coord(s.y(b.Lo[i])))
		}
		w.WriteString(`<path class="` + class + `" fill="` + fill + `" d="` + d.String() + `Z"><title>`)
		w.escape(b.Name)
		w.WriteString("</title></path>")
		from = to
	}
}

// coord keeps one decimal: the drawing is written as text.
func coord(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }
