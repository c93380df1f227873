package reference

import "math"

// Model is one of the four reference models.
type Model uint8

// The reference models.
const (
	CC     Model = iota // careful and competent human driver (Annex 3)
	FSM                 // fuzzy safety model
	RSS                 // responsibility-sensitive safety
	Reg157              // 5.2.5.2
	Models = 4
)

var modelNames = [Models]string{"cc", "fsm", "rss", "reg157"}

func (m Model) String() string {
	if m >= Models {
		return "unknown"
	}
	return modelNames[m]
}

// Values of the models (R157 Annex 3 and the published models).
const (
	FullBrake = 7.593 // m/s², 0.774 g
	Jerk      = 12.65 // m/s³: 0.774 g after 0.6 s

	ccDelay    = 75   // ticks, from perception to braking
	ccRelease  = 0.4  // m/s² while the foot leaves the pedal
	ccTTC      = 2.0  // s
	ccEvaluate = 0.72 // m: 0.4 s at 1.8 m/s

	fsmDelay  = 75 // ticks
	fsmTau    = 0.75
	fsmComf   = 4.0
	fsmMax    = 6.0
	fsmOther  = 7.0
	fsmMargin = 2.0

	rssDelay   = 75 // ticks
	rssRho     = 0.75
	rssAccel   = 3.0
	rssBrake   = 6.0
	rssLateral = 1.0
	rssMu      = 0.3

	regDelay = 35 // ticks
	regTau   = 0.35
	regBrake = 6.0
	regL     = 0.5 // m
)

// View is what a model looks at in one step: the ego and the one vehicle it may have to brake for.
type View struct {
	Gap      float64 // m, bumper to bumper; negative: side by side
	Edge     float64 // m, between the sides; <= 0: in the ego's path
	Ego      float64 // m/s
	Other    float64 // m/s along the lane
	EgoAccel float64 // m/s², now
	Towards  float64 // m/s, lateral speed of the other towards the ego
	Passed   bool    // the ego's centre is ahead of the other's
	Lengths  float64 // m, of both
}

// Driver is one reference model behind the wheel. It keeps its speed until it is triggered, and only brakes. The zero
// value drives nothing: use NewDriver.
type Driver struct {
	model   Model
	kind    Kind
	react   float64 // m, edge distance at which CC reacts to a cut-in
	delay   int     // ticks until the reaction acts; counts down on unsafe steps only
	brake   float64 // m/s²
	Reacted bool
}

// NewDriver returns a model for a kind of conflict. toMarking is the distance of the ego's side to the marking, laneWidth
// and otherWidth those of the challenger's lane and body, in metres: CC reacts to a challenger that has left the middle of
// its lane by Revealed and was evaluated for 0.4 s.
func NewDriver(m Model, k Kind, toMarking, laneWidth, otherWidth float64) Driver {
	d := Driver{model: m, kind: k, react: toMarking + float64(0.5*(laneWidth-otherWidth)) - ccEvaluate - Revealed}
	switch m {
	case CC:
		d.delay = ccDelay
	case FSM:
		d.delay = fsmDelay
	case RSS:
		d.delay = rssDelay
	case Reg157:
		d.delay = regDelay
	}
	return d
}

