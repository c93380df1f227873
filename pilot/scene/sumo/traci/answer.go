package traci

import (
	"slices"
	"strconv"
	"strings"

	"roadbook/fault"
)

// Commands and the answers to them.
const (
	cmdVersion     = 0x00
	cmdStep        = 0x02
	cmdClose       = 0x7F
	cmdContext     = 0x84
	ansContext     = 0x94
	cmdGetVehicle  = 0xA4
	ansGetVehicle  = 0xB4
	ansGetSim      = 0xBB
	cmdSetVehicle  = 0xC4
	cmdSubVehicle  = 0xD4
	ansSubVehicle  = 0xE4
	cmdSubSim      = 0xDB
	ansSubSim      = 0xEB
	domainVehicles = 0xA4
)

// Variables of vehicles and of the simulation.
const (
	VarIDs          = 0x00 // vehicles: list of all ids
	VarSpeed        = 0x40
	VarPosition     = 0x42 // middle of the front bumper, m
	VarAngle        = 0x43 // degrees, clockwise from north
	VarLength       = 0x44
	VarWidth        = 0x4D
	VarType         = 0x4F
	VarRoad         = 0x50
	VarLane         = 0x51
	VarLaneIndex    = 0x52
	VarLanePosition = 0x56
	VarAcceleration = 0x72
	VarLateral      = 0xB8 // m from the lane's centre
	VarTime         = 0x66 // simulation, s
	VarDeparted     = 0x74 // simulation, ids
	VarArrived      = 0x7A // simulation, ids
	VarTeleporting  = 0x76 // simulation, ids
	VarExpected     = 0x7D // simulation, vehicles still to come or under way
	VarColliding    = 0x81 // simulation, ids
)

// Vehicle is one vehicle of a context subscription.
type Vehicle struct {
	ID            string
	Type          string
	X, Y          float64 // m, middle of the front bumper
	Angle         float64 // degrees, clockwise from north
	V             float64 // m/s
	A             float64 // m/s²
	Length, Width float64 // m
}

// aroundVars are what Subscribe asks of each vehicle around.
var aroundVars = [...]byte{VarPosition, VarAngle, VarSpeed, VarAcceleration, VarLength, VarWidth, VarType}

// Var is one variable of a subscription on an object.
type Var struct {
	Of  string // the object's id
	ID  byte
	Val Value
}

// Reply is what a message of commands was answered with. Its slices are reused by the next call of Do.
type Reply struct {
	API        int32 // of Version
	Name       string
	Values     []Value   // of Get commands, in their order
	Vars       []Var     // of subscriptions on the simulation and single vehicles
	Around     []Vehicle // of the context subscription, sorted by id
	HaveAround bool      // a context subscription was answered: its vehicle is still on the road
}

func (r *Reply) reset() {
	r.API, r.Name, r.HaveAround = 0, "", false
	r.Values, r.Vars, r.Around = r.Values[:0], r.Vars[:0], r.Around[:0]
}

// want is what a command that was sent expects.
type want struct{ cmd, answer, variable byte }

// decoder takes replies apart; it keeps ids so that a known vehicle costs no allocation.
type decoder struct{ names map[string]string }

// maxNames bounds the table of known ids; it is emptied when full.
const maxNames = 1 << 16

func (d *decoder) name(b []byte) string {
	if s, ok := d.names[string(b)]; ok {
		return s
	}
	if d.names == nil || len(d.names) >= maxNames {
		d.names = make(map[string]string)
	}
	s := string(b)
	d.names[s] = s
	return s
}

// reply decodes a message that answers the commands of wants, and adds to out.
func (d *decoder) reply(msg []byte, wants []want, out *Reply) error {
	r := reader{b: msg}
	for _, w := range wants {
		if err := status(&r, w.cmd); err != nil {
			return err
		}
		if err := d.answer(&r, w, out); err != nil {
			return err
		}
	}
	return r.done("the last answer")
}

func status(r *reader, cmd byte) error {
	id, body := r.command()
	code := body.u8("result")
	text := body.text("description")
	if err := body.done("status"); err != nil {
		return err
	}
	if id != cmd {
		r.fail("status of command 0x%02X: expected that of 0x%02X", id, cmd)
		return r.err
	}
	switch code {
	case 0:
		return nil
	case 1:
		return fault.New(fault.Invalid, "traci_not_implemented", "SUMO does not know command 0x%02X: %s", cmd, text)
	case 0xFF:
		return fault.New(fault.Refused, "traci_refused", "SUMO refuses command 0x%02X: %s", cmd, text)
	}
	r.fail("result 0x%02X of command 0x%02X is not known", code, cmd)
	return r.err
}

