package r157_test

import (
	"testing"

	"roadbook/pilot/motion"
	"roadbook/pilot/r157"
)

const kmh = 1 / 3.6

// bench is a car in the middle of its domain with an attentive driver; a test changes what it is about.
type bench struct {
	t    testing.TB
	m    *r157.Machine
	in   motion.Input
	asks r157.Asks
	out  r157.Output
	all  []r157.Event
}

func market(t testing.TB, country string) *r157.ODD {
	t.Helper()
	list, err := r157.Markets()
	if err != nil {
		t.Fatal(err)
	}
	o, err := r157.Market(list, country)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func begin(t testing.TB, country string) *bench {
	t.Helper()
	m, err := r157.New(market(t, country), r157.Default())
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, m: m, in: fine(country)}
	return b
}

func fine(country string) motion.Input {
	return motion.Input{
		Objects: &motion.Objects{},
		Ego:     motion.Ego{V: 100 * kmh},
		Driver:  motion.Driver{InSeat: true, Belted: true, Blink: true, HandsOn: true},
		Health:  motion.Health{SelfCheck: true, Recorder: true},
		Place:   motion.Place{Country: [2]byte{country[0], country[1]}, Class: motion.Motorway, Divided: true, Visibility: 500, Temperature: 20, ToEnd: -1},
	}
}

// run takes n ticks.
func (b *bench) run(n motion.Tick) {
	for range n {
		b.m.Step(&b.in, b.asks, &b.out)
		b.all = append(b.all, b.out.Events[:b.out.N]...)
		b.in.Now++
	}
}

func (b *bench) mode() motion.Mode { return b.out.Engagement.Mode }

func (b *bench) want(mode motion.Mode, why string) {
	b.t.Helper()
	if b.mode() != mode {
		b.t.Fatalf("%s: at tick %d the mode is %d, want %d; events %v", why, b.in.Now-1, b.mode(), mode, b.all)
	}
}

// last is the newest change of mode.
func (b *bench) last() r157.Event {
	for i := len(b.all) - 1; i >= 0; i-- {
		if b.all[i].From != b.all[i].To {
			return b.all[i]
		}
	}
	return r157.Event{}
}

func (b *bench) wantLast(k r157.Kind, r r157.Reason, why string) {
	b.t.Helper()
	if e := b.last(); e.Kind != k || e.Reason != r {
		b.t.Errorf("%s: the last change of mode is %s by %q, want %s by %q", why, e.Kind, e.Reason, k, r)
	}
}

// activate goes the driver's way to Active.
func (b *bench) activate() {
	b.t.Helper()
	b.run(101)
	b.want(motion.Ready, "6.2.3 held for a second")
	b.in.Driver.Engage = true
	b.run(1)
	b.in.Driver.Engage = false
	b.want(motion.Active, "the button")
	b.wantLast(r157.Activation, r157.Button, "activation")
}

// demand brings a transition demand out in this tick.
func (b *bench) demand() {
	b.t.Helper()
	b.in.Health.SystemFailure = true
	b.in.Driver.HandsOn = false
	b.run(1)
	b.want(motion.Transition, "failure")
}

func TestDefaultOff(t *testing.T) {
	b := begin(t, "DE")
	b.in.Driver.Engage = true // pressed all the time: ready first, then on
	b.run(100)
	b.want(motion.Off, "6.2.3 must hold for a second")
	b.run(1)
	b.want(motion.Ready, "it has")
	b.run(1)
	b.want(motion.Active, "pressed while ready")
}

