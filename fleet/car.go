package fleet

import (
	"fmt"
	"regexp"
	"time"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
)

// Limits of a car.
const (
	MaxECUs = 100
	MaxText = 500
)

// Role says what a control unit does in an update (Uptane 1.0.0, 5.1).
type Role string

// The roles.
const (
	Primary   Role = "primary"   // fetches and distributes
	Secondary Role = "secondary" // installs what it is given
)

// ECU is an electronic control unit.
type ECU struct {
	Serial     string `json:"serial"`
	HardwareID string `json:"hardware_id"` // of its kind: images are made for it
	Role       Role   `json:"role"`
}

// State says where a car stands.
type State string

// The states.
const (
	StateBuilt State = "built"
	StateSold  State = "sold"
)

// States lists every state.
var States = []State{StateBuilt, StateSold}

// Car is one vehicle.
type Car struct {
	VIN        vin.VIN     `json:"vin"`
	Model      string      `json:"model"`
	PackSerial string      `json:"pack_serial"`
	ECUs       []ECU       `json:"ecus"`
	BuiltAt    time.Time   `json:"built_at"`
	Cost       Cost        `json:"cost"` // when it was built
	State      State       `json:"state"`
	Owner      string      `json:"owner,omitempty"` // who has it now
	SoldOn     period.Date `json:"sold_on,omitempty"`
	Enrolled   bool        `json:"enrolled"` // it has shown its secret and holds a key that we know
	RevokedAt  time.Time   `json:"revoked_at,omitzero"`
	Reason     string      `json:"revoked_reason,omitempty"`
}

// Plan is what a car is built from.
type Plan struct {
	VIN        vin.VIN   `json:"vin"`
	Model      string    `json:"model"`
	PackSerial string    `json:"pack_serial"`
	ECUs       []ECU     `json:"ecus"`
	BuiltAt    time.Time `json:"built_at"` // zero: now
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$`)

func checkName(at, s string) error {
	if !nameForm.MatchString(s) {
		return fault.New(fault.Invalid, "name", "%.40q is not a name of 1 to 128 letters, digits, '.', '_', ':' and '-'", s).At(at)
	}
	return nil
}

// Check refuses a plan that does not make a car.
func (p Plan) Check() error {
	if _, err := vin.Parse(string(p.VIN)); err != nil {
		return fault.New(fault.Invalid, fault.CodeOf(err), "%v", err).At("/vin")
	}
	if err := checkName("/model", p.Model); err != nil {
		return err
	}
	if err := checkName("/pack_serial", p.PackSerial); err != nil {
		return err
	}
	if y := p.BuiltAt.Year(); !p.BuiltAt.IsZero() && (y < 1970 || y > 9999) {
		return fault.New(fault.Invalid, "built_at", "a car is built in the years 1970 to 9999, not %d", y).At("/built_at")
	}
	if len(p.ECUs) == 0 || len(p.ECUs) > MaxECUs {
		return fault.New(fault.Invalid, "ecus", "a car has 1 to %d control units, this one %d", MaxECUs, len(p.ECUs)).At("/ecus")
	}
	primaries, seen := 0, map[string]bool{}
	for i, e := range p.ECUs {
		at := fmt.Sprintf("/ecus/%d", i)
		if err := checkName(at+"/serial", e.Serial); err != nil {
			return err
		}
		if err := checkName(at+"/hardware_id", e.HardwareID); err != nil {
			return err
		}
		if seen[e.Serial] {
			return fault.New(fault.Invalid, "ecu_twice", "control unit %q is listed twice", e.Serial).At(at + "/serial")
		}
		seen[e.Serial] = true
		switch e.Role {
		case Primary:
			primaries++
		case Secondary:
		default:
			return fault.New(fault.Invalid, "ecu_role", "a control unit is %q or %q, not %.40q", Primary, Secondary, e.Role).At(at + "/role")
		}
	}
	if primaries != 1 {
		return fault.New(fault.Invalid, "ecu_primary", "a car has one primary control unit, this one %d", primaries).At("/ecus")
	}
	return nil
}

// Cost is what a car costs to build, and whose pack is in it.
type Cost struct {
	Pack     money.Amount `json:"pack"`
	BOM      money.Amount `json:"bom"`
	Assembly money.Amount `json:"assembly"`
	Warranty money.Amount `json:"warranty"` // set aside for repairs to come
	Supplier string       `json:"supplier"` // of the pack
}

// Built is said as "fleet.Built", once per car, under its VIN.
type Built struct {
	VIN        vin.VIN      `json:"vin"`
	Model      string       `json:"model"`
	PackSerial string       `json:"pack_serial"`
	Supplier   string       `json:"supplier"` // of the pack
	Date       period.Date  `json:"date"`
	At         time.Time    `json:"at"`
	Pack       money.Amount `json:"pack"`
	BOM        money.Amount `json:"bom"`
	Assembly   money.Amount `json:"assembly"`
	Warranty   money.Amount `json:"warranty"`
}

// Ownership is one owner of a car, from a day on.
type Ownership struct {
	N     int         `json:"n"` // 1: bought it new; 2, 3… from the one before
	Owner string      `json:"owner"`
	Since period.Date `json:"since"`
}

// Sale is a car that was sold, with all its owners so far, in order.
type Sale struct {
	VIN    vin.VIN     `json:"vin"`
	Model  string      `json:"model"`
	On     period.Date `json:"on"`
	Owners []Ownership `json:"owners"`
}

// Resold is said as "fleet.Resold", once per change of owner, under the VIN and the new owner's number.
type Resold struct {
	VIN  vin.VIN     `json:"vin"`
	From string      `json:"from"` // the owner before
	To   string      `json:"to"`
	N    int         `json:"n"` // of the new owner
	On   period.Date `json:"on"`
	At   time.Time   `json:"at"`
}

// Revoked is said as "fleet.Revoked", once per car, under its VIN.
type Revoked struct {
	VIN    vin.VIN   `json:"vin"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}
