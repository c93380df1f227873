package world

import (
	"testing"

	"roadbook/pilot/motion"
)

// TestKindsOfContact drives the ego and another into each other in every way.
func TestKindsOfContact(t *testing.T) {
	ramp := func(a Actor, to, speed float64, at motion.Tick) Actor {
		a.Script.Ramps = []Ramp{{At: at, To: to, Speed: speed}}
		return a
	}
	person := box(60, 3.5, 0)
	person.Kind, person.Length, person.Width = motion.Pedestrian, 0.5, 0.6
	crossing := ramp(person, 20, 1.4, 0)
	crossing.D, crossing.S = -0.5, 50
	for _, row := range []struct {
		why   string
		v     float64
		steer float64
		other Actor
		want  Contact
		fault bool
	}{
		{"runs into a standing car ahead", 20, 0, box(80, 3.5, 0), RearEnd, true},
		{"runs into a slower car", 30, 0, box(60, 3.5, 20), RearEnd, true},
		{"one cuts in close ahead, 0.5 s before", 30, 0, ramp(box(20, 7, 15), 3.5, 3, 10), CutIn, false},
		{"one cuts in long before", 30, 0, ramp(box(120, 7, 15), 3.5, 3, 10), RearEnd, true},
		{"one drifts into the ego's side", 20, 0, ramp(box(1, 7, 20), 3.5, 1, 0), SideByOther, false},
		{"the ego drifts into one beside it", 20, 0.01, box(0.5, 7, 20), SideByEgo, true},
		{"struck from behind", 10, 0, box(-40, 3.5, 25), Struck, false},
		{"one comes the wrong way", 20, 0, box(100, 3.5, -20), HeadOn, false},
		{"a person on the road", 15, 0, person, RunInto, true},
		{"a person who crosses", 14, 0, crossing, RunInto, true},
		{"nothing", 20, 0, box(30, 7, 20), NoContact, false},
		{"passes close by without contact", 25, 0, box(60, 3.5+1.95, 10), NoContact, false},
		{"passes with contact of the corners", 25, 0, box(60, 3.5+1.85, 10), RearEnd, true},
	} {
		w := start(t, row.v, func(s *Setup) { s.Actors = []Actor{row.other} })
		cmd := motion.Command{Steer: row.steer}
		for range 1500 {
			w.Step(&cmd)
		}
		hit, i, kind, at := w.Collision()
		if kind != row.want || hit != (row.want != NoContact) || kind.AtFault() != row.fault || i != 0 {
			t.Errorf("%s: %v at tick %d, fault %v; want %v, %v", row.why, kind, at, kind.AtFault(), row.want, row.fault)
		}
		var in motion.Input
		if w.Sense(&in); in.Health.Collision != hit {
			t.Errorf("%s: the car feels a collision: %v", row.why, in.Health.Collision)
		}
	}
	for c := NoContact; c <= RunInto; c++ {
		if c.String() == "unknown" {
			t.Errorf("contact %d has no name", c)
		}
	}
	if Contact(99).String() != "unknown" {
		t.Error("a contact that is not has a name")
	}
}

func TestCollisionIsFoundWhenBoxesTouch(t *testing.T) {
	w := start(t, 20, func(s *Setup) { s.Actors = []Actor{box(80, 3.5, 0)} })
	for hit := false; !hit; hit, _, _, _ = w.Collision() {
		if w.Now > 1000 {
			t.Fatal("drove through")
		}
		w.Step(&motion.Command{})
	}
	if gap, _ := w.Gap(0); gap > 0 || gap < -0.2-1e-9 {
		t.Fatalf("found at a gap of %g m", gap)
	}
}

func TestTTC(t *testing.T) {
	for _, row := range []struct{ gap, closing, want float64 }{
		{20, 10, 2}, {20, 0, Never}, {20, -3, Never}, {0, 5, 0}, {-1, -5, 0}, {1e12, 1, Never},
	} {
		near(t, "TTC", TTC(row.gap, row.closing), row.want, 0)
	}
	w := start(t, 30, func(s *Setup) {
		s.Actors = []Actor{box(104.3, 3.5, 20), box(54.3, 7, 0), box(-20, 3.5, 50), box(204.3, 3.5, 0)}
	})
	near(t, "TTC to the nearest in the way", w.TTC(), 200.0/30, 1e-9)
}
