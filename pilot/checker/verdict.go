package checker

// Reason is a set of what the checker found in a tick.
type Reason uint16

// Reasons. Those marked (gate) change the command; the others are told.
const (
	Collision  Reason = 1 << iota // (gate) braking now is needed, or it is too late
	Stale                         // (gate) the object list is too old, from the future, or not readable
	Unreadable                    // (gate) the car's own state or the command is not a number
	Overdue                       // (gate) an escalation or a minimum risk manoeuvre is overdue
	Disobeyed                     // (gate) a requested minimum risk manoeuvre did not start in time
	Order                         // the modes of the engagement do not follow one another
	Flag                          // (gate) the emergency flag is missing above 5 m/s², or contradicts the claim
	Accel                         // (gate) acceleration beyond the envelope
	Decel                         // (gate) braking beyond the envelope
	Steering                      // (gate) steering angle, lateral acceleration, lateral jerk or steering rate beyond the envelope
)

// Grade is how grave the nearest conflict is.
type Grade uint8

// Grades.
const (
	Clear     Grade = iota // no vehicle ahead is near by RSS, longitudinally and laterally
	Near                   // RSS is violated, and there is time
	Proactive              // comfortable braking does not suffice any more: up to 4 m/s²
	Critical               // 4 to 6 m/s²; above 5 m/s² it is an emergency manoeuvre
	Emergency              // full braking
)

// Verdict is what the checker says of one tick.
type Verdict struct {
	Intervened bool // the command was changed
	Braking    bool // the command was changed to brake harder
	Reason     Reason
	Grade      Grade
	Object     int32   // ID of the object braked for; -1: none, -2: the end of the lane
	Demand     float64 // m/s², the braking that the checker asks for; 0: none
	RequestMRM bool
}
