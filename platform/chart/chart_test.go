package chart_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"roadbook/platform/chart"
)

// element is one drawn thing.
type element struct {
	name string
	attr map[string]string
}

// parse reads a drawing and refuses one that is no XML, or that a strict content security policy would not show.
func parse(t interface{ Fatalf(string, ...any) }, svg string) []element {
	var out []element
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
		if s, ok := token.(xml.StartElement); ok {
			e := element{s.Name.Local, map[string]string{}}
			for _, a := range s.Attr {
				if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
					t.Fatalf("inline %s in %s", a.Name.Local, svg)
				}
				e.attr[a.Name.Local] = a.Value
			}
			out = append(out, e)
		}
	}
}

func with(all []element, class string) []element {
	var out []element
	for _, e := range all {
		if strings.Contains(" "+e.attr["class"]+" ", " "+class+" ") {
			out = append(out, e)
		}
	}
	return out
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPlot(t *testing.T) {
	p := chart.Plot{Title: "Profit <by> quarter", Unit: "bn CNY", X: []string{"Q1", "Q2", "Q3"},
		Bands: []chart.Band{{Name: "5 to 95 %", Lo: []float64{-2, -1, 0}, Hi: []float64{1, 2, 3}}},
		Lines: []chart.Series{{Name: "median", Y: []float64{0, 1, math.NaN()}}},
		Dots:  []chart.Dot{{X: 1, Y: 1.5, Name: "reported"}, {X: 7, Y: 1}}}
	all := parse(t, p.SVG())
	if n := len(with(all, "c-dot")); n != 1 {
		t.Errorf("%d dots: one lies outside of the categories", n)
	}
	if n := len(with(all, "c-band-outer")); n != 1 {
		t.Errorf("%d bands", n)
	}
	zero := with(all, "c-zero")
	if len(zero) != 1 {
		t.Fatalf("%d zero lines", len(zero))
	}
	if dot, axis := number(t, with(all, "c-dot")[0].attr["cy"]), number(t, zero[0].attr["y1"]); dot >= axis {
		t.Errorf("a positive dot at %g lies not above zero at %g", dot, axis)
	}
	if !strings.Contains(p.SVG(), "Profit &lt;by&gt; quarter") {
		t.Error("the title is not escaped")
	}
	if k := p.Key(); len(k) != 2 || k[0].Class != "c-band-outer" || k[1].Name != "median" {
		t.Errorf("legend %+v", k)
	}
}

func TestStackedBarsAddUp(t *testing.T) {
	p := chart.Plot{X: []string{"2024"}, Bars: []chart.Series{{Name: "a", Y: []float64{3}}, {Name: "b", Y: []float64{1}}, {Name: "c", Y: []float64{-2}}}}
	all := parse(t, p.SVG())
	a, b, c := with(all, "s0")[0], with(all, "s1")[0], with(all, "s2")[0]
	if ya, yb := number(t, a.attr["y"]), number(t, b.attr["y"])+number(t, b.attr["height"]); math.Abs(ya-yb) > 0.2 {
		t.Errorf("b ends at %g, a begins at %g", yb, ya)
	}
	if r := number(t, a.attr["height"]) / number(t, b.attr["height"]); math.Abs(r-3) > 0.05 {
		t.Errorf("3 is drawn %g times as high as 1", r)
	}
	if number(t, c.attr["y"]) < number(t, a.attr["y"])+number(t, a.attr["height"])-0.2 {
		t.Error("what is negative is not drawn below zero")
	}
}

func TestLinesFarFromZeroFillTheDrawing(t *testing.T) {
	p := chart.Plot{X: []string{"a", "b"}, Lines: []chart.Series{{Name: "cost", Y: []float64{60_000, 66_000}}}}
	if all := parse(t, p.SVG()); len(with(all, "c-zero")) != 0 {
		t.Error("zero is drawn, and what moves is flat")
	}
	p.Bars = []chart.Series{{Name: "bar", Y: []float64{1, 2}}}
	if all := parse(t, p.SVG()); len(with(all, "c-zero")) != 1 {
		t.Error("a bar without its zero lies")
	}
}

func TestRanges(t *testing.T) {
	r := chart.Ranges{Title: "Tornado", Base: 10, Rows: []chart.Range{{Label: "volume", From: 4, To: 20}, {Label: "price", From: 12, To: 11, Lo: 9, Hi: 13}}}
	all := parse(t, r.SVG())
	below, above := with(all, "s1"), with(all, "s0")
	if len(below) != 1 || len(above) != 2 {
		t.Fatalf("%d bars below the base, %d above", len(below), len(above))
	}
	if ratio := number(t, above[0].attr["width"]) / number(t, below[0].attr["width"]); math.Abs(ratio-10.0/6) > 0.02 {
		t.Errorf("ten above is drawn %g times as long as six below", ratio)
	}
	if len(with(all, "c-whisker")) != 3 {
		t.Error("no whisker")
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1234: "1.23k", -1200000: "−1.2M", 999.9: "1k", 0.0712: "0.0712", 12.5: "12.5", 3.1e9: "3.1bn", -0.5: "−0.5", 640: "640"} {
		if got := chart.Number(v); got != want {
			t.Errorf("%g is written %s, want %s", v, got, want)
		}
	}
	if chart.Number(math.NaN()) != "–" {
		t.Error("what is missing is not written as a dash")
	}
}

// Whatever is drawn is well-formed, within the drawing, and free of NaN.
func TestDrawsAnything(t *testing.T) {
	value := rapid.OneOf(rapid.Float64Range(-1e12, 1e12), rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), math.Inf(-1), 1e-300}))
	values := rapid.SliceOfN(value, 0, 9)
	rapid.Check(t, func(t *rapid.T) {
		p := chart.Plot{Title: rapid.String().Draw(t, "title"), X: rapid.SliceOfN(rapid.StringMatching(`[0-9Q]{0,6}`), 0, 9).Draw(t, "x"),
			Bars:  []chart.Series{{Name: "a", Y: values.Draw(t, "bars")}, {Y: values.Draw(t, "more")}},
			Bands: []chart.Band{{Lo: values.Draw(t, "lo"), Hi: values.Draw(t, "hi")}}, Lines: []chart.Series{{Y: values.Draw(t, "line")}},
			Dots: []chart.Dot{{X: rapid.IntRange(-2, 12).Draw(t, "at"), Y: value.Draw(t, "dot"), Lo: value.Draw(t, "low"), Hi: 1}}, Full: rapid.Bool().Draw(t, "full")}
		r := chart.Ranges{Base: rapid.Float64Range(-5, 5).Draw(t, "base"), Rows: []chart.Range{{Label: rapid.String().Draw(t, "label"),
			From: value.Draw(t, "from"), To: value.Draw(t, "to"), Lo: value.Draw(t, "wlo"), Hi: value.Draw(t, "whi")}}}
		for _, svg := range []string{p.SVG(), r.SVG()} {
			parse(t, svg)
			if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
				t.Fatalf("not drawable: %s", svg)
			}
		}
	})
}

