package r157

import "roadbook/pilot/motion"

// The guards are pure functions of one tick's input and the counters. Each names the first reason that holds, in a fixed
// order, or NoReason.

// speedBand in m/s is by how much a measured speed may exceed the limit at activation: the noise of the measurement.
const speedBand = 0.3

// moment is what the guards decide by.
type moment struct {
	in    *motion.Input
	asks  Asks
	odd   *ODD
	p     *Params
	m     *monitor
	dom   Verdict
	since motion.Tick // when the mode was entered
}

// hinders is what keeps the pilot from being ready: 6.2.3.
func (t *moment) hinders() Reason {
	d, h := &t.in.Driver, &t.in.Health
	switch {
	case t.m.lockout(t.p):
		return Lockout
	case !h.SelfCheck:
		return SelfCheck
	case !h.Recorder:
		return Recorder
	case h.SevereSystem:
		return SevereSystem
	case h.SevereVehicle:
		return SevereVehicle
	case h.SystemFailure:
		return Failure
	case !d.InSeat:
		return SeatEmpty
	case !d.Belted:
		return BeltOpen
	case !t.m.available:
		return DriverUnavailable
	case t.dom.Reason != NoReason:
		return t.dom.Reason
	case !(t.in.Ego.V >= t.odd.MinSpeed && t.in.Ego.V <= t.dom.MaxSpeed+speedBand):
		return Speed
	}
	return t.planned(t.p.MRM) // not for a stretch that would end in a demand soon
}

// takesOver is the driver's deactivation: 6.2.4 and 6.2.5, and in a transition demand or minimum risk manoeuvre also hands on
// the wheel with attention confirmed. A suppressed input has no effect.
func (t *moment) takesOver(handing bool) Reason {
	d := &t.in.Driver
	switch {
	case t.asks.Suppress:
		return NoReason
	case t.m.wheel >= t.p.WheelTicks:
		return Steering
	case d.HandsOn && t.brakes():
		return Brake
	case d.HandsOn && d.Accelerator >= t.p.Accelerator:
		return Accelerator
	case d.HandsOn && d.Disengage:
		return Button
	case handing && d.HandsOn && d.Attentive:
		return Attention
	}
	return NoReason
}

// brakes: the pedal asks clearly, and more than the pilot does (6.3.2).
func (t *moment) brakes() bool {
	b := t.in.Driver.Brake
	return b >= t.p.Brake && b > t.asks.Brake
}

// severe is what starts the minimum risk manoeuvre at once (5.4.4.1.1).
func (t *moment) severe() Reason {
	switch h := &t.in.Health; {
	case h.SevereSystem:
		return SevereSystem
	case h.SevereVehicle:
		return SevereVehicle
	case t.asks.MRM:
		return CheckerAsks
	}
	return NoReason
}

// demands is what starts a transition demand.
func (t *moment) demands() Reason {
	d, h := &t.in.Driver, &t.in.Health
	switch {
	case h.SystemFailure:
		return Failure
	case !h.Recorder:
		return Recorder
	case t.m.seat > t.p.Seat:
		return SeatEmpty
	case !d.Belted:
		return BeltOpen
	case !t.m.available && t.in.Now-t.m.since >= t.p.Demand:
		return DriverUnavailable
	case t.m.lockout(t.p):
		return Lockout
	case t.supervises() && level(t.m.eyes.length, t.p.Eyes) == Terminal:
		return EyesOff
	case t.supervises() && level(t.m.hands.length, t.p.Hands) == Terminal:
		return HandsOff
	case t.dom.Reason != NoReason:
		return t.dom.Reason
	case t.asks.Demand != NoReason:
		return t.asks.Demand
	}
	if r := t.planned(0); r != NoReason {
		return r
	}
	switch {
	case t.asks.Suppress: // what the driver does by mistake hands nothing over
		return NoReason
	case t.brakes():
		return Brake
	case d.Accelerator >= t.p.Accelerator:
		return Accelerator
	case d.Indicator != 0:
		return Indicator
	case d.Disengage:
		return Button
	}
	return NoReason
}

func (t *moment) supervises() bool { return t.odd.Label == Supervised }

// planned: an event ahead is so near that the demand must start now, for a minimum risk manoeuvre to end before it; more is
// how many ticks sooner that is asked.
func (t *moment) planned(more motion.Tick) Reason {
	need := StopDistance(t.in.Ego.V, t.p.MRM+more, t.p.PlannedBrake) + t.p.PlannedGap
	if end := t.in.Place.ToEnd; end >= 0 && end <= need {
		return RoadEnds
	}
	if t.asks.Ends && !(t.asks.ToEnd > need) {
		return Ends
	}
	return NoReason
}

// StopDistance is the way in metres of a car at v m/s that keeps its speed for so many ticks and then brakes by b m/s², with a
// second in which braking builds up.
func StopDistance(v float64, ticks motion.Tick, b float64) float64 {
	seconds := float64(ticks+motion.Second) * motion.DT
	return float64(v*seconds) + float64(v*v)/(2*b)
}

// overdue: the time of the transition demand is over (5.4.4.1).
func overdue(now, since motion.Tick, p *Params) bool { return now-since >= p.MRM }

// escalates: the transition demand is to be given with more emphasis (5.4.3.2).
func escalates(now, since motion.Tick, p *Params) bool { return now-since >= p.Escalate }

// moves is the manual input that ends the standstill (5.5.4): nothing else moves the car off.
func (t *moment) moves() Reason {
	d := &t.in.Driver
	switch {
	case d.Accelerator >= t.p.Accelerator:
		return Accelerator
	case d.Disengage:
		return Button
	case t.m.wheel >= t.p.WheelTicks:
		return Steering
	}
	return NoReason
}
