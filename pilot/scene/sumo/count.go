package sumo

import (
	"math"
	"slices"

	"roadbook/pilot/motion"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/sumo/traci"
)

// Figures by which a drive is judged.
const (
	hard       = scene.Hard         // m/s², braking above it is hard
	calm       = 2.0                // m/s², below it an episode of hard braking is over
	recovery   = 30 * motion.Second // how long a gap that another undercut may take to be restored (5.2.3.3)
	settled    = 1 * motion.Second  // how long another was in the ego's lane before a short time to collision is the ego's own
	tolerance  = 0.05               // m, of a gap
	ownMoment  = 3 * motion.Second  // after a lane change of the ego in which a new lead is its own choice
	maxCrashes = 100                // kept per seed
	lowSpeed   = 2.0                // m/s, below it the distance is at least minStanding (5.2.3.3)
	standing   = 2.0                // m
)

// Counts is what came of the ego's drive.
type Counts struct {
	Seconds float64 `json:"seconds"` // driven by the ego
	Km      float64 `json:"km"`
	Trips   int     `json:"trips"`
	Arrived int     `json:"arrived"` // trips that reached the end of the road
	Halted  int     `json:"halted"`  // by a minimum risk manoeuvre
	Stuck   int     `json:"stuck"`   // trips in which the ego stood for two minutes

	EgoCaused   int `json:"ego_caused_collisions"`
	OtherCaused int `json:"other_collisions"`

	MinTTC    scene.Least `json:"min_ttc_s"`         // to anything ahead within the ego's width
	MinOwnTTC scene.Least `json:"min_settled_ttc_s"` // to what had been in the ego's lane for a second or more
	MinGap    scene.Least `json:"min_gap_m"`

	Following  int `json:"following_ticks"`  // with a lead within sensor range
	Violated   int `json:"gap_ticks"`        // below the distance of 5.2.3.3, recoveries not counted
	Recovering int `json:"recovering_ticks"` // below it, after a cut-in or the takeover
	Ticks      int `json:"ticks"`

	CutIns     int     `json:"cut_ins"` // a new lead came into the ego's lane below the distance
	Hard       int     `json:"hard"`    // episodes of braking above 3 m/s²
	HardTicks  int     `json:"hard_ticks"`
	MaxDecel   float64 `json:"max_decel_mps2"`
	MaxJerk    float64 `json:"max_jerk_mps3"` // see scene.Ride
	MaxSide    float64 `json:"max_side_mps2"`
	Transition int     `json:"transition_demands"`
	Minimum    int     `json:"minimum_risk"`
	Emergency  int     `json:"emergency"`
	Checker    int     `json:"checker"` // episodes in which the checker changed a command
	Changes    int     `json:"lane_changes"`
	MaxOffset  float64 `json:"max_offset_m"` // from the lane's centre, outside lane changes

	SumoEgo   int `json:"sumo_ego"`   // vehicles in SUMO's own list of collisions with the ego on the road: the ego
	SumoOther int `json:"sumo_other"` // and others, which are SUMO's matter alone

	Crashes []Crash `json:"crashes,omitempty"`
}

// zero is the empty count.
func zero() Counts {
	inf := scene.Least(math.Inf(1))
	return Counts{MinTTC: inf, MinOwnTTC: inf, MinGap: inf}
}

