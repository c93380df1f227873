// Package meter counts in the car what is paid by use, and hands the counts over once.
//
// # Owns
//
// The counters since the last batch, the batch that is under way, the sequence number of batches.
//
// # Does not own
//
// What is measured (the feature that runs), the batch's form (wire/command), sending it (car/uplink), what use costs (billing).
//
// # Always true
//
// What Add has returned for is in the current or a later batch exactly once, also after kill -9. A batch is on the disk
// before it is seen, and the same number always has the same content. There is one batch under way; the next has a
// higher number. A power cut can lose what was counted since the last batch, never count it twice. What a disk has spoiled is
// set aside by name and costs what stood in it: the rest goes on, and every batch that Seal returns can be sent.
//
// # Says
//
// Nothing.
//
// # Start reading at
//
// Meter.Seal and Meter.Ack.
package meter
