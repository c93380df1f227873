package fleet

import (
	"cmp"
	"context"
	"time"

	"roadbook/fault"
	"roadbook/period"
	"roadbook/vin"
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Parts answers what a car costs and puts its pack into it.
type Parts interface {
	// Cost answers what a car of the model costs with that pack on a day.
	Cost(ctx context.Context, model, packSerial string, on period.Date) (Cost, error)
	// Install builds the pack into the car. The same again is a no-op; a pack of another car is refused.
	Install(ctx context.Context, packSerial string, v vin.VIN, on period.Date) error
}

// Store keeps cars.
type Store interface {
	// Build inserts the car with its enrolment and says fleet.Built. If the car is there, built from the same plan, it is
	// returned, and its enrolment is replaced unless it was used. Another plan is a fault.Conflict "idempotency_mismatch", a
	// control unit or a pack of another car a fault.Refused "ecu_taken" or "pack_taken".
	// The request is remembered: with it no other car is built.
	Build(ctx context.Context, request string, p Plan, e Enrolment, said Built) (car Car, fresh bool, err error)
	// Car returns a car, or a fault.NotFound "car_unknown".
	Car(ctx context.Context, v vin.VIN) (Car, error)
	// Cars returns up to limit cars with a greater VIN, in the order of VINs.
	Cars(ctx context.Context, after vin.VIN, limit int) ([]Car, error)
	Count(ctx context.Context) (int, error)
	// SoldOn returns how many cars were sold on each day.
	SoldOn(ctx context.Context) (map[period.Date]int, error)
	// Sell gives the car to its first owner. The same first owner again is a no-op, another a fault.Refused "car_sold".
	Sell(ctx context.Context, v vin.VIN, owner string, on period.Date) error
	// Resell appends an owner and says fleet.Resold. The same request again, or the owner that the car has since the same
	// day, answers what is stored. A request that did something else is a fault.Conflict "idempotency_mismatch"; a car that
	// is not sold, the owner that it has, and a day before the last owner's are faults.
	Resell(ctx context.Context, request string, v vin.VIN, owner string, on period.Date, at time.Time) ([]Ownership, error)
	// Owners lists a car's owners in order; a car that is not sold has none.
	Owners(ctx context.Context, v vin.VIN) ([]Ownership, error)
	// Sales lists up to limit cars sold in the span, by day and VIN, after a sale of the list.
	Sales(ctx context.Context, span period.Span, after Sale, limit int) ([]Sale, error)
	// Revoke marks the car and all its certificates and says fleet.Revoked. A car that is revoked already is returned as it is.
	Revoke(ctx context.Context, said Revoked) (Car, error)

	Enrolment(ctx context.Context, v vin.VIN) (Enrolment, error)
	// Enrol uses the enrolment with that hash for the certificate's request and records the certificate, unless the enrolment
	// was used or the car revoked meanwhile. The same request again answers the certificate of the first time.
	Enrol(ctx context.Context, c Certificate, hash string) (Certificate, error)
	// AddCertificate records a certificate unless the car is revoked.
	AddCertificate(ctx context.Context, c Certificate) error
	Certificate(ctx context.Context, serial string) (Certificate, error)
	// CertificateFor returns the newest certificate that answered the request.
	CertificateFor(ctx context.Context, v vin.VIN, request string) (Certificate, error)
	Certificates(ctx context.Context, v vin.VIN) ([]Certificate, error)
}

// Limits of the service.
const (
	SecretFor = 90 * 24 * time.Hour // how long an enrolment secret works
	RepeatFor = time.Hour           // how long a renewal is taken for a repetition of the same request
	MaxPage   = 100                 // cars of one page
	MaxSales  = 500                 // sales of one page
)

// Service is the fleet.
type Service struct {
	store     Store
	clock     Clock
	parts     Parts
	authority Authority
}

// New returns the fleet over a store.
func New(store Store, clock Clock, parts Parts, authority Authority) *Service {
	return &Service{store: store, clock: clock, parts: parts, authority: authority}
}

// Build makes a car of a pack and control units, and returns the secret by which it enrols: once, for only its hash is
// kept. The same plan again answers the same car, with a fresh secret as long as it has not enrolled and with none
// afterwards. The request names the caller's attempt; empty means that the VIN does.
func (s *Service) Build(ctx context.Context, request string, p Plan) (Car, string, error) {
	if err := p.Check(); err != nil {
		return Car{}, "", err
	}
	switch had, err := s.store.Car(ctx, p.VIN); {
	case err == nil && had.PackSerial != p.PackSerial:
		return Car{}, "", Mismatch(p.VIN) // before a second pack is installed
	case err == nil && p.BuiltAt.IsZero():
		p.BuiltAt = had.BuiltAt
	case err != nil && fault.KindOf(err) != fault.NotFound:
		return Car{}, "", err
	case p.BuiltAt.IsZero():
		p.BuiltAt = s.clock.Now()
	}
	p.BuiltAt = p.BuiltAt.UTC().Truncate(time.Microsecond)
	on := period.DateOf(p.BuiltAt)
	cost, err := s.parts.Cost(ctx, p.Model, p.PackSerial, on)
	if err != nil {
		return Car{}, "", err
	}
	if err := s.parts.Install(ctx, p.PackSerial, p.VIN, on); err != nil {
		return Car{}, "", err
	}
	secret, e := s.newSecret()
	car, fresh, err := s.store.Build(ctx, cmp.Or(request, string(p.VIN)), p, e, Built{VIN: p.VIN, Model: p.Model, PackSerial: p.PackSerial, Supplier: cost.Supplier,
		Date: on, At: p.BuiltAt, Pack: cost.Pack, BOM: cost.BOM, Assembly: cost.Assembly, Warranty: cost.Warranty})
	if err != nil {
		return Car{}, "", err
	}
	if !fresh {
		secret = ""
	}
	return car, secret, nil
}

// Mismatch is the refusal of a second plan for one VIN.
func Mismatch(v vin.VIN) error {
	return fault.New(fault.Conflict, "idempotency_mismatch", "car %s was built from another plan", v).At("/vin")
}

// Car returns a car.
func (s *Service) Car(ctx context.Context, v vin.VIN) (Car, error) { return s.store.Car(ctx, v) }

// Cars returns up to limit cars with a greater VIN, in the order of VINs.
func (s *Service) Cars(ctx context.Context, after vin.VIN, limit int) ([]Car, error) {
	return s.store.Cars(ctx, after, max(1, min(limit, MaxPage)))
}

// Count returns the number of cars.
func (s *Service) Count(ctx context.Context) (int, error) { return s.store.Count(ctx) }

// Sold returns how many cars are sold by a day, and how many days they have been on the road together, that day included.
func (s *Service) Sold(ctx context.Context, by period.Date) (cars int, days int64, err error) {
	on, err := s.store.SoldOn(ctx)
	for day, n := range on {
		if day <= by {
			cars += n
			days += int64(n) * int64(period.Span{From: day, To: by.AddDays(1)}.Days())
		}
	}
	return cars, days, err
}

// SoldOn returns how many cars were sold on each day.
func (s *Service) SoldOn(ctx context.Context) (map[period.Date]int, error) {
	return s.store.SoldOn(ctx)
}

// Sales lists up to limit cars sold in the span, by day and VIN, after a sale of the list: a stream of the fleet that
// carries no more than sales and owners.
func (s *Service) Sales(ctx context.Context, span period.Span, after Sale, limit int) ([]Sale, error) {
	return s.store.Sales(ctx, span, after, max(1, min(limit, MaxSales)))
}

// Owners lists a car's owners in order; a car that is not sold has none.
func (s *Service) Owners(ctx context.Context, v vin.VIN) ([]Ownership, error) {
	if _, err := s.store.Car(ctx, v); err != nil {
		return nil, err
	}
	return s.store.Owners(ctx, v)
}

// MarkSold gives a car to its first owner.
func (s *Service) MarkSold(ctx context.Context, v vin.VIN, owner string, on period.Date) error {
	if _, err := period.ParseDate(string(on)); err != nil {
		return err
	}
	if owner == "" || len(owner) > MaxText {
		return fault.New(fault.Invalid, "owner", "an owner has a name of 1 to %d bytes", MaxText).At("/owner")
	}
	return s.store.Sell(ctx, v, owner, on)
}

// Revoke cuts a car off: none of its certificates connects any more, and it gets no other. A second reason does not replace
// the first.
func (s *Service) Revoke(ctx context.Context, v vin.VIN, reason string) (Car, error) {
	if reason == "" || len(reason) > MaxText {
		return Car{}, fault.New(fault.Invalid, "reason", "a revocation has a reason of 1 to %d bytes", MaxText).At("/reason")
	}
	return s.store.Revoke(ctx, Revoked{VIN: v, Reason: reason, At: s.clock.Now().UTC().Truncate(time.Microsecond)})
}
