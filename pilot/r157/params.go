package r157

import (
	"errors"
	"fmt"

	"roadbook/pilot/motion"
)

// Params are the timers and thresholds of the engagement, as data. Times are ticks of 10 ms. Default is what the regulation
// allows at most or asks at least; Check refuses what it does not allow.
type Params struct {
	Escalate motion.Tick `json:"escalate"` // after the start of a transition demand, at most 400 (5.4.3.2)
	MRM      motion.Tick `json:"mrm"`      // after the start of a transition demand, at least 1,000 (5.4.4.1)
	Settle   motion.Tick `json:"settle"`   // for which 6.2.3 must hold before the pilot is ready

	Seat     motion.Tick `json:"seat"`     // an empty seat is borne, at most 100 (6.1.2)
	Criteria int         `json:"criteria"` // of availability that must have been positive, at least 2 (6.1.3.1)
	Window   motion.Tick `json:"window"`   // within which they must, at most 3,000
	Demand   motion.Tick `json:"demand"`   // from "unavailable" to the transition demand, at most 1,500

	WheelTorque float64     `json:"wheel_torque"` // Nm that override the steering (6.3.1)
	WheelTicks  motion.Tick `json:"wheel_ticks"`  // for so long without a break
	Brake       float64     `json:"brake"`        // m/s² asked by the pedal that are no slip of the foot
	Accelerator float64     `json:"accelerator"`  // 0..1, likewise (6.3.4)

	Standstill   float64 `json:"standstill"`    // m/s below which the car stands
	PlannedBrake float64 `json:"planned_brake"` // m/s² that a minimum risk manoeuvre is reckoned with, at most 4.0 (5.5.2)
	PlannedGap   float64 `json:"planned_gap"`   // m between the standstill and a planned event

	Eyes          Escalation  `json:"eyes"`           // gaze off the road, where the driver supervises
	Hands         Escalation  `json:"hands"`          // hands off the wheel, where the driver supervises
	Terminals     int         `json:"terminals"`      // so many terminal alerts lock the pilot for the run cycle
	TerminalTicks motion.Tick `json:"terminal_ticks"` // and so long a terminal alert in sum
}

// Escalation is how inattention is answered: the ticks of it at which each step begins.
type Escalation struct {
	Warn     motion.Tick `json:"warn"`
	Prompt   motion.Tick `json:"prompt"`
	Terminal motion.Tick `json:"terminal"`
	Recover  motion.Tick `json:"recover"` // of attention without a break that end it
}

// Default is the regulation's own set.
func Default() Params {
	return Params{
		Escalate: 400, MRM: 1000, Settle: 100, Seat: 100, Criteria: 2, Window: 3000, Demand: 1500,
		WheelTorque: 3, WheelTicks: 20, Brake: 0.5, Accelerator: 0.1, Standstill: 0.05, PlannedBrake: 3, PlannedGap: 20,
		Eyes:      Escalation{Warn: 300, Prompt: 500, Terminal: 1100, Recover: 100},
		Hands:     Escalation{Warn: 1500, Prompt: 2400, Terminal: 3000, Recover: 20},
		Terminals: 3, TerminalTicks: 3000,
	}
}

// Check reports every value that the regulation does not allow or that makes no sense.
func (p Params) Check() error {
	var errs []error
	ticks := func(name string, v, lo, hi motion.Tick) {
		if v < lo || v > hi {
			errs = append(errs, fmt.Errorf("%s is %d ticks: expected %d to %d", name, v, lo, hi))
		}
	}
	value := func(name string, v, lo, hi float64) {
		if !(v >= lo && v <= hi) { // also refuses NaN
			errs = append(errs, fmt.Errorf("%s is %g: expected %g to %g", name, v, lo, hi))
		}
	}
	ticks("escalate", p.Escalate, 1, 400)
	ticks("mrm", p.MRM, 1000, 2000)
	ticks("settle", p.Settle, 0, 6000)
	ticks("seat", p.Seat, 1, 100)
	ticks("criteria", motion.Tick(p.Criteria), 2, criteria)
	ticks("window", p.Window, 100, 3000)
	ticks("demand", p.Demand, 1, 1500)
	ticks("wheel_ticks", p.WheelTicks, 1, 200)
	ticks("terminals", motion.Tick(p.Terminals), 1, 10)
	ticks("terminal_ticks", p.TerminalTicks, 1, 3000)
	value("wheel_torque", p.WheelTorque, 0.5, 15)
	value("brake", p.Brake, 0.1, 3)
	value("accelerator", p.Accelerator, 0.02, 0.5)
	value("standstill", p.Standstill, 0.001, 0.2)
	value("planned_brake", p.PlannedBrake, 1, 4)
	value("planned_gap", p.PlannedGap, 0, 500)
	for name, e := range map[string]Escalation{"eyes": p.Eyes, "hands": p.Hands} { // the order of the errors is of no account
		if e.Warn < 1 || e.Prompt <= e.Warn || e.Terminal <= e.Prompt || e.Terminal > 6000 || e.Recover < 1 || e.Recover > 1000 {
			errs = append(errs, fmt.Errorf("%s: warn %d, prompt %d, terminal %d and recover %d ticks: expected rising steps of at most 6000 and recover of 1 to 1000",
				name, e.Warn, e.Prompt, e.Terminal, e.Recover))
		}
	}
	return errors.Join(errs...)
}
