package pilot

import (
	"math"

	"roadbook/pilot/motion"
)

// Limits of tracking.
const (
	coast    = 60   // ticks that a track outlives its last sighting
	stale    = 30   // ticks after which an object list is no longer trusted
	sane     = 1e6  // m, positions beyond are no positions
	saneV    = 120. // m/s
	saneA    = 15.  // m/s²
	minSize  = 0.2  // m, a thing is at least as large as this
	maxSize  = 60.  // m
	fusePos  = 3.   // m/s by which a measured speed may differ from the change of position
	doubtMix = 0.15 // weight of the newest list in that
	sizeMix  = 0.1  // weight of the newest measurement of a size
	noiseMix = 0.1  // weight of the newest residual in the noise estimates
)

// track is one object as the pilot believes it to be, at the time of the last object list.
type track struct {
	id            int32
	seen          int32       // lists in which it was seen
	last          motion.Tick // when it was last measured
	kind          motion.Kind
	s, d          float64 // m
	vs, vd        float64 // m/s
	as, ad        float64 // m/s²
	length, width float64 // m
	rawVD, rawVS  float64 // m/s, as measured last
	rawS          float64 // m
	diff          float64 // m/s, change of the measured lateral speed in the list before
	rate          float64 // m/s², lateral acceleration over the newest list alone
	doubt         float64 // m/s, by which the positions contradict the measured speed, over some lists
	was           bool    // the track before this list, for residuals of the second order
	lead          bool    // in the path of the ego when last planned
	brake         float64 // m/s², asked for it when last planned
	commit        motion.Tick
	passed        motion.Tick // until when it is to be passed
}

// tracker keeps the tracks. Measurement noise is a matter of the sensors, so one estimate serves all tracks.
type tracker struct {
	n      int
	list   [motion.MaxObjects]track
	at     motion.Tick
	any    bool
	noise  float64 // (m/s)², variance of the lateral speed
	noiseA float64 // (m/s²)², variance of the longitudinal acceleration
	noiseS float64 // m², of the longitudinal position from list to list
}

func (t *tracker) reset() { t.n, t.at, t.any, t.noise, t.noiseA, t.noiseS = 0, 0, false, 0, 0, 0 }

// update takes a new object list. It reports whether there was one.
func (t *tracker) update(now motion.Tick, l *motion.Objects) bool {
	if l == nil || t.any && l.At <= t.at || l.At > now {
		t.forget(now)
		return false
	}
	dt := 0.0
	if t.any {
		dt = float64(l.At-t.at) * motion.DT
	}
	t.at, t.any = l.At, true
	known := t.n
	n := min(max(l.N, 0), motion.MaxObjects)
	for i := range n {
		o := &l.List[i]
		if !sound(o) {
			continue
		}
		if k := t.find(o.ID, i, known); k >= 0 {
			t.refine(&t.list[k], o, l.At, dt)
		} else if t.n < motion.MaxObjects {
			t.list[t.n] = track{id: o.ID}
			t.begin(&t.list[t.n], o, l.At)
			t.n++
		} else if k := t.oldest(l.At); k >= 0 {
			t.list[k] = track{id: o.ID}
			t.begin(&t.list[k], o, l.At)
		}
	}
	t.forget(now)
	return true
}

// sound reports whether a measurement can be used at all.
func sound(o *motion.Object) bool {
	return math.Abs(o.S) < sane && math.Abs(o.D) < sane && math.Abs(o.VS) < saneV && math.Abs(o.VD) < saneV &&
		o.Length > 0 && o.Length < maxSize && o.Width > 0 && o.Width < maxSize // false for NaN
}

// find gives the track of an id. Lists keep their order mostly, so the same place is looked at first.
func (t *tracker) find(id int32, i, known int) int {
	if i < known && t.list[i].id == id {
		return i
	}
	for k := range known {
		if t.list[k].id == id {
			return k
		}
	}
	return -1
}

// oldest gives the track that was not seen for longest, if any was missed.
func (t *tracker) oldest(at motion.Tick) int {
	best := -1
	for k := range t.n {
		if t.list[k].last < at && (best < 0 || t.list[k].last < t.list[best].last) {
			best = k
		}
	}
	return best
}