func TestActivationNeedsAll(t *testing.T) {
	for _, c := range []struct {
		why    string
		change func(*bench)
		want   r157.Reason
	}{
		{"driver not in the seat", func(b *bench) { b.in.Driver.InSeat = false }, r157.SeatEmpty},
		{"belt open", func(b *bench) { b.in.Driver.Belted = false }, r157.BeltOpen},
		{"nothing seen of the driver but open eyes", func(b *bench) { b.in.Driver.Blink = false }, r157.DriverUnavailable},
		{"failure", func(b *bench) { b.in.Health.SystemFailure = true }, r157.Failure},
		{"severe failure of the system", func(b *bench) { b.in.Health.SevereSystem = true }, r157.SevereSystem},
		{"severe failure of the vehicle", func(b *bench) { b.in.Health.SevereVehicle = true }, r157.SevereVehicle},
		{"DSSAD not operational", func(b *bench) { b.in.Health.Recorder = false }, r157.Recorder},
		{"self-check not passed", func(b *bench) { b.in.Health.SelfCheck = false }, r157.SelfCheck},
		{"another country", func(b *bench) { b.in.Place.Country = [2]byte{'X', 'X'} }, r157.Country},
		{"a road with pedestrians", func(b *bench) { b.in.Place.Class = motion.Rural }, r157.RoadClass},
		{"no barrier", func(b *bench) { b.in.Place.Divided = false }, r157.NotDivided},
		{"fog", func(b *bench) { b.in.Place.Visibility = 45.9 }, r157.Visibility},
		{"downpour", func(b *bench) { b.in.Place.Rain = 15.1 }, r157.Rain},
		{"snow", func(b *bench) { b.in.Place.Snow = true }, r157.Snow},
		{"ice", func(b *bench) { b.in.Place.Ice = true }, r157.Ice},
		{"cold", func(b *bench) { b.in.Place.Temperature = -10.1 }, r157.Temperature},
		{"too fast for what is seen", func(b *bench) { b.in.Place.Visibility = 85 }, r157.Speed},
		{"the road ends", func(b *bench) { b.in.Place.ToEnd = 500 }, r157.RoadEnds},
		{"the planner cannot go on", func(b *bench) { b.asks.Ends, b.asks.ToEnd = true, 500 }, r157.Ends},
	} {
		b := begin(t, "DE")
		c.change(b)
		b.in.Driver.Engage = true
		b.run(5000)
		b.want(motion.Off, c.why)
		if b.out.Notice.Hinders != c.want || b.out.Notice.Refused != c.want {
			t.Errorf("%s: refused by %q, hindered by %q, want %q", c.why, b.out.Notice.Refused, b.out.Notice.Hinders, c.want)
		}
		b = begin(t, "DE")
		b.run(101)
		c.change(b)
		if c.want == r157.DriverUnavailable {
			b.run(3000) // what was seen ages
		}
		b.run(1)
		b.want(motion.Off, c.why+", when ready")
		b.wantLast(r157.Unready, c.want, c.why)
	}
}

// TestBoundaries holds the modes tick by tick around each timer: before is the last tick on which nothing may have happened.
func TestBoundaries(t *testing.T) {
	for _, c := range []struct {
		why    string
		set    func(*bench)
		before motion.Tick // ticks after which it has not happened yet
		is     func(*bench) bool
		kind   r157.Kind
		reason r157.Reason
	}{
		{"an empty seat is borne for 1 s", func(b *bench) { b.in.Driver.InSeat = false }, 100, inTransition, r157.TransitionDemand, r157.SeatEmpty},
		{"an open belt is not", func(b *bench) { b.in.Driver.Belted = false }, 0, inTransition, r157.TransitionDemand, r157.BeltOpen},
		{"a failure", func(b *bench) { b.in.Health.SystemFailure = true }, 0, inTransition, r157.TransitionDemand, r157.Failure},
		{"the recorder fails", func(b *bench) { b.in.Health.Recorder = false }, 0, inTransition, r157.TransitionDemand, r157.Recorder},
		{"the domain is left", func(b *bench) { b.in.Place.Snow = true }, 0, inTransition, r157.TransitionDemand, r157.Snow},
		{"the planner", func(b *bench) { b.asks.Demand = r157.Planned }, 0, inTransition, r157.TransitionDemand, r157.Planned},
		{"accelerator without hands", func(b *bench) { b.in.Driver.HandsOn, b.in.Driver.Accelerator = false, 0.1 }, 0, inTransition, r157.TransitionDemand, r157.Accelerator},
		{"brake without hands", func(b *bench) { b.in.Driver.HandsOn, b.in.Driver.Brake = false, 0.5 }, 0, inTransition, r157.TransitionDemand, r157.Brake},
		{"indicator", func(b *bench) { b.in.Driver.Indicator = -1 }, 0, inTransition, r157.TransitionDemand, r157.Indicator},
		{"button without hands", func(b *bench) { b.in.Driver.HandsOn, b.in.Driver.Disengage = false, true }, 0, inTransition, r157.TransitionDemand, r157.Button},
		{"severe failure of the system", func(b *bench) { b.in.Health.SevereSystem = true }, 0, inMRM, r157.MinimumRisk, r157.SevereSystem},
		{"severe failure of the vehicle", func(b *bench) { b.in.Health.SevereVehicle = true }, 0, inMRM, r157.MinimumRisk, r157.SevereVehicle},
		{"the checker", func(b *bench) { b.asks.MRM = true }, 0, inMRM, r157.MinimumRisk, r157.CheckerAsks},
		{"unavailable after 30 s", func(b *bench) { b.in.Driver.Blink = false }, 3000, func(b *bench) bool { return b.out.Notice.Unavailable }, r157.Activation, r157.Button},
		{"and 15 s later the demand", func(b *bench) { b.in.Driver.Blink = false }, 4500, inTransition, r157.TransitionDemand, r157.DriverUnavailable},
		{"steering for 0.2 s", func(b *bench) { b.in.Driver.Wheel = -3 }, 19, isOff, r157.Deactivation, r157.Steering},
		{"brake with hands", func(b *bench) { b.in.Driver.Brake = 0.5 }, 0, isOff, r157.Deactivation, r157.Brake},
		{"accelerator with hands", func(b *bench) { b.in.Driver.Accelerator = 0.1 }, 0, isOff, r157.Deactivation, r157.Accelerator},
		{"button with hands", func(b *bench) { b.in.Driver.Disengage = true }, 0, isOff, r157.Deactivation, r157.Button},
		{"the driver comes before the failure of the same tick", func(b *bench) { b.in.Driver.Disengage, b.in.Health.SevereSystem = true, true }, 0, isOff, r157.Deactivation, r157.Button},
	} {
		b := begin(t, "DE")
		b.activate()
		c.set(b)
		b.run(c.before)
		if c.before > 0 && c.is(b) {
			t.Errorf("%s: happened within %d ticks", c.why, c.before)
		}
		b.run(1)
		if !c.is(b) {
			t.Errorf("%s: not after %d ticks; mode %d", c.why, c.before+1, b.mode())
		}
		b.wantLast(c.kind, c.reason, c.why)
	}
}

