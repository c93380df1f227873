package pilot_test

import (
	"fmt"
	"math"
	"testing"

	"roadbook/pilot/motion"
	"roadbook/pilot/r157"
	"roadbook/pilot/scene/world"
)

func TestOvertaking(t *testing.T) {
	for _, c := range []struct {
		name   string
		kmh    float64
		others []world.Actor
		moves  int
		lane   int // in the end
	}{
		{"slower lead", 110, []world.Actor{driven(120, 3.5, 80)}, 2, 1},
		{"slower lead and somebody far behind", 110, []world.Actor{driven(120, 3.5, 80), driven(-90, 7, 115)}, 2, 1},
		{"somebody faster comes first", 100, []world.Actor{driven(90, 3.5, 75), driven(-60, 7, 125)}, 2, 1},
		{"one after the other", 120, []world.Actor{driven(120, 3.5, 90), driven(200, 3.5, 90), driven(290, 3.5, 92)}, 2, 1},
		{"somebody beside all the time", 100, []world.Actor{driven(90, 3.5, 80), steady(0, 7, 80), steady(-25, 7, 80), steady(25, 7, 80), steady(50, 7, 80)}, 0, 1},
		{"nobody slow", 100, []world.Actor{driven(90, 3.5, 98)}, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDrive(c.kmh)
			d.params.Change.Overtake = true
			d.setup.Actors = c.others
			d.run(t, 6000)
			d.sideways(t, c.moves)
			n := d.count(r157.LaneChangeStart)
			d.expect(t, map[r157.Kind]int{r157.LaneChangeEnd: c.moves, r157.LaneChangeAbort: n - c.moves, r157.CrossingStart: c.moves, r157.CrossingEnd: c.moves})
			if off := math.Abs(d.last().d - 3.5*float64(c.lane)); off > 0.2 {
				t.Errorf("in the end %.2f m beside the middle of the lane", off)
			}
		})
	}
}

func TestLaneEnd(t *testing.T) {
	for _, c := range []struct {
		name   string
		kmh    float64
		lanes  int
		lane   int
		others []world.Actor
		moves  int
		stops  bool
	}{
		{"to the left", 100, 3, 1, nil, 1, false},
		{"the right lane ends", 100, 3, 0, nil, 1, false},
		{"the left lane ends", 100, 3, 2, nil, 1, false},
		{"one lane", 100, 1, 0, nil, 0, true},
		{"nobody lets in", 90, 2, 0, []world.Actor{steady(0, 3.5, 90), steady(-25, 3.5, 90), steady(-50, 3.5, 90), steady(-75, 3.5, 90), steady(-100, 3.5, 90), steady(-125, 3.5, 90),
			steady(-150, 3.5, 90), steady(-175, 3.5, 90), steady(25, 3.5, 90), steady(50, 3.5, 90), steady(-200, 3.5, 90), steady(-225, 3.5, 90), steady(-250, 3.5, 90), steady(-275, 3.5, 90), steady(-300, 3.5, 90),
			steady(-325, 3.5, 90), steady(-350, 3.5, 90), steady(-375, 3.5, 90), steady(-400, 3.5, 90), steady(-425, 3.5, 90)}, 0, true},
		{"gap between two", 90, 2, 0, []world.Actor{driven(80, 3.5, 90), driven(-90, 3.5, 90)}, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDrive(c.kmh)
			d.setup.Road = road(t, world.RoadPlan{Lanes: c.lanes, LaneWidth: 3.5, Closures: []world.Closure{{Lane: c.lane, From: 900, To: 2000}}})
			d.setup.Ego.D = 3.5 * float64(c.lane)
			d.setup.Actors = c.others
			d.setup.Sight = 1000
			d.run(t, 6000)
			d.sideways(t, c.moves)
			d.expect(t, map[r157.Kind]int{r157.LaneChangeEnd: c.moves, r157.CrossingStart: c.moves, r157.CrossingEnd: c.moves})
			if c.stops {
				if e := &d.w.Ego; e.V != 0 || e.S+e.Length/2 > 900 {
					t.Errorf("at %.1f m with %.1f m/s, the lane ends at 900 m", e.S, e.V)
				}
				d.stopped(t)
				return
			}
			d.expect(t, map[r157.Kind]int{r157.TransitionDemand: 0})
			if v := d.last().v; v < c.kmh/3.6-1 {
				t.Errorf("in the end at %.1f m/s", v)
			}
		})
	}
}

