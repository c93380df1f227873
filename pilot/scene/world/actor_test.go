package world

import (
	"math"
	"testing"

	"roadbook/fault"
	"roadbook/pilot/motion"
)

func run(w *World, ticks int) *Actor {
	for range ticks {
		w.Step(&motion.Command{})
	}
	return &w.Actors[0]
}

// TestLateralRamp compares the ramp with its closed form: v = a·t up to the lateral speed, then constant, then stop.
func TestLateralRamp(t *testing.T) {
	a := box(60, 7, 20)
	a.Script.Ramps = []Ramp{{At: 100, To: 3.5, Speed: 1.5, Accel: 2}}
	w := start(t, 20, func(s *Setup) { s.Actors = []Actor{a} })
	p := run(w, 100)
	near(t, "before", p.D, 7, 0)
	p = run(w, 50) // 0.5 s: still speeding up
	near(t, "speed", p.VD, -1, 1e-9)
	near(t, "way", p.D, 7-0.25, 1e-9)
	p = run(w, 100) // 1.5 s: 0.75 s of ramp, 0.75 s at 1.5 m/s
	near(t, "way", p.D, 7-(1.5*0.75/2+1.5*0.75), 0.01)
	near(t, "speed", p.VD, -1.5, 1e-9)
	p = run(w, 200)
	near(t, "there", p.D, 3.5, 0)
	near(t, "at rest", p.VD, 0, 0)
	near(t, "heading", p.Heading, 0, 0)
	near(t, "S", p.S, 60+20*4.5, 1e-6)
}

func TestLateralRampEases(t *testing.T) {
	a := box(60, 0, 20)
	a.Script.Turn = true
	a.Script.Ramps = []Ramp{{To: 3.5, Speed: 1, Accel: 1, Ease: true}, {At: 800, To: 0, Speed: 2}}
	w := start(t, 20, func(s *Setup) { s.Actors = []Actor{a} })
	v, top := 0.0, 0.0
	for range 800 {
		p := run(w, 1)
		if math.Abs(p.VD-v) > 0.021 {
			t.Fatalf("tick %d: the lateral speed jumps from %g to %g", w.Now, v, p.VD)
		}
		v, top = p.VD, max(top, p.VD)
		near(t, "heading", p.Heading, math.Atan2(p.VD, p.VS), 1e-12)
	}
	near(t, "top speed", top, 1, 1e-9)
	near(t, "arrives", w.Actors[0].D, 3.5, 0)
	p := run(w, 50)
	near(t, "second ramp, at once", p.D, 2.5, 1e-9)
}

// TestBrake compares a brake with its closed form, with and without jerk.
func TestBrake(t *testing.T) {
	a := box(60, 3.5, 20)
	a.Script.Brakes = []Brake{{At: 100, Rate: 5, To: 10}, {At: 500, Rate: 2, To: 15}, {At: 1000, Rate: 6, Jerk: 12, To: 0}}
	w := start(t, 0, func(s *Setup) { s.Actors = []Actor{a} })
	p := run(w, 200)
	near(t, "speed after 1 s", p.VS, 15, 1e-9)
	near(t, "acceleration", p.A, -5, 0)
	near(t, "S", p.S, 60+20+17.5, 1e-6)
	p = run(w, 300)
	near(t, "held", p.VS, 10, 0)
	near(t, "no acceleration", p.A, 0, 0)
	p = run(w, 500)
	near(t, "sped up", p.VS, 15, 0)
	s := p.S
	p = run(w, 25)
	near(t, "acceleration by jerk", p.A, -3, 1e-9)
	p = run(w, 1000)
	near(t, "stands", p.VS, 0, 0)
	// 0.5 s of jerk 12: v falls by 1.5, way 7.5-0.25; then 13.5²/12
	near(t, "stopping distance", p.S-s, 15*0.5-12*0.125/6+13.5*13.5/12, 0.1)
}

func TestConstantAcceleration(t *testing.T) {
	a := box(60, 3.5, 10)
	a.A = -2
	w := start(t, 0, func(s *Setup) { s.Actors = []Actor{a} })
	p := run(w, 250)
	near(t, "speed", p.VS, 5, 1e-9)
	p = run(w, 500)
	near(t, "stands", p.VS, 0, 0)
	near(t, "stopping distance", p.S, 60+25, 1e-2)
}

