// Package pilot drives: an object list goes in, acceleration and steering come out, a hundred times a second.
//
// Owns: tracking and prediction of what is around, the choice of speed and lane, the control that carries it out, and how that
// joins the engagement of UN R157 (package r157).
// Does not own: the state machine and the operational design domain (r157), the safety envelope that may overrule it (checker,
// which shares no code with it), the world it is tried in (scene).
// Always true: Step returns a finite command within what the brakes give, whatever it is fed; it reads no clock, keeps no
// goroutine and allocates nothing; the same inputs give the same commands, bit by bit, on every architecture.
// Says: r157 events in Output.
// Start reading at: Pilot.Step, then plan.go for how braking and passing are weighed.
package pilot
