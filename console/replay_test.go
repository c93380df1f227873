package console

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"roadbook/fault"
)

// cutIn is a replay of a challenger that comes in from the left while the ego brakes, with a name that would break a page.
func cutIn(id string) Replay {
	const n = 1001
	r := Replay{ID: id, Verdict: "collision, avoided by fsm", Tick: 0.01, Lanes: 3, Lane: 3.5, Facts: []Figure{{Label: "Ego", Value: "80 km/h"}},
		Events: []ReplayEvent{{100, "braking above 3 m/s²"}, {430, "emergency manoeuvre </script><b>"}, {431, "the checker steps in"}}}
	ego, other := ReplayCar{Name: "ego", Length: 4.7, Width: 1.9}, ReplayCar{Name: "challenger </script>", Length: 12, Width: 2.5}
	for i := range n {
		t := float64(i) * 0.01
		v := max(12, 22-0.8*t)
		ego.S, ego.D, ego.H, ego.V = append(ego.S, 22*t-0.4*t*t), append(ego.D, 3.5), append(ego.H, 0), append(ego.V, v)
		d := max(3.5, 7-0.9*t)
		other.S, other.D, other.H, other.V = append(other.S, 30+14*t), append(other.D, d), append(other.H, -0.05), append(other.V, 14)
		gap := other.S[i] - ego.S[i] - 8.35
		ttc := math.Inf(1)
		if v > 14 {
			ttc = gap / (v - 14)
		}
		mode := "active"
		if i > 430 {
			mode = "active, emergency"
		}
		r.Accel, r.Gap, r.TTC, r.Mode = append(r.Accel, -0.8), append(r.Gap, gap), append(r.TTC, ttc), append(r.Mode, mode)
	}
	r.Cars = []ReplayCar{ego, other}
	return r
}

func TestReplays(t *testing.T) {
	var b bytes.Buffer
	if err := (Replays{Title: "Failing cases", Command: "roadbook scene show", Cases: []Replay{cutIn("cut_in-1"), cutIn("cut_in-2")}}).Write(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, s := range []string{"not type approval", "cut_in-2", "collision, avoided by fsm", "4.30 s: emergency manoeuvre &lt;/script&gt;", `id="ways-1"`, "Time to collision", "<noscript"} {
		if has := strings.Contains(page, s); has != (s != "<noscript") {
			t.Errorf("%q: %v", s, has)
		}
	}
	for _, s := range []string{"src=", "@import", `href="/`, "<link", "challenger </script>", "style=\""} {
		if strings.Contains(page, s) {
			t.Errorf("the page has %q", s)
		}
	}
	if len(page) > 400_000 {
		t.Errorf("%d bytes for two cases of 10 s", len(page))
	}
}

func TestReplayChecks(t *testing.T) {
	for reason, change := range map[string]func(*Replay){
		"no vehicle":           func(r *Replay) { r.Cars = nil },
		"no tick":              func(r *Replay) { r.Cars[0].S = nil },
		"a short way":          func(r *Replay) { r.Cars[1].V = r.Cars[1].V[:9] },
		"a short column":       func(r *Replay) { r.TTC = r.TTC[:9] },
		"an event after all":   func(r *Replay) { r.Events[0].Tick = 1001 },
		"an event before all":  func(r *Replay) { r.Events[0].Tick = -1 },
		"no time between them": func(r *Replay) { r.Tick = math.NaN() },
		"no lane":              func(r *Replay) { r.Lanes = 0 },
	} {
		r := cutIn("x")
		change(&r)
		if err := (Replays{Cases: []Replay{r}}).Write(t.Context(), &bytes.Buffer{}); fault.CodeOf(err) != "replay" {
			t.Errorf("%s: %v", reason, err)
		}
	}
	if err := (Replays{}).Write(t.Context(), &bytes.Buffer{}); fault.CodeOf(err) != "replay" {
		t.Errorf("no case: %v", err)
	}
}

// A person steps through a case with keys and slider; nothing is blocked or loaded from elsewhere.
func TestStepThrough(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.html")
	var b bytes.Buffer
	if err := (Replays{Title: "One failing case", Command: "roadbook scene show", Cases: []Replay{cutIn("cut_in-1")}}).Write(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, said := browser(t)
	do(t, ctx, "page", chromedp.EmulateViewport(1360, 1500), chromedp.Navigate("file://"+file), chromedp.WaitVisible(chromedp.CSS(".stepper")))
	now := func(what string) string {
		return ask[string](t, ctx, `document.querySelector('[data-now="`+what+`"]').textContent`)
	}
	x := func() float64 {
		return ask[float64](t, ctx, `Number(document.querySelector(".c-cursor").getAttribute("x1"))`)
	}
	ego := func() string {
		return ask[string](t, ctx, `document.querySelector(".car:not(.ego)").getAttribute("transform")`)
	}
	if s := now("time"); s != "0.00 s, tick 0" {
		t.Errorf("at the start: %q", s)
	}
	if s := now("speed"); s != "79.2 km/h" {
		t.Errorf("speed %q", s)
	}
	left, first := x(), ego()
	if first != "translate(30.00 1.75) rotate(2.86)" {
		t.Errorf("the challenger is at %q", first)
	}
	do(t, ctx, "focus", chromedp.Focus(chromedp.CSS("input[type=range]")))
	key := func(k string, want string) {
		t.Helper()
		do(t, ctx, "key", chromedp.KeyEvent(k))
		if s := now("time"); s != want {
			t.Errorf("%q leads to %q, want %q", k, s, want)
		}
	}
	key(kb.ArrowRight, "0.01 s, tick 1")
	key(kb.PageDown, "1.00 s, tick 100")
	key(kb.PageDown, "4.30 s, tick 430")
	key(kb.ArrowRight, "4.31 s, tick 431")
	if s := now("mode"); s != "active, emergency" {
		t.Errorf("mode %q", s)
	}
	if ego() == first || x() <= left {
		t.Error("neither the road nor the cursor has moved")
	}
	if n := ask[int](t, ctx, `document.querySelectorAll(".events .past").length`); n != 3 {
		t.Errorf("%d events are past", n)
	}
	if *shots != "" {
		png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(*shots, "replay.png"), png, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key(kb.PageUp, "4.30 s, tick 430")
	key(kb.End, "10.00 s, tick 1000")
	key(kb.ArrowRight, "10.00 s, tick 1000")
	key(kb.Home, "0.00 s, tick 0")
	do(t, ctx, "play", chromedp.Click(chromedp.CSS(`[data-do="play"]`)))
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`document.querySelector("input[type=range]").value > 5`)); err != nil {
		t.Fatal(err)
	}
	if s := ask[string](t, ctx, `document.querySelector('[data-do="play"]').textContent`); s != "Pause" {
		t.Errorf("while it plays the button says %q", s)
	}
	do(t, ctx, "phone", chromedp.EmulateViewport(390, 800))
	if w := ask[int64](t, ctx, `document.documentElement.scrollWidth`); w > 390 {
		t.Errorf("the page is %d wide on a screen of 390", w)
	}
	if all := said.take(); len(all) > 0 {
		t.Errorf("the browser complains: %q", all)
	}
}
