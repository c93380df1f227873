// Package shadow compares a candidate pilot with the shipped one that drives.
//
// Owns: what counts as a difference, and the account of differences: when, how long, how much, on which input.
// Does not own: the pilots (the caller runs both on the same input), the way of an event to the maker.
// Always true: the candidate is compared open loop: what it commands never reaches the car, so that it sees the traffic that
// the shipped pilot made. A difference says that they decide differently, not which one is right. Nothing is allocated, and memory
// is bounded: what finds no room is counted as lost.
// Says: Event, and Totals with rates per kilometre.
// Start reading at: Recorder.Step.
package shadow

import (
	"fmt"
	"math"

	"roadbook/pilot/motion"
)

// Kind is a set of ways in which two pilots differ.
type Kind uint8

// Ways to differ.
const (
	Accel      Kind = 1 << iota // acceleration, by more than Thresholds.Accel
	Steer                       // steering angle, by more than Thresholds.Steer
	Mode                        // they stand in different modes
	Emergency                   // one of them is in an emergency manoeuvre
	Unreadable                  // one of them commands what is not a number
	Kinds      = 5              // how many there are
)

// names are those of the kinds, by bit.
var names = [Kinds]string{"accel", "steer", "mode", "emergency", "unreadable"}

// String lists the kinds of the set.
func (k Kind) String() string {
	s := ""
	for i, n := range names {
		if k&(1<<i) != 0 {
			if s != "" {
				s += "+"
			}
			s += n
		}
	}
	return s
}

// Sample is what one pilot gave in a tick.
type Sample struct {
	Command    motion.Command
	Engagement motion.Engagement
}

// Thresholds say what a difference is.
type Thresholds struct {
	Accel float64 `json:"accel_mps2"`
	Steer float64 `json:"steer_rad"`
	Least int     `json:"least_ticks"` // differing ticks that make an event; fewer are told as brief
	Calm  int     `json:"calm_ticks"`  // without a difference, after which the event is over
}

// Default returns thresholds below which nobody in the car feels the difference.
func Default() Thresholds { return Thresholds{Accel: 0.5, Steer: 0.01, Least: 10, Calm: 100} }

// MaxCalm bounds Thresholds.Least and Thresholds.Calm, in ticks.
const MaxCalm = 6000

// Check refuses thresholds that make no sense.
func (t *Thresholds) Check() error {
	switch {
	case !(t.Accel > 0 && t.Accel <= 10):
		return fmt.Errorf("shadow: accel_mps2 is %v, expected above 0, to 10", t.Accel)
	case !(t.Steer > 0 && t.Steer <= 1):
		return fmt.Errorf("shadow: steer_rad is %v, expected above 0, to 1", t.Steer)
	case t.Least < 1 || t.Least > MaxCalm:
		return fmt.Errorf("shadow: least_ticks is %d, expected 1 to %d", t.Least, MaxCalm)
	case t.Calm < 1 || t.Calm > MaxCalm:
		return fmt.Errorf("shadow: calm_ticks is %d, expected 1 to %d", t.Calm, MaxCalm)
	}
	return nil
}

// Event is one difference from its first tick to its last.
type Event struct {
	Kinds     Kind        `json:"kinds"`
	First     motion.Tick `json:"first_tick"`
	Last      motion.Tick `json:"last_tick"`       // in which they differed
	Differing int         `json:"differing_ticks"` // from First to Last
	Accel     float64     `json:"accel_mps2"`      // the greatest difference, candidate less shipped
	Steer     float64     `json:"steer_rad"`       // likewise
	Shipped   motion.Mode `json:"shipped_mode"`    // in the first tick
	Candidate motion.Mode `json:"candidate_mode"`
	Speed     float64     `json:"speed_mps"` // of the ego in the first tick
	Input     [32]byte    `json:"input"`     // SHA-256 of what both saw in the first tick, see Digest
}

// Capacity is how many finished events wait for Next at most.
const Capacity = 64

// Totals count since Reset.
type Totals struct {
	Ticks  int64        `json:"ticks"`  // in which at least one pilot drove
	Metres float64      `json:"metres"` // in them
	Events int64        `json:"events"`
	ByKind [Kinds]int64 `json:"by_kind"` // events of each kind, by bit
	Brief  int64        `json:"brief"`   // differences shorter than Thresholds.Least
	Lost   int64        `json:"lost"`    // events that found no room; counted in Events, too
}