// Step returns the ego's speed in the next tick, in m/s. Once a model has reacted and is safe again it holds its speed.
func (d *Driver) Step(v *View) float64 {
	var cfs, pfs float64
	unsafe := !v.Passed
	if unsafe {
		switch d.model {
		case CC:
			unsafe = d.kind != CutIn || v.Edge <= d.react && v.closing(ccTTC)
		case FSM:
			cfs, pfs = v.fuzzy()
			unsafe = cfs+pfs > 0
		case RSS:
			unsafe = v.Gap < RSSLongitudinal(v.Ego, v.Other) && v.Edge < RSSLateral(math.Abs(v.Towards))
		case Reg157:
			rel := v.Ego - v.Other
			unsafe = d.kind != CutIn || v.Edge <= regL && v.closing(rel/(2*regBrake)+regTau+0.1)
		}
	}
	if !unsafe {
		return v.Ego
	}
	d.Reacted = true
	if d.delay > 0 {
		d.delay--
		if d.model == CC {
			d.brake = ccRelease
			return math.Max(v.Ego-float64(ccRelease*dt), 0)
		}
		return v.Ego
	}
	ramp := math.Min(d.brake+float64(Jerk*dt), FullBrake)
	switch {
	case d.model == Reg157:
		d.brake = regBrake
	case d.model == FSM && cfs > 0:
		d.brake = math.Min(ramp, float64(cfs*(fsmMax-fsmComf))+fsmComf)
	case d.model == FSM:
		d.brake = math.Min(ramp, pfs*fsmComf)
	default:
		d.brake = ramp
	}
	return math.Max(v.Ego-float64(d.brake*dt), 0)
}

// closing reports whether the gap is closed within ttc seconds at constant speeds.
func (v *View) closing(ttc float64) bool {
	rel := v.Ego - v.Other
	return rel > 0 && v.Gap <= float64(ttc*rel)
}

// fuzzy returns the critical and the proactive fuzzy grade, 0..1, after the lateral test.
func (v *View) fuzzy() (cfs, pfs float64) {
	if v.Edge > 0 {
		rel := v.Ego - v.Other
		if v.Towards <= 0 || rel <= 0 || v.Edge/v.Towards > (v.Gap+v.Lengths)/rel+0.1 {
			return 0, 0
		}
	}
	return CFS(v.Gap, v.Ego, v.Other, v.EgoAccel), PFS(v.Gap, v.Ego, v.Other)
}

// PFS is the proactive fuzzy safety grade: 0 with room for comfortable braking should the other brake hard, 1 without room
// even for full braking. Metres and m/s.
func PFS(gap, ego, other float64) float64 {
	d := gap - fsmMargin
	free := float64(ego*fsmTau) - float64(other*other)/(2*fsmOther)
	safe := free + float64(float64(ego*ego)/(2*fsmComf)) + fsmMargin
	unsafe := free + float64(ego*ego)/(2*fsmMax)
	return grade(d, safe, unsafe)
}

// CFS is the critical fuzzy safety grade of what happens if the other keeps its speed. Metres, m/s and m/s².
func CFS(gap, ego, other, accel float64) float64 {
	if ego <= other {
		return 0
	}
	next := ego + float64(math.Max(accel, -fsmComf)*fsmTau)
	rel := ego - other
	if next < other {
		if gap < float64(rel*rel)/(2*math.Abs(accel)) {
			return 1
		}
		return 0
	}
	moved := float64((float64((ego+next)/2) - other) * fsmTau)
	sq := float64((next - other) * (next - other))
	return grade(gap, moved+float64(sq/(2*fsmComf)), moved+float64(sq/(2*fsmMax)))
}

// grade is 0 above safe, 1 below unsafe and linear between.
func grade(d, safe, unsafe float64) float64 {
	switch {
	case d > safe:
		return 0
	case d < unsafe:
		return 1
	case safe <= unsafe:
		return 0
	}
	return (d - safe) / (unsafe - safe)
}

// RSSLongitudinal returns the longitudinal safe distance of RSS in metres, for speeds in m/s.
func RSSLongitudinal(ego, other float64) float64 {
	after := ego + rssRho*rssAccel
	return float64(ego*rssRho) + rssAccel*rssRho*rssRho/2 + float64(after*after)/(2*rssBrake) - float64(other*other)/(2*rssBrake)
}

// RSSLateral returns the lateral safe distance of RSS in metres, for the other's lateral speed in m/s.
func RSSLateral(v float64) float64 {
	after := v + rssLateral*rssRho
	return rssMu + float64((float64(2*v)+rssLateral*rssRho)*rssRho/2) + float64(float64(after*after)/(2*rssLateral))
}
