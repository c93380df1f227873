package checker

import "roadbook/pilot/motion"

// Checker watches one pilot in one car. It is not safe for use by several goroutines.
type Checker struct {
	p       Params
	scene   scene
	watch   watch
	danger  danger
	looked  bool        // danger was found for basis
	next    motion.Tick // when to look again without a new list
	basis   motion.Tick // list that danger was found in
	ran     bool        // the tick before was driven by the pilot
	steered float64     // rad, the angle let through last
}

// New returns a checker, or refuses figures that make no sense.
func New(p Params) (*Checker, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	return &Checker{p: p}, nil
}

// Reset begins a new run cycle.
func (c *Checker) Reset() { *c = Checker{p: c.p} }

// Step looks at one tick and returns the command that the actuators get. While the driver drives, the command passes as it is.
func (c *Checker) Step(in *motion.Input, claim motion.Engagement, cmd motion.Command) (motion.Command, Verdict) {
	v := Verdict{Object: nobody, Reason: c.watch.step(in.Now, &claim, &c.p.Watch)}
	current := c.scene.read(in.Now, in.Objects)
	if !drives(claim.Mode) {
		c.ran, c.looked, c.danger, c.watch.waited = false, false, danger{object: nobody}, 0
		return cmd, v
	}
	asked := cmd
	if asked.Emergency != claim.Emergency || asked.Accel < -c.p.Envelope.Demand && !asked.Emergency {
		v.Reason |= Flag
	}
	if !current || int(in.Now-c.scene.at) > c.p.Watch.Stale {
		v.Reason |= Stale
	}
	if !finite(cmd.Accel) {
		v.Reason |= Unreadable
		cmd.Accel = -c.p.Watch.Gentle
	}
	b := c.brakes(&in.Ego)
	if readable(&in.Ego) {
		if !finite(cmd.Steer) {
			v.Reason |= Unreadable
			cmd.Steer = hold(in)
		}
		c.look(in, cmd.Accel, b)
		c.limitSteer(&in.Ego, &cmd, &v)
	} else { // nothing can be foreseen from such a state
		v.Reason |= Unreadable
		c.looked, c.danger, cmd.Steer = false, danger{object: nobody}, c.steered
	}
	c.steered, c.ran = cmd.Steer, true
	c.limitAccel(&cmd, &v, claim.Mode, b)
	v.Braking = cmd.Accel < asked.Accel
	v.Intervened = cmd != asked
	return cmd, v
}

// look assesses what is ahead, once for every list, and as often without one.
func (c *Checker) look(in *motion.Input, accel, b float64) {
	if c.looked && in.Now < c.next && c.scene.at == c.basis {
		return
	}
	c.danger = c.assess(in, accel, b)
	c.looked, c.next, c.basis = true, in.Now+motion.SensePeriod, c.scene.at
}

// limitAccel puts the acceleration into the envelope, and brakes for what was found.
func (c *Checker) limitAccel(cmd *motion.Command, v *Verdict, m motion.Mode, b float64) {
	if cmd.Accel > c.p.Envelope.Accel {
		v.Reason |= Accel
		cmd.Accel = c.p.Envelope.Accel
	}
	if most := c.floor(m, cmd.Emergency, b); cmd.Accel < -most {
		v.Reason |= Decel
		cmd.Accel = -most
	}
	v.RequestMRM = v.Reason&(Stale|Unreadable|Overdue|Order) != 0
	if c.watch.disobeyed(v.RequestMRM, &c.p.Watch) {
		v.Reason |= Disobeyed
		cmd.Hazard = true
	}
	if v.Reason&(Stale|Unreadable|Disobeyed) != 0 {
		cmd.Accel = min(cmd.Accel, -c.p.Watch.Gentle)
	}
	v.Grade, v.Object, v.Demand = c.danger.grade, c.danger.object, c.danger.demand
	if v.Grade == Emergency {
		v.Demand = c.full(b)
	}
	if cmd.Accel > -v.Demand && v.Demand > 0 {
		v.Reason |= Collision
		cmd.Accel = -v.Demand
		cmd.Emergency = cmd.Emergency || v.Demand > c.p.Envelope.Demand
	}
}
