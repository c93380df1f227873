package scene

import (
	"math"

	"roadbook/fault"
	"roadbook/pilot/scene/reference"
)

// Sizes that hold unless a case says otherwise.
const (
	CarLength = 4.3 // m
	CarWidth  = 1.9 // m
	LaneWidth = 3.5 // m
)

// Case is one concrete scenario in the units of the files; FORMAT.md tells what each column means.
type Case struct {
	ID           string         `json:"id"`
	Kind         reference.Kind `json:"kind"`
	Ego          float64        `json:"ego_kmh"`
	Other        float64        `json:"other_kmh,omitempty"` // cut_in only; otherwise the ego's speed
	Gap          float64        `json:"gap_m"`
	Lateral      float64        `json:"lateral_m,omitempty"` // positive to the left
	LateralSpeed float64        `json:"lateral_mps,omitempty"`
	LateralAccel float64        `json:"lateral_accel_mps2,omitempty"`
	FrontGap     float64        `json:"front_gap_m,omitempty"`
	LeadDecel    float64        `json:"lead_decel_mps2,omitempty"`
	Length       float64        `json:"length_m,omitempty"` // of the others; 0: CarLength
	Width        float64        `json:"width_m,omitempty"`  // of the others; 0: CarWidth

	// Only in JSON grids and suites.
	Front     float64 `json:"front_kmh,omitempty"`    // cut_out: the vehicle that the lead hid; 0 as a rule
	Target    float64 `json:"target_kmh,omitempty"`   // deceleration: what the lead brakes to; 0 as a rule
	LaneWidth float64 `json:"lane_width_m,omitempty"` // 0: LaneWidth
	Friction  float64 `json:"friction,omitempty"`     // 0: dry road
	Seed      uint64  `json:"seed,omitempty"`         // of the sensors' noise
	Duration  float64 `json:"duration_s,omitempty"`   // s; 0: as long as the conflict needs, at least 20 s
}

// number is one numeric field of a case, with the range that it may have.
type number struct {
	name   string
	of     func(*Case) *float64
	lo, hi float64
	unit   string
}

// refused says why a value that is given cannot be meant: 0 stands for what is left out.
func (n *number) refused(v float64) *fault.Error {
	if v != 0 || n.lo <= 0 {
		return nil
	}
	return fault.New(fault.Invalid, "case_range", "0 is out of range: expected %g to %g %s, or nothing", n.lo, n.hi, n.unit).At("/" + n.name)
}

// numbers are the numeric columns, in the order of the file format.
var numbers = [...]number{
	{"ego_kmh", func(c *Case) *float64 { return &c.Ego }, 0, 250, "km/h"},
	{"other_kmh", func(c *Case) *float64 { return &c.Other }, 0, 250, "km/h"},
	{"gap_m", func(c *Case) *float64 { return &c.Gap }, -50, 2000, "m"},
	{"lateral_m", func(c *Case) *float64 { return &c.Lateral }, -20, 20, "m"},
	{"lateral_mps", func(c *Case) *float64 { return &c.LateralSpeed }, -20, 20, "m/s"},
	{"lateral_accel_mps2", func(c *Case) *float64 { return &c.LateralAccel }, -100, 100, "m/s²"},
	{"front_gap_m", func(c *Case) *float64 { return &c.FrontGap }, 0, 2000, "m"},
	{"lead_decel_mps2", func(c *Case) *float64 { return &c.LeadDecel }, 0, 20, "m/s²"},
	{"length_m", func(c *Case) *float64 { return &c.Length }, 0.2, 30, "m"},
	{"width_m", func(c *Case) *float64 { return &c.Width }, 0.2, 5, "m"},
	{"front_kmh", func(c *Case) *float64 { return &c.Front }, 0, 250, "km/h"},
	{"target_kmh", func(c *Case) *float64 { return &c.Target }, 0, 250, "km/h"},
	{"lane_width_m", func(c *Case) *float64 { return &c.LaneWidth }, 2.5, 5, "m"},
	{"friction", func(c *Case) *float64 { return &c.Friction }, 0.1, 1.2, ""},
	{"duration_s", func(c *Case) *float64 { return &c.Duration }, 1, reference.MaxTicks / 100, "s"},
}

