package world

import (
	"math"
	"testing"

	"roadbook/pilot/motion"
)

func box(s, d, v float64) Actor { return Actor{Length: 4.3, Width: 1.9, S: s, D: d, VS: v} }

// seen lists what Sense gives.
func seen(w *World) (list []motion.Object, in motion.Input) {
	w.Sense(&in)
	return in.Objects.List[:in.Objects.N], in
}

func TestForwardRange(t *testing.T) {
	for _, row := range []struct{ kmh, want float64 }{
		{0, 46}, {60, 46}, {65, 48}, {70, 50}, {80, 60}, {90, 75}, {100, 90}, {110, 110}, {120, 130}, {125, 140}, {130, 150}, {200, 150},
	} {
		near(t, "range", ForwardRange(row.kmh/3.6), row.want, 1e-9)
	}
}

// TestLatency: a list comes every 5 ticks and shows the world of 10 ticks ago, also in the first ticks.
func TestLatency(t *testing.T) {
	w := start(t, 20, func(s *Setup) { s.Actors = []Actor{box(60, 3.5, 10)} })
	id := int32(0)
	for range 200 {
		list, in := seen(w)
		at := in.Objects.At
		if in.Fresh != (w.Now%5 == 0) || at != w.Now-10-w.Now%5 || len(list) != 1 {
			t.Fatalf("tick %d: list of tick %d, fresh %v, %d objects", w.Now, at, in.Fresh, len(list))
		}
		near(t, "S when measured", list[0].S, 60+0.1*float64(at), 1e-9)
		if id == 0 {
			id = list[0].ID
		}
		if list[0].ID != id {
			t.Fatalf("tick %d: the thing was %d and is %d", w.Now, id, list[0].ID)
		}
		w.Step(&motion.Command{})
	}
}

func TestRangeAndSides(t *testing.T) {
	for _, row := range []struct {
		why  string
		at   Actor
		v    float64
		fix  float64
		want bool
	}{
		{"130 km/h by the table", box(150+2.1, 3.5, 0), 130 / 3.6, 0, true},
		{"just beyond", box(150+2.2, 3.5, 0), 130 / 3.6, 0, false},
		{"60 km/h by the table", box(49, 3.5, 0), 60 / 3.6, 0, false},
		{"by a figure", box(49, 3.5, 0), 60 / 3.6, 50, true},
		{"9 m to the left, by its edge", box(10, 3.5+9+0.9, 10), 20, 0, true},
		{"behind", box(-80, 3.5, 30), 20, 0, true},
		{"far behind", box(-120, 3.5, 30), 20, 0, false},
		{"far to the side", box(10, 20, 10), 20, 0, false},
	} {
		w := start(t, row.v, func(s *Setup) {
			s.Sensors.Range, s.Sensors.Lateral, s.Sensors.Latency = row.fix, MinLateral, 0
			s.Actors = []Actor{row.at}
		})
		if list, _ := seen(w); (len(list) == 1) != row.want {
			t.Errorf("%s: seen %v, want %v", row.why, len(list) == 1, row.want)
		}
	}
}

