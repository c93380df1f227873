// Package reference holds the four reference models of UN R157 Annex 3 and what physics leaves: yardsticks for the pilot.
//
// Owns: the careful driver (CC), the fuzzy safety model (FSM), RSS, the model of 5.2.5.2 (Reg157); keeping the speed; the
// bound of what braking can do.
// Does not own: the pilot, its sensors or its world. The models see the truth, without delay.
// Always true: a result is a pure function of a Conflict, computed at 100 Hz without allocation, the same bits on every
// machine (each product that feeds a sum is rounded on its own).
// Says: of each model whether it collides, how hard it braked and from when on.
// Start reading at: Run, Driver.Step.
package reference
