// Package apps is the store of partners' in-car apps.
//
// # Owns
//
// Partners' developer keys, submitted packages and their review, and which version of an app cars may have.
//
// # Does not own
//
// The form of a package and its signatures (wire/apppkg), prices and sales (package offer), and partners' shares.
//
// # Always true
//
// An app's id belongs to the partner who used it first. A version of an app is one package for ever. What cars are given was
// approved by a named reviewer and carries the store's signature over the developer's.
//
// # Says
//
// apps.Released once per approved version.
//
// # Start reading at
//
// Service in service.go.
package apps
