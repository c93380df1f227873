package world

import (
	"slices"

	"roadbook/fault"
	"roadbook/pilot/motion"
)

// Rates of a driver's decisions. Drivers take turns.
const (
	thinkPeriod  = 10                // IDM: every 0.1 s
	turns        = 2                 // of a think period
	changePeriod = 1 * motion.Second // MOBIL
	lookAhead    = 250.0             // m, how far a driver sees a leader
	lookBack     = 150.0             // m
)

// Driver is how a driven actor drives: the intelligent driver model (Treiber, Hennecke, Helbing 2000) along the lane,
// MOBIL (Kesting, Treiber, Helbing 2007) for the choice of the lane. It reacts to every actor and to the ego.
type Driver struct {
	Speed   float64 `json:"speed_mps" yaml:"speed_mps"`   // wished for
	Headway float64 `json:"headway_s" yaml:"headway_s"`   // time to the leader, T
	Jam     float64 `json:"jam_m" yaml:"jam_m"`           // gap at a standstill, s0
	Accel   float64 `json:"accel_mps2" yaml:"accel_mps2"` // a
	Brake   float64 `json:"brake_mps2" yaml:"brake_mps2"` // comfortable, b
	Hardest float64 `json:"hardest_mps2" yaml:"hardest_mps2"`

	Changes    bool        `json:"changes" yaml:"changes"` // lanes, by MOBIL
	Politeness float64     `json:"politeness" yaml:"politeness"`
	Threshold  float64     `json:"threshold_mps2" yaml:"threshold_mps2"` // least gain
	Safe       float64     `json:"safe_mps2" yaml:"safe_mps2"`           // hardest braking it may force upon a follower
	KeepRight  float64     `json:"keep_right_mps2" yaml:"keep_right_mps2"`
	Duration   motion.Tick `json:"duration_ticks" yaml:"duration_ticks"` // of a lane change
	IgnoresEgo bool        `json:"ignores_ego" yaml:"ignores_ego"`
}

// DefaultDriver returns a driver of a passenger car who wishes to drive v m/s.
func DefaultDriver(v float64) Driver {
	return Driver{Speed: v, Headway: 1.2, Jam: 2, Accel: 1.5, Brake: 2, Hardest: 8,
		Politeness: 0.2, Threshold: 0.15, Safe: 3, KeepRight: 0.2, Duration: 4 * motion.Second}
}

func (d *Driver) check() *fault.Error {
	for _, r := range [...]struct {
		name      string
		v, lo, hi float64
	}{
		{"speed_mps", d.Speed, 0.1, 120}, {"headway_s", d.Headway, 0.1, 10}, {"jam_m", d.Jam, 0.1, 20}, {"accel_mps2", d.Accel, 0.1, 10},
		{"brake_mps2", d.Brake, 0.1, 10}, {"hardest_mps2", d.Hardest, 0.5, 12}, {"politeness", d.Politeness, 0, 1},
		{"threshold_mps2", d.Threshold, 0, 5}, {"safe_mps2", d.Safe, 0.1, 9}, {"keep_right_mps2", d.KeepRight, 0, 5},
		{"duration_ticks", float64(d.Duration), 50, 2000},
	} {
		if !(r.v >= r.lo && r.v <= r.hi) {
			return fault.New(fault.Invalid, "driver_out_of_range", "the driver's %s is %g, expected %g to %g", r.name, r.v, r.lo, r.hi)
		}
	}
	return nil
}

// IDM returns the acceleration, m/s², at speed v behind a leader with speed lead at a bumper gap, m.
func (d *Driver) IDM(v, gap, lead float64) float64 {
	return d.idm(v, gap, lead, 2*sqrt(float64(d.Accel*d.Brake)))
}

func (d *Driver) idm(v, gap, lead, root float64) float64 {
	q := v / d.Speed
	q *= q
	s := (d.Jam + max(0, float64(v*d.Headway)+float64(v*(v-lead))/root)) / max(gap, 0.1)
	return max(-d.Hardest, float64(d.Accel*(1-float64(q*q)-float64(s*s))))
}

// wheel is what a driver remembers.
type wheel struct {
	root     float64     // 2√(ab)
	since    motion.Tick // start of the lane change
	until    motion.Tick // its end; past: none
	from, to float64     // D
}

// body is a thing on the road as a driver sees it.
type body struct {
	s, v, half float64
	lo, hi     float64 // from the right to the left end of what it takes or is about to take of the road's width
	i          int32   // actor; len(Actors): the ego
}

// traffic keeps all bodies in order of S.
type traffic struct {
	on    bool
	order []body
	at    []int32 // place in order by actor
}