func (t *tracker) begin(k *track, o *motion.Object, at motion.Tick) {
	k.seen, k.last, k.kind = 1, at, o.Kind
	k.s, k.d, k.vs, k.vd = o.S, o.D, o.VS, o.VD
	k.rawVD, k.rawVS, k.rawS = o.VD, o.VS, o.S
	k.as = clampA(o.AS)
	k.length, k.width = size(o.Length), size(o.Width)
}

// refine moves a track on to its newest measurement. The lateral speed is smoothed only as far as the noise needs it: with clean
// sensors the gain is one, and a car that begins to cut in is believed at once.
func (t *tracker) refine(k *track, o *motion.Object, at motion.Tick, dt float64) {
	gone := float64(at-k.last) * motion.DT
	if gone <= 0 {
		return
	}
	if gone > dt+motion.DT { // missed lists: begin anew, but keep what was learned of it
		seen := k.seen
		t.begin(k, o, at)
		k.seen = seen + 1
		return
	}
	diff := o.VD - k.rawVD
	if k.was {
		r := diff - k.diff // of white noise the second difference has six times its variance; of a steady ramp it is nothing
		// One kink, as when a car begins to move sideways, says little: what is far above the estimate counts little.
		t.noise += float64(noiseMix * (min(float64(r*r)/6, float64(4*t.noise)+4e-4) - t.noise))
	}
	da := clampA(o.AS) - k.as
	t.noiseA += float64(noiseMix * (min(float64(da*da)/2, 4) - t.noiseA))

	q := 0.15 * 0.15 // what a car that begins to move sideways changes its speed by in one list
	gain := q / (q + float64(2*t.noise))
	pred := k.vd + float64(float64(k.ad*gain)*gone)
	vd := o.VD
	if t.noise > 1e-4 {
		vd = pred + float64(gain*(o.VD-pred))
	}
	ad := (vd - k.vd) / gone
	mix := 1.0
	if t.noise > 1e-4 {
		mix = 0.4 * gain
	}
	// A single jump of the lateral speed is a step, not an acceleration: both of the last two lists must show it.
	two := 0.0
	if ad*k.rate > 0 {
		two = math.Copysign(min(math.Abs(ad), math.Abs(k.rate)), ad)
	}
	k.rate = ad
	k.ad += float64(mix * (two - k.ad))
	k.vd = vd

	gd := q / (q + float64(t.noise))
	d := k.d + float64(k.vd*gone)
	k.d = d + float64(gd*(o.D-d))

	// A measured speed that the positions contradict list after list is a reflection, as of a bridge over the road. One list alone
	// says nothing: a few decimetres of noise in 50 ms are metres per second.
	vs := o.VS
	off := float64(o.S-k.rawS) - float64(o.VS*gone)
	t.noiseS += float64(noiseMix * (min(float64(off*off)/2, float64(4*t.noiseS)+1e-3) - t.noiseS))
	k.doubt += float64(doubtMix * (max(-saneV, min(off/gone, saneV)) - k.doubt))
	if math.Abs(k.doubt) > fusePos {
		vs += k.doubt
	}
	gs := 1.0 // with exact sensors a position is believed as it is
	if sigma := math.Sqrt(t.noiseS); sigma > 0.03 {
		gs = 0.04 / (0.04 + sigma)
	}
	pred = k.s + float64(0.5*(k.vs+vs)*gone)
	k.s = pred + float64(gs*(o.S-pred))
	k.vs = vs
	ga := 1.0
	if t.noiseA > 0.04 {
		ga = 0.5
	}
	k.as += float64(ga * da)
	k.rawVD, k.rawVS, k.rawS, k.diff, k.was = o.VD, o.VS, o.S, diff, true
	k.length += float64(sizeMix * (size(o.Length) - k.length))
	k.width += float64(sizeMix * (size(o.Width) - k.width))
	k.kind, k.last = o.Kind, at
	k.seen++
}

// doubtA is what of a longitudinal acceleration may be noise, m/s².
func (t *tracker) doubtA() float64 { return min(2*math.Sqrt(t.noiseA), 1) }

// forget drops tracks that were not seen for too long.
func (t *tracker) forget(now motion.Tick) {
	for k := 0; k < t.n; {
		if now-t.list[k].last > coast {
			t.n--
			t.list[k] = t.list[t.n]
			continue
		}
		k++
	}
}

func clampA(a float64) float64 {
	if !(a > -saneA) { // also NaN
		if a <= -saneA {
			return -saneA
		}
		return 0
	}
	return min(a, saneA)
}

func size(v float64) float64 { return min(max(v, minSize), maxSize) }
