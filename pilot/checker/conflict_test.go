package checker

import (
	"math"
	"testing"

	"roadbook/pilot/motion"
)

func TestAdvance(t *testing.T) {
	for _, row := range [][5]float64{ // v, a, t, way, speed
		{10, 0, 2, 20, 10}, {10, 2, 2, 24, 14}, {10, -4, 2, 12, 2}, {10, -4, 5, 12.5, 0}, {10, -5, 2, 10, 0}, {0, 0, 3, 0, 0}, {0, -3, 3, 0, 0},
	} {
		if way, v := advance(row[0], row[1], row[2]); !close6(way, row[3]) || !close6(v, row[4]) {
			t.Errorf("%v: %v %v", row, way, v)
		}
	}
}

func TestProfile(t *testing.T) {
	for _, row := range []struct {
		p          profile
		t, at, end float64
	}{
		{profile{10, 0, 1, -5}, 0.5, 5, 3}, {profile{10, 0, 1, -5}, 2, 17.5, 3}, {profile{10, 0, 1, -5}, 9, 20, 3},
		{profile{10, -5, 9, -1}, 9, 10, 2}, {profile{10, -5, 1, 0}, 3, 17.5, never}, {profile{10, 2, 1, 1}, 2, 23.5, never},
		{profile{0, 0, 1, -5}, 4, 0, 1},
	} {
		if got := row.p.at(row.t); !close6(got, row.at) {
			t.Errorf("%+v at %v: %v, expected %v", row.p, row.t, got, row.at)
		}
		if got := row.p.stop(); !close6(got, row.end) {
			t.Errorf("%+v stops at %v, expected %v", row.p, got, row.end)
		}
	}
}

// TestHits compares the closed form with stepping through time.
func TestHits(t *testing.T) {
	step := func(o *other, p *profile, w window, margin float64) bool {
		const h = 0.05
		for i := 0; i <= 1200; i++ {
			s := float64(i) * h
			if s < w.in || s > w.out {
				continue
			}
			way, _ := advance(o.v, o.brake, s)
			if gap := o.gap + way - p.at(s); gap <= margin {
				return gap > -o.lengths || i > 0 && s-h >= w.in
			}
		}
		return false
	}
	n, hit := 0, 0
	for g := -12.0; g < 60; g += 9.5 {
		for _, v := range []float64{0, 8, 19, 25} {
			for _, brake := range []float64{0, -2, -7} {
				for _, p := range []profile{{20, 0, 0.3, 0}, {20, 1, 0.3, -7}, {20, -3, 0.5, -3}, {20, 0, 1.2, -4}, {20, 0, 0.2, 2}, {20, -8, 4, 0}} {
					for _, w := range []window{{0, never}, {1, never}, {0, 1.5}, {2, 2}, {never, never}, {3, 5}} {
						o := other{gap: g, v: v, brake: brake, lengths: 9}
						n++
						got, want := o.hits(&p, w, 0.5), w.in < w.out && step(&o, &p, w, 0.5)
						if got {
							hit++
						}
						if got != want { // a stop within a hundredth of the margin may fall between two steps
							near := false
							for _, m := range []float64{0.4, 0.6} {
								near = near || step(&o, &p, w, m) == got
							}
							if !near {
								t.Fatalf("%+v %+v %+v: %v", o, p, w, got)
							}
						}
					}
				}
			}
		}
	}
	dip := other{gap: 12, v: 8, brake: -2, lengths: 9} // nearest after 2 s with 0 m left, while the first piece lasts
	if p := (profile{20, -8, 4, 0}); !dip.hits(&p, window{0, never}, 0.5) {
		t.Error("equal speeds in the first piece are missed")
	}
	if dip.gap = 12.6; dip.hits(&profile{20, -8, 4, 0}, window{0, never}, 0.5) {
		t.Error("and 0.6 m are enough")
	}
	if hit < n/10 || hit > n*9/10 {
		t.Errorf("%d of %d hit: this compares nothing", hit, n)
	}
}

