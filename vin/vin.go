// Package vin names cars: the vehicle identification number of ISO 3779, with the check digit of 49 CFR 565.15.
package vin

import (
	"encoding/json"
	"fmt"
	"strings"

	"roadbook/fault"
)

// VIN is a verified 17-character vehicle identification number. Make one by Parse or Make, never by conversion of outside text.
type VIN string

const alphabet = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ" // ISO 3779: no I, O, Q

var weights = [17]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}

// transliterate gives the value of a VIN character (49 CFR 565.15, table III), or -1.
func transliterate(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'H':
		return int(c-'A') + 1
	case c >= 'J' && c <= 'N', c == 'P', c == 'R':
		return int(c-'J') + 1
	case c >= 'S' && c <= 'Z':
		return int(c-'S') + 2
	}
	return -1
}

func checkDigit(s string) (byte, int) {
	sum := 0
	for i := range 17 {
		v := transliterate(s[i])
		if v < 0 {
			return 0, i
		}
		sum += v * weights[i]
	}
	if r := sum % 11; r < 10 {
		return byte('0' + r), -1
	}
	return 'X', -1
}

// Parse verifies length, alphabet and check digit. Lower case is refused: a name has one spelling.
func Parse(s string) (VIN, error) {
	if len(s) != 17 {
		return "", fault.New(fault.Invalid, "vin_length", "a VIN has 17 characters (ISO 3779); %.40q has %d", s, len(s))
	}
	want, bad := checkDigit(s)
	if bad >= 0 {
		return "", fault.New(fault.Invalid, "vin_character", "character %d of VIN %q is not one of %s (ISO 3779)", bad+1, s, alphabet)
	}
	if s[8] != want {
		return "", fault.New(fault.Invalid, "vin_check_digit", "VIN %q has check digit %q at position 9, expected %q (49 CFR 565.15)", s, s[8], want)
	}
	return VIN(s), nil
}

// Make builds the VIN of the serial-th car of a maker: three characters of WMI, five of vehicle description,
// model year code, plant code and a six-digit serial; the check digit is computed.
func Make(wmi, vds string, year, plant byte, serial int) (VIN, error) {
	s := fmt.Sprintf("%s%s0%c%c%06d", wmi, vds, year, plant, serial)
	if len(s) != 17 {
		return "", fault.New(fault.Invalid, "vin_length", "WMI %q (3), description %q (5) and serial %d (6 digits) do not make 17 characters", wmi, vds, serial)
	}
	d, bad := checkDigit(s)
	if bad >= 0 {
		return "", fault.New(fault.Invalid, "vin_character", "character %d of %q is not one of %s (ISO 3779)", bad+1, s, alphabet)
	}
	return Parse(s[:8] + string(d) + s[9:])
}

// UnmarshalJSON verifies: a VIN that came from outside is a VIN.
func (v *VIN) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fault.New(fault.Invalid, "vin_type", "a VIN is a string of 17 characters")
	}
	p, err := Parse(s)
	if err != nil {
		return err
	}
	*v = p
	return nil
}

// Serial returns the last six characters, the part a person recognises a car by in a list.
func (v VIN) Serial() string { return strings.TrimSpace(string(v[max(0, len(v)-6):])) }