func TestMinimumRisk(t *testing.T) {
	asleep := func(now motion.Tick, w *world.World) { w.Driver.InSeat = false }
	for _, c := range []struct {
		name   string
		kmh    float64
		lane   int
		others []world.Actor
		moves  int
		each   func(motion.Tick, *world.World)
		demand int
		limit  float64 // km/h
	}{
		{"from the middle lane", 100, 1, nil, 1, asleep, 1, 0},
		{"from the left lane", 130, 2, nil, 2, asleep, 1, 0},
		{"in the right lane", 130, 0, nil, 0, asleep, 1, 0},
		{"slowly, and who may come is not seen early enough", 20, 1, nil, 0, asleep, 1, 0},
		{"slowly where nobody may be fast", 20, 1, nil, 1, asleep, 1, 50},
		{"somebody beside", 100, 1, []world.Actor{driven(-5, 0, 100), driven(-40, 0, 100), driven(30, 0, 100), driven(-75, 0, 100)}, 0, asleep, 1, 0},
		{"behind a lead", 100, 0, []world.Actor{driven(60, 0, 90)}, 0, asleep, 1, 0},
		{"severe failure", 100, 0, nil, 0, func(now motion.Tick, w *world.World) { w.Health.SevereVehicle = now > 200 }, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDrive(c.kmh)
			d.setup.Ego.D = 3.5 * float64(c.lane)
			d.setup.Actors = c.others
			d.each = c.each
			d.setup.Road = world.Straight(3, 3.5, c.limit/3.6)
			d.run(t, 6000)
			d.stopped(t)
			if c.name != "somebody beside" {
				d.sideways(t, c.moves)
			} else {
				d.gentle(t)
			}
			d.expect(t, map[r157.Kind]int{r157.TransitionDemand: c.demand, r157.EmergencyStart: 0})
			for i := range d.tape {
				if m := d.tape[i].mode; m == motion.MinimumRisk && c.demand == 1 && i < 1000 {
					t.Fatalf("the manoeuvre starts at %.2f s", float64(i)/100)
				}
			}
			end := d.last().d
			if math.Abs(end-3.5*math.Floor(end/3.5+0.5)) > 0.3 {
				t.Errorf("stands %.2f m from the reference line, between lanes", end)
			}
		})
	}
}

func TestBends(t *testing.T) {
	for _, c := range []struct {
		kmh, radius float64
	}{{60, 250}, {80, 250}, {120, 250}, {130, 800}, {130, 500}, {40, 100}, {100, 1500}} {
		for _, side := range []float64{-1, 1} {
			for lane := range 3 {
				t.Run(fmt.Sprintf("%g km/h, %g m, lane %d", c.kmh, side*c.radius, lane), func(t *testing.T) {
					d := newDrive(c.kmh)
					k := side / c.radius
					d.setup.Road = road(t, world.RoadPlan{Lanes: 3, LaneWidth: 3.5, Pieces: []world.Piece{{Length: 300}, {Length: 100, To: k}, {Length: 300, From: k, To: k}, {Length: 160, From: k, To: -k},
						{Length: 200, From: -k, To: -k}, {Length: 100, From: -k}}})
					d.setup.Ego.D = 3.5 * float64(lane)
					d.run(t, 6000)
					d.kept(t, lane)
					d.gentle(t)
					d.expect(t, map[r157.Kind]int{r157.EmergencyStart: 0, r157.TransitionDemand: 0})
				})
			}
		}
	}
}

// TestPedestrian: 5.2.5.3, somebody who walks across at 5 km/h and whom the car would meet with its middle.
func TestPedestrian(t *testing.T) {
	for kmh := 10.0; kmh <= 60; kmh += 5 {
		for _, side := range []float64{-1, 1} {
			for _, offset := range []float64{-0.2, 0, 0.2} {
				t.Run(fmt.Sprintf("%g km/h, from %g, offset %g", kmh, side, offset), func(t *testing.T) {
					d := newDrive(kmh)
					walk := 5 / 3.6
					from := 6.0
					s := kmh/3.6*(from/walk) + d.setup.Car.Length/2 + 0.3
					d.setup.Actors = []world.Actor{{Kind: motion.Pedestrian, Length: 0.6, Width: 0.6, S: s, D: 3.5 + side*from + offset, VD: -side * walk}}
					d.run(t, 2000)
					d.gentle(t)
					if v := d.last().v; v < kmh/3.6-1 {
						t.Errorf("in the end at %.1f m/s, and nobody is in the way any more", v)
					}
				})
			}
		}
	}
}

