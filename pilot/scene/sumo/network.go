package sumo

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"

	"roadbook/fault"
)

// The motorway: straight, three lanes, x is S. An on-ramp and an exit have a fourth lane beside the others.
const (
	laneWidth  = 3.5
	lanes      = 3
	limit      = 130 / 3.6 // m/s
	rampLimit  = 90 / 3.6
	roadEnd    = 5200.0
	mergeFrom  = 1500.0 // the on-ramp's lane begins
	mergeTo    = 1800.0 // and ends
	exitFrom   = 3200.0
	exitTo     = 3500.0
	lane0      = -float64(lanes-1)*laneWidth - laneWidth/2 // y of the centre of lane 0: the left edge lies at y 0
	rampOffset = -float64(lanes) * laneWidth
	rampAway   = rampOffset - 6 // y where the ramps begin and end, 200 m before they run beside: an angle of 1.7 degrees
)

// Bounds of Traffic.
const (
	maxPerHour = 6000
	maxDemand  = 24 * 3600 // s
)

// Traffic is the demand, as data.
type Traffic struct {
	PerHour float64 `json:"vehicles_per_hour"` // of all lanes, the on-ramp included
	Ramp    float64 `json:"ramp_share"`        // of the vehicles that come by the on-ramp, 0..0.3
	Exit    float64 `json:"exit_share"`        // of the others that leave by the exit, 0..0.3
	Trucks  float64 `json:"truck_share"`       // 0..0.5
	Vans    float64 `json:"van_share"`         // 0..0.5
	Speed   float64 `json:"speed_mps"`         // mean wish of the cars
	Spread  float64 `json:"speed_spread"`      // standard deviation, share of the mean, 0..0.3
	Every   float64 `json:"ego_every_s"`       // a car that may become the ego enters, s
	Change  float64 `json:"lane_change_s"`     // how long a lane change takes
}

// DefaultTraffic is a motorway near its capacity: about 135 vehicles at a time on the three lanes.
func DefaultTraffic() Traffic {
	return Traffic{PerHour: 3200, Ramp: 0.1, Exit: 0.1, Trucks: 0.15, Vans: 0.1, Speed: 120 / 3.6, Spread: 0.12, Every: 8, Change: 3}
}

// Check refuses a demand that cannot be.
func (t *Traffic) Check() error {
	for _, r := range [...]struct {
		name      string
		v, lo, hi float64
	}{
		{"vehicles_per_hour", t.PerHour, 1, maxPerHour}, {"ramp_share", t.Ramp, 0, 0.3}, {"exit_share", t.Exit, 0, 0.3},
		{"truck_share", t.Trucks, 0, 0.5}, {"van_share", t.Vans, 0, 0.5}, {"speed_mps", t.Speed, 10, 60}, {"speed_spread", t.Spread, 0, 0.3},
		{"ego_every_s", t.Every, 2, 60}, {"lane_change_s", t.Change, 0, 10},
	} {
		if !(r.v >= r.lo && r.v <= r.hi) {
			return fault.New(fault.Invalid, "traffic_out_of_range", "%s is %g, expected %g to %g", r.name, r.v, r.lo, r.hi).At("/traffic/" + r.name)
		}
	}
	return nil
}

const nodes = `<nodes>
  <node id="a" x="0" y="0"/>
  <node id="b" x="%[1]g" y="0"/>
  <node id="c" x="%[2]g" y="0"/>
  <node id="d" x="%[3]g" y="0"/>
  <node id="e" x="%[4]g" y="0"/>
  <node id="f" x="%[5]g" y="0"/>
  <node id="r" x="%[6]g" y="%[8]g"/>
  <node id="x" x="%[7]g" y="%[8]g"/>
</nodes>
`

// The ramps run beside the motorway for 200 m, so that the junctions have no length.
const edges = `<edges>
  <edge id="m1" from="a" to="b" numLanes="3" speed="%[1]g" priority="10">%[2]s</edge>
  <edge id="m2" from="b" to="c" numLanes="4" speed="%[1]g" priority="10">%[3]s</edge>
  <edge id="m3" from="c" to="d" numLanes="3" speed="%[1]g" priority="10">%[2]s</edge>
  <edge id="m4" from="d" to="e" numLanes="4" speed="%[1]g" priority="10">%[3]s</edge>
  <edge id="m5" from="e" to="f" numLanes="3" speed="%[1]g" priority="10">%[2]s</edge>
  <edge id="on" from="r" to="b" numLanes="1" speed="%[4]g" priority="5" shape="%[5]g,%[12]g %[6]g,%[9]g %[7]g,%[9]g"/>
  <edge id="off" from="e" to="x" numLanes="1" speed="%[4]g" priority="5" shape="%[8]g,%[9]g %[10]g,%[9]g %[11]g,%[12]g"/>
</edges>
`

// noTrucks keeps trucks out of the leftmost lane.
const noTrucks = `<lane index="%d" disallow="truck"/>`

const connections = `<connections>
  <connection from="m1" to="m2" fromLane="0" toLane="1"/>
  <connection from="m1" to="m2" fromLane="1" toLane="2"/>
  <connection from="m1" to="m2" fromLane="2" toLane="3"/>
  <connection from="on" to="m2" fromLane="0" toLane="0"/>
  <connection from="m2" to="m3" fromLane="1" toLane="0"/>
  <connection from="m2" to="m3" fromLane="2" toLane="1"/>
  <connection from="m2" to="m3" fromLane="3" toLane="2"/>
  <connection from="m3" to="m4" fromLane="0" toLane="1"/>
  <connection from="m3" to="m4" fromLane="1" toLane="2"/>
  <connection from="m3" to="m4" fromLane="2" toLane="3"/>
  <connection from="m4" to="m5" fromLane="1" toLane="0"/>
  <connection from="m4" to="m5" fromLane="2" toLane="1"/>
  <connection from="m4" to="m5" fromLane="3" toLane="2"/>
  <connection from="m4" to="off" fromLane="0" toLane="0"/>
</connections>
`

