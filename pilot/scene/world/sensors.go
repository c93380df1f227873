package world

import (
	"math/rand/v2"

	"roadbook/fault"
	"roadbook/pilot/motion"
)

// Sensors is what the car's sensors give, as data. Lists come every motion.SensePeriod ticks.
type Sensors struct {
	Range        float64     `json:"range_m" yaml:"range_m"`             // ahead, from the centre of the car; 0: the least of R157, 7.1.1, at the speed of the car
	Rear         float64     `json:"rear_m" yaml:"rear_m"`               // behind
	Lateral      float64     `json:"lateral_m" yaml:"lateral_m"`         // to each side, at least MinLateral
	Latency      motion.Tick `json:"latency_ticks" yaml:"latency_ticks"` // from measurement to list; a multiple of motion.SensePeriod
	Confirm      int         `json:"confirm_lists" yaml:"confirm_lists"` // a thing is listed when it was visible in this many lists before
	Occlusion    bool        `json:"occlusion" yaml:"occlusion"`
	Share        float64     `json:"share" yaml:"share"`         // of a box that must be in sight from one mount, 0..1
	NoiseS       float64     `json:"noise_s_m" yaml:"noise_s_m"` // standard deviations
	NoiseD       float64     `json:"noise_d_m" yaml:"noise_d_m"`
	NoiseVS      float64     `json:"noise_vs_mps" yaml:"noise_vs_mps"`
	NoiseVD      float64     `json:"noise_vd_mps" yaml:"noise_vd_mps"`
	NoiseAS      float64     `json:"noise_as_mps2" yaml:"noise_as_mps2"`
	NoiseSize    float64     `json:"noise_size_m" yaml:"noise_size_m"`
	NoiseLane    float64     `json:"noise_lane_m" yaml:"noise_lane_m"`           // of the ego in its lane
	NoiseHeading float64     `json:"noise_heading_rad" yaml:"noise_heading_rad"` // of the ego against its lane
	Memory       float64     `json:"memory" yaml:"memory"`                       // correlation of the noise from list to list, 0..0.99
	Dropout      float64     `json:"dropout" yaml:"dropout"`                     // chance that a thing is lost in a list
	DropoutRun   float64     `json:"dropout_run_lists" yaml:"dropout_run_lists"` // mean number of lists it then stays lost, at least 1
}

// Bounds of Sensors.
const (
	MinLateral = 9.0 // m (R157, 5.2.6)
	MaxLatent  = 100 // ticks
	maxLists   = MaxLatent/int(motion.SensePeriod) + 1
	forget     = 10 // lists without sight after which a thing that comes back gets another ID
)

// DefaultSensors returns sensors without noise: 150 m ahead (7.1.1 at 130 km/h), 0.1 s old, with occlusion.
func DefaultSensors() Sensors {
	return Sensors{Range: 150, Rear: 100, Lateral: 12, Latency: 10, Occlusion: true, Share: 0.25, DropoutRun: 1}
}

// NoisySensors returns the sensors with the noise of a camera and radar fusion and with dropouts.
func NoisySensors() Sensors {
	s := DefaultSensors()
	s.NoiseS, s.NoiseD, s.NoiseVS, s.NoiseVD, s.NoiseAS, s.NoiseSize = 0.3, 0.08, 0.2, 0.1, 0.3, 0.1
	s.NoiseLane, s.NoiseHeading = 0.03, 0.002
	s.Memory, s.Dropout, s.DropoutRun, s.Confirm = 0.7, 0.01, 2, 1
	return s
}

// Check refuses sensors that cannot be.
func (s *Sensors) Check() error {
	bad := func(at, format string, args ...any) error {
		return fault.New(fault.Invalid, "sensors_out_of_range", format, args...).At(at)
	}
	if s.Range != 0 && !(s.Range >= 10 && s.Range <= 1000) {
		return bad("/range_m", "the range is %g m, expected 10 to 1000, or 0 for the table of R157, 7.1.1", s.Range)
	}
	if !(s.Rear >= 0 && s.Rear <= 1000) {
		return bad("/rear_m", "the range behind is %g m, expected 0 to 1000", s.Rear)
	}
	if !(s.Lateral >= MinLateral && s.Lateral <= 100) {
		return bad("/lateral_m", "the range to the side is %g m, expected %g to 100", s.Lateral, MinLateral)
	}
	if s.Latency < 0 || s.Latency > MaxLatent || s.Latency%motion.SensePeriod != 0 {
		return bad("/latency_ticks", "the latency is %d ticks, expected 0 to %d in steps of %d", s.Latency, MaxLatent, motion.SensePeriod)
	}
	if s.Confirm < 0 || s.Confirm > 100 {
		return bad("/confirm_lists", "%d lists to confirm, expected 0 to 100", s.Confirm)
	}
	for _, r := range [...]struct {
		name      string
		v, lo, hi float64
	}{
		{"share", s.Share, 0, 1}, {"noise_s_m", s.NoiseS, 0, 20}, {"noise_d_m", s.NoiseD, 0, 5}, {"noise_vs_mps", s.NoiseVS, 0, 20},
		{"noise_vd_mps", s.NoiseVD, 0, 10}, {"noise_as_mps2", s.NoiseAS, 0, 20}, {"noise_size_m", s.NoiseSize, 0, 2},
		{"noise_lane_m", s.NoiseLane, 0, 1}, {"noise_heading_rad", s.NoiseHeading, 0, 0.1},
		{"memory", s.Memory, 0, 0.99}, {"dropout", s.Dropout, 0, 0.99}, {"dropout_run_lists", s.DropoutRun, 1, 1000},
	} {
		if !(r.v >= r.lo && r.v <= r.hi) {
			return bad("/"+r.name, "%s is %g, expected %g to %g", r.name, r.v, r.lo, r.hi)
		}
	}
	return nil
}

