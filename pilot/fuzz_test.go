package pilot_test

import (
	"encoding/binary"
	"math"
	"testing"

	"roadbook/pilot"
	"roadbook/pilot/motion"
)

// FuzzStep feeds raw bits as measurements: whatever they say, every command is one, within what the brakes give.
func FuzzStep(f *testing.F) {
	f.Add([]byte{}, int8(3), uint8(0))
	seed := make([]byte, 8*16)
	for i, v := range []float64{30, 3.5, 20, -1, 0, 4.5, 1.9, 25, 3.5, 0, 0, 3.5, 36, 500, 0.002, 2.8} {
		binary.LittleEndian.PutUint64(seed[8*i:], math.Float64bits(v))
	}
	f.Add(seed, int8(3), uint8(6))
	p, err := pilot.New(pilot.Default())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte, lanes int8, kind uint8) {
		at := 0
		next := func(or float64) float64 {
			if at+8 > len(raw) {
				return or
			}
			at += 8
			return math.Float64frombits(binary.LittleEndian.Uint64(raw[at-8:]))
		}
		p.Reset(pilot.Start{Active: true, Set: 30})
		var l motion.Objects
		in := motion.Input{Objects: &l, Driver: driver, Health: healthy, Place: motorway}
		var out pilot.Output
		for tick := range 100 {
			in.Now = motion.Tick(tick)
			if tick%5 == 0 {
				l.At, l.N = in.Now-10, 2
				for i := range 2 {
					l.List[i] = motion.Object{ID: int32(i), Kind: motion.Kind(kind >> i % 8), S: next(40), D: next(3.5), VS: next(20), VD: next(0), AS: next(0), Length: next(4.5), Width: next(1.9)}
				}
				in.Ego = motion.Ego{S: next(0), V: next(25), D: next(3.5), Heading: next(0), A: next(0), Length: 4.3, Width: 1.9, Wheelbase: next(2.8), Friction: 1, BrakeMax: next(7.59)}
				in.Road = motion.Road{Lanes: int(lanes), LaneWidth: next(3.5), Limit: next(0), BlockedAt: next(0), CurveStep: next(10), LeftCrossable: kind&1 != 0, RightCrossable: kind&2 != 0}
				in.Road.Curvature[0], in.Road.Curvature[1] = next(0), next(0)
			}
			p.Step(&in, &out)
			if c := out.Command; !(c.Accel >= -9.81 && c.Accel <= 2) || !(math.Abs(c.Steer) <= 0.7) {
				t.Fatalf("tick %d: command %+v", tick, c)
			}
		}
	})
}