// add puts the counts of another drive to these.
func (c *Counts) add(o *Counts) {
	c.Seconds += o.Seconds
	c.Km += o.Km
	for _, p := range [...][2]*int{{&c.Trips, &o.Trips}, {&c.Arrived, &o.Arrived}, {&c.Halted, &o.Halted}, {&c.Stuck, &o.Stuck},
		{&c.EgoCaused, &o.EgoCaused}, {&c.OtherCaused, &o.OtherCaused}, {&c.Following, &o.Following}, {&c.Violated, &o.Violated},
		{&c.Recovering, &o.Recovering}, {&c.Ticks, &o.Ticks}, {&c.CutIns, &o.CutIns}, {&c.Hard, &o.Hard}, {&c.HardTicks, &o.HardTicks}, {&c.Transition, &o.Transition},
		{&c.Minimum, &o.Minimum}, {&c.Emergency, &o.Emergency}, {&c.Checker, &o.Checker}, {&c.Changes, &o.Changes},
		{&c.SumoEgo, &o.SumoEgo}, {&c.SumoOther, &o.SumoOther}} {
		*p[0] += *p[1]
	}
	c.MinTTC, c.MinOwnTTC, c.MinGap = min(c.MinTTC, o.MinTTC), min(c.MinOwnTTC, o.MinOwnTTC), min(c.MinGap, o.MinGap)
	c.MaxJerk, c.MaxSide = max(c.MaxJerk, o.MaxJerk), max(c.MaxSide, o.MaxSide)
	c.MaxDecel, c.MaxOffset = max(c.MaxDecel, o.MaxDecel), max(c.MaxOffset, o.MaxOffset)
	c.Crashes = append(c.Crashes, o.Crashes...)
}

// ViolatedShare is the share of the driven time in which the distance of 5.2.3.3 was violated, recoveries not counted.
func (c *Counts) ViolatedShare() float64 { return share(c.Violated, c.Ticks) }