// road is the motorway as files of netconvert.
func road() map[string]string {
	three, four := fmt.Sprintf(noTrucks, 2), fmt.Sprintf(noTrucks, 3)
	return map[string]string{
		"road.nod.xml": fmt.Sprintf(nodes, mergeFrom, mergeTo, exitFrom, exitTo, roadEnd, mergeFrom-400, exitTo+400, rampAway),
		"road.edg.xml": fmt.Sprintf(edges, limit, three, four, rampLimit, mergeFrom-400, mergeFrom-200, mergeFrom, exitTo, rampOffset, exitTo+200, exitTo+400, rampAway),
		"road.con.xml": connections,
	}
}

// convert is how netconvert makes a network of the road.
func convert() []string {
	return []string{"--node-files", "road.nod.xml", "--edge-files", "road.edg.xml", "--connection-files", "road.con.xml",
		"--no-internal-links", "true", "--default.lanewidth", fmt.Sprint(laneWidth), "--default.junctions.radius", "0.1",
		"--no-turnarounds", "true", "--offset.disable-normalization", "true", "--xml-validation", "never", "--no-warnings", "true"}
}

// buildNetwork writes the motorway into dir and has netconvert make SUMO's network of it.
func buildNetwork(ctx context.Context, dir string) (string, error) {
	tool, err := find("netconvert")
	if err != nil {
		return "", err
	}
	net := filepath.Join(dir, "road.net.xml")
	for name, text := range road() {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	cmd := exec.CommandContext(ctx, tool, append(convert(), "--output-file", net)...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fault.New(fault.Unavailable, "netconvert_failed", "netconvert made no network: %v: %s", err, tail(out))
	}
	return net, nil
}

// types of vehicles; the ego's box is that of the car that the pilot drives. Headways and wishes are drawn per vehicle.
const types = `<routes>
  <vType id="car" vClass="passenger" carFollowModel="IDM" length="4.5" width="1.8" accel="1.8" decel="3.5" emergencyDecel="8" tau="1.2" minGap="2" sigma="0"/>
  <vType id="brisk" vClass="passenger" carFollowModel="IDM" length="4.2" width="1.8" accel="2.5" decel="4.5" emergencyDecel="8" tau="0.9" minGap="2" sigma="0" lcAssertive="1.3" lcSpeedGain="2"/>
  <vType id="van" vClass="delivery" carFollowModel="IDM" length="6.0" width="2.0" accel="1.3" decel="3.5" emergencyDecel="7" tau="1.3" minGap="2.5" sigma="0" maxSpeed="36"/>
  <vType id="truck" vClass="truck" carFollowModel="IDM" length="16.5" width="2.55" accel="0.8" decel="3" emergencyDecel="6" tau="1.6" minGap="3" sigma="0" maxSpeed="24.7"/>
  <vType id="ego" vClass="passenger" carFollowModel="IDM" length="%g" width="%g" accel="1.5" decel="3.5" emergencyDecel="7.5" tau="1.8" minGap="2.5" sigma="0"/>
  <route id="through" edges="m1 m2 m3 m4 m5"/>
  <route id="leave" edges="m1 m2 m3 m4 off"/>
  <route id="join" edges="on m2 m3 m4 m5"/>
`

// egoPrefix begins the ids of the cars that may become the ego.
const egoPrefix = "ego."

// routes writes the vehicles of a seed for the first seconds of a simulation, in the order in which they depart.
func routes(t *Traffic, length, width, seconds float64, seed uint64) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, types, length, width)
	rng := rand.New(rand.NewPCG(seed, 0x50A7))
	at, ego, n := 0.0, 0.0, 0
	for {
		at += rng.ExpFloat64() * 3600 / t.PerHour
		for ; ego < at && ego < seconds; ego += t.Every {
			fmt.Fprintf(&b, "  <vehicle id=\"%s%d\" type=\"ego\" route=\"through\" depart=\"%.2f\" departLane=\"%d\" departSpeed=\"desired\" speedFactor=\"0.9\"/>\n",
				egoPrefix, int(ego/t.Every), ego, rng.IntN(lanes))
		}
		if at >= seconds {
			break
		}
		// every vehicle takes the same number of draws, so that one share changed leaves the other draws alone
		ramp, exit, truck, van, brisk, wish := rng.Float64(), rng.Float64(), rng.Float64(), rng.Float64(), rng.Float64(), rng.NormFloat64()
		typ, route, lane, speed := "car", "through", "best", limit
		factor := t.Speed / limit * (1 + float64(t.Spread*max(-2, min(2, wish))))
		switch {
		case truck < t.Trucks:
			typ, factor = "truck", 1
		case van < t.Vans:
			typ = "van"
		case brisk < 0.3:
			typ, factor = "brisk", min(factor*1.1, 1.35)
		}
		switch {
		case ramp < t.Ramp:
			route, lane, speed = "join", "0", rampLimit
		case exit < t.Exit:
			route = "leave"
		}
		depart := "desired"
		if speed == rampLimit {
			depart = "max"
		}
		fmt.Fprintf(&b, "  <vehicle id=\"v%d\" type=\"%s\" route=\"%s\" depart=\"%.2f\" departLane=\"%s\" departSpeed=\"%s\" speedFactor=\"%.4f\"/>\n",
			n, typ, route, at, lane, depart, factor)
		n++
	}
	b.WriteString("</routes>\n")
	return b.Bytes()
}
