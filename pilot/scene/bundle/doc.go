// Package bundle holds the evidence without which no release of the pilot reaches a car.
//
// # Owns
//
// What a bundle says (its subject, its suites by hash, their counts), how outcomes are counted, its one encoding, its signature,
// the policy of required suites and limits, and the judgement: absolute limits, and no regression against the bundle of the
// release that is shipped. Comfort is compared and told; it refuses nothing.
//
// # Does not own
//
// How cases run (pilot/scene), which suites there are (pilot/scene/suites), who may sign (the caller's list of keys), where
// bundles are kept and which release is shipped (update), and whether a rollout starts (the joint of both in app).
//
// # Always true
//
// A bundle is deterministic CBOR (RFC 8949, 4.2.1) in a COSE_Sign1 envelope (RFC 9052), signed by Ed25519 over a purpose of its
// own: two bundles with the same content are the same bytes, and no other document's signature stands for one. Verify believes
// nothing before the signature holds. Sums are not stored where they can be derived: rates and Wilson bounds come from counts.
// A suite counts only when all of it ran. Nothing is averaged away: each broken limit is named with its figure.
// It is engineering evidence, not type approval.
//
// # Says
//
// No events.
//
// # Start reading at
//
// Bundle in bundle.go, then Policy.Judge in judge.go.
package bundle
