package bundle

import (
	"math"
	"slices"
	"strings"

	"roadbook/pilot/scene"
)

// The suites that a release of the pilot needs.
const (
	CutIn        = "grid/cut_in"
	CutOut       = "grid/cut_out"
	Deceleration = "grid/deceleration"
	NCAP         = "ncap/rear"
	ALKS         = "alks"           // the 15 scenarios with every valid variation
	SoakSuite    = "soak"           // SUMO
	CheckerOnly  = "checker/grid"   // the planner replaced by constant throttle
	Noise        = "noise/grid"     // with noisy sensors that lose objects
	Lane         = "lane"           // bends, and starts beside the middle
	Rules        = "r157"           // timers, the recorder's events
	Mutants      = "seeded-defects" // known regressions, each of which must have been refused
)

// References are the models that must have run beside the pilot on every grid (Annex 3).
func References() []string { return []string{"cc", "fsm", "rss", "reg157"} }

// Default is the policy of this version: the targets of the highway pilot, absolute and beside the shipped release.
func Default() Policy {
	const never = -1
	models := References()
	p := Policy{
		Suites: []Required{
			{Name: CutIn, Ran: 10_000, Models: models}, {Name: CutOut, Ran: 1_000, Models: models}, {Name: Deceleration, Ran: 1_000, Models: models},
			{Name: NCAP, Ran: 30}, {Name: ALKS, Ran: 60_000, Models: models[:2]}, {Name: SoakSuite, Ran: 20},
			{Name: CheckerOnly, Ran: 10_000, Models: models}, {Name: Noise, Ran: 4_000, Models: models}, {Name: Lane, Ran: 100}, {Name: Rules, Ran: 0}, {Name: Mutants, Ran: 0},
		},
		Limits: []Limit{
			{"grid/", "collided_slow", 0, 0},
			{"grid/", "collided_fast_share", 0.001, 0},
			{"grid/", "collided_bound_share", math.Inf(1), 0}, // the bound is of a class of policies, no promise; it must not grow
			{CutIn, "phantom_share", 0.02, 0.002},             // nobody keeps speed safely behind a lead that brakes or uncovers a standing one
			{"grid/", "phantom_harmless", 0, 0},
			{"grid/", "checker_share", math.Inf(1), 0.005}, // a checker that saves more has more to save
			{"grid/", "emergency_share", math.Inf(1), 0.01},
			{NCAP, "impacts", 0, 0},
			{ALKS, "collided_alone", 0, 0},
			{ALKS, "impacts", math.Inf(1), 0}, // some variations cannot be avoided by anybody; they must not become more
			{ALKS, "checks_failed", 0, 0},
			{SoakSuite, "soak_caused", 0, 0},
			{SoakSuite, "soak_hours", 10, never},
			{SoakSuite, "min_ttc", 1, never},
			{SoakSuite, "soak_gap_share", 0.02, 0.005},
			{CheckerOnly, "avoided_share", 0.99, 0.001},
			{Noise, "collided_upper", 0.005, 0.002}, // who sees through noise decides later and errs now and then
			{Noise, "phantom_share", 0.05, 0.01},
			{Lane, "checks_failed", 0, 0},
			{Lane, "checks_passed", 100, 0},
			{Rules, "checks_failed", 0, 0},
			{Rules, "checks_passed", 1, 0},
			{Mutants, "checks_failed", 0, 0},
			{Mutants, "checks_passed", 4, 0},
			{CutIn, "speed", 500, never},
			{CutIn, "allocs", 0, 0},
		},
		Told: comfort(),
	}
	for _, s := range [...]string{"grid/", NCAP, ALKS, SoakSuite, CheckerOnly, Noise} {
		p.Limits = append(p.Limits, Limit{s, "replay_differ", 0, 0}, Limit{s, "replayed", 1, never})
	}
	return p
}

// comfort is what a release costs those who sit in the car, beside the shipped one: by more than a fifth of a percent of the
// time, half a m/s³ or a fifth of a m/s² it is worse. People decide what a safer pilot may cost; the gate does not.
func comfort() []Limit {
	var out []Limit
	for _, suite := range []string{"grid/", ALKS, SoakSuite, Noise, Lane} {
		out = append(out, Limit{suite, "hard_time", math.Inf(1), 0.002}, Limit{suite, "jerk", math.Inf(1), 0.5}, Limit{suite, "side", math.Inf(1), 0.2})
	}
	return out
}

// Exactly asks for the suites that are known, by their manifests: a smaller one of the same name, or one of other inputs, is
// refused.
func (p Policy) Exactly(known []Suite) Policy {
	out := p
	out.Suites = slices.Clone(p.Suites)
	for i := range out.Suites {
		r := &out.Suites[i]
		for k := range known {
			if known[k].Name == r.Name {
				r.Digests = []string{known[k].Manifest()}
			}
		}
	}
	return out
}

// Known is a suite before it has run.
func Known(name, version string, defined int64, inputs []scene.Input) Suite {
	s := Suite{Name: name, Version: version, Defined: defined, Inputs: []File{}}
	for _, in := range inputs {
		s.Inputs = append(s.Inputs, File{Name: in.Name, SHA256: in.SHA256})
	}
	slices.SortFunc(s.Inputs, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return s
}