func inTransition(b *bench) bool { return b.mode() == motion.Transition }
func inMRM(b *bench) bool        { return b.mode() == motion.MinimumRisk }
func isOff(b *bench) bool        { return b.mode() == motion.Off }

func TestNoTakeover(t *testing.T) {
	b := begin(t, "DE")
	b.activate()
	b.demand()
	since := b.out.Engagement.Since
	for b.in.Now <= since+1001 {
		b.run(1)
		age := b.in.Now - 1 - since
		if age < 1000 && (b.out.Engagement.Escalated != (age >= 400) || b.mode() != motion.Transition || b.out.Notice.Hazard || !b.out.Notice.Suspend) {
			t.Fatalf("%d ticks into the demand: %+v %+v", age, b.out.Engagement, b.out.Notice)
		}
		if age >= 1000 && (b.mode() != motion.MinimumRisk || !b.out.Notice.Hazard) {
			t.Fatalf("%d ticks into the demand: %+v %+v", age, b.out.Engagement, b.out.Notice)
		}
	}
	b.wantLast(r157.MinimumRisk, r157.NoTakeover, "10 s")
	b.in.Health.SystemFailure = false // 5.5.3: nothing but standstill or driver ends it
	b.run(3000)
	b.want(motion.MinimumRisk, "the failure went")
	b.in.Ego.V = 0.04
	b.run(1)
	b.want(motion.Standstill, "it stands")
	b.wantLast(r157.Deactivation, r157.StoodStill, "standstill")
	b.run(10_000)
	b.want(motion.Standstill, "nobody moves it")
	b.in.Driver.Accelerator = 0.1
	b.run(1)
	b.want(motion.Locked, "the driver moves off")
	b.wantLast(r157.HandOver, r157.Accelerator, "hand-over")
	b.in.Driver.Accelerator, b.in.Driver.Engage, b.in.Ego.V = 0, true, 20
	b.run(10_000)
	b.want(motion.Locked, "5.5.5")
	if !b.out.Notice.Hazard || b.out.Notice.Refused != r157.Lockout {
		t.Errorf("locked: %+v", b.out.Notice)
	}
	b.m.Reset(false, b.in.Now)
	b.in.Driver.Engage = false
	b.all = nil
	b.activate()
}

func TestTakeover(t *testing.T) {
	for _, c := range []struct {
		why    string
		set    func(*motion.Driver)
		ticks  motion.Tick
		reason r157.Reason // NoReason: no takeover
	}{
		{"hands and attention", func(d *motion.Driver) { d.HandsOn, d.Attentive = true, true }, 1, r157.Attention},
		{"hands alone", func(d *motion.Driver) { d.HandsOn = true }, 900, r157.NoReason},
		{"attention alone", func(d *motion.Driver) { d.Attentive = true }, 900, r157.NoReason},
		{"brake without hands", func(d *motion.Driver) { d.Brake = 3 }, 900, r157.NoReason},
		{"accelerator without hands", func(d *motion.Driver) { d.Accelerator = 1 }, 900, r157.NoReason},
		{"button without hands", func(d *motion.Driver) { d.Disengage = true }, 900, r157.NoReason},
		{"brake and hands", func(d *motion.Driver) { d.HandsOn, d.Brake = true, 1 }, 1, r157.Brake},
		{"less torque than the threshold", func(d *motion.Driver) { d.Wheel = 2.9 }, 900, r157.NoReason},
		{"steering", func(d *motion.Driver) { d.Wheel = 3 }, 20, r157.Steering},
	} {
		for _, mode := range []motion.Mode{motion.Transition, motion.MinimumRisk} {
			b := begin(t, "DE")
			b.activate()
			b.demand()
			if mode == motion.MinimumRisk {
				b.run(1000)
			}
			b.want(mode, c.why)
			c.set(&b.in.Driver)
			b.run(c.ticks)
			switch after := map[motion.Mode]motion.Mode{motion.Transition: motion.Off, motion.MinimumRisk: motion.Locked}[mode]; {
			case c.reason == r157.NoReason:
				b.want(mode, c.why)
			default:
				b.want(after, c.why)
				b.wantLast(r157.Deactivation, c.reason, c.why)
				if mode == motion.MinimumRisk && !b.out.Notice.Hazard {
					t.Errorf("%s: hazard lights went off", c.why)
				}
			}
		}
	}
}