// HardPerKm is the number of episodes of hard braking per km.
func (c *Counts) HardPerKm() float64 {
	if c.Km == 0 {
		return 0
	}
	return float64(c.Hard) / c.Km
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// watch is what is remembered of a vehicle around the ego.
type watch struct {
	inLane motion.Tick // how long it has been in the ego's lane, ahead
}

// meter is what is remembered of a trip.
type meter struct {
	lead       string
	recovering bool
	recoverAt  motion.Tick // when the recovery began
	changedAt  motion.Tick // when the ego last entered another lane
	changed    bool
	lane       int
	begun      bool
	braking    bool
	emergency  bool
	mode       motion.Mode
	acting     motion.Tick // until when an intervention of the checker counts as the same
	checked    bool
	ride       scene.Ride
}

// distance is what R157 5.2.3.3 asks for between bumpers, m, at v m/s: the table for M1, linear between its rows; above
// 60 km/h the headway of national rules, in s. It is written again here, because what measures must not share code with
// what is measured.
func distance(v, headway float64) float64 {
	table := [...][2]float64{{7.2, 1.0}, {10, 1.1}, {20, 1.2}, {30, 1.3}, {40, 1.4}, {50, 1.5}, {60, 1.6}}
	if v < lowSpeed {
		return standing
	}
	if v > 60/3.6 {
		return v * max(headway, 1.6)
	}
	kmh := float64(v * 3.6)
	for i := 1; i < len(table); i++ {
		if lo, hi := table[i-1], table[i]; kmh <= hi[0] {
			return max(standing, float64(v*(lo[1]+float64((kmh-lo[0])/(hi[0]-lo[0])*(hi[1]-lo[1])))))
		}
	}
	return v * 1.6
}

// observe looks at the world after a tick.
func (d *drive) observe() {
	w, c, m := &d.world, &d.count, &d.meter
	e := &w.Ego
	c.Ticks++
	c.Seconds = float64(c.Ticks) * motion.DT
	c.Km += e.V * motion.DT / 1000
	d.hash.Add(e.S)
	d.hash.Add(e.D)
	d.hash.Add(e.V)
	if d.active <= replayed {
		d.begins = d.hash
	}
	d.ownMotion()
	d.engagement()

	lead, gap := -1, math.Inf(1)
	centre := float64(laneWidth * float64(m.lane))
	for i := range d.slots {
		s := &d.slots[i]
		if s.id == "" {
			continue
		}
		a := &w.Actors[i]
		between := a.S - e.S - float64(0.5*(a.Length+e.Length))
		inLane := math.Abs(a.D-centre) < float64(0.5*laneWidth)
		if a.S > e.S && inLane {
			s.measure.inLane++
		} else {
			s.measure.inLane = 0
		}
		if a.S <= e.S {
			continue
		}
		if inLane && between < gap {
			lead, gap = i, between
		}
		if math.Abs(a.D-e.D) < (a.Width+e.Width)/2 {
			c.MinGap = min(c.MinGap, scene.Least(between))
			if closing := e.V - a.VS; closing > 0 {
				ttc := scene.Least(max(between, 0) / closing)
				if ttc < c.MinTTC {
					c.MinTTC = ttc
				}
				if s.measure.inLane >= settled {
					c.MinOwnTTC = min(c.MinOwnTTC, ttc)
				}
			}
		}
	}
	d.gap(lead, gap)
}

// gap counts the distance to the lead.
func (d *drive) gap(lead int, gap float64) {
	c, m, e := &d.count, &d.meter, &d.world.Ego
	need := distance(e.V, d.opts.Stack.Pilot.Market.THW)
	short := gap < need-tolerance
	id := ""
	if lead >= 0 {
		id = d.slots[lead].id
	}
	if id != m.lead {
		own := m.changed && d.world.Now-m.changedAt < ownMoment
		switch {
		case short && !own && d.slots[lead].measure.inLane <= settled: // it came, nobody left
			if d.world.Now > 1 {
				c.CutIns++
			}
			m.recovering, m.recoverAt = true, d.world.Now
		case own:
			m.recovering = false
		}
		m.lead = id
	}
	if id == "" {
		return
	}
	c.Following++
	if !short {
		m.recovering = false
		return
	}
	if m.recovering && d.world.Now-m.recoverAt <= recovery {
		c.Recovering++
	} else {
		c.Violated++
	}
}

// ownMotion counts the ego's braking and where it is in its lane.
func (d *drive) ownMotion() {
	c, m, e := &d.count, &d.meter, &d.world.Ego
	lane := int(math.Round(min(max(e.D/laneWidth, 0), lanes-1)))
	if m.begun && lane != m.lane {
		c.Changes++
		m.changed, m.changedAt = true, d.world.Now
	}
	m.lane, m.begun = lane, true
	if d.driver.cmd.Indicator == 0 && !(m.changed && d.world.Now-m.changedAt < 5*motion.Second) {
		c.MaxOffset = max(c.MaxOffset, math.Abs(e.D-float64(laneWidth*float64(lane))))
	}
	c.MaxDecel = max(c.MaxDecel, -e.A)
	was := m.ride.Hard
	m.ride.See(e, d.driver.cmd.Emergency || d.driver.Out.Engagement.Emergency)
	c.HardTicks += m.ride.Hard - was
	c.MaxJerk, c.MaxSide = max(c.MaxJerk, m.ride.Jerk), max(c.MaxSide, m.ride.Side)
	switch {
	case !m.braking && e.A < -hard:
		m.braking = true
		c.Hard++
	case m.braking && e.A > -calm:
		m.braking = false
	}
}

// engagement counts what pilot and checker say.
func (d *drive) engagement() {
	c, m, g := &d.count, &d.meter, &d.driver.Out.Engagement
	if g.Mode != m.mode {
		switch g.Mode {
		case motion.Transition:
			c.Transition++
		case motion.MinimumRisk:
			c.Minimum++
		}
		m.mode = g.Mode
	}
	emergency := g.Emergency || d.driver.cmd.Emergency
	if emergency && !m.emergency {
		c.Emergency++
	}
	m.emergency = emergency
	if d.driver.Say.Intervened {
		if !m.checked || d.world.Now > m.acting {
			c.Checker++
		}
		m.checked, m.acting = true, d.world.Now+motion.Second
	}
}

// sumoCollisions counts SUMO's own list.
func (d *drive) sumoCollisions() {
	for i := range d.reply.Vars {
		v := &d.reply.Vars[i]
		if v.ID != traci.VarColliding {
			continue
		}
		for _, id := range v.Val.List {
			if id == d.ego {
				d.count.SumoEgo++
			} else {
				d.count.SumoOther++
			}
		}
	}
}

// sortCrashes puts the worst first and keeps a bounded number.
func sortCrashes(c []Crash) []Crash {
	slices.SortStableFunc(c, func(a, b Crash) int {
		switch {
		case a.Ego == b.Ego:
			return 0
		case a.Ego:
			return -1
		}
		return 1
	})
	return c[:min(len(c), maxCrashes)]
}
