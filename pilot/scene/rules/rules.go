// Package rules holds the suite of UN R157's timers and duties: what the engagement must do and when, tick by tick, and what its
// recorder must hold.
//
// Owns: the checks, each with its clause, written down apart from the engagement's own code and parameters.
// Does not own: the engagement (pilot/r157), the recorder (pilot/dssad).
// Always true: a check drives a machine by inputs only and looks at what it says; the bounds are the regulation's, not the
// machine's parameters.
// Says: a bundle.Check per duty.
// Start reading at: Checks.
package rules

import (
	"bytes"

	"roadbook/pilot/motion"
	"roadbook/pilot/r157"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/world"
)

// Version names the duties that are checked; it changes whenever one is added.
const Version = "3"

// duty is one thing that must hold, in every market's domain where R157 applies.
type duty struct {
	name string // with its clause
	hold func(o *r157.ODD, p r157.Params) bool
}

// Suite is the checks as a suite of the evidence.
func Suite(domains []r157.ODD, p r157.Params) bundle.Suite {
	s := bundle.NewCounter(bundle.Rules, Version, 0, Inputs()).Suite(0, 0)
	s.Models, s.Checks = nil, Checks(domains, p)
	return s
}

// Inputs are the duties' names by hash.
func Inputs() []scene.Input {
	var names bytes.Buffer
	for _, d := range append(duties(), recorderDuties()...) {
		names.WriteString(d.name + "\n")
	}
	return []scene.Input{{Name: "duties", SHA256: bundle.Sum(names.Bytes())}}
}

// Checks runs every duty in every domain and counts in how many it holds.
func Checks(domains []r157.ODD, p r157.Params) []bundle.Check {
	var out []bundle.Check
	for _, d := range append(duties(), recorderDuties()...) {
		c := bundle.Check{Name: d.name}
		for i := range domains {
			if domains[i].Label == r157.Supervised {
				continue
			}
			if _, err := r157.New(&domains[i], p); err == nil && d.hold(&domains[i], p) {
				c.Passed++
			} else {
				c.Failed++
			}
		}
		if c.Passed+c.Failed == 0 { // nothing ran: that is no proof
			c.Failed = 1
		}
		out = append(out, c)
	}
	return out
}

// drive is one run cycle, and what was seen of it.
type drive struct {
	m    *r157.Machine
	in   motion.Input
	asks r157.Asks
	out  r157.Output
	list motion.Objects
	said map[r157.Kind]int
	bad  bool // a change of mode without its one event, or the other way round
}

// engaged begins a run cycle in its domain, with the pilot active or off. Checks has tried the data.
func engaged(o *r157.ODD, p r157.Params, active bool) *drive {
	m, err := r157.New(o, p)
	if err != nil {
		panic(err)
	}
	m.Reset(active, 0)
	d := &drive{m: m, said: map[r157.Kind]int{}}
	place := world.Motorway()
	if len(o.Countries) > 0 {
		copy(place.Country[:], o.Countries[0])
	}
	place.Night = false
	speed := max(10, o.MinSpeed)
	d.in = motion.Input{Ego: motion.Ego{V: speed, Length: 4.7, Width: 1.9, Wheelbase: 2.9, Friction: 1, BrakeMax: 7.59}, Place: place, Objects: &d.list,
		Driver: world.Attentive(), Health: motion.Health{SelfCheck: true, Recorder: true},
		Road: motion.Road{Lanes: 3, LaneWidth: 3.5, CurveStep: 10, LeftCrossable: true, RightCrossable: true}}
	return d
}

// step takes a tick.
func (d *drive) step() motion.Mode {
	was := d.out.Engagement.Mode
	first := d.in.Now == 0
	d.m.Step(&d.in, d.asks, &d.out)
	changes := 0
	for _, e := range d.out.Events[:d.out.N] {
		d.said[e.Kind]++
		switch e.Kind {
		case r157.Activation, r157.Deactivation, r157.TransitionDemand, r157.MinimumRisk, r157.Readiness, r157.Unready, r157.HandOver:
			changes++
		}
		d.bad = d.bad || e.At != d.in.Now
	}
	mode := d.out.Engagement.Mode
	want := 0
	if mode != was {
		want = 1
	}
	d.bad = d.bad || !first && changes != want
	d.in.Now++
	return mode
}

// until steps until the mode is there and returns the tick on which it was entered; -1 when it is not within so many ticks.
func (d *drive) until(mode motion.Mode, ticks int) motion.Tick {
	for range ticks {
		if d.step() == mode {
			return d.in.Now - 1
		}
	}
	return -1
}

