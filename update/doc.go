// Package update brings software to cars: images, releases, campaigns, and the two Uptane repositories that a car believes
// only together.
//
// # Owns
//
// Images (by their SHA-256), releases (a named image for one hardware, with a counter that only rises, and the identifications
// of the regulated software in it), the signed documents that speak for a release, campaigns (one release to a list of cars)
// with the state of each delivery, what each car last reported, and every version of the signed metadata of the Image
// repository and of each car's Director repository.
//
// # Does not own
//
// Which ECU a car has and which key it signs with (asked through Inventory), the bytes of an image (Blobs), signing keys
// (Keys), and whether a release is good enough to go out, or a document speaks for it (Gate).
//
// # Always true
//
// A delivery only moves forward: pending → offered → downloading → verified → installed → confirmed, or to failed from any
// state but confirmed. A car counts as confirmed only when its signed report shows the release's hash. A report counts once; an
// older one is refused. Metadata versions only rise, and a version once published never changes. A release counter is never
// used twice for the same hardware. Hardware whose releases have declared software of a regulation goes on declaring it.
//
// # Says
//
// update.CampaignStarted when cars have something to fetch; update.Installed once per car and campaign, with the bytes
// delivered.
//
// # Start reading at
//
// Service in service.go, State in campaign.go, then repository.go for what is signed when.
package update
