package console

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"roadbook/fault"
	"roadbook/platform/chart"
)

// Limits of a page of replays.
const (
	MaxReplays     = 50
	MaxReplayTicks = 60_000 // 10 minutes at 100 Hz
	MaxReplayCars  = 65     // the ego and a full object list
)

// Replays is a page to step through driving cases tick by tick, in one file that needs nothing else.
type Replays struct {
	Title   string
	Command string // that makes it again
	Cases   []Replay
}

// Replay is one case. Cars[0] is the ego; all columns have one value per tick.
type Replay struct {
	ID      string
	Verdict string   // "collision, avoided by fsm": what came of it
	Facts   []Figure // speeds, gap, who would have avoided it
	Tick    float64  // s between two ticks
	Lanes   int
	Lane    float64 // m, width of a lane; the centre of lane i lies at i × Lane
	Cars    []ReplayCar
	Accel   []float64 // m/s², commanded
	TTC     []float64 // s to the vehicle in front; infinite without
	Gap     []float64 // m to it; infinite without
	Mode    []string  // engagement
	Events  []ReplayEvent
}

// ReplayCar is one vehicle's way.
type ReplayCar struct {
	Name          string
	Length, Width float64   // m
	S, D, H, V    []float64 // m along the lane, m to the left, rad, m/s
}

// Add appends where the vehicle is after one more tick.
func (c *ReplayCar) Add(s, d, h, v float64) {
	c.S, c.D, c.H, c.V = append(c.S, s), append(c.D, d), append(c.H, h), append(c.V, v)
}

// ReplayEvent is something that happened.
type ReplayEvent struct {
	Tick int
	Text string
}

// check refuses what cannot be drawn.
func (r *Replay) check() error {
	bad := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "replay", "case %.80q: %s", r.ID, fmt.Sprintf(format, args...))
	}
	n := 0
	if len(r.Cars) > 0 {
		n = len(r.Cars[0].S)
	}
	switch {
	case len(r.Cars) == 0 || len(r.Cars) > MaxReplayCars:
		return bad("expected 1 to %d vehicles, got %d", MaxReplayCars, len(r.Cars))
	case n == 0 || n > MaxReplayTicks:
		return bad("expected 1 to %d ticks, got %d", MaxReplayTicks, n)
	case !(r.Tick > 0) || !(r.Lane > 0) || r.Lanes < 1 || r.Lanes > 16:
		return bad("expected a tick, 1 to 16 lanes and their width, got %v s, %d, %v m", r.Tick, r.Lanes, r.Lane)
	case len(r.Accel) != n || len(r.TTC) != n || len(r.Gap) != n || len(r.Mode) != n:
		return bad("the columns have other lengths than the ego's way of %d ticks", n)
	}
	for _, c := range r.Cars {
		if len(c.S) != n || len(c.D) != n || len(c.H) != n || len(c.V) != n {
			return bad("the way of %.40q has another length than the ego's of %d ticks", c.Name, n)
		}
	}
	for _, e := range r.Events {
		if e.Tick < 0 || e.Tick >= n {
			return bad("the event %.80q is at tick %d of %d", e.Text, e.Tick, n)
		}
	}
	return nil
}

// Write writes the page. It names no other file, and its one script is allowed by its hash.
func (r Replays) Write(ctx context.Context, w io.Writer) error {
	if len(r.Cases) == 0 || len(r.Cases) > MaxReplays {
		return fault.New(fault.Invalid, "replay", "expected 1 to %d cases, got %d", MaxReplays, len(r.Cases))
	}
	for i := range r.Cases {
		if err := r.Cases[i].check(); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	if err := replaysPage(r).Render(ctx, &b); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// script is the one script of the page.
func script() string {
	a, ok := readAsset("replay.js")
	if !ok {
		panic("console: no replay.js") // it is embedded
	}
	return string(a.body)
}

// replayPolicy lets nothing in but our style and the script with this hash.
func replayPolicy() string {
	sum := sha256.Sum256([]byte(script()))
	return "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func inlineScript() templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "<script>"+script()+"</script>")
		return err
	})
}

// ways is what the script draws from: integers, so that the file stays small. Positions in cm, headings in 1/10,000 rad,
// speeds in cm/s, accelerations in cm/s², times to collision in ms; null is infinite.
type ways struct {
	Tick  float64    `json:"tick"`
	Lanes int        `json:"lanes"`
	Lane  float64    `json:"lane"`
	Cars  []wayOf    `json:"cars"`
	Accel []*int64   `json:"accel"`
	TTC   []*int64   `json:"ttc"`
	Gap   []*int64   `json:"gap"`
	Modes []string   `json:"modes"` // names
	Mode  []int      `json:"mode"`  // index into them
	Falls []wayEvent `json:"falls"`
}

type wayOf struct {
	Name  string   `json:"name"`
	L     float64  `json:"l"`
	W     float64  `json:"w"`
	S     []*int64 `json:"s"`
	D     []*int64 `json:"d"`
	H     []*int64 `json:"h"`
	Speed []*int64 `json:"v"`
}

type wayEvent struct {
	Tick int    `json:"t"`
	Text string `json:"text"`
}

func integers(v []float64, unit float64) []*int64 {
	out := make([]*int64, len(v))
	for i, x := range v {
		if !math.IsNaN(x) && math.Abs(x) < 1e9 {
			n := int64(math.Round(x * unit))
			out[i] = &n
		}
	}
	return out
}

