// Package backtest says how good a forecast was: it is written down before its actual is known, and scored when it is.
//
// # Owns
//
// The specification of a backtest, its registration (what is frozen, and the hash of it), the matching of actuals, the
// scores, and the text that says where a forecast was wrong.
//
// # Does not own
//
// The model (forecast), the scoring formulas (chance), and what is known of the world (record).
//
// # Always true
//
//   - A registration is made from what was known on the forecast's day: it is given a Loader that answers as of a day, never
//     an actual; whatever the Loader lets slip is refused, and so is a case that knows more than its day.
//   - A registration is hashed with its predictions and never overwritten; one that was touched is not scored.
//   - A forecast that was registered on or after the day on which its actual became known is a demonstration. It is shown
//     apart and counts for no skill.
//   - An actual that nobody printed is derived from its parts by arithmetic, as weak as the weakest; a price per car, sums and
//     weighted margins of quarters of one definition.
//   - An actual of another definition scores nothing; neither does a bound, a range or a text. The reason is told.
//   - A revised actual gives another score beside the first one.
//
// # Says
//
// Nothing.
//
// # Start reading at
//
// Register, then Score; Run does both with files.
package backtest
