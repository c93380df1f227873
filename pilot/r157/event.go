package r157

import "roadbook/pilot/motion"

// Kind is what happened. Those that Recorded names belong into the DSSAD.
type Kind uint8

// Kinds of events: section 8.2.1, then the changes of mode that it does not name.
const (
	NoEvent Kind = iota
	Activation
	Deactivation
	TransitionDemand
	InputSuppressed // a driver's input was reduced or suppressed
	EmergencyStart
	EmergencyEnd
	EDRTrigger
	Collision
	MinimumRisk
	SystemFailure  // severe failure of the system
	VehicleFailure // severe failure of the vehicle
	LaneChangeStart
	LaneChangeEnd
	LaneChangeAbort
	CrossingStart // an intentional lane crossing
	CrossingEnd
	HandOver  // the driver takes the car over that the pilot had stopped
	Readiness // 6.2.3 holds
	Unready   // 6.2.3 holds no longer
	kinds
)

var kindNames = [kinds]string{"", "activation", "deactivation", "transition_demand", "input_suppressed", "emergency_start", "emergency_end", "edr_trigger",
	"collision", "minimum_risk", "system_failure", "vehicle_failure", "lane_change_start", "lane_change_end", "lane_change_abort", "crossing_start",
	"crossing_end", "hand_over", "ready", "unready"}

// String is the kind's name in lower case with underscores, as wire/pilotlog spells it.
func (k Kind) String() string {
	if k >= kinds {
		return "unknown"
	}
	return kindNames[k]
}

// Known reports whether k is one of the kinds above.
func (k Kind) Known() bool { return k > NoEvent && k < kinds }

// Recorded reports whether the DSSAD stores the kind: all of section 8, and the hand-over. Readiness comes and goes with the
// weather and would push the events of months out of the ring.
func (k Kind) Recorded() bool { return k > NoEvent && k < Readiness }

// Reason says why.
type Reason uint8

// Reasons. The operational design domain, the driver, failures, timers, and the driver's ways to take over.
const (
	NoReason Reason = iota

	Country
	RoadClass
	NotDivided
	Speed
	Visibility
	Rain
	Snow
	Ice
	Night
	Temperature
	RoadEnds // the permitted road ends ahead
	Ends     // the pilot cannot go on ahead, as its planner says

	SeatEmpty
	BeltOpen
	DriverUnavailable
	EyesOff
	HandsOff
	Lockout // after terminal alerts, until the next run cycle

	SelfCheck
	Recorder // the DSSAD is not operational
	Failure
	SevereSystem
	SevereVehicle
	CheckerAsks // the independent checker wants a minimum risk manoeuvre

	NoTakeover // within the time of the transition demand
	StoodStill

	Button
	Steering
	Brake
	Accelerator
	Indicator
	Attention // hands on the wheel and attention confirmed (6.2.5)

	Risk // an imminent collision
	Planned
	Restart // the run cycle is over or a new one began
	Satisfied
	reasons
)

var reasonNames = [reasons]string{"", "country", "road_class", "not_divided", "speed", "visibility", "rain", "snow", "ice", "night", "temperature",
	"road_ends", "ends", "seat_empty", "belt_open", "driver_unavailable", "eyes_off", "hands_off", "lockout", "self_check", "recorder", "failure",
	"severe_system", "severe_vehicle", "checker", "no_takeover", "stood_still", "button", "steering", "brake", "accelerator", "indicator", "attention",
	"risk", "planned", "restart", "satisfied"}

// String is the reason's name in lower case with underscores.
func (r Reason) String() string {
	if r >= reasons {
		return "unknown"
	}
	return reasonNames[r]
}

// Known reports whether r is one of the reasons above, or none.
func (r Reason) Known() bool { return r < reasons }

// ByDriver reports whether the driver did it by a control: the initiator of a deactivation.
func (r Reason) ByDriver() bool { return r >= Button && r <= Attention }

// ODD reports whether the operational design domain is the reason.
func (r Reason) ODD() bool { return r >= Country && r <= Ends }

// Event is one fact at one tick. From and To are equal unless the mode changed.
type Event struct {
	At       motion.Tick
	Kind     Kind
	Reason   Reason
	From, To motion.Mode
}
