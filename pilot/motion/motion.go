// Package motion holds the words of driving: what the sensors say and what the actuators are told.
//
// Owns: the types that the pilot, its checker and the simulator share.
// Does not own: any rule. Pilot and checker must not share code, so this package has no functions.
// Always true: SI units; S runs along the road's reference line and grows ahead, D is positive to the left of it;
// positions are centres of boxes; decelerations in commands are negative accelerations; time is counted in ticks.
package motion

// Tick counts hundredths of a second since the run cycle began. All timers are integers of it.
type Tick int64

// Rates of the loop.
const (
	Second      Tick = 100 // ticks in a second; control runs on every tick
	SensePeriod Tick = 5   // a new object list every 5 ticks: 20 Hz
	PlanPeriod  Tick = 10  // the planner runs at 10 Hz
	MaxObjects       = 64  // of one object list
)

// DT is the length of a tick in seconds.
const DT = 0.01

// Kind is the class of an object.
type Kind uint8

// Classes of objects.
const (
	Car Kind = iota
	Truck
	Motorcycle
	Cyclist
	Pedestrian
	Obstacle // lies or stands on the road
)

// Object is one tracked thing as the sensors give it, measured at Objects.At.
type Object struct {
	ID     int32 // stays with the thing as long as it is seen without a break
	Kind   Kind
	S, D   float64 // m, centre; S in the frame of Ego.S
	VS, VD float64 // m/s along the lane and to the left, over ground
	AS     float64 // m/s² along the lane
	Length float64 // m
	Width  float64 // m
}

// Objects is one object list. N of List are valid.
type Objects struct {
	At   Tick // when it was measured; older than now by the latency of the sensors
	N    int
	List [MaxObjects]Object
}

// Ego is what the car knows of itself now, by odometer, gyroscope and lane camera.
type Ego struct {
	S, D      float64 // m, centre of the box; D from the reference line
	Heading   float64 // rad against the lane, positive to the left
	V         float64 // m/s
	A         float64 // m/s², measured
	Steer     float64 // rad, front wheels
	Length    float64 // m
	Width     float64 // m
	Wheelbase float64 // m
	Friction  float64 // estimated, 0..1
	BrakeMax  float64 // m/s², what the brakes give on this friction with this load
}

// Road is what map and camera tell of the road here. Lanes are numbered from the right, from 0; the reference line is the
// centre of lane 0, so that the centre of lane i lies at D = i × LaneWidth.
type Road struct {
	Lanes                         int
	LaneWidth                     float64     // m
	Limit                         float64     // m/s, speed limit; 0: none
	Curvature                     [16]float64 // 1/m, positive to the left, at Ego.S and every CurveStep m ahead
	CurveStep                     float64     // m
	LeftCrossable, RightCrossable bool        // the markings of the ego's lane may be crossed
	BlockedAt                     float64     // S from which the ego's lane ends or is closed; 0: not in sight
}

// Driver is what the cabin tells.
type Driver struct {
	InSeat, Belted    bool
	Wheel             float64 // Nm on the steering wheel, signed, positive to the left
	HandsOn           bool
	Brake             float64 // m/s² asked by the pedal
	Accelerator       float64 // 0..1
	Input             bool    // an input only a driver makes
	Blink             bool
	EyesClosed        bool
	EyesOff           bool // gaze away from the road
	HeadMotion        bool
	Attentive         bool // attention confirmed (6.2.5)
	Indicator         int8 // -1 right, 1 left
	Engage, Disengage bool // the button, on the tick it is pressed
}

// Health is what diagnosis tells.
type Health struct {
	SelfCheck     bool // passed
	Recorder      bool // the DSSAD is operational
	SystemFailure bool // of the pilot, its sensors or computers
	SevereSystem  bool // severe failure of the system (5.4.4.1.1)
	SevereVehicle bool // severe failure of the vehicle
	Collision     bool // detected
	EDR           bool // trigger of the event data recorder
}

// Place is what the operational design domain is decided by.
type Place struct {
	Country          [2]byte // ISO 3166-1 alpha-2
	Class            RoadClass
	Divided          bool    // directions physically separated
	Visibility       float64 // m
	Rain             float64 // mm/h
	Snow, Ice, Night bool
	Temperature      float64 // Celsius
	ToEnd            float64 // m to the end of the permitted road; < 0: not in sight
}

// RoadClass is the class of the road.
type RoadClass uint8

// Classes of roads.
const (
	UnknownRoad RoadClass = iota
	Motorway
	Expressway
	Rural
	Urban
)

// Input is all that pilot and checker see in one tick.
type Input struct {
	Now     Tick
	Ego     Ego
	Road    Road
	Objects *Objects // the newest list; never nil
	Fresh   bool     // the list is new in this tick
	Driver  Driver
	Health  Health
	Place   Place
}

// Command is what the actuators are told for one tick.
type Command struct {
	Accel     float64 // m/s²
	Steer     float64 // rad, front wheels
	Emergency bool    // an emergency manoeuvre: harder than 5 m/s² may be asked (5.3.1.1)
	Hazard    bool
	Indicator int8 // -1 right, 1 left
}

// Mode is where the engagement stands (UN R157).
type Mode uint8

// Modes.
const (
	Off Mode = iota
	Ready
	Active
	Transition // a transition demand is out
	MinimumRisk
	Standstill // reached by a minimum risk manoeuvre
	Locked     // until a new run cycle (5.5.5)
)

// Engagement is what the pilot claims of itself; the checker watches its timers.
type Engagement struct {
	Mode      Mode
	Since     Tick // when the mode was entered
	Escalated bool // the transition demand is given with more emphasis (5.4.3.2)
	Emergency bool // an emergency manoeuvre runs
}
