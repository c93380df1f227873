package scene

import (
	"testing"

	"roadbook/pilot"
	"roadbook/pilot/motion"
	"roadbook/pilot/scene/world"
)

// TestStandsBeforeTheEnd drives towards the end of the permitted road with a driver who never answers: the minimum risk manoeuvre
// comes to rest before it (5.4.2), from every lane, and asks for no more than 4 m/s² (5.5.2).
func TestStandsBeforeTheEnd(t *testing.T) {
	const end = 1500.0
	stack := DefaultStack()
	s, err := NewSeat(&stack)
	if err != nil {
		t.Fatal(err)
	}
	for lane := range 3 {
		for _, kmh := range []float64{50, 60, 90, 110, 130} {
			setup := world.DefaultSetup(kmh / 3.6)
			setup.Ego.D, setup.End = float64(lane)*LaneWidth, end
			w := &world.World{}
			if err := w.Reset(&setup); err != nil {
				t.Fatal(err)
			}
			s.Reset(pilot.Start{Active: true, Set: kmh / 3.6})
			hardest, began := 0.0, 0.0
			for range 12_000 {
				cmd := s.Step(w)
				mode := s.Out.Engagement.Mode
				if mode == motion.MinimumRisk {
					if hardest = max(hardest, -cmd.Accel); began == 0 {
						began = w.Ego.S
					}
				}
				if mode == motion.Standstill || mode == motion.Locked {
					break
				}
				w.Step(&cmd)
			}
			if began == 0 || w.Ego.V > 0.1 || w.Ego.S+w.Ego.Length/2 > end || hardest > 4.001 {
				t.Errorf("lane %d at %g km/h: the manoeuvre begins at %.1f m, %.1f m/s at %.1f of %g m, braking of %.2f m/s²", lane, kmh, began, w.Ego.V, w.Ego.S, end, hardest)
			}
		}
	}
}
