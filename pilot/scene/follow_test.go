package scene

import (
	"math"
	"os"
	"testing"

	"roadbook/fault"
	"roadbook/pilot/scene/world"
)

// TestFollow lets the pilot follow the regulatory cycles, from standstill and back to it: it keeps up, never comes near, and brakes
// little harder than the lead, which does so with up to 3.1 m/s² in us06.
func TestFollow(t *testing.T) {
	for name, km := range map[string]float64{"udds": 11.99, "hwfet": 16.51, "us06": 12.89, "wltc_3b": 23.27} {
		file, err := os.Open("../../../shared/data/drive-cycles/" + name + ".csv")
		if err != nil {
			t.Fatalf("the recorded drives are needed beside the module, in ../shared/data/drive-cycles: %v", err)
		}
		trace, err := world.ReadSpeeds(file)
		file.Close()
		if err != nil {
			t.Fatal(err)
		}
		f, err := Follow(name, trace, DefaultStack())
		if err != nil {
			t.Fatal(err)
		}
		if f.Collision || f.Left || f.Emergency || f.Transition {
			t.Errorf("%s: %+v", name, f)
		}
		if math.Abs(f.Metres/1000-km) > 0.05 {
			t.Errorf("%s: the ego drove %.0f m behind a lead that drove %.2f km", name, f.Metres, km)
		}
		if f.MinGap < 1.5 || f.MinTTC < 2 || f.MaxDecel > 3.501 || name != "us06" && f.HardTicks > 0 {
			t.Errorf("%s: least gap %.2f m, least time to collision %.2f s, %.2f m/s², %d ticks of hard braking", name, f.MinGap, f.MinTTC, f.MaxDecel, f.HardTicks)
		}
		if share := float64(f.Short) / float64(f.Ticks); share > 0.04 { // shorter while the lead slows down, and restored gently
			t.Errorf("%s: less than the gap of 5.2.3.3 in %.1f %% of the time", name, 100*share)
		}
		again, err := Follow(name, trace, DefaultStack())
		if err != nil || again != f {
			t.Errorf("%s: a replay differs: %v", name, err)
		}
	}
	if _, err := Follow("short", []world.Speed{{}}, DefaultStack()); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a record of one row: %v", err)
	}
}