// PerKilometre is the rate of events, 0 before the first metre.
func (t *Totals) PerKilometre() float64 {
	if t.Metres <= 0 {
		return 0
	}
	return float64(t.Events) / t.Metres * 1000
}

// Recorder compares two pilots in one car. It is not safe for use by several goroutines.
type Recorder struct {
	t      Thresholds
	open   bool
	event  Event
	totals Totals
	ring   [Capacity]Event
	head   int // oldest
	n      int
	buf    [inputSize]byte
}

// New returns a recorder, or refuses thresholds that make no sense.
func New(t Thresholds) (*Recorder, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	return &Recorder{t: t}, nil
}

// Reset forgets everything but the thresholds.
func (r *Recorder) Reset() { *r = Recorder{t: r.t} }

// Totals returns the counts.
func (r *Recorder) Totals() Totals { return r.totals }

// Next returns the oldest finished event and takes it out.
func (r *Recorder) Next() (Event, bool) {
	if r.n == 0 {
		return Event{}, false
	}
	e := r.ring[r.head]
	r.head, r.n = (r.head+1)%Capacity, r.n-1
	return e, true
}

// Step compares one tick. Nothing is compared, and an event ends, while neither pilot drives.
func (r *Recorder) Step(in *motion.Input, shipped, candidate *Sample) {
	if !drives(shipped.Engagement.Mode) && !drives(candidate.Engagement.Mode) {
		r.Finish()
		return
	}
	r.totals.Ticks++
	if v := in.Ego.V; v > 0 && v-v == 0 {
		r.totals.Metres += float64(v * motion.DT)
	}
	kinds, da, ds := r.compare(shipped, candidate)
	if kinds == 0 {
		if r.open && in.Now-r.event.Last >= motion.Tick(r.t.Calm) {
			r.Finish()
		}
		return
	}
	e := &r.event
	if !r.open {
		r.open = true
		*e = Event{First: in.Now, Shipped: shipped.Engagement.Mode, Candidate: candidate.Engagement.Mode, Speed: in.Ego.V, Input: digest(in, &r.buf)}
	}
	e.Kinds |= kinds
	e.Last = in.Now
	e.Differing++
	e.Accel, e.Steer = greater(e.Accel, da), greater(e.Steer, ds)
}

// compare returns how two samples differ, and by how much where both are numbers.
func (r *Recorder) compare(s, c *Sample) (k Kind, da, ds float64) {
	da, ds = c.Command.Accel-s.Command.Accel, c.Command.Steer-s.Command.Steer
	if !(math.Abs(da) <= math.MaxFloat64) {
		k, da = k|Unreadable, 0
	}
	if !(math.Abs(ds) <= math.MaxFloat64) {
		k, ds = k|Unreadable, 0
	}
	if math.Abs(da) > r.t.Accel {
		k |= Accel
	}
	if math.Abs(ds) > r.t.Steer {
		k |= Steer
	}
	if s.Engagement.Mode != c.Engagement.Mode {
		k |= Mode
	}
	if s.Engagement.Emergency != c.Engagement.Emergency {
		k |= Emergency
	}
	return k, da, ds
}

// Finish ends the event that runs, if any: at the end of a drive.
func (r *Recorder) Finish() {
	if !r.open {
		return
	}
	r.open = false
	if r.event.Differing < r.t.Least {
		r.totals.Brief++
		return
	}
	r.totals.Events++
	for i := range r.totals.ByKind {
		if r.event.Kinds&(1<<i) != 0 {
			r.totals.ByKind[i]++
		}
	}
	if r.n == Capacity {
		r.totals.Lost++
		return
	}
	r.ring[(r.head+r.n)%Capacity] = r.event
	r.n++
}

// greater returns the one further from 0.
func greater(a, b float64) float64 {
	if math.Abs(b) > math.Abs(a) {
		return b
	}
	return a
}

// drives reports whether a pilot has the car in this mode.
func drives(m motion.Mode) bool { return m >= motion.Active && m <= motion.Standstill }
