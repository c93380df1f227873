// Package supply knows what a car costs and from whom its parts come.
//
// # Owns
//
// Suppliers and their dated exclusions, contracts for battery packs, the packs themselves by serial number, bills of
// materials, tariffs of metered services, exchange rates, and the price floor that follows from them.
//
// # Does not own
//
// Cars: a pack knows the VIN that it is built into and nothing else of the car. Selling prices. The books: what a cost is
// booked as is decided by who hears of it.
//
// # Always true
//
//   - No contract, lot, pick or installation involves a supplier on a day on which it is excluded.
//   - The cost of a pack is fixed when it is received, by the day and by how many packs came under the contract before it.
//   - A pack is in at most one car, and a car has at most one pack.
//   - What is recorded is never changed: a new price is a new record with a later date, and of several the latest that is in force counts.
//   - Every figure names its source.
//
// # Says
//
// supply.CostAccrued, once per car, month and meter, when a metered service of a supplier cost something.
//
// # Start reading at
//
// Contract.Price (what a pack costs), Model.Cost (what a car costs), FloorPrice (what it must sell for at least).
package supply
