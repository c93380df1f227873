package update

import (
	"errors"
	"strings"
	"testing"

	"roadbook/fault"
)

// TestAVersionCanBeRecorded: a release whose version the car could not put into its records is refused when it is made.
func TestAVersionCanBeRecorded(t *testing.T) {
	for _, c := range []struct {
		version, reason string
		ok              bool
	}{
		{"1.4.0", "a version", true},
		{"2026.11-rc1+cn A/7", "plain characters", true},
		{strings.Repeat("1", 40), "as long as a record holds", true},
		{strings.Repeat("1", 41), "longer than a record holds", false},
		{"", "none", false},
		{"1.4.0\n", "a line break", false},
		{"1.4.0 β", "a character that is not plain", false},
		{" 1.4.0", "a space in front", false},
	} {
		err := ReleaseRequest{ID: "rel_1", Name: "Cockpit", Version: c.version, HardwareID: "cockpit-1", ReleaseCounter: 1, ImageName: "rel_1.img"}.check()
		f, _ := errors.AsType[*fault.Error](err)
		if c.ok != (err == nil) || !c.ok && (f.Code != "release_version" || f.Pointer != "/version") {
			t.Errorf("%s: %v", c.reason, err)
		}
	}
}

// TestTheCarLearnsItsPilotsNumber: what a release declares for R157 is in the metadata that is signed for the car, without the
// regulation's name; a number of another regulation is not.
func TestTheCarLearnsItsPilotsNumber(t *testing.T) {
	for _, c := range []struct {
		swin []string
		want string
	}{{nil, ""}, {[]string{"R155:CS-4"}, ""}, {[]string{"R155:CS-4", "R157:RB1-2023.9"}, "RB1-2023.9"}} {
		r := Release{ID: "rel_1", Name: "Cockpit", Version: "1.4.0", RXSWIN: c.swin}
		if got := r.mustMatch().Release; got.R157 != c.want || got.Version != "1.4.0" {
			t.Errorf("%v: %+v", c.swin, got)
		}
	}
}
