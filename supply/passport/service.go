package passport

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/id"
	"roadbook/period"
	"roadbook/vin"
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Packs knows batteries.
type Packs interface {
	// Pack returns the battery, or a NotFound.
	Pack(ctx context.Context, serial string) (Pack, error)
	// Facts tells what the house's own records say of it: what supplier and factory recorded elsewhere.
	Facts(ctx context.Context, p Pack) ([]Record, error)
}

// Cars knows what the car reported that a battery is in.
type Cars interface {
	Readings(ctx context.Context, v vin.VIN) (Readings, error)
}

// Store keeps records for ever.
type Store interface {
	// AddValue records r, unless the request was made before: the same again answers what is stored, other content is a
	// fault.Conflict "idempotency_mismatch". join is asked first, in the same transaction, with all records of r's subject
	// and attribute.
	AddValue(ctx context.Context, request string, r Record, join func(had []Record) error) (Record, error)
	// AddValues records, in one transaction, each of rs that was not recorded before and that join does not refuse as
	// "value_recorded", and returns those that are recorded, now or before. Each record's id is its request.
	AddValues(ctx context.Context, rs []Record, join func(r Record, had []Record) error) ([]Record, error)
	// Values returns the records of the subjects, subject by subject, each in the order of ids.
	Values(ctx context.Context, subjects []Subject) ([]Record, error)
}

// Config is what an operator decides.
type Config struct {
	Base string // of the link in the QR code, "https://passport.example": its path is followed by /passport/SERIAL
}

// Service keeps and shows battery passports. It is safe for concurrent use.
type Service struct {
	store Store
	packs Packs
	cars  Cars
	clock Clock
	cfg   Config
	all   Catalogue
}

// New returns the service, or refuses a base that is no address.
func New(store Store, packs Packs, cars Cars, clock Clock, cfg Config) (*Service, error) {
	cfg.Base = strings.TrimRight(cfg.Base, "/")
	u, err := url.Parse(cfg.Base)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fault.New(fault.Invalid, "passport_base", "the base of passport links is an http or https address without query, not %.80q", cfg.Base)
	}
	return &Service{store: store, packs: packs, cars: cars, clock: clock, cfg: cfg, all: NewCatalogue()}, nil
}

// Attributes lists the catalogue.
func (s *Service) Attributes() []Attribute { return s.all.All() }

// Link is the address of a battery's passport: its unique identifier, and what the QR code carries (Art. 77(3)).
func (s *Service) Link(serial string) string {
	return s.cfg.Base + "/passport/" + url.PathEscape(serial)
}

// linked is the identifier as an attribute; the maker assigns it when the battery arrives.
func (s *Service) linked(p Pack) Record {
	return Record{ID: id.From("psf", p.Serial, PassportID, s.Link(p.Serial)), Subject: Subject{Item, p.Serial}, Attribute: PassportID,
		Value: json.RawMessage(strconv.Quote(s.Link(p.Serial))), Origin: Factory, Evidence: evidence.Evidence{Source: "assigned by the maker",
			Date: p.Since, Vintage: p.Since, Who: "passport", Level: evidence.Reported}}
}

// Set records a value. A value of one battery wants the battery to be there; values of a lot or a model may come before it.
func (s *Service) Set(ctx context.Context, request string, r Record) (Record, error) {
	a, err := s.all.Of(r.Attribute)
	if err != nil {
		return Record{}, err
	}
	if r, err = r.Check(a); err != nil {
		return Record{}, err
	}
	if r.Subject.Grain == Item {
		p, err := s.packs.Pack(ctx, r.Subject.ID)
		if err != nil {
			return Record{}, err
		}
		if err := s.agrees(ctx, p, r); err != nil {
			return Record{}, err
		}
	}
	if r.ID == "" {
		r.ID = id.From("psv", request, string(r.Subject.Grain), r.Subject.ID, r.Attribute)
	}
	return s.store.AddValue(ctx, request, r, func(had []Record) error { return r.Join(a, had) })
}

