// Package forecast answers with numbers and error bars whether software carries a maker's cars: a case of uncertain inputs, each with
// its evidence, becomes the distribution of every quarter's result.
//
// # Owns
//
// The case (Case, FORMAT.md), the model's equations (Plain), the engine that computes them for many paths at once, and the
// result with its answer, what would close the gap, what the answer depends on, and what changed since an earlier case.
//
// # Does not own
//
// Distributions, points and their statistics (chance), closed formulas (economics), records of what is known (record), scores
// of past forecasts (backtest), and what really happened per car (outlook). It reads no clock, no file and no ledger.
//
// # Always true
//
//   - A figure without source, date, vintage and who is refused, and so is one that was not known on the case's day.
//   - The same case, seed, paths and scrambles give the same bits for any number of workers; memory does not grow with the paths.
//   - Every estimate carries the error that its independent scrambles show. What does not exist is nil ("no root"), never a large number.
//   - When software does not close the gap at the probability asked for, the answer's first word is "No".
//   - The column engine equals Plain on every path within 1e-9, and a model in numpy given the same normals.
//
// # Says
//
// Nothing.
//
// # Start reading at
//
// Plain for what is computed, Case for what it is computed from, Run for what comes out. DESIGN.md says how it is made fast.
package forecast
