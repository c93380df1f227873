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

// Version is what the fleet did with one version of the pilot.
type Version struct {
	Software    string      `json:"software"`
	SWIN        string      `json:"swin"`
	From        period.Date `json:"from"` // first and last day on which it drove
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
	by := map[string]*Version{}
	counts := map[string]map[pilotlog.Kind]int64{}
	meters := map[string]int64{}
	for _, d := range days {
		v := by[d.Software]
		if v == nil {
			v = &Version{Software: d.Software, SWIN: d.SWIN, From: d.Day}
			by[d.Software], counts[d.Software] = v, map[pilotlog.Kind]int64{}
		}
		v.To = d.Day
		v.CarDays += int64(d.Cars)
		meters[d.Software] += d.Active
		v.Unavailable += float64(d.Unavailable) / 1000
		v.Manual += float64(d.Manual) / 1000
		for k, n := range d.Counts {
			counts[d.Software][k] += n
		}
	}
	out := Rates{Span: span, Versions: []Version{}}
	for name, v := range by {
		v.Active = float64(meters[name]) / 1000
		for _, k := range Watched {
			v.Rates = append(v.Rates, perThousand(k, counts[name][k], meters[name], l.per(k)))
		}
		out.Versions = append(out.Versions, *v)
	}
	slices.SortFunc(out.Versions, func(a, b Version) int {
		return cmp.Or(cmp.Compare(b.Active, a.Active), cmp.Compare(a.Software, b.Software))
	})
	return out
}
