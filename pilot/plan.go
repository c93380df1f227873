package pilot

import (
	"math"

	"roadbook/pilot/motion"
)

// demand is what a plan asks of the controller until the next plan.
type demand struct {
	accel float64 // m/s²
	jerk  float64 // m/s³
	hard  bool    // for safety, not for comfort
}

// Levels of urgency, as limits of the build-up of braking.
const (
	softJerk = 10 // m/s³, caution
	softMax  = 2.9

	settleTicks  = 100 // for which the decision to pass stands
	begunBrake   = 1.5 // m/s², who is braked for by more is not passed a moment later
	drawn        = 2.0 // m/s, who is closed in on by less is not passed in a hurry
	passingBrake = 0.3 // m/s², for a lead that is being overtaken
)

// decide weighs everything around and gives the acceleration to drive with. Each object has its own say; the one that asks for most
// braking is heard.
func (p *Pilot) decide(in *motion.Input, f frame, want float64) demand {
	ego := &in.Ego
	v := max(ego.V, 0)
	out := demand{accel: p.free(v, want), jerk: p.p.Comfort.Jerk}
	p.roll.begin()
	pass := false
	for i := range p.tr.n {
		k := &p.tr.list[i]
		k.lead = false
		b := p.pathOf(k, ego, in.Now)
		if b.s < -b.half || b.s-b.half > 250 {
			continue
		}
		e := p.expected(k, b, f)
		if o := math.Abs(e.d-f.d) - e.wide; o > 0 && e.vd == 0 && o > 0.5 {
			continue // keeps its lane beside us
		}
		brake, hard, up := p.settle(k, &e, f, in.Now)
		if a, in := p.ahead(e, f, v); in {
			k.lead = true
			if a < out.accel && !up { // who is passed is not followed
				out.accel = a
				if a < -1.5 {
					out.jerk = softJerk
				}
			}
		}
		k.brake = brake
		pass = pass || up
		if brake > 0 && -brake < out.accel {
			out.accel = -brake
			out.jerk = max(out.jerk, softJerk)
		}
		if hard {
			out.hard = true
			out.jerk = p.p.Emergency.Jerk
		}
	}
	if k := p.leaving(ego, f, in.Now); k > 0 && -k < out.accel {
		out.accel, out.jerk = -k, max(out.jerk, softJerk)
	}
	if pass && out.accel > -softMax {
		out.accel, out.jerk, out.hard = p.roll.up, softJerk, true
	}
	return out
}

// leaving is the caution behind a lead that leaves the lane while nobody is seen ahead of it: what it hid may stand there.
func (p *Pilot) leaving(ego *motion.Ego, f frame, now motion.Tick) float64 {
	var lead, next float64 // m, centres
	moves := false
	lead = math.Inf(1)
	for i := range p.tr.n {
		k := &p.tr.list[i]
		b := p.pathOf(k, ego, now)
		if b.s < b.half || math.Abs(b.d-f.lane) > b.wide+0.3 || b.s >= lead {
			continue
		}
		off := b.d - f.lane
		lead = b.s
		moves = b.s-b.half < float64(2.6*ego.V)+2 && b.vd*off > 0 && math.Abs(b.vd) > 0.2+float64(3*math.Sqrt(p.tr.noise)) && math.Abs(off) < b.wide+0.3
	}
	if !moves || ego.V < 2 {
		return 0
	}
	for i := range p.tr.n {
		b := p.pathOf(&p.tr.list[i], ego, now)
		if b.s > lead+1 && math.Abs(b.d-f.lane) < b.wide {
			next = b.s
		}
	}
	if next > 0 {
		return 0 // seen: the rest of the plan looks after it
	}
	return softMax
}