// data is the case as JSON inside an element that no browser runs: json.Marshal writes < as \u003c.
func (r Replay) data(i int) templ.Component {
	d := ways{Tick: r.Tick, Lanes: r.Lanes, Lane: r.Lane, Accel: integers(r.Accel, 100), TTC: integers(r.TTC, 1000), Gap: integers(r.Gap, 100), Modes: []string{}, Falls: []wayEvent{}}
	for _, c := range r.Cars {
		d.Cars = append(d.Cars, wayOf{c.Name, c.Length, c.Width, integers(c.S, 100), integers(c.D, 100), integers(c.H, 1e4), integers(c.V, 100)})
	}
	known := map[string]int{}
	for _, m := range r.Mode {
		k, ok := known[m]
		if !ok {
			k = len(d.Modes)
			known[m] = k
			d.Modes = append(d.Modes, m)
		}
		d.Mode = append(d.Mode, k)
	}
	for _, e := range r.Events {
		d.Falls = append(d.Falls, wayEvent(e))
	}
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		b, err := json.Marshal(d)
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, `<script type="application/json" id="ways-`+strconv.Itoa(i)+`">`+string(b)+"</script>")
		return err
	})
}

// maxPoints bounds the points of a curve: more are not seen.
const maxPoints = 500

// axis is the time axis of a case's pictures: every how many ticks there is a point, the labels, and how often one is written.
type axis struct {
	step   int
	labels []string
	every  int
}

func (r *Replay) axis() axis {
	n := len(r.Accel)
	a := axis{step: 1}
	for i := 0; a.step*maxPoints < n; i++ { // 1, 2, 5, 10, 20, 50: labels fall on whole seconds
		a.step = [...]int{2, 5, 10}[i%3] * int(math.Pow10(i/3))
	}
	seconds := float64(n) * r.Tick
	label := 1.0
	for _, l := range []float64{1, 2, 5, 10, 30, 60} {
		label = l
		if seconds/l <= 11 {
			break
		}
	}
	a.every = max(1, int(math.Round(label/(r.Tick*float64(a.step)))))
	for i := 0; i < n; i += a.step {
		a.labels = append(a.labels, strconv.FormatFloat(math.Round(float64(i)*r.Tick*100)/100, 'f', -1, 64)+" s")
	}
	return a
}

// thin takes a point every step; what lies outside [lo, hi] is left out of the picture.
func (a axis) thin(v []float64, lo, hi float64) []float64 {
	var out []float64
	for i := 0; i < len(v); i += a.step {
		x := v[i]
		if x < lo || x > hi {
			x = math.NaN()
		}
		out = append(out, x)
	}
	return out
}

// nothing reports whether the picture has no point to show.
func nothing(p chart.Plot) bool {
	for _, l := range p.Lines {
		if slices.ContainsFunc(l.Y, func(y float64) bool { return !math.IsNaN(y) }) {
			return false
		}
	}
	return true
}

// TTCShown is the largest time to collision that a picture shows, in s.
const TTCShown = 10

// pictures are positions, speeds, time to collision and acceleration over time, with the events marked.
func (r *Replay) pictures() []chart.Plot {
	a := r.axis()
	var falls []chart.Fall
	for _, e := range r.Events {
		falls = append(falls, chart.Fall{X: e.Tick / a.step, Name: tickTime(e.Tick, r.Tick) + ": " + e.Text})
	}
	plot := func(title, unit string) chart.Plot {
		return chart.Plot{Title: title, Desc: "Over time, of case " + r.ID, Unit: unit, X: a.labels, Every: a.every, Falls: falls}
	}
	ahead, aside, speed := plot("Positions along the lane from the ego's start", "m"), plot("Positions across, to the left", "m"), plot("Speeds", "km/h")
	start := r.Cars[0].S[0]
	for _, c := range r.Cars {
		along, kmh := make([]float64, len(c.S)), make([]float64, len(c.V))
		for i := range c.S {
			along[i], kmh[i] = c.S[i]-start, c.V[i]*3.6
		}
		far := math.Inf(1)
		ahead.Lines = append(ahead.Lines, chart.Series{Name: c.Name, Y: a.thin(along, -far, far)})
		aside.Lines = append(aside.Lines, chart.Series{Name: c.Name, Y: a.thin(c.D, -far, far)})
		speed.Lines = append(speed.Lines, chart.Series{Name: c.Name, Y: a.thin(kmh, -far, far)})
	}
	ttc, accel := plot("Time to collision, up to "+strconv.Itoa(TTCShown)+" s", "s"), plot("Acceleration, commanded", "m/s²")
	ttc.Lines = []chart.Series{{Name: "time to collision", Y: a.thin(r.TTC, 0, TTCShown)}}
	accel.Lines = []chart.Series{{Name: "commanded", Y: a.thin(r.Accel, -50, 50)}}
	accel.Marks = []chart.Mark{{Name: "hard braking", Y: -3}}
	return []chart.Plot{ahead, aside, speed, ttc, accel}
}

// span is where the first tick and the last lie in a picture, for the cursor.
func span(p chart.Plot, ticks, step int) string {
	last := float64(ticks-1) / float64(step)
	slot := p.Place(1) - p.Place(0)
	return fmt.Sprintf("%.2f %.2f", p.Place(0), p.Place(0)+slot*last)
}

func tickTime(tick int, dt float64) string {
	return strconv.FormatFloat(float64(tick)*dt, 'f', 2, 64) + " s"
}
