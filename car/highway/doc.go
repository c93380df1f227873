// Package highway lets the car's pilot drive the highway part of a day on simulated traffic, and keeps what the law and the
// maker want to know of it.
//
// # Owns
//
// The drive of a day by pilot and checker, the candidate in its shadow, the DSSAD on the car's flash (package dssad has the
// records), and the reports that wait to be sent (wire/pilotlog).
//
// # Does not own
//
// How the pilot drives (pilot), when it may (pilot/r157 and the car's grant), the counter of kilometres (car/meter), the
// connection (car/uplink).
//
// # Always true
//
// The same car drives the same day in the same way: a day that a crash broke off is driven again, and neither an event nor a
// report comes twice. A bounded sample of the stretch (Sample ticks) is driven tick by tick at 100 Hz; the other metres go by
// how the sample stood before and after what happened in it, and the report says how many ticks there were. Metres with the
// pilot on are Active; those on which its domain does not hold or its recorder does not work are Unavailable and cost nothing.
//
// A report that the disk has spoiled is set aside by name; the others still go.
//
// A candidate sees what the shipped pilot sees and moves nothing; one that cannot run leaves the shipped pilot as it is.
//
// # Says
//
// Reports, in Waiting.
//
// # Start reading at
//
// Highway.Drive, then sample.go.
package highway