func TestWindows(t *testing.T) {
	k := Default().Wait
	k.Side = 0.2
	for _, row := range []struct {
		o              other
		stays, gathers window
		why            string
	}{
		{other{edge: -1}, window{0, never}, window{0, never}, "in the path"},
		{other{edge: -1, toward: 1, gather: 2}, window{0, never}, window{0, never}, "in the path, drifting to its middle"},
		{other{edge: -1, toward: -0.05}, window{0, never}, window{0, never}, "noise does not make it leave"},
		{other{edge: -1, toward: -0.5}, window{0, 2}, window{0, 2}, "leaves"},
		{other{edge: 1, toward: 0.1}, window{never, never}, window{never, never}, "drifts within its lane"},
		{other{edge: 1, toward: -1, gather: 2}, window{never, never}, window{never, never}, "moves away"},
		{other{edge: 1, toward: 0.4}, window{2, never}, window{2, never}, "comes"},
		{other{edge: 0.1, toward: 0.4}, window{0, never}, window{0, never}, "as good as there"},
		{other{edge: 1, toward: 2, gather: 2}, window{0.4, never}, window{0.4, never}, "as fast as it is believed to become"},
		{other{edge: 1, toward: 0.4, gather: 0.3}, window{2, never}, window{2, never}, "gathering within the noise"},
		{other{edge: 1, toward: 0, gather: 2}, window{never, never}, window{0.5 + (0.8-0.25)/1, never}, "begins to come: 1 m/s after half a second"},
		{other{edge: 1, toward: 1, gather: 2}, window{0.8, never}, window{0.4 + (0.8-0.56)/1.8, never}, "reaches the most it is believed"},
		{other{edge: 0.4, toward: 0.4, gather: 2}, window{0.5, never}, window{(math.Sqrt(0.16+0.8) - 0.4) / 2, never}, "is there while it gathers"},
	} {
		if got := row.o.stays(&k); !close6(got.in, row.stays.in) || !close6(got.out, row.stays.out) {
			t.Errorf("stays, %s: %v", row.why, got)
		}
		if got := row.o.gathers(&k); !close6(got.in, row.gathers.in) || !close6(got.out, row.gathers.out) {
			t.Errorf("gathers, %s: %v, expected %v", row.why, got, row.gathers)
		}
	}
}

func TestAhead(t *testing.T) {
	e := motion.Ego{S: 100, D: 3.5, V: 20, Heading: 0.01, Length: 5, Width: 2}
	for _, side := range []float64{1, -1} {
		e.Heading = 0.01 * side
		a := track{s: 130, d: 3.5 + side*3, vs: 18, vd: -side, as: -2, ad: -side * 0.5, rate: -side * 0.7, length: 4, width: 1.8}
		o := ahead(&e, &a)
		want := other{gap: 25.5, edge: 1.1, v: 18, brake: -2, toward: 1.2, gather: 0.5, lengths: 9}
		if !close6(o.gap, want.gap) || !close6(o.edge, want.edge) || !close6(o.toward, want.toward) || !close6(o.gather, want.gather) ||
			o.v != want.v || o.brake != want.brake || o.lengths != want.lengths {
			t.Errorf("%+v, expected %+v", o, want)
		}
		a.rate = -side * 0.2
		if o := ahead(&e, &a); !close6(o.gather, 0.2) {
			t.Errorf("the newest list shows less: %+v", o)
		}
	}
	if o := ahead(&e, &track{as: 1}); o.brake != 0 {
		t.Error("acceleration of the other is counted on")
	}
}

func list(at motion.Tick, o ...motion.Object) *motion.Objects {
	l := &motion.Objects{At: at, N: len(o)}
	copy(l.List[:], o)
	return l
}

