package sumo

import (
	"fmt"
	"io"
	"math"
)

// Goals of a soak.
const (
	GoalTTC   = 1.0  // s, the shortest time to collision must be longer
	GoalShare = 0.02 // of the driven time in which the distance of 5.2.3.3 may be violated
)

// Report is what came of a soak.
type Report struct {
	Sumo    string       `json:"sumo"` // its version
	Options Options      `json:"options"`
	Total   Counts       `json:"total"`
	Seeds   []SeedReport `json:"seeds"`
	Again   int          `json:"again"`  // seeds whose beginning was driven a second time
	Differ  int          `json:"differ"` // of them with other bits
}

func report(o *Options, version string, seeds []SeedReport) Report {
	r := Report{Sumo: version, Options: *o, Total: zero(), Seeds: seeds}
	for i := range seeds {
		r.Total.add(&seeds[i].Counts)
	}
	r.Total.Crashes = sortCrashes(r.Total.Crashes)
	return r
}

// Failures are the goals that were missed, each as a sentence.
func (r *Report) Failures() []string {
	var out []string
	t := &r.Total
	if t.EgoCaused > 0 {
		out = append(out, fmt.Sprintf("%d collisions caused by the ego: expected none", t.EgoCaused))
	}
	if !(float64(t.MinTTC) > GoalTTC) {
		out = append(out, fmt.Sprintf("the shortest time to collision is %.2f s: expected more than %g s", float64(t.MinTTC), GoalTTC))
	}
	if s := t.ViolatedShare(); !(s < GoalShare) {
		out = append(out, fmt.Sprintf("the distance of 5.2.3.3 was violated for %.2f %% of the time: expected less than %g %%", 100*s, 100*GoalShare))
	}
	if r.Differ > 0 {
		out = append(out, fmt.Sprintf("%d of %d replays differ: expected the same drive", r.Differ, r.Again))
	}
	if t.Stuck > 0 {
		out = append(out, fmt.Sprintf("the ego got stuck %d times: expected never", t.Stuck))
	}
	return out
}

// Passed reports whether all goals are met.
func (r *Report) Passed() bool { return len(r.Failures()) == 0 }

// WriteText writes the report for a person.
func (r *Report) WriteText(w io.Writer) error {
	t := &r.Total
	p := &printer{w: w}
	p.line("%s, %d seeds, %.2f h and %.0f km driven in %d trips (%d arrived, %d halted, %d stuck)", r.Sumo, len(r.Seeds), t.Seconds/3600, t.Km, t.Trips, t.Arrived, t.Halted, t.Stuck)
	p.line("collisions: %d caused by the ego, %d by others (SUMO lists the ego %d times)", t.EgoCaused, t.OtherCaused, t.SumoEgo)
	p.line("time to collision: at least %s, %s to what had settled ahead; gap at least %s", least(float64(t.MinTTC), "s"), least(float64(t.MinOwnTTC), "s"), least(float64(t.MinGap), "m"))
	p.line("distance of 5.2.3.3: violated %.3f %% of the time, and recovering from cut-ins %.2f %% (%d cut-ins)", 100*t.ViolatedShare(), 100*share(t.Recovering, t.Ticks), t.CutIns)
	p.line("braking above %g m/s²: %d times, %.3f per km, at most %.2f m/s²", hard, t.Hard, t.HardPerKm(), t.MaxDecel)
	p.line("jerk outside of emergency manoeuvres at most %.2f m/s³, at most %.2f m/s² sideways", t.MaxJerk, t.MaxSide)
	p.line("transition demands %d, minimum risk manoeuvres %d, emergency manoeuvres %d, interventions of the checker %d, lane changes %d, off the lane's middle at most %.2f m",
		t.Transition, t.Minimum, t.Emergency, t.Checker, t.Changes, t.MaxOffset)
	for _, c := range t.Crashes {
		who := "other"
		if c.Ego {
			who = "EGO"
		}
		p.line("  %s: seed %d trip %d after %.1f s at %.0f m, %s with %s at %.1f and %.1f m/s, %.1f s in the lane: %s", who, c.Seed, c.Trip, c.At, c.S, c.Type, c.With, c.Speed, c.Other, c.InLane, c.Why)
	}
	if f := r.Failures(); len(f) > 0 {
		for _, s := range f {
			p.line("FAILED: %s", s)
		}
	} else {
		p.line("all goals met")
	}
	return p.err
}

func least(v float64, unit string) string {
	if math.IsInf(v, 0) {
		return "never closing"
	}
	return fmt.Sprintf("%.2f %s", v, unit)
}

type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}
