// Package checker stands between the pilot and the actuators: it lets commands pass, bounds them, or brakes.
//
// Owns: the safety envelope (RSS and the fuzzy grades of R157 Annex 3, and the last moment for braking), the bounds of commands, the
// watch over the age of the object list and over the timers of a transition demand.
// Does not own: driving. It has no plan, no lane change, no wish to arrive; it brakes, holds the lane when the steering command is no
// number, and asks for a minimum risk manoeuvre.
// Always true: what leaves Step while the pilot drives is a number within the envelope. It never brakes for what is behind. It says
// what it changed and why. It allocates nothing, and no product feeds a sum unrounded, so that a replay gives the same bits everywhere.
// Figures that make no sense are refused by New: a checker that is set up wrongly would be silent until the car hits.
// Says: Verdict.
// Start reading at: Checker.Step, then Checker.judge.
//
// # How long it waits
//
// RSS decides whom to look at: only a vehicle ahead that is too near along and across the lane. For it the checker asks four questions
// in closed form, about a vehicle that goes on as it moves now and about one that goes on to gather lateral speed: does the command that
// is asked for already avoid it? Would full braking a moment later (Wait.Look) still avoid it? If not, it brakes fully, until
// comfortable braking would do. Would planned braking (Fuzzy.Comfort) a moment later avoid a vehicle in the path? If not, it brakes by
// the fuzzy grades, 0 to 4 m/s² for PFS and 4 to 6 m/s² for CFS; above 5 m/s² it is an emergency manoeuvre. Does braking now still help
// against a vehicle that has not come into the path? If not, and it is not sure to come, the ego passes: braking too late is what makes a
// side collision of a near miss.
//
// # Why it is independent
//
// It imports package motion, which has types and no function, and nothing of the pilot (arch_test.go refuses it, in tests, too). It
// has its own memory of the objects, its own extrapolation, its own clock of the engagement, and believes no age that the pilot
// claims. It decides by other means: the pilot scores rolled-out proposals, the checker solves when the last moment is.
//
// # What it cannot do
//
// It sees the same object list as the pilot: what the sensors miss it misses, and a ghost that stands in the path is braked for. It
// shares the measured state of the ego and the estimate of the brakes; of those it notices only what is impossible. It does not
// evade (no steering), does not accelerate, knows no traffic rule but the end of the lane, and waits longer than a good driver would:
// it is the net, not the driver. A vehicle that starts to cut in later than full braking takes to help hits. It is tested against
// the reference models of Annex 3 on generated cases (pilot/scene), which is evidence and no proof.
package checker
