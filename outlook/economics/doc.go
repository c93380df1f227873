// Package economics holds the closed forms of a car maker's arithmetic: what a subscription, a pack, a warranty or a price floor comes
// to when its inputs are known. They answer small questions directly, and the simulation is tested against them.
//
// # Owns
//
// Lifetime value and activation, learning and pack cost, survival and fleets, adoption, index pass-through and collars, claims
// development and reserves, price floor, break-even and required revenue, lot sizing, cash flows.
//
// # Does not own
//
// Uncertainty (chance), the model of a whole maker (forecast), booked money (ledger): all here is float64 arithmetic on estimates, in
// whatever currency the inputs share.
//
// # Always true
//
//   - Ages, rates, churn and discount of one call are per the same period.
//   - A rate is a part of one (0.18, not 18), and an input outside its range is refused by name, never clipped.
//   - No answer is invented: where there is none (no break-even, no root, a value without end) the error or the flag says so.
//
// # Says
//
// Nothing.
//
// # Start reading at
//
// Floor, which is what a car must cost, and the functions that give its terms: Pack.Cost, Product.Value, Mack.
package economics
