// Package billing turns orders and use into invoices, money and earned revenue.
//
// # Owns
//
// Contracts (an order with its price allocated over its performance obligations), subscriptions and their anniversaries,
// usage and its rating, licences to other makers, invoices and their numbers, attempts to collect, and the schedule by which
// deferred revenue is earned.
//
// # Does not own
//
// Prices and rights (offer), the books (ledger: billing posts entries through [Books]), the movement of money
// ([Provider]; billing/fakepay is one), a partner's share (partner).
//
// # Always true
//
//   - An invoice never changes, and its [Calc] computes every line's amount again. Numbers have no gap per legal entity.
//   - Every id and ledger ref follows from the order and the period, every book date from the fact. A repeated call,
//     also after a crash at any point, books nothing twice.
//   - The rows of an obligation's schedule sum to its amount. The deferred balance is the sum of the rows not released.
//   - The receivable is the sum of the invoices that are not paid.
//   - What a month's use costs does not depend on how it was cut into events, nor on when they arrived.
//   - A licence's fee is earned day by day over its term, its royalties when they are reported; neither is of a car.
//   - A car's former owner pays for no period and no use after the resale: see [Service.Leave]. What is paid stays with the car.
//   - Billing never restricts a car: who does not pay is past due, visibly, and is not sold another period.
//
// # Says
//
// billing.Invoiced ([Invoiced], key: invoice id) when an invoice is issued; billing.Paid ([Paid], key: invoice id) when
// it is paid, with what the car may use from when until when.
//
// # Start reading at
//
// [Service.OnPlaced], then [Service.Run].
package billing
