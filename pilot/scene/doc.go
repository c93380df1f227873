// Package scene puts the highway pilot into situations and says what came of them: with evidence, not with a claim.
//
// Owns: cases (CSV, JSON grids, our own generator, Euro NCAP rear cases), the Rig that runs the full stack of world,
// sensors, pilot and checker on one case, suites, outcomes, statistics and reports.
// Does not own: how cars move (world), what the pilot decides (pilot, pilot/checker), the yardsticks (reference), files of
// OpenSCENARIO (openx), SUMO (sumo), the signed bundle (bundle).
// Always true: an outcome is a function of its case and the stack's parameters; the same report comes out for any number
// of workers and on every machine; no row is lost and their order is kept.
// Says: an Outcome per case, a Report per suite, with the SHA-256 of all that went in.
// Start reading at: Case, Rig.Run, RunSuite. FORMAT.md tells of the files.
package scene
