package world

import (
	"math/rand/v2"

	"roadbook/fault"
	"roadbook/pilot/motion"
)

// Flow is traffic as data: drivers spread over the lanes of a stretch.
type Flow struct {
	Density float64 `json:"density_pkm" yaml:"density_pkm"`   // vehicles per km and lane
	Trucks  float64 `json:"trucks" yaml:"trucks"`             // share of the vehicles in lane 0 that are trucks, 0..1
	Speed   float64 `json:"speed_mps" yaml:"speed_mps"`       // mean wish of the cars in lane 0
	PerLane float64 `json:"per_lane_mps" yaml:"per_lane_mps"` // more in each lane to the left
	Spread  float64 `json:"spread" yaml:"spread"`             // of the wishes, ± share of the mean, 0..0.5
}

// MaxDensity bounds a flow, vehicles per km and lane.
const MaxDensity = 80.0

// truckSpeed is the most that trucks wish to drive, m/s.
const truckSpeed = 24.5

// Fill appends the actors of a flow between from and to, leaving clear metres around the ego's start free. The same seed
// gives the same traffic.
func (f *Flow) Fill(out []Actor, r *Road, from, to float64, ego Start, clear float64, seed uint64) ([]Actor, error) {
	bad := func(at, format string, args ...any) error {
		return fault.New(fault.Invalid, "flow_out_of_range", format, args...).At(at)
	}
	switch {
	case !(f.Density > 0 && f.Density <= MaxDensity):
		return out, bad("/density_pkm", "%g vehicles per km and lane, expected more than 0, at most %g", f.Density, MaxDensity)
	case !(f.Trucks >= 0 && f.Trucks <= 1):
		return out, bad("/trucks", "a share of trucks of %g, expected 0 to 1", f.Trucks)
	case !(f.Speed >= 1 && f.PerLane >= 0 && f.Speed+float64(f.PerLane*float64(r.Lanes())) <= 80):
		return out, bad("/speed_mps", "a speed of %g m/s and %g more per lane, expected 1 to 80 in all", f.Speed, f.PerLane)
	case !(f.Spread >= 0 && f.Spread <= 0.5):
		return out, bad("/spread", "a spread of %g, expected 0 to 0.5", f.Spread)
	}
	var rng rand.PCG
	rng.Seed(seed, 0xF10)
	uniform := func() float64 { return float64(float64(rng.Uint64()>>11) * 0x1p-53) }
	step := 1000 / f.Density
	for lane := range r.Lanes() {
		// all start as fast as the tightest gap of the lane allows the slowest
		v := min((f.Speed+float64(f.PerLane*float64(lane)))*(1-f.Spread), max(1, (float64(0.9*step)-4.6-2)/1.2))
		if f.Trucks > 0 && lane == 0 {
			v = min(v, truckSpeed, max(1, (float64(0.9*step)-16.5-2)/1.6))
		}
		for s := from + float64(step*uniform()); s < to; s += step {
			truck, wish, shift := uniform() < f.Trucks && lane == 0, uniform(), uniform()
			at := s + float64(0.1*float64(step*(shift-0.5)))
			d := DefaultDriver((f.Speed + float64(f.PerLane*float64(lane))) * (1 + float64(f.Spread*(float64(2*wish)-1))))
			a := Actor{Kind: motion.Car, Length: 4.6, Width: 1.85, S: at, D: r.Center(lane)}
			d.Changes = true
			if truck {
				a.Kind, a.Length, a.Width = motion.Truck, 16.5, 2.55
				d.Speed, d.Accel, d.Headway, d.Changes = min(d.Speed, truckSpeed), 0.7, 1.6, false
			}
			a.Script = Script{Mode: Driven, Driver: d}
			a.VS = min(d.Speed, v)
			if r.Lane(ego.D) == lane && abs(at-ego.S) < clear {
				continue
			}
			if len(out) == MaxActors {
				return out, bad("/density_pkm", "the flow has more than %d vehicles: thin it or shorten the stretch", MaxActors)
			}
			out = append(out, a)
		}
	}
	return out, nil
}
