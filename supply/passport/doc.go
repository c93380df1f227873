// Package passport keeps the battery passport of Regulation (EU) 2023/1542: what has to be known of one battery, what is,
// and who may read it.
//
// # Owns
//
// The catalogue of the 93 data attributes of DIN DKE SPEC 99100:2025-02, the records of their values, and the passport that
// is assembled from them.
//
// # Does not own
//
// Batteries: a pack and its lot are supply's, the car that it is in is fleet's, what that car reports is signal's; each tells
// through a small interface. Registration with the Commission's registry, and the issuing agency of ISO/IEC 15459 under
// whose rules the base of the links is unique.
//
// # Always true
//
//   - A value carries its evidence: source, date, vintage, author, level. Nothing is defaulted: what is not known is missing.
//   - Records are appended. A correction supersedes a record; a passport as of a day sees only what was known on that day.
//   - Of one attribute the record of the finest subject counts (battery, then lot, then model), then the latest.
//   - A reader gets the attributes of the points of Annex XIII that Art. 77(2) gives to such readers, and no word of others.
//   - The same records make the same passport, QR code and JSON-LD, byte for byte.
//
// # Says
//
// Nothing: who wants a passport reads it.
//
// # Start reading at
//
// Attributes (what there is to know), Catalogue.Assemble (what is known), Reader.May (who may know it).
package passport
