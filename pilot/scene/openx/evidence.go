package openx

import (
	"math"

	"roadbook/pilot/scene"
	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/reference"
)

// Version of the way in which a folder is run and counted.
const Version = "2026.2"

// Duties of every case, beside not to collide.
const (
	engages = "the stack engages when the file activates it (6.2.3)"
	keeps   = "no front tyre crosses a marking without an indicator (5.2.1)"
)

// broken names the duties that the case breaks; "": none.
func (o *Outcome) broken() string {
	switch {
	case o.Collision:
		return ""
	case !o.Engaged:
		return "breaks: " + engages
	case o.Crossed > 0:
		return "breaks: " + keeps
	}
	return ""
}

// Suite counts the report for a bundle of evidence, as a suite of that name: the careful driver and the fuzzy safety model
// stand beside every cut-in, cut-out and deceleration; in all other files every collision is avoidable.
func (rep *Report) Suite(name string) bundle.Suite {
	count := bundle.NewCounter(name, Version, int64(rep.Total.Product), rep.Inputs)
	for k, j := range rep.jobs {
		r := &rep.results[k]
		if r.discarded {
			count.Discard()
			continue
		}
		o := r.scene(CaseID(rep.Files[j.file].File, j.index))
		count.Add(&o)
		count.Hold(engages, o.ID, r.Engaged || r.Collision)
		count.Hold(keeps, o.ID, r.Crossed == 0)
	}
	s := count.Suite(int64(rep.Again), int64(rep.Differ))
	s.Models = s.Models[:reference.FSM+1] // the others run only where both of these collide
	return s
}

// scene gives the outcome in the words of the other suites. Keeping the speed is not run, so no case counts as safe.
func (o *Outcome) scene(id string) scene.Outcome {
	kind, ok := reference.KindOf(o.Kind)
	if !ok {
		kind = reference.Deceleration
	}
	x := scene.Outcome{ID: id, Kind: kind, Ego: math.Round(o.Ego*1e6) / 1e6, Collision: o.Collision, Type: o.Type, AtFault: o.AtFault, MinTTC: o.MinTTC,
		MinGap: o.MinGap, MaxDecel: o.MaxDecel, MaxJerk: o.MaxJerk, MaxSide: o.MaxSide, HardTicks: o.HardTicks, Ticks: int(o.Ticks), Transition: o.Demand, Minimum: o.Minimum, Emergency: o.Emergency,
		Checker: o.Checker, Hash: o.Hash, CutsIn: kind == reference.CutIn}
	x.References = [reference.Models]bool{reference.CC: o.CC, reference.FSM: o.FSM, reference.RSS: o.RSS, reference.Reg157: o.Reg157}
	x.Bound = x.Avoidable()
	return x
}