func (d *decoder) answer(r *reader, w want, out *Reply) error {
	switch w.cmd {
	case cmdClose, cmdSetVehicle:
		return nil
	case cmdStep:
		n := r.count("subscription results", MaxObjects, 2)
		for range n {
			if err := d.subscription(r, 0, out); err != nil {
				return err
			}
		}
		return r.err
	case cmdContext, cmdSubSim, cmdSubVehicle:
		if w.answer == 0 { // the end of a subscription
			return nil
		}
		return d.subscription(r, w.answer, out)
	}
	id, body := r.command()
	if body.err != nil {
		return body.err
	}
	if id != w.answer {
		r.fail("answer 0x%02X: expected 0x%02X", id, w.answer)
		return r.err
	}
	if w.cmd == cmdVersion {
		out.API, out.Name = body.i32("version"), string(body.text("name"))
		return body.done("version")
	}
	if v := body.u8("variable"); body.err == nil && v != w.variable {
		body.fail("answer to variable 0x%02X: expected 0x%02X", v, w.variable)
	}
	body.text("object")
	out.Values = append(out.Values, body.value(0))
	return body.done("value")
}

// subscription decodes one result of a subscription; expect 0 takes any kind.
func (d *decoder) subscription(r *reader, expect byte, out *Reply) error {
	id, body := r.command()
	if body.err != nil {
		return body.err
	}
	if expect != 0 && id != expect {
		r.fail("answer 0x%02X: expected 0x%02X", id, expect)
		return r.err
	}
	switch id {
	case ansContext:
		return d.around(&body, out)
	case ansSubSim, ansSubVehicle:
		of := d.name(body.text("object"))
		n := int(body.u8("variables"))
		for range n {
			v := body.u8("variable")
			ok := body.u8("status")
			val := body.value(0)
			if body.err != nil {
				return body.err
			}
			if ok != 0 {
				return fault.New(fault.Refused, "traci_refused", "SUMO refuses variable 0x%02X of %q: %s", v, of, val.Str)
			}
			out.Vars = append(out.Vars, Var{Of: of, ID: v, Val: val})
		}
		return body.done("subscription")
	}
	r.fail("answer 0x%02X is no subscription", id)
	return r.err
}

// around decodes a context subscription on vehicles.
func (d *decoder) around(b *reader, out *Reply) error {
	b.text("object")
	if domain := b.u8("domain"); b.err == nil && domain != domainVehicles {
		b.fail("context of domain 0x%02X: expected vehicles, 0x%02X", domain, domainVehicles)
	}
	vars := int(b.u8("variables"))
	n := b.count("objects", MaxObjects, 4)
	out.Around = out.Around[:0] // of two results the later one holds
	for range n {
		v := Vehicle{ID: d.name(b.text("object"))}
		for range vars {
			id, ok := b.u8("variable"), b.u8("status")
			if err := d.vehicleVar(b, id, ok, &v); err != nil {
				return err
			}
		}
		if b.err != nil {
			return b.err
		}
		out.Around = append(out.Around, v)
	}
	slices.SortFunc(out.Around, func(x, y Vehicle) int { return strings.Compare(x.ID, y.ID) })
	out.HaveAround = b.err == nil
	return b.done("context")
}

// vehicleVar reads one variable of a vehicle around, without allocation for those that are asked for.
func (d *decoder) vehicleVar(b *reader, id, ok byte, v *Vehicle) error {
	if ok != 0 {
		val := b.value(0)
		if b.err != nil {
			return b.err
		}
		return fault.New(fault.Refused, "traci_refused", "SUMO refuses variable 0x%02X of %q: %s", id, v.ID, val.Str)
	}
	typ := b.u8("type")
	expect := func(want byte) bool {
		if b.err == nil && typ != want {
			b.fail("variable 0x%02X has type 0x%02X: expected 0x%02X", id, typ, want)
		}
		return b.err == nil
	}
	switch id {
	case VarPosition:
		if expect(typePos2) {
			v.X, v.Y = b.f64("position"), b.f64("position")
		}
	case VarType:
		if expect(typeString) {
			v.Type = d.name(b.text("type"))
		}
	default:
		if !expect(typeDouble) {
			break
		}
		x := b.f64("double")
		switch id {
		case VarAngle:
			v.Angle = x
		case VarSpeed:
			v.V = x
		case VarAcceleration:
			v.A = x
		case VarLength:
			v.Length = x
		case VarWidth:
			v.Width = x
		default:
			b.fail("variable 0x%02X was not asked for", id)
		}
	}
	return b.err
}

func itoa(n int) string { return strconv.Itoa(n) }
