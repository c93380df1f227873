// Package uptane is what the Director, the Image repository and a car say to each other about software, and how a car decides
// whether to believe it (Uptane Standard 2.1.0; clause numbers in this package are that standard's).
//
// # Owns
//
// The custom fields of a target, the ECU version report and the vehicle manifest with their signatures, the names of the
// attacks, and the full verification of clause 5.4.4.2 as a Walk.
//
// # Does not own
//
// Any I/O: files come through a Fetch function, and what was trusted before is a State that the caller keeps. Signing metadata
// is the maker's side's business (package update); the metadata format itself is go-tuf's.
//
// # Always true
//
// A Walk takes the steps in the standard's order and cannot skip one: there is no way to name a step, only to take the next;
// after a refusal every further step is that refusal. An image is named in an Outcome only when both repositories, with keys of
// their own, agree on its file name, length, hashes, hardware and release counter. Delegations are not followed on either side:
// an entry that only a delegated role signs counts as missing.
//
// # Says
//
// Nothing; a refusal is a *Refusal that names step, clause and attack.
//
// # Start reading at
//
// Walk in walk.go, then repository.go for the checks of one repository and manifest.go for the way back.
package uptane
