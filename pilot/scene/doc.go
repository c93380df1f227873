// Package scene puts the highway pilot into situations and says what came of them: with evidence, not with a claim.
//
// Owns: cases (CSV, JSON grids, our own generator, Euro NCAP rear cases), the Rig that runs the full stack of world,
// sensors, pilot and checker on one case, suites and outcomes.
// Does not own: how cars move (world), what the pilot decides (pilot, pilot/checker), the yardsticks (reference), files of
// OpenSCENARIO (openx), SUMO (sumo), counting and the signed bundle (bundle).
// Always true: an outcome is a function of its case and the stack's parameters; the same outcomes come out for any number
// of workers and on every machine; no row is lost and their order is kept.
// Says: an Outcome per case, with a hash of its trail.
// Start reading at: Case, Rig.Run, RunCases. FORMAT.md tells of the files.
package scene
