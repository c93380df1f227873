package pilot

import (
	"math"

	"roadbook/pilot/motion"
)

// accelerate moves the commanded acceleration towards the demand within its jerk, and never outside of what the brakes give.
func (p *Pilot) accelerate(d demand, ego *motion.Ego) float64 {
	want := max(-p.roll.bmax, min(d.accel, p.p.Comfort.Accel))
	step := float64(d.jerk * motion.DT)
	if want > p.cmd { // letting go after braking: briskly, but not with a jolt
		step = float64(max(p.p.Comfort.Jerk, min(d.jerk, softJerk)) * motion.DT)
		if p.cmd < -p.p.Comfort.Brake {
			step = float64(p.p.Emergency.Jerk * motion.DT)
		}
	}
	p.cmd = max(p.cmd-step, min(p.cmd+step, want))
	return p.cmd
}

// remember keeps the commands that are on their way through the latency of the brakes.
func (p *Pilot) remember(a float64) {
	p.hist[p.histAt] = a
	p.histAt = (p.histAt + 1) % len(p.hist)
}

// pipe fills the rollouts' view of commands under way, the oldest first.
func (p *Pilot) pipe() {
	n := p.roll.steps
	for k := range n {
		back := (n-k)*rollTicks - rollTicks/2 // ticks ago, in the middle of the step
		i := (p.histAt - back + 2*len(p.hist)) % len(p.hist)
		p.roll.pipe[k] = p.hist[i]
	}
}

// bicycle gives the front wheel angle for a path curvature.
func bicycle(curvature, wheelbase float64) float64 { return atan(float64(curvature * wheelbase)) }

// atan is accurate to 1e-6 within ±0.6, more than front wheels turn. math.Atan may be fused differently on another architecture.
func atan(x float64) float64 {
	x = max(-0.6, min(x, 0.6))
	// Half the angle first: atan x = 2 atan(x / (1 + sqrt(1 + x²))).
	y := x / (1 + math.Sqrt(1+float64(x*x)))
	q := float64(y * y)
	t := 1 - float64(q*(1.0/3-float64(q*(1.0/5-float64(q*(1.0/7-float64(q/9)))))))
	return 2 * float64(y*t)
}