// ahead is the say of the following law for somebody in the path, or about to be.
func (p *Pilot) ahead(e path, f frame, v float64) (float64, bool) {
	gap := e.s - e.half
	over := math.Abs(e.d-f.d) - e.wide
	if gap < 0 {
		return 0, false
	}
	if over >= 0 {
		toward := float64(e.vd*(f.d-e.d)) > 0
		if !toward || over/math.Abs(e.vd) > 1.5 || v > e.vs+8 {
			return 0, false
		}
	}
	a := p.follow(v, gap, max(e.vs, 0), e.as)
	if p.overtakes(e.d, gap, f.width, v) { // its lane is about to be left
		a = max(a, -passingBrake)
	}
	return a, true
}

// yield weighs braking against keeping speed for one object: by rollouts of what the brakes really do under the expected and the
// adverse hypothesis. It gives a deceleration, whether it is needed for safety, and whether speeding up is the better way.
func (p *Pilot) yield(k *track, e path, f frame, now motion.Tick) (brake float64, hard, up bool) {
	r := &p.roll
	sigma := math.Sqrt(p.tr.noise)
	side := 0.05 + 2*float64(sigma*0.3)
	if k.kind == motion.Pedestrian || k.kind == motion.Cyclist {
		side = 0.5
	}
	pass := clear{front: 0, rear: 0.3, side: side, pass: 0.05}
	stop := clear{front: 2 * p.p.Emergency.Gap, rear: 0.3, side: side, pass: 0.05}
	least := clear{front: 0.2, rear: 0, side: 0.02}
	near := e.s < e.half+stop.front+float64(0.25*max(0, r.v-e.vs))
	if near { // as near as that already
		stop.front = max(0.1, (e.s-e.half)/2)
	}

	a, differs := p.adverse(k, e, f)
	if meets, _ := e.hits(r.get(keep), f.d, pass); meets {
		lvl := p.least(&e, f.d, stop)
		b := r.bmax
		if lvl >= 0 {
			b = r.level(lvl)
		}
		if over := math.Abs(e.d-f.d) - e.wide; over > 0 && e.vd == 0 { // beside, by a hand's breadth
			return p.beside(&e, f, least), false, false
		}
		if lvl < 0 || b > 2 { // dear: would it be passed instead?
			keeps, _ := e.hits(r.get(keep), f.d, least)
			goes, _ := e.hits(r.get(goOn), f.d, pass)
			just, _ := e.hits(r.get(goOn), f.d, least)
			if passes := !goes || !keeps && !just; passes && !((differs || now < k.commit) && p.brakes(k, &e, &a, f, now, least)) {
				return 0, false, true
			}
			if lvl < 0 {
				stops, _ := e.hits(r.get(full), f.d, least)
				if goes, _ := e.hits(r.get(goOn), f.d, least); stops && (!goes || e.s < e.half) { // beside us already: who brakes only stays there for longer
					return 0, false, true
				}
				return r.bmax, true, false
			}
		}
		b *= p.p.Emergency.Margin
		if differs {
			if worst := p.lastCall(k, &a, &e, f, now, stop, least); worst > b {
				return worst, true, false
			}
		}
		if lvl == brake1 || lvl == brake1+1 || lvl == brake1+2 && differs {
			return min(softMax, b), false, false
		}
		return min(r.bmax, max(b, softMax)), true, false
	}
	if b := p.beside(&e, f, least); b > 0 {
		return b, false, false
	}
	if !differs {
		return 0, false, false
	}
	if bad, _ := a.hits(r.get(keep), f.d, pass); !bad {
		return 0, false, false
	}
	if bad, _ := a.hits(r.get(full), f.d, least); bad { // only passing helps
		b := p.lastCall(k, &a, &e, f, now, stop, least)
		return b, b > 0, b == 0
	}
	even := e // it comes over as fast as it moves now
	even.stop, even.stops = f.lane, true
	if near {
		stays, _ := even.hits(r.get(full), f.d, least)
		if goes, _ := even.hits(r.get(keep), f.d, least); stays && !goes {
			return 0, false, true // beside us: who brakes here is met, who goes on is not
		}
	}
	enough := pass
	if near {
		enough = least
	}
	if meets, _ := a.hits(r.get(goOn), f.d, enough); !meets && now >= k.commit && r.v-e.vs >= drawn {
		if calls, _ := a.hits(r.get(late), f.d, least); calls {
			return 0, false, true // at its worst too it is passed in time
		}
	}
	b := p.lastCall(k, &a, &e, f, now, stop, least)
	return b, b > 0, false
}

