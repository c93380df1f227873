// Package sourcing decides where to buy batteries: which supplier for which pack, in which discount tier, how many in
// which month, and what every rule of that award costs.
//
// # Owns
//
// The sourcing case (demand, quotes, tiers, capacities, rules, dated exclusions, scenarios), the award model made of it,
// the engines that solve it, and the plan: award, quantities, costs, proven bound, and the price of each rule.
//
// # Does not own
//
// Contracts that were signed and packs that were received (package supply). Linear and integer programming itself
// (package milp). What happens to the car's margin afterwards (outlook).
//
// # Always true
//
//   - A plan's cost is computed from its quantities, never taken from an engine, and its quantities were checked against
//     every rule of the case.
//   - Every plan states a proven lower bound. "optimal" is said only when plan and bound agree within the gap asked for.
//   - The price of a rule is the difference of two solves and is given as the interval that both bounds prove.
//   - The same case, seed and limits give the same plan, as long as the engine is the built-in one.
//   - Every figure has evidence, of its own or by a default of its section; an exclusion always has its own.
//
// # Says
//
// Nothing; it computes.
//
// # Start reading at
//
// Case, then Solve, then Plan. DESIGN.md holds the formulation and what is proven.
package sourcing
