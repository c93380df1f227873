package scene

import (
	"roadbook/pilot/motion"
	"roadbook/pilot/scene/world"
)

// Trace is a run tick by tick.
type Trace struct {
	Every  int     `json:"every"` // keep one tick of so many; 0: all
	Ego    Shape   `json:"ego"`
	Others []Shape `json:"others"`
	Frames []Frame `json:"frames"`
	seen   int
}

// Shape is the size of a box, in metres.
type Shape struct {
	Kind   motion.Kind `json:"kind"`
	Length float64     `json:"length_m"`
	Width  float64     `json:"width_m"`
}

// Frame is the truth after one tick, and what led to it.
type Frame struct {
	Tick      motion.Tick    `json:"tick"`
	Ego       State          `json:"ego"`
	Others    []State        `json:"others"`
	Command   motion.Command `json:"command"` // as the checker passed it on
	Mode      motion.Mode    `json:"mode"`
	Emergency bool           `json:"emergency"`
	Checker   bool           `json:"checker"`
	TTC       Least          `json:"ttc_s"` // to what is in the ego's way
}

// State is where one box is and how it moves, in SI units.
type State struct {
	S  float64 `json:"s"`
	D  float64 `json:"d"`
	H  float64 `json:"h"` // rad, heading against the lane
	VS float64 `json:"vs"`
	VD float64 `json:"vd"`
	A  float64 `json:"a"`
}

// Reset empties the trace for the next run.
func (t *Trace) Reset() { *t = Trace{Every: t.Every, Frames: t.Frames[:0]} }

// Add keeps what came of one tick, if it is one of those that are kept.
func (t *Trace) Add(w *world.World, s *Seat, cmd *motion.Command) {
	t.seen++
	if t.Every > 1 && t.seen%t.Every != 0 {
		return
	}
	if t.Others == nil {
		t.Ego = Shape{Length: w.Ego.Length, Width: w.Ego.Width}
		for i := range w.Actors {
			a := &w.Actors[i]
			t.Others = append(t.Others, Shape{a.Kind, a.Length, a.Width})
		}
	}
	e := &w.Ego
	sin, cos := world.SinCos(e.Heading)
	f := Frame{Tick: w.Now, Ego: State{S: e.S, D: e.D, H: e.Heading, VS: e.V * cos, VD: e.V * sin, A: e.A}, Command: *cmd, Mode: s.Out.Engagement.Mode,
		Emergency: s.Out.Engagement.Emergency, Checker: s.Say.Intervened, TTC: least(w.TTC())}
	for i := range w.Actors {
		a := &w.Actors[i]
		f.Others = append(f.Others, State{a.S, a.D, a.Heading, a.VS, a.VD, a.A})
	}
	t.Frames = append(t.Frames, f)
}
