package openx

import (
	"slices"

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
// stand beside every cut-in, cut-out and deceleration; in all other files every collision is avoidable. Of the cases to look
// at those come first that fail.
func (rep *Report) Suite(name string) bundle.Suite {
	count := bundle.NewCounter(name, Version, int64(rep.Total.Product), rep.Inputs)
	failed := map[string]bool{}
	for k, j := range rep.jobs {
		r := &rep.results[k]
		if r.discarded {
			count.Discard()
			continue
		}
		o := r.Outcome.Outcome
		o.ID = CaseID(rep.Files[j.file].File, j.index)
		failed[o.ID] = r.Failed()
		count.Add(&o)
		count.Hold(engages, o.ID, r.Engaged || r.Collision)
		count.Hold(keeps, o.ID, r.Crossed == 0)
	}
	s := count.Suite(int64(rep.Again), int64(rep.Differ))
	slices.SortStableFunc(s.Failing, func(a, b bundle.Failing) int {
		switch {
		case failed[a.ID] == failed[b.ID]:
			return 0
		case failed[a.ID]:
			return -1
		}
		return 1
	})
	s.Models = s.Models[:reference.FSM+1] // the others run only where both of these collide
	return s
}
