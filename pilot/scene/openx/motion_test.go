package openx_test

import (
	"fmt"
	"io/fs"
	"math"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"roadbook/pilot/scene/openx"
)

// This file states the motion of every challenger of the ALKS files from their parameters alone, without the engine's code:
// laws of speed and offset over time in closed form, the way along the bend by fine steps, places by its own integration
// of the road's curvature. The engine must agree within 5 cm until the first trigger that depends on the ego.

const tolerance = 0.05 // m

// bend is the reference line of a road by its curvature, integrated here by the midpoint rule at 1 cm.
type bend struct {
	pieces  [][3]float64 // s, curvature at its start, per metre after
	x, y, h []float64
}

const grain = 0.01

func bendOf(t *testing.T, file string) *bend {
	b, err := fs.ReadFile(folder(t), file)
	if err != nil {
		t.Fatal(err)
	}
	r := &bend{}
	num := func(s string) float64 { v, _ := strconv.ParseFloat(s, 64); return v }
	form := regexp.MustCompile(`(?s)<geometry s="(\S+)" .*?length="(\S+)">\s*<(line|arc|spiral)(?: curvature="(\S+)")?(?: curvStart="(\S+)" curvEnd="(\S+)")?`)
	end := 0.0
	for _, g := range form.FindAllStringSubmatch(string(b), -1) {
		s, l := num(g[1]), num(g[2])
		end = s + l
		switch g[3] {
		case "arc":
			r.pieces = append(r.pieces, [3]float64{s, num(g[4]), 0})
		case "spiral":
			r.pieces = append(r.pieces, [3]float64{s, num(g[5]), (num(g[6]) - num(g[5])) / l})
		default:
			r.pieces = append(r.pieces, [3]float64{s, 0, 0})
		}
	}
	n := int(end/grain) + 1
	r.x, r.y, r.h = make([]float64, n+1), make([]float64, n+1), make([]float64, n+1)
	for i := range n {
		k := r.at((float64(i) + 0.5) * grain)
		mid := r.h[i] + k*grain/2
		r.x[i+1], r.y[i+1], r.h[i+1] = r.x[i]+grain*math.Cos(mid), r.y[i]+grain*math.Sin(mid), r.h[i]+k*grain
	}
	return r
}

func (r *bend) at(s float64) float64 {
	for i := len(r.pieces) - 1; i >= 0; i-- {
		if p := r.pieces[i]; s >= p[0] {
			return p[1] + p[2]*(s-p[0])
		}
	}
	return 0
}

func (r *bend) pose(s, t float64) (x, y, h float64) {
	i := min(max(int(s/grain), 0), len(r.x)-1)
	rest := s - float64(i)*grain
	h = r.h[i] + r.at(s)*rest
	return r.x[i] + rest*math.Cos(r.h[i]) - t*math.Sin(h), r.y[i] + rest*math.Sin(r.h[i]) + t*math.Cos(h), h
}

// body is length, width and box centre ahead of the origin, and the deceleration of the catalogue, copied by hand.
type body struct{ length, width, ahead, brakes float64 }

var bodies = map[string]body{
	"car": {5, 2, 1.4, 10}, "truck": {18.75, 2.5, 7, 6}, "van": {4.5, 1.8, 1.3, 10}, "bus": {13.5, 2.5, 4, 6}, "motorbike": {2.2, 0.9, 0.4, 10},
	"pedestrian": {0.3, 0.5, 0.15, 0},
}

// law is how a challenger moves.
type law struct {
	s, lane float64                 // start on the reference line, t of the lane's centre
	speed   func(t float64) float64 // m/s
	offset  func(t float64) (d, v float64)
	whole   bool    // the speed is the magnitude of the velocity
	until   float64 // s, the first trigger that depends on the ego
}

func steady(v float64) func(float64) float64 { return func(float64) float64 { return v } }
func fixed(d float64) func(float64) (float64, float64) {
	return func(float64) (float64, float64) { return d, 0 }
}

// sway is half a cosine from a to b in T seconds from t0 on.
func sway(t, t0, T, a, b float64) (d, v float64) {
	switch {
	case t <= t0:
		return a, 0
	case t >= t0+T:
		return b, 0
	}
	p := math.Pi / T
	return a + (b-a)*(1-math.Cos(p*(t-t0)))/2, (b - a) / 2 * p * math.Sin(p*(t-t0))
}

