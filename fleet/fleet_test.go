package fleet_test

import (
	"errors"
	"testing"
	"time"

	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/fleet/fleettest"
)

func TestPlanCheck(t *testing.T) {
	for _, row := range []struct {
		why     string
		change  func(*fleet.Plan)
		code    string
		pointer string
	}{
		{"as it is, it makes a car", func(*fleet.Plan) {}, "", ""},
		{"the check digit of a VIN counts", func(p *fleet.Plan) { p.VIN = p.VIN[:16] + "9" }, "vin_check_digit", "/vin"},
		{"a car is of some model", func(p *fleet.Plan) { p.Model = "" }, "name", "/model"},
		{"a car has a pack", func(p *fleet.Plan) { p.PackSerial = "a/b" }, "name", "/pack_serial"},
		{"a car has control units", func(p *fleet.Plan) { p.ECUs = nil }, "ecus", "/ecus"},
		{"somebody fetches updates", func(p *fleet.Plan) { p.ECUs[0].Role = fleet.Secondary }, "ecu_primary", "/ecus"},
		{"two would fetch", func(p *fleet.Plan) { p.ECUs[1].Role = fleet.Primary }, "ecu_primary", "/ecus"},
		{"a role is one of two", func(p *fleet.Plan) { p.ECUs[1].Role = "spare" }, "ecu_role", "/ecus/1/role"},
		{"one serial, one unit", func(p *fleet.Plan) { p.ECUs[1].Serial = p.ECUs[0].Serial }, "ecu_twice", "/ecus/1/serial"},
		{"images are made for a kind of hardware", func(p *fleet.Plan) { p.ECUs[1].HardwareID = "" }, "name", "/ecus/1/hardware_id"},
		{"no cars of the future's future", func(p *fleet.Plan) { p.BuiltAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, "built_at", "/built_at"},
	} {
		p := fleettest.Plan(1)
		row.change(&p)
		f, ok := errors.AsType[*fault.Error](p.Check())
		if ok != (row.code != "") || ok && (f.Code != row.code || f.Pointer != row.pointer) {
			t.Errorf("%s: got %v, want %q at %s", row.why, p.Check(), row.code, row.pointer)
		}
	}
}
