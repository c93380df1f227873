// Package world is the road, the traffic and the car that a scenario runs in: what the pilot drives before it drives a car.
//
// Owns: the truth of a simulated drive: road, dynamics of the ego with its actuators, actors with their scripts, traffic,
// what the sensors see of it, contact of boxes.
// Does not own: cases, verdicts, reference models (pilot/scene, pilot/scene/reference); any decision of the pilot.
// Always true: a tick is 0.01 s; the same setup and the same commands give the same bits on every processor; no allocation
// after Reset; SI units; S along the reference line, D to the left of it, both of the centre of a box; the reference line
// is the centre of lane 0, the rightmost.
// Says: nothing; who wants to know asks after each Step.
// Start reading at: World.
package world
