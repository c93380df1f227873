// Package scene puts the highway pilot into situations and says what came of them: with evidence, not with a claim.
//
// Owns: cases (CSV, JSON grids, our own generator, Euro NCAP rear cases), the Seat in which pilot and checker drive any world,
// the Rig that runs the full stack on one case, how it follows a recorded drive, the Tally that makes an outcome of a drive,
// what is kept of one to look at it.
// Does not own: how cars move (world), what the pilot decides (pilot, pilot/checker), the yardsticks (reference), files of
// OpenSCENARIO (openx), SUMO (sumo), counting and the signed bundle (bundle), the list of what a release needs (suites).
// Always true: an outcome is a function of its case and the stack's parameters; the same outcomes come out for any number
// of workers and on every machine; no row is lost and their order is kept.
// Says: an Outcome per case, with a hash of its trail.
// Start reading at: Case, Rig.Run, Seat.Step, RunCases. FORMAT.md tells of the files.
package scene
