package checker

import "math"

// near reports whether RSS is violated both along and across the lane: only such a vehicle is looked at closer.
// ego and o.v in m/s; b is what both can brake with.
func (r *RSS) near(o *other, ego, b float64) bool {
	return o.gap < r.along(ego, o.v, min(b, r.Brake)) && o.edge < r.across(math.Abs(o.toward))
}

// along is the longitudinal safe distance in metres.
func (r *RSS) along(ego, lead, b float64) float64 {
	u := ego + float64(r.Response*r.Accel)
	return float64(ego*r.Response) + float64(0.5*r.Accel*r.Response*r.Response) + float64(u*u)/float64(2*b) - float64(lead*lead)/float64(2*b)
}

// across is the lateral safe distance in metres to a vehicle with lateral speed v.
func (r *RSS) across(v float64) float64 {
	u := v + float64(r.LateralAccel*r.Response)
	return r.Fluctuation + float64(0.5*(v+u)*r.Response) + float64(u*u)/float64(2*r.LateralAccel)
}

// proactive is the PFS: 0 with room for comfortable braking should the lead brake hard, 1 without room even for hard braking.
func (f *Fuzzy) proactive(gap, ego, lead float64) float64 {
	base := float64(ego*f.Response) - float64(lead*lead)/float64(2*f.Other)
	safe := base + float64(ego*ego)/float64(2*f.Comfort) + f.Margin
	unsafe := base + float64(ego*ego)/float64(2*f.Brake)
	return fade(gap-f.Margin, unsafe, safe)
}

// critical is the CFS: the same should the lead keep its speed and the ego its braking. accel is the ego's now.
func (f *Fuzzy) critical(gap, ego, lead, accel float64) float64 {
	if ego <= lead {
		return 0
	}
	next := ego + float64(max(accel, -f.Comfort)*f.Response)
	closing := ego - lead
	if next < lead { // braking now is enough, if there is room for it
		if gap < float64(closing*closing)/float64(2*math.Abs(accel)) {
			return 1
		}
		return 0
	}
	way := float64((float64(0.5*(ego+next)) - lead) * f.Response)
	left := float64((next - lead) * (next - lead))
	return fade(gap, way+left/float64(2*f.Brake), way+left/float64(2*f.Comfort))
}

// fade is 1 below unsafe, 0 above safe, and straight between.
func fade(gap, unsafe, safe float64) float64 {
	switch {
	case gap >= safe:
		return 0
	case gap <= unsafe:
		return 1
	}
	return (safe - gap) / (safe - unsafe)
}

// demand is the braking that the grades ask for, in m/s².
func (f *Fuzzy) demand(pfs, cfs float64) float64 {
	if cfs > 0 {
		return f.Comfort + float64(cfs*(f.Brake-f.Comfort))
	}
	return float64(pfs * f.Comfort)
}
