package bundle

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
	"slices"
	"strings"

	"roadbook/pilot/scene"
	"roadbook/pilot/scene/reference"
)

// SlowKmh is the ego's speed up to which no avoidable collision is allowed.
const SlowKmh = 60

// TTCMost stands in a bundle for a time to collision that never became finite, in s.
const TTCMost = 1e6

// Counter makes a suite's counts from outcomes. Add takes them in the suite's order.
type Counter struct {
	s      Suite
	models [reference.Models]Model
	trace  hash.Hash
	bare   bool // no model runs beside it
	jerk   []float64
	side   []float64
}

// NewCounter begins a suite of so many cases.
func NewCounter(name, version string, defined int64, inputs []scene.Input) *Counter {
	c := &Counter{s: Known(name, version, defined, inputs), trace: sha256.New()}
	c.s.MinTTC = TTCMost
	for m := range reference.Model(reference.Models) {
		c.models[m].Name = m.String()
	}
	return c
}

// Discard counts a case that is not valid by the suite's own constraints.
func (c *Counter) Discard() { c.s.Discarded++ }

// Add counts one outcome.
func (c *Counter) Add(o *scene.Outcome) {
	s := &c.s
	s.Ran++
	k := &s.Fast
	if o.Ego <= SlowKmh {
		k = &s.Slow
	}
	add := func(n *int64, yes bool) {
		if yes {
			*n++
		}
	}
	avoidable := o.Avoidable()
	add(&k.Cases, true)
	add(&k.Avoidable, avoidable)
	add(&k.Collided, o.Collision)
	add(&k.CollidedAvoidable, o.Collision && avoidable)
	add(&k.Bound, o.Bound)
	add(&k.CollidedBound, o.Collision && o.Bound)
	add(&k.BothModels, o.Collision && o.References[reference.CC] && o.References[reference.FSM])
	add(&k.Safe, o.KeepSpeedSafe)
	add(&k.HardSafe, o.Phantom())
	add(&k.Harmless, o.Harmless())
	add(&k.HardHarmless, o.Harmless() && o.MaxDecel > scene.Hard)
	for m := range c.models {
		add(&c.models[m].Collided, o.References[m])
		add(&c.models[m].Beaten, o.Collision && !o.References[m] && !o.Unasked[m])
	}
	add(&s.Mode.Transition, o.Transition)
	add(&s.Mode.Minimum, o.Minimum)
	add(&s.Mode.Emergency, o.Emergency)
	add(&s.Mode.Checker, o.Checker)
	if ttc := float64(o.MinTTC); !o.Collision && ttc >= 0 {
		s.MinTTC = math.Min(s.MinTTC, ttc)
	}
	c.Ride(o.Ticks, o.HardTicks, o.MaxJerk, o.MaxSide)
	c.hash(o.Hash)
	if what := Failure(o); what != "" {
		s.Failing = append(s.Failing, Failing{ID: ID(o.ID), What: what})
	}
}

// Ride counts how a drive felt: ticks, those with braking above 3 m/s², the largest jerk and lateral acceleration. Add does it
// itself.
func (c *Counter) Ride(ticks, hard int, jerk, side float64) {
	k := c.s.Comfort
	if k == nil {
		k = &Comfort{}
		c.s.Comfort = k
	}
	k.Ticks += int64(ticks)
	k.Hard += int64(hard)
	c.jerk, c.side = append(c.jerk, jerk), append(c.side, side)
}

// Check counts a case that holds or does not, with no model beside it: lane keeping, a timer.
func (c *Counter) Check(id string, kmh float64, holds bool, trace uint64) {
	s := &c.s
	s.Ran++
	if kmh <= SlowKmh {
		s.Slow.Cases++
	} else {
		s.Fast.Cases++
	}
	c.Hold("cases", id, holds)
	c.hash(trace)
	c.bare = true
}

// Hold counts whether a case holds a duty; one that breaks it is to be looked at.
func (c *Counter) Hold(duty, id string, holds bool) {
	s := &c.s
	i := slices.IndexFunc(s.Checks, func(k Check) bool { return k.Name == duty })
	if i < 0 {
		i = len(s.Checks)
		s.Checks = append(s.Checks, Check{Name: duty})
	}
	if holds {
		s.Checks[i].Passed++
		return
	}
	s.Checks[i].Failed++
	s.Failing = append(s.Failing, Failing{ID: ID(id), What: "breaks: " + duty})
}

func (c *Counter) hash(trace uint64) {
	var h [8]byte
	binary.BigEndian.PutUint64(h[:], trace)
	c.trace.Write(h[:])
}

// What was the matter with a case, as Failure says it.
const (
	onlyBound = "collision, within the physical bound"
	harmless  = "hard braking, nobody cuts in"
	phantom   = "hard braking, keeping speed is safe"
)

// mercy orders failures from the worst: what a reference model avoids and what breaks a duty, then braking without need, then
// what only physics would avoid.
func (f *Failing) mercy() int {
	return slices.Index([]string{harmless, phantom, onlyBound}, f.What) // -1: graver than all of them
}

// Failure says what someone should look at in an outcome; empty: nothing.
func Failure(o *scene.Outcome) string {
	switch {
	case o.Collision && o.Avoidable():
		if by := o.AvoidedBy(); len(by) > 0 {
			return "collision, avoided by " + strings.Join(by, ", ")
		}
		return "collision, and no model was asked"
	case o.Collision && o.Bound:
		return onlyBound
	case o.Harmless() && o.MaxDecel > scene.Hard:
		return harmless
	case o.Phantom():
		return phantom
	}
	return ""
}

// Suite ends the count. again cases were run a second time, and differ of them gave other bits.
func (c *Counter) Suite(again, differ int64) Suite {
	s := c.s
	if !c.bare {
		s.Models = append([]Model{}, c.models[:]...)
	}
	if k := s.Comfort; k != nil {
		own := *k
		own.Jerk, own.JerkMost = spread(c.jerk)
		own.Side, own.SideMost = spread(c.side)
		s.Comfort = &own
	}
	s.Failing = slices.Clone(s.Failing)
	slices.SortStableFunc(s.Failing, func(a, b Failing) int { return a.mercy() - b.mercy() })
	s.Failing = s.Failing[:min(len(s.Failing), MaxFailing)]
	s.Replay = Replay{Hash: hex.EncodeToString(c.trace.Sum(nil)), Again: again, Differ: differ}
	return s
}

// spread returns what 95 % of the values, of which there is at least one, stay within, by nearest rank, and the largest.
func spread(values []float64) (share, most float64) {
	v := slices.Sorted(slices.Values(values))
	return v[(len(v)*95+99)/100-1], v[len(v)-1]
}

// ID is the id of a case in the characters that a bundle may hold.
func ID(id string) string {
	b := []byte(id)
	for i, ch := range b {
		if !(ch >= '0' && ch <= '9' || ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z' || i > 0 && strings.IndexByte(" ._/:+-", ch) >= 0) {
			b[i] = '_'
			if i == 0 {
				b[i] = 'x'
			}
		}
	}
	if len(b) == 0 {
		return "x"
	}
	return string(b[:min(len(b), MaxText)])
}
