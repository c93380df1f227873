// Package frame is the car's signal frame on the wire: columns of scaled integers, written as deltas.
//
// # Owns
//
// The bytes of a SignalFrame, their bounds, and the catalogue that gives each signal its stable id, path, unit and scale.
//
//	message SignalFrame { uint32 catalogue_id=1; uint64 seq=2; int64 base_ts=3; repeated Column columns=4; }
//	message Column { uint32 signal_id=1; repeated sint64 dt=2 [packed=true]; repeated sint64 dvalue=3 [packed=true]; }
//
// base_ts is in milliseconds since 1970 UTC. The first dt of a column is relative to base_ts and the first dvalue to 0;
// the others are relative to their predecessor in the column.
//
// # Does not own
//
// Queues, sockets and what a value means to the business.
//
// # Always true
//
// A sequence number is at least 1. Decode(Encode(f)) is f. Decode never allocates more than its bounds allow and never
// panics. A signal id is never given to another signal. Fields that this version does not know are skipped, so any
// protobuf reader and writer can take part.
//
// # Says
//
// Nothing.
//
// # Start reading at
//
// Frame and Decode.
package frame
