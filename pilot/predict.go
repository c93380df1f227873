package pilot

import (
	"math"

	"roadbook/pilot/motion"
)

// Hypotheses about what another does sideways.
const (
	quiet     = 0.02 // m/s, a lateral speed below is none
	maxAside  = 3.0  // m/s², the most a cut-in is thought to accelerate sideways
	fastAside = 3.0  // m/s, the most that it is thought to reach
	gainAside = 0.7  // m/s, of lateral speed that it is thought to gain at least, however slowly
	stopAside = 1.5  // m/s², how a car that changes into the next lane comes to rest there
)

// frame is where the ego's lane lies and where in it the ego is.
type frame struct {
	lane  float64 // m, centre of the lane that is driven in
	width float64 // m, of a lane
	d     float64 // m, the ego's centre
	index int     // of the lane
	lanes int     // of the road
}

// expected is the likeliest path: it keeps its lateral speed until it is centred in a lane. Who walks or cycles goes on.
func (p *Pilot) expected(k *track, b path, f frame) path {
	if !p.p.Thought.Moving || math.Abs(b.vd) < quiet+2*math.Sqrt(p.tr.noise) {
		b.vd = 0
	}
	b.as = k.as
	if math.Abs(b.as) < 0.3+p.tr.doubtA() || k.kind == motion.Obstacle {
		b.as = 0
	}
	if k.kind == motion.Pedestrian || k.kind == motion.Cyclist || b.vd == 0 {
		return b
	}
	b.stops = true
	off := b.d - f.lane
	if off*b.vd < 0 && math.Abs(off) < f.width { // towards us from the next lane
		b.stop = f.lane
		return b
	}
	if off*b.vd < 0 {
		// From farther away: it may mean the lane between. It does, unless it is too fast by now to come to rest there.
		next := f.lane + math.Copysign(f.width, off)
		if left := math.Abs(b.d - next); float64(b.vd*b.vd) < 2*stopAside*left {
			b.stop = next
		} else {
			b.stop = f.lane
		}
		return b
	}
	n := math.Floor(math.Abs(off)/f.width) + 1
	b.stop = f.lane + math.Copysign(float64(n*f.width), b.vd)
	return b
}

// adverse is the worst path that is still credible, if it differs from the expected one: who accelerates sideways goes on to do so,
// who leaves the lane may stay in it, who walks may stop.
func (p *Pilot) adverse(k *track, e path, f frame) (path, bool) {
	if !p.p.Thought.Adverse {
		return e, false
	}
	off := e.d - f.d
	if k.kind == motion.Pedestrian || k.kind == motion.Cyclist {
		if math.Abs(off) < e.wide+0.5 {
			e.vd = 0
			return e, true
		}
		return e, false
	}
	toward := -math.Copysign(1, off)
	if over := e.wide - math.Abs(off); over > 0 {
		if e.vd*toward < 0 && (over > 0.5 || math.Abs(e.vd) < 0.3) {
			e.vd, e.stops = 0, false
			return e, true
		}
		return e, false
	}
	ad := min(float64(k.ad*toward), maxAside)
	vd := float64(e.vd * toward)
	if ad < 0.05+float64(12*math.Sqrt(p.tr.noise)) || vd <= 0 {
		return e, false
	}
	e.ad = ad
	e.vmax = min(max(vd, max(float64(ad*p.aside), gainAside)+vd), max(fastAside, vd))
	if math.Abs(e.d-f.lane) < f.width*1.3 {
		e.stop = f.lane
	}
	e.stops = true
	return e, true
}
