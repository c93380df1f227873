package bundle

import "math"

// Figure is a number by which a suite is judged. All of them are better when they are lower, unless Higher says otherwise.
type Figure struct {
	Name   string // stable: policies name it
	Title  string
	Unit   string // "cases", "share", "s", "1/s", "m/s²"
	Higher bool   // better when higher
	Of     func(b *Bundle, s *Suite) (v float64, ok bool)
}

// Z95 is the quantile of a two-sided interval of 95 %.
const Z95 = 1.959963984540054

// Wilson is the score interval (Wilson 1927) of a share that was seen k times of n. Without a case nothing is known: 0 to 1.
func Wilson(k, n int64, z float64) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	p, m, z2 := float64(k)/float64(n), float64(n), z*z
	mid := (p + z2/(2*m)) / (1 + z2/m)
	half := z / (1 + z2/m) * math.Sqrt(p*(1-p)/m+z2/(4*m*m))
	low, high = max(0, mid-half), min(1, mid+half)
	if k == 0 {
		low = 0
	}
	if k == n {
		high = 1
	}
	return low, high
}

// share is k of n; ok is false without a case.
func share(k, n int64) (float64, bool) {
	if n <= 0 {
		return 0, false
	}
	return float64(k) / float64(n), true
}

// all adds what is counted up to 60 km/h and above.
func (s *Suite) all(of func(*Counts) int64) int64 { return of(&s.Slow) + of(&s.Fast) }