func TestBrakeMustAskMore(t *testing.T) {
	b := begin(t, "DE")
	b.activate()
	b.asks.Brake, b.in.Driver.Brake = 2, 2
	b.run(10)
	b.want(motion.Active, "the pedal asks no more than the pilot (6.3.2)")
	b.in.Driver.Brake = 2.01
	b.run(1)
	b.want(motion.Off, "it asks more")
}

func TestSuppressedInput(t *testing.T) {
	b := begin(t, "DE")
	b.activate()
	b.asks.Suppress, b.in.Driver.Wheel, b.in.Driver.Accelerator = true, 8, 1
	b.run(100)
	b.want(motion.Active, "suppressed")
	n := 0
	for _, e := range b.all {
		if e.Kind == r157.InputSuppressed {
			n++
		}
	}
	if n != 1 || b.out.Notice.Accelerates {
		t.Errorf("%d events of suppression, want one; accelerates %v", n, b.out.Notice.Accelerates)
	}
	b.asks.Suppress = false
	b.run(1)
	b.want(motion.Off, "no longer suppressed")
}

// TestPlannedEvent drives at constant speed towards the end of the road: the demand comes so early that the minimum risk
// manoeuvre, ten seconds later and with 4 m/s² at most, stands before it.
func TestPlannedEvent(t *testing.T) {
	for v := 20.0; v <= 130; v += 10 {
		b := begin(t, "DE")
		b.in.Ego.V = v * kmh
		b.activate()
		end := 3000.0
		var pos float64
		for range 60_000 {
			b.in.Place.ToEnd = end - pos
			b.run(1)
			if b.mode() == motion.MinimumRisk {
				b.in.Ego.V = max(0, b.in.Ego.V-float64(3*motion.DT))
			}
			pos += float64(b.in.Ego.V * motion.DT)
			if b.mode() == motion.Standstill {
				break
			}
		}
		b.want(motion.Standstill, "planned end")
		if pos > end || pos < end-120 {
			t.Errorf("%g km/h: stands at %.1f m of %.0f", v, pos, end)
		}
	}
}

func TestEmergencyIsOrthogonal(t *testing.T) {
	b := begin(t, "DE")
	b.activate()
	b.asks.Emergency = true
	b.run(5)
	b.demand()
	if !b.out.Engagement.Emergency {
		t.Error("the demand ended the emergency manoeuvre")
	}
	b.run(1000)
	b.want(motion.MinimumRisk, "ten seconds")
	if !b.out.Engagement.Emergency {
		t.Error("the minimum risk manoeuvre ended the emergency manoeuvre")
	}
	b.in.Ego.V = 0
	b.run(1)
	if b.out.Engagement.Emergency {
		t.Error("an emergency manoeuvre outlived the engagement")
	}

	b = begin(t, "DE")
	b.activate()
	b.asks.Emergency = true
	b.run(1)
	b.in.Ego.V = 0
	b.run(1)
	b.asks.Emergency = false
	b.run(10)
	if !b.out.Notice.Hazard {
		t.Error("standstill by an emergency manoeuvre: no hazard lights")
	}
	b.in.Ego.V = 1
	b.run(1)
	if b.out.Notice.Hazard || b.mode() != motion.Active {
		t.Errorf("it drives on: %+v", b.out.Notice)
	}
}

func TestNoAllocation(t *testing.T) {
	b := begin(t, "CN")
	b.activate()
	if n := testing.AllocsPerRun(1000, func() { b.in.Now++; b.m.Step(&b.in, b.asks, &b.out) }); n != 0 {
		t.Errorf("%g allocations a tick", n)
	}
}

func BenchmarkStep(b *testing.B) {
	x := begin(b, "DE")
	x.activate()
	for b.Loop() {
		x.in.Now++
		x.m.Step(&x.in, x.asks, &x.out)
	}
}