func (t *traffic) reset(w *World) {
	n := len(w.Actors) + 1
	if cap(t.order) < n {
		t.order, t.at = make([]body, n), make([]int32, n)
	}
	t.order, t.at, t.on = t.order[:n], t.at[:n], false
	for i := range w.Actors {
		a := &w.Actors[i]
		if a.Script.Mode == Driven {
			t.on = true
			d := &a.Script.Driver
			w.minds[i].wheel = wheel{root: 2 * sqrt(float64(d.Accel*d.Brake)), until: -1, from: a.D, to: a.D}
		}
	}
	for i := range t.order {
		t.order[i] = w.body(int32(i))
	}
	slices.SortStableFunc(t.order, func(a, b body) int {
		switch {
		case a.s < b.s:
			return -1
		case a.s > b.s:
			return 1
		}
		return int(a.i - b.i)
	})
}

func (w *World) body(i int32) body {
	if int(i) == len(w.Actors) {
		e := &w.Ego
		side := float64(0.5 * e.Width)
		return body{e.S, e.V, float64(0.5 * e.Length), e.D - side, e.D + side, i}
	}
	a := &w.Actors[i]
	side := float64(0.5 * a.Width)
	b := body{a.S, a.VS, float64(0.5 * a.Length), a.D - side, a.D + side, i}
	if m := &w.minds[i].wheel; a.Script.Mode == Driven && m.until > w.Now {
		b.lo, b.hi = min(b.lo, m.to-side), max(b.hi, m.to+side)
	}
	return b
}

// decide brings the order up to date and lets the drivers whose turn it is decide.
func (t *traffic) decide(w *World) {
	if !t.on || w.Now%(thinkPeriod/turns) != 0 {
		return
	}
	if w.window > 0 && w.Now%motion.Second == 0 {
		w.recycle()
	}
	for k := range t.order { // nearly sorted: insertion
		b := w.body(t.order[k].i)
		j := k
		for j > 0 && t.order[j-1].s > b.s {
			t.order[j] = t.order[j-1]
			j--
		}
		t.order[j] = b
	}
	for k := range t.order {
		t.at[t.order[k].i] = int32(k)
	}
	for i := int(w.Now/(thinkPeriod/turns)) % turns; i < len(w.Actors); i += turns {
		a := &w.Actors[i]
		if a.Script.Mode != Driven {
			continue
		}
		d, m := &a.Script.Driver, &w.minds[i].wheel
		me := &t.order[t.at[i]]
		a.A = t.follow(w, d, m.root, me, me.lo, me.hi)
		// changePeriod is a multiple of thinkPeriod: the drivers of one turn take turns again
		if d.Changes && w.Now >= m.until && (w.Now/thinkPeriod+motion.Tick(i/turns))%(changePeriod/thinkPeriod) == 0 {
			t.change(w, i)
		}
	}
}

// neighbours returns the nearest bodies ahead of and behind place k that take a part of the width from lo to hi; -1: none.
func (t *traffic) neighbours(w *World, k int, lo, hi float64, blind bool) (ahead, behind int) {
	ahead, behind = -1, -1
	s, ego := t.order[k].s, int32(len(w.Actors))
	for j := k + 1; j < len(t.order) && t.order[j].s-s <= lookAhead; j++ {
		if o := &t.order[j]; o.lo < hi && o.hi > lo && !(blind && o.i == ego) {
			ahead = j
			break
		}
	}
	for j := k - 1; j >= 0 && s-t.order[j].s <= lookBack; j-- {
		if o := &t.order[j]; o.lo < hi && o.hi > lo {
			behind = j
			break
		}
	}
	return ahead, behind
}

// follow returns the acceleration behind whoever is ahead between lo and hi, and before a closed lane.
func (t *traffic) follow(w *World, d *Driver, root float64, me *body, lo, hi float64) float64 {
	s, ego := me.s, int32(len(w.Actors))
	gap, lead := 1e9, me.v
	for j := int(t.at[me.i]) + 1; j < len(t.order) && t.order[j].s-s <= lookAhead; j++ {
		if o := &t.order[j]; o.lo < hi && o.hi > lo && !(d.IgnoresEgo && o.i == ego) {
			gap, lead = o.s-s-o.half-me.half, o.v
			break
		}
	}
	a := d.idm(me.v, gap, lead, root)
	if len(w.road.plan.Closures) > 0 {
		if at := w.road.Blocked(w.road.Lane(0.5*(lo+hi)), s, lookAhead); at > s {
			a = min(a, d.idm(me.v, at-s-me.half, 0, root))
		}
	}
	return a
}

