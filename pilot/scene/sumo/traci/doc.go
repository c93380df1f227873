// Package traci speaks TraCI, the protocol by which a traffic simulation of SUMO is steered over a TCP socket.
//
// Owns: the encoding of commands, the decoding of answers, the limits on every length in them, and a connection.
// Does not own: the simulation's process, networks and routes, or what the vehicles do (package sumo).
// Always true: bytes from the server are checked before they are used, so that a hostile or broken server gives an error and
// never a panic, an endless loop or more memory than the limits allow; integers and floats are big-endian; a connection that
// failed once stays failed, since its stream cannot be trusted to be in step.
// Says: nothing.
// Start reading at: Client.Do, then reader for how bytes are taken apart.
package traci
