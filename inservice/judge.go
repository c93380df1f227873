package inservice

import (
	"fmt"
	"math"
	"slices"
	"time"

	"roadbook/fault"
	"roadbook/wire/pilotlog"
)

// Limits are what a version of the pilot is held to.
type Limits struct {
	ID     string    `json:"id,omitempty" readOnly:"true"`
	At     time.Time `json:"at,omitzero" readOnly:"true"`
	Alpha  float64   `json:"alpha" doc:"Chance, over a version's whole life, of stopping a good one"`
	Rates  []Limit   `json:"rates"`
	Source string    `json:"source" doc:"Who decided it, and where it is written"`
}

// Limit is the most that is tolerated of a kind of event.
type Limit struct {
	Kind  pilotlog.Kind `json:"kind"`
	Per   float64       `json:"per_1000_km" doc:"Events per 1,000 km driven by the pilot"`
	Worse bool          `json:"worse" doc:"Also test against the other versions of the same days"`
}

// Default are limits to begin with. They are assumptions of this program, not of a regulation.
func Default() Limits {
	return Limits{Alpha: 0.01, Source: "assumed by the program; set your own with: roadbook pilot limit", Rates: []Limit{
		{pilotlog.Deactivation, 100, true},
		{pilotlog.TransitionDemand, 20, true},
		{pilotlog.Checker, 5, true},
		{pilotlog.EmergencyStart, 2, true},
		{pilotlog.MinimumRisk, 0.5, true},
		{pilotlog.SystemFailure, 0.5, true},
		{pilotlog.Collision, 0.01, false},
	}}
}

// Check refuses limits that would say nothing.
func (l Limits) Check() error {
	if !(l.Alpha >= 1e-6 && l.Alpha <= 0.2) {
		return fault.New(fault.Invalid, "limits", "alpha %g is not between 0.000001 and 0.2", l.Alpha).At("/alpha")
	}
	if len(l.Rates) == 0 || len(l.Rates) > len(pilotlog.Kinds) {
		return fault.New(fault.Invalid, "limits", "limits name 1 to %d kinds of events, these %d", len(pilotlog.Kinds), len(l.Rates)).At("/rates")
	}
	seen := map[pilotlog.Kind]bool{}
	for i, r := range l.Rates {
		at := fmt.Sprintf("/rates/%d", i)
		switch {
		case !slices.Contains(Watched, r.Kind):
			return fault.New(fault.Invalid, "limits", "%.40q is not counted per 1,000 km: one of %v", r.Kind, Watched).At(at + "/kind")
		case seen[r.Kind]:
			return fault.New(fault.Invalid, "limits", "%s is limited twice", r.Kind).At(at + "/kind")
		case !(r.Per > 0 && r.Per <= MaxLimit):
			return fault.New(fault.Invalid, "limits", "%g per 1,000 km is not above 0 and at most %g", r.Per, MaxLimit).At(at + "/per_1000_km")
		}
		seen[r.Kind] = true
	}
	if l.Source == "" || len(l.Source) > MaxText {
		return fault.New(fault.Invalid, "limits", "say in 1 to %d bytes who decided the limits", MaxText).At("/source")
	}
	return nil
}

func (l Limits) per(k pilotlog.Kind) float64 {
	for _, r := range l.Rates {
		if r.Kind == k {
			return r.Per
		}
	}
	return 0
}

// Finding is what the test says of one kind of event.
type Finding struct {
	Kind     pilotlog.Kind `json:"kind"`
	Rate     Rate          `json:"rate"`
	Others   Rate          `json:"others"`  // of the other versions on the same days
	Absolute float64       `json:"e_limit"` // evidence that the rate is above its limit
	Relative float64       `json:"e_worse"` // evidence that it is above that of the others; 1 where nothing can be compared
	Needed   float64       `json:"needed"`  // evidence that stops a rollout
	Broken   bool          `json:"broken"`
	Sentence string        `json:"sentence"`
}

// Verdict is what the fleet says of a version.
type Verdict struct {
	Software string    `json:"software"`
	SWIN     string    `json:"swin,omitempty"` // empty: whatever it was known by
	Active   float64   `json:"active_km"`
	Broken   bool      `json:"broken"`
	Findings []Finding `json:"findings"`
}

