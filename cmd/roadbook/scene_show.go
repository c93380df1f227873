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
	"roadbook/pilot/scene/reference"
)

type sceneShowCmd struct {
	Case  []string `arg:"" help:"Ids of cases, as results and evidence name them."`
	Cases string   `help:"Take them from this CSV file instead of the built-in suites." type:"existingfile" placeholder:"FILE.csv"`
	Grid  string   `help:"Take them from this JSON grid." type:"existingfile" placeholder:"FILE.json"`
	Out   string   `short:"o" help:"The page, one HTML file." default:"page.html" placeholder:"FILE"`
}

// Help is shown by roadbook scene show --help.
func (sceneShowCmd) Help() string {
	return `Drives the cases again and writes one self-contained page: the road from above, positions, speeds, time to collision and
commands over time with a cursor, and what happened when. Step with a slider or keys; the page loads nothing.

    roadbook scene show cut_in-20261126-00711 -o page.html
    roadbook scene show --cases cases.csv my-case-1 my-case-2`
}

// Run drives and writes.
func (c *sceneShowCmd) Run(ctx context.Context, out io.Writer) error {
	page := console.Replays{Title: "Driving cases", Command: "roadbook scene show " + strings.Join(c.Case, " ")}
	if file := c.Cases + c.Grid; file != "" {
		page.Title = "Cases of " + baseName(file)
	}
	for _, id := range c.Case {
		k, stack, err := c.find(id)
		if err != nil {
			return err
		}
		r, err := replay(k, stack)
		if err != nil {
			return fmt.Errorf("case %s: %w", id, err)
		}
		page.Cases = append(page.Cases, r)
	}
	if err := writeWhole(c.Out, func(w io.Writer) error { return page.Write(ctx, w) }); err != nil {
		return err
	}
	for _, r := range page.Cases {
		fmt.Fprintf(out, "%s: %s\n", r.ID, r.Verdict)
	}
	fmt.Fprintln(out, c.Out)
	return nil
}

// find looks a case up in the file, or in the suites; a suite's part may change the stack.
func (c *sceneShowCmd) find(id string) (*scene.Case, scene.Stack, error) {
	stack := scene.DefaultStack()
	if c.Cases != "" || c.Grid != "" {
		all, err := readCases(c.Cases, c.Grid)
		if err != nil {
			return nil, stack, fmt.Errorf("%s: %w", c.Cases+c.Grid, err)
		}
		for i := range all {
			if all[i].ID == id {
				return &all[i], stack, nil
			}
		}
		return nil, stack, fault.New(fault.NotFound, "case", "%s has no case %.80q", c.Cases+c.Grid, id)
	}
	for _, s := range scene.Suites() {
		for _, p := range s.Parts() {
			for i := range p.Cases {
				if p.Cases[i].ID == id {
					return &p.Cases[i], p.Stack(stack), nil
				}
			}
		}
	}
	return nil, stack, fault.New(fault.NotFound, "case", "no suite has a case %.80q; give --cases or --grid for your own", id)
}

// replay drives a case with its trace.
func replay(k *scene.Case, stack scene.Stack) (console.Replay, error) {
	rig, err := scene.NewRig(stack)
	if err != nil {
		return console.Replay{}, err
	}
	rig.Trace = &scene.Trace{}
	o, err := rig.Run(k)
	if err != nil {
		return console.Replay{}, err
	}
	t, road := rig.Trace, rig.World.Road()
	r := console.Replay{ID: k.ID, Verdict: verdictText(&o), Facts: factsOf(k, &o), Tick: motion.DT, Lanes: road.Lanes(), Lane: road.LaneWidth(),
		Cars: []console.ReplayCar{{Name: "ego", Length: t.Ego.Length, Width: t.Ego.Width}}}
	names := map[reference.Kind][]string{reference.CutIn: {"challenger"}, reference.CutOut: {"lead", "standing vehicle"}, reference.Deceleration: {"lead"}}[k.Kind]
	for i, s := range t.Others {
		name := "vehicle"
		if i < len(names) {
			name = names[i]
		}
		r.Cars = append(r.Cars, console.ReplayCar{Name: name, Length: s.Length, Width: s.Width})
	}
	was := scene.Frame{Mode: motion.Active}
	for i := range t.Frames {
		f := &t.Frames[i]
		r.Cars[0].Add(f.Ego.S, f.Ego.D, heading(f.Ego), f.Ego.VS)
		gap := math.Inf(1)
		for j, s := range f.Others {
			car := &r.Cars[j+1]
			car.Add(s.S, s.D, heading(s), s.VS)
			beside := math.Abs(s.D-f.Ego.D) >= (car.Width+t.Ego.Width)/2
			if d := s.S - f.Ego.S - (car.Length+t.Ego.Length)/2; !beside && s.S > f.Ego.S {
				gap = min(gap, d)
			}
		}
		r.Accel = append(r.Accel, f.Command.Accel)
		r.TTC = append(r.TTC, float64(f.TTC))
		r.Gap = append(r.Gap, gap)
		mode := modeText(f)
		r.Mode = append(r.Mode, mode)
		for _, e := range happened(&was, f) {
			r.Events = append(r.Events, console.ReplayEvent{Tick: i, Text: e})
		}
		was = *f
	}
	if o.Collision && len(t.Frames) > 0 {
		r.Events = append(r.Events, console.ReplayEvent{Tick: len(t.Frames) - 1, Text: "collision: " + strings.ReplaceAll(o.Type, "_", " ")})
	}
	return r, nil
}

func heading(s scene.State) float64 {
	if s.VS < 0.5 {
		return 0
	}
	return math.Atan2(s.VD, s.VS)
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

func factsOf(k *scene.Case, o *scene.Outcome) []console.Figure {
	fact := func(label, format string, args ...any) console.Figure {
		return console.Figure{Label: label, Value: fmt.Sprintf(format, args...)}
	}
	facts := []console.Figure{fact("Kind", "%s", strings.ReplaceAll(k.Kind.String(), "_", "-")), fact("Ego", "%.1f km/h", k.Ego), fact("Gap", "%.2f m", k.Gap)}
	switch k.Kind {
	case reference.CutIn:
		facts = append(facts, fact("Challenger", "%.1f km/h", k.Other), fact("Offset", "%.2f m", k.Lateral), fact("Sideways", "%.2f m/s", math.Abs(k.LateralSpeed)))
	case reference.CutOut:
		facts = append(facts, fact("Sideways", "%.2f m/s", math.Abs(k.LateralSpeed)), fact("Front gap", "%.2f m", k.FrontGap))
	case reference.Deceleration:
		facts = append(facts, fact("Lead brakes", "%.2f m/s²", k.LeadDecel))
	}
	var avoid []string
	for m, hit := range o.References {
		if !hit {
			avoid = append(avoid, reference.Model(m).String())
		}
	}
	who := "none"
	if len(avoid) > 0 {
		who = strings.Join(avoid, ", ")
	}
	facts = append(facts, fact("Avoided by", "%s", who))
	facts = append(facts, fact("Physical bound", "%s", map[bool]string{true: "avoids it", false: "collides"}[o.Bound]))
	return append(facts, fact("Hardest braking", "%.2f m/s²", o.MaxDecel))
}
