package world

import (
	"strconv"

	"roadbook/fault"
	"roadbook/pilot/motion"
)

// Setup is the start of a drive.
type Setup struct {
	Car     CarSpec
	Road    *Road
	Sensors Sensors
	Ego     Start
	Actors  []Actor // copied; their scripts' slices are not
	Place   motion.Place
	End     float64 // S at which the permitted road ends; 0: Place.ToEnd holds all the way
	Window  float64 // m; driven actors farther from the ego than this come back on its other side, for drives without end; 0: never
	Sight   float64 // m, how far map and camera know of a closed lane; 0: 300
	Driver  motion.Driver
	Health  motion.Health
	Seed    uint64
}

// Start is where the ego starts, moving along its lane.
type Start struct{ S, D, V float64 }

// Motorway returns a dry German motorway at noon.
func Motorway() motion.Place {
	return motion.Place{Country: [2]byte{'D', 'E'}, Class: motion.Motorway, Divided: true, Visibility: 10_000, Temperature: 15, ToEnd: -1}
}

// Attentive returns a driver who sits belted, watches and leaves the wheel alone.
func Attentive() motion.Driver {
	return motion.Driver{InSeat: true, Belted: true, Input: true, Blink: true, HeadMotion: true, Attentive: true}
}

// Healthy returns a car without failure.
func Healthy() motion.Health { return motion.Health{SelfCheck: true, Recorder: true} }

// DefaultSetup returns a drive at v m/s in the middle of three lanes of 3.5 m on a straight motorway without limit.
func DefaultSetup(v float64) Setup {
	return Setup{Car: DefaultCar(), Road: Straight(3, 3.5, 0), Sensors: DefaultSensors(), Ego: Start{D: 3.5, V: v},
		Place: Motorway(), Driver: Attentive(), Health: Healthy()}
}

// World is one drive. It is used by one goroutine; Reset starts the next drive in the same storage.
type World struct {
	Now    motion.Tick
	Ego    motion.Ego
	Actors []Actor // of the drive; the caller sets the state of External ones
	Driver motion.Driver
	Health motion.Health
	Place  motion.Place

	road      *Road
	car       car
	minds     []mind
	sensors   Sensors
	noisy     bool
	tracks    []track
	boxes     []sightBox
	camera    track      // of the lane
	laneError [2]float64 // m and rad, of the ego's place
	self      Box
	mounts    [3][2]float64
	ids       int32
	lists     [maxLists]motion.Objects
	given     motion.Tick // when the list that Sense shows was measured
	fresh     bool
	end       float64
	sight     float64
	window    float64
	traffic   traffic

	contact   Contact
	with      int
	contactAt motion.Tick
}

// Road returns the road of the drive.
func (w *World) Road() *Road { return w.road }

// Check refuses a setup that cannot be, with a pointer to the field.
func (s *Setup) Check() error {
	if s.Road == nil {
		return fault.New(fault.Invalid, "road_missing", "the setup has no road, expected one by NewRoad or Straight").At("/road")
	}
	if err := s.Car.Check(); err != nil {
		return err
	}
	if err := s.Sensors.Check(); err != nil {
		return err
	}
	if !(abs(s.Ego.S) <= 1e6 && abs(s.Ego.D) <= 100 && s.Ego.V >= 0 && s.Ego.V <= 100) {
		return fault.New(fault.Invalid, "ego_out_of_range", "the ego starts at s %g m, d %g m with %g m/s, expected a place within 1,000 km and 0 to 100 m/s",
			s.Ego.S, s.Ego.D, s.Ego.V).At("/ego")
	}
	if len(s.Actors) > MaxActors {
		return fault.New(fault.Invalid, "too_many_actors", "%d actors, at most %d are simulated", len(s.Actors), MaxActors).At("/actors")
	}
	if !(s.Sight >= 0 && abs(s.End) <= 1e6 && (s.Window == 0 || s.Window >= 200)) {
		return fault.New(fault.Invalid, "setup_out_of_range", "sight %g m, end %g m, window %g m: expected a sight of at least 0, an end within 1,000 km, a window of at least 200 m or none",
			s.Sight, s.End, s.Window).At("/sight")
	}
	for i := range s.Actors {
		if err := s.Actors[i].check(); err != nil {
			return err.At("/actors/" + strconv.Itoa(i))
		}
	}
	return nil
}

