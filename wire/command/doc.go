// Package command is the small talk between a car and the cloud over MQTT: topic names, hints and usage batches.
//
// # Owns
//
// The topics v/{VIN}/frames, v/{VIN}/meter, v/{VIN}/pilot (car to cloud) and v/{VIN}/down (cloud to car), the Hint and the UsageBatch.
//
// # Does not own
//
// Signal frames (wire/frame), the pilot's reports (wire/pilotlog), grants (wire/grant), and what usage costs.
//
// # Always true
//
// A topic belongs to exactly one car. A hint carries no authority: it says "come and look", and what the car then fetches
// is signed. A usage batch is identified by (VIN, Seq); the VIN comes from the topic, never from the payload.
//
// # Says
//
// Nothing.
//
// # Start reading at
//
// ParseTopic and UsageBatch.
package command
