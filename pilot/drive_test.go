package pilot_test

import (
	"math"
	"testing"

	"roadbook/pilot"
	"roadbook/pilot/checker"
	"roadbook/pilot/motion"
	"roadbook/pilot/r157"
	"roadbook/pilot/scene/world"
)

// drive is a drive of pilot and checker in the world, and what is remembered of it.
type drive struct {
	setup  world.Setup
	params pilot.Params
	set    float64 // m/s
	alone  bool    // without the checker
	each   func(now motion.Tick, w *world.World)

	w      world.World
	tape   []moment
	events []r157.Event
	forced float64 // m/s², by which somebody behind must have braked
	log    func(now motion.Tick, w *world.World, out *pilot.Output, v *checker.Verdict)
}

// moment is what happened in a tick.
type moment struct {
	d, v, a, lateral float64 // m, m/s, m/s², m/s² of the car's path
	indicator        int8
	hazard           bool
	mode             motion.Mode
}

// newDrive is one in the middle of three lanes of 3.5 m.
func newDrive(kmh float64) *drive {
	d := &drive{setup: world.DefaultSetup(kmh / 3.6), params: pilot.Default(), set: kmh / 3.6}
	return d
}

func (d *drive) run(t testing.TB, ticks motion.Tick) {
	t.Helper()
	p, err := pilot.New(d.params)
	if err != nil {
		t.Fatal(err)
	}
	k, err := checker.New(checker.Default())
	if err != nil {
		t.Fatal(err)
	}
	w := &d.w
	if err := w.Reset(&d.setup); err != nil {
		t.Fatal(err)
	}
	p.Reset(pilot.Start{Active: true, Set: d.set})
	var in motion.Input
	var out pilot.Output
	for now := motion.Tick(0); now < ticks; now++ {
		if d.each != nil {
			d.each(now, w)
		}
		w.Sense(&in)
		p.Step(&in, &out)
		d.events = append(d.events, out.Events[:out.NEvents]...)
		cmd, say := out.Command, checker.Verdict{}
		if !d.alone {
			if cmd, say = k.Step(&in, out.Engagement, out.Command); say.RequestMRM {
				p.RequestMRM()
			}
		}
		w.Step(&cmd)
		e := &w.Ego
		d.tape = append(d.tape, moment{d: e.D, v: e.V, a: e.A, lateral: e.V * e.V * math.Tan(e.Steer) / e.Wheelbase,
			indicator: cmd.Indicator, hazard: cmd.Hazard, mode: out.Engagement.Mode})
		for i := range w.Actors {
			// What somebody behind must brake by at least to keep 1 s of way: 5.2.6 asks for this, not for what a driver then does.
			if a := &w.Actors[i]; a.S < e.S && a.VS > e.V && math.Abs(a.D-e.D) < (a.Width+e.Width)/2+0.3 {
				left := e.S - a.S - (a.Length+e.Length)/2 - e.V
				d.forced = max(d.forced, (a.VS-e.V)*(a.VS-e.V)/2/max(left, 0.01))
			}
		}
		if d.log != nil {
			d.log(now, w, &out, &say)
		}
		if hit, who, kind, at := w.Collision(); hit {
			t.Fatalf("collision %s with %d at tick %d", kind, who, at)
		}
	}
}

// count gives how many events of a kind there were.
func (d *drive) count(k r157.Kind) (n int) {
	for _, e := range d.events {
		if e.Kind == k {
			n++
		}
	}
	return n
}

func (d *drive) expect(t *testing.T, want map[r157.Kind]int) {
	t.Helper()
	for k, n := range want {
		if got := d.count(k); got != n {
			t.Errorf("%d events %s, expected %d: %v", got, k, n, d.events)
		}
	}
}

func (d *drive) last() moment { return d.tape[len(d.tape)-1] }

