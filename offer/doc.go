// Package offer is what can be bought, what was agreed, and what a car may therefore do.
//
// # Owns
//
// The catalogue with its dated prices, orders, the rights of each car and the signed grant document made from them.
//
// # Does not own
//
// Invoices, payments and renewals (billing), what a car costs and its price floor (supply), the format of a grant
// (wire/grant), the signing key (platform/pki), what the car does with a grant (car/grants).
//
// # Always true
//
// A product has at most one price in a currency on a day. An order is never changed; its prices are those of the day on
// which it was placed, and its names say what the law of its market wants to be said. A car is sold new once, and before anything else is sold for it; who owns it later buys in its own
// name, and what was bought for good stays with the car. A car line whose share of the order's
// price lies below the floor carries the name of who allowed it and why. A grant document's sequence number has one
// content, for ever, and rises with every change of the car's rights.
//
// # Says (events)
//
// offer.Placed once per order, with everything that billing needs. offer.Granted when a car's rights changed.
//
// # Start reading at
//
// Service.Place, then Service.Activate and claims in rights.go.
package offer
