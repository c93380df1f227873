package world

import (
	"math"
	"testing"

	"roadbook/pilot/motion"
)

// driven returns a driven passenger car.
func driven(s, d, v float64, f func(*Driver)) Actor {
	a := Actor{Length: 4.3, Width: 1.9, S: s, D: d, VS: v, Script: Script{Mode: Driven, Driver: DefaultDriver(v)}}
	if f != nil {
		f(&a.Script.Driver)
	}
	return a
}

// TestEquilibriumGap lets a driver settle behind a slower lead: s = (s0 + vT)/√(1-(v/v0)⁴).
func TestEquilibriumGap(t *testing.T) {
	for _, v := range []float64{5, 15, 25} {
		w := start(t, 0, func(s *Setup) {
			s.Ego.D, s.Ego.S = 7, -5000
			s.Actors = []Actor{{Length: 4.3, Width: 1.9, S: 100, VS: v}, driven(0, 0, 30, nil)}
		})
		for range 30_000 {
			w.Step(&motion.Command{})
		}
		lead, a := &w.Actors[0], &w.Actors[1]
		d := &a.Script.Driver
		want := (d.Jam + v*d.Headway) / math.Sqrt(1-math.Pow(v/30, 4))
		near(t, "gap", lead.S-a.S-4.3, want, 0.05)
		near(t, "speed", a.VS, v, 0.01)
	}
}

func TestIDM(t *testing.T) {
	d := DefaultDriver(30)
	near(t, "free road from a standstill", d.IDM(0, 1e9, 0), d.Accel, 1e-9)
	near(t, "free road at the wished speed", d.IDM(30, 1e9, 30), 0, 1e-9)
	near(t, "standing at the jam gap", d.IDM(0, d.Jam, 0), 0, 1e-9)
	near(t, "no harder than the hardest", d.IDM(30, 1, 0), -d.Hardest, 0)
	near(t, "a gap used up", d.IDM(10, -1, 10), -d.Hardest, 0)
	q := (2 + 20*1.2 + 20*(20-15)/(2*math.Sqrt(3))) / 40
	near(t, "the formula", d.IDM(20, 40, 15), 1.5*(1-math.Pow(2.0/3, 4)-q*q), 1e-9)
}

// TestDriversStopBehindTheEgo: a driven car stops behind a standing ego, and one that is blind to it does not.
func TestDriversStopBehindTheEgo(t *testing.T) {
	for _, blind := range []bool{false, true} {
		w := start(t, 0, func(s *Setup) {
			s.Actors = []Actor{driven(-150, 3.5, 25, func(d *Driver) { d.IgnoresEgo = blind })}
		})
		for range 4000 {
			w.Step(&motion.Command{})
		}
		hit, _, kind, _ := w.Collision()
		if hit != blind || blind && kind != Struck {
			t.Errorf("blind %v: collision %v of kind %v", blind, hit, kind)
		}
		if gap, _ := w.Gap(0); !blind && math.Abs(gap+4.3+4.3+2) > 0.6 {
			t.Errorf("stops %g m behind, want about the jam gap", -gap-8.6)
		}
	}
}

// TestMOBIL walks the safe criterion and the incentive: a car behind a slow lead wants the lane to its left.
func TestMOBIL(t *testing.T) {
	for _, row := range []struct {
		why     string
		behind  float64 // gap to a follower in the target lane, m; 0: none
		v       float64 // its speed
		polite  float64
		solid   bool
		lead    float64 // speed of the own lead
		changes bool
	}{
		{"free lane beside a slow lead", 0, 0, 0, false, 15, true},
		{"no lead to overtake", 0, 0, 0, false, 60, false},
		{"a follower far behind", 120, 30, 0, false, 15, true},
		{"a faster follower that would have to brake hard: not safe", 15, 40, 0, false, 15, false},
		{"a follower alongside", 1, 25, 0, false, 15, false},
		{"a follower that loses more than a polite driver gains", 45, 28, 1, false, 22, false},
		{"the same by a selfish one", 45, 28, 0, false, 22, true},
		{"a solid line", 0, 0, 0, true, 15, false},
	} {
		w := start(t, 0, func(s *Setup) {
			p := RoadPlan{Lanes: 2, LaneWidth: 3.5}
			if row.solid {
				p.Solids = []Solid{{0, -1e5, 1e5}}
			}
			r, err := NewRoad(p)
			if err != nil {
				t.Fatal(err)
			}
			s.Road = r
			s.Ego.S, s.Ego.D = -2000, 0
			s.Actors = []Actor{
				driven(0, 0, 25, func(d *Driver) { d.Changes, d.Politeness, d.Speed = true, row.polite, 33 }),
				{Length: 4.3, Width: 1.9, S: 60, VS: row.lead},
			}
			if row.behind > 0 {
				s.Actors = append(s.Actors, driven(-row.behind-4.3, 3.5, row.v, nil))
			}
		})
		w.Step(&motion.Command{}) // its turn is at tick 0
		m := &w.minds[0].wheel
		if got := m.until > 0; got != row.changes {
			t.Errorf("%s: changes %v, want %v", row.why, got, row.changes)
			continue
		}
		if !row.changes {
			continue
		}
		for range 400 {
			w.Step(&motion.Command{})
		}
		a := &w.Actors[0]
		near(t, row.why+": arrives at", a.D, 3.5, 0)
		near(t, row.why+": lateral speed", a.VD, 0, 0)
	}
}

