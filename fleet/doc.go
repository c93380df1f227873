// Package fleet knows the cars: each by its VIN, with its control units, its pack, its owner and the keys that it proves
// itself by.
//
// # Owns
//
// Cars and their building, who owned each from when on, the one-time secrets by which cars enrol, the certificates that
// cars hold, and the decision whether a car may connect.
//
// # Does not own
//
// What a car costs and where its pack comes from (asked of Parts), the signing of certificates (asked of Authority), what
// was sold with a car.
//
// # Always true
//
//   - A car is built once. The same again is the same car; the VIN with other content is refused.
//   - A car has exactly one primary control unit, and no control unit is in two cars.
//   - A car's owners are numbered 1, 2, 3…, their days never fall, and none is ever changed. A car that was sold has one.
//   - An enrolment secret works once, for one key, until it expires; only its hash is kept.
//   - A certificate that fleet did not record, has run out, or was revoked does not connect.
//   - A revoked car has no active certificate and gets none.
//
// # Says
//
// fleet.Built when a car was built, with its cost. fleet.Resold when it has another owner. fleet.Revoked when it was cut off.
//
// # Start reading at
//
// Service.Build, then Service.Enrol, then Service.Allowed.
package fleet
