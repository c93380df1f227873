package world

import (
	"roadbook/fault"
	"roadbook/strict"
)

// Gravity is the standard acceleration of free fall, m/s².
const Gravity = 9.80665

// MaxSpecBytes bounds a CarSpec as text.
const MaxSpecBytes = 64 << 10

// CarSpec is what the truth of the ego is computed from. All figures are of the loaded car as it drives, except
// BrakeMass.
type CarSpec struct {
	Length       float64 `json:"length_m" yaml:"length_m"`
	Width        float64 `json:"width_m" yaml:"width_m"`
	Wheelbase    float64 `json:"wheelbase_m" yaml:"wheelbase_m"`
	RearToCentre float64 `json:"rear_to_centre_m" yaml:"rear_to_centre_m"` // from the rear axle ahead to the centre of the box

	Mass           float64 `json:"mass_kg" yaml:"mass_kg"`
	FrontShare     float64 `json:"front_share" yaml:"front_share"`         // of the mass, on the front axle
	YawRadius      float64 `json:"yaw_radius_m" yaml:"yaw_radius_m"`       // radius of gyration about the vertical axis
	FrontStiffness float64 `json:"front_stiffness" yaml:"front_stiffness"` // cornering stiffness by axle load, 1/rad
	RearStiffness  float64 `json:"rear_stiffness" yaml:"rear_stiffness"`
	Friction       float64 `json:"friction" yaml:"friction"` // of tyre and road, 0.05..1.2

	BrakeMax     float64 `json:"brake_max_mps2" yaml:"brake_max_mps2"`   // what the brakes give at BrakeMass; 7.593: 0.774 g
	BrakeMass    float64 `json:"brake_mass_kg" yaml:"brake_mass_kg"`     // a heavier car brakes less by the same force
	BrakeLatency float64 `json:"brake_latency_s" yaml:"brake_latency_s"` // dead time of a command, at most MaxLatency
	BrakeLag     float64 `json:"brake_lag_s" yaml:"brake_lag_s"`         // time constant, first order
	DriveLag     float64 `json:"drive_lag_s" yaml:"drive_lag_s"`
	DriveMax     float64 `json:"drive_max_mps2" yaml:"drive_max_mps2"`
	Power        float64 `json:"power_w" yaml:"power_w"`
	JerkMax      float64 `json:"jerk_max_mps3" yaml:"jerk_max_mps3"` // of the brakes and the drive

	SteerMax  float64 `json:"steer_max_rad" yaml:"steer_max_rad"` // of the front wheels
	SteerLag  float64 `json:"steer_lag_s" yaml:"steer_lag_s"`
	SteerRate float64 `json:"steer_rate_radps" yaml:"steer_rate_radps"`
}

// MaxLatency bounds the dead time of the brakes, s.
const MaxLatency = 0.5

// DefaultCar returns the car of the published grids: 4.3 × 1.9 m, full braking 0.774 g on dry asphalt.
func DefaultCar() CarSpec {
	return CarSpec{
		Length: 4.3, Width: 1.9, Wheelbase: 2.7, RearToCentre: 1.35,
		Mass: 1900, FrontShare: 0.48, YawRadius: 1.35, FrontStiffness: 12, RearStiffness: 12, Friction: 1,
		BrakeMax: 7.593, BrakeMass: 1900, BrakeLatency: 0.1, BrakeLag: 0.1,
		DriveLag: 0.2, DriveMax: 4, Power: 150e3, JerkMax: 30,
		SteerMax: 0.6, SteerLag: 0.12, SteerRate: 0.6,
	}
}

// ReadCar reads a CarSpec from YAML or JSON over the defaults and checks it.
func ReadCar(b []byte) (CarSpec, error) {
	c := DefaultCar()
	if len(b) > MaxSpecBytes {
		return c, fault.New(fault.Invalid, "car_too_large", "the car's data has %d bytes, at most %d are read", len(b), MaxSpecBytes)
	}
	if err := strict.YAML(b, &c); err != nil {
		return c, fault.New(fault.Invalid, "car_malformed", "the car's data cannot be read: %v", err)
	}
	return c, c.Check()
}

// Check refuses a car that cannot be.
func (c *CarSpec) Check() error {
	for _, r := range [...]struct {
		name      string
		v, lo, hi float64
	}{
		{"length_m", c.Length, 1, 25}, {"width_m", c.Width, 0.5, 3}, {"wheelbase_m", c.Wheelbase, 0.5, 15},
		{"rear_to_centre_m", c.RearToCentre, -c.Length / 2, c.Length / 2},
		{"mass_kg", c.Mass, 200, 60e3}, {"front_share", c.FrontShare, 0.2, 0.8}, {"yaw_radius_m", c.YawRadius, 0.3, 8},
		{"front_stiffness", c.FrontStiffness, 2, 40}, {"rear_stiffness", c.RearStiffness, 2, 40}, {"friction", c.Friction, 0.05, 1.2},
		{"brake_max_mps2", c.BrakeMax, 0.5, 12}, {"brake_mass_kg", c.BrakeMass, 200, 60e3},
		{"brake_latency_s", c.BrakeLatency, 0, MaxLatency}, {"brake_lag_s", c.BrakeLag, 0, 1}, {"drive_lag_s", c.DriveLag, 0, 2},
		{"drive_max_mps2", c.DriveMax, 0.1, 12}, {"power_w", c.Power, 1e3, 1e6}, {"jerk_max_mps3", c.JerkMax, 1, 500},
		{"steer_max_rad", c.SteerMax, 0.05, 1.2}, {"steer_lag_s", c.SteerLag, 0, 1}, {"steer_rate_radps", c.SteerRate, 0.02, 5},
	} {
		if !(r.v >= r.lo && r.v <= r.hi) { // a NaN is refused too
			return fault.New(fault.Invalid, "car_out_of_range", "%s is %g, expected %g to %g", r.name, r.v, r.lo, r.hi).At("/" + r.name)
		}
	}
	if c.Wheelbase >= c.Length {
		return fault.New(fault.Invalid, "car_out_of_range", "the wheelbase %g m is not shorter than the car, %g m", c.Wheelbase, c.Length).At("/wheelbase_m")
	}
	return nil
}

// Braking returns what the brakes give at most, m/s²: by force and load, and by friction.
func (c *CarSpec) Braking() float64 {
	b := c.BrakeMax
	if c.Mass > c.BrakeMass {
		b = b * c.BrakeMass / c.Mass
	}
	return min(b, c.Friction*Gravity)
}
