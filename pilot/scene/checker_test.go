package scene_test

import (
	"testing"

	"roadbook/pilot/scene"
	"roadbook/pilot/scene/reference"
)

// TestCheckerAlone: under a constant throttle the checker alone avoids at least 99 % of what any reference model avoids, family by
// family, and brakes hard in at most 2 % of the cases in which keeping the speed is safe, in none when nobody cuts in. Both
// together: each alone is easy.
func TestCheckerAlone(t *testing.T) {
	s := scene.DefaultStack()
	s.Planner = scene.ConstantThrottle
	r, err := scene.NewRig(s)
	if err != nil {
		t.Fatal(err)
	}
	const n = 1200
	avoidable, hit, safe, phantom := 0, 0, 0, 0
	for k := range reference.Kind(3) {
		a, h := 0, 0
		for _, c := range scene.Generate(k, 4711, n) {
			o, err := r.Run(&c)
			if err != nil {
				t.Fatal(err)
			}
			if o.Avoidable() {
				a++
				if o.Collision {
					h++
					t.Logf("hits: %+v", c)
				}
			}
			if o.KeepSpeedSafe {
				safe++
				if o.Phantom() {
					phantom++
				}
			}
			if o.Harmless() && o.Checker {
				t.Errorf("acts though nobody cuts in: %+v", c)
			}
		}
		if a < n/3 || float64(h) > 0.01*float64(a) {
			t.Errorf("%s: %d of %d avoidable cases collide", k, h, a)
		}
		avoidable, hit = avoidable+a, hit+h
	}
	if safe < n/10 || float64(phantom) > 0.02*float64(safe) {
		t.Errorf("brakes hard in %d of %d cases in which keeping the speed is safe", phantom, safe)
	}
	t.Logf("%d of %d avoidable cases avoided (%.2f %%); hard braking in %d of %d safe cases", avoidable-hit, avoidable, 100-100*float64(hit)/float64(avoidable), phantom, safe)
}
