package r157_test

import (
	"testing"

	"pgregory.net/rapid"

	"roadbook/pilot/motion"
	"roadbook/pilot/r157"
)

// The specification below is written from the text of the regulation, in terms of what has been the case for how long; it keeps
// the whole history and no counters. The machine must agree with it on every tick.

// stretch is a time in which nothing changed: from the first to the last tick.
type stretch struct {
	from, to motion.Tick
	in       motion.Input
	asks     r157.Asks
}

// history ends with the present.
type history []stretch

// heldFor is for how many ticks without a break, the present one included, is has been true, counting none before since.
func (h history) heldFor(since motion.Tick, is func(*stretch) bool) motion.Tick {
	n := motion.Tick(0)
	for i := len(h) - 1; i >= 0 && is(&h[i]) && h[i].to >= since; i-- {
		n += h[i].to - max(h[i].from, since) + 1
	}
	return n
}

// within reports whether is was true in one of the ticks now-ticks … now.
func (h history) within(now, ticks motion.Tick, is func(*stretch) bool) bool {
	for i := len(h) - 1; i >= 0 && h[i].to >= now-ticks; i-- {
		if is(&h[i]) {
			return true
		}
	}
	return false
}

// available is 6.1.3.1 at a tick.
func (h history) available(now motion.Tick) bool {
	h = h.until(now)
	n := 0
	for _, c := range []func(*stretch) bool{
		func(s *stretch) bool { return s.in.Driver.Input },
		func(s *stretch) bool { return s.in.Driver.Blink },
		func(s *stretch) bool { return s.in.Driver.InSeat && !s.in.Driver.EyesClosed },
		func(s *stretch) bool { return s.in.Driver.HeadMotion },
	} {
		if h.within(now, 3000, c) {
			n++
		}
	}
	return n >= 2
}

func (h history) until(now motion.Tick) history {
	for i := range h {
		if h[i].to >= now {
			out := append(history{}, h[:i+1]...)
			out[i].to = now
			return out
		}
	}
	return h
}

type spec struct {
	mode        motion.Mode
	since       motion.Tick
	unavailable motion.Tick // since when; -1: available
	hindered    motion.Tick // the last tick at which 6.2.3 did not hold; -1 before the first
}

// step gives the mode after the present tick.
func (s *spec) step(h history) {
	x := &h[len(h)-1]
	now, d, hl := x.to, &x.in.Driver, &x.in.Health
	has := h.available(now)
	switch {
	case has:
		s.unavailable = -1
	case s.unavailable < 0:
		s.unavailable = now
	}
	severe := hl.SevereSystem || hl.SevereVehicle || x.asks.MRM
	end := x.in.Place.ToEnd
	v := x.in.Ego.V
	fits := func(seconds float64) bool { return end < 0 || end > v*seconds+v*v/6+20 }
	odd := !x.in.Place.Snow
	ready := hl.SelfCheck && hl.Recorder && !hl.SevereSystem && !hl.SevereVehicle && !hl.SystemFailure && d.InSeat && d.Belted && has && odd && fits(21)
	if !ready {
		s.hindered = now
	}
	wheel := h.heldFor(0, func(s *stretch) bool { return s.in.Driver.Wheel >= 3 }) >= 20
	takes := !x.asks.Suppress && (wheel || d.HandsOn && (d.Brake > 1 || d.Accelerator > 0.5 || d.Disengage))
	confirmed := !x.asks.Suppress && d.HandsOn && d.Attentive
	demand := hl.SystemFailure || !hl.Recorder || !d.Belted || !odd || !fits(11) ||
		h.heldFor(0, func(s *stretch) bool { return !s.in.Driver.InSeat }) > 100 ||
		s.unavailable >= 0 && now-s.unavailable >= 1500 ||
		!x.asks.Suppress && (d.Brake > 1 || d.Accelerator > 0.5 || d.Indicator != 0 || d.Disengage)
	to := s.mode
	switch s.mode {
	case motion.Off:
		if ready && now-max(s.since, s.hindered) > 100 {
			to = motion.Ready
		}
	case motion.Ready:
		if !ready {
			to = motion.Off
		} else if d.Engage {
			to = motion.Active
		}
	case motion.Active:
		if takes {
			to = motion.Off
		} else if severe {
			to = motion.MinimumRisk
		} else if demand {
			to = motion.Transition
		}
	case motion.Transition:
		if takes || confirmed {
			to = motion.Off
		} else if severe || now >= s.since+1000 {
			to = motion.MinimumRisk
		}
	case motion.MinimumRisk:
		if takes || confirmed {
			to = motion.Locked
		} else if v == 0 {
			to = motion.Standstill
		}
	case motion.Standstill:
		if d.Accelerator > 0.5 || d.Disengage || wheel {
			to = motion.Locked
		}
	}
	if to != s.mode {
		s.mode, s.since = to, now
	}
}

