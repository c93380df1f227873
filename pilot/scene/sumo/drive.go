package sumo

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"roadbook/fault"
	"roadbook/pilot/motion"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/sumo/traci"
	"roadbook/pilot/scene/world"
)

// Where the ego drives, in m of S: it is taken over behind adoptFrom and leaves the road before its end.
const (
	adoptFrom = 300.0
	adoptTo   = 900.0
	leaveAt   = roadEnd - 300
	radius    = 250.0 // around the ego in which vehicles are looked at
)

// Limits of a drive.
const (
	slots     = 64 // vehicles around the ego in the world
	nearest   = 48 // of which at most this many at a time; the others are cooling down
	cooling   = 8  // steps before a slot holds another vehicle, so that the sensors see a new thing
	history   = 120
	stuckFor  = 120 * motion.Second
	stopFor   = 3 * motion.Second // after the standstill of a minimum risk manoeuvre
	idleSteps = 6000              // steps without a car to take over before the drive gives up
)

// pose is where a vehicle is at a SUMO step: centre, in the frame of the world.
type pose struct{ s, d, v, vd, a, heading float64 }

// slot is one vehicle around the ego. An empty id: free.
type slot struct {
	id       string
	freeAt   int // step from which a free slot may be used
	seen     int // step of the newest pose
	from, to pose
	past     [history]pose // by step
	since    int           // step of the first pose in past
	measure  watch
}

// drive is one seed: one simulation and the trips of the ego in it, one after the other.
type drive struct {
	opts   *Options
	seed   uint64
	sim    *process
	reply  traci.Reply
	rng    *rand.Rand
	driver *driver
	// witness keeps a trip to be looked at; nil: none.
	witness *witness

	world world.World
	setup world.Setup

	step    int // SUMO steps done
	near    []traci.Vehicle
	slots   [slots]slot
	egoPast [history]pose

	ego    string
	adopt  int // step at which the ego was taken over
	active motion.Tick
	halted motion.Tick
	still  motion.Tick

	hash   scene.Trail
	begins scene.Trail // the hash after replayed ticks, or at the end of a shorter drive
	count  Counts
	meter  meter
}

// run drives until the ego has driven for so many ticks, or a few more.
func (d *drive) run(ctx context.Context, want motion.Tick) error {
	d.sim.SubscribeSimulation(traci.VarDeparted, traci.VarColliding)
	d.sim.Step(d.opts.Warm)
	if err := d.sim.Do(ctx, &d.reply); err != nil {
		return err
	}
	d.step = int(math.Round(d.opts.Warm / stepLength))
	if err := d.candidates(ctx); err != nil {
		return err
	}
	idle := 0
	for d.active < want && !d.witness.over(d) {
		if d.ego == "" {
			if idle++; idle > idleSteps {
				return fault.New(fault.Unavailable, "no_ego", "seed %d: in %d steps no car could be taken over", d.seed, idleSteps)
			}
			if err := d.pass(ctx); err != nil {
				return err
			}
			continue
		}
		idle = 0
		if err := d.advance(ctx); err != nil {
			return err
		}
	}
	if d.ego != "" {
		d.finish("")
	}
	d.sim.End()
	return d.sim.Do(ctx, &d.reply)
}

// candidates subscribes to the cars on the road that may become the ego, after the warming up.
func (d *drive) candidates(ctx context.Context) error {
	d.sim.GetVehicle("", traci.VarIDs)
	if err := d.sim.Do(ctx, &d.reply); err != nil {
		return err
	}
	ids := slices.Clone(d.reply.Values[0].List)
	slices.SortFunc(ids, byDeparture)
	return d.watchFor(ctx, ids)
}

