package inservice

import (
	"cmp"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"roadbook/period"
	"roadbook/wire/pilotlog"
)

// Watched are the kinds that are counted per 1,000 km, the gravest last.
var Watched = []pilotlog.Kind{pilotlog.Deactivation, pilotlog.TransitionDemand, pilotlog.Checker, pilotlog.EmergencyStart, pilotlog.MinimumRisk,
	pilotlog.SystemFailure, pilotlog.Collision}

// Rate is how often something happened per 1,000 km driven by the pilot, with its exact 95 % interval (Garwood 1936).
type Rate struct {
	Kind  pilotlog.Kind `json:"kind"`
	Count int64         `json:"count"`
	Per   float64       `json:"per_1000_km"`
	Low   float64       `json:"low"`
	High  float64       `json:"high"`
	Limit float64       `json:"limit,omitempty"` // per 1,000 km; 0: none
}

// Version is what the fleet did with one version of the pilot. Two pilots that happen to have the same version are told apart by what
// the regulation knows them by.
type Version struct {
	Software    string      `json:"software"`
	SWIN        string      `json:"swin"`
	Countries   []string    `json:"countries"` // in which it drove, ISO 3166-1 alpha-2; none from cars that do not say
	From        period.Date `json:"from"`      // first and last day on which it drove
	To          period.Date `json:"to"`
	CarDays     int64       `json:"car_days"`
	Active      float64     `json:"active_km"`
	Unavailable float64     `json:"unavailable_km"`
	Manual      float64     `json:"manual_km"`
	Rates       []Rate      `json:"rates"` // of Watched, in its order
}

// Rates is the answer for a span.
type Rates struct {
	Span     period.Span `json:"span"`
	Versions []Version   `json:"versions"`
}

const confidence = 0.95

// perThousand is a rate of k events in m metres.
func perThousand(k pilotlog.Kind, n, m int64, limit float64) Rate {
	r := Rate{Kind: k, Count: n, Limit: limit}
	if m <= 0 {
		return r
	}
	units := float64(m) / 1e6
	r.Per = float64(n) / units
	r.Low, r.High = Garwood(n, confidence)
	r.Low, r.High = r.Low/units, r.High/units
	return r
}

// Garwood is the exact central interval of a Poisson mean of which n events were seen.
func Garwood(n int64, confidence float64) (low, high float64) {
	half := (1 - confidence) / 2
	if n > 0 {
		low = distuv.ChiSquared{K: 2 * float64(n)}.Quantile(half) / 2
	}
	return low, distuv.ChiSquared{K: 2*float64(n) + 2}.Quantile(1-half) / 2
}

// RatesOf sums days, sorted by day, to rates by version.
func RatesOf(span period.Span, days []Day, l Limits) Rates {
	by := map[Name]*Version{}
	sums := map[Name]*Day{}
	for _, d := range days {
		name := d.name()
		if by[name] == nil {
			by[name] = &Version{Software: d.Software, SWIN: d.SWIN, From: d.Day, Countries: []string{}}
			sums[name] = &Day{Counts: map[pilotlog.Kind]int64{}}
		}
		v, sum := by[name], sums[name]
		v.To = d.Day
		if i, found := slices.BinarySearch(v.Countries, d.Country); !found && d.Country != "" {
			v.Countries = slices.Insert(v.Countries, i, d.Country)
		}
		sum.Cars, sum.Active, sum.Unavailable, sum.Manual = sum.Cars+d.Cars, sum.Active+d.Active, sum.Unavailable+d.Unavailable, sum.Manual+d.Manual
		for k, n := range d.Counts {
			sum.Counts[k] += n
		}
	}
	out := Rates{Span: span, Versions: []Version{}}
	for name, v := range by {
		sum := sums[name]
		v.CarDays, v.Active, v.Unavailable, v.Manual = sum.Cars, float64(sum.Active)/1000, float64(sum.Unavailable)/1000, float64(sum.Manual)/1000
		for _, k := range Watched {
			v.Rates = append(v.Rates, perThousand(k, sum.Counts[k], sum.Active, l.per(k)))
		}
		out.Versions = append(out.Versions, *v)
	}
	slices.SortFunc(out.Versions, func(a, b Version) int {
		return cmp.Or(cmp.Compare(b.Active, a.Active), cmp.Compare(a.Software, b.Software), cmp.Compare(a.SWIN, b.SWIN))
	})
	return out
}
