// Package chance holds what an uncertain figure needs: distributions, dependence between them, points to draw them at,
// paths through time, and scores that say afterwards whether the draw was honest.
//
// # Owns
//
// The written form of a distribution (Spec) and its law (Dist, Map); the Gaussian copula and the repair of its matrix; Owen-scrambled
// Sobol points; Ornstein–Uhlenbeck steps and the Brownian bridge; functions over columns; quantiles, CRPS, PIT, coverage, CVaR;
// Sobol indices.
//
// # Does not own
//
// Any figure, its source or its meaning, and any model of a car or a market: forecast and economics have those. It draws no
// randomness of its own: whoever calls passes a seed.
//
// # Always true
//
//   - The same seed, scramble and index give the same bits, whatever the block, the column length or the number of workers.
//   - Columns are computed element by element in one fixed order of operations; sums are compensated and taken in index order. On
//     another architecture the compiler may fuse a multiply and an add, so results there agree to a tolerance, not to the bit.
//   - A correlation matrix is used as written or refused; it is changed only by Repair, which reports what it changed.
//   - Every answer estimated from scrambles carries its standard error.
//
// # Says
//
// Nothing.
//
// # Start reading at
//
// Spec and Dist for one figure, Copula for many, Sobol for the points, Map for turning columns of points into columns of values.
// DESIGN.md says how the scramble and the column functions work and why.
package chance
