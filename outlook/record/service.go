package record

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"roadbook/fault"
	"roadbook/period"
)

// MaxBatch is how many records are added in one step.
const MaxBatch = 5000

// Filter narrows a question. Empty fields do not.
type Filter struct {
	Prefix string      // of the key: "xiaomi/", "xiaomi/2024Q2/"
	AsOf   period.Date // no later vintage
	After  string      // ids greater than this one
	Limit  int         // at most so many; 0 is no limit
}

// Store keeps records and changes none.
type Store interface {
	// Add keeps the records in one step, or none. A record that is there already with the same content is left as it is;
	// the same id with other content is a Conflict. It returns how many are new. A record may supersede one that is
	// stored or in the same batch before it, on the same key and of no later vintage; else it is Refused.
	Add(ctx context.Context, records []Record) (added int, err error)
	// Record returns a record by its id, or NotFound.
	Record(ctx context.Context, id string) (Record, error)
	// Records lists records in the order of their ids.
	Records(ctx context.Context, f Filter) ([]Record, error)
}

// Service adds records and answers what was known when.
type Service struct{ store Store }

// New returns the service.
func New(store Store) *Service { return &Service{store} }

// Add keeps records, all or none, and returns how many are new. A second time it is a no-op; the same id with other
// content is a Conflict.
func (s *Service) Add(ctx context.Context, records ...Record) (added int, err error) {
	if len(records) > MaxBatch {
		return 0, fault.New(fault.Invalid, "records_many", "at most %d records are added at once, not %d", MaxBatch, len(records))
	}
	for i, r := range records {
		if err := r.Check(); err != nil {
			return 0, within(err, len(records), i)
		}
	}
	return s.store.Add(ctx, records)
}

// within points into the list when there is one.
func within(err error, n, i int) error {
	if n < 2 {
		return err
	}
	return prefixed(err, pointer(i))
}

func pointer(i int) string { return fmt.Sprintf("/%d", i) }

// prefixed puts a pointer before the one of a refusal.
func prefixed(err error, at string) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.At(at + f.Pointer)
	}
	return err
}

// Import reads a calibration file and keeps its records, each once however often it is imported.
func (s *Service) Import(ctx context.Context, b []byte) (read, added int, err error) {
	records, err := Import(b)
	if err != nil {
		return 0, 0, err
	}
	added, err = s.Add(ctx, records...)
	return len(records), added, err
}

// Record returns a record, corrected or not.
func (s *Service) Record(ctx context.Context, id string) (Record, error) {
	return s.store.Record(ctx, id)
}

// List returns a page of all records with a key of the prefix and no later vintage, corrected ones too.
func (s *Service) List(ctx context.Context, f Filter) ([]Record, error) {
	return s.store.Records(ctx, f)
}

// At returns the facts on keys of the prefix that were known on a day.
func (s *Service) At(ctx context.Context, asOf period.Date, prefix string) ([]Fact, error) {
	if _, err := period.ParseDate(string(asOf)); err != nil {
		return nil, err
	}
	records, err := s.store.Records(ctx, Filter{Prefix: prefix, AsOf: asOf})
	if err != nil {
		return nil, err
	}
	return At(records, asOf), nil
}

// AsOf returns every record that was known on a day: what a forecast of that day may be made from.
func (s *Service) AsOf(ctx context.Context, asOf period.Date) ([]Record, error) {
	if _, err := period.ParseDate(string(asOf)); err != nil {
		return nil, err
	}
	return s.store.Records(ctx, Filter{AsOf: asOf})
}

// Supersede refuses to let a record correct one on another key or of a later vintage.
func Supersede(r, old Record) error {
	if r.Key != old.Key || r.Vintage < old.Vintage {
		return fault.New(fault.Refused, "record_supersedes", "record %q on %s of %s cannot correct %q on %s of %s: a correction is on the same key and not of an earlier vintage",
			r.ID, r.Key, r.Vintage, old.ID, old.Key, old.Vintage).At("/supersedes")
	}
	return nil
}

// Match reports whether a record passes the filter, but for After and Limit.
func (f Filter) Match(r Record) bool {
	return strings.HasPrefix(r.Key, f.Prefix) && (f.AsOf == "" || r.Known(f.AsOf))
}
