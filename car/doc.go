// Package car is the program in the car: one agent that knows who it is, tells what it measures, takes updates and rights
// only when it can prove them, and counts what is used.
//
// # Owns
//
// The order in which the parts work: enrol, connect, sync; the journal of a day's drive; the calls to the maker's side.
//
// # Does not own
//
// The key (car/keys), the queue of frames (car/uplink), the slots (car/updater), the rights (car/grants), the counters
// (car/meter), the drive of the highway pilot and its recorder (car/highway), the screen (car/cockpit).
//
// # Always true
//
// What the car has told and the cloud has not acknowledged is on disk. What the disk has spoiled is set aside by name and told of;
// neither that nor a message that the maker's side does not take holds up anything else. A day is driven once, however often the program is
// started. A feature is on only while a verified grant says so, and what ends during a drive ends at park.
//
// # Says
//
// Frames, usage batches and reports of the pilot by MQTT, version reports by HTTPS.
//
// # Start reading at
//
// Agent in agent.go.
package car
