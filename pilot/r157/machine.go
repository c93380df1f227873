package r157

import (
	"errors"

	"roadbook/pilot/motion"
)

// Asks is what planner, controller and checker want of the engagement in one tick.
type Asks struct {
	Brake      float64 // m/s², positive: what the pilot brakes by now
	Emergency  bool    // harder than 5 m/s² or evasive steering is needed (5.3.1.1)
	Suppress   bool    // the driver's input is without effect: it would cause an imminent collision (6.3.5)
	MRM        bool    // the checker asks for a minimum risk manoeuvre
	Demand     Reason  // the pilot cannot go on: a transition demand now
	Ends       bool    // the pilot cannot go on beyond ToEnd
	ToEnd      float64 // m
	LaneChange Procedure
	Crossing   bool // it crosses a marking on purpose
}

// Procedure is where a lane change procedure stands (5.2.6).
type Procedure uint8

// Procedures.
const (
	NoChange Procedure = iota
	Changing           // from the indicator on to the end
	Aborted            // it ends without a change
)

// MaxEvents is the most that one tick makes.
const MaxEvents = 12

// Notice is what the driver is told, and how far the driver's pedals overrule the pilot.
type Notice struct {
	Demand      Level   // Quiet, Warn (transition demand), Prompt (escalated)
	Unavailable bool    // the distinctive warning of 6.1.3.1
	Eyes, Hands Level   // where the driver supervises
	Suspend     bool    // side activities on displays (6.1.4)
	Hazard      bool    // hazard lights: 5.5.2, 5.5.3, standstill after an emergency manoeuvre
	Refused     Reason  // why the button just pressed did nothing
	Hinders     Reason  // why the pilot is not ready
	Brakes      bool    // the driver's pedal asks for more than the pilot: it is to be followed (6.3.2)
	Accelerates bool    // likewise, as far as the pilot's duties allow (6.3.3)
	MaxSpeed    float64 // m/s allowed by the domain; 0 outside
}

// Output is what a tick gives.
type Output struct {
	Engagement motion.Engagement
	Notice     Notice
	Events     [MaxEvents]Event
	N          int // of Events
}

// Machine is the engagement of one car. It is not safe for use by several goroutines.
type Machine struct {
	odd ODD
	p   Params
	e   motion.Engagement
	m   monitor

	holds    motion.Tick // for how long 6.2.3 has held
	risk     bool        // a minimum risk manoeuvre ran: hazard lights stay on
	stopped  bool        // an emergency manoeuvre ended in standstill
	change   bool        // a lane change procedure runs
	crossing bool
	suppress bool
	health   motion.Health // of the last tick
}

// New gives a machine that is Off (6.2.2). It refuses data that are not valid.
func New(o *ODD, p Params) (*Machine, error) {
	if err := errors.Join(o.Valid(), p.Check()); err != nil {
		return nil, err
	}
	m := &Machine{odd: *o, p: p}
	m.Reset(false, 0)
	return m, nil
}

// ODD is the domain that the machine keeps.
func (m *Machine) ODD() *ODD { return &m.odd }

// Reset begins a new run cycle at a tick: Off, or Active as in a test that begins engaged, with a driver just seen available.
func (m *Machine) Reset(active bool, now motion.Tick) {
	*m = Machine{odd: m.odd, p: m.p, e: motion.Engagement{Since: now}}
	if active {
		m.e.Mode = motion.Active
		m.m.available = true
		for i := range criteria {
			m.m.last[i], m.m.seen[i] = now, true
		}
	}
}

// Engaged reports whether the pilot drives in the mode.
func Engaged(mode motion.Mode) bool {
	return mode == motion.Active || mode == motion.Transition || mode == motion.MinimumRisk
}

// Step takes one tick. At most one change of mode happens in it. in is only read; out is overwritten.
func (m *Machine) Step(in *motion.Input, asks Asks, out *Output) {
	out.N, out.Notice = 0, Notice{}
	m.m.watch(&in.Driver, in.Now, &m.p, m.odd.Label == Supervised && Engaged(m.e.Mode))
	t := moment{in: in, asks: asks, odd: &m.odd, p: &m.p, m: &m.m, dom: m.odd.Check(in), since: m.e.Since}
	hinders := t.hinders()
	m.holds = counted(hinders == NoReason, m.holds)
	m.facts(in, asks, out)
	m.transit(&t, hinders, out)
	m.spans(in, asks, out)
	m.notice(&t, hinders, out)
	m.health = in.Health
	out.Engagement = m.e
}

// facts tells what happened to the car, at the tick on which it begins.
func (m *Machine) facts(in *motion.Input, asks Asks, out *Output) {
	h, was := &in.Health, &m.health
	if h.EDR && !was.EDR {
		m.say(in.Now, EDRTrigger, NoReason, out)
	}
	if h.Collision && !was.Collision {
		m.say(in.Now, Collision, NoReason, out)
	}
	engaged := Engaged(m.e.Mode)
	if engaged && h.SevereSystem && !was.SevereSystem {
		m.say(in.Now, SystemFailure, SevereSystem, out)
	}
	if engaged && h.SevereVehicle && !was.SevereVehicle {
		m.say(in.Now, VehicleFailure, SevereVehicle, out)
	}
	if engaged && asks.Suppress && !m.suppress {
		m.say(in.Now, InputSuppressed, Risk, out)
	}
	m.suppress = engaged && asks.Suppress
}

