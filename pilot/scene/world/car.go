package world

import "roadbook/pilot/motion"

// Bounds of lateral acceleration between the two models of the car: m/s², or a share of what the tyres hold.
const (
	dynamicAbove   = 4.0
	dynamicShare   = 0.6
	kinematicShare = 0.875 // of the bound above, on the way back
)

// crawl is the speed, m/s, below which the car always rolls without slip.
const crawl = 3.0

// car is the truth of the ego beside motion.Ego.
type car struct {
	spec               CarSpec
	braking            float64 // m/s²
	pipe               [int(MaxLatency*100) + 1]float64
	head               int
	delay              int
	accel              float64 // m/s², of brakes and drive, along the car
	dynamic            bool
	slide              float64 // m/s, sideways speed of the centre of mass, of the dynamic model
	yaw                float64 // rad/s
	course             float64 // m/s², lateral acceleration of the last tick
	restYaw, restSlide float64 // of the dynamic model, dying away after the change to rolling

	brakeGain, driveGain, steerGain float64 // share of the way to the target per tick
	front, rear                     float64 // m, from the centre of mass to the axles
	above, below                    float64 // m/s², bounds between the models
	mass                            float64 // m, from the centre of mass ahead to the centre of the box
}

func (c *car) reset(spec *CarSpec) {
	*c = car{spec: *spec, braking: spec.Braking(), delay: int(float64(spec.BrakeLatency*100) + 0.5)}
	gain := func(lag float64) float64 { return motion.DT / (lag + motion.DT) }
	c.brakeGain, c.driveGain, c.steerGain = gain(spec.BrakeLag), gain(spec.DriveLag), gain(spec.SteerLag)
	c.above = min(dynamicAbove, dynamicShare*spec.Friction*Gravity)
	c.below = kinematicShare * c.above
	c.rear = float64(spec.FrontShare * spec.Wheelbase)
	c.front = spec.Wheelbase - c.rear
	c.mass = spec.RearToCentre - c.rear
}

// drive moves the ego for a tick.
func (w *World) drive(cmd *motion.Command) {
	c, e := &w.car, &w.Ego
	c.actuate(cmd, e)
	v, u := e.V, e.V+float64(c.accel*motion.DT)
	span := motion.DT
	if c.accel < 0 && u <= 0 { // comes to a stop within the tick
		span = -v / c.accel
		u = 0
	}
	mean := 0.5 * (v + u)
	e.V, e.A = u, c.accel
	if u == 0 && c.accel <= 0 {
		c.accel = 0
		if v == 0 {
			e.A = 0
		}
	}
	if mean == 0 {
		c.yaw, c.slide, c.course, c.dynamic, c.restYaw, c.restSlide = 0, 0, 0, false, 0, 0
		return
	}
	curve := 0.0
	if w.road.curved {
		curve = w.road.Curvature(e.S)
	}
	tan := Tan(e.Steer)
	want := float64(float64(mean*mean)*tan) / c.spec.Wheelbase // lateral acceleration without slip
	switch a := abs(want); {
	case c.dynamic && (mean < crawl || a < c.below && abs(c.course) < c.below):
		c.dynamic = false
		c.restYaw = c.yaw - want/mean
		c.restSlide = c.slide - float64(c.yaw*c.rear)
	case !c.dynamic && mean >= crawl && a > c.above: // starts from where it rolls
		c.dynamic, c.restYaw, c.restSlide = true, 0, 0
	}
	side := 0.0 // sideways speed of the centre of the box
	if c.dynamic {
		c.slip(e.Steer, mean)
		side = c.slide + float64(c.yaw*c.mass)
	} else {
		c.yaw, c.course = want/mean, want
		if c.restYaw != 0 || c.restSlide != 0 {
			c.settle()
		}
		c.slide = float64(c.yaw*c.rear) + c.restSlide
		side = c.slide + float64(c.yaw*c.mass)
	}
	// heading in the middle of the tick
	sin, cos := SinCos(e.Heading + float64(float64(0.5*span)*(c.yaw-float64(curve*mean))))
	ds := (float64(mean*cos) - float64(side*sin)) / (1 - float64(e.D*curve))
	e.D += float64(span * (float64(mean*sin) + float64(side*cos)))
	e.S += float64(span * ds)
	e.Heading += float64(span * (c.yaw - float64(curve*ds)))
}

