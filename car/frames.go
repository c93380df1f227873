package car

import (
	"time"

	"roadbook/car/drive"
	"roadbook/wire/frame"
)

// MaxStatesPerFrame keeps a frame well below the wire's bounds; a longer drive becomes several frames.
const MaxStatesPerFrame = 1500

// rangePerPercent is how far a percent of charge takes the car, in metres: for the display, not for decisions.
const rangePerPercent = 5200

// framesOf turns a drive that began at start into frames: each signal on change, with a dead band of one unit of its
// resolution. The final state is always there, so that the cloud's last value is the car's.
func framesOf(start time.Time, states []drive.State) []frame.Frame {
	var out []frame.Frame
	for len(states) > 0 {
		n := min(len(states), MaxStatesPerFrame)
		out = append(out, frameOf(start, states[:n]))
		states = states[n:]
	}
	return out
}

func frameOf(start time.Time, states []drive.State) frame.Frame {
	f := frame.Frame{Catalogue: frame.Catalogue, Base: start}
	for _, sig := range []struct {
		id    frame.ID
		value func(drive.State) float64
	}{
		{frame.Speed, func(s drive.State) float64 { return s.Speed }},
		{frame.IsMoving, func(s drive.State) float64 { return truth(s.Speed > 0) }},
		{frame.TraveledDistance, func(s drive.State) float64 { return s.Odometer }},
		{frame.StateOfCharge, func(s drive.State) float64 { return s.SoC }},
		{frame.CurrentPower, func(s drive.State) float64 { return s.Power }},
		{frame.BatteryTemp, func(s drive.State) float64 { return s.Temp }},
		{frame.AccumulatedEnergy, func(s drive.State) float64 { return s.Energy }},
		{frame.StateOfHealth, func(s drive.State) float64 { return s.Health }},
		{frame.Range, func(s drive.State) float64 { return s.SoC * rangePerPercent }},
	} {
		known, ok := frame.Lookup(sig.id)
		if !ok {
			continue
		}
		col := frame.Column{Signal: sig.id}
		for i, s := range states {
			raw := known.Raw(sig.value(s))
			last := i == len(states)-1
			if n := len(col.Points); n == 0 || last || raw != col.Points[n-1].Raw {
				col.Points = append(col.Points, frame.Point{Offset: int64(s.At * 1000), Raw: raw})
			}
		}
		f.Columns = append(f.Columns, col)
	}
	return f
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
