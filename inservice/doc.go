// Package inservice watches the highway pilots of the fleet: what they did, how often, and whether a new version does worse.
//
// "In-service monitoring and reporting" is the name UN R157 gives to it.
//
// # Owns
//
// The reports of the cars (wire/pilotlog), rates per 1,000 km with their intervals, the limits and the sequential test that
// stop a rollout, the record of what was stopped and why, the disengagement report in the format of California (OL 311R of
// July 2020).
//
// # Does not own
//
// Rollouts (update; the caller pauses one), the record that stays in the car (pilot/dssad), what is charged (billing).
//
// # Always true
//
//   - A report is taken once: the same (VIN, Seq) with other content is refused.
//   - The sums of a day, by version and country, change in the transaction that keeps a report: they are what the reports sum to,
//     and rates, verdicts and pages read only them.
//   - Kilometres that were driven by hand or on which the pilot was not available are never kilometres of the pilot.
//   - The test may be looked at every day: its error rate holds however often that is (it is an e-value).
//   - A limit is never edited: a later one supersedes it.
//
// # Says
//
// Reported, when a report was taken.
//
// # Start reading at
//
// [Service.Take], then [Judge].
package inservice
