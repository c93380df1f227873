package update

import "testing"

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