// columnsCSV is how many of numbers stand in CSV files; the last two of them are optional columns.
const columnsCSV = 10

// needs says which fields a kind cannot do without. lateral_accel_mps2 may be left out: the lateral speed is then there
// from the first tick.
func needs(k reference.Kind, field string) bool {
	switch field {
	case "ego_kmh", "gap_m":
		return true
	case "other_kmh", "lateral_m":
		return k == reference.CutIn
	case "lateral_mps":
		return k == reference.CutIn || k == reference.CutOut
	case "front_gap_m":
		return k == reference.CutOut
	case "lead_decel_mps2":
		return k == reference.Deceleration
	}
	return false
}

// Check refuses a case that cannot be run. The pointer of its error is "/" and the field's name.
func (c *Case) Check() error {
	if c.ID == "" {
		return fault.New(fault.Invalid, "case_id", "the case has no id").At("/id")
	}
	if c.Kind > reference.Deceleration {
		return fault.New(fault.Invalid, "case_kind", "expected cut_in, cut_out or deceleration").At("/kind")
	}
	for i := range numbers {
		n := &numbers[i]
		v := *n.of(c)
		if v == 0 && !needs(c.Kind, n.name) { // left out
			continue
		}
		if !(v >= n.lo && v <= n.hi) {
			return fault.New(fault.Invalid, "case_range", "%g is out of range: expected %g to %g %s", v, n.lo, n.hi, n.unit).At("/" + n.name)
		}
	}
	if c.Ego <= 0 {
		return fault.New(fault.Invalid, "case_range", "the ego must move: expected more than 0 km/h").At("/ego_kmh")
	}
	f := c.Conflict()
	beside := f.Kind == reference.CutIn && math.Abs(f.Lateral) >= (f.EgoWidth+f.Width)/2
	if f.Gap < 0 && !beside {
		return fault.New(fault.Invalid, "case_overlap", "the vehicles overlap at the start: a gap of %g m", c.Gap).At("/gap_m")
	}
	return nil
}

// Conflict is the case in SI units, as the reference models see it.
func (c *Case) Conflict() reference.Conflict {
	f := reference.Conflict{Kind: c.Kind, Ego: c.Ego / 3.6, Other: c.Ego / 3.6, Gap: c.Gap,
		Length: or(c.Length, CarLength), Width: or(c.Width, CarWidth), EgoLength: CarLength, EgoWidth: CarWidth, LaneWidth: or(c.LaneWidth, LaneWidth)}
	switch c.Kind {
	case reference.CutIn:
		f.Other, f.Lateral = c.Other/3.6, c.Lateral
		f.LateralSpeed, f.LateralAccel = math.Abs(c.LateralSpeed), math.Abs(c.LateralAccel)
	case reference.CutOut:
		f.LateralSpeed, f.LateralAccel = c.LateralSpeed, math.Abs(c.LateralAccel)
		f.FrontGap, f.Front = c.FrontGap, c.Front/3.6
	case reference.Deceleration:
		f.LeadDecel, f.Target = c.LeadDecel, c.Target/3.6
		f.Lateral = c.Lateral
	}
	return f
}

func or(v, def float64) float64 {
	if v == 0 {
		return def
	}
	return v
}

// ReferenceGap returns the gap of a THW rule at a speed in km/h, in metres: "2s", or "r157" for the table of 5.2.3.3, whose
// last value, 1.6 s, is kept above 60 km/h: shorter, so harder, than what national rules ask there.
func ReferenceGap(rule string, kmh float64) (float64, bool) {
	v := kmh / 3.6
	switch rule {
	case "2s":
		return 2 * v, true
	case "r157":
		return math.Max(float64(v*frontTime(kmh)), 2), true
	}
	return 0, false
}

// frontTime is t_front of 5.2.3.3 for M1 and N1, in seconds.
func frontTime(kmh float64) float64 {
	switch {
	case kmh <= 7.2:
		return 1
	case kmh <= 10:
		return 1 + float64(0.1*(kmh-7.2))/2.8
	case kmh <= 60:
		return 1 + kmh/100
	}
	return 1.6
}