// brakes reports whether braking avoids also at the worst, and is the way to take: the car brakes already, or passing might not do.
func (p *Pilot) brakes(k *track, e, a *path, f frame, now motion.Tick, least clear) bool {
	r := &p.roll
	if bad, _ := e.hits(r.get(full), f.d, least); bad {
		return false
	}
	if bad, _ := a.hits(r.get(full), f.d, least); bad {
		return false
	}
	lost, _ := a.hits(r.get(goOn), f.d, clear{rear: 0.2, side: 0.03, pass: 0.02})
	return lost || now < k.commit && r.a < -begunBrake
}

// lastCall is the braking for the adverse path a, once there is no time left to wait and see: 0 before, and when no braking helps.
func (p *Pilot) lastCall(k *track, a, e *path, f frame, now motion.Tick, stop, least clear) float64 {
	r := &p.roll
	if bad, _ := a.hits(r.get(full), f.d, least); bad {
		if hits, _ := e.hits(r.get(full), f.d, least); now < k.commit && !hits { // it has begun, and half a braking is no way to pass
			k.commit = now + 30
			return r.bmax
		}
		return 0
	}
	calls, _ := a.hits(r.get(late), f.d, least)
	if !calls && now >= k.commit {
		return 0
	}
	b := r.bmax
	if lvl := p.least(a, f.d, stop); lvl >= 0 {
		b = r.level(lvl)
	}
	if calls {
		k.commit = now + 30
	}
	return min(r.bmax, max(float64(b*p.p.Emergency.Margin), softMax))
}

// settle is yield that does not waver: with noise the two ways out of a conflict change places from list to list, and half of each is
// worse than either. Whom it was decided to pass is passed for as long as that is possible.
func (p *Pilot) settle(k *track, e *path, f frame, now motion.Tick) (brake float64, hard, up bool) {
	brake, hard, up = p.yield(k, *e, f, now)
	r, sure := &p.roll, clear{rear: 0.3, side: 0.05, pass: 0.05} // what yield asks of passing, without the share for noise
	if brake > 0 && now < k.passed {
		if meets, _ := e.hits(r.get(keep), f.d, sure); !meets {
			return 0, false, false
		}
		if meets, _ := e.hits(r.get(goOn), f.d, sure); !meets {
			return 0, false, true
		}
	}
	if up {
		k.passed = now + settleTicks
	}
	return brake, hard, up
}

// beside is the caution towards somebody close beside our path ahead whom we draw near: enough to stay able to stop behind should
// it come over at once, for as long as that is possible at all.
func (p *Pilot) beside(e *path, f frame, c clear) float64 {
	if over := math.Abs(e.d-f.d) - e.wide; over > 0.8 || e.s < e.half || p.roll.v-e.vs < 0.3 {
		return 0
	}
	h := *e
	h.d, h.vd, h.stops, h.as = f.d, 0, false, 0
	if bad, k := h.hits(p.roll.get(keep), f.d, c); !bad || k > 60 {
		return 0
	}
	if bad, _ := h.hits(p.roll.get(full), f.d, c); bad { // it would be passed before
		return 0
	}
	return softMax
}

// least gives the mildest braking profile that avoids, or -1.
func (p *Pilot) least(o *path, d float64, c clear) int {
	if bad, _ := o.hits(p.roll.get(full), d, c); bad {
		return -1
	}
	lo, hi := brake1-1, full // lo hits, hi avoids
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if bad, _ := o.hits(p.roll.get(mid), d, c); bad {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}