// agrees refuses a status that the battery's life, as it is told elsewhere, has left behind.
func (s *Service) agrees(ctx context.Context, p Pack, r Record) error {
	if r.Attribute != BatteryStatus {
		return nil
	}
	facts, err := s.packs.Facts(ctx, p)
	if err != nil {
		return err
	}
	var lived []Record
	for _, f := range facts {
		if f.Attribute == BatteryStatus {
			lived = append(lived, f)
		}
	}
	return r.follows(lived, nil)
}

// Passport returns what the reader may see of a battery's passport as it was known on a day; no day means today.
func (s *Service) Passport(ctx context.Context, serial string, asOf period.Date, reader Reader) (Passport, error) {
	whole, err := s.whole(ctx, serial, asOf)
	if err != nil {
		return Passport{}, err
	}
	return whole.For(reader), nil
}

// Missing reports what the battery's passport owes and has not, for a category or for its own.
func (s *Service) Missing(ctx context.Context, serial string, asOf period.Date, category Category) (Report, error) {
	whole, err := s.whole(ctx, serial, asOf)
	if err != nil {
		return Report{}, err
	}
	return whole.Complete(category)
}

// History lists the records of an attribute, or of all, that were ever made for the battery, its lot and its model.
func (s *Service) History(ctx context.Context, serial, attribute string) ([]Record, error) {
	p, err := s.packs.Pack(ctx, serial)
	if err != nil {
		return nil, err
	}
	if attribute != "" {
		if _, err := s.all.Of(attribute); err != nil {
			return nil, err
		}
	}
	all, err := s.store.Values(ctx, p.Subjects())
	var out []Record
	for _, r := range all {
		if attribute == "" || r.Attribute == attribute {
			out = append(out, r)
		}
	}
	return out, err
}

// Keep records what the car reports now, so that a passport as of today can be shown later. One value of an attribute is
// kept a day; what somebody measured on the same day stands. It returns what is kept of this report.
func (s *Service) Keep(ctx context.Context, serial string) ([]Record, error) {
	p, err := s.packs.Pack(ctx, serial)
	if err != nil {
		return nil, err
	}
	told, err := s.readings(ctx, p)
	if err != nil {
		return nil, err
	}
	checked, _ := s.sift(told)
	return s.store.AddValues(ctx, checked, func(r Record, had []Record) error {
		a, err := s.all.Of(r.Attribute)
		if err != nil {
			return err
		}
		return r.Join(a, had)
	})
}

func (s *Service) readings(ctx context.Context, p Pack) ([]Record, error) {
	if p.VIN == "" {
		return nil, nil
	}
	read, err := s.cars.Readings(ctx, p.VIN)
	return read.Facts(p), err
}

func (s *Service) whole(ctx context.Context, serial string, asOf period.Date) (Passport, error) {
	if asOf == "" {
		asOf = period.DateOf(s.clock.Now())
	}
	if _, err := period.ParseDate(string(asOf)); err != nil {
		return Passport{}, fault.New(fault.Invalid, "date", "%.40q is not a date of the form YYYY-MM-DD", asOf).At("/as_of")
	}
	p, err := s.packs.Pack(ctx, serial)
	if err != nil {
		return Passport{}, err
	}
	records, err := s.store.Values(ctx, p.Subjects())
	if err != nil {
		return Passport{}, err
	}
	facts, err := s.packs.Facts(ctx, p)
	if err != nil {
		return Passport{}, err
	}
	told, err := s.readings(ctx, p)
	if err != nil {
		return Passport{}, err
	}
	facts, refused := s.sift(slices.Concat(facts, told, []Record{s.linked(p)}))
	out := s.all.Assemble(p, append(records, facts...), s.Link(serial), asOf)
	out.Refused = refused
	return out, nil
}

// sift checks what other rooms tell as strictly as what is recorded here.
func (s *Service) sift(facts []Record) (good []Record, refused []Refusal) {
	for _, f := range facts {
		a, err := s.all.Of(f.Attribute)
		if err == nil {
			f, err = f.Check(a)
		}
		if err != nil {
			refused = append(refused, Refusal{f.Attribute, f.Source, err.Error()})
			continue
		}
		good = append(good, f)
	}
	return good, refused
}
