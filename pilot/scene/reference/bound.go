package reference

import "math"

// Actuators are what the brakes of the ego can do.
type Actuators struct {
	Max     float64 // m/s²
	Latency int     // ticks
	Lag     float64 // s, first order
	Jerk    float64 // m/s³
}

// Standard are the brakes of the reference: 0.774 g, 0.1 s latency, 0.1 s lag, 30 m/s³.
func Standard() Actuators { return Actuators{Max: 7.59, Latency: 10, Lag: 0.1, Jerk: 30} }

// braking is a full braking from a tick on.
type braking struct {
	Actuators
	from  int
	level float64
}

func (b *braking) step(tick int, u float64) float64 {
	if tick >= b.from+b.Latency {
		rise := math.Min(float64((b.Max-b.level)*(dt/b.Lag)), b.Jerk*dt)
		b.level += rise
	}
	return math.Max(u-float64(b.level*dt), 0)
}

// Bound reports whether the conflict can be survived at all by a policy of one class: never braking, or one full braking
// with the given actuators, in a cut-in from any tenth of a second within the first 4 s on, otherwise at once (with the
// latency as the only delay). It bounds that class of policies; it proves nothing about steering.
func Bound(c *Conflict, with Actuators) bool {
	if !KeepSpeed(c).Collision {
		return true
	}
	last := 0
	if c.Kind == CutIn {
		last = 400
	}
	for from := 0; from <= last; from += 10 {
		if !drive(c, nil, &braking{Actuators: with, from: from}).Collision {
			return true
		}
	}
	return false
}