func TestPolyline(t *testing.T) {
	a := box(0, 0, 0)
	a.Script = Script{Mode: Polyline, Points: []Point{{100, 10, 0}, {200, 30, 0}, {400, 50, 4}}}
	w := start(t, 0, func(s *Setup) { s.Ego.S, s.Actors = -100, []Actor{a} })
	p := run(w, 50)
	near(t, "waits", p.S, 10, 0)
	near(t, "stands", p.VS, 0, 0)
	p = run(w, 100)
	near(t, "first leg", p.S, 20, 1e-12)
	near(t, "its speed", p.VS, 20, 1e-12)
	p = run(w, 150)
	near(t, "second leg", p.S, 40, 1e-12)
	near(t, "second leg, D", p.D, 2, 1e-12)
	near(t, "its lateral speed", p.VD, 2, 1e-12)
	p = run(w, 200)
	near(t, "end", p.S, 50, 0)
	near(t, "stands at the end", p.VS+p.VD, 0, 0)
}

func TestTrace(t *testing.T) {
	a := box(60, 3.5, 0)
	a.Script = Script{Mode: Traced, Trace: []Speed{{0, 0}, {100, 4}, {300, 4}, {400, 0}}, Ramps: []Ramp{{At: 100, To: 7, Speed: 1}}}
	w := start(t, 0, func(s *Setup) { s.Actors = []Actor{a} })
	p := run(w, 50)
	near(t, "speed", p.VS, 2, 1e-12)
	near(t, "acceleration", p.A, 4, 1e-9)
	p = run(w, 450)
	near(t, "way by the trapezoids", p.S, 60+2+8+2, 1e-9)
	near(t, "D", p.D, 7, 0)
	near(t, "speed at the end", p.VS, 0, 0)
}

// TestOuterLaneIsLonger: at the same speed the outer lane gains less S in a curve.
func TestOuterLaneIsLonger(t *testing.T) {
	r, err := NewRoad(RoadPlan{Lanes: 3, LaneWidth: 3.5, Pieces: []Piece{{1000, 0.004, 0.004}}})
	if err != nil {
		t.Fatal(err)
	}
	w := start(t, 0, func(s *Setup) { s.Road, s.Actors = r, []Actor{box(100, 7, 20), box(100, 0, 20)} })
	run(w, 1000)
	near(t, "inner lane", w.Actors[0].S, 100+200/(1-0.028), 1e-6)
	near(t, "reference line", w.Actors[1].S, 300, 1e-6)
}

func TestActorsAreChecked(t *testing.T) {
	for why, spoil := range map[string]func(*Actor){
		"no body": func(a *Actor) { a.Length = 0 }, "nowhere": func(a *Actor) { a.S = math.NaN() }, "no kind": func(a *Actor) { a.Kind = 99 },
		"no mode":                    func(a *Actor) { a.Script.Mode = 99 },
		"a ramp without speed":       func(a *Actor) { a.Script.Ramps = []Ramp{{To: 1}} },
		"ramps out of order":         func(a *Actor) { a.Script.Ramps = []Ramp{{At: 9, Speed: 1}, {At: 3, Speed: 1}} },
		"a brake that speeds":        func(a *Actor) { a.Script.Brakes = []Brake{{Rate: -1}} },
		"a polyline of no point":     func(a *Actor) { a.Script.Mode = Polyline },
		"points at the same time":    func(a *Actor) { a.Script.Points = []Point{{1, 0, 0}, {1, 1, 0}} },
		"a trace of no speed":        func(a *Actor) { a.Script.Mode = Traced },
		"a trace that reverses":      func(a *Actor) { a.Script.Trace = []Speed{{0, -1}} },
		"a driver who wants nothing": func(a *Actor) { a.Script.Mode = Driven },
	} {
		s := DefaultSetup(10)
		s.Actors = []Actor{box(0, 0, 0), box(50, 0, 0)}
		spoil(&s.Actors[1])
		err := new(World).Reset(&s)
		if fault.KindOf(err) != fault.Invalid || err.(*fault.Error).Pointer != "/actors/1" {
			t.Errorf("%s: %v", why, err)
		}
	}
	for why, spoil := range map[string]func(*Setup){
		"no road": func(s *Setup) { s.Road = nil }, "no car": func(s *Setup) { s.Car = CarSpec{} }, "no sensors": func(s *Setup) { s.Sensors = Sensors{} },
		"reverse": func(s *Setup) { s.Ego.V = -1 }, "a crowd": func(s *Setup) { s.Actors = make([]Actor, MaxActors+1) },
		"a window too small": func(s *Setup) { s.Window = 10 },
	} {
		s := DefaultSetup(10)
		if spoil(&s); new(World).Reset(&s) == nil {
			t.Errorf("%s was accepted", why)
		}
	}
}
