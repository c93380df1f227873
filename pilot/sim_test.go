package pilot_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"roadbook/pilot"
	"roadbook/pilot/motion"
	"roadbook/pilot/scene/reference"
)

// sim is a small world of its own for one conflict: a car with delayed brakes and front wheels on a straight lane, and sensors
// that are 0.1 s late. It shares no code with pilot/scene/world.
type sim struct {
	c         reference.Conflict
	noise     float64 // 1: that of a camera; 0: none
	rng       *rand.Rand
	lists     [3]motion.Objects
	in        motion.Input
	out       pilot.Output
	pipe      [10]float64
	log       func(string)
	maxDecel  float64
	emergency bool
	minGap    float64
}

const edge = 0.6 // m, of a lead's sideways displacement before what it hid is seen

// run drives the conflict and reports whether the boxes touch.
func (w *sim) run(p *pilot.Pilot) (hit, front bool) {
	c := &w.c
	p.Reset(pilot.Start{Active: true, Set: c.Ego})
	w.maxDecel, w.emergency, w.minGap = 0, false, math.Inf(1)
	w.pipe = [10]float64{}
	half, wide := (c.EgoLength+c.Length)/2, (c.EgoWidth+c.Width)/2
	const lane = 1
	base := float64(lane) * c.LaneWidth
	e := motion.Ego{D: base, V: c.Ego, Length: c.EgoLength, Width: c.EgoWidth, Wheelbase: 2.8, Friction: 1, BrakeMax: 7.59}
	os, od, ov, ovd := c.Gap+half, c.Lateral, c.Other, 0.0
	if c.Kind == reference.CutOut {
		od = 0
	}
	front0 := c.Gap + half + c.FrontGap + c.Length
	dir, target := 0.0, 0.0
	if c.Kind == reference.CutIn && c.LateralSpeed > 0 && c.Lateral != 0 {
		dir = -math.Copysign(1, c.Lateral)
	}
	if c.Kind == reference.CutOut && c.LateralSpeed != 0 {
		dir = math.Copysign(1, c.LateralSpeed)
		target = dir * reference.CutOutOffset
	}
	w.in = motion.Input{Driver: driver, Health: healthy, Place: motorway, Road: motion.Road{Lanes: 3, LaneWidth: c.LaneWidth, CurveStep: 20}, Objects: &w.lists[0]}
	for i := range w.lists {
		w.lists[i] = motion.Objects{At: -1}
	}
	seen := false
	cutTrack := 0
	for tick := range c.Ticks() {
		if tick%5 == 0 { // measure now, deliver two lists later
			l := &w.lists[(tick/5)%3]
			l.At, l.N = motion.Tick(tick), 0
			w.put(l, 1, os, base+od, ov, ovd, accel(c, ov), tick)
			if c.Kind == reference.CutOut {
				seen = seen || math.Abs(od) > edge || front0 < os
				if seen {
					w.put(l, 2, front0, base, c.Front, 0, 0, tick)
				}
			}
		}
		w.in.Now = motion.Tick(tick)
		w.in.Fresh = tick%5 == 0 && tick >= 10
		if tick < 10 { // history: the same things a moment earlier
			if tick%5 == 0 {
				l := &motion.Objects{At: motion.Tick(tick - 10)}
				back := 0.1 - float64(tick)*0.01
				w.put(l, 1, c.Gap+half-c.Other*back, base+startD(c), c.Other, 0, 0, tick)
				w.in.Objects, w.in.Fresh = l, true
			}
		} else {
			w.in.Objects = &w.lists[(tick/5-2)%3]
		}
		w.in.Ego = e
		p.Step(&w.in, &w.out)
		cmd := w.out.Command
		if w.log != nil && tick%5 == 0 {
			w.log(fmt.Sprintf("t %.2f v %.2f a %.2f cmd %.2f | gap %.2f edge %.2f ov %.2f vd %.2f", float64(tick)/100, e.V, e.A, cmd.Accel, os-e.S-half, math.Abs(od+base-e.D)-wide, ov, ovd))
		}
		w.emergency = w.emergency || cmd.Emergency
		u := w.pipe[tick%10]
		w.pipe[tick%10] = cmd.Accel
		e.A += (u - e.A) * 0.1
		v := math.Max(0, e.V+e.A*0.01)
		if v == 0 && e.A < 0 {
			e.A = 0
		}
		w.maxDecel = math.Max(w.maxDecel, -e.A)
		e.S += (e.V + v) / 2 * 0.01
		e.V = v
		e.Steer += (cmd.Steer - e.Steer) * 0.08
		e.Heading += v * math.Tan(e.Steer) / e.Wheelbase * 0.01
		e.D += v * math.Sin(e.Heading) * 0.01
		// the others
		if c.Kind == reference.Deceleration {
			ov = math.Max(ov-c.LeadDecel*0.01, math.Min(ov, c.Target))
		}
		os += ov * 0.01
		front0 += c.Front * 0.01
		if dir != 0 {
			s := math.Abs(c.LateralSpeed)
			if c.LateralAccel > 0 {
				s = math.Min(math.Abs(ovd)+c.LateralAccel*0.01, s)
			}
			ovd = dir * s
			od += ovd * 0.01
			if (target-od)*dir <= 0 {
				od, ovd, dir = target, 0, 0
			}
		}
		touch := func(s, d float64) bool { return math.Abs(s-e.S) < half && math.Abs(base+d-e.D) < wide }
		if math.Abs(base+od-e.D) < wide && os > e.S {
			w.minGap = math.Min(w.minGap, os-e.S-half)
		}
		if touch(os, od) {
			return true, os > e.S && cutTrack == 0
		}
		if c.Kind == reference.CutOut && touch(front0, 0) {
			return true, true
		}
		if e.V == 0 && ov == 0 {
			break
		}
	}
	return false, false
}

