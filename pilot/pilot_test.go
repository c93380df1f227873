package pilot_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"roadbook/pilot"
	"roadbook/pilot/motion"
	"roadbook/pilot/scene/reference"
)

func TestMinGap(t *testing.T) {
	for _, c := range []struct{ kmh, want float64 }{ // 5.2.3.3, d_min of M1 and N1; above 60 km/h by the national headway
		{0, 2}, {7.2, 2}, {10, 3.1}, {20, 6.7}, {30, 10.8}, {40, 15.6}, {50, 20.8}, {60, 26.7}, {100, 50},
	} {
		if got := pilot.MinGap(c.kmh/3.6, 1.8); math.Abs(got-c.want) > 0.06 {
			t.Errorf("at %g km/h the least gap is %.2f m, expected %g", c.kmh, got, c.want)
		}
	}
}

func TestCritical(t *testing.T) {
	for _, c := range []struct{ v, dv, react, want float64 }{
		{20, -5, 0.4, 20},
		{20, 12, 0.4, 4.8 + 24 + 20},
		{20, 12, 1.4, 16.8 + 24 + 20}, // was not detected a second before
	} {
		if got := pilot.Critical(c.v, c.dv, c.react); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("S(%g, %g, %g) = %g m, expected %g", c.v, c.dv, c.react, got, c.want)
		}
	}
}

func TestParams(t *testing.T) {
	if err := pilot.Default().Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*pilot.Params){
		"no number":                  func(p *pilot.Params) { p.Emergency.Brake = math.NaN() },
		"60 km/h without a change":   func(p *pilot.Params) { p.Market.RiskChange = false },
		"headway":                    func(p *pilot.Params) { p.Market.THW = 0.5 },
		"no domain":                  func(p *pilot.Params) { p.Domain.Roads = nil },
		"minimum risk after 5 s":     func(p *pilot.Params) { p.Engagement.MRM = 500 },
		"label is not one of ours":   func(p *pilot.Params) { p.Market.Label = "autopilot" },
		"comfort harder than 3.5":    func(p *pilot.Params) { p.Comfort.Brake = 4 },
		"brakes that never build up": func(p *pilot.Params) { p.Emergency.Jerk = 0 },
	} {
		p := pilot.Default()
		spoil(&p)
		if _, err := pilot.New(p); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
}

// TestConflicts drives random conflicts: whatever a reference model avoids below 60 km/h the pilot avoids, and it does not brake
// hard when nobody cuts in.
func TestConflicts(t *testing.T) {
	p, err := pilot.New(pilot.Default())
	if err != nil {
		t.Fatal(err)
	}
	var w sim
	avoidable, fast, safe, hard := 0, 0, 0, 0
	for i := range 600 {
		r := rand.New(rand.NewPCG(77, uint64(i)))
		w.c = draw(r)
		hit, _ := w.run(p)
		for _, x := range reference.All(&w.c) {
			if !x.Collision {
				avoidable++
				if hit && w.c.Ego < 60/3.6 {
					t.Errorf("collision that a reference model avoids: %+v", w.c)
				} else if hit {
					fast++
				}
				break
			}
		}
		if w.c.Kind == reference.CutIn && !w.c.CutsIn() && w.maxDecel > 3 {
			t.Errorf("braked by %.1f m/s² though nobody cuts in: %+v", w.maxDecel, w.c)
		}
		if !reference.KeepSpeed(&w.c).Collision {
			if safe++; w.maxDecel > 3 {
				hard++
			}
		}
	}
	if avoidable < 300 || safe < 50 {
		t.Fatalf("only %d avoidable and %d harmless conflicts: the sample says nothing", avoidable, safe)
	}
	if fast > avoidable/500 || hard > safe/25 {
		t.Errorf("%d of %d collided above 60 km/h, %d of %d harmless ones braked hard", fast, avoidable, hard, safe)
	}
}

