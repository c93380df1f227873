package pilot

import (
	"math"

	"roadbook/pilot/motion"
)

// Steps of a rollout: 5 s ahead, 20 to the second.
const (
	rollStep  = 0.05 // s
	rollSteps = 100
	rollTicks = 5
)

// What the ego can do; a smaller index brakes less. The braking profiles are numbered by their deceleration in m/s².
const (
	goOn    = iota // speed up and pass
	keep           // keep the speed
	brake1         // brake1+i-1 brakes with i m/s²
	full    = brake1 + 7
	late    = full + 1 // keep for a while yet, then brake fully: is there time left to wait and see?
	nProfil = late + 1
)

// profile is where the ego gets to.
type profile struct {
	made bool
	b    float64            // m/s², deceleration in the end
	s    [rollSteps]float64 // m ahead of the ego's centre now
	v    [rollSteps]float64 // m/s
}

// rollouts are the profiles of one plan, made when they are first asked for.
type rollouts struct {
	v, a  float64 // m/s, m/s², of the ego now
	cmd   float64 // m/s², commanded last
	pipe  [10]float64
	steps int // of the pipe: commands on their way through the latency of the brakes
	gain  float64
	jerk  float64 // m/s² per step
	bmax  float64
	up    float64 // m/s², speeding up when that helps to pass
	wait  int     // steps that `late` waits
	list  [nProfil]profile
}

func (r *rollouts) begin() {
	for i := range r.list {
		r.list[i].made = false
	}
}

// level gives the deceleration in m/s² of a profile that brakes.
func (r *rollouts) level(i int) float64 {
	switch {
	case i < brake1:
		return 0
	case i >= full:
		return r.bmax
	}
	return min(float64(i-brake1+1), r.bmax)
}

// get rolls a profile out: commands wait for the latency, then the brakes follow with a first-order lag; a command builds up by
// the jerk limit.
func (r *rollouts) get(i int) *profile {
	p := &r.list[i]
	if p.made {
		return p
	}
	p.made = true
	want, wait := -r.level(i), 0
	switch i {
	case goOn:
		want = r.up
	case keep:
		want = 0
	case late:
		wait = r.wait
	}
	p.b = -want
	pipe := r.pipe // of its own: the first round of reading finds what is under way, later ones what was put in
	s, v, a, cmd := 0.0, r.v, r.a, r.cmd
	for k := range rollSteps {
		switch {
		case k < wait:
			cmd = max(min(cmd+r.jerk, 0), cmd)
		case cmd > want:
			cmd = max(cmd-r.jerk, want)
		default:
			cmd = min(cmd+r.jerk, want)
		}
		now := cmd
		if r.steps > 0 {
			now = pipe[k%r.steps]
			pipe[k%r.steps] = cmd
		}
		a += float64(r.gain * (now - a))
		w := max(0, v+float64(a*rollStep))
		s += float64((v + w) * (rollStep / 2))
		v = w
		p.s[k], p.v[k] = s, v
	}
	return p
}

// path is how an object is thought to move.
type path struct {
	s, d, vs, vd float64 // m, m/s, now; s relative to the ego's centre
	as           float64 // m/s², until it stands
	ad           float64 // m/s², of the lateral speed
	vmax         float64 // m/s, that the lateral speed grows to at most
	stop         float64 // m, lateral position at which it stays; meaningful when stops
	stops        bool
	half         float64 // m, sum of half lengths
	wide         float64 // m, sum of half widths
}

// clear is what a check wants to be left.
type clear struct {
	front float64 // m, before the ego's front
	rear  float64 // m, behind the ego's rear when it has passed
	side  float64 // m
	pass  float64 // s of closing speed, added to rear
}

// hits reports whether the ego on profile pr, at lateral position d, touches the object, and after how many steps.
func (p *path) hits(pr *profile, d float64, c clear) (bool, int) {
	if p.s < -p.half { // behind: it is not ours to mind
		return false, rollSteps
	}
	os, od, vs, vd := p.s, p.d, p.vs, p.vd
	side := p.wide + c.side
	brakes := p.as < 0
	for k := range rollSteps {
		if p.as != 0 {
			w := vs + float64(p.as*rollStep)
			if brakes && w < 0 {
				w = min(vs, 0)
			}
			if !brakes && k >= 20 {
				w = vs
			}
			os += float64((vs + w) * (rollStep / 2))
			vs = w
		} else {
			os += float64(vs * rollStep)
		}
		if vd != 0 {
			od += float64(vd * rollStep)
			if p.ad != 0 {
				if vd > 0 {
					vd = min(vd+float64(p.ad*rollStep), p.vmax)
				} else {
					vd = max(vd-float64(p.ad*rollStep), -p.vmax)
				}
			}
			if p.stops && (vd > 0 && od > p.stop || vd < 0 && od < p.stop) {
				od, vd = p.stop, 0
			}
		}
		dx := os - pr.s[k]
		if dx < -p.half {
			closing := max(0, pr.v[k]-vs)
			if dx < -p.half-c.rear-float64(c.pass*closing) || vs > pr.v[k] {
				return false, rollSteps // passed
			}
		}
		if math.Abs(od-d) >= side {
			continue
		}
		if dx < p.half+c.front {
			if pr.v[k] <= 0 && dx > p.half {
				continue // the ego stands: what comes to it is not its doing
			}
			if dx < p.half+c.front && (dx <= p.half || pr.v[k] > vs) {
				return true, k
			}
		}
	}
	// Beyond the horizon: in the way, and the braking left does not do.
	k := rollSteps - 1
	dx := os - pr.s[k] - p.half - c.front
	rel := pr.v[k] - vs
	if pr.b > 0 && rel > 0 && dx > 0 && math.Abs(od-d) < side {
		b := pr.b
		need := float64(rel*rel) / (2 * b)
		if brakes && vs > 0 {
			need = max(0, float64(pr.v[k]*pr.v[k])/(2*b)-float64(vs*vs)/(2*-p.as))
		}
		if need > dx {
			return true, k
		}
	}
	return false, rollSteps
}

// pathOf extrapolates a track to now: what the sensors saw is older by their latency. In a bend the corners of two boxes that follow
// each other stand out by half of curvature × distance².
func (p *Pilot) pathOf(k *track, ego *motion.Ego, now motion.Tick) path {
	dt := float64(now-p.tr.at) * motion.DT
	if k.last < p.tr.at {
		dt = float64(now-k.last) * motion.DT
	}
	vs := k.vs + float64(k.as*dt)
	if k.vs >= 0 && vs < 0 {
		vs = 0
	}
	half := float64(0.5 * (k.length + ego.Length))
	return path{
		s: k.s + float64((k.vs+vs)*dt/2) - ego.S,
		d: k.d + float64(k.vd*dt), vs: vs, vd: k.vd,
		half: half, wide: float64(0.5*(k.width+ego.Width)) + float64(0.5*p.bend*half*half),
	}
}