func (w *sim) put(l *motion.Objects, id int32, s, d, vs, vd, as float64, _ int) {
	o := &l.List[l.N]
	*o = motion.Object{ID: id, S: s, D: d, VS: vs, VD: vd, AS: as, Length: w.c.Length, Width: w.c.Width}
	if w.noise > 0 {
		g := func(sd float64) float64 { return w.rng.NormFloat64() * sd * w.noise }
		o.S, o.D, o.VS, o.VD, o.AS = o.S+g(0.3), o.D+g(0.08), o.VS+g(0.2), o.VD+g(0.1), o.AS+g(0.3)
	}
	l.N++
}

var (
	driver   = motion.Driver{InSeat: true, Belted: true, Input: true, Blink: true, HeadMotion: true, Attentive: true}
	healthy  = motion.Health{SelfCheck: true, Recorder: true}
	motorway = motion.Place{Country: [2]byte{'D', 'E'}, Class: motion.Motorway, Divided: true, Visibility: 10_000, Temperature: 15, ToEnd: -1}
)

func accel(c *reference.Conflict, v float64) float64 {
	if c.Kind == reference.Deceleration && v > c.Target {
		return -c.LeadDecel
	}
	return 0
}

func startD(c *reference.Conflict) float64 {
	if c.Kind == reference.CutOut {
		return 0
	}
	return c.Lateral
}

// draw gives a random conflict over the span of the grids.
func draw(r *rand.Rand) reference.Conflict {
	u := func(lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }
	c := reference.Conflict{Length: 4.3, Width: 1.9, EgoLength: 4.3, EgoWidth: 1.9, LaneWidth: 3.5}
	if r.Float64() < 0.2 {
		c.Length, c.Width = u(3.5, 16), u(1.5, 2.5)
	}
	kmh := u(10, 130)
	c.Ego, c.Other = kmh/3.6, kmh/3.6
	thw := func() float64 {
		switch r.IntN(3) {
		case 0:
			return 2 * c.Ego
		case 1:
			return pilot.MinGap(c.Ego, 1.6)
		}
		return u(0.3, 2.5) * c.Ego
	}
	switch r.IntN(4) {
	default:
		c.Kind = reference.CutIn
		c.Other = u(math.Max(5, kmh-120), kmh) / 3.6
		c.Gap = u(0, math.Min(100, 3.5*(c.Ego-c.Other)+10))
		c.Lateral = u(1.95, 4)
		if r.IntN(2) == 0 {
			c.Lateral = c.LaneWidth
		}
		if c.Lateral < (c.Width+c.EgoWidth)/2+0.02 {
			c.Lateral = (c.Width+c.EgoWidth)/2 + 0.02
		}
		if r.IntN(2) == 0 {
			c.Lateral = -c.Lateral
		}
		c.LateralSpeed = u(0.1, 2.6)
		if r.IntN(10) == 0 {
			c.LateralSpeed = 0
		}
		c.LateralAccel = []float64{0, 0.5, 1, 2, 4, u(0.3, 5)}[r.IntN(6)]
	case 2:
		c.Kind = reference.CutOut
		c.Gap = thw()
		c.LateralSpeed = u(0.3, 3)
		if r.IntN(2) == 0 {
			c.LateralSpeed = -c.LateralSpeed
		}
		c.FrontGap = u(0, 3*c.Ego)
	case 3:
		c.Kind = reference.Deceleration
		c.Gap = thw()
		c.LeadDecel = u(1, 9)
	}
	return c
}