// transit changes the mode once, or not. The driver comes first: who takes over in the tick of a failure has the car.
func (m *Machine) transit(t *moment, hinders Reason, out *Output) {
	now := t.in.Now
	switch m.e.Mode {
	case motion.Off:
		if m.holds > m.p.Settle {
			m.enter(motion.Ready, Readiness, Satisfied, now, out)
		}
	case motion.Ready:
		switch {
		case hinders != NoReason:
			m.enter(motion.Off, Unready, hinders, now, out)
		case t.in.Driver.Engage:
			m.enter(motion.Active, Activation, Button, now, out)
		}
	case motion.Active:
		if r := t.takesOver(false); r != NoReason {
			m.enter(m.afterwards(), Deactivation, r, now, out)
		} else if r := t.severe(); r != NoReason {
			m.enter(motion.MinimumRisk, MinimumRisk, r, now, out)
		} else if r := t.demands(); r != NoReason {
			m.enter(motion.Transition, TransitionDemand, r, now, out)
		}
	case motion.Transition:
		if r := t.takesOver(true); r != NoReason {
			m.enter(m.afterwards(), Deactivation, r, now, out)
		} else if r := t.severe(); r != NoReason {
			m.enter(motion.MinimumRisk, MinimumRisk, r, now, out)
		} else if overdue(now, t.since, t.p) {
			m.enter(motion.MinimumRisk, MinimumRisk, NoTakeover, now, out)
		} else if escalates(now, t.since, t.p) {
			m.e.Escalated = true
		}
	case motion.MinimumRisk:
		if r := t.takesOver(true); r != NoReason {
			m.enter(motion.Locked, Deactivation, r, now, out)
		} else if t.in.Ego.V < t.p.Standstill && t.in.Ego.V > -t.p.Standstill {
			m.enter(motion.Standstill, Deactivation, StoodStill, now, out)
		}
	case motion.Standstill:
		if r := t.moves(); r != NoReason {
			m.enter(motion.Locked, HandOver, r, now, out)
		}
	case motion.Locked: // 5.5.5: until Reset
	}
}

// afterwards is where a deactivation leads: inattention may have locked the pilot for the run cycle.
func (m *Machine) afterwards() motion.Mode {
	if m.m.lockout(&m.p) {
		return motion.Locked
	}
	return motion.Off
}

func (m *Machine) enter(mode motion.Mode, k Kind, r Reason, now motion.Tick, out *Output) {
	from := m.e.Mode
	m.e.Mode, m.e.Since, m.e.Escalated = mode, now, false
	m.holds = 0
	if mode == motion.MinimumRisk {
		m.risk = true
	}
	m.put(Event{At: now, Kind: k, Reason: r, From: from, To: mode}, out)
}

// spans begins and ends what lasts: an emergency manoeuvre, a lane change procedure, a crossing. None outlives the engagement.
func (m *Machine) spans(in *motion.Input, asks Asks, out *Output) {
	now, engaged := in.Now, Engaged(m.e.Mode)
	if em := engaged && asks.Emergency; em != m.e.Emergency {
		m.e.Emergency = em
		switch {
		case em:
			m.say(now, EmergencyStart, Risk, out)
		case engaged:
			m.say(now, EmergencyEnd, Satisfied, out)
		default:
			m.say(now, EmergencyEnd, NoReason, out)
		}
	}
	if change := engaged && asks.LaneChange == Changing; change != m.change {
		m.change = change
		switch {
		case change:
			m.say(now, LaneChangeStart, Planned, out)
		case engaged && asks.LaneChange == NoChange:
			m.say(now, LaneChangeEnd, Satisfied, out)
		default:
			m.say(now, LaneChangeAbort, NoReason, out)
		}
	}
	if crossing := engaged && asks.Crossing; crossing != m.crossing {
		m.crossing = crossing
		k := CrossingEnd
		if crossing {
			k = CrossingStart
		}
		m.say(now, k, NoReason, out)
	}
	stands := in.Ego.V < m.p.Standstill
	m.stopped = engaged && stands && (m.stopped || m.e.Emergency)
}

func (m *Machine) notice(t *moment, hinders Reason, out *Output) {
	n, d := &out.Notice, &t.in.Driver
	engaged := Engaged(m.e.Mode)
	n.MaxSpeed = t.dom.MaxSpeed
	n.Hazard = m.risk || m.stopped
	switch m.e.Mode {
	case motion.Off, motion.Ready:
		n.Hinders = hinders
		if d.Engage {
			n.Refused = hinders
		}
	case motion.Active:
		n.Unavailable = !m.m.available
	case motion.Transition:
		n.Demand, n.Suspend = Warn, true
		if m.e.Escalated {
			n.Demand = Prompt
		}
	case motion.MinimumRisk, motion.Standstill:
		n.Demand, n.Suspend = Prompt, true
	case motion.Locked:
		if d.Engage {
			n.Refused = Lockout
		}
	}
	if engaged && t.supervises() {
		n.Eyes, n.Hands = level(m.m.eyes.length, m.p.Eyes), level(m.m.hands.length, m.p.Hands)
	}
	if engaged && !t.asks.Suppress {
		n.Brakes = t.brakes()
		n.Accelerates = d.Accelerator >= m.p.Accelerator
	}
}

func (m *Machine) say(now motion.Tick, k Kind, r Reason, out *Output) {
	m.put(Event{At: now, Kind: k, Reason: r, From: m.e.Mode, To: m.e.Mode}, out)
}

func (m *Machine) put(e Event, out *Output) {
	out.Events[out.N] = e // MaxEvents is more than there are places that call
	out.N++
}