// TestFlowIsSafe runs dense traffic: nobody drives through anybody, and lanes are changed.
func TestFlowIsSafe(t *testing.T) {
	for seed := range uint64(4) {
		f := Flow{Density: 22, Trucks: 0.3, Speed: 27, PerLane: 4, Spread: 0.2}
		s := DefaultSetup(0)
		s.Ego.S, s.Ego.D, s.Window = 0, 7, 1200
		var err error
		if s.Actors, err = f.Fill(nil, s.Road, -1000, 1000, s.Ego, 60, seed); err != nil {
			t.Fatal(err)
		}
		s.Ego.V = 25
		w := new(World)
		if err := w.Reset(&s); err != nil {
			t.Fatal(err)
		}
		boxes := make([]Box, len(w.Actors))
		hard := 0.0 // hardest braking, by who has been forced to it
		for range 20_000 {
			me, lead := DefaultDriver(25), 1e9
			v := w.Ego.V
			for i := range w.Actors {
				if gap, in := w.Gap(i); in && gap > -4 && gap < lead {
					lead, v = gap, w.Actors[i].VS
				}
			}
			w.Step(&motion.Command{Accel: me.IDM(w.Ego.V, lead, v)})
			if w.Now%10 != 0 {
				continue
			}
			for i := range w.Actors {
				a := &w.Actors[i]
				hard = max(hard, -a.A)
				boxes[i] = BoxAt(a.S, a.D, a.Heading, a.Length, a.Width)
				for j := range i {
					if boxes[i].Overlaps(&boxes[j]) {
						t.Fatalf("seed %d, tick %d: actors %d and %d overlap: %+v, %+v", seed, w.Now, i, j, w.Actors[i], w.Actors[j])
					}
				}
			}
		}
		if hit, i, kind, at := w.Collision(); hit {
			t.Fatalf("seed %d: %v with %+v at %d", seed, kind, w.Actors[i], at)
		}
		if hard > 4.5 {
			t.Errorf("seed %d: somebody braked with %g m/s²", seed, hard)
		}
		began := 0
		for i := range w.minds {
			if w.minds[i].wheel.until > 0 {
				began++
			}
		}
		if began == 0 {
			t.Fatalf("seed %d: none of %d cars ever changed lanes", seed, len(w.Actors))
		}
		ahead, behind := 0, 0 // within the window, after about 5 km
		for i := range w.Actors {
			switch ds := w.Actors[i].S - w.Ego.S; {
			case ds > 0 && ds < 1.5*s.Window:
				ahead++
			case ds <= 0 && ds > -1.5*s.Window:
				behind++
			}
		}
		if n := len(w.Actors); ahead < n/5 || behind < n/10 || w.Ego.S < 3000 {
			t.Fatalf("seed %d: of %d actors %d are ahead and %d behind after %g m", seed, n, ahead, behind, w.Ego.S)
		}
	}
}

// TestDriversStopBeforeAClosedLane: a closed lane is a standing leader.
func TestDriversStopBeforeAClosedLane(t *testing.T) {
	r, err := NewRoad(RoadPlan{Lanes: 1, LaneWidth: 3.5, Closures: []Closure{{0, 500, 600}}})
	if err != nil {
		t.Fatal(err)
	}
	w := start(t, 0, func(s *Setup) {
		s.Road, s.Ego.D, s.Ego.S = r, 0, -1000
		s.Actors = []Actor{driven(0, 0, 30, nil)}
	})
	for range 6000 {
		w.Step(&motion.Command{})
	}
	near(t, "front of the car", w.Actors[0].S+4.3/2, 498, 0.6)
	near(t, "its speed", w.Actors[0].VS, 0, 0.05)
}

func TestFlowIsChecked(t *testing.T) {
	r := Straight(3, 3.5, 0)
	ok := Flow{Density: 10, Speed: 25}
	for why, f := range map[string]Flow{"no car": {Speed: 25}, "too dense": {Density: 200, Speed: 25}, "no speed": {Density: 10},
		"more trucks than cars": {Density: 10, Speed: 25, Trucks: 2}, "wild": {Density: 10, Speed: 25, Spread: 0.9}, "no number": {Density: math.NaN(), Speed: 25}} {
		if _, err := f.Fill(nil, r, 0, 1000, Start{}, 50, 1); err == nil {
			t.Errorf("%s was accepted", why)
		}
	}
	if _, err := ok.Fill(nil, r, 0, 50_000, Start{}, 50, 1); err == nil {
		t.Error("more actors than the world holds were accepted")
	}
	one, err1 := ok.Fill(nil, r, 0, 1000, Start{S: 500, D: 3.5}, 100, 1)
	two, err2 := ok.Fill(nil, r, 0, 1000, Start{S: 500, D: 3.5}, 100, 2)
	if err1 != nil || err2 != nil || len(one) < 25 || one[0].S == two[0].S {
		t.Fatalf("%v, %v: %d actors", err1, err2, len(one))
	}
	for _, a := range one {
		if a.D == 3.5 && math.Abs(a.S-500) < 100 {
			t.Errorf("an actor at %g m stands in the clear part", a.S)
		}
	}
}
