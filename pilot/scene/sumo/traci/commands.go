package traci

// Version asks for Reply.API and Reply.Name.
func (c *Client) Version() { c.add(want{cmdVersion, cmdVersion, 0}, false, nil) }

// End tells the server to stop.
func (c *Client) End() { c.add(want{cmdClose, 0, 0}, false, nil) }

// Step simulates up to time target in s; 0 is one step.
func (c *Client) Step(target float64) {
	c.add(want{cmdStep, 0, 0}, true, func(w *writer) { w.f64(target) })
}

// GetVehicle asks for a variable of a vehicle; VarIDs takes an empty id.
func (c *Client) GetVehicle(id string, variable byte) {
	c.add(want{cmdGetVehicle, ansGetVehicle, variable}, false, func(w *writer) { w.u8(variable); w.text(id) })
}

// forever is the end of a subscription, in s.
const forever = 1e9

// SubscribeSimulation has every step answer with these variables of the simulation, in Reply.Vars.
func (c *Client) SubscribeSimulation(variables ...byte) {
	c.subscribe(cmdSubSim, ansSubSim, "", variables)
}

// SubscribeVehicle has every step answer with these variables of a vehicle. A step without them: it arrived.
func (c *Client) SubscribeVehicle(id string, variables ...byte) {
	c.subscribe(cmdSubVehicle, ansSubVehicle, id, variables)
}

func (c *Client) subscribe(cmd, answer byte, id string, variables []byte) {
	c.add(want{cmd, answer, 0}, false, func(w *writer) {
		w.f64(0)
		w.f64(forever)
		w.text(id)
		w.u8(byte(len(variables)))
		w.b = append(w.b, variables...)
	})
}

// SubscribeAround has every step answer with the vehicles within radius m of a vehicle (itself included), in Reply.Around.
func (c *Client) SubscribeAround(id string, radius float64) {
	c.add(want{cmdContext, ansContext, 0}, false, func(w *writer) {
		w.f64(0)
		w.f64(forever)
		w.text(id)
		w.u8(domainVehicles)
		w.f64(radius)
		w.u8(byte(len(aroundVars)))
		w.b = append(w.b, aroundVars[:]...)
	})
}

// Leave ends the subscriptions on and around a vehicle. A vehicle that is removed with one ends SUMO.
func (c *Client) Leave(id string) {
	c.add(want{cmdContext, 0, 0}, false, func(w *writer) {
		w.f64(0)
		w.f64(forever)
		w.text(id)
		w.u8(domainVehicles)
		w.f64(0)
		w.u8(0)
	})
	c.add(want{cmdSubVehicle, 0, 0}, false, func(w *writer) {
		w.f64(0)
		w.f64(forever)
		w.text(id)
		w.u8(0)
	})
}

// Variables that can only be set.
const (
	setSpeedMode      = 0xB3
	setMoveToXY       = 0xB4
	setLaneChangeMode = 0xB6
	setRemove         = 0x81
)

func (c *Client) set(id string, variable byte, value func(w *writer)) {
	c.add(want{cmdSetVehicle, 0, variable}, false, func(w *writer) { w.u8(variable); w.text(id); value(w) })
}

// SpeedMode says which of SUMO's checks of speed hold: 0 none, 31 all.
func (c *Client) SpeedMode(id string, mode int32) {
	c.set(id, setSpeedMode, func(w *writer) { w.typedInt(mode) })
}

// LaneChangeMode says which lane changes SUMO makes by itself: 0 none, 1621 all.
func (c *Client) LaneChangeMode(id string, mode int32) {
	c.set(id, setLaneChangeMode, func(w *writer) { w.typedInt(mode) })
}

// keepRouteExact has MoveToXY keep to the route, and to exactly x, y.
const keepRouteExact = 1

// MoveToXY puts the middle of a vehicle's front bumper to x, y in m with the angle in degrees clockwise from north,
// at the end of the next step, wherever on its route that is.
func (c *Client) MoveToXY(id, edge string, lane int32, x, y, angle float64) {
	c.set(id, setMoveToXY, func(w *writer) {
		w.compound(6)
		w.typedText(edge)
		w.typedInt(lane)
		w.typedDouble(x)
		w.typedDouble(y)
		w.typedDouble(angle)
		w.typedByte(keepRouteExact)
	})
}

// removeVaporized is SUMO's reason for a vehicle that is taken off the road.
const removeVaporized = 3

// Remove takes a vehicle off the road.
func (c *Client) Remove(id string) {
	c.set(id, setRemove, func(w *writer) { w.typedByte(removeVaporized) })
}
