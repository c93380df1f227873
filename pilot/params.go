package pilot

import (
	"errors"
	"fmt"
	"math"

	"roadbook/pilot/r157"
)

// Params is all that may be tuned, as data. Default gives a set that is complete; Check refuses nonsense.
type Params struct {
	Market    Market    `json:"market"`
	Following Following `json:"following"`
	Comfort   Comfort   `json:"comfort"`
	Emergency Emergency `json:"emergency"`
	Thought   Thought   `json:"thought"`
	Change    Change    `json:"change"`

	Domain     r157.ODD    `json:"domain"`     // where it may be driven
	Engagement r157.Params `json:"engagement"` // timers and thresholds of who drives
}

// In gives the parameters with the rules of a market: its domain, its label, speed, headway and lane changes.
func (p Params) In(o r157.ODD) Params {
	p.Domain = o
	p.Market = Market{Label: "R157", MaxSpeed: o.MaxSpeed, THW: o.Headway, LaneChange: o.LaneChange, RiskChange: o.MRMLaneChange}
	if o.Label == r157.Supervised {
		p.Market.Label = "R171"
	}
	return p
}

// Thought says which hypotheses about others sideways are held. A release holds both; without one the gate must see it.
type Thought struct {
	Moving  bool `json:"moving"`  // who moves sideways goes on to the middle of a lane
	Adverse bool `json:"adverse"` // who accelerates sideways goes on to do so, who leaves the lane may stay
}

// Market is what differs by country.
type Market struct {
	Label      string  `json:"label"`       // what the feature may be called: "R157" or "R171" (supervised)
	MaxSpeed   float64 `json:"max_speed"`   // m/s, at most 130 km/h, and 60 km/h without lane changes (5.2.3.1)
	THW        float64 `json:"thw"`         // s, time headway above 60 km/h (national rules, 5.1.2)
	LaneChange bool    `json:"lane_change"` // regular lane changes are allowed (5.2.6)
	RiskChange bool    `json:"risk_change"` // the minimum risk manoeuvre may change lanes (5.5.1)
}

// Change is what lane changes depend on beside the rules of the market.
type Change struct {
	Overtake bool    `json:"overtake"` // a slower lead is a reason; a closed lane always is
	Rear     float64 `json:"rear"`     // m, how far back somebody who approaches is surely seen
}

// Following is the intelligent driver model behind a lead.
type Following struct {
	Accel float64 `json:"accel"` // m/s², the most it speeds up
	Brake float64 `json:"brake"` // m/s², comfortable braking
	Gap   float64 `json:"gap"`   // m, at standstill
}

// Comfort is what passengers should not feel exceeded outside emergencies.
type Comfort struct {
	Accel        float64 `json:"accel"`         // m/s²
	Brake        float64 `json:"brake"`         // m/s²
	Jerk         float64 `json:"jerk"`          // m/s³
	Lateral      float64 `json:"lateral"`       // m/s² (ISO 11270)
	LateralJerk  float64 `json:"lateral_jerk"`  // m/s³
	CurveLateral float64 `json:"curve_lateral"` // m/s², what the speed in a bend is chosen by
}

// Emergency is what the car can do and when it must.
type Emergency struct {
	Brake   float64 `json:"brake"`   // m/s², full braking on a dry road; less when the car says so
	Jerk    float64 `json:"jerk"`    // m/s³, how fast braking builds up
	Latency float64 `json:"latency"` // s, before the brakes answer
	Lag     float64 `json:"lag"`     // s, first order
	Margin  float64 `json:"margin"`  // factor on the deceleration that is needed
	Gap     float64 `json:"gap"`     // m, left in front after braking
}

// Default is the parameter set of a class M1 car in Germany. Should the markets that are built in not be readable, its domain is
// empty and Check refuses it.
func Default() Params {
	p := Params{
		Engagement: r157.Default(),
		Change:     Change{Rear: 100},
		Market:     Market{Label: "R157", MaxSpeed: 130 / 3.6, THW: 1.8, LaneChange: true, RiskChange: true},
		Following:  Following{Accel: 1.5, Brake: 2.0, Gap: 2.5},
		Comfort:    Comfort{Accel: 2.0, Brake: 3.0, Jerk: 3, Lateral: 3, LateralJerk: 5, CurveLateral: 2.2},
		Emergency:  Emergency{Brake: 7.59, Jerk: 30, Latency: 0.1, Lag: 0.1, Margin: 1.5, Gap: 0.5},
		Thought:    Thought{Moving: true, Adverse: true},
	}
	list, err := r157.Markets()
	if err != nil {
		return p
	}
	o, err := r157.Market(list, "DE")
	if err != nil {
		return p
	}
	return p.In(*o)
}

// Check reports every value that makes no sense.
func (p Params) Check() error {
	var errs []error
	in := func(name string, v, lo, hi float64) {
		if !(v >= lo && v <= hi) || math.IsNaN(v) {
			errs = append(errs, fmt.Errorf("%s is %g: expected %g to %g", name, v, lo, hi))
		}
	}
	if p.Market.Label != "R157" && p.Market.Label != "R171" {
		errs = append(errs, fmt.Errorf("market.label is %q: expected R157 or R171", p.Market.Label))
	}
	in("market.max_speed", p.Market.MaxSpeed, 10/3.6, 130/3.6)
	if !p.Market.RiskChange {
		in("market.max_speed without a lane change in the minimum risk manoeuvre (5.2.3.1)", p.Market.MaxSpeed, 10/3.6, 60/3.6)
	}
	in("market.thw", p.Market.THW, 1, 4)
	in("following.accel", p.Following.Accel, 0.3, 3)
	in("following.brake", p.Following.Brake, 0.5, 4)
	in("following.gap", p.Following.Gap, 2, 10)
	in("comfort.accel", p.Comfort.Accel, 0.3, 2)
	in("comfort.brake", p.Comfort.Brake, 1, 3.5)
	in("comfort.jerk", p.Comfort.Jerk, 0.5, 5)
	in("comfort.lateral", p.Comfort.Lateral, 1, 3)
	in("comfort.lateral_jerk", p.Comfort.LateralJerk, 1, 5)
	in("comfort.curve_lateral", p.Comfort.CurveLateral, 0.5, 3)
	in("emergency.brake", p.Emergency.Brake, 5, 10)
	in("emergency.jerk", p.Emergency.Jerk, 10, 60)
	in("emergency.latency", p.Emergency.Latency, 0, 0.5)
	in("emergency.lag", p.Emergency.Lag, 0.01, 0.5)
	in("emergency.margin", p.Emergency.Margin, 1, 3)
	in("emergency.gap", p.Emergency.Gap, 0.1, 3)
	in("change.rear", p.Change.Rear, 20, 500)
	errs = append(errs, p.Domain.Valid(), p.Engagement.Check())
	return errors.Join(errs...)
}
