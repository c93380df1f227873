// Package record keeps what is known of the world, and since when: every input, quote and actual is a record that is
// never changed, and every question is asked as of a day.
//
// # Owns
//
// Records (a number, a distribution, a bound or a range, or a text, with its evidence), the view of them as of a day,
// and the import of the calibration file.
//
// # Does not own
//
// What the books measure (ledger), and what a forecast makes of a record (forecast, backtest).
//
// # Always true
//
//   - A record is added and never changed: a correction is another record, which may name the one that it supersedes.
//   - As of a day, nothing that became known later is seen, and nothing that a later record corrects is forgotten.
//   - Two records with one key and two definitions are two facts: they are never spliced.
//   - Two sources that disagree on one day are both shown; a text is never read as a number.
//
// # Says
//
// Nothing.
//
// # Start reading at
//
// Record, then At, which tells what counted as of a day; Import reads the calibration file.
package record
