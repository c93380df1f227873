package world

import "roadbook/pilot/motion"

// Contact is the kind of a collision, by the parts that met first and by how long the other had been in the way.
type Contact uint8

// Kinds of contact.
const (
	NoContact   Contact = iota
	RearEnd             // the ego's front ran into another's rear that had been in its way for longer than Settled
	CutIn               // the ego's front ran into another's rear that had come into its way within Settled
	SideByEgo           // sides met; the ego moved towards the other faster than the other towards it
	SideByOther         // sides met; the other did
	Struck              // another's front ran into the ego's rear
	HeadOn              // the ego ran into one that came towards it
	RunInto             // the ego's front ran into a person or a thing
)

// Settled is how long another must have been in the ego's way before a collision is the ego's alone.
const Settled = 1 * motion.Second

func (c Contact) String() string {
	if int(c) < len(contactNames) {
		return contactNames[c]
	}
	return "unknown"
}

var contactNames = [...]string{"none", "rear_end", "cut_in", "side_by_ego", "side_by_other", "struck_from_behind", "head_on", "run_into"}

// AtFault reports whether the kind of contact alone puts the fault on the ego. Whether a cut-in could have been avoided is
// for the reference models to say.
func (c Contact) AtFault() bool { return c == RearEnd || c == SideByEgo || c == RunInto }

// Collision returns the first collision since Reset: with which actor, of which kind, and when.
func (w *World) Collision() (hit bool, actor int, kind Contact, at motion.Tick) {
	return w.contact != NoContact, w.with, w.contact, w.contactAt
}

// collide looks for contact of the ego with an actor. Boxes are compared in the tangent plane at the ego; within the few
// metres of a contact the road's curve does not matter.
func (w *World) collide() {
	e := &w.Ego
	far := float64(0.5 * (e.Length + e.Width))
	var self Box
	made := false
	for i := range w.Actors {
		a, m := &w.Actors[i], &w.minds[i]
		dx, dy := a.S-e.S, a.D-e.D
		// in the ego's way: abreast or ahead within its width
		if dx > 0 && abs(dy) < 0.5*(e.Width+a.Width) {
			m.inWay++
		} else if dx > 0 {
			m.inWay = 0
		}
		reach := far + float64(0.5*(a.Length+a.Width))
		if abs(dx) > reach || abs(dy) > reach || w.contact != NoContact {
			continue
		}
		if !made {
			self, made = BoxAt(0, 0, e.Heading, e.Length, e.Width), true
		}
		if w.road.curved {
			dx = float64(dx * (1 - float64(0.5*(e.D+a.D)*w.road.Curvature(e.S))))
		}
		other := BoxAt(dx, dy, a.Heading, a.Length, a.Width)
		if self.Overlaps(&other) {
			w.contact, w.with, w.contactAt = w.kindOf(a, m, &self, &other), i, w.Now
		}
	}
}

// kindOf tells which parts met: those that came to overlap last.
func (w *World) kindOf(a *Actor, m *mind, self, other *Box) Contact {
	e := &w.Ego
	sin, cos := self.Sin, self.Cos
	vs, vd := a.VS-float64(e.V*cos), a.VD-float64(e.V*sin) // of the other against the ego
	ex, ey := self.Reach()
	ox, oy := other.Reach()
	deepX, deepY := ex+ox-abs(other.X), ey+oy-abs(other.Y)
	closeX, closeY := -vs, -vd // speed at which the gap closes
	if other.X < 0 {
		closeX = vs
	}
	if other.Y < 0 {
		closeY = vd
	}
	// time since overlap along each axis; an axis that does not close has overlapped for ever
	longX := closeX <= 0 || closeY > 0 && float64(deepX*closeY) > float64(deepY*closeX)
	if longX && closeY > 0 {
		mine := float64(e.V * sin)
		theirs := -a.VD
		if other.Y < 0 {
			mine, theirs = -mine, a.VD
		}
		if mine > theirs {
			return SideByEgo
		}
		return SideByOther
	}
	switch {
	case other.X < 0:
		return Struck
	case a.Kind == motion.Pedestrian || a.Kind == motion.Obstacle:
		return RunInto
	case a.VS < -0.5:
		return HeadOn
	case m.inWay > Settled:
		return RearEnd
	}
	return CutIn
}

// Gap returns the bumper gap to an actor along the lane, m: positive when it is ahead, negative numbers overlap or lie
// behind; and whether it lies within the ego's width.
func (w *World) Gap(i int) (gap float64, inWay bool) {
	e, a := &w.Ego, &w.Actors[i]
	return a.S - e.S - float64(0.5*(a.Length+e.Length)), abs(a.D-e.D) < 0.5*(a.Width+e.Width)
}

// Never is the time to a collision that will not come, s.
const Never = 1e9

// TTC returns the time, s, until a gap, m, that closes at a speed, m/s, is used up; Never when it does not close.
func TTC(gap, closing float64) float64 {
	switch {
	case gap <= 0:
		return 0
	case closing <= 0 || gap >= Never*closing:
		return Never
	}
	return gap / closing
}

// TTC returns the time, s, until the ego runs into the nearest actor that is ahead within its width, at the speeds of now.
func (w *World) TTC() float64 {
	t := Never
	for i := range w.Actors {
		if gap, in := w.Gap(i); in && w.Actors[i].S > w.Ego.S {
			t = min(t, TTC(gap, w.Ego.V-w.Actors[i].VS))
		}
	}
	return t
}
