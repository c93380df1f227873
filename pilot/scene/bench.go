package scene

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"syscall"
	"time"

	"roadbook/pilot/motion"
)

// BenchConfig says what Bench measures.
type BenchConfig struct {
	Cases int // of the grid, all kinds
	Runs  int // rounds, the contestants in turn; the median counts
}

// Speed is what a Bench found, for one core, in CPU time.
type Speed struct {
	Scenarios float64 // full-stack 20 s scenarios a second
	Beside    float64 // the same with the reference models and the bound beside it
	Scalar    float64 // the limit: two cars on a line, nothing else
	Allocs    float64 // per tick of the full stack
	CPU       float64 // s, in all
}

// benchTicks is the length of a scenario, 20 s.
const benchTicks = int(20 * motion.Second)

// Bench measures the full stack of world, sensors, pilot, checker and car on one core, beside the limit that a scalar loop
// over two cars sets, in the same run. All scenarios run their whole 20 s.
func Bench(ctx context.Context, out io.Writer, c BenchConfig) (Speed, error) {
	if c.Cases < 1 || c.Runs < 1 {
		return Speed{}, fmt.Errorf("%d cases in %d rounds measure nothing: expected at least 1 of each", c.Cases, c.Runs)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r, err := NewRig(DefaultStack())
	if err != nil {
		return Speed{}, err
	}
	cases, err := whole(ctx, r, c.Cases)
	if err != nil {
		return Speed{}, err
	}
	pass := func(bare bool) error {
		r.Bare = bare
		for i := range cases {
			if _, err := r.Run(&cases[i]); err != nil {
				return err
			}
		}
		return ctx.Err()
	}
	var bare, beside, scalar []float64
	var before, after runtime.MemStats
	mallocs := uint64(0)
	began := cpuTime()
	for range c.Runs {
		runtime.ReadMemStats(&before)
		start := cpuTime()
		if err := pass(true); err != nil {
			return Speed{}, err
		}
		bare = append(bare, float64(len(cases))/(cpuTime()-start))
		runtime.ReadMemStats(&after)
		mallocs += after.Mallocs - before.Mallocs
		start = cpuTime()
		if err := pass(false); err != nil {
			return Speed{}, err
		}
		beside = append(beside, float64(len(cases))/(cpuTime()-start))
		scalar = append(scalar, scalarRate(cases))
	}
	ticks := float64(len(cases) * c.Runs * benchTicks)
	s := Speed{Scenarios: middle(bare), Beside: middle(beside), Scalar: middle(scalar), Allocs: perTick(mallocs, ticks), CPU: cpuTime() - began}
	fmt.Fprintf(out, "%d scenarios of 20 s at 100 Hz, one core, medians of %d rounds in CPU time\n\n", len(cases), c.Runs)
	fmt.Fprintf(out, "%-58s %10s %12s\n", "", "scen./s", "ns per tick")
	for _, row := range []struct {
		name string
		rate float64
	}{{"full stack: world, sensors, pilot, checker, car", s.Scenarios}, {"the same, four reference models and the bound beside it", s.Beside},
		{"limit: two cars on a line, one IDM, scalar loop", s.Scalar}} {
		fmt.Fprintf(out, "%-58s %10.0f %12.1f\n", row.name, row.rate, 1e9/(row.rate*float64(benchTicks)))
	}
	fmt.Fprintf(out, "\n%.2f allocations per tick, %.1f CPU seconds in all, %s/%s\n", s.Allocs, s.CPU, runtime.GOOS, runtime.GOARCH)
	return s, nil
}

// whole picks cases that end without a collision, so that all of them run 20 s.
func whole(ctx context.Context, r *Rig, n int) ([]Case, error) {
	var out []Case
	r.Bare = true
	for _, c := range mixed(gridSeed, 3*n, n) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c.Duration = float64(benchTicks) * motion.DT
		o, err := r.Run(&c)
		if err != nil {
			return nil, err
		}
		if !o.Collision {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("every case ends in a collision: nothing runs its 20 s")
	}
	step := max(1, len(out)/n)
	picked := out[:0]
	for i := 0; i < len(out) && len(picked) < n; i += step {
		picked = append(picked, out[i])
	}
	return picked, nil
}

// scalarRate is how many scenarios a second the least loop runs that is one: two cars on a line, of which one follows.
func scalarRate(cases []Case) float64 {
	start := cpuTime()
	sum, n := 0.0, 0
	for cpuTime()-start < 0.2 {
		for i := range cases {
			sum += scalar(&cases[i])
			n++
		}
	}
	if math.IsNaN(sum) { // the loop must not be optimised away
		return 0
	}
	return float64(n) / (cpuTime() - start)
}

// scalar follows a lead by IDM for 20 s and returns the least gap.
func scalar(c *Case) float64 {
	v, u, gap, least := c.Ego/3.6, or(c.Other, c.Ego)/3.6, c.Gap+5, math.Inf(1)
	set := v
	for range benchTicks {
		rel := v - u
		want := 2 + max(0, float64(1.2*v)+float64(v*rel)/(2*1.7320508))
		free := v / set
		free *= free
		ratio := want / max(gap, 0.1)
		a := max(-7.59, 1.5*(1-float64(free*free)-float64(ratio*ratio)))
		v = max(0, v+float64(a*motion.DT))
		u = max(0, u-float64(c.LeadDecel*motion.DT))
		gap += float64((u - v) * motion.DT)
		least = min(least, gap)
	}
	return least
}

// perTick rounds to what a tick can have: the bench's own few allocations are no tick's.
func perTick(mallocs uint64, ticks float64) float64 {
	return math.Floor(float64(float64(mallocs)/ticks*100)+0.5) / 100
}

func middle(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// cpuTime is the processor time of this process, user and system, in seconds.
func cpuTime() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return float64(time.Now().UnixNano()) / 1e9
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