// TestStoppedLeadAndCutIn: a stopped queue ahead, and somebody who squeezes in before it.
func TestStoppedLeadAndCutIn(t *testing.T) {
	for kmh := 30.0; kmh <= 130; kmh += 20 {
		for _, side := range []float64{-1, 1} {
			for _, gap := range []float64{1.0, 1.5, 2} { // s
				t.Run(fmt.Sprintf("%g km/h, from %g, %g s", kmh, side, gap), func(t *testing.T) {
					d := newDrive(kmh)
					v := kmh / 3.6
					at := math.Max(150, 8*v)
					cut := steady(gap*v+4.5, 3.5+side*3.5, kmh*0.9)
					cut.Script.Ramps = []world.Ramp{{At: 100, To: 3.5, Speed: 1.2, Accel: 1.5}}
					way := at - cut.S - cut.VS*3 - 8
					if way > 5 {
						cut.Script.Brakes = []world.Brake{{At: 300, Rate: math.Max(2, cut.VS*cut.VS/2/way), To: 0}}
					}
					d.setup.Actors = []world.Actor{steady(at, 3.5, 0), steady(at+7, 3.5, 0), cut}
					d.run(t, 3000)
					d.kept(t, 1)
					if e := d.last(); e.v != 0 {
						t.Errorf("does not stand behind the queue: %.1f m/s", e.v)
					}
				})
			}
		}
	}
}

// TestStandstillIsKept: after a minimum risk manoeuvre nothing but the driver moves the car, and the pilot stays locked (5.5.4, 5.5.5).
func TestStandstillIsKept(t *testing.T) {
	d := newDrive(60)
	d.each = func(now motion.Tick, w *world.World) {
		w.Health.SevereSystem = now > 100 && now < 2000
		w.Driver.Engage = now == 2500
		w.Driver.Accelerator = 0
		if now >= 3500 {
			w.Driver.Accelerator = 0.5
		}
	}
	d.run(t, 4000)
	for i, m := range d.tape {
		switch {
		case i >= 2000 && i < 3500 && (m.mode != motion.Standstill || m.v != 0 || !m.hazard):
			t.Fatalf("at %.2f s mode %d, %.2f m/s, hazard lights %v", float64(i)/100, m.mode, m.v, m.hazard)
		case i > 3600 && (m.mode != motion.Locked || m.v == 0):
			t.Fatalf("at %.2f s mode %d, %.2f m/s: the driver drives", float64(i)/100, m.mode, m.v)
		}
	}
	d.expect(t, map[r157.Kind]int{r157.MinimumRisk: 1, r157.SystemFailure: 1, r157.Activation: 0, r157.Deactivation: 1, r157.HandOver: 1})
}

// TestTurnsBack: somebody much faster comes into sight while the car moves out. It waits if that is before the movement, goes back if no
// tyre is on the marking yet, and goes on otherwise.
func TestTurnsBack(t *testing.T) {
	for _, c := range []struct {
		name   string
		seen   float64 // s, when the faster one comes into sight
		kmh    float64 // of the faster one
		aborts int
	}{{"before the movement", 2.0, 190, 1}, {"at its start", 4.0, 190, 1}, {"too late", 6.5, 150, 0}} {
		t.Run(c.name, func(t *testing.T) {
			d := newDrive(100)
			d.params.Change.Overtake = true
			v := 100 / 3.6
			fast := steady(0, 7, c.kmh)
			fast.S = -100 - (fast.VS-v)*c.seen
			fast.Script.Brakes = []world.Brake{{At: motion.Tick(c.seen*100) + 50, Rate: 3, To: 20}}
			d.setup.Actors = []world.Actor{steady(100, 3.5, 70), fast}
			d.run(t, 1200)
			d.expect(t, map[r157.Kind]int{r157.LaneChangeAbort: c.aborts, r157.LaneChangeEnd: 1 - c.aborts, r157.CrossingStart: 1 - c.aborts, r157.CrossingEnd: 1 - c.aborts})
			for _, m := range d.tape {
				if math.Abs(m.lateral) > 3 {
					t.Fatalf("%.2f m/s² sideways", m.lateral)
				}
			}
		})
	}
}

// TestTakeoverInAChange: who takes the wheel between the lanes has the car, and a new activation does not go on with the old change.
func TestTakeoverInAChange(t *testing.T) {
	d := newDrive(100)
	d.params.Change.Overtake = true
	d.setup.Actors = []world.Actor{steady(100, 3.5, 70)}
	d.each = func(now motion.Tick, w *world.World) {
		w.Driver.Wheel, w.Driver.HandsOn = 0, false
		if now >= 520 && now < 620 {
			w.Driver.Wheel, w.Driver.HandsOn = 5, true
		}
		w.Driver.Engage = now == 900
	}
	d.run(t, 1000)
	d.expect(t, map[r157.Kind]int{r157.Deactivation: 1, r157.LaneChangeStart: 1, r157.LaneChangeAbort: 1, r157.CrossingStart: 1, r157.CrossingEnd: 1, r157.Activation: 1})
	d.gentle(t)
	if m := d.last(); m.indicator != 0 {
		t.Errorf("the indicator runs on: %d", m.indicator)
	}
}
