// Package sumo drives the highway pilot through the dense traffic of a simulation that is not ours: SUMO's.
//
// Owns: the network and the traffic (a motorway of three lanes with an on-ramp and an exit, cars, vans and trucks), SUMO's
// processes, the ego's life in them, and the count of what came of it: collisions with fault, times to collision, gaps, braking.
// Does not own: TraCI (traci), the ego's dynamics and sensors (world), decisions (pilot, checker), the models that tell whether
// a collision could have been avoided (reference).
// Always true: the same options give the same report, for any number of workers, as long as SUMO is the same; geometry is our own,
// SUMO's list of collisions is only a second opinion; the traffic reacts to the ego, whose place is written back every step;
// a process that was started is ended, also when the context is.
// Says: a Report with a line per seed, every collision with who caused it and why, and whether the goals are met.
// Start reading at: Soak, then drive.step.
package sumo
