package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"roadbook/console"
	"roadbook/fault"
	"roadbook/pilot/motion"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/lane"
	"roadbook/pilot/scene/openx"
	"roadbook/pilot/scene/sumo"
)

type sceneShowCmd struct {
	Case    []string `arg:"" help:"Ids of cases, as results and evidence name them; FILE.xosc or FILE.xosc#NUMBER for a case of a file."`
	Cases   string   `help:"Take them from this CSV file instead of the built-in suites." type:"existingfile" placeholder:"FILE.csv"`
	Grid    string   `help:"Take them from this JSON grid." type:"existingfile" placeholder:"FILE.json"`
	Data    string   `help:"The folder of the OpenSCENARIO files, as scene run had it." type:"existingdir" placeholder:"DIR"`
	Seconds float64  `help:"Of a trip in SUMO's traffic: how long the suite soak drove each seed." default:"1800"`
	Out     string   `short:"o" help:"The page, one HTML file." default:"page.html" placeholder:"FILE"`
}

// Help is shown by roadbook scene show --help.
func (sceneShowCmd) Help() string {
	return `Drives the cases again and writes one self-contained page: the road from above, positions, speeds, time to collision and
commands over time with a cursor, and what happened when. Step with a slider or keys; the page loads nothing. A collision in
SUMO's traffic is driven again from the start of its seed, and its last half minute is kept.

    roadbook scene show cut_in-20261126-00711 -o page.html
    roadbook scene show --cases cases.csv my-case-1 my-case-2
    roadbook scene show 4_4_1_cut_in_no_collision_variation-7 --data osc-alks`
}

// Run drives and writes.
func (c *sceneShowCmd) Run(ctx context.Context, out io.Writer) error {
	if err := place(c.Out); err != nil {
		return err
	}
	page := console.Replays{Title: "Driving cases", Command: "roadbook scene show"}
	for _, f := range [...]struct{ flag, value string }{{"--cases", c.Cases}, {"--grid", c.Grid}, {"--data", c.Data}} {
		if f.value != "" {
			page.Title = "Cases of " + baseName(f.value)
			page.Command += " " + f.flag + " " + word(f.value)
		}
	}
	for _, id := range c.Case {
		page.Command += " " + word(id)
	}
	for _, id := range c.Case {
		x, err := c.show(ctx, id)
		if err != nil {
			return fmt.Errorf("case %s: %w", id, err)
		}
		page.Cases = append(page.Cases, replayOf(&x))
	}
	if err := toFile(c.Out, func(w io.Writer) error { return page.Write(ctx, w) }); err != nil {
		return err
	}
	for _, r := range page.Cases {
		fmt.Fprintf(out, "%s: %s\n", r.ID, r.Verdict)
	}
	fmt.Fprintln(out, c.Out)
	return nil
}

// show drives the case of that id again: of the file, of the suites, or of the scenarios below --data.
func (c *sceneShowCmd) show(ctx context.Context, id string) (scene.Shown, error) {
	stack := scene.DefaultStack()
	if c.Cases != "" || c.Grid != "" {
		all, err := readCases(c.Cases, c.Grid)
		if err != nil {
			return scene.Shown{}, fmt.Errorf("%s: %w", c.Cases+c.Grid, err)
		}
		if k := caseOf(all, id); k != nil {
			return scene.Show(k, stack)
		}
		return scene.Shown{}, fault.New(fault.NotFound, "case", "%s has no case %.80q", c.Cases+c.Grid, id)
	}
	if name, number, _ := strings.Cut(id, "#"); strings.HasSuffix(name, scenarioEnding) {
		dir, file, err := below(c.Data, name)
		if err != nil {
			return scene.Shown{}, err
		}
		return openx.Show(dir, file+"#"+number, stack, console.MaxReplayTicks)
	}
	for _, s := range scene.Suites() {
		for _, p := range s.Parts() {
			if k := caseOf(p.Cases, id); k != nil {
				return scene.Show(k, p.Stack(stack))
			}
		}
	}
	if seed, trip, ok := sumo.Trip(id); ok {
		o := sumo.DefaultOptions()
		o.Seconds = c.Seconds
		return sumo.Show(ctx, o, seed, trip)
	}
	if strings.HasPrefix(id, bundle.Lane+"-") {
		return lane.Show(id, stack)
	}
	if c.Data != "" {
		return openx.Show(c.Data, id, stack, console.MaxReplayTicks)
	}
	return scene.Shown{}, fault.New(fault.NotFound, "case", "no suite has a case %.80q; give --cases or --grid for your own, --data for OpenSCENARIO files", id)
}

