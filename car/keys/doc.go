// Package keys is the car's identity: a private key that is made in the car and never leaves it, and the newest
// certificate that the maker gave for it.
//
// # Owns
//
// The key file, the certificate chain, enrolment with the one-time secret from the factory, renewal in time.
//
// # Does not own
//
// The maker's authority (platform/pki), who may enrol (fleet), what is signed with the key.
//
// # Always true
//
// The key exists before the first certificate request and is never replaced. A certificate is kept only when it is for
// this key and this VIN. A program killed at any point finds the old state or the new one.
//
// # Says
//
// Nothing.
//
// # Start reading at
//
// Open, then Enrol.
package keys