// sideways checks every movement from lane to lane: announced for 3 s, in one go, gentle, and nobody behind had to brake hard.
func (d *drive) sideways(t *testing.T, moves int) {
	t.Helper()
	width := d.setup.Road.LaneWidth()
	lane := math.Floor(d.tape[0].d/width + 0.5)
	n := 0
	for i := 1; i < len(d.tape); i++ {
		off := d.tape[i].d - lane*width
		if math.Abs(off) < width/2 {
			continue
		}
		n++
		dir := math.Copysign(1, off)
		begin := i // when it left the middle of its lane
		for begin > 0 && (d.tape[begin].d-lane*width)*dir > 0.15 {
			begin--
		}
		for k := begin; k > begin-300; k-- {
			if k < 0 || d.tape[k].indicator != int8(dir) {
				t.Errorf("the indicator did not run for 3 s before the movement at %.2f s", float64(begin)/100)
				break
			}
		}
		lane += dir
		end := i
		for end < len(d.tape)-1 && (lane*width-d.tape[end].d)*dir > 0.2 {
			if (d.tape[end+1].d-d.tape[end].d)*dir < -1e-4 {
				t.Errorf("the movement at %.2f s turned back at %.2f s", float64(begin)/100, float64(end)/100)
				break
			}
			end++
		}
		if took := end - begin; took < 200 || took > 700 {
			t.Errorf("the movement at %.2f s took %.2f s", float64(begin)/100, float64(took)/100)
		}
		i = end
	}
	if n != moves {
		t.Errorf("%d changes of lane, expected %d", n, moves)
	}
	d.gentle(t)
}

// gentle checks what holds in every drive.
func (d *drive) gentle(t *testing.T) {
	t.Helper()
	most := 0.0
	for _, m := range d.tape {
		most = max(most, math.Abs(m.lateral))
	}
	if most > 3 {
		t.Errorf("%.2f m/s² sideways", most)
	}
	if d.forced > 3 {
		t.Errorf("somebody behind braked by %.2f m/s²", d.forced)
	}
}

// kept checks 5.2.1: no front tyre beyond a marking of the lane.
func (d *drive) kept(t *testing.T, lane int) {
	t.Helper()
	most := 0.0
	for _, m := range d.tape {
		most = max(most, math.Abs(m.d-float64(lane)*d.setup.Road.LaneWidth()))
	}
	if room := d.setup.Road.LaneWidth()/2 - d.setup.Car.Width/2; most > room-0.1 {
		t.Errorf("%.2f m from the middle of the lane, %.2f m are left beside the car", most, room)
	}
}

// stopped checks the end of a minimum risk manoeuvre: at most 4 m/s², hazard lights from its start on, standstill, and no more.
func (d *drive) stopped(t *testing.T) {
	t.Helper()
	d.expect(t, map[r157.Kind]int{r157.MinimumRisk: 1})
	began := -1
	for i, m := range d.tape {
		if m.mode == motion.MinimumRisk && began < 0 {
			began = i
		}
		if began < 0 {
			continue
		}
		if !m.hazard {
			t.Fatalf("no hazard lights at %.2f s", float64(i)/100)
		}
		if m.a < -4 {
			t.Fatalf("%.2f m/s² at %.2f s", m.a, float64(i)/100)
		}
	}
	if e := d.last(); e.mode != motion.Standstill || e.v != 0 {
		t.Errorf("in the end mode %d at %.2f m/s", e.mode, e.v)
	}
}

// car is an actor with a driver who keeps clear of the ego, and wishes to drive at a speed.
func driven(s, d, kmh float64) world.Actor {
	return world.Actor{Kind: motion.Car, Length: 4.5, Width: 1.85, S: s, D: d, VS: kmh / 3.6, Script: world.Script{Mode: world.Driven, Driver: world.DefaultDriver(kmh / 3.6)}}
}

// steady is an actor that keeps its speed.
func steady(s, d, kmh float64) world.Actor {
	return world.Actor{Kind: motion.Car, Length: 4.5, Width: 1.85, S: s, D: d, VS: kmh / 3.6}
}

func road(t *testing.T, p world.RoadPlan) *world.Road {
	t.Helper()
	r, err := world.NewRoad(p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
