package lane_test

import (
	"testing"

	"roadbook/pilot/motion"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/lane"
)

// The stack keeps its lane; one whose wheel turns the other way does not, wherever there is anything to steer for.
func TestKept(t *testing.T) {
	wrong := func(_ motion.Tick, cmd *motion.Command) { cmd.Steer = -cmd.Steer }
	lost, turned := 0, 0
	for _, c := range lane.Cases() {
		o, err := lane.Run(scene.DefaultStack(), c, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !o.Kept() {
			lost++
			t.Errorf("%s: crossed %v, at most %.2f m from the middle, %.2f m at the end", c.ID, o.Crossed, o.Most, o.Last)
		}
		if c.Bend == 0 && c.Offset == 0 {
			continue
		}
		if o, err = lane.Run(scene.DefaultStack(), c, wrong); err != nil {
			t.Fatal(err)
		}
		turned++
		if o.Kept() {
			t.Errorf("%s: kept with the wheel turned the other way", c.ID)
		}
	}
	t.Logf("%d of %d lost, %d with the wheel the other way", lost, len(lane.Cases()), turned)
}
