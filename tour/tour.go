// Package tour shows the road of one car, from pack to profit, as one Go example that runs: the maker's side and the car
// in one process, talking only through their sockets.
//
// # Owns
//
// Nothing: [roadbook/app/demo] drives a fleet, the tour walks beside one car.
//
// # Does not own
//
// The rules. Each step asks the operator's API or the car, and prints what was answered.
//
// # Always true
//
// What is printed is checked by go test, to the cent: the road has no chance in it.
//
// # Says
//
// Nothing.
//
// # Start reading at
//
// Example in tour_test.go, top to bottom.
package tour