// ForwardRange returns the least forward sensing range, m, of R157, 7.1.1, at v m/s, between the rows linearly.
func ForwardRange(v float64) float64 {
	table := [...]float64{46, 50, 60, 75, 90, 110, 130, 150} // at 60, 70 … 130 km/h
	x := float64(v*0.36) - 6
	if x <= 0 {
		return table[0]
	}
	i := int(x)
	if i >= len(table)-1 {
		return table[len(table)-1]
	}
	return table[i] + float64((table[i+1]-table[i])*(x-float64(i)))
}

// track is what the sensors remember of one actor.
type track struct {
	rng   rand.PCG
	id    int32
	seen  int  // lists in a row in which it was visible
	unhad int  // lists since it was listed
	lost  bool // by a dropout
	noise [6]float64
}

// gauss returns a number with mean 0 and standard deviation 1: the sum of four uniform ones, so it stays within ±3.47.
func (t *track) gauss() float64 {
	u := t.rng.Uint64()
	sum := int64(u&0xffff) + int64(u>>16&0xffff) + int64(u>>32&0xffff) + int64(u>>48)
	return (float64(sum) - 2*65535) * (1.7320508075688772 / 65536)
}

// drift moves error k on, which keeps a part of what it was in the last list, and returns it; its deviation is 1.
func (t *track) drift(k int, keep, fresh float64) float64 {
	t.noise[k] = float64(keep*t.noise[k]) + float64(fresh*t.gauss())
	return t.noise[k]
}

// uniform returns a number in [0, 1).
func (t *track) uniform() float64 { return float64(float64(t.rng.Uint64()>>11) * 0x1p-53) }

// place measures where the ego is in its lane.
func (w *World) place() {
	s := &w.sensors
	if s.NoiseLane == 0 && s.NoiseHeading == 0 {
		return
	}
	fresh := sqrt(1 - float64(s.Memory*s.Memory))
	w.laneError = [2]float64{float64(s.NoiseLane * w.camera.drift(0, s.Memory, fresh)), float64(s.NoiseHeading * w.camera.drift(1, s.Memory, fresh))}
}

// measure writes the list of this tick.
func (w *World) measure(out *motion.Objects) {
	s := &w.sensors
	out.At, out.N = w.Now, 0
	ahead := s.Range
	if ahead == 0 {
		ahead = ForwardRange(w.Ego.V)
	}
	if s.Occlusion {
		w.look()
	}
	for i := range w.Actors {
		a, t := &w.Actors[i], &w.tracks[i]
		ds, dd := a.S-w.Ego.S, a.D-w.Ego.D
		half, side := float64(0.5*a.Length), float64(0.5*a.Width)
		near := ds-half <= ahead && ds+half >= -s.Rear && abs(dd)-side <= s.Lateral
		if near && s.Occlusion {
			near = w.visible(i)
		}
		w.note(a, t, near, out)
	}
}

// note writes an actor to the list if the sensors have it.
func (w *World) note(a *Actor, t *track, visible bool, out *motion.Objects) {
	s := &w.sensors
	if s.Dropout > 0 {
		u := t.uniform() // drawn in every list, so that one actor's luck does not depend on another's place
		if t.lost {
			t.lost = float64(u*s.DropoutRun) >= 1
		} else {
			t.lost = u < s.Dropout
		}
	}
	var n [6]float64
	if w.noisy {
		keep := s.Memory
		fresh := sqrt(1 - float64(keep*keep))
		for k, sigma := range [6]float64{s.NoiseS, s.NoiseD, s.NoiseVS, s.NoiseVD, s.NoiseAS, s.NoiseSize} {
			n[k] = float64(sigma * t.drift(k, keep, fresh))
		}
	}
	if !visible || t.lost {
		t.unhad++
		if !visible {
			t.seen = 0
		}
		return
	}
	t.seen++
	if t.seen <= s.Confirm {
		t.unhad++
		return
	}
	if t.id == 0 || t.unhad >= forget {
		w.ids++
		t.id = w.ids
	}
	t.unhad = 0
	o := &out.List[min(out.N, motion.MaxObjects-1)]
	if out.N < motion.MaxObjects {
		out.N++
	} else if o = w.farthest(out); abs(o.S-w.Ego.S) <= abs(a.S-w.Ego.S) {
		return
	}
	*o = motion.Object{ID: t.id, Kind: a.Kind, S: a.S + float64(n[0]), D: a.D + float64(n[1]), VS: a.VS + float64(n[2]), VD: a.VD + float64(n[3]),
		AS: a.A + float64(n[4]), Length: max(0.1, a.Length+float64(n[5])), Width: max(0.1, a.Width+float64(0.5*n[5]))}
}

// farthest returns the entry of a full list that is farthest from the ego along the road: it gives way to a nearer one.
func (w *World) farthest(out *motion.Objects) *motion.Object {
	far := &out.List[0]
	for i := range out.List {
		if o := &out.List[i]; abs(o.S-w.Ego.S) > abs(far.S-w.Ego.S) {
			far = o
		}
	}
	return far
}
