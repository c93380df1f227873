package scene

import (
	"math"

	"roadbook/fault"
	"roadbook/pilot"
	"roadbook/pilot/motion"
	"roadbook/pilot/scene/reference"
	"roadbook/pilot/scene/world"
)

// Followed is what came of following a lead that drives as it was recorded.
type Followed struct {
	Outcome
	Metres float64 // that the ego drove
	Short  int     // ticks with less than the gap of R157, 5.2.3.3
	Left   bool    // the pilot was no longer active at the end
}

// settleTime is how long the ego may still drive after the record ends.
const settleTime = 10 * motion.Second

// Follow lets the stack follow a lead that drives the speeds of trace, on a straight road without other traffic, from two seconds
// behind it at its first speed. The set speed is the most that the market allows.
func Follow(id string, trace []world.Speed, s Stack) (Followed, error) {
	if len(trace) < 2 {
		return Followed{}, fault.New(fault.Invalid, "trace_short", "a recorded drive of %d rows: expected at least 2", len(trace))
	}
	seat, err := NewSeat(&s)
	if err != nil {
		return Followed{}, err
	}
	v := trace[0].V
	setup := world.DefaultSetup(v)
	setup.Car, setup.Sensors = s.Car, s.Sensors
	middle := setup.Road.Center(1)
	setup.Ego.D = middle
	gap := max(float64(2*v), 5)
	setup.Actors = []world.Actor{{Kind: motion.Car, Length: CarLength, Width: CarWidth, S: gap + float64(0.5*(CarLength+s.Car.Length)), D: middle, VS: v,
		Script: world.Script{Mode: world.Traced, Trace: trace}}}
	w := &world.World{}
	if err := w.Reset(&setup); err != nil {
		return Followed{}, err
	}
	seat.Reset(pilot.Start{Active: true, Set: s.Pilot.Market.MaxSpeed})
	f := Followed{}
	var t Tally
	t.Begin(Outcome{ID: id, Kind: reference.Deceleration, Ego: v * 3.6})
	for over := false; w.Now < trace[len(trace)-1].At+settleTime && !over; {
		cmd := seat.Step(w)
		w.Step(&cmd)
		t.Drove(w, &seat, &cmd)
		t.MaxLateral = max(t.MaxLateral, math.Abs(w.Ego.D-middle))
		over = t.Look(w)
		if gap, inWay := w.Gap(0); inWay && w.Ego.V > 0.1 && gap < pilot.MinGap(w.Ego.V, s.Pilot.Market.THW) {
			f.Short++
		}
	}
	f.Outcome, f.Metres, f.Left = t.End(), w.Ego.S, seat.Out.Engagement.Mode != motion.Active
	return f, nil
}
