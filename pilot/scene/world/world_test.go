package world

import (
	"testing"

	"roadbook/pilot/motion"
)

// TestStoppingDistance compares a full stop with the closed form: dead time, then a first-order lag.
func TestStoppingDistance(t *testing.T) {
	var w World
	s := DefaultSetup(30)
	s.Car.JerkMax = 500 // so that only latency and lag shape the onset
	if err := w.Reset(&s); err != nil {
		t.Fatal(err)
	}
	cmd := motion.Command{Accel: -20, Emergency: true}
	for w.Ego.V > 0 && w.Now < 3000 {
		w.Step(&cmd)
	}
	// v(t) = v0 - b(t - lag(1-exp(-t/lag))) after the dead time: the lag acts as a further dead time once it is over
	v, b, lag, dead := 30.0, 7.593, 0.1, 0.1
	stop := v/b + lag
	want := v*dead + v*stop - b*(stop*stop/2-lag*(stop-lag))
	if got := w.Ego.S; got < want-0.2 || got > want+0.2 {
		t.Fatalf("stopped after %.3f m, closed form %.3f", got, want)
	}
	at := w.Ego.S
	for range 200 {
		w.Step(&cmd)
	}
	if w.Ego.S != at || w.Ego.V != 0 || w.Ego.A != 0 {
		t.Fatalf("braking moved a standing car: %+v", w.Ego)
	}
}