// What happened stands where its category stands, with its name.
func TestFalls(t *testing.T) {
	p := chart.Plot{Title: "Speed", X: []string{"0", "1", "2", "3"}, Lines: []chart.Series{{Name: "ego", Y: []float64{4, 3, 2, 1}}}, Every: 2,
		Falls: []chart.Fall{{X: 2, Name: "hard <braking>"}, {X: 9, Name: "after the end"}, {X: -1, Name: "before the beginning"}}}
	svg := p.SVG()
	x := strconv.FormatFloat(math.Round(p.Place(2)*10)/10, 'f', -1, 64)
	if want := `<g class="c-fall"><title>hard &lt;braking&gt;</title><line class="c-mark" stroke="#a02c10" x1="` + x + `" y1="16" x2="` + x + `"`; !strings.Contains(svg, want) {
		t.Errorf("%s\nlacks %s", svg, want)
	}
	if strings.Contains(svg, "after the end") || strings.Contains(svg, "before the") {
		t.Error("an event outside is drawn")
	}
	if strings.Count(svg, `text-anchor="middle"`) != 2 {
		t.Errorf("labels: %s", svg)
	}
	if p.Place(0) >= p.Place(3) || p.Place(3) >= chart.Width {
		t.Error(p.Place(0), p.Place(3))
	}
}
