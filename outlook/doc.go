// Package outlook answers what a car earns: the profit and loss of each car and of the fleet, and whether software carries the car.
//
// # Owns
//
// Statements: which account counts in which line, what is a subtotal, and the sentence that answers.
//
// # Does not own
//
// Any figure. All are sums of the ledger, asked for anew each time; outlook books nothing and keeps nothing.
//
// # Always true
//
//   - Net is the sum of the lines that are no totals, and every account of revenue and cost is in exactly one of them.
//   - Every line names the accounts and products behind it and leads to their entries.
//   - What is invoiced and not yet earned is in Deferred and not in Net.
//   - When software does not carry the car, the answer's first word is "No".
//
// # Says
//
// Nothing.
//
// # Start reading at
//
// Build, which makes a Statement of sums, and Answer, which reads one.
package outlook
