package highway

import (
	"hash/fnv"
	"math/rand/v2"
	"time"

	"roadbook/period"
	"roadbook/pilot"
	"roadbook/pilot/checker"
	"roadbook/pilot/motion"
	"roadbook/pilot/r157"
	"roadbook/pilot/scene/world"
	"roadbook/wire/pilotlog"
)

// What a made-up day holds, as chances of a day. All are assumed.
const (
	downpour = 0.03  // it rains harder than the domain allows, all the way
	fog      = 0.02  // likewise
	shower   = 0.02  // a downpour begins on the way
	indicate = 0.02  // the driver sets the indicator
	brakes   = 0.02  // the driver brakes
	fails    = 0.004 // a sensor fails
	severe   = 0.0005
	halts    = 0.01 // the car in front brakes as hard as it can
	asleep   = 0.05 // of the demands are not answered
)

// maxEvents bounds the events of a day's report, so that the report fits into one message to the maker.
const maxEvents = 400

// trouble is what happens on the way.
type trouble uint8

const (
	none trouble = iota
	rain
	indicator
	brake
	failure
	severeFailure
	leadBrakes
)

// sampled is what became of the metres.
type sampled struct {
	active, unavailable int64
	ticks               motion.Tick
	events              []pilotlog.Event
}

// dayOf is what chance gives a day.
type dayOf struct {
	place   motion.Place
	speed   float64
	trouble trouble
	at      motion.Tick // of the trouble
	answer  motion.Tick // until a demand is answered, 0: never
	share   float64     // of the metres that lie before the trouble
	seed    uint64
}

// chance draws a day from the car's name and the date.
func (h *Highway) chance(day period.Date) dayOf {
	f := fnv.New64a()
	_, _ = f.Write([]byte(string(h.cfg.VIN) + "/pilot/" + string(day))) // a hash never fails
	rng := rand.New(rand.NewPCG(f.Sum64(), 0x70696c6f74))
	d := dayOf{place: world.Motorway(), speed: 25 + float64(5*rng.Float64()), seed: rng.Uint64(), share: rng.Float64()}
	d.place.Country = [2]byte{h.cfg.Country[0], h.cfg.Country[1]}
	switch x := rng.Float64(); {
	case x < downpour:
		d.place.Rain = 30
	case x < downpour+fog:
		d.place.Visibility = 40
	}
	x := rng.Float64()
	for _, c := range [...]struct {
		chance float64
		what   trouble
	}{{shower, rain}, {indicate, indicator}, {brakes, brake}, {fails, failure}, {severe, severeFailure}, {halts, leadBrakes}} {
		if x -= c.chance; x < 0 {
			d.trouble = c.what
			break
		}
	}
	d.at = 200 + motion.Tick(rng.IntN(100))
	d.answer = 50 + motion.Tick(rng.IntN(150))
	if rng.Float64() < asleep {
		d.answer = 0
	}
	return d
}

// sample drives the day's sample and counts its metres.
func (h *Highway) sample(day period.Date, start time.Time, meters int64, sw Software) (sampled, error) {
	d := h.chance(day)
	setup := world.DefaultSetup(d.speed)
	setup.Place, setup.Seed, setup.Window = d.place, d.seed, 400
	setup.Health.Recorder = h.broken == nil
	flow := world.Flow{Density: 8, Trucks: 0.3, Speed: 26, PerLane: 3, Spread: 0.1}
	var err error
	if setup.Actors, err = flow.Fill(nil, setup.Road, -300, 300, setup.Ego, 60, d.seed); err != nil {
		return sampled{}, err
	}
	if d.trouble == leadBrakes {
		setup.Actors = append(setup.Actors, lead(&d, setup.Ego))
	}
	if err := h.world.Reset(&setup); err != nil {
		return sampled{}, err
	}
	h.pilot.Reset(pilot.Start{})
	h.checker.Reset()
	h.shade.reset()
	out := sampled{}
	had, err := h.cycle(day, sw)
	if err != nil {
		return out, err
	}
	var way [3]float64 // m in the sample: active, domain does not hold, by hand
	ended, why := motion.Tick(-1), r157.NoReason
	beganBy, checking := motion.Tick(-1), false
	var held, demanded motion.Tick
	demanded = -1
	n := h.cfg.Sample
	if d.trouble != none && (d.answer == 0 || d.trouble == severeFailure) {
		n += unanswered
	}
	for ; out.ticks < n; out.ticks++ {
		now := h.world.Now
		h.cabin(&d, now, n, demanded)
		h.world.Sense(&h.in)
		h.pilot.Step(&h.in, &h.out)
		h.shadowStep()
		cmd, say := h.checker.Step(&h.in, h.out.Engagement, h.out.Command)
		if say.RequestMRM {
			h.pilot.RequestMRM()
			h.shade.requestMRM()
		}
		for _, e := range h.out.Events[:h.out.NEvents] {
			if e.Kind == r157.Activation {
				beganBy = now
			}
			if e.From == motion.Active && e.To != motion.Active && ended < 0 {
				ended, why = now, e.Reason
			}
			if e.To == motion.Transition {
				demanded = now
			}
			if err := h.tell(e, start, &held, had, &out); err != nil {
				return out, err
			}
		}
		if acts := say.Intervened && r157.Engaged(h.out.Engagement.Mode); acts != checking {
			if checking = acts; acts {
				h.note(&out, pilotlog.Event{At: at(start, now), Kind: pilotlog.Checker, Reason: grade(say), Road: "motorway"})
			}
		}
		step := float64(h.in.Ego.V * motion.DT)
		switch {
		case h.out.Engagement.Mode == motion.Active:
			way[0] += step
		case !h.in.Health.Recorder || h.out.Notice.Hinders.ODD() && h.out.Notice.Hinders != r157.Speed:
			way[1] += step
		default:
			way[2] += step
		}
		h.world.Step(&cmd)
	}
	out.share(way, meters, beganBy, ended, d.share, n, why)
	return out, nil
}

