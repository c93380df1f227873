// Package apppkg is the form in which a partner's app travels: a .rbapp file with two signatures.
//
// # Owns
//
// The zip's layout, the manifest, the developer's signature over files.json, the store's signature over its verdict on that
// signature, and the checks that maker and car make alike.
//
// # Does not own
//
// Who may sign (keys are handed in), review, and installation.
//
// # Always true
//
// A Package that Open returns has sorted, plain, relative names, no entry that files.json does not list with its hash and no
// listed one missing, and stays within the limits unpacked. What VerifyStore accepts was accepted by the store as the developer
// signed it, byte for byte.
//
// # Says
//
// Nothing.
//
// # Start reading at
//
// Open in package.go, then sign.go.
package apppkg