// wild gives any float, also those that are no numbers.
func wild(t *rapid.T, name string) float64 {
	if rapid.IntRange(0, 9).Draw(t, name+"?") == 0 {
		return rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e300, 0}).Draw(t, name+"!")
	}
	return rapid.Float64Range(-200, 200).Draw(t, name)
}

func TestDefinedUnderAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := pilot.New(pilot.Default())
		if err != nil {
			t.Fatal(err)
		}
		p.Reset(pilot.Start{Active: true, Set: 30})
		var l motion.Objects
		in := motion.Input{Objects: &l, Driver: driver, Health: healthy, Place: motorway, Road: motion.Road{Lanes: 3, LaneWidth: 3.5, CurveStep: 20},
			Ego: motion.Ego{D: 3.5, V: 25, Length: 4.5, Width: 1.9, Wheelbase: 2.8, Friction: 1, BrakeMax: 7.59}}
		var out pilot.Output
		for tick := range 60 {
			in.Now = motion.Tick(tick)
			if tick%5 == 0 {
				l.At, l.N = in.Now-10, rapid.IntRange(-3, 70).Draw(t, "n")
				for i := range min(max(l.N, 0), 4) {
					l.List[i] = motion.Object{ID: int32(i), S: wild(t, "s"), D: wild(t, "d"), VS: wild(t, "vs"), VD: wild(t, "vd"), AS: wild(t, "as"),
						Length: wild(t, "length"), Width: wild(t, "width")}
				}
				in.Ego.V, in.Ego.Heading, in.Ego.A = wild(t, "v"), wild(t, "heading"), wild(t, "a")
				in.Ego.D, in.Ego.Wheelbase, in.Ego.BrakeMax = wild(t, "ego d"), wild(t, "wheelbase"), wild(t, "brakes")
				in.Road.LaneWidth, in.Road.Limit, in.Road.BlockedAt, in.Road.Curvature[1] = wild(t, "lane"), wild(t, "limit"), wild(t, "blocked"), wild(t, "curvature")
				in.Road.Lanes = rapid.IntRange(-2, 9).Draw(t, "lanes")
				in.Driver.Brake, in.Driver.Accelerator = wild(t, "pedal"), wild(t, "accelerator")
			}
			p.Step(&in, &out)
			c := out.Command
			if !(c.Accel >= -9.81 && c.Accel <= 2) || !(math.Abs(c.Steer) <= 0.7) {
				t.Fatalf("tick %d: command %+v", tick, c)
			}
		}
	})
}

func crowd() (*motion.Input, *motion.Objects) {
	l := &motion.Objects{N: motion.MaxObjects}
	for i := range l.List {
		l.List[i] = motion.Object{ID: int32(i), S: float64(i*12 - 100), D: float64(i%3) * 3.5, VS: 20, VD: float64(i%5-2) * 0.4, Length: 4.3, Width: 1.9}
	}
	return &motion.Input{Objects: l, Driver: driver, Health: healthy, Place: motorway, Road: motion.Road{Lanes: 3, LaneWidth: 3.5, CurveStep: 20},
		Ego: motion.Ego{D: 3.5, V: 30, Length: 4.5, Width: 1.9, Wheelbase: 2.8, Friction: 1, BrakeMax: 7.59}}, l
}

func TestNoAllocations(t *testing.T) {
	p, err := pilot.New(pilot.Default())
	if err != nil {
		t.Fatal(err)
	}
	p.Reset(pilot.Start{Active: true, Set: 30})
	in, l := crowd()
	var out pilot.Output
	if n := testing.AllocsPerRun(500, func() {
		in.Now++
		if in.Now%5 == 0 {
			l.At = in.Now
		}
		p.Step(in, &out)
	}); n != 0 {
		t.Errorf("%g allocations in a tick", n)
	}
}

func BenchmarkStepCrowd(b *testing.B) {
	p, _ := pilot.New(pilot.Default())
	p.Reset(pilot.Start{Active: true, Set: 30})
	in, l := crowd()
	var out pilot.Output
	for b.Loop() {
		in.Now++
		if in.Now%5 == 0 {
			l.At = in.Now
		}
		p.Step(in, &out)
	}
}