func TestAgreesWithTheSpecification(t *testing.T) {
	reached := map[motion.Mode]int{}
	left := map[motion.Mode]int{}
	edge := []motion.Tick{1, 1, 2, 19, 20, 21, 50, 99, 100, 101, 102, 150, 399, 400, 401, 999, 1000, 1001, 1499, 1500, 1501, 2999, 3000, 3001}
	o := market(t, "DE")
	rapid.Check(t, func(t *rapid.T) {
		m, err := r157.New(o, r157.Default())
		if err != nil {
			t.Fatal(err)
		}
		s := &spec{since: -1, hindered: -1}
		var h history
		var out r157.Output
		open := map[r157.Kind]bool{}
		now := motion.Tick(0)
		rare := func(name string) bool { return rapid.IntRange(0, 11).Draw(t, name) == 0 }
		for range rapid.IntRange(1, 40).Draw(t, "stretches") {
			in := fine("DE")
			d := &in.Driver
			d.InSeat, d.Belted = !rare("empty"), !rare("open")
			d.Blink, d.Input, d.HeadMotion = !rare("no blink"), rare("input"), rare("head")
			d.EyesClosed = rare("closed")
			if rare("statue") {
				d.Blink, d.Input, d.HeadMotion = false, false, false
			}
			d.HandsOn, d.Attentive = rapid.Bool().Draw(t, "hands"), rare("attentive")
			d.Engage, d.Disengage = rapid.Bool().Draw(t, "engage"), rare("disengage")
			if rare("wheel") {
				d.Wheel = 4
			}
			if rare("brake") {
				d.Brake = 2
			}
			if rare("accelerator") {
				d.Accelerator = 1
			}
			if rare("indicator") {
				d.Indicator = 1
			}
			in.Health.SystemFailure, in.Health.SevereSystem, in.Health.SevereVehicle = rare("failure"), rare("system"), rare("vehicle")
			in.Health.SelfCheck, in.Health.Recorder = !rare("check"), !rare("recorder")
			in.Place.Snow = rare("snow")
			if rare("end") {
				in.Place.ToEnd = rapid.Float64Range(0, 900).Draw(t, "to end")
			}
			if rare("stands") {
				in.Ego.V = 0
			}
			asks := r157.Asks{MRM: rare("checker"), Suppress: rare("suppress"), Emergency: rare("emergency"), Crossing: rare("crossing")}
			if rare("change") {
				asks.LaneChange = rapid.SampledFrom([]r157.Procedure{r157.Changing, r157.Aborted}).Draw(t, "procedure")
			}
			h = append(h, stretch{from: now, in: in, asks: asks})
			for range rapid.SampledFrom(edge).Draw(t, "ticks") {
				h[len(h)-1].to = now
				in.Now = now
				was := s.mode
				s.step(h)
				m.Step(&in, asks, &out)
				e := out.Engagement
				if e.Mode != s.mode || e.Since != max(0, s.since) {
					t.Fatalf("tick %d: mode %d since %d, the specification says %d since %d; events %v", now, e.Mode, e.Since, s.mode, s.since, out.Events[:out.N])
				}
				if want := s.mode == motion.Transition && now-s.since >= 400; e.Escalated != want {
					t.Fatalf("tick %d: escalated %v", now, e.Escalated)
				}
				changes(t, out.Events[:out.N], was, s.mode, now, open)
				if e.Emergency != open[r157.EmergencyStart] || e.Emergency && !r157.Engaged(e.Mode) {
					t.Fatalf("tick %d: emergency %v in mode %d", now, e.Emergency, e.Mode)
				}
				if was != s.mode {
					reached[s.mode]++
					left[was]++
				}
				now++
			}
		}
	})
	for mode := motion.Off; mode <= motion.Locked; mode++ {
		if reached[mode] == 0 {
			t.Errorf("mode %d was never reached: the test does not see it", mode)
		}
		if (left[mode] == 0) != (mode == motion.Locked) {
			t.Errorf("mode %d was left %d times", mode, left[mode])
		}
	}
}

// changes checks that a change of mode makes exactly one event, with a reason, and that what begins ends before it begins again.
func changes(t *rapid.T, events []r157.Event, was, is motion.Mode, now motion.Tick, open map[r157.Kind]bool) {
	n := 0
	for _, e := range events {
		if e.At != now || !e.Kind.Known() {
			t.Fatalf("tick %d: event %v", now, e)
		}
		if e.From != e.To {
			n++
			if e.From != was || e.To != is || e.Reason == r157.NoReason {
				t.Fatalf("tick %d: from %d to %d: event %v", now, was, is, e)
			}
		}
		for start, ends := range map[r157.Kind][]r157.Kind{r157.EmergencyStart: {r157.EmergencyEnd}, r157.CrossingStart: {r157.CrossingEnd},
			r157.LaneChangeStart: {r157.LaneChangeEnd, r157.LaneChangeAbort}} {
			if e.Kind == start && open[start] {
				t.Fatalf("tick %d: %s twice", now, e.Kind)
			}
			if e.Kind == start {
				open[start] = true
			}
			for _, end := range ends {
				if e.Kind == end && !open[start] {
					t.Fatalf("tick %d: %s of what did not begin", now, e.Kind)
				}
				if e.Kind == end {
					open[start] = false
				}
			}
		}
	}
	if want := map[bool]int{true: 1, false: 0}[was != is]; n != want {
		t.Fatalf("tick %d: %d events for the change from %d to %d", now, n, was, is)
	}
	if !r157.Engaged(is) && (open[r157.EmergencyStart] || open[r157.CrossingStart] || open[r157.LaneChangeStart]) {
		t.Fatalf("tick %d: something outlives the engagement: %v", now, open)
	}
}
