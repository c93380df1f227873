// Package signal takes telemetry in: what a car sent is held, counted and rolled up, each frame once.
//
// # Owns
//
// Stored frames, the latest value of each signal, a roll-up per car and day, and the counts that tell whether anything is
// missing.
//
// # Does not own
//
// The frame's form (wire/frame), the connection (platform/mqttedge), the log that holds a frame until it is rolled up
// (platform/bus), and what a byte costs (supply).
//
// # Always true
//
// Ingest returns nil only when the log holds the frame; then the car may forget it. A frame is identified by (VIN, Seq):
// rolling it up twice changes nothing but the count of duplicates. The result does not depend on the order in which
// frames arrive. When everything has come to rest, sent, received and stored agree for every car, or there is a gap that
// has a name.
//
// # Says
//
// Nothing: frames are not events. Who wants to know reads.
//
// # Start reading at
//
// Service.Ingest and Service.Roll.
package signal
