// Package pilotlog is what a car tells of its highway pilot: a report a day, with kilometres, events and differences.
//
// # Owns
//
// The Report that travels on the topic v/{VIN}/pilot, its encoding, its limits and its names of events.
//
// # Does not own
//
// When an event happens (pilot/r157), the record that stays in the car (pilot/dssad), what the fleet's rates mean (inservice).
//
// # Always true
//
// A report is identified by (VIN, Seq); the VIN comes from the topic, never from the payload. Distances are whole metres.
// Events come in the order in which they happened. A place is a country and a class of road, never a position.
//
// # Says
//
// Nothing.
//
// # Start reading at
//
// Report and Parse.
package pilotlog
