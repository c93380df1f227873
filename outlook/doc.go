// Package outlook answers what a car earns: the profit and loss of each car, of each cohort and of the fleet, over its
// life, and whether software carries the car.
//
// # Owns
//
// Statements: which account counts in which line, what is a subtotal, and the sentence that answers. Lives and cohorts:
// which month of the books is which age, who counts as attached, renewed, gone or resold, and by which key a common cost is
// split.
//
// # Does not own
//
// Any figure. All are sums of the ledger's roll-up, and counts of fleet's sales and billing's orders, asked for anew each
// time; outlook books nothing and keeps nothing. What is expected is forecast's and backtest's, below this folder.
//
// # Always true
//
//   - Net is the sum of the lines that are no totals, and every account of revenue and cost is in exactly one of them.
//   - Every line names the accounts and products behind it and leads to their entries.
//   - What is invoiced and not yet earned is in Deferred and not in Net. Over a life, what is deferred at a period's end is
//     what was before, plus what was added, less what was released; the last period's end is the trial balance.
//   - Cohorts and rest sum to the fleet's statement, line by line. Parts of an allocation sum to the ledger's total.
//   - Licence income is of no car: it stands apart, and enters a cohort only by a named key, beside its lines.
//   - A rate of nothing is nil, not 0, and stands beside the counts that it is made of.
//   - When software does not carry the car, the answer's first word is "No".
//
// # Says
//
// Nothing.
//
// # Start reading at
//
// Build, which makes a Statement of sums, and Answer, which reads one. Then LifeOf and Curve, then Service.Cohorts.
package outlook