// behindOf finds where a lead stands whose box, seen along itself, is gap metres ahead of the ego's box at s = 5.
func behindOf(r *bend, lane, offset, gap float64, lead body) float64 {
	ego := bodies["car"]
	ex, ey, eh := r.pose(5, lane)
	miss := func(s float64) float64 {
		x, y, h := r.pose(s, lane+offset)
		nearest := math.Inf(-1)
		for _, c := range [][2]float64{{1, 1}, {1, -1}, {-1, 1}, {-1, -1}} {
			l, w := ego.ahead+c[0]*ego.length/2, c[1]*ego.width/2
			dx, dy := ex+l*math.Cos(eh)-w*math.Sin(eh)-x, ey+l*math.Sin(eh)+w*math.Cos(eh)-y
			nearest = max(nearest, dx*math.Cos(h)+dy*math.Sin(h))
		}
		return lead.ahead - lead.length/2 - nearest - gap
	}
	lo, hi := 0.0, 500.0
	for range 80 {
		if m := (lo + hi) / 2; miss(m) < 0 {
			lo = m
		} else {
			hi = m
		}
	}
	return lo
}

// laws gives the motion of every challenger of a case.
func laws(r *bend, name string, p func(string) float64, text func(string) string) map[string]law {
	v := p("Ego_InitSpeed_Ve0_kph") / 3.6
	lane := -8.0 // centre of lane -4: 2 + 0.75 + 3.5 + 3.5/2
	if id := text("Ego_InitPosition_LaneId"); id == "4" {
		lane = 8
	}
	never := math.Inf(1)
	lead := bodies[text("LeadVehicle_Model")]
	standing := func(d float64) law { return law{500, lane, steady(0), fixed(d), false, never} }
	switch name[:5] {
	case "4_1_1":
		return map[string]law{}
	case "4_1_2":
		a, b := p("Swerve_Offset_Left_m"), p("Swerve_Offset_Right_m")
		acc := p("Swerve_MaxLateralAcc_mps2")
		ta, tb := math.Pi*math.Sqrt(a/2/acc), math.Pi*math.Sqrt(-b/2/acc)
		back := 10 + ta + 5
		right := back + ta
		home := right + tb + 5
		return map[string]law{"LeadVehicle": {behindOf(r, lane, 0, 2*v, lead), lane, steady(v), func(t float64) (float64, float64) {
			switch {
			case t < back:
				return sway(t, 10, ta, 0, a)
			case t < right:
				return sway(t, back, ta, a, 0)
			case t < home:
				return sway(t, right, tb, 0, b)
			}
			return sway(t, home, tb, b, 0)
		}, false, never}}
	case "4_1_3":
		side := p("SideVehicle_InitPosition_RelativeLaneId")
		return map[string]law{"SideVehicle": {5 + p("SideVehicle_InitLongitudinalOffset_m"), lane + 3.5*side, steady(v),
			fixed(-side * p("SideVehicle_InitLateralOffset_m")), false, never}}
	case "4_2_1":
		return map[string]law{"TargetBlocking": standing(0)}
	case "4_2_2", "4_6_1":
		return map[string]law{"TargetBlocking": standing(p("TargetBlocking_InitPosition_LateralOffset_m"))}
	case "4_2_3":
		x := standing(-5)
		x.until = (500-9)/v - 4 - 1 // before the pedestrian starts, whatever the ego does
		return map[string]law{"TargetBlocking": x}
	case "4_2_4":
		second := standing(0)
		second.s = 515
		return map[string]law{"TargetBlocking": standing(0), "TargetBlocking2": second}
	case "4_3_1":
		d := p("LeadVehicle_Init_LateralOffset_m")
		return map[string]law{"LeadVehicle": {behindOf(r, lane, d, p("LeadVehicle_Init_HeadwayTime_s")*v, lead), lane, steady(v), fixed(d), false, 10}}
	case "4_3_2":
		d := p("LeadVehicle_Init_LateralOffset_m")
		b := min(p("LeadVehicle_Deceleration_Rate_mps2"), lead.brakes)
		return map[string]law{"LeadVehicle": {behindOf(r, lane, d, p("LeadVehicle_Init_HeadwayTime_s")*v, lead), lane,
			func(t float64) float64 { return min(v, max(0, v-b*(t-10))) }, fixed(d), false, never}}
	case "4_4_1", "4_4_2":
		rel := p("CutInVehicle_RelativeInitSpeed_Ve0_Vo0_kph") / 3.6
		side := p("CutInVehicle_InitPosition_RelativeLaneId")
		ds := p("CutInVehicle_HeadwayDistanceTrigger_dx0_m") - 10*rel
		return map[string]law{"CutInVehicle": {5 + ds, lane + 3.5*side, steady(v + rel), fixed(0), false, 3}}
	case "4_5_1", "4_5_2":
		// 2 s ahead; changes the lane when the box ahead is nearer than dx0_f: all of it without the ego
		front := bodies["car"]
		target := bodies[text("TargetBlocking_Model")]
		s0 := 5 + 1.4 + 2.5 + 2*v + 2.5 - 1.4
		near := (500 + target.ahead - target.length/2 - p("FrontOfLead_Distance_dx0_f_m") - (s0 + front.ahead + front.length/2)) / v
		side := 3.5 * p("CutOutVehicle_RelativeTargetLane")
		T := math.Pi * 3.5 / 2 / p("CutOutVehicle_LaneChange_MaxLateralVelocity_Vy_mps")
		out := map[string]law{"TargetBlocking": standing(0),
			"LeadVehicle": {s0, lane, steady(v), func(t float64) (float64, float64) { return sway(t, near, T, 0, side) }, true, never}}
		if name[:5] == "4_5_2" {
			second := standing(0)
			second.s = 515
			out["TargetBlocking2"] = second
		}
		return out
	case "4_6_2":
		return map[string]law{"SideVehicle": {5 + p("SideVehicle_InitLongitudinalOffset_m"), lane, steady(v), fixed(p("SideVehicle_InitLateralOffset_m")), false, 10}}
	}
	return nil
}

