package drive

import "math"

// EV is a longitudinal model: road load, drive train and battery of a mid-size electric car.
type EV struct {
	MassKg     float64 // with a driver
	CdA        float64 // drag area, m²
	Crr        float64 // rolling resistance
	Efficiency float64 // battery to wheel, and back
	Regen      float64 // share of braking energy that is taken back before losses
	AuxW       float64 // heating, cooling, computers
	PackKWh    float64 // usable energy
	Fade       float64 // percent of the usable energy lost per full equivalent cycle
	ChargeAt   float64 // state of charge, in percent, below which the car is charged before it drives
}

// Sedan is the car of the founding case. Assumed figures of its class.
var Sedan = EV{MassKg: 2100, CdA: 0.53, Crr: 0.009, Efficiency: 0.88, Regen: 0.65, AuxW: 600, PackKWh: 70, Fade: 0.012, ChargeAt: 20}

// State is the car at one instant.
type State struct {
	At       float64 // seconds since the start of the drive
	Speed    float64 // km/h
	Odometer float64 // m
	Energy   float64 // kWh out of the battery since the car was built, less what came back
	SoC      float64 // percent
	Health   float64 // usable energy, in percent of that of the new battery
	Power    float64 // W out of the battery; negative when it charges
	Temp     float64 // mean cell temperature, Celsius
	Voltage  float64 // V
	Highway  bool    // fast and steady enough for the highway pilot
}

// HighwaySpeed is the speed, in km/h, from which a stretch counts as highway.
const HighwaySpeed = 80

// Drive moves the car from a state through a trace. A gap of more than 5 s between samples of a 1 Hz trace counts as
// standing; traces sampled at up to 10 s are driven through.
func (ev EV) Drive(from State, t Trace) []State {
	out := make([]State, 0, len(t))
	s := from
	if s.SoC < ev.ChargeAt {
		s.SoC = 80
	}
	for i, p := range t {
		if i > 0 {
			dt := p.At - t[i-1].At
			v0, v1 := t[i-1].Speed, p.Speed
			if dt > 10 {
				v0, v1 = 0, 0
			}
			v, a := (v0+v1)/2, (v1-v0)/dt
			force := ev.MassKg*a + ev.MassKg*9.81*ev.Crr + 0.5*1.2*ev.CdA*v*v
			if v == 0 {
				force = 0
			}
			wheel := force * v
			power := ev.AuxW
			if wheel >= 0 {
				power += wheel / ev.Efficiency
			} else {
				power += wheel * ev.Efficiency * ev.Regen
			}
			if dt > 10 {
				power = 0 // parked
			}
			s.Odometer += v * dt
			s.SoC -= power * dt / 3600 / 1000 / (ev.PackKWh * ev.health(s.Energy) / 100) * 100
			s.SoC = math.Min(100, math.Max(1, s.SoC))
			s.Power = power
			s.Energy += power * dt / 3600 / 1000
			s.Temp += (22 + math.Abs(power)/6000 - s.Temp) * math.Min(1, dt/1800)
		}
		s.At = p.At
		s.Speed = p.Speed * 3.6
		s.Health = ev.health(s.Energy)
		s.Voltage = 320 + 0.8*s.SoC - s.Power/4000
		s.Highway = s.Speed >= HighwaySpeed
		out = append(out, s)
	}
	return out
}

// health is what is left of the usable energy after a throughput in kWh: it falls by Fade with every full equivalent cycle,
// and no battery is driven below half.
func (ev EV) health(kWh float64) float64 {
	return math.Max(50, 100-ev.Fade*math.Max(0, kWh)/ev.PackKWh)
}

// Thin keeps the first and the last state and one in every step seconds between: what a car reports by default.
func Thin(states []State, step float64) []State {
	var out []State
	for i, s := range states {
		if i == 0 || i == len(states)-1 || s.At-out[len(out)-1].At >= step {
			out = append(out, s)
		}
	}
	return out
}

// HighwayMeters returns the distance that was driven at highway speed.
func HighwayMeters(states []State) float64 {
	var m float64
	for i := 1; i < len(states); i++ {
		if states[i].Highway && states[i-1].Highway {
			m += states[i].Odometer - states[i-1].Odometer
		}
	}
	return m
}
