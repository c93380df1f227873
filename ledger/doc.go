// Package ledger keeps the books: balanced entries that are never changed.
//
// # Owns
//
// The chart of accounts, entries and their postings, the chain of digests over them, and the monthly roll-up that
// statements are made of.
//
// # Does not own
//
// What an entry means. Vehicles, products, partners and markets are dimensions here: text that is compared, never
// interpreted. Amounts come ready; the ledger neither prices nor converts.
//
// # Always true
//
//   - Every posting debits one account and credits another by the same positive amount: Σ debits = Σ credits per currency.
//   - One ref is booked once. The same ref with the same content answers what is stored; with other content it is refused.
//   - Sequence numbers are 1, 2, 3… without a gap, and each entry's Chain covers all entries before it.
//   - The roll-up equals the sum of the postings, by vehicle and over all: all three are written in one transaction.
//     Service.Verify checks all four.
//
// # Says
//
// Nothing: who posts has an answer, and who reads asks.
//
// # Start reading at
//
// Entry and Posting, then Service.Post (how concurrent callers share one durable commit), then Plan (what a batch becomes).
package ledger
