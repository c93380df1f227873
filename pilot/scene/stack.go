package scene

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"roadbook/fault"
	"roadbook/pilot"
	"roadbook/pilot/checker"
	"roadbook/pilot/scene/world"
)

// Planner says what drives under the checker.
type Planner string

// Planners.
const (
	FullPilot        Planner = "pilot"
	ConstantThrottle Planner = "constant_throttle" // holds its throttle and wheel whatever happens: the checker is alone
)

// Stack is all that is tested, as data: two stacks with the same hashes give the same outcomes.
type Stack struct {
	Planner Planner
	Pilot   pilot.Params
	Checker checker.Params
	Car     world.CarSpec
	Sensors world.Sensors
}

// DefaultStack is the pilot with its checker in the default car with sensors without noise.
func DefaultStack() Stack {
	return Stack{Planner: FullPilot, Pilot: pilot.Default(), Checker: checker.Default(), Car: world.DefaultCar(), Sensors: world.DefaultSensors()}
}

// Check refuses a stack that cannot drive.
func (s *Stack) Check() error {
	if s.Planner != FullPilot && s.Planner != ConstantThrottle {
		return fault.New(fault.Invalid, "stack_planner", "%.40q is no planner: expected %s or %s", s.Planner, FullPilot, ConstantThrottle).At("/planner")
	}
	if err := s.Pilot.Check(); err != nil {
		return fault.New(fault.Invalid, "stack_pilot", "%v", err).At("/pilot")
	}
	if err := s.Checker.Check(); err != nil {
		return fault.New(fault.Invalid, "stack_checker", "%v", err).At("/checker")
	}
	if err := s.Car.Check(); err != nil {
		return err
	}
	return s.Sensors.Check()
}

// Input is something that went into a run, by its hash.
type Input struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// Parameters are the stack's parts with the hashes of their JSON, by name. The planner is none: suites choose it.
func (s *Stack) Parameters() []Input {
	return []Input{
		{"car", hashJSON(s.Car)}, {"checker", hashJSON(s.Checker)}, {"pilot", hashJSON(s.Pilot)}, {"sensors", hashJSON(s.Sensors)},
	}
}

// hashJSON is SHA-256, in hex, of a value's JSON: fields in their order, shortest numbers.
func hashJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