// TestOcclusion: who hides whom, on a straight road and in a curve.
func TestOcclusion(t *testing.T) {
	truck := func(s, d float64) Actor {
		return Actor{Kind: motion.Truck, Length: 16, Width: 2.55, S: s, D: d, VS: 20}
	}
	bike := func(s, d float64) Actor {
		return Actor{Kind: motion.Motorcycle, Length: 2.2, Width: 0.8, S: s, D: d, VS: 20}
	}
	curve, err := NewRoad(RoadPlan{Lanes: 3, LaneWidth: 3.5, Pieces: []Piece{{1000, 1.0 / 250, 1.0 / 250}}})
	if err != nil {
		t.Fatal(err)
	}
	straight := Straight(3, 3.5, 0)
	for _, row := range []struct {
		why    string
		road   *Road
		hidden Actor // the thing in question
		hiders []Actor
		want   bool
	}{
		{"nothing between", straight, box(80, 3.5, 0), nil, true},
		{"straight behind the lead", straight, box(80, 3.5, 0), []Actor{box(40, 3.5, 20)}, false},
		{"the lead has moved 0.1 m aside", straight, box(80, 3.5, 0), []Actor{box(40, 3.6, 20)}, false},
		{"the lead has moved 0.375 m aside: revealed", straight, box(80, 3.5, 0), []Actor{box(40, 3.875, 20)}, true},
		{"the lead has moved aside to the right", straight, box(80, 3.5, 0), []Actor{box(40, 3.125, 20)}, true},
		{"a motorcycle hides no car", straight, box(80, 3.5, 0), []Actor{bike(40, 3.5)}, true},
		{"a car hides a motorcycle", straight, bike(80, 3.5), []Actor{box(40, 3.5, 20)}, false},
		{"beside the lead, next lane", straight, box(80, 7, 0), []Actor{box(40, 3.5, 20)}, true},
		{"a truck close ahead hides the next lane behind it", straight, box(40, 7, 20), []Actor{truck(12, 5.2)}, false},
		{"alongside", straight, box(0, 7, 20), []Actor{box(30, 3.5, 20)}, true},
		{"two that hide a half each", straight, box(90, 3.5, 0), []Actor{box(40, 2.6, 20), box(50, 4.4, 20)}, false},
		{"behind the ego", straight, box(-30, 3.5, 25), []Actor{box(-60, 3.5, 25)}, true},
		{"in a curve the lead does not hide who is far ahead", curve, box(120, 3.5, 0), []Actor{box(30, 3.5, 20)}, true},
		{"in a curve the inner lane hides it", curve, box(84, 3.5, 0), []Actor{truck(34, 7), truck(51, 7)}, false},
		{"which would not be so on a straight road", straight, box(84, 3.5, 0), []Actor{truck(34, 7), truck(51, 7)}, true},
	} {
		w := start(t, 20, func(s *Setup) {
			s.Road, s.Ego.D, s.Sensors.Latency = row.road, 3.5, 0
			if row.road == curve {
				s.Ego.S = 100
			}
			s.Actors = append([]Actor{row.hidden}, row.hiders...)
			for i := range s.Actors {
				s.Actors[i].S += s.Ego.S
			}
		})
		got := false
		list, _ := seen(w)
		for _, o := range list {
			got = got || o.S == w.Actors[0].S && o.D == w.Actors[0].D
		}
		if got != row.want {
			t.Errorf("%s: visible %v, want %v", row.why, got, row.want)
		}
	}
}

// TestNoise measures standard deviations, correlation from list to list, and dropouts.
func TestNoise(t *testing.T) {
	w := start(t, 20, func(s *Setup) {
		s.Sensors = NoisySensors()
		s.Sensors.Latency, s.Sensors.Confirm, s.Sensors.Dropout, s.Sensors.DropoutRun = 0, 0, 0.05, 3
		s.Actors = []Actor{box(60, 3.5, 20)}
		s.Seed = 7
	})
	var n, lost, runs, sum, sq, cross, pairs, last, lat float64
	had := false
	ids := map[int32]bool{}
	for range 200_000 {
		w.Step(&motion.Command{})
		list, in := seen(w)
		if !in.Fresh {
			continue
		}
		if len(list) == 0 {
			lost++
			if had {
				runs++
			}
			had = false
			continue
		}
		e := list[0].S - w.Actors[0].S
		ids[list[0].ID] = true
		if had {
			cross += e * last
			pairs++
		}
		n, sum, sq, last, had = n+1, sum+e, sq+e*e, e, true
		lat += (list[0].D - 3.5) * (list[0].D - 3.5)
	}
	near(t, "mean error of S", sum/n, 0, 0.02)
	near(t, "deviation of S", math.Sqrt(sq/n), 0.3, 0.015)
	near(t, "deviation of D", math.Sqrt(lat/n), 0.08, 0.004)
	near(t, "correlation", cross/pairs/(sq/n), 0.7, 0.03)
	near(t, "lists in a dropout", lost/runs, 3, 0.2)
	near(t, "share of lists lost", lost/(n+lost), 0.05*3/(1+0.05*2), 0.02)
	for i := range w.Actors {
		if w.tracks[i].id == 0 || len(ids) == 0 {
			t.Fatal("no ID")
		}
	}
}

// TestLaneNoise: what the car knows of its own place errs, the truth does not.
func TestLaneNoise(t *testing.T) {
	w := start(t, 20, func(s *Setup) { s.Sensors.NoiseLane, s.Sensors.NoiseHeading, s.Sensors.Memory = 0.05, 0.003, 0.8 })
	var d, h, n float64
	for range 100_000 {
		w.Step(&motion.Command{})
		if _, in := seen(w); in.Fresh {
			d, h, n = d+(in.Ego.D-3.5)*(in.Ego.D-3.5), h+in.Ego.Heading*in.Ego.Heading, n+1
		}
	}
	near(t, "deviation in the lane", math.Sqrt(d/n), 0.05, 0.003)
	near(t, "deviation of the heading", math.Sqrt(h/n), 0.003, 0.0002)
	near(t, "true D", w.Ego.D, 3.5, 0)
}

