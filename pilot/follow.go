package pilot

import "math"

// kmh is 1 km/h in m/s.
const kmh = 1 / 3.6

// headway is the table of 5.2.3.3 for classes M1 and N1: speed in km/h, time gap in s.
var headway = [...][2]float64{{7.2, 1.0}, {10, 1.1}, {20, 1.2}, {30, 1.3}, {40, 1.4}, {50, 1.5}, {60, 1.6}}

// MinGap is the distance in metres that must be kept at speed v in m/s (5.2.3.3): by the table up to 60 km/h, by thw (s, national
// rules, 5.1.2) above, never below 2 m.
func MinGap(v, thw float64) float64 {
	if !(v > 2) {
		return 2
	}
	return max(2, float64(v*timeGap(v/kmh, thw)))
}

func timeGap(k, thw float64) float64 {
	if k > headway[len(headway)-1][0] {
		return max(thw, headway[len(headway)-1][1])
	}
	for i := 1; i < len(headway); i++ {
		if a, b := headway[i-1], headway[i]; k <= b[0] {
			return a[1] + float64(max(0, k-a[0])/(b[0]-a[0])*(b[1]-a[1]))
		}
	}
	return headway[len(headway)-1][1]
}

// free is the acceleration towards a speed to hold when nobody is in the way.
func (p *Pilot) free(v, want float64) float64 {
	f := p.p.Following
	if v <= want {
		if want < 0.1 {
			return 0
		}
		return min(f.Accel, 0.6*(want-v))
	}
	return max(-f.Brake, 0.5*(want-v))
}

// follow is the acceleration of the intelligent driver model behind a lead at a bumper gap, never harder than a comfortable
// brake: what safety needs beyond that is not for a following law to say. A gap that someone else has made too short is
// restored gently (5.2.3.3).
func (p *Pilot) follow(v, gap, vo, ao float64) float64 {
	f := p.p.Following
	want := MinGap(v, p.p.Market.THW) + f.Gap - 2
	closing := v - vo
	dyn := float64(v*closing) / (2 * math.Sqrt(float64(f.Accel*f.Brake)))
	star := want + max(dyn, -0.5*want)
	g := max(gap, 0.1)
	ratio := star / g
	a := float64(f.Accel * (1 - float64(ratio*ratio)))
	soft := p.p.Comfort.Brake
	switch {
	case closing < -0.5 && ao > -1 && gap > 1: // it draws away by itself
		soft = 1.5
	case closing < 0.5 && ao > -0.5 && gap > 0.4*want:
		soft = 1.2
	}
	if v < 0.3 && gap < f.Gap+1 && vo < 0.3 { // at rest behind somebody at rest
		return min(a, -0.3)
	}
	return max(a, -soft)
}