// settle lets what the dynamic model left die away in about 0.2 s.
func (c *car) settle() {
	const stay = 0.95 // per tick
	c.restYaw, c.restSlide = float64(stay*c.restYaw), float64(stay*c.restSlide)
	if abs(c.restYaw) < 1e-5 && abs(c.restSlide) < 1e-4 {
		c.restYaw, c.restSlide = 0, 0
	}
	c.yaw += c.restYaw
}

// actuate moves brakes, drive and steering towards what the command asked.
func (c *car) actuate(cmd *motion.Command, e *motion.Ego) {
	ask := cmd.Accel
	if ask != ask {
		ask = 0 // no number is no command
	}
	c.pipe[c.head] = ask
	next := c.head + 1
	if next > c.delay {
		next = 0
	}
	c.head = next
	ask = c.pipe[next] // written delay ticks ago
	grip := float64(c.spec.Friction * Gravity)
	along := grip // what the tyres have left along the car
	if c.course != 0 {
		along = sqrt(max(0, float64(grip*grip)-float64(c.course*c.course)))
	}
	gain, low, high := c.driveGain, -min(c.braking, along), min(c.spec.DriveMax, along)
	if e.V > 1 {
		high = min(high, c.spec.Power/float64(c.spec.Mass*e.V))
	}
	ask = max(low, min(high, ask))
	if ask < c.accel || c.accel < 0 {
		gain = c.brakeGain
	}
	step := float64(c.spec.JerkMax * motion.DT)
	c.accel += max(-step, min(step, float64(gain*(ask-c.accel))))
	c.accel = max(low, min(high, c.accel))
	steer := cmd.Steer
	if steer != steer {
		steer = e.Steer
	}
	steer = max(-c.spec.SteerMax, min(c.spec.SteerMax, steer))
	turn := float64(c.spec.SteerRate * motion.DT)
	e.Steer += max(-turn, min(turn, float64(c.steerGain*(steer-e.Steer))))
}

// slip steps the dynamic single-track model: tyres by the brush model, within the friction circle.
func (c *car) slip(steer, v float64) {
	s := &c.spec
	const steps = 2
	dt := motion.DT / steps
	along := c.accel
	sin, cos := SinCos(steer)
	frontLoad := float64(s.FrontShare * Gravity) // per kg of the car
	rearLoad := Gravity - frontLoad
	frontGrip := axleGrip(float64(frontLoad*s.Friction), float64(along*s.FrontShare))
	rearGrip := axleGrip(float64(rearLoad*s.Friction), float64(along*(1-s.FrontShare)))
	inertia := float64(s.YawRadius * s.YawRadius) // per kg
	for range steps {
		vf := c.slide + float64(c.yaw*c.front) // sideways at the front axle
		tf := (float64(vf*cos) - float64(v*sin)) / (float64(v*cos) + float64(vf*sin))
		tr := (c.slide - float64(c.yaw*c.rear)) / v
		f := float64(cos * brush(tf, float64(s.FrontStiffness*frontLoad), frontGrip))
		r := brush(tr, float64(s.RearStiffness*rearLoad), rearGrip)
		c.course = f + r
		c.slide += float64(dt * (c.course - float64(v*c.yaw)))
		c.yaw += float64(dt * ((float64(f*c.front) - float64(r*c.rear)) / inertia))
	}
}

// axleGrip is what an axle's tyres give sideways when they already give along.
func axleGrip(grip, along float64) float64 {
	left := float64(grip*grip) - float64(along*along)
	return sqrt(max(left, float64(0.01*float64(grip*grip))))
}

// brush returns the side force of an axle, per kg of the car, for the tangent of its slip angle: linear for small slip,
// grip beyond the angle at which the whole contact patch slides.
func brush(tan, stiffness, grip float64) float64 {
	t := float64(stiffness*tan) / float64(3*grip) // share of that angle
	a := abs(t)
	f := grip
	if a < 1 {
		f = grip * (1 - float64(float64((1-a)*(1-a))*(1-a)))
	}
	if t > 0 {
		return -f
	}
	return f
}
