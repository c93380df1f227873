// Package supply knows what a car costs and from whom its parts come.
//
// # Owns
//
// Suppliers with their sites, their qualification and their dated exclusions; contracts for battery packs with all their terms;
// the packs themselves by serial number, from the lot to the second life; bills of materials per model and trim, should-costs
// and quotes; standard costs; commodity indices, tariffs of metered services and exchange rates; and the price floor that
// follows from them.
//
// # Does not own
//
// Cars: a pack knows the VIN that it is built into and nothing else of the car. Selling prices. What software is worth: a
// Credit is recorded by who forecasts it. The books: what a cost is booked as is decided by who hears of it. Which supplier
// ought to be chosen: supply/sourcing. A battery's passport: supply/passport.
//
// # Always true
//
//   - No contract, lot, pick or installation involves a supplier on a day on which it is excluded, as far as the exclusion's scope
//     reaches. No exclusion ends, and none goes on beyond its review, without being listed until somebody decides.
//   - A part is bought only from a supplier that is qualified for it on the day, once a qualification is recorded at all.
//   - The price of a pack is fixed when it is received: by the day, by how many packs came under the contract before it, and by
//     the index values that were known on that day. A later vintage changes no price.
//   - A contract year is settled once; no lot of it can follow.
//   - A pack is in at most one car, and a car has at most one pack. A life only goes on: what left a car is in no new one.
//   - A pack at its standard and its variance are together what was paid, to the minor unit. A variance is fixed once.
//   - What is recorded is never changed: a new price is a new record with a later date, and of several the latest that is in force
//     counts; a correction names what it supersedes, from its own vintage on.
//   - An assembly costs the sum of its parts, each leaf rounded once; no structure contains itself.
//   - Every figure names its source.
//
// # Says
//
// supply.CostAccrued, once per car, month and meter, when a metered service of a supplier cost something.
// supply.PriceVaried, when packs and their standard are both known and differ: with the lot, or with a standard recorded later.
// supply.ContractSettled, once per contract and year that end in a rebate or a charge.
//
// # Start reading at
//
// Contract.Explain (what a pack costs, term by term), Contract.Settle (what a year comes to), Structure.RollUp (what a trim costs),
// Model.Cost (what a car costs), FloorOf (what it must sell for at least).
package supply
