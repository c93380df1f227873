package scene

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"

	"roadbook/pilot/scene/reference"
	"roadbook/pilot/scene/world"
)

// Hard is the deceleration above which braking is hard, in m/s².
const Hard = 3.0

// Least is the smallest value of something that may never have occurred: +Inf then, "inf" in files, null in JSON.
type Least float64

// MarshalJSON writes null for +Inf.
func (l Least) MarshalJSON() ([]byte, error) {
	if math.IsInf(float64(l), 0) || math.IsNaN(float64(l)) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(l), 'g', -1, 64), nil
}

// UnmarshalJSON reads null as +Inf.
func (l *Least) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*l = Least(math.Inf(1))
		return nil
	}
	v, err := strconv.ParseFloat(string(b), 64)
	*l = Least(v)
	return err
}

// Outcome is what came of one case.
type Outcome struct {
	ID         string         `json:"id"`
	Kind       reference.Kind `json:"kind"`
	Ego        float64        `json:"ego_kmh"`
	Collision  bool           `json:"collision"`
	Type       string         `json:"type,omitempty"` // of the collision, see world.Contact
	AtFault    bool           `json:"at_fault,omitempty"`
	MinTTC     Least          `json:"min_ttc_s"`
	MaxDecel   float64        `json:"max_decel_mps2"` // what the car did, not what was asked
	MinGap     Least          `json:"min_gap_m"`
	MaxJerk    float64        `json:"max_jerk_mps3"` // see Ride
	MaxSide    float64        `json:"max_side_mps2"`
	MaxLateral float64        `json:"max_lateral_m"` // how far the ego left the middle of its lane
	HardTicks  int            `json:"hard_ticks"`    // ticks of braking above Hard
	Ticks      int            `json:"ticks"`
	Transition bool           `json:"transition_demand"`
	Minimum    bool           `json:"mrm"`
	Emergency  bool           `json:"emergency"`
	Checker    bool           `json:"checker"` // the checker changed a command

	References    [reference.Models]bool `json:"references"` // which of them collide
	Unasked       [reference.Models]bool `json:"-"`          // which of them have not run: that they do not collide says nothing
	Bound         bool                   `json:"bound"`      // the physical bound avoids it
	KeepSpeedSafe bool                   `json:"keep_speed_safe"`
	CutsIn        bool                   `json:"cuts_in"`
	Hash          uint64                 `json:"hash"` // of every tick's truth
}

// Avoidable reports whether at least one reference model avoids the collision, as far as is known: one that has not run excuses
// nobody.
func (o *Outcome) Avoidable() bool {
	return o.References != [reference.Models]bool{true, true, true, true}
}

// AvoidedBy names the reference models that have run and do not collide.
func (o *Outcome) AvoidedBy() []string {
	var by []string
	for m, hit := range o.References {
		if !hit && !o.Unasked[m] {
			by = append(by, reference.Model(m).String())
		}
	}
	return by
}

// Phantom reports hard braking although keeping the speed is safe.
func (o *Outcome) Phantom() bool { return o.KeepSpeedSafe && o.MaxDecel > Hard }

// Harmless reports that nobody ever comes into the ego's way.
func (o *Outcome) Harmless() bool { return o.KeepSpeedSafe && !o.CutsIn && o.Kind == reference.CutIn }

// ResultColumns are the columns of a file of results.
func ResultColumns() []string {
	names := []string{"id", "collision", "type", "min_ttc_s", "max_decel_mps2", "min_gap_m", "transition_demand", "mrm", "emergency", "checker"}
	for m := range reference.Model(reference.Models) {
		names = append(names, m.String())
	}
	return names
}

// WriteResults writes the outcomes as CSV, in their order; FORMAT.md tells what the columns mean.
func WriteResults(w io.Writer, outcomes []Outcome) error {
	out := bufio.NewWriterSize(w, 1<<16)
	if _, err := out.WriteString(strings.Join(ResultColumns(), ",") + "\n"); err != nil {
		return err
	}
	var line []byte
	for i := range outcomes {
		line = outcomes[i].appendCSV(line[:0])
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (o *Outcome) appendCSV(b []byte) []byte {
	b = appendText(b, o.ID)
	b = appendBool(b, o.Collision)
	b = append(append(b, ','), o.Type...)
	b = appendFigure(b, float64(o.MinTTC))
	b = appendFigure(b, o.MaxDecel)
	b = appendFigure(b, float64(o.MinGap))
	for _, v := range [...]bool{o.Transition, o.Minimum, o.Emergency, o.Checker} {
		b = appendBool(b, v)
	}
	for _, v := range o.References {
		b = appendBool(b, v)
	}
	return append(b, '\n')
}

// appendText quotes what CSV would take apart.
func appendText(b []byte, s string) []byte {
	if !strings.ContainsAny(s, ",\"\r\n") && strings.TrimSpace(s) == s {
		return append(b, s...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(s, `"`, `""`)...)
	return append(b, '"')
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, ",1"...)
	}
	return append(b, ",0"...)
}

// appendFigure writes a figure to the micrometre or microsecond.
func appendFigure(b []byte, v float64) []byte {
	b = append(b, ',')
	if math.IsInf(v, 1) {
		return append(b, "inf"...)
	}
	return strconv.AppendFloat(b, v, 'f', 6, 64)
}

// least turns world.Never into +Inf.
func least(v float64) Least {
	if v >= world.Never {
		return Least(math.Inf(1))
	}
	return Least(v)
}
