package frame

import (
	"math"

	"roadbook/fault"
)

// Catalogue is the id of the signal list below. A list with other meanings gets another id.
const Catalogue uint32 = 1

// ID names a signal on the wire. String paths never travel on the car's link.
type ID uint32

// The signals. An id is never reused.
const (
	Speed             ID = 1
	IsMoving          ID = 2
	TraveledDistance  ID = 3
	StateOfCharge     ID = 4
	CurrentPower      ID = 5
	BatteryTemp       ID = 6
	AccumulatedEnergy ID = 7
	IsCharging        ID = 8
	Range             ID = 9
	StateOfHealth     ID = 10
	Latitude          ID = 11
	Longitude         ID = 12
)

// Signal describes one signal of the catalogue by its path in VSS 6.0.
type Signal struct {
	ID    ID
	Path  string
	Unit  string
	Scale int64 // raw units per unit: 10 means that raw 725 is 72.5
}

// catalogue is ordered by id and dense, so that Lookup is an index.
var catalogue = [...]Signal{
	{Speed, "Vehicle.Speed", "km/h", 10},
	{IsMoving, "Vehicle.IsMoving", "", 1},
	{TraveledDistance, "Vehicle.TraveledDistance", "m", 1},
	{StateOfCharge, "Vehicle.Powertrain.TractionBattery.StateOfCharge.Current", "percent", 10},
	{CurrentPower, "Vehicle.Powertrain.TractionBattery.CurrentPower", "W", 1},
	{BatteryTemp, "Vehicle.Powertrain.TractionBattery.Temperature.Average", "Celsius", 10},
	{AccumulatedEnergy, "Vehicle.Powertrain.TractionBattery.AccumulatedConsumedEnergy", "kWh", 1000},
	{IsCharging, "Vehicle.Powertrain.TractionBattery.Charging.IsCharging", "", 1},
	{Range, "Vehicle.Powertrain.TractionBattery.Range", "m", 1},
	{StateOfHealth, "Vehicle.Powertrain.TractionBattery.StateOfHealth", "percent", 10},
	{Latitude, "Vehicle.CurrentLocation.Latitude", "degrees", 1_000_000},
	{Longitude, "Vehicle.CurrentLocation.Longitude", "degrees", 1_000_000},
}

// Signals lists the catalogue in the order of its ids.
func Signals() []Signal { return append([]Signal(nil), catalogue[:]...) }

// Lookup returns the signal of that id; an unknown id is no error, a newer car may know more.
func Lookup(id ID) (Signal, bool) {
	if id < 1 || int(id) > len(catalogue) {
		return Signal{}, false
	}
	return catalogue[id-1], true
}

// ByPath returns the signal of that VSS path.
func ByPath(path string) (Signal, error) {
	for _, s := range catalogue {
		if s.Path == path {
			return s, nil
		}
	}
	return Signal{}, fault.New(fault.NotFound, "signal", "catalogue %d has no signal %.80q", Catalogue, path)
}

// Value turns a raw value into the signal's unit.
func (s Signal) Value(raw int64) float64 { return float64(raw) / float64(s.Scale) }

// Raw turns a value in the signal's unit into the integer that travels, rounded to the signal's resolution.
func (s Signal) Raw(value float64) int64 { return int64(math.Round(value * float64(s.Scale))) }
