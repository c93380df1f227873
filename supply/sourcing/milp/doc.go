// Package milp solves linear and mixed-integer programs of the size of a sourcing award.
//
// # Owns
//
// The form of a program (Problem), a warm-started simplex (LP), a branch and bound (Solve), MPS and LP files, the
// conversation with the cbc executable (CBC), and the smallest set of rules that cannot hold together (Conflict).
//
// # Does not own
//
// What a column means: packs, tiers and exclusions are the award's business.
//
// # Always true
//
// "optimal" is said only of a solution that was checked against the original problem and has a proven bound within
// the gap. Bounds come from duals by weak duality, not from trust in tolerances. The same input and the same limits
// by nodes or iterations give the same answer. An interrupted solve returns the incumbent, the bound and the gap.
//
// # Says
//
// Nothing; it computes.
//
// # Start reading at
//
// Problem, then LP.Solve, then Solve. DESIGN.md explains the choices.
package milp