// TestIdentity: a thing that is gone for a moment keeps its ID, one that is gone for half a second gets another, and a new
// thing is listed when it was confirmed.
func TestIdentity(t *testing.T) {
	w := start(t, 20, func(s *Setup) {
		s.Sensors.Latency, s.Sensors.Confirm = 0, 2
		a := box(300, 3.5, 20)
		a.Script.Mode = External
		s.Actors = []Actor{a}
	})
	show := func(gap float64, lists int) (id int32, n int) {
		for range lists * 5 {
			w.Actors[0].S = w.Ego.S + gap
			w.Step(&motion.Command{})
			if list, in := seen(w); in.Fresh && len(list) > 0 {
				id, n = list[0].ID, n+1
			}
		}
		return id, n
	}
	if _, n := show(300, 10); n != 0 {
		t.Fatalf("listed %d times beyond the range", n)
	}
	first, n := show(60, 10)
	if n != 8 {
		t.Errorf("listed %d times of 10, want 8: two lists confirm", n)
	}
	show(300, 3)
	again, _ := show(60, 10)
	if again != first {
		t.Errorf("was %d, after a moment %d", first, again)
	}
	show(300, 20)
	if other, _ := show(60, 10); other == first {
		t.Errorf("keeps %d after a second out of sight", first)
	}
}

func TestFullListKeepsTheNearest(t *testing.T) {
	w := start(t, 20, func(s *Setup) {
		s.Sensors.Occlusion, s.Sensors.Latency = false, 0
		for i := range 100 {
			s.Actors = append(s.Actors, Actor{Length: 1, Width: 1, S: 149 - float64(i), D: 0, VS: 20})
		}
	})
	list, _ := seen(w)
	if len(list) != motion.MaxObjects {
		t.Fatalf("%d objects", len(list))
	}
	for _, o := range list {
		if o.S > 50+motion.MaxObjects {
			t.Errorf("the list holds what is %g m away, though nearer things exist", o.S)
		}
	}
}

func TestSenseTellsTheRoad(t *testing.T) {
	r, err := NewRoad(RoadPlan{Lanes: 3, LaneWidth: 3.5, Limit: 30, Pieces: []Piece{{40, 0, 0}, {100, 0, 0.004}},
		Closures: []Closure{{1, 200, 300}}, Solids: []Solid{{1, -100, 50}}})
	if err != nil {
		t.Fatal(err)
	}
	w := start(t, 10, func(s *Setup) { s.Road, s.End, s.Sight = r, 500, 150 })
	_, in := seen(w)
	if in.Road.Lanes != 3 || in.Road.LaneWidth != 3.5 || in.Road.Limit != 30 || in.Road.LeftCrossable || !in.Road.RightCrossable || in.Road.BlockedAt != 0 {
		t.Errorf("%+v", in.Road)
	}
	near(t, "to the end", in.Place.ToEnd, 500, 0)
	for range 600 {
		w.Step(&motion.Command{})
	}
	_, in = seen(w)
	near(t, "closed at", in.Road.BlockedAt, 200, 0)
	near(t, "curvature here", in.Road.Curvature[0], 0.004*20/100, 3e-6)
	near(t, "curvature 50 m ahead", in.Road.Curvature[5], 0.004*70/100, 3e-6)
	near(t, "curvature behind the pieces", in.Road.Curvature[9], 0, 0)
	if !in.Road.LeftCrossable {
		t.Error("the solid line ended at 50 m")
	}
	near(t, "to the end", in.Place.ToEnd, 500-w.Ego.S, 0)
}

func TestSensorsAreChecked(t *testing.T) {
	for why, spoil := range map[string]func(*Sensors){
		"a latency between two lists": func(s *Sensors) { s.Latency = 7 }, "older than the store": func(s *Sensors) { s.Latency = MaxLatent + 5 },
		"blind to the side": func(s *Sensors) { s.Lateral = 5 }, "short-sighted": func(s *Sensors) { s.Range = 1 }, "noise that is no number": func(s *Sensors) { s.NoiseVS = math.NaN() },
		"always lost": func(s *Sensors) { s.Dropout = 1 }, "noise that never changes": func(s *Sensors) { s.Memory = 1 }, "a run of no list": func(s *Sensors) { s.DropoutRun = 0 },
		"negative confirmation": func(s *Sensors) { s.Confirm = -1 }, "negative range behind": func(s *Sensors) { s.Rear = -1 },
	} {
		s := DefaultSensors()
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		if spoil(&s); s.Check() == nil {
			t.Errorf("%s was accepted", why)
		}
	}
}
