// Package r157 holds the duties of UN Regulation No. 157 towards driver and authority: where the pilot may drive, when it hands
// back, and what is told of it.
//
// # Owns
//
// The operational design domain as data (ODD, markets.json), the state machine of the engagement with its timers, the monitor
// of the driver, the thresholds of deactivation and override, and the kinds of events of section 8.
//
// # Does not own
//
// How the car is driven (pilot), the recorder of the events (pilot/dssad), the independent watch over the timers (pilot/checker).
//
// # Always true
//
// All timers are whole ticks of 10 ms. Step reads no clock and allocates nothing. Every change of mode makes exactly one event
// with a reason; an emergency manoeuvre, a lane change procedure and a crossing that begin also end. A transition demand ends by
// the driver or by the minimum risk manoeuvre only (5.4.4). Every mode but Locked can be left within the run cycle.
//
// # Says
//
// Event, in Output.
//
// # Start reading at
//
// Machine.Step in machine.go, then guards.go.
package r157
