// Package updater is the part of the car that fetches, believes and installs software.
//
// # Owns
//
// The two slots of the car's computer (folders a and b, and the file that says which one runs), the image that is being
// fetched, the metadata trusted so far, and the report that the maker has not acknowledged yet.
//
// # Does not own
//
// What makes metadata trustworthy (wire/uptane), the car's key and connection (handed in), and when to ask: the agent polls on
// a hint and about once a day, for an idle poll is two small requests.
//
// # Always true
//
// The running slot is never written. The other slot runs only after every signed hash of its image held, the driver agreed,
// and the health check passed; otherwise the old one goes on. Whatever is on disk after a power cut at any point is a state
// from which Poll goes on. A refusal never keeps a later good update away.
//
// # Says
//
// A signed vehicle manifest after each change of state and each refusal, with the attack named.
//
// # Start reading at
//
// Poll in updater.go; then download.go and slots.go.
package updater
