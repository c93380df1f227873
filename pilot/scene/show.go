package scene

import (
	"fmt"
	"math"
	"strings"

	"roadbook/pilot/motion"
	"roadbook/pilot/scene/reference"
)

// Shown is a run that was driven again to be looked at.
type Shown struct {
	ID        string
	Lanes     int
	LaneWidth float64  // m
	Names     []string // of Trace.Others, as far as they have any
	Began     motion.Mode
	Trace
	Outcome Outcome
	Verdict string // in a few words; "": Outcome tells
	Facts   []Fact // what the case was, and who would have done what
}

// Fact is one line beside a picture.
type Fact struct{ Name, Value string }

// Show drives a case again and keeps every tick.
func Show(c *Case, s Stack) (Shown, error) {
	r, err := NewRig(s)
	if err != nil {
		return Shown{}, err
	}
	r.Trace = &Trace{}
	o, err := r.Run(c)
	if err != nil {
		return Shown{}, err
	}
	road := r.World.Road()
	names := map[reference.Kind][]string{reference.CutIn: {"challenger"}, reference.CutOut: {"lead", "standing vehicle"}, reference.Deceleration: {"lead"}}[c.Kind]
	return Shown{ID: c.ID, Lanes: road.Lanes(), LaneWidth: road.LaneWidth(), Names: names, Began: motion.Active, Trace: *r.Trace, Outcome: o, Facts: c.facts(&o)}, nil
}

// facts are the case and its outcome, written for people.
func (c *Case) facts(o *Outcome) []Fact {
	fact := func(name, format string, args ...any) Fact { return Fact{name, fmt.Sprintf(format, args...)} }
	facts := []Fact{fact("Kind", "%s", strings.ReplaceAll(c.Kind.String(), "_", "-")), fact("Ego", "%.1f km/h", c.Ego), fact("Gap", "%.2f m", c.Gap)}
	switch c.Kind {
	case reference.CutIn:
		facts = append(facts, fact("Challenger", "%.1f km/h", c.Other), fact("Offset", "%.2f m", c.Lateral), fact("Sideways", "%.2f m/s", math.Abs(c.LateralSpeed)))
	case reference.CutOut:
		facts = append(facts, fact("Sideways", "%.2f m/s", math.Abs(c.LateralSpeed)), fact("Front gap", "%.2f m", c.FrontGap))
	case reference.Deceleration:
		facts = append(facts, fact("Lead brakes", "%.2f m/s²", c.LeadDecel))
	}
	facts = append(facts, o.Avoided())
	facts = append(facts, fact("Physical bound", "%s", map[bool]string{true: "avoids it", false: "collides"}[o.Bound]))
	return append(facts, fact("Hardest braking", "%.2f m/s²", o.MaxDecel))
}

// Avoided is the fact of who avoids the collision.
func (o *Outcome) Avoided() Fact {
	by := strings.Join(o.AvoidedBy(), ", ")
	if by == "" {
		by = "none"
	}
	return Fact{"Avoided by", by}
}