// byDeparture orders ids by their number: "ego.9" before "ego.10".
func byDeparture(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

func (d *drive) watchFor(ctx context.Context, ids []string) error {
	n := 0
	for _, id := range ids {
		if strings.HasPrefix(id, egoPrefix) {
			d.sim.SubscribeVehicle(id, traci.VarPosition, traci.VarSpeed)
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return d.sim.Do(ctx, &d.reply)
}

// pass lets SUMO do a step without an ego, and takes a car over when one is at the right place.
func (d *drive) pass(ctx context.Context) error {
	d.sim.Step(0)
	if err := d.sim.Do(ctx, &d.reply); err != nil {
		return err
	}
	d.step++
	id, at, v := d.choose()
	fresh := d.departed()
	if id != "" {
		if err := d.takeOver(ctx, id, at, v); err != nil {
			return err
		}
	}
	return d.watchFor(ctx, fresh)
}

// departed are the ids that entered the road in the last step.
func (d *drive) departed() []string {
	for i := range d.reply.Vars {
		if v := &d.reply.Vars[i]; v.ID == traci.VarDeparted && len(v.Val.List) > 0 {
			ids := slices.Clone(v.Val.List)
			slices.SortFunc(ids, byDeparture)
			return ids
		}
	}
	return nil
}

// choose finds the car that entered first among those at a place to be taken over, in the middle of a lane.
func (d *drive) choose() (id string, at traci.Value, v float64) {
	for i := range d.reply.Vars {
		p := &d.reply.Vars[i]
		if p.ID != traci.VarPosition {
			continue
		}
		x, y := p.Val.Pos[0], p.Val.Pos[1]-lane0
		if x < adoptFrom || x > adoptTo || math.Abs(y-float64(laneWidth*math.Round(y/laneWidth))) > 0.02 || id != "" && byDeparture(p.Of, id) > 0 {
			continue
		}
		for j := range d.reply.Vars {
			if q := &d.reply.Vars[j]; q.Of == p.Of && q.ID == traci.VarSpeed && q.Val.Num > 5 {
				id, at, v = p.Of, p.Val, q.Val.Num
			}
		}
	}
	return id, at, v
}

// takeOver makes a car of the traffic the ego.
func (d *drive) takeOver(ctx context.Context, id string, at traci.Value, v float64) error {
	d.sim.SpeedMode(id, 0)
	d.sim.LaneChangeMode(id, 0)
	d.sim.SubscribeAround(id, radius)
	if err := d.sim.Do(ctx, &d.reply); err != nil {
		return err
	}
	d.ego, d.adopt, d.halted, d.still = id, d.step, 0, 0
	car := &d.opts.Stack.Car
	y := at.Pos[1] - lane0
	d.setup.Ego = world.Start{S: at.Pos[0] - float64(0.5*car.Length), D: laneWidth * math.Round(y/laneWidth), V: v}
	d.setup.Seed = d.rng.Uint64()
	for i := range d.slots {
		d.slots[i].id, d.slots[i].freeAt = "", 0
		d.setup.Actors[i] = parked
	}
	d.gather()
	for i := range d.slots {
		if s := &d.slots[i]; s.id != "" {
			s.from = s.to
			put(&d.setup.Actors[i], &s.to)
		}
	}
	if err := d.world.Reset(&d.setup); err != nil {
		return err
	}
	d.egoPast[d.step%history] = egoPose(&d.world.Ego)
	d.driver.reset(d.opts.SetLow + float64(d.rng.Float64()*(d.opts.SetHigh-d.opts.SetLow)))
	d.meter = meter{mode: motion.Active}
	d.count.Trips++
	return nil
}

// parked is an actor that is not there.
var parked = world.Actor{Kind: motion.Car, Length: 4, Width: 2, S: -9e5, D: 900, Script: world.Script{Mode: world.External}}

// put sets an actor's state.
func put(a *world.Actor, p *pose) {
	a.S, a.D, a.VS, a.VD, a.A, a.Heading = p.s, p.d, p.v, p.vd, p.a, p.heading
}

func egoPose(e *motion.Ego) pose {
	sin, cos := world.SinCos(e.Heading)
	return pose{s: e.S, d: e.D, v: e.V * cos, vd: e.V * sin, a: e.A, heading: e.Heading}
}

// advance does one step of SUMO with the ego in it: SUMO is told where the ego will be by its motion of now, then the ego
// drives through what SUMO made of the others. The next step corrects the few centimetres by which it went otherwise.
func (d *drive) advance(ctx context.Context) error {
	e := &d.world.Ego
	v := math.Max(e.V+float64(0.5*stepLength*e.A), 0) // mean over the step
	sin, cos := world.SinCos(e.Heading)
	half := e.Length / 2
	x, y := e.S+float64(v*cos*stepLength)+float64(half*cos), e.D+float64(v*sin*stepLength)+float64(half*sin)+lane0
	edge, lane := where(x, y)
	d.sim.MoveToXY(d.ego, edge, lane, x, y, 90-e.Heading*180/math.Pi)
	d.sim.Step(0)
	if err := d.sim.Do(ctx, &d.reply); err != nil {
		return err
	}
	d.step++
	fresh := d.departed()
	if !d.reply.HaveAround {
		return fault.New(fault.Unavailable, "ego_lost", "seed %d: SUMO took %s off the road at %g m", d.seed, d.ego, x)
	}
	if err := d.checkPlace(x, y); err != nil {
		return err
	}
	d.gather()
	d.sumoCollisions()
	for k := 1; k <= stepTicks && d.ego != ""; k++ {
		d.interpolate(float64(k) / stepTicks)
		d.driver.tick(&d.world)
		d.witness.see(d)
		d.active++
		d.observe()
		d.ends()
	}
	d.egoPast[d.step%history] = egoPose(e)
	return d.watchFor(ctx, fresh)
}

// checkPlace makes sure that SUMO's traffic sees the ego where it is.
func (d *drive) checkPlace(x, y float64) error {
	for i := range d.reply.Around {
		if v := &d.reply.Around[i]; v.ID == d.ego {
			if off := math.Max(math.Abs(v.X-x), math.Abs(v.Y-y)); off > 0.5 {
				return fault.New(fault.Unavailable, "ego_misplaced", "seed %d step %d: SUMO has %s at %.2f, %.2f m: expected %.2f, %.2f", d.seed, d.step, d.ego, v.X, v.Y, x, y)
			}
			return nil
		}
	}
	return fault.New(fault.Unavailable, "ego_lost", "seed %d: SUMO does not list %s around itself", d.seed, d.ego)
}

// where gives SUMO's edge and lane of a point.
func where(x, y float64) (edge string, lane int32) {
	i := int32(math.Round(min(max((y-lane0)/laneWidth, 0), lanes-1)))
	switch {
	case x < mergeFrom:
		return "m1", i
	case x < mergeTo:
		return "m2", i + 1
	case x < exitFrom:
		return "m3", i
	case x < exitTo:
		return "m4", i + 1
	}
	return "m5", i
}

// gather brings the vehicles around into the slots.
func (d *drive) gather() {
	d.near = d.near[:0]
	ego := 0.0
	for i := range d.reply.Around {
		v := &d.reply.Around[i]
		if v.ID == d.ego {
			ego = v.X
			continue
		}
		if v.Length > 0 && v.Width > 0 {
			d.near = append(d.near, *v)
		}
	}
	if len(d.near) > nearest {
		slices.SortStableFunc(d.near, func(a, b traci.Vehicle) int {
			switch x, y := math.Abs(a.X-ego), math.Abs(b.X-ego); {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return strings.Compare(a.ID, b.ID)
		})
		d.near = d.near[:nearest]
	}
	for i := range d.near {
		d.place(&d.near[i])
	}
	for i := range d.slots {
		if s := &d.slots[i]; s.id != "" && s.seen != d.step {
			s.id, s.freeAt = "", d.step+cooling
			put(&d.actors()[i], &pose{s: parked.S, d: parked.D})
		}
	}
}

// actors are the world's, or those of the setup before a trip begins.
func (d *drive) actors() []world.Actor {
	if d.adopt == d.step {
		return d.setup.Actors
	}
	return d.world.Actors
}

// place brings one vehicle into its slot, or into a free one.
func (d *drive) place(v *traci.Vehicle) {
	at, free := -1, -1
	for i := range d.slots {
		switch s := &d.slots[i]; {
		case s.id == v.ID:
			at = i
		case s.id == "" && free < 0 && s.freeAt <= d.step:
			free = i
		}
	}
	heading := (90 - v.Angle) * math.Pi / 180
	sin, cos := world.SinCos(heading)
	p := pose{s: v.X - float64(v.Length/2*cos), d: v.Y - float64(v.Length/2*sin) - lane0, v: v.V * cos, a: v.A, heading: heading}
	if at < 0 {
		if free < 0 {
			return // nearest leaves room for all that cool down; more only when half of the vehicles change within 0.8 s
		}
		at = free
		s := &d.slots[at]
		s.id, s.since, s.measure = v.ID, d.step, watch{}
		s.to = p
		s.to.s -= float64(p.v * stepLength)
		a := &d.actors()[at]
		a.Length, a.Width, a.Kind = v.Length, v.Width, motion.Car
		if v.Type == "truck" {
			a.Kind = motion.Truck
		}
	}
	s := &d.slots[at]
	s.from, s.to, s.seen = s.to, p, d.step
	s.to.vd = (s.to.d - s.from.d) / stepLength
	s.past[d.step%history] = s.to
}

// interpolate moves the actors to a share f of the step: a cubic through both places and speeds.
func (d *drive) interpolate(f float64) {
	f2, f3 := float64(f*f), float64(f*f*f)
	for i := range d.slots {
		s := &d.slots[i]
		if s.id == "" {
			continue
		}
		a := &d.world.Actors[i]
		a.S = s.from.s + float64((float64(3*f2)-float64(2*f3))*(s.to.s-s.from.s)) + float64((f3-float64(2*f2)+f)*stepLength*s.from.v) + float64((f3-f2)*stepLength*s.to.v)
		a.D = s.from.d + float64(f*(s.to.d-s.from.d))
		a.VS = s.from.v + float64(f*(s.to.v-s.from.v))
		a.VD = s.to.vd
		a.A = (s.to.v - s.from.v) / stepLength
		a.Heading = s.from.heading + float64(f*(s.to.heading-s.from.heading))
	}
}

// ends looks for the end of a trip.
func (d *drive) ends() {
	w := &d.world
	if hit, i, kind, _ := w.Collision(); hit {
		d.crash(i, kind)
		d.finish("collision")
		return
	}
	if d.driver.Out.Engagement.Mode >= motion.Standstill {
		d.halted++
	}
	if w.Ego.V < 0.3 {
		d.still++
	} else {
		d.still = 0
	}
	switch {
	case w.Ego.S > leaveAt:
		d.finish("arrived")
	case d.halted > stopFor:
		d.finish("halted")
	case d.still > stuckFor:
		d.finish("stuck")
	}
}

// finish ends a trip and takes the ego off the road with the next step.
func (d *drive) finish(why string) {
	switch why {
	case "arrived":
		d.count.Arrived++
	case "halted":
		d.count.Halted++
	case "stuck":
		d.count.Stuck++
	}
	d.sim.Leave(d.ego)
	d.sim.Remove(d.ego)
	d.ego = ""
}
