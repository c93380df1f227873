// How the pilot is tuned, by hand: go test -tags tune -run TestTune -v ./pilot -args with the flags below.

//go:build tune

package pilot_test

import (
	"flag"
	"fmt"
	"testing"

	"roadbook/pilot/scene"
	"roadbook/pilot/scene/reference"
	"roadbook/pilot/scene/world"
)

var rigBare = flag.Bool("tune.bare", false, "let the pilot drive without its checker")
var rigKinds = flag.Int("tune.kinds", int(reference.Deceleration), "the last kind of cases to run")
var rigNoisy = flag.Bool("tune.noisy", false, "with noisy sensors")
var rigN = flag.Int("tune.rig", 0, "run so many generated cases of each kind with the full stack and print the residue")

func TestTuneRig(t *testing.T) {
	if *rigN == 0 {
		t.Skip("only with -tune.rig N")
	}
	stack := scene.DefaultStack()
	if *rigNoisy {
		stack.Sensors = world.NoisySensors()
	}
	r, err := scene.NewRig(stack)
	if err != nil {
		t.Fatal(err)
	}
	r.Alone = *rigBare
	shown := 0
	for k := reference.CutIn; k <= reference.Kind(*rigKinds); k++ {
		var n, avoid, bad, slow, safe, phantom, none, noneHard, check, td int
		for i, c := range scene.Generate(k, *tuneSeed, *rigN) {
			c.Seed = uint64(i + 1)
			o, err := r.Run(&c)
			if err != nil {
				t.Fatal(err)
			}
			n++
			why := ""
			if !(o.References[0] && o.References[1] && o.References[2] && o.References[3]) {
				avoid++
				if o.Collision {
					bad++
					why = "COLLIDED " + o.Type
					if c.Ego < 60 {
						slow++
						why = "COLLIDED<60 " + o.Type
					}
				}
			}
			if o.KeepSpeedSafe {
				safe++
				if o.MaxDecel > 3 {
					phantom++
					why += " PHANTOM"
				}
			}
			if k == reference.CutIn && !o.CutsIn {
				none++
				if o.MaxDecel > 3 {
					noneHard++
					why += " NOBODY"
				}
			}
			if o.Checker {
				check++
			}
			if o.Transition {
				td++
			}
			if why != "" && shown < *tuneShow {
				shown++
				fmt.Printf("%s %+v maxd %.2f checker %v refs %v\n", why, c, o.MaxDecel, o.Checker, o.References)
			}
		}
		fmt.Printf("%-13s n %d avoidable %d collided %d (<60: %d) | keep safe %d hard %d (%.2f%%) | nobody %d hard %d | checker acted %d, transitions %d\n", k, n, avoid, bad, slow, safe, phantom, 100*float64(phantom)/max(1, float64(safe)), none, noneHard, check, td)
	}
}