func TestRead(t *testing.T) {
	good := motion.Object{ID: 7, S: 50, D: 1, VS: 20, VD: 0.5, AS: -1, Length: 4, Width: 2}
	var s scene
	for _, row := range []struct {
		now  motion.Tick
		l    *motion.Objects
		ok   bool
		at   motion.Tick
		why  string
		edit func(*motion.Objects)
	}{
		{10, nil, false, 0, "no list", nil},
		{10, list(11, good), false, 0, "from the future", nil},
		{10, list(10, good), true, 10, "first", nil},
		{12, list(10, good), true, 10, "the same again", nil},
		{12, list(9, good), false, 10, "older than the one that is known", nil},
		{15, list(15, good), false, 10, "a count below 0", func(l *motion.Objects) { l.N = -1 }},
		{15, list(15, good), false, 10, "a count beyond the list", func(l *motion.Objects) { l.N = motion.MaxObjects + 1 }},
		{15, list(15, good), false, 10, "position", func(l *motion.Objects) { l.List[0].S = math.NaN() }},
		{15, list(15, good), false, 10, "offset", func(l *motion.Objects) { l.List[0].D = math.Inf(1) }},
		{15, list(15, good), false, 10, "speed", func(l *motion.Objects) { l.List[0].VS = math.NaN() }},
		{15, list(15, good), false, 10, "lateral speed", func(l *motion.Objects) { l.List[0].VD = math.NaN() }},
		{15, list(15, good), false, 10, "acceleration", func(l *motion.Objects) { l.List[0].AS = math.NaN() }},
		{15, list(15, good), false, 10, "length", func(l *motion.Objects) { l.List[0].Length = 0 }},
		{15, list(15, good), false, 10, "length", func(l *motion.Objects) { l.List[0].Length = math.NaN() }},
		{15, list(15, good), false, 10, "width", func(l *motion.Objects) { l.List[0].Width = 0 }},
		{15, list(15, good), false, 10, "width", func(l *motion.Objects) { l.List[0].Width = math.NaN() }},
		{15, list(15, good), true, 15, "next", func(l *motion.Objects) { l.List[1].S = math.NaN() }},
		{20, list(20), true, 20, "empty", nil},
		{25, list(25), true, 25, "full", func(l *motion.Objects) {
			l.N = motion.MaxObjects
			for i := range l.List {
				l.List[i] = good
				l.List[i].ID = int32(i)
			}
		}},
	} {
		if row.edit != nil {
			row.edit(row.l)
		}
		if ok := s.read(row.now, row.l); ok != row.ok || s.at != row.at {
			t.Errorf("%s: %v, list of %d", row.why, ok, s.at)
		}
	}
	if s.n != motion.MaxObjects {
		t.Errorf("%d objects", s.n)
	}
}

func TestFilter(t *testing.T) {
	var s scene
	a := motion.Object{ID: 1, S: 10, VS: 20, VD: 0.5, AS: -2, Length: 4, Width: 2}
	b := a
	b.ID = 2
	s.read(0, list(0, a, b))
	a.VD, a.AS = 0.6, -4
	b.VD, b.D = 0.3, 3
	s.read(5, list(5, b, a)) // the order changed
	got := s.tracks[s.side][:s.n]
	for i, want := range []track{{id: 2, s: 10, d: 3, vs: 20, vd: 0.3, as: -2, ad: -2, rate: -4, length: 4, width: 2}, {id: 1, s: 10, vs: 20, vd: 0.6, as: -3, ad: 1, rate: 2, length: 4, width: 2}} {
		got[i].ad, got[i].rate = math.Round(got[i].ad*1e9)/1e9, math.Round(got[i].rate*1e9)/1e9
		if got[i] != want {
			t.Errorf("%+v, expected %+v", got[i], want)
		}
	}
	a.VD = 0.7
	s.read(10, list(10, motion.Object{ID: 3, VD: 5, AS: -9, Length: 1, Width: 1}, a))
	if got := s.tracks[s.side][:s.n]; got[0].ad != 0 || got[0].as != -9 || !close6(got[1].ad, 1.5) {
		t.Errorf("%+v", got)
	}
}

func TestNow(t *testing.T) {
	a := track{id: 4, s: 10, d: 1, vs: 20, vd: 0.5, as: -2, ad: 3, length: 4, width: 2}
	got, want := a.now(0.2), track{id: 4, s: 10 + 4 - 0.04, d: 1.1, vs: 19.6, vd: 0.5, as: -2, ad: 3, length: 4, width: 2}
	if !close6(got.s, want.s) || !close6(got.d, want.d) || !close6(got.vs, want.vs) || got.vd != want.vd || got.ad != want.ad || got.id != want.id {
		t.Errorf("%+v, expected %+v", got, want)
	}
	a.vs, a.as = 0.1, -5
	if got := a.now(0.2); got.vs != 0 {
		t.Errorf("it drives backwards: %+v", got)
	}
}