// follow steps a law in tenths of a tick and calls f at every tick.
func (l *law) follow(r *bend, end float64, f func(tick int, x, y float64)) {
	const sub = 10
	s := l.s
	for i := 0; float64(i)*0.01 <= end; i++ {
		t := float64(i) * 0.01
		d, _ := l.offset(t)
		x, y, _ := r.pose(s, l.lane+d)
		f(i, x, y)
		for k := range sub {
			m := t + (float64(k)+0.5)*0.01/sub
			d, side := l.offset(m)
			v := l.speed(m)
			if l.whole {
				v = math.Sqrt(max(0, v*v-side*side))
			}
			s += v / (1 - r.at(s)*(l.lane+d)) * 0.01 / sub
		}
	}
}

// TestMotion compares every file, and samples of every variation, for as long as no trigger depends on the ego, which here
// keeps its speed.
func TestMotion(t *testing.T) {
	l := openx.NewLibrary(folder(t), nil)
	bends := map[string]*bend{}
	worst := map[string]float64{}
	check := func(name string, s *openx.Scenario) {
		params := map[string]string{}
		for _, a := range s.Params {
			params[a.Name] = a.Value
		}
		text := func(n string) string { return params[n] }
		num := func(n string) float64 { v, _ := strconv.ParseFloat(params[n], 64); return v }
		r := bends[s.Road]
		if r == nil {
			r = bendOf(t, s.Road)
			bends[s.Road] = r
		}
		want := laws(r, name, num, text)
		if want == nil || len(want) != len(s.Entities)-1 {
			t.Errorf("%s: %d laws for %d challengers", name, len(want), len(s.Entities)-1)
			return
		}
		for i, body := range s.Entities {
			x, ok := want[body.Name]
			if !ok {
				continue
			}
			var e openx.Engine
			e.Reset(s)
			end := min(60, x.until)
			off, at := 0.0, 0
			x.follow(r, end, func(tick int, wx, wy float64) {
				e.Trigger()
				e.Engaged = false // the ego keeps its speed
				if !e.Ended {
					gx, gy, _ := s.Band.Road.Pose(e.States[i].S, e.States[i].D)
					if d := math.Hypot(gx-wx, gy-wy); d > off {
						off, at = d, tick
					}
				}
				e.Move()
			})
			worst[name[:5]] = max(worst[name[:5]], off)
			if off > tolerance {
				t.Errorf("%s, %s: %.3f m off at %.2f s; %v", name, body.Name, off, float64(at)/100, s.Params)
			}
		}
	}
	name := func(f string) string { return strings.TrimPrefix(path.Base(f), "alks_scenario_") }
	for _, f := range glob(t, "concrete_scenarios/*_template.xosc") {
		s, err := l.Load(f, nil)
		if err != nil {
			t.Fatal(err)
		}
		check(name(f), s)
	}
	for _, f := range glob(t, "*_variation*.xosc") {
		v, err := l.Variation(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range openx.Spread(v.Cases, 16) {
			s, err := l.Load(v.Scenario, v.Case(i))
			if _, broken := err.(*openx.Violation); broken {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			check(fmt.Sprintf("%s case %d", name(f), i), s)
		}
	}
	if len(worst) != 14 {
		t.Errorf("%d files with challengers compared, want 14", len(worst))
	}
	t.Logf("greatest distance in metres: %v", worst)
}
