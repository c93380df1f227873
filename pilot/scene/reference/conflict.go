package reference

import (
	"fmt"
	"math"
)

const (
	dt = 0.01 // s, one tick

	// Revealed is the lateral displacement, in metres, from which on all models see what stands behind a lead that leaves
	// the lane, and from which on a driver perceives that a car leaves the middle of its lane (Annex 3).
	Revealed = 0.375
	// CutOutOffset is where a lead that leaves the lane ends, in metres from the middle of the ego's lane.
	CutOutOffset = 4.0
	// MinTicks is how long every conflict is watched at least, 20 s.
	MinTicks = 2000
	// MaxTicks is how long a conflict is watched at most, 150 s: the longest stop from 130 km/h is over by then.
	MaxTicks = 15000
)

// Kind is the family of a conflict.
type Kind uint8

// The three families of R157 Annex 3.
const (
	CutIn        Kind = iota // a challenger enters the ego's lane
	CutOut                   // the lead leaves the lane, a vehicle stands behind it
	Deceleration             // the lead brakes to standstill
)

var kindNames = [...]string{"cut_in", "cut_out", "deceleration"}

func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return "unknown"
	}
	return kindNames[k]
}

// KindOf returns the kind of a name.
func KindOf(name string) (Kind, bool) {
	for i, n := range kindNames {
		if n == name {
			return Kind(i), true
		}
	}
	return 0, false
}

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the kind's name.
func (k *Kind) UnmarshalText(b []byte) (err error) {
	kind, ok := KindOf(string(b))
	if !ok {
		return fmt.Errorf("%.60q is no kind: expected cut_in, cut_out or deceleration", b)
	}
	*k = kind
	return nil
}

// Conflict is one concrete case between the ego, which starts in the middle of its lane, and one other vehicle (two in a
// cut-out). SI units; lateral positions are those of centres, positive to the left.
type Conflict struct {
	Kind         Kind
	Ego          float64 // m/s
	Other        float64 // m/s; of lead or challenger
	Gap          float64 // m, bumper to bumper, to the lead or challenger ahead
	Lateral      float64 // m, where the challenger's centre starts; of a lead that brakes: where it drives
	LateralSpeed float64 // m/s: cut-in, towards the ego's lane, >= 0; cut-out, positive to the left
	LateralAccel float64 // m/s², the ramp of the lateral speed; 0: the lateral speed is there from the first tick
	FrontGap     float64 // m, cut-out: from the lead's front bumper to the rear of the vehicle that stands
	Front        float64 // m/s, cut-out: speed of that vehicle, 0 as a rule
	LeadDecel    float64 // m/s², positive
	Target       float64 // m/s, deceleration: what the lead brakes to, 0 as a rule
	Length       float64 // m, of all others
	Width        float64 // m, of all others
	EgoLength    float64 // m
	EgoWidth     float64 // m
	LaneWidth    float64 // m
}

// Ticks returns how long the conflict is to be watched: until whatever can happen has happened, within MinTicks and MaxTicks.
func (c *Conflict) Ticks() int {
	t := 0.0
	switch c.Kind {
	case CutIn:
		if rel := c.Ego - c.Other; rel > 0 {
			t = (math.Max(c.Gap, 0)+c.Length+c.EgoLength)/rel + 5
		}
		if c.LateralSpeed > 0 {
			t = math.Max(t, c.lateralTime(math.Abs(c.Lateral))+15)
		}
	case CutOut:
		if c.Ego > 0 {
			t = float64(2*(c.Gap+c.Length+c.FrontGap))/c.Ego + 10
		}
		if rel := c.Ego - c.Front; rel > 0 {
			t = math.Max(t, (c.Gap+c.Length+c.FrontGap)/rel+5)
		}
		if v := math.Abs(c.LateralSpeed); v > 0 {
			t = math.Max(t, c.lateralTime(CutOutOffset)+15)
		}
	case Deceleration:
		if c.LeadDecel > 0 {
			t = (c.Other-c.Target)/c.LeadDecel + 15
			if rel := c.Ego - c.Target; rel > 0 {
				t = math.Max(t, float64(2*c.Gap)/rel+5)
			}
		}
	}
	n := MinTicks
	if t > MaxTicks*dt {
		n = MaxTicks
	} else if k := int(math.Ceil(t / dt)); k > n {
		n = k
	}
	return n
}

// lateralTime returns how long it takes to move sideways by dist, in seconds.
func (c *Conflict) lateralTime(dist float64) float64 {
	v, ramp := math.Abs(c.LateralSpeed), 0.0
	if c.LateralAccel > 0 {
		ramp = v / c.LateralAccel
	}
	return dist/v + ramp
}

// traffic is the other vehicles of a conflict, moved tick by tick. Longitudinal positions are those of centres, the ego's
// centre starts at 0.
type traffic struct {
	c        *Conflict
	s, d     float64 // lead or challenger
	vs, vd   float64
	target   float64 // m, where the lateral movement ends
	dir      float64 // of the lateral movement; 0: none
	standing float64 // cut-out: centre of the vehicle that stands
}

func start(c *Conflict) traffic {
	half := float64((c.EgoLength + c.Length) / 2)
	t := traffic{c: c, s: c.Gap + half, vs: c.Other}
	switch c.Kind {
	case CutIn:
		t.d = c.Lateral
		if c.LateralSpeed > 0 && c.Lateral != 0 {
			t.dir = -math.Copysign(1, c.Lateral)
		}
	case Deceleration:
		t.d = c.Lateral
	case CutOut:
		t.standing = t.s + c.FrontGap + c.Length
		if c.LateralSpeed != 0 {
			t.dir = math.Copysign(1, c.LateralSpeed)
			t.target = float64(t.dir * CutOutOffset)
		}
	}
	return t
}

// step moves the others by one tick, semi-implicit Euler.
func (t *traffic) step() {
	if t.c.Kind == Deceleration {
		t.vs = math.Max(t.vs-float64(t.c.LeadDecel*dt), math.Min(t.c.Target, t.vs))
	}
	t.s += float64(t.vs * dt)
	t.standing += float64(t.c.Front * dt)
	if t.dir == 0 {
		return
	}
	v := math.Abs(t.c.LateralSpeed)
	if a := t.c.LateralAccel; a > 0 {
		v = math.Min(math.Abs(t.vd)+float64(a*dt), v)
	}
	t.vd = float64(t.dir * v)
	t.d += float64(t.vd * dt)
	if float64((t.target-t.d)*t.dir) <= 0 {
		t.d, t.vd, t.dir = t.target, 0, 0
	}
}

// CutsIn reports whether the box of another vehicle enters the ego's lane from beside while the conflict is watched.
func (c *Conflict) CutsIn() bool {
	if c.Kind != CutIn {
		return false
	}
	edge := float64((c.LaneWidth + c.Width) / 2)
	if math.Abs(c.Lateral) < edge {
		return true
	}
	if c.LateralSpeed <= 0 {
		return false
	}
	t := start(c)
	for range c.Ticks() {
		if t.step(); math.Abs(t.d) < edge {
			return true
		}
	}
	return false
}
