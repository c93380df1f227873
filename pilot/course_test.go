// How the pilot is tuned, by hand: go test -tags tune -run TestTune -v ./pilot -args with the flags below.

//go:build tune

package pilot_test

import (
	"flag"
	"fmt"
	"testing"

	"roadbook/pilot/motion"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/reference"
	"roadbook/pilot/scene/world"
)

var rigCase = flag.Int("tune.rigcase", -1, "print the course of one generated cut-in with the full stack")

func TestTuneCourse(t *testing.T) {
	if *rigCase < 0 {
		t.Skip("only with -tune.rigcase I")
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
	c := scene.Generate(reference.CutIn, *tuneSeed, *rigN)[*rigCase]
	c.Seed = uint64(*rigCase + 1)
	fmt.Printf("%+v\n", c)
	r.Actuate = func(now motion.Tick, cmd *motion.Command) {
		if now%10 == 0 {
			w := r.World
			a := &w.Actors[0]
			fmt.Printf("t %.2f v %.2f a %.2f cmd %.2f em %v | dx %.2f half %.2f edge %.2f vs %.2f vd %.2f d %.3f\n", float64(now)/100, w.Ego.V, w.Ego.A, cmd.Accel, cmd.Emergency, a.S-w.Ego.S, (a.Length+w.Ego.Length)/2, max(a.D-w.Ego.D, w.Ego.D-a.D)-(a.Width+w.Ego.Width)/2, a.VS, a.VD, w.Ego.D)
		}
	}
	o, err := r.Run(&c)
	fmt.Printf("%+v %v\n", o, err)
}
