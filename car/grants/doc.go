// Package grants decides in the car which features are on, from the maker's signed grant and nothing else. It works
// without a connection.
//
// # Owns
//
// The newest grant, the highest sequence number ever accepted, the floor under the car's time, the features that are on.
//
// # Does not own
//
// The document's format and signature (wire/grant), fetching it, what a feature does, whether the car is parked.
//
// # Always true
//
// Features change at park only: what ends during a drive stays on until the car stands, also over a restart of this program.
// An older grant never replaces a newer one. Time never goes back: a clock that is set back revives nothing. A grant that
// was tampered with, is another car's, or is over, changes nothing.
//
// # Says
//
// Nothing; Park returns what changed.
//
// # Start reading at
//
// Grants.Accept, then Grants.Park.
package grants
