// Package lane holds the suite of lane keeping: bends, and starts beside the middle of the lane.
//
// Owns: its cases, how one runs, and what counts as kept (UN R157, 5.2.1: no front tyre crosses a marking).
// Does not own: the car and the road (pilot/scene/world), the stack (pilot/scene).
// Always true: an outcome is a function of its case and the stack; the lane is kept or it is not, nothing is averaged.
// Says: an Outcome per case.
// Start reading at: Cases, Run.
package lane

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"roadbook/fault"
	"roadbook/pilot"
	"roadbook/pilot/motion"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/world"
)

// Version names the cases that Cases makes; it changes whenever one would.
const Version = "1"

// Bounds of a kept lane.
const (
	Settled = 0.4 // m from the middle, in the last seconds
	settle  = 300 // ticks in which it must be so
	ticks   = 2000
	lanes   = 3
	width   = 3.5 // m
)

// Case is a stretch of road: straight, a clothoid into a bend, the bend, and out again.
type Case struct {
	ID     string  `json:"id"`
	Kmh    float64 `json:"kmh"`
	Bend   float64 `json:"bend_1pm"` // curvature, positive to the left; 0: straight
	Offset float64 `json:"offset_m"` // of the start from the middle, positive to the left
}

// Cases covers 10 to 130 km/h, bends to both sides up to 2 m/s² sideways, and starts beside the middle.
func Cases() []Case {
	var out []Case
	for kmh := 10.0; kmh <= 130; kmh += 12 {
		v := kmh / 3.6
		for _, pull := range [...]float64{-2, -1.1, 0, 1.1, 2} { // m/s² sideways
			for _, offset := range [...]float64{-0.35, 0, 0.35} {
				bend := pull / math.Max(v*v, 100)
				out = append(out, Case{ID: fmt.Sprintf("lane-%g-%g-%g", kmh, pull, offset), Kmh: kmh, Bend: bend, Offset: offset})
			}
		}
	}
	return out
}

// Inputs are the cases by hash.
func Inputs() []scene.Input {
	b, err := json.Marshal(Cases())
	if err != nil {
		panic(err) // plain values
	}
	sum := sha256.Sum256(b)
	return []scene.Input{{Name: "cases", SHA256: hex.EncodeToString(sum[:])}}
}

// Outcome is what came of a case.
type Outcome struct {
	ID      string
	Crossed bool    // a front tyre's outer edge was beyond a marking
	Most    float64 // m from the middle of the lane, the most
	Last    float64 // m, the most in the last 3 s
	Ride    scene.Ride
	Hash    uint64
}

// Kept reports whether the lane was kept.
func (o *Outcome) Kept() bool { return !o.Crossed && o.Last <= Settled }

// Show drives the case of that id again and keeps every tick.
func Show(id string, s scene.Stack) (scene.Shown, error) {
	all := Cases()
	i := slices.IndexFunc(all, func(c Case) bool { return c.ID == id })
	if i < 0 {
		return scene.Shown{}, fault.New(fault.NotFound, "case", "lane keeping has no case %.80q", id)
	}
	c := &all[i]
	x := scene.Shown{ID: id, Lanes: lanes, LaneWidth: width, Began: motion.Active, Verdict: "the lane is not kept"}
	o, err := run(s, c, nil, &x.Trace)
	if o.Kept() {
		x.Verdict = "the lane is kept"
	}
	side := map[bool]string{true: "left", false: "right"}
	x.Facts = []scene.Fact{{Name: "Kind", Value: "lane keeping"}, {Name: "Ego", Value: fmt.Sprintf("%g km/h", c.Kmh)}, {Name: "Bend", Value: "none"},
		{Name: "Begins", Value: fmt.Sprintf("%.2f m %s of the middle", math.Abs(c.Offset), side[c.Offset >= 0])}, {Name: "Farthest off", Value: fmt.Sprintf("%.2f m", o.Most)}}
	if c.Bend != 0 {
		x.Facts[2].Value = fmt.Sprintf("%.0f m radius to the %s", math.Abs(1/c.Bend), side[c.Bend > 0])
	}
	return x, err
}

// Run drives one case with the stack. actuate, when not nil, changes what reaches the actuators.
func Run(s scene.Stack, c Case, actuate func(motion.Tick, *motion.Command)) (Outcome, error) {
	return run(s, &c, actuate, nil)
}

func run(s scene.Stack, c *Case, actuate func(motion.Tick, *motion.Command), trace *scene.Trace) (Outcome, error) {
	o := Outcome{ID: c.ID}
	seat, err := scene.NewSeat(&s)
	if err != nil {
		return o, err
	}
	v := c.Kmh / 3.6
	plan := world.RoadPlan{Lanes: lanes, LaneWidth: width}
	if c.Bend != 0 {
		ramp := math.Max(40, v*3)
		plan.Pieces = []world.Piece{{Length: 20 + v}, {Length: ramp, To: c.Bend}, {Length: 5 * v, From: c.Bend, To: c.Bend}, {Length: ramp, From: c.Bend}}
	}
	road, err := world.NewRoad(plan)
	if err != nil {
		return o, err
	}
	setup := world.DefaultSetup(v)
	middle := road.Center(1)
	setup.Car, setup.Sensors, setup.Road = s.Car, s.Sensors, road
	setup.Ego = world.Start{D: middle + c.Offset, V: v}
	setup.Actors = nil
	w := &world.World{}
	if err := w.Reset(&setup); err != nil {
		return o, err
	}
	seat.Reset(pilot.Start{Active: true, Set: v})
	trail := scene.NewTrail()
	for t := range ticks {
		cmd := seat.Step(w)
		if actuate != nil {
			actuate(w.Now, &cmd)
		}
		w.Step(&cmd)
		if trace != nil {
			trace.Add(w, &seat, &cmd)
		}
		e := &w.Ego
		o.Ride.See(e, cmd.Emergency || seat.Out.Engagement.Emergency)
		off := math.Abs(e.D - middle)
		o.Most = math.Max(o.Most, off)
		if t >= ticks-settle {
			o.Last = math.Max(o.Last, off)
		}
		// The front corner lies ahead of the centre by half the length and turned by the heading.
		front := e.D - middle + float64(e.Length/2*e.Heading)
		o.Crossed = o.Crossed || math.Abs(front)+float64(0.5*e.Width) > float64(0.5*width)
		trail.Add(e.D)
	}
	o.Hash = uint64(trail)
	return o, nil
}
