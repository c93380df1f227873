package sumo

import (
	"math"

	"roadbook/pilot/motion"
	"roadbook/pilot/scene/reference"
	"roadbook/pilot/scene/world"
)

// Crash is a collision of the ego.
type Crash struct {
	Seed   uint64                 `json:"seed"`
	Trip   int                    `json:"trip"`
	At     float64                `json:"at_s"` // of the trip
	S      float64                `json:"s_m"`
	With   string                 `json:"with"`
	Type   string                 `json:"type"`
	Speed  float64                `json:"ego_mps"`
	Other  float64                `json:"other_mps"`
	InLane float64                `json:"in_lane_s"` // how long the other had been ahead in the ego's lane
	Ego    bool                   `json:"ego_caused"`
	Why    string                 `json:"why"`
	Models [reference.Models]bool `json:"models"` // which reference models collide too, when a cut-in was replayed
}

// glide is how long after the collision the other is thought to go on as it did, s: a model that brakes late must not
// escape because the record ends.
const glide = 4.0

// What is said of a cut-in that the models have replayed.
const (
	preventable   = "a cut-in that a reference model avoids"
	unpreventable = "a cut-in that no reference model avoids"
)

// crash judges a collision.
func (d *drive) crash(i int, kind world.Contact) {
	w, s := &d.world, &d.slots[i]
	a := &w.Actors[i]
	c := Crash{Seed: d.seed, Trip: d.count.Trips, At: float64(w.Now) * motion.DT, S: w.Ego.S, With: s.id, Type: kind.String(),
		Speed: w.Ego.V, Other: a.VS, InLane: float64(s.measure.inLane) * motion.DT}
	c.Ego, c.Why = d.blame(s, a, kind, &c.Models)
	if c.Ego {
		d.count.EgoCaused++
	} else {
		d.count.OtherCaused++
	}
	d.count.Crashes = append(d.count.Crashes, c)
	d.witness.met(d, &c)
}

// blame says whether the ego caused a collision. Struck from behind or from the side: the other did, unless the ego had just
// moved into its lane. Front into another: the ego did, unless the other cut in so late that no reference model avoids it.
func (d *drive) blame(s *slot, a *world.Actor, kind world.Contact, models *[reference.Models]bool) (ego bool, why string) {
	own := d.meter.changed && d.world.Now-d.meter.changedAt < ownMoment
	switch kind {
	case world.Struck:
		if own {
			return true, "the ego moved into the lane of the other, which could not stop"
		}
		return false, "struck from behind"
	case world.SideByOther:
		return false, "the other moved into the ego's side"
	case world.SideByEgo:
		return true, "the ego moved into the other's side"
	}
	if own {
		return true, "the ego moved into the lane behind the other"
	}
	begin, found := d.cutIn(s)
	if !found {
		return true, "the other had been in the ego's lane all the time"
	}
	avoided := false
	for m := range reference.Model(reference.Models) {
		models[m] = d.replay(m, s, a, begin)
		avoided = avoided || !models[m]
	}
	if avoided {
		return true, preventable
	}
	return false, unpreventable
}

// cutIn finds the step at which the other began the movement that brought it into the ego's lane: the last one at which its
// centre lay within reference.Revealed of the middle of another lane. Not found: it was in the ego's lane all the time that
// is remembered.
func (d *drive) cutIn(s *slot) (begin int, found bool) {
	first := max(s.since, d.adopt, d.step-history+2)
	for k := d.step - 1; k >= first; k-- {
		p := &s.past[k%history]
		lane := math.Round(p.d / laneWidth)
		if int(lane) != d.meter.lane && math.Abs(p.d-float64(laneWidth*lane)) <= reference.Revealed {
			return k, true
		}
	}
	return 0, false
}

// replay drives a reference model through what the other did from a step on, and reports whether it collides.
func (d *drive) replay(m reference.Model, s *slot, a *world.Actor, begin int) bool {
	e := &d.world.Ego
	start := d.egoPast[begin%history]
	driver := reference.NewDriver(m, reference.CutIn, float64(0.5*(laneWidth-e.Width)), laneWidth, a.Width)
	v := reference.View{Ego: start.v, Lengths: a.Length + e.Length}
	at, accel := start.s, start.a
	ticks := (d.step-begin)*stepTicks + int(glide/motion.DT)
	for k := range ticks {
		o := s.at(begin, d.step, float64(k)/stepTicks)
		side := o.d - start.d
		v.Gap = o.s - at - float64(0.5*v.Lengths)
		v.Edge = math.Abs(side) - float64(0.5*(a.Width+e.Width))
		v.Other, v.EgoAccel = o.v, accel
		v.Towards = -o.vd
		if side < 0 {
			v.Towards = o.vd
		}
		v.Passed = at > o.s
		if v.Edge <= 0 && v.Gap <= 0 && v.Gap > -v.Lengths {
			return true
		}
		next := driver.Step(&v)
		accel = (next - v.Ego) / motion.DT
		v.Ego = next
		at += float64(next * motion.DT)
	}
	return false
}

// at is where the other was f steps after begin; after the last step it goes straight on at its speed.
func (s *slot) at(begin, last int, f float64) pose {
	whole := int(f)
	if begin+whole >= last {
		p := s.past[last%history]
		p.s += float64(p.v * (f - float64(last-begin)) * stepLength)
		p.vd = 0
		return p
	}
	p, q := s.past[(begin+whole)%history], s.past[(begin+whole+1)%history]
	f -= float64(whole)
	return pose{s: p.s + float64(f*(q.s-p.s)), d: p.d + float64(f*(q.d-p.d)), v: p.v + float64(f*(q.v-p.v)), vd: q.vd}
}