// Reset starts the drive of s at tick 0. It allocates only when the drive has more actors than any before.
func (w *World) Reset(s *Setup) error {
	if err := s.Check(); err != nil {
		return err
	}
	n := len(s.Actors)
	if cap(w.Actors) < n {
		w.Actors, w.minds, w.tracks, w.boxes = make([]Actor, n), make([]mind, n), make([]track, n), make([]sightBox, n)
	}
	w.Actors, w.minds, w.tracks, w.boxes = w.Actors[:n], w.minds[:n], w.tracks[:n], w.boxes[:n]
	copy(w.Actors, s.Actors)
	w.Now, w.road, w.sensors, w.ids = 0, s.Road, s.Sensors, 0
	w.Driver, w.Health, w.Place, w.end, w.sight = s.Driver, s.Health, s.Place, s.End, s.Sight
	w.window = s.Window
	if w.sight == 0 {
		w.sight = 300
	}
	w.contact, w.with, w.contactAt = NoContact, 0, 0
	w.car.reset(&s.Car)
	c := &w.car.spec
	w.Ego = motion.Ego{S: s.Ego.S, D: s.Ego.D, V: s.Ego.V, Length: c.Length, Width: c.Width, Wheelbase: c.Wheelbase, Friction: c.Friction, BrakeMax: w.car.braking}
	for i := range w.Actors {
		w.minds[i] = mind{}
		w.tracks[i] = track{seen: s.Sensors.Confirm}
		w.tracks[i].rng.Seed(s.Seed, uint64(i)+0x9E3779B97F4A7C15)
	}
	w.camera, w.laneError = track{}, [2]float64{}
	w.camera.rng.Seed(s.Seed, 0xCA3E7A)
	q := &s.Sensors
	w.noisy = q.NoiseS != 0 || q.NoiseD != 0 || q.NoiseVS != 0 || q.NoiseVD != 0 || q.NoiseAS != 0 || q.NoiseSize != 0
	w.traffic.reset(w)
	w.before()
	return nil
}

// before measures the lists that were under way when the drive began: everything then moved as it does at tick 0.
func (w *World) before() {
	ego := w.Ego
	for t := -w.sensors.Latency; t < 0; t += motion.SensePeriod {
		back := float64(t) * motion.DT
		w.Now, w.Ego.S = t, ego.S+float64(ego.V*back)
		for i := range w.Actors {
			a, m := &w.Actors[i], &w.minds[i]
			m.home = [2]float64{a.S, a.D}
			a.S, a.D = a.S+float64(a.VS*back), a.D+float64(a.VD*back)
		}
		w.measure(w.list(t))
		for i := range w.Actors {
			a, m := &w.Actors[i], &w.minds[i]
			a.S, a.D = m.home[0], m.home[1]
		}
	}
	w.Now, w.Ego = 0, ego
	w.tick()
}

// list returns the storage of the list measured at t.
func (w *World) list(t motion.Tick) *motion.Objects {
	n := int(w.sensors.Latency/motion.SensePeriod) + 1 // lists that are under way or shown
	return &w.lists[(int(t/motion.SensePeriod)+n)%n]
}

// tick lets the sensors work at the start of a tick.
func (w *World) tick() {
	w.fresh = w.Now%motion.SensePeriod == 0
	if w.fresh {
		w.measure(w.list(w.Now))
		w.place()
		w.given = w.Now - w.sensors.Latency
	}
}

// Sense tells what pilot and checker see at this tick. The list belongs to the world and changes with the next Step.
func (w *World) Sense(in *motion.Input) {
	in.Now, in.Ego, in.Driver, in.Health, in.Place = w.Now, w.Ego, w.Driver, w.Health, w.Place
	in.Ego.D, in.Ego.Heading = in.Ego.D+w.laneError[0], in.Ego.Heading+w.laneError[1]
	if w.contact != NoContact {
		in.Health.Collision = true
	}
	if w.end != 0 {
		in.Place.ToEnd = max(0, w.end-w.Ego.S)
	}
	in.Objects, in.Fresh = w.list(w.given), w.fresh
	p, r := &w.road.plan, &in.Road
	r.Lanes, r.LaneWidth, r.Limit, r.CurveStep = p.Lanes, p.LaneWidth, p.Limit, CurveStep
	if w.road.curved {
		for i := range r.Curvature {
			r.Curvature[i] = w.road.Curvature(w.Ego.S + float64(float64(i)*CurveStep))
		}
	} else {
		r.Curvature = [len(r.Curvature)]float64{}
	}
	lane := w.road.Lane(w.Ego.D)
	r.LeftCrossable, r.RightCrossable = w.road.Crossable(lane, w.Ego.S), w.road.Crossable(lane-1, w.Ego.S)
	r.BlockedAt = w.road.Blocked(lane, w.Ego.S, w.sight)
}

// CurveStep is the distance between two curvatures of motion.Road, m.
const CurveStep = 10.0

// Step moves everything by one tick. All decide by what was at its start.
func (w *World) Step(cmd *motion.Command) {
	w.traffic.decide(w)
	w.drive(cmd)
	for i := range w.Actors {
		w.move(i, w.Now)
	}
	w.Now++
	w.collide()
	w.tick()
}
