package pilot

import (
	"math"

	"roadbook/pilot/motion"
)

// Lateral control: a second-order response of the lateral error with this frequency and damping, on top of the road's curvature.
const (
	latOmega = 0.9 // rad/s
	latZeta  = 1.0
	preview  = 0.15 // s, of the steering's lag
	latSlow  = 4.0  // m/s, below which the response is one over distance instead of time
)

// aim is where the ego should be sideways and how that moves.
type aim struct {
	d, v, a float64 // m, m/s, m/s²
}

// steer gives the front wheel angle: feed-forward of the road's curvature where the wheels' answer will be felt, and the lateral
// acceleration that brings the car back to the aim.
func (p *Pilot) steer(in *motion.Input, at aim) float64 {
	ego := &in.Ego
	v := max(ego.V, latSlow)
	e := ego.D - at.d
	slope := float64(v*ego.Heading) - at.v
	acc := at.a - float64(latOmega*latOmega*e) - float64(2*latZeta*latOmega*slope)
	limit := p.p.Comfort.Lateral
	road := curvatureAt(&in.Road, float64(ego.V*preview))
	acc = max(-limit, min(acc, limit))
	k := road/(1-max(-0.5, min(float64(road*ego.D), 0.5))) + acc/float64(v*v)
	k = max(-0.2, min(k, 0.2))
	if m := p.p.Comfort.Lateral / max(float64(ego.V*ego.V), 1); math.Abs(k) > m { // the bend's own share stays within comfort by the speed chosen for it
		k = math.Copysign(max(m, min(math.Abs(k), math.Abs(road))), k)
	}
	base := 2.8
	if ego.Wheelbase >= 1 && ego.Wheelbase <= 10 { // false for NaN
		base = ego.Wheelbase
	}
	if !p.steered { // taking over, it goes on from where the wheels are
		p.curve, p.steered = finite(ego.Steer, 0.5)/base, true
	}
	dk := float64(p.p.Comfort.LateralJerk*motion.DT) / max(float64(ego.V*ego.V), 9)
	k = max(p.curve-dk, min(p.curve+dk, k))
	p.curve = k
	return bicycle(k, base)
}

// curvatureAt gives the road's curvature x metres ahead.
func curvatureAt(r *motion.Road, x float64) float64 {
	if !(r.CurveStep > 0) {
		return finite(r.Curvature[0], 0.1)
	}
	u := max(0, x/r.CurveStep)
	i := int(min(u, float64(len(r.Curvature)-1)))
	a := r.Curvature[i]
	b := r.Curvature[min(i+1, len(r.Curvature)-1)]
	return finite(a+float64((b-a)*min(u-float64(i), 1)), 0.1)
}

// finite gives v within ±limit, and 0 for what is no number.
func finite(v, limit float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return max(-limit, min(v, limit))
}