// ratios are the alternatives over which the test is mixed: how many times too often.
var ratios = [...]float64{1.5, 2, 3, 5, 10, 30}

// Judge tests a version against limits and against the other versions of the same days.
//
// Both tests are mixtures of likelihood ratios, that is, e-processes: while the version keeps its limit, the chance that
// one ever exceeds 1/α is at most α however often it is looked at (Ville's inequality), and the α of Limits is shared out
// between all tests. Against the limit λ, a day with m kilometres and k events gives exp(−(θ−1)λm)·θᵏ; against the
// others, each event of the day belongs to the version with chance s = its share of the day's kilometres if it is no
// worse, and θs/(1+(θ−1)s) if it is θ times worse.
func Judge(of Name, days []Day, l Limits) Verdict {
	v := Verdict{Software: of.Software, SWIN: of.SWIN}
	tests := 0
	for _, r := range l.Rates {
		tests++
		if r.Worse {
			tests++
		}
	}
	var meters int64
	for _, d := range days {
		if of.is(d) {
			meters += d.Active
		}
	}
	v.Active = float64(meters) / 1000
	for _, r := range l.Rates {
		f := judge(of, days, r)
		f.Needed = float64(tests) / l.Alpha
		limit, worse := f.Absolute >= f.Needed, r.Worse && f.Relative >= f.Needed
		f.Broken = limit || worse
		f.Sentence = f.say(of.Software, limit, worse)
		v.Broken = v.Broken || f.Broken
		v.Findings = append(v.Findings, f)
	}
	return v
}

func judge(of Name, days []Day, r Limit) Finding {
	var absolute, relative [len(ratios)]float64 // logs
	var mine, theirs, myMeters, theirMeters int64
	for i := 0; i < len(days); {
		j := i
		var m, others, k, ko int64
		for ; j < len(days) && days[j].Day == days[i].Day; j++ {
			if d := days[j]; of.is(d) {
				m, k = m+d.Active, k+d.Counts[r.Kind]
			} else {
				others, ko = others+d.Active, ko+d.Counts[r.Kind]
			}
		}
		i = j
		mine, myMeters = mine+k, myMeters+m
		if m > 0 {
			theirs, theirMeters = theirs+ko, theirMeters+others
		}
		for t, ratio := range ratios {
			absolute[t] += float64(k)*math.Log(ratio) - (ratio-1)*r.Per*float64(m)/1e6
			if m > 0 && others > 0 {
				s := float64(m) / float64(m+others)
				worse := ratio * s / (1 + (ratio-1)*s)
				relative[t] += float64(k)*math.Log(worse/s) + float64(ko)*math.Log((1-worse)/(1-s))
			}
		}
	}
	return Finding{Kind: r.Kind, Rate: perThousand(r.Kind, mine, myMeters, r.Per), Others: perThousand(r.Kind, theirs, theirMeters, 0),
		Absolute: mixture(absolute[:]), Relative: mixture(relative[:])}
}

// mixture is the mean of what the logs stand for, bounded so that it stays a number.
func mixture(logs []float64) float64 {
	top := slices.Max(logs)
	sum := 0.0
	for _, l := range logs {
		sum += math.Exp(l - top)
	}
	return math.Exp(min(top+math.Log(sum/float64(len(logs))), 700))
}

func (f Finding) say(software string, limit, worse bool) string {
	what := WordsFor(f.Kind).Many
	switch {
	case limit:
		return fmt.Sprintf("%s of %s: %.3g per 1,000 km (%.3g to %.3g) where %.3g are tolerated", what, software, f.Rate.Per, f.Rate.Low, f.Rate.High, f.Rate.Limit)
	case worse:
		return fmt.Sprintf("%s of %s: %.3g per 1,000 km (%.3g to %.3g), of the other versions on the same days %.3g", what, software, f.Rate.Per, f.Rate.Low, f.Rate.High, f.Others.Per)
	case f.Rate.Count == 0:
		return fmt.Sprintf("%s of %s: none", what, software)
	}
	return fmt.Sprintf("%s of %s: %.3g per 1,000 km (%.3g to %.3g), no evidence against it", what, software, f.Rate.Per, f.Rate.Low, f.Rate.High)
}
