package r157_test

import (
	"math/rand/v2"
	"testing"

	"roadbook/pilot/motion"
	"roadbook/pilot/r157"
)

func TestEyesAndHandsWhereTheDriverSupervises(t *testing.T) {
	for _, c := range []struct {
		why   string
		off   func(*motion.Driver)
		level func(*r157.Notice) r157.Level
		steps [3]motion.Tick
		want  r157.Reason
	}{
		{"eyes off", func(d *motion.Driver) { d.EyesOff = true }, func(n *r157.Notice) r157.Level { return n.Eyes }, [3]motion.Tick{300, 500, 1100}, r157.EyesOff},
		{"eyes closed", func(d *motion.Driver) { d.EyesClosed, d.HeadMotion = true, true }, func(n *r157.Notice) r157.Level { return n.Eyes }, [3]motion.Tick{300, 500, 1100}, r157.EyesOff},
		{"hands off", func(d *motion.Driver) { d.HandsOn = false }, func(n *r157.Notice) r157.Level { return n.Hands }, [3]motion.Tick{1500, 2400, 3000}, r157.HandsOff},
	} {
		b := begin(t, "CN")
		b.activate()
		c.off(&b.in.Driver)
		for n := motion.Tick(1); n <= c.steps[2]; n++ {
			b.run(1)
			want := r157.Quiet
			for i, s := range c.steps {
				if n >= s {
					want = r157.Level(i + 1)
				}
			}
			if got := c.level(&b.out.Notice); got != want {
				t.Fatalf("%s for %d ticks: level %d, want %d", c.why, n, got, want)
			}
			if (b.mode() == motion.Transition) != (n == c.steps[2]) {
				t.Fatalf("%s for %d ticks: mode %d", c.why, n, b.mode())
			}
		}
		b.wantLast(r157.TransitionDemand, c.want, c.why)

		b = begin(t, "DE") // where the pilot drives by itself, the driver may read
		b.activate()
		c.off(&b.in.Driver)
		b.run(20_000)
		b.want(motion.Active, c.why+" under the R157 label")
	}
}

// TestLockout: three terminal alerts, or 30 s of terminal alert, end the pilot until the next run cycle.
func TestLockout(t *testing.T) {
	b := begin(t, "CN")
	for i := range 3 {
		b.in.Driver.EyesOff = false
		b.run(110)
		b.activate()
		b.in.Driver.EyesOff = true
		b.run(1100)
		b.want(motion.Transition, "terminal alert")
		b.in.Driver.EyesOff, b.in.Driver.Brake = false, 1
		b.run(1)
		b.in.Driver.Brake = 0
		if want := map[bool]motion.Mode{true: motion.Locked, false: motion.Off}[i == 2]; b.mode() != want {
			t.Fatalf("after %d terminal alerts: mode %d", i+1, b.mode())
		}
	}
	b.in.Driver.Engage = true
	b.run(1000)
	b.want(motion.Locked, "locked for the run cycle")

	p := r157.Default()
	p.TerminalTicks = 500
	m, err := r157.New(market(t, "CN"), p)
	if err != nil {
		t.Fatal(err)
	}
	for ticks, want := range map[motion.Tick]motion.Mode{479: motion.Off, 480: motion.Locked} { // and 20 ticks in which the driver takes the wheel
		b = begin(t, "CN")
		b.m = m
		m.Reset(false, 0)
		b.activate()
		b.in.Driver.EyesOff = true
		b.run(1099 + ticks)
		b.in.Driver.EyesOff, b.in.Driver.Wheel = false, 5
		b.run(20)
		b.want(want, "terminal alert in sum")
	}
}

// TestAttentiveDriverIsNotWarned is the gate against false alarms: fifty hours of drivers who look away as people do, with a
// camera that fails now and then, and not one warning.
func TestAttentiveDriverIsNotWarned(t *testing.T) {
	for _, country := range []string{"DE", "CN"} {
		for seed := range uint64(25) {
			rng := rand.New(rand.NewPCG(seed, 157))
			b := begin(t, country)
			b.activate()
			var away, gone, hands, next motion.Tick
			for range 360_000 {
				d := &b.in.Driver
				d.Blink, d.EyesOff, d.HeadMotion = false, false, false
				if next--; next <= 0 {
					d.Blink, next = true, 150+motion.Tick(rng.IntN(700)) // a blink every 1.5 to 8.5 s
				}
				if away--; away < -100 && rng.IntN(600) == 0 {
					away = 20 + motion.Tick(rng.IntN(200)) // a glance of up to 2.2 s
				}
				if gone--; gone < -3000 && rng.IntN(20_000) == 0 {
					gone = 1500 // the camera sees nothing for 15 s
				}
				if hands--; hands < -50 && rng.IntN(1500) == 0 {
					hands = motion.Tick(rng.IntN(1200)) // hands rest for up to 12 s
				}
				d.HandsOn = hands <= 0
				d.EyesOff = away > 0
				if gone > 0 {
					d.Blink = false
				}
				b.run(1)
				if n := &b.out.Notice; n.Unavailable || n.Eyes != r157.Quiet || n.Hands != r157.Quiet || b.mode() != motion.Active {
					t.Fatalf("%s, seed %d, tick %d: %+v, mode %d, %v", country, seed, b.in.Now, *n, b.mode(), b.all)
				}
			}
		}
	}
}
