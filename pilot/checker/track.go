package checker

import "roadbook/pilot/motion"

// track is one object of the newest readable list, with the lateral acceleration that the lists before it tell.
type track struct {
	id             int32
	s, d           float64 // m, centre, when measured
	vs, vd, as, ad float64 // m/s, m/s²
	rate           float64 // m/s², ad over the newest list alone
	length, width  float64 // m
}

// scene is the checker's own memory of the object list. Two lists take turns, so that nothing is allocated.
type scene struct {
	at     motion.Tick // of the list
	seen   bool        // a list was ever read
	n      int
	side   int
	tracks [2][motion.MaxObjects]track
}

// Gains of the filters, per list. Lateral speed is measured, its change is not: noise in it is smoothed.
const (
	gatherGain = 0.5
	brakeGain  = 0.5
)

// read takes over a list, and reports whether it could be read. A list with a number that is none, with an impossible count
// or size, or measured before the one that is known, is left out as a whole: nobody knows what else is wrong in it.
func (s *scene) read(now motion.Tick, l *motion.Objects) bool {
	if l == nil || l.N < 0 || l.N > motion.MaxObjects || l.At > now || s.seen && l.At < s.at {
		return false
	}
	if s.seen && l.At == s.at {
		return true
	}
	for i := range l.N {
		o := &l.List[i]
		if !finite(o.S, o.D, o.VS, o.VD, o.AS, o.Length, o.Width) || o.Length <= 0 || o.Width <= 0 {
			return false
		}
	}
	old, fresh := &s.tracks[s.side], &s.tracks[1-s.side]
	for i := range l.N {
		o := &l.List[i]
		t := track{id: o.ID, s: o.S, d: o.D, vs: o.VS, vd: o.VD, as: o.AS, length: o.Length, width: o.Width}
		if b := find(old[:s.n], i, o.ID); b != nil {
			dt := float64(l.At-s.at) * motion.DT
			t.rate = (o.VD - b.vd) / dt
			t.ad = b.ad + float64(gatherGain*(t.rate-b.ad))
			t.as = b.as + float64(brakeGain*(o.AS-b.as))
		}
		fresh[i] = t
	}
	s.at, s.seen, s.n, s.side = l.At, true, l.N, 1-s.side
	return true
}

// find looks for an object where it was in the list before, then elsewhere.
func find(old []track, i int, id int32) *track {
	if i < len(old) && old[i].id == id {
		return &old[i]
	}
	for k := range old {
		if old[k].id == id {
			return &old[k]
		}
	}
	return nil
}

// now carries a track on to the present: it goes on for age seconds. A change of lateral speed is not
// carried on: few last as long as the list is old.
func (t *track) now(age float64) track {
	n := *t
	n.s += float64(t.vs*age) + float64(0.5*t.as*age*age)
	n.d += float64(t.vd * age)
	n.vs = max(0, t.vs+float64(t.as*age))
	return n
}

// finite reports whether all are numbers.
func finite(all ...float64) bool {
	for _, v := range all {
		if v-v != 0 {
			return false
		}
	}
	return true
}
