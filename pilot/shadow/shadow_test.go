package shadow_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"roadbook/pilot/motion"
	"roadbook/pilot/shadow"
)

func active(accel, steer float64) shadow.Sample {
	return shadow.Sample{Command: motion.Command{Accel: accel, Steer: steer}, Engagement: motion.Engagement{Mode: motion.Active}}
}

func recorder(t testing.TB) *shadow.Recorder {
	t.Helper()
	r, err := shadow.New(shadow.Thresholds{Accel: 0.5, Steer: 0.01, Least: 2, Calm: 3})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestDifferences: one difference each, in ticks 10 to 14 of 30.
func TestDifferences(t *testing.T) {
	mode := active(0, 0)
	mode.Engagement.Mode = motion.Transition
	em := active(-6, 0)
	em.Engagement.Emergency = true
	for _, row := range []struct {
		name         string
		candidate    shadow.Sample
		kinds        shadow.Kind
		accel, steer float64
	}{
		{"equal", active(0, 0), 0, 0, 0},
		{"at the threshold", active(0.5, -0.01), 0, 0, 0},
		{"brakes harder", active(-0.6, 0), shadow.Accel, -0.6, 0},
		{"steers left", active(0, 0.02), shadow.Steer, 0, 0.02},
		{"demands a transition", mode, shadow.Mode, 0, 0},
		{"emergency", em, shadow.Accel | shadow.Emergency, -6, 0},
		{"acceleration is no number", active(math.NaN(), 0.02), shadow.Unreadable | shadow.Steer, 0, 0.02},
		{"angle is infinite", active(1, math.Inf(1)), shadow.Unreadable | shadow.Accel, 1, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := recorder(t)
			in := motion.Input{Ego: motion.Ego{V: 20}, Objects: &motion.Objects{}}
			shipped, same := active(0, 0), active(0, 0)
			for in.Now = 0; in.Now < 30; in.Now++ {
				c := &same
				if in.Now >= 10 && in.Now < 15 {
					c = &row.candidate
				}
				r.Step(&in, &shipped, c)
			}
			e, ok := r.Next()
			if ok != (row.kinds != 0) {
				t.Fatalf("an event: %v, expected kinds %q", ok, row.kinds)
			}
			if !ok {
				return
			}
			in.Now = 10
			if e.Kinds != row.kinds || e.First != 10 || e.Last != 14 || e.Differing != 5 || e.Accel != row.accel || e.Steer != row.steer ||
				e.Shipped != motion.Active || e.Candidate != row.candidate.Engagement.Mode || e.Speed != 20 || e.Input != shadow.Digest(&in) {
				t.Errorf("%v: %+v", e.Kinds, e)
			}
			got := r.Totals()
			if got.Ticks != 30 || math.Abs(got.Metres-6) > 1e-9 || got.Events != 1 || math.Abs(got.PerKilometre()-1000.0/6) > 1e-6 {
				t.Errorf("totals %+v, %v per km", got, got.PerKilometre())
			}
			if _, again := r.Next(); again {
				t.Error("the event came twice")
			}
		})
	}
}

// TestEnds: what ends an event, and what makes none.
func TestEnds(t *testing.T) {
	same, other, off := active(0, 0), active(-2, 0), shadow.Sample{}
	run := func(r *shadow.Recorder, pattern string) {
		in := motion.Input{Ego: motion.Ego{V: 20}, Objects: &motion.Objects{}}
		for i, c := range pattern {
			in.Now = motion.Tick(i)
			switch c {
			case '.':
				r.Step(&in, &same, &same)
			case 'x':
				r.Step(&in, &same, &other)
			case 'o':
				r.Step(&in, &off, &off)
			case 'c': // only the candidate drives
				r.Step(&in, &off, &same)
			}
		}
		r.Finish()
	}
	for _, row := range []struct {
		pattern       string
		events, brief int64
		why           string
	}{
		{"", 0, 0, "nothing"},
		{"..x....", 0, 1, "one tick is below Least"},
		{"..xx", 1, 0, "Finish ends it"},
		{"xx..xx...xx", 2, 0, "two calm ticks do not end it, three do"},
		{"xxoxx", 2, 0, "switching off ends it"},
		{"ooo", 0, 0, "nobody drives"},
		{"ccc", 1, 0, "other modes"},
	} {
		r := recorder(t)
		run(r, row.pattern)
		if got := r.Totals(); got.Events != row.events || got.Brief != row.brief {
			t.Errorf("%s (%s): %+v", row.pattern, row.why, got)
		}
		r.Reset()
		if r.Totals() != (shadow.Totals{}) {
			t.Error("Reset keeps totals")
		}
	}
}

