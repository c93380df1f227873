// Package dssad is the data storage system for automated driving of UN R157, section 8: a ring of events in memory, chained by
// SHA-256, and its bytes.
//
// # Owns
//
// The Record, the Ring of the newest records, the chain, the binary format and its verification.
//
// # Does not own
//
// When something happens (pilot/r157), the file on the car's flash (car/highway), what the maker's side makes of it.
//
// # Always true
//
// A record has a fixed size and carries the software it was made by. Record n holds the hash of record n-1, so that a changed,
// removed or reordered record shows. Append allocates nothing. The ring holds the newest Capacity records; the oldest go first.
// The chain has no key: who rewrites every record makes another chain, which the head that the car has reported betrays.
//
// # Says
//
// Nothing.
//
// # Start reading at
//
// Ring.Append and Decode.
package dssad
