package checker

import (
	"fmt"
	"math"
)

// Params are the checker's figures. SI units; decelerations are positive. The zero value is refused: use Default.
type Params struct {
	RSS      RSS      `json:"rss"`
	Fuzzy    Fuzzy    `json:"fuzzy"`
	Brakes   Brakes   `json:"brakes"`
	Envelope Envelope `json:"envelope"`
	Wait     Wait     `json:"wait"`
	Watch    Watch    `json:"watch"`
}

// RSS are the figures of responsibility-sensitive safety (R157 Annex 3): when two vehicles are near enough to look closer.
type RSS struct {
	Response     float64 `json:"response_s"`            // until the ego brakes
	Accel        float64 `json:"accel_mps2"`            // of the ego during the response
	Brake        float64 `json:"brake_mps2"`            // of both; less where the brakes give less
	LateralAccel float64 `json:"lateral_accel_mps2"`    // of both
	Fluctuation  float64 `json:"lateral_fluctuation_m"` // of a vehicle that keeps its lane
}

// Fuzzy are the figures of the fuzzy safety model (R157 Annex 3), which grades a violation.
type Fuzzy struct {
	Response float64 `json:"response_s"`
	Comfort  float64 `json:"comfort_mps2"`     // braking that a driver plans with
	Brake    float64 `json:"brake_mps2"`       // hard braking
	Other    float64 `json:"other_brake_mps2"` // of the vehicle ahead
	Margin   float64 `json:"margin_m"`         // between bumpers at standstill
}

// Brakes are the ego's, as the vehicle's specification gives them.
type Brakes struct {
	Max     float64 `json:"max_mps2"`  // on dry road; Ego.BrakeMax says what is left of it now
	Latency float64 `json:"latency_s"` // dead time
	Lag     float64 `json:"lag_s"`     // first order
	Jerk    float64 `json:"jerk_mps3"`
}

// Envelope is what a command may ask at most.
type Envelope struct {
	Accel        float64 `json:"accel_mps2"`
	Decel        float64 `json:"decel_mps2"`         // while nothing is near: comfort
	MinimumRisk  float64 `json:"minimum_risk_mps2"`  // in a minimum risk manoeuvre (5.5.2)
	Demand       float64 `json:"demand_mps2"`        // above it is an emergency manoeuvre (5.3.1.1)
	Emergency    float64 `json:"emergency_mps2"`     // with Brakes.Max; scaled with what the brakes give
	LateralAccel float64 `json:"lateral_accel_mps2"` // ISO 11270
	LateralJerk  float64 `json:"lateral_jerk_mps3"`
	SteerRate    float64 `json:"steer_rate_radps"`
	Steer        float64 `json:"steer_rad"`
}

// Wait says how long the checker holds back.
type Wait struct {
	Look    float64 `json:"look_s"`      // it acts if acting this much later could be too late
	Gap     float64 `json:"gap_m"`       // kept between bumpers
	Side    float64 `json:"side_m"`      // sides nearer than this count as touching when a cut-in is foreseen
	Drift   float64 `json:"drift_mps"`   // slower sideways motion is noise
	Lateral float64 `json:"lateral_mps"` // a vehicle that gathers lateral speed is believed up to this one
	Horizon float64 `json:"gather_s"`    // and for this long
	Gather  float64 `json:"gather_mps2"` // slower gathering is noise
	Slow    float64 `json:"slow_mps2"`   // a vehicle that brakes less is taken to keep its speed
	Release float64 `json:"release_s"`   // braking ends when Comfort after this time would do
	Comfort float64 `json:"comfort_mps2"`
}

// Watch are the limits of the watchdogs.
type Watch struct {
	Stale    int     `json:"stale_ticks"`    // an object list older than this is stale
	Escalate int     `json:"escalate_ticks"` // a transition demand is escalated within (5.4.3.2)
	Takeover int     `json:"takeover_ticks"` // a minimum risk manoeuvre starts this long after the demand (5.4.4.1)
	Patience int     `json:"patience_ticks"` // a request for a minimum risk manoeuvre is obeyed within
	Gentle   float64 `json:"gentle_mps2"`    // braking without sight, and when a request is not obeyed
}

// Default returns the figures of the published models and of the reference car.
func Default() Params {
	return Params{
		RSS:      RSS{Response: 0.75, Accel: 3, Brake: 6, LateralAccel: 1, Fluctuation: 0.3},
		Fuzzy:    Fuzzy{Response: 0.75, Comfort: 4, Brake: 6, Other: 7, Margin: 2},
		Brakes:   Brakes{Max: 7.59, Latency: 0.1, Lag: 0.1, Jerk: 30},
		Envelope: Envelope{Accel: 2, Decel: 3.5, MinimumRisk: 4, Demand: 5, Emergency: 7.6, LateralAccel: 3, LateralJerk: 5, SteerRate: 0.6, Steer: 0.6},
		Wait:     Wait{Look: 0.08, Gap: 0.5, Side: 0, Drift: 0.1, Lateral: 1.8, Gather: 0.3, Horizon: 0.5, Slow: 0.5, Release: 0.5, Comfort: 3},
		Watch:    Watch{Stale: 20, Escalate: 400, Takeover: 1000, Patience: 100, Gentle: 2.5},
	}
}