func TestCheck(t *testing.T) {
	d := shadow.Default()
	if err := d.Check(); err != nil {
		t.Fatal(err)
	}
	for i, change := range []func(*shadow.Thresholds){
		func(d *shadow.Thresholds) { d.Accel = 0 }, func(d *shadow.Thresholds) { d.Accel = math.NaN() }, func(d *shadow.Thresholds) { d.Accel = 11 },
		func(d *shadow.Thresholds) { d.Steer = 0 }, func(d *shadow.Thresholds) { d.Steer = 2 },
		func(d *shadow.Thresholds) { d.Least = 0 }, func(d *shadow.Thresholds) { d.Least = shadow.MaxCalm + 1 },
		func(d *shadow.Thresholds) { d.Calm = 0 }, func(d *shadow.Thresholds) { d.Calm = shadow.MaxCalm + 1 },
	} {
		d := shadow.Default()
		change(&d)
		if _, err := shadow.New(d); err == nil {
			t.Errorf("change %d passes: %+v", i, d)
		}
	}
}

// TestDigest: time, car, road and every object count, and what lies behind the list does not.
func TestDigest(t *testing.T) {
	in := motion.Input{Objects: &motion.Objects{N: 1}}
	base := shadow.Digest(&in)
	for i, change := range []func(){
		func() { in.Now++ }, func() { in.Ego.V++ }, func() { in.Ego.BrakeMax++ }, func() { in.Road.BlockedAt++ },
		func() { in.Road.Curvature[15]++ }, func() { in.Road.CurveStep++ }, func() { in.Road.LeftCrossable = true }, func() { in.Road.RightCrossable = true },
		func() { in.Objects.At++ }, func() { in.Objects.List[0].ID++ }, func() { in.Objects.List[0].Width++ },
	} {
		change()
		got := shadow.Digest(&in)
		if got == base {
			t.Errorf("change %d does not count", i)
		}
		base = got
	}
	in.Objects.List[1].S = 5
	if shadow.Digest(&in) != base {
		t.Error("an object behind the end of the list counts")
	}
	in.Objects.N = 1000
	shadow.Digest(&in) // bounded
	in.Objects = nil
	shadow.Digest(&in)
}

// TestAccount: whatever two pilots do, events neither overlap nor vanish, and memory is bounded.
func TestAccount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		th := shadow.Thresholds{Accel: 0.5, Steer: 0.01, Least: rapid.IntRange(1, 4).Draw(t, "least"), Calm: rapid.IntRange(1, 5).Draw(t, "calm")}
		r, err := shadow.New(th)
		if err != nil {
			t.Fatal(err)
		}
		in := motion.Input{Ego: motion.Ego{V: 10}, Objects: &motion.Objects{}}
		draw := rapid.SampledFrom([]float64{0, 0, 0, 0.4, -3, 2})
		differing, ticks := 0, rapid.IntRange(0, 900).Draw(t, "ticks")
		seed := rapid.SliceOfN(draw, 1, 40).Draw(t, "accel")
		for i := range ticks {
			in.Now = motion.Tick(i)
			s, c := active(0, 0), active(seed[i%len(seed)], 0)
			if math.Abs(c.Command.Accel) > th.Accel {
				differing++
			}
			r.Step(&in, &s, &c)
		}
		r.Finish()
		got := r.Totals()
		last, sum, n := motion.Tick(-1), 0, int64(0)
		for {
			e, ok := r.Next()
			if !ok {
				break
			}
			n++
			sum += e.Differing
			if e.First <= last || e.Last < e.First || e.Differing < th.Least || motion.Tick(e.Differing) > e.Last-e.First+1 || math.Abs(e.Accel) <= th.Accel {
				t.Fatalf("event %+v after tick %d", e, last)
			}
			last = e.Last
		}
		if n+got.Lost != got.Events || n > shadow.Capacity || sum > differing || got.ByKind[0] != got.Events {
			t.Fatalf("%d events read, %d of %d differing ticks, totals %+v", n, sum, differing, got)
		}
		if got.Lost == 0 && differing-sum > int(got.Brief)*(th.Least-1) {
			t.Fatalf("%d differing ticks are nowhere: %+v", differing-sum, got)
		}
	})
}

func TestNoAllocation(t *testing.T) {
	r := recorder(t)
	in := motion.Input{Ego: motion.Ego{V: 20}, Objects: &motion.Objects{N: 20}}
	s, c := active(0, 0), active(-3, 0)
	if n := testing.AllocsPerRun(500, func() {
		in.Now++
		if in.Now%20 < 10 {
			r.Step(&in, &s, &c)
		} else {
			r.Step(&in, &s, &s)
		}
	}); n != 0 {
		t.Errorf("%v allocations in a tick", n)
	}
}

func BenchmarkStep(b *testing.B) {
	r := recorder(b)
	in := motion.Input{Ego: motion.Ego{V: 20}, Objects: &motion.Objects{N: 20}}
	s, c := active(0, 0), active(0.3, 0)
	b.ReportAllocs()
	for b.Loop() {
		in.Now++
		r.Step(&in, &s, &c)
	}
}