// caseOf finds a case by its id, also as evidence writes it.
func caseOf(all []scene.Case, id string) *scene.Case {
	for i := range all {
		if all[i].ID == id || bundle.ID(all[i].ID) == id {
			return &all[i]
		}
	}
	return nil
}

// replayOf makes a page's case of a run.
func replayOf(x *scene.Shown) console.Replay {
	t, o := &x.Trace, &x.Outcome
	r := console.Replay{ID: x.ID, Verdict: x.Verdict, Tick: motion.DT * float64(max(t.Every, 1)), Lanes: x.Lanes, Lane: x.LaneWidth,
		Cars: []console.ReplayCar{{Name: "ego", Length: t.Ego.Length, Width: t.Ego.Width}}}
	if r.Verdict == "" {
		r.Verdict = verdictText(o)
	}
	for _, f := range x.Facts {
		r.Facts = append(r.Facts, console.Figure{Label: f.Name, Value: f.Value})
	}
	for i, s := range t.Others {
		name := "vehicle"
		if i < len(x.Names) {
			name = x.Names[i]
		}
		r.Cars = append(r.Cars, console.ReplayCar{Name: name, Length: s.Length, Width: s.Width})
	}
	was := scene.Frame{Mode: x.Began}
	for i := range t.Frames {
		f := &t.Frames[i]
		e := &f.Ego
		r.Cars[0].Add(e.S, e.D, e.H, e.VS)
		gap := math.Inf(1)
		for j, s := range f.Others {
			car := &r.Cars[j+1]
			car.Add(s.S, s.D, s.H, s.VS)
			beside := math.Abs(s.D-e.D) >= (car.Width+t.Ego.Width)/2
			if d := s.S - e.S - (car.Length+t.Ego.Length)/2; !beside && s.S > e.S {
				gap = min(gap, d)
			}
		}
		r.Accel = append(r.Accel, f.Command.Accel)
		r.TTC = append(r.TTC, float64(f.TTC))
		r.Gap = append(r.Gap, gap)
		r.Mode = append(r.Mode, modeText(f))
		for _, e := range happened(&was, f) {
			r.Events = append(r.Events, console.ReplayEvent{Tick: i, Text: e})
		}
		was = *f
	}
	if o.Collision && len(t.Frames) > 0 {
		r.Events = append(r.Events, console.ReplayEvent{Tick: len(t.Frames) - 1, Text: "collision: " + strings.ReplaceAll(o.Type, "_", " ")})
	}
	return r
}

// happened names what began or ended between two ticks.
func happened(was, f *scene.Frame) []string {
	var out []string
	if f.Mode != was.Mode {
		out = append(out, "mode: "+modeName(f.Mode))
	}
	for _, e := range []struct {
		before, now bool
		text        string
	}{
		{was.Ego.A < -scene.Hard, f.Ego.A < -scene.Hard, "braking above 3 m/s²"},
		{was.Emergency, f.Emergency, "emergency manoeuvre"},
		{was.Checker, f.Checker, "the checker steps in"},
	} {
		switch {
		case e.now && !e.before:
			out = append(out, e.text)
		case e.before && !e.now:
			out = append(out, "end of: "+e.text)
		}
	}
	return out
}

func modeText(f *scene.Frame) string {
	s := modeName(f.Mode)
	if f.Emergency {
		s += ", emergency manoeuvre"
	}
	if f.Checker {
		s += ", checker"
	}
	return s
}

func modeName(m motion.Mode) string {
	names := [...]string{"off", "ready", "active", "transition demand", "minimum risk manoeuvre", "standstill", "locked"}
	if int(m) < len(names) {
		return names[m]
	}
	return "unknown"
}

func verdictText(o *scene.Outcome) string {
	if what := bundle.Failure(o); what != "" {
		return what
	}
	if o.Collision {
		return "collision that nothing avoids"
	}
	return "no collision"
}
