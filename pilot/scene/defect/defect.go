// Package defect seeds known defects into the stack, to prove that the gate sees them.
//
// Owns: the list of defects, how each is built into a Rig, and the trial that holds each against the limits of a release.
// Does not own: the limits (pilot/scene/bundle), how cases run (pilot/scene).
// Always true: a defect changes the stack and nothing else: cases, models and limits stay; the stack without a defect passes the
// same trial, so that what refuses is the defect.
// Says: a Result per defect; as a suite of the evidence, a check that fails when a defect slipped through.
// Start reading at: All, then Trial.
package defect

import (
	"roadbook/pilot/motion"
	"roadbook/pilot/scene"
)

// Defect is a known regression of the stack.
type Defect struct {
	Name  string
	Title string
	// Into builds the defect into a stack, before the rig is made; nil: not here.
	Into func(*scene.Stack)
	// Actuate makes what stands between stack and actuators, one for each rig; nil: nothing.
	Actuate func() func(motion.Tick, *motion.Command)
}

// All is every seeded defect.
func All() []Defect {
	return []Defect{
		{Name: "reaction", Title: "the stack reacts 0.2 s later", Actuate: late(20)},
		{Name: "brakes", Title: "the brakes give 20 % less than they say", Actuate: weak(0.8)},
		{Name: "lateral", Title: "the steering has the wrong sign", Actuate: wrong},
		{Name: "moving", Title: "nobody is thought to go on moving sideways", Into: func(s *scene.Stack) { s.Pilot.Thought.Moving = false }},
		{Name: "adverse", Title: "the worst that is credible is not thought of", Into: func(s *scene.Stack) { s.Pilot.Thought.Adverse = false }},
	}
}

// late holds every command back by so many ticks.
func late(ticks int) func() func(motion.Tick, *motion.Command) {
	return func() func(motion.Tick, *motion.Command) {
		pipe := make([]motion.Command, ticks)
		return func(now motion.Tick, cmd *motion.Command) {
			if now == 0 { // another case
				clear(pipe)
			}
			slot := &pipe[int(now)%ticks]
			*cmd, *slot = *slot, *cmd
		}
	}
}

// weak brakes with a share of what was asked.
func weak(share float64) func() func(motion.Tick, *motion.Command) {
	return func() func(motion.Tick, *motion.Command) {
		return func(_ motion.Tick, cmd *motion.Command) {
			if cmd.Accel < 0 {
				cmd.Accel *= share
			}
		}
	}
}

// wrong steers to the other side.
func wrong() func(motion.Tick, *motion.Command) {
	return func(_ motion.Tick, cmd *motion.Command) { cmd.Steer = -cmd.Steer }
}
