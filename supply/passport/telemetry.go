package passport

import (
	"encoding/json"
	"time"

	"roadbook/evidence"
	"roadbook/id"
	"roadbook/period"
)

// Reading is a value that a car reported, with the instant at which it measured it.
type Reading struct {
	Value float64
	At    time.Time
}

// Readings is what a car last reported of its battery, by VSS 6.0 path. What a car does not report is not in it.
type Readings map[string]Reading

// The signals below Vehicle.Powertrain.TractionBattery. that say something of the battery's state.
const (
	battery = "Vehicle.Powertrain.TractionBattery."

	SignalCharge    = battery + "StateOfCharge.Current"       // percent
	SignalStored    = battery + "StateOfCharge.CurrentEnergy" // kWh
	SignalHealth    = battery + "StateOfHealth"               // percent
	SignalTemp      = battery + "Temperature.Average"         // Celsius
	SignalConsumed  = battery + "AccumulatedConsumedEnergy"   // kWh
	SignalConsumedQ = battery + "AccumulatedConsumedThroughput"
)

// MinCharge is the state of charge, in percent, below which stored energy over charge says nothing of the whole.
const MinCharge = 20

// Facts turns what the car that holds the pack reported into records. What a battery was before it came into this car is
// not known to the car: its counters begin with the car.
func (r Readings) Facts(p Pack) []Record {
	var out []Record
	add := func(attribute string, value float64, level evidence.Level, definition string, signals ...string) {
		var at time.Time
		for _, s := range signals {
			if t := r[s].At; t.After(at) {
				at = t
			}
		}
		source := "telemetry of the car that holds the battery:" // the VIN is nobody's business who reads a passport
		for _, s := range signals {
			source += " " + s
		}
		day := period.DateOf(at)
		v := json.RawMessage(decimal(value))
		out = append(out, Record{ID: id.From("pst", p.Serial, string(p.VIN), attribute, at.UTC().Format(time.RFC3339Nano)), Subject: Subject{Item, p.Serial},
			Attribute: attribute, Value: v, Origin: Telemetry, At: at.UTC(), Evidence: evidence.Evidence{Source: source + " at " + at.UTC().Format(time.RFC3339),
				Date: day, Vintage: day, Who: "car", Level: level, Definition: definition}})
	}
	has := func(signal string) bool { _, ok := r[signal]; return ok }
	if has(SignalCharge) {
		add(StateOfCharge, r[SignalCharge].Value, evidence.Reported, "", SignalCharge)
	}
	if has(SignalTemp) {
		add(BatteryTemperature, r[SignalTemp].Value, evidence.Reported, "mean temperature of the cells", SignalTemp)
	}
	if has(SignalConsumed) && r[SignalConsumed].Value >= 0 {
		add(EnergyThroughput, r[SignalConsumed].Value, evidence.Reported,
			"energy taken from the battery less what recuperation brought back, since it is in this car: a lower bound", SignalConsumed)
	}
	if has(SignalConsumedQ) && r[SignalConsumedQ].Value >= 0 {
		add("capacity_throughput", r[SignalConsumedQ].Value, evidence.Reported, "charge taken from the battery, since it is in this car", SignalConsumedQ)
	}
	charge, stored := r[SignalCharge], r[SignalStored]
	switch {
	case has(SignalStored) && has(SignalCharge) && charge.Value >= MinCharge && charge.At.Equal(stored.At):
		add(RemainingEnergy, stored.Value/charge.Value*100, evidence.Derived, "energy stored over state of charge, at one instant", SignalStored, SignalCharge)
	case has(SignalHealth):
		add(SOCE, r[SignalHealth].Value, evidence.Uncertain,
			"the car's own state of health, read as its share of usable energy; VSS leaves open whether of energy or of charge", SignalHealth)
	}
	return out
}