// lead is a car in front that brakes hard and goes on later: the gap is what the others leave in dense traffic.
func lead(d *dayOf, ego world.Start) world.Actor {
	return world.Actor{Kind: motion.Car, Length: 4.6, Width: 1.9, S: ego.S + leadAhead, D: ego.D, VS: ego.V,
		Script: world.Script{Mode: world.Scripted, Brakes: []world.Brake{{At: d.at, Rate: 8, To: 4}, {At: d.at + 400, Rate: 1.5, To: ego.V}}}}
}

// leadAhead is how far in front the lead's centre starts, m.
const leadAhead = 32.0

// share spreads the metres that were not sampled: those before the trouble as the pilot drove, those after it by whose it was.
func (s *sampled) share(way [3]float64, meters int64, began, ended motion.Tick, part float64, n motion.Tick, why r157.Reason) {
	seen := way[0] + way[1] + way[2]
	if float64(meters) <= seen { // shorter than the sample
		f := float64(meters) / max(seen, 1)
		s.active, s.unavailable = int64(way[0]*f), int64(way[1]*f)
		return
	}
	rest := float64(meters) - seen
	switch {
	case began < 0 && way[1] >= way[2]:
		way[1] += rest
	case began < 0:
		way[2] += rest
	case ended < 0 || ended >= n-leave: // to the end of the stretch
		way[0] += rest
	default:
		way[0] += float64(rest * part)
		if why.ODD() {
			way[1] += float64(rest * (1 - part))
		}
	}
	s.active, s.unavailable = int64(way[0]), int64(way[1])
}

// leave is when the driver takes over at the end of the stretch, ticks before the sample's end.
const leave = 50

// unanswered is by how many ticks a sample is longer in which nobody takes over: until the car stands.
const unanswered = motion.Tick(2500)

// cabin is what driver and surroundings do.
func (h *Highway) cabin(d *dayOf, now, n, demanded motion.Tick) {
	w := &h.world
	c := &w.Driver
	*c = world.Attentive()
	c.HandsOn = now%1000 < 50 // a touch every ten seconds
	c.Attentive = false
	c.Engage = now >= 110 && now < 115
	if now >= d.at {
		switch d.trouble {
		case rain:
			w.Place.Rain = 30
		case indicator:
			if now < d.at+100 {
				c.Indicator = -1
			}
		case brake:
			if now < d.at+50 {
				c.HandsOn, c.Brake = true, 2.5
			}
		case failure:
			w.Health.SystemFailure = true
		case severeFailure:
			w.Health.SevereSystem = true
		case leadBrakes: // where the pilot is off the driver does it
			if !r157.Engaged(h.out.Engagement.Mode) && now >= d.at+30 && now < d.at+400 && h.in.Ego.V > 3 {
				c.HandsOn, c.Brake = true, 9
			}
		}
	}
	if demanded >= 0 && d.answer > 0 && now-demanded >= d.answer {
		c.HandsOn, c.Attentive = true, true
	}
	if now >= n-leave { // also who slept
		c.HandsOn, c.Disengage = true, true
	}
}

// cycle begins the run cycle of the day in the recorder, which is the number of the day, and counts the day's events that it
// already holds: they were stored before a crash.
func (h *Highway) cycle(day period.Date, sw Software) (had int, err error) {
	cycle := uint32(day.Time().Unix() / 86400)
	if h.broken != nil {
		return 0, nil
	}
	ring := h.rec.ring
	for seq := ring.Last(); seq > 0; seq-- {
		rec, ok := ring.At(seq)
		if !ok || rec.Cycle != cycle {
			break
		}
		had++
	}
	return had, ring.Begin(sw.Version, sw.SWIN, cycle)
}

// tell stores an event and puts it into the report.
func (h *Highway) tell(e r157.Event, start time.Time, held *motion.Tick, had int, out *sampled) error {
	if !e.Kind.Recorded() {
		return nil
	}
	if *held++; h.broken == nil && int(*held) > had {
		if err := h.rec.append(at(start, e.At).Unix(), e); err != nil {
			h.torn = true
			return err
		}
	}
	if e.Kind == r157.HandOver {
		return nil
	}
	p := pilotlog.Event{At: at(start, e.At), Kind: pilotlog.Kind(e.Kind.String()), Reason: e.Reason.String(), Road: r157.RoadName(h.in.Place.Class)}
	if e.Kind == r157.Deactivation {
		p.Initiator = pilotlog.BySystem
		if e.Reason.ByDriver() {
			p.Initiator = pilotlog.ByDriver
		}
	}
	h.note(out, p)
	return nil
}

func (h *Highway) note(out *sampled, e pilotlog.Event) {
	if len(out.events) < maxEvents {
		out.events = append(out.events, e)
	}
}

func at(start time.Time, t motion.Tick) time.Time {
	return start.Add(time.Duration(t) * 10 * time.Millisecond)
}

// grade names why the checker acted.
func grade(v checker.Verdict) string {
	switch {
	case v.Reason&checker.Collision != 0:
		return "conflict"
	case v.Reason&(checker.Stale|checker.Unreadable) != 0:
		return "sensing"
	case v.Reason&(checker.Overdue|checker.Disobeyed|checker.Order|checker.Flag) != 0:
		return "engagement"
	}
	return "envelope"
}
