package world

import "roadbook/fault"

// Driver is how a driven actor drives.
type Driver struct {
	Speed float64 `json:"speed_mps" yaml:"speed_mps"`
}

func (d *Driver) check() *fault.Error {
	if !(d.Speed > 0 && d.Speed <= 120) {
		return fault.New(fault.Invalid, "driver_out_of_range", "the driver wants %g m/s, expected more than 0, at most 120", d.Speed)
	}
	return nil
}

type wheel struct{}
type traffic struct{}

func (t *traffic) reset(w *World, seed uint64) {}
func (t *traffic) decide(w *World)             {}