// bound is a figure with the span that it must lie in.
type bound struct {
	name          string
	value, lo, hi float64
}

// Check refuses figures that make no sense: a checker that is set up wrongly must not run, for it would be silent until the car hits.
func (p *Params) Check() error {
	for _, b := range []bound{
		{"rss.response_s", p.RSS.Response, 0.2, 2},
		{"rss.accel_mps2", p.RSS.Accel, 0, 5},
		{"rss.brake_mps2", p.RSS.Brake, 2, 7.59},
		{"rss.lateral_accel_mps2", p.RSS.LateralAccel, 0.2, 5},
		{"rss.lateral_fluctuation_m", p.RSS.Fluctuation, 0, 1},
		{"fuzzy.response_s", p.Fuzzy.Response, 0.2, 2},
		{"fuzzy.comfort_mps2", p.Fuzzy.Comfort, 1, 5},
		{"fuzzy.brake_mps2", p.Fuzzy.Brake, 2, 7.59},
		{"fuzzy.other_brake_mps2", p.Fuzzy.Other, 4, 12},
		{"fuzzy.margin_m", p.Fuzzy.Margin, 0.5, 10},
		{"brakes.max_mps2", p.Brakes.Max, 3, 12},
		{"brakes.latency_s", p.Brakes.Latency, 0, 0.5},
		{"brakes.lag_s", p.Brakes.Lag, 0, 0.5},
		{"brakes.jerk_mps3", p.Brakes.Jerk, 5, 200},
		{"envelope.accel_mps2", p.Envelope.Accel, 0, 4},
		{"envelope.decel_mps2", p.Envelope.Decel, 1, 5},
		{"envelope.minimum_risk_mps2", p.Envelope.MinimumRisk, 1, 5},
		{"envelope.demand_mps2", p.Envelope.Demand, 4, 5},
		{"envelope.emergency_mps2", p.Envelope.Emergency, 5, 12},
		{"envelope.lateral_accel_mps2", p.Envelope.LateralAccel, 0.5, 5},
		{"envelope.lateral_jerk_mps3", p.Envelope.LateralJerk, 0.5, 50},
		{"envelope.steer_rate_radps", p.Envelope.SteerRate, 0.05, 2},
		{"envelope.steer_rad", p.Envelope.Steer, 0.1, 0.8},
		{"wait.look_s", p.Wait.Look, 0.05, 1},
		{"wait.gap_m", p.Wait.Gap, 0, 5},
		{"wait.side_m", p.Wait.Side, 0, 1},
		{"wait.drift_mps", p.Wait.Drift, 0, 0.5},
		{"wait.lateral_mps", p.Wait.Lateral, 0.5, 4},
		{"wait.gather_s", p.Wait.Horizon, 0, 3},
		{"wait.gather_mps2", p.Wait.Gather, 0, 2},
		{"wait.slow_mps2", p.Wait.Slow, 0, 2},
		{"wait.release_s", p.Wait.Release, 0, 3},
		{"wait.comfort_mps2", p.Wait.Comfort, 1, 5},
		{"watch.stale_ticks", float64(p.Watch.Stale), 10, 20},
		{"watch.escalate_ticks", float64(p.Watch.Escalate), 1, 400},
		{"watch.takeover_ticks", float64(p.Watch.Takeover), 1, 1000},
		{"watch.patience_ticks", float64(p.Watch.Patience), 1, 1000},
		{"watch.gentle_mps2", p.Watch.Gentle, 0.5, 4},
	} {
		if math.IsNaN(b.value) || b.value < b.lo || b.value > b.hi {
			return fmt.Errorf("checker: %s is %v, expected %v to %v", b.name, b.value, b.lo, b.hi)
		}
	}
	for _, o := range []struct {
		ok   bool
		what string
	}{
		{p.Fuzzy.Comfort < p.Fuzzy.Brake, "fuzzy.comfort_mps2 must be below fuzzy.brake_mps2"},
		{p.Fuzzy.Brake <= p.Brakes.Max, "fuzzy.brake_mps2 must not exceed brakes.max_mps2"},
		{p.RSS.Brake <= p.Brakes.Max, "rss.brake_mps2 must not exceed brakes.max_mps2"},
		{p.Envelope.Decel <= p.Envelope.MinimumRisk, "envelope.decel_mps2 must not exceed envelope.minimum_risk_mps2"},
		{p.Envelope.MinimumRisk <= p.Envelope.Demand, "envelope.minimum_risk_mps2 must not exceed envelope.demand_mps2"},
		{p.Envelope.Demand < p.Envelope.Emergency, "envelope.demand_mps2 must be below envelope.emergency_mps2"},
		{p.Brakes.Max <= p.Envelope.Emergency, "envelope.emergency_mps2 must let brakes.max_mps2 through"},
		{p.Wait.Comfort < p.Fuzzy.Brake, "wait.comfort_mps2 must be below fuzzy.brake_mps2"},
	} {
		if !o.ok {
			return fmt.Errorf("checker: %s", o.what)
		}
	}
	return nil
}