// duties is the list. Bounds are written as the regulation gives them, in ticks of 10 ms.
func duties() []duty {
	seat := func(o *r157.ODD, p r157.Params) (*drive, motion.Tick) {
		d := engaged(o, p, true)
		d.until(motion.Locked, 10)
		d.in.Driver.InSeat = false
		return d, d.until(motion.Transition, 200)
	}
	return []duty{
		{"off at the start of a run cycle (6.2.2)", func(o *r157.ODD, p r157.Params) bool {
			d := engaged(o, p, false)
			return d.step() == motion.Off && !d.bad
		}},
		{"no activation while the recorder does not work (6.2.3)", func(o *r157.ODD, p r157.Params) bool {
			d := engaged(o, p, false)
			d.in.Health.Recorder = false
			d.until(motion.Ready, 300)
			d.in.Driver.Engage = true
			return d.until(motion.Active, 5) < 0
		}},
		{"active by the button once all of 6.2.3 holds", func(o *r157.ODD, p r157.Params) bool {
			d := engaged(o, p, false)
			if d.until(motion.Ready, 500) < 0 {
				return false
			}
			d.in.Driver.Engage = true
			return d.until(motion.Active, 3) >= 0 && d.said[r157.Activation] == 1 && !d.bad
		}},
		{"an empty seat leads to a transition demand after 1 s (6.1.2)", func(o *r157.ODD, p r157.Params) bool {
			d, at := seat(o, p)
			return at >= 10 && at-10 <= 101 && d.said[r157.TransitionDemand] == 1 && !d.bad
		}},
		{"an open belt leads to a transition demand (6.1.2)", func(o *r157.ODD, p r157.Params) bool {
			d := engaged(o, p, true)
			d.until(motion.Locked, 10)
			d.in.Driver.Belted = false
			at := d.until(motion.Transition, 200)
			return at >= 10 && at-10 <= 101
		}},
		{"a transition demand is escalated within 4 s (5.4.3.2)", func(o *r157.ODD, p r157.Params) bool {
			d, at := seat(o, p)
			for at >= 0 && d.in.Now <= at+400 {
				if d.step(); d.out.Engagement.Escalated {
					return true
				}
			}
			return false
		}},
		{"a minimum risk manoeuvre starts 10 s after the demand, not earlier (5.4.4.1)", func(o *r157.ODD, p r157.Params) bool {
			d, at := seat(o, p)
			mrm := d.until(motion.MinimumRisk, 1200)
			return at >= 0 && mrm-at >= 1000 && mrm-at <= 1001 && d.said[r157.MinimumRisk] == 1 && !d.bad
		}},
		{"a severe failure starts it at once (5.4.4.1.1)", func(o *r157.ODD, p r157.Params) bool {
			for _, vehicle := range []bool{false, true} {
				d := engaged(o, p, true)
				d.until(motion.Locked, 10)
				d.in.Health.SevereVehicle, d.in.Health.SevereSystem = vehicle, !vehicle
				if d.step() != motion.MinimumRisk || d.said[r157.VehicleFailure]+d.said[r157.SystemFailure] != 1 {
					return false
				}
			}
			return true
		}},
		{"hazard lights from its start (5.5.2), and after its end (5.5.4)", func(o *r157.ODD, p r157.Params) bool {
			d, _ := seat(o, p)
			d.until(motion.MinimumRisk, 1200)
			hazard := d.out.Notice.Hazard
			d.in.Ego.V = 0
			return d.until(motion.Standstill, 50) >= 0 && hazard && d.out.Notice.Hazard && !d.bad
		}},
		{"after standstill no new activation in this run cycle (5.5.5)", func(o *r157.ODD, p r157.Params) bool {
			d, _ := seat(o, p)
			d.until(motion.MinimumRisk, 1200)
			d.in.Ego.V = 0
			d.until(motion.Standstill, 50)
			d.in.Driver = world.Attentive()
			d.in.Driver.Engage = true
			if d.until(motion.Active, 1000) >= 0 {
				return false
			}
			d.m.Reset(false, d.in.Now)
			d.in.Driver.Engage = false
			return d.until(motion.Ready, 500) >= 0 // a new run cycle
		}},
		{"a driver who is not available is warned, and asked within 15 s (6.1.3.1)", func(o *r157.ODD, p r157.Params) bool {
			d := engaged(o, p, true)
			d.until(motion.Locked, 10)
			d.in.Driver.Input, d.in.Driver.Blink, d.in.Driver.HeadMotion = false, false, false
			warned := motion.Tick(-1)
			for range 3100 {
				if d.step(); d.out.Notice.Unavailable {
					warned = d.in.Now - 1
					break
				}
			}
			at := d.until(motion.Transition, 1600)
			return warned > 0 && warned-10 <= 3001 && at >= warned && at-warned <= 1500 && d.out.Notice.Suspend
		}},
		{"steering overrides (6.3.1)", func(o *r157.ODD, p r157.Params) bool {
			d := engaged(o, p, true)
			d.until(motion.Locked, 10)
			d.in.Driver.Wheel, d.in.Driver.HandsOn = 10, true
			for range 100 {
				if m := d.step(); m == motion.Off || m == motion.Ready {
					return d.said[r157.Deactivation] == 1 && !d.bad
				}
			}
			return false
		}},
		{"an emergency manoeuvre is recorded from start to end (5.3, 8.2)", func(o *r157.ODD, p r157.Params) bool {
			d := engaged(o, p, true)
			d.until(motion.Locked, 10)
			d.asks.Emergency, d.asks.Brake = true, 6
			d.until(motion.Locked, 30)
			began := d.out.Engagement.Emergency && d.said[r157.EmergencyStart] == 1 && d.said[r157.EmergencyEnd] == 0
			d.asks = r157.Asks{}
			d.until(motion.Locked, 300)
			return began && !d.out.Engagement.Emergency && d.said[r157.EmergencyEnd] == 1
		}},
		{"collision, EDR trigger, lane change and crossing are recorded (8.2)", func(o *r157.ODD, p r157.Params) bool {
			d := engaged(o, p, true)
			d.until(motion.Locked, 10)
			d.asks.LaneChange, d.asks.Crossing = r157.Changing, true
			d.until(motion.Locked, 5)
			d.asks = r157.Asks{}
			d.until(motion.Locked, 5)
			d.asks.LaneChange = r157.Changing
			d.step()
			d.asks.LaneChange = r157.Aborted
			d.until(motion.Locked, 5)
			d.in.Health.Collision, d.in.Health.EDR = true, true
			d.until(motion.Locked, 5)
			for _, k := range []r157.Kind{r157.LaneChangeStart, r157.LaneChangeEnd, r157.LaneChangeAbort, r157.CrossingStart, r157.CrossingEnd, r157.Collision, r157.EDRTrigger} {
				if d.said[k] == 0 {
					return false
				}
			}
			return true
		}},
	}
}
