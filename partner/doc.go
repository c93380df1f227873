// Package partner owes partners their share of what is sold with their help.
//
// # Owns
//
// Partners, their dated rate cards, the accrual of their share per invoice line, payouts, and the monthly statements.
//
// # Does not own
//
// The sale and its invoice (billing), the books (ledger: partner posts entries through [Books]), the movement of money.
//
// # Always true
//
//   - Share and house's part of a line sum to what was agreed for the line. An accrual keeps the rate it was made at.
//   - A statement is opening + accruals − payouts = closing, numbered without a gap, never changed; its opening is the
//     closing of the one before. Every line names the ledger entry behind it.
//   - What belongs to a month that is already closed stands on the next statement, with its own date.
//   - What is owed is the ledger's liability:partner with the partner's dimension.
//
// # Says
//
// Nothing: it listens to billing.Invoiced.
//
// # Start reading at
//
// [Service.OnInvoiced], then [Service.Close].
package partner
