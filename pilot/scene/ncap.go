package scene

import (
	"fmt"

	"roadbook/pilot/scene/reference"
)

// NCAPVersion names the set of rear cases of Euro NCAP.
const NCAPVersion = "2026.1"

// Targets of Euro NCAP: the soft car and the soft motorcycle, in metres.
const (
	softLength, softWidth   = 4.02, 1.71
	motorLength, motorWidth = 2.13, 0.78
)

// NCAP returns the rear cases of Euro NCAP: CCRs (standing), CCRm (slower) and CCRb (braking) of the 2026 and 2023 sets with
// their overlaps, and the motorcycle's. An impact is a failure. Every approach to a standing or slower target
// begins at least 6 s before the impact.
func NCAP() []Case {
	var out []Case
	add := func(set string, c Case) {
		c.ID = fmt.Sprintf("%s-%g-%g-%g-%g", set, c.Ego, or(c.Other, c.Target), c.LeadDecel, c.Lateral)
		if set == "CCRb" {
			c.ID += fmt.Sprintf("-%.1f", c.Gap)
		}
		out = append(out, c)
	}
	approach := func(set string, ego, other, lateral, length, width float64) {
		gap := max(float64((ego-other)/3.6*6), 25)
		add(set, Case{Kind: reference.CutIn, Ego: ego, Other: other, Gap: gap, Lateral: lateral, Length: length, Width: width})
	}
	// Overlap of the ego's width: 100 %, 75 %, 50 % and 25 % to either side.
	for _, share := range [...]float64{0, 0.25, -0.25, 0.5, -0.5, 0.75, -0.75} {
		lateral := share * CarWidth
		for ego := 10.0; ego <= 80; ego += 5 {
			approach("CCRs", ego, 0, lateral, softLength, softWidth)
		}
		for ego := 30.0; ego <= 130; ego += 10 {
			for other := 20.0; other <= 70 && other+10 <= ego; other += 10 {
				approach("CCRm", ego, other, lateral, softLength, softWidth)
			}
		}
	}
	for _, share := range [...]float64{0, 0.25, -0.25} { // a motorcycle rides 25 %, 50 % or 75 % across the ego's front
		for ego := 10.0; ego <= 60; ego += 5 {
			approach("CMRs", ego, 0, share*CarWidth, motorLength, motorWidth)
		}
	}
	brake := func(ego, gap, decel float64) {
		add("CCRb", Case{Kind: reference.Deceleration, Ego: ego, Gap: gap, LeadDecel: decel, Length: softLength, Width: softWidth})
	}
	for _, gap := range [...]float64{12, 40} {
		for _, decel := range [...]float64{2, 6} {
			brake(50, gap, decel)
		}
	}
	for ego := 30.0; ego <= 120; ego += 10 {
		brake(ego, ego/3.6, 4)
	}
	return out
}