// change starts a lane change if MOBIL wants one and all agree.
func (t *traffic) change(w *World, i int) {
	a := &w.Actors[i]
	d, m := &a.Script.Driver, &w.minds[i].wheel
	k := int(t.at[i])
	me := &t.order[k]
	lane := w.road.Lane(a.D)
	now := t.follow(w, d, m.root, me, me.lo, me.hi)
	ahead, behind := t.neighbours(w, k, me.lo, me.hi, false)
	old := 0.0 // what the follower left behind gains
	if behind >= 0 {
		f := &t.order[behind]
		old = -t.pull(w, f, me)
		if ahead >= 0 {
			old += t.pull(w, f, &t.order[ahead])
		} else {
			old += t.pull(w, f, nil)
		}
	}
	best, to := d.Threshold, -1
	for _, step := range [2]int{-1, 1} {
		if step > 0 && !w.road.Crossable(lane, a.S) || step < 0 && !w.road.Crossable(lane-1, a.S) {
			continue
		}
		center := w.road.Center(lane + step)
		side := float64(0.5*a.Width) + 0.2
		lo, hi := center-side, center+side
		ahead, behind := t.neighbours(w, k, lo, hi, false)
		theirs := 0.0
		if behind >= 0 {
			f := &t.order[behind]
			after := t.pull(w, f, me)
			if me.s-f.s-me.half-f.half < d.Jam || after < -d.Safe {
				continue // the safe criterion
			}
			theirs = after
			if ahead >= 0 {
				theirs -= t.pull(w, f, &t.order[ahead])
			} else {
				theirs -= t.pull(w, f, nil)
			}
		}
		if ahead >= 0 && t.order[ahead].s-me.s-me.half-t.order[ahead].half < d.Jam {
			continue
		}
		there := t.follow(w, d, m.root, me, lo, hi)
		if there < -d.Safe {
			continue
		}
		gain := there - now + float64(d.Politeness*(theirs+old)) - float64(d.KeepRight*float64(step))
		if gain > best {
			best, to = gain, lane+step
		}
	}
	if to >= 0 {
		m.since, m.until, m.from, m.to = w.Now, w.Now+d.Duration, a.D, w.road.Center(to)
		t.order[k] = w.body(int32(i)) // so that nobody else takes the same space in this tick
	}
}

// pull returns the acceleration that follower f has behind a leader; nil: none. Who is not driven here is taken for a
// default driver who wishes to keep its speed.
func (t *traffic) pull(w *World, f, lead *body) float64 {
	d := DefaultDriver(max(f.v, 5))
	if int(f.i) < len(w.Actors) && w.Actors[f.i].Script.Mode == Driven {
		d = w.Actors[f.i].Script.Driver
	}
	if lead == nil {
		return d.IDM(f.v, 1e9, f.v)
	}
	return d.IDM(f.v, lead.s-f.s-lead.half-f.half, lead.v)
}

// steer moves a driven actor from tick now to now+1 by what its driver decided.
func (w *World) steer(a *Actor, m *wheel, now motion.Tick) {
	v := a.VS
	u := v + float64(a.A*motion.DT)
	if u < 0 {
		u = 0
	}
	a.VS = u
	w.advance(a, 0.5*(v+u))
	if now >= m.until {
		return
	}
	span := float64(m.until - m.since)
	p := float64(now+1-m.since) / span
	if now+1 >= m.until {
		a.D, a.VD, a.Heading = m.to, 0, 0
		return
	}
	// a polynomial of degree 5: no lateral speed or acceleration at both ends
	p2 := float64(p * p)
	p3 := float64(p2 * p)
	a.D = m.from + float64((m.to-m.from)*float64(p3*(10-float64(15*p)+float64(6*p2))))
	a.VD = float64((m.to-m.from)*float64(30*float64(p2*(1-float64(2*p)+p2)))) / (span * motion.DT)
	if a.VS > 0 {
		a.Heading = Atan(a.VD / a.VS)
	}
}

// recycle puts driven actors that the ego has left behind by more than the window ahead of the others in their lane, and
// those that have driven away from it behind them, where there is room within one and a half windows; the others wait.
func (w *World) recycle() {
	for i := range w.Actors {
		a := &w.Actors[i]
		ds := a.S - w.Ego.S
		if a.Script.Mode != Driven || w.minds[i].wheel.until > w.Now || abs(ds) <= w.window {
			continue
		}
		first, last := a, a // in the lane, by S
		lane := w.road.Lane(a.D)
		for j := range w.Actors {
			if o := &w.Actors[j]; w.road.Lane(o.D) == lane || w.minds[j].wheel.until > w.Now {
				if o.S < first.S {
					first = o
				}
				if o.S > last.S {
					last = o
				}
			}
		}
		d := &a.Script.Driver
		room := float64(1.5 * w.window)
		switch {
		case ds < 0 && last != a:
			v := min(d.Speed, last.VS)
			space := float64(1.3*float64(d.Headway*last.VS)) + float64(5*(last.VS-v)) // so that the last need not brake hard
			at := max(last.S+float64(0.5*(last.Length+a.Length))+d.Jam+space, w.Ego.S+w.window)
			if at < w.Ego.S+room {
				a.S, a.VS, a.A = at, v, 0
			}
		case ds > 0 && first != a:
			v := min(a.VS, first.VS)
			at := min(first.S-float64(0.5*(first.Length+a.Length))-d.Jam-float64(1.3*float64(d.Headway*v)), w.Ego.S-w.window)
			if at > w.Ego.S-room {
				a.S, a.VS, a.A = at, v, 0
			}
		}
	}
}