// Figures is every figure there is, in the order in which they are shown.
func Figures() []Figure {
	count := func(name, title string, of func(*Suite) int64) Figure {
		return Figure{Name: name, Title: title, Unit: "cases", Of: func(_ *Bundle, s *Suite) (float64, bool) { return float64(of(s)), true }}
	}
	rate := func(name, title string, of func(*Suite) (k, n int64)) Figure {
		return Figure{Name: name, Title: title, Unit: "share", Of: func(_ *Bundle, s *Suite) (float64, bool) { return share(of(s)) }}
	}
	checks := func(of func(Check) int64) func(*Suite) int64 {
		return func(s *Suite) (n int64) {
			for _, k := range s.Checks {
				n += of(k)
			}
			return n
		}
	}
	comfort := func(name, title, unit string, of func(*Comfort) float64) Figure {
		return Figure{Name: name, Title: title, Unit: unit, Of: func(_ *Bundle, s *Suite) (float64, bool) {
			if s.Comfort == nil || s.Comfort.Ticks == 0 {
				return 0, false
			}
			return of(s.Comfort), true
		}}
	}
	return []Figure{
		count("collided_slow", "collisions that a reference model avoids, up to 60 km/h", func(s *Suite) int64 { return s.Slow.CollidedAvoidable }),
		count("collided_fast", "collisions that a reference model avoids, above 60 km/h", func(s *Suite) int64 { return s.Fast.CollidedAvoidable }),
		rate("collided_fast_share", "the same, of what is avoidable above 60 km/h", func(s *Suite) (int64, int64) { return s.Fast.CollidedAvoidable, s.Fast.Avoidable }),
		{Name: "collided_upper", Title: "upper end of the 95 % interval of collisions, of what is avoidable", Unit: "share", Of: func(_ *Bundle, s *Suite) (float64, bool) {
			n := s.all(func(c *Counts) int64 { return c.Avoidable })
			_, high := Wilson(s.all(func(c *Counts) int64 { return c.CollidedAvoidable }), n, Z95)
			return high, n > 0
		}},
		{Name: "avoided_share", Title: "avoided, of what a reference model avoids", Unit: "share", Higher: true, Of: func(_ *Bundle, s *Suite) (float64, bool) {
			n := s.all(func(c *Counts) int64 { return c.Avoidable })
			return share(n-s.all(func(c *Counts) int64 { return c.CollidedAvoidable }), n)
		}},
		count("impacts", "collisions", func(s *Suite) int64 { return s.all(func(c *Counts) int64 { return c.Collided }) }),
		count("collided_alone", "collisions where careful driver or FSM avoids one", func(s *Suite) int64 {
			return s.all(func(c *Counts) int64 { return c.Collided - c.BothModels })
		}),
		rate("collided_bound_share", "collisions, of what the physical bound avoids", func(s *Suite) (int64, int64) {
			return s.all(func(c *Counts) int64 { return c.CollidedBound }), s.all(func(c *Counts) int64 { return c.Bound })
		}),
		rate("phantom_share", "hard braking where keeping speed is safe", func(s *Suite) (int64, int64) {
			return s.all(func(c *Counts) int64 { return c.HardSafe }), s.all(func(c *Counts) int64 { return c.Safe })
		}),
		count("phantom_harmless", "hard braking where nobody cuts in", func(s *Suite) int64 { return s.all(func(c *Counts) int64 { return c.HardHarmless }) }),
		rate("checker_share", "cases in which the checker stepped in", func(s *Suite) (int64, int64) { return s.Mode.Checker, s.Ran }),
		rate("emergency_share", "cases with an emergency manoeuvre", func(s *Suite) (int64, int64) { return s.Mode.Emergency, s.Ran }),
		comfort("hard_time", "time of braking above 3 m/s²", "share", func(c *Comfort) float64 { return float64(c.Hard) / float64(c.Ticks) }),
		comfort("jerk", "jerk outside of emergency manoeuvres in 95 % of the cases", "m/s³", func(c *Comfort) float64 { return c.Jerk }),
		comfort("side", "lateral acceleration in 95 % of the cases", "m/s²", func(c *Comfort) float64 { return c.Side }),
		{Name: "min_ttc", Title: "smallest time to collision", Unit: "s", Higher: true, Of: func(_ *Bundle, s *Suite) (float64, bool) { return s.MinTTC, s.Ran > 0 }},
		count("soak_caused", "collisions that the ego caused in traffic", func(s *Suite) int64 {
			if s.Soak == nil {
				return 0
			}
			return s.Soak.Caused
		}),
		{Name: "soak_hours", Title: "simulated hours in traffic", Unit: "h", Higher: true, Of: func(_ *Bundle, s *Suite) (float64, bool) {
			if s.Soak == nil {
				return 0, false
			}
			return s.Soak.Seconds / 3600, true
		}},
		{Name: "soak_gap_share", Title: "time with less than the gap of R157, 5.2.3.3", Unit: "share", Of: func(_ *Bundle, s *Suite) (float64, bool) {
			if s.Soak == nil || s.Soak.Seconds <= 0 {
				return 0, false
			}
			return s.Soak.GapBroken / s.Soak.Seconds, true
		}},
		count("checks_failed", "checks that do not hold", checks(func(k Check) int64 { return k.Failed })),
		{Name: "checks_passed", Title: "checks that hold", Unit: "checks", Higher: true, Of: func(_ *Bundle, s *Suite) (float64, bool) {
			return float64(checks(func(k Check) int64 { return k.Passed })(s)), true
		}},
		count("replay_differ", "replays with other bits", func(s *Suite) int64 { return s.Replay.Differ }),
		{Name: "replayed", Title: "cases replayed", Unit: "cases", Higher: true, Of: func(_ *Bundle, s *Suite) (float64, bool) { return float64(s.Replay.Again), true }},
		{Name: "speed", Title: "full-stack 20 s scenarios per second and core", Unit: "1/s", Higher: true, Of: func(b *Bundle, _ *Suite) (float64, bool) { return b.Speed.Scenarios, true }},
		{Name: "allocs", Title: "allocations per tick", Unit: "", Of: func(b *Bundle, _ *Suite) (float64, bool) { return b.Speed.Allocs, true }},
	}
}

// figure finds a figure by its name.
func figure(name string) (Figure, bool) {
	for _, f := range Figures() {
		if f.Name == name {
			return f, true
		}
	}
	return Figure{}, false
}
