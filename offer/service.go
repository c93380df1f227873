package offer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
	"roadbook/wire/grant"
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Floor knows the lowest price that a car may be sold at on a day. It refuses a car that was never built.
type Floor interface {
	Minimum(ctx context.Context, v vin.VIN, on period.Date) (money.Amount, error)
}

// Signer signs the claims of a grant. grant.Key is one.
type Signer interface {
	Sign(c grant.Claims) ([]byte, error)
}

// Wording knows what the law of a market wants to be said of features beside a product's name: "supervised (UN R171)", or "" when
// it wants nothing. What may not be sold there is refused.
type Wording interface {
	Word(market string, features []string) (string, error)
}

// Service is the domain. New makes one; it is safe for concurrent use.
type Service struct {
	store   Store
	clock   Clock
	floor   Floor
	signer  Signer
	wording Wording
}

// New returns the service.
func New(store Store, clock Clock, floor Floor, signer Signer, wording Wording) *Service {
	return &Service{store, clock, floor, signer, wording}
}

// named gives the name that a product goes by in a market: on the order, on every invoice, and in the car's shop.
func (s *Service) named(name, market string, features []string) (string, error) {
	word, err := s.wording.Word(market, features)
	if err != nil || word == "" {
		return name, err
	}
	return name + ", " + word, nil
}

// PutProduct adds a product to the catalogue or replaces it. Orders keep what they were placed at.
func (s *Service) PutProduct(ctx context.Context, p Product) (Product, error) {
	if err := p.Check(); err != nil {
		return Product{}, err
	}
	var members []Product
	for i, sku := range p.Bundle {
		m, err := s.store.Product(ctx, sku)
		if err != nil {
			return Product{}, pointed(err, fmt.Sprintf("/bundle/%d", i))
		}
		members = append(members, m)
	}
	if err := p.checkMembers(members); err != nil {
		return Product{}, err
	}
	return p, s.store.PutProduct(ctx, p)
}

// Product returns a product of the catalogue.
func (s *Service) Product(ctx context.Context, sku SKU) (Product, error) {
	return s.store.Product(ctx, sku)
}

// Products lists the catalogue by SKU.
func (s *Service) Products(ctx context.Context, after SKU, limit int) ([]Product, error) {
	return s.store.Products(ctx, after, limit)
}

// PriceAt returns what a product costs in a currency on a day.
func (s *Service) PriceAt(ctx context.Context, sku SKU, c money.Currency, on period.Date) (Price, error) {
	p, err := s.store.Product(ctx, sku)
	if err != nil {
		return Price{}, err
	}
	return p.PriceAt(c, on)
}

// Place makes an order of a request. The same request again returns the same order, also when prices have changed since.
func (s *Service) Place(ctx context.Context, r Request) (Order, error) {
	if err := r.check(s.clock.Now()); err != nil {
		return Order{}, err
	}
	digest := r.Digest()
	switch o, stored, err := s.store.Placed(ctx, r.ID); {
	case err == nil && stored == digest:
		return o, nil
	case err == nil:
		return Order{}, Mismatch(r.ID)
	case fault.KindOf(err) != fault.NotFound:
		return Order{}, err
	}
	at := r.PlacedAt
	if at.IsZero() {
		at = s.clock.Now()
	}
	o, err := r.price(ctx, s.store.Product, at.UTC().Truncate(time.Microsecond))
	if err != nil {
		return Order{}, err
	}
	for i, l := range o.Lines {
		if o.Lines[i].Name, err = s.named(l.Name, o.Market, l.Features); err != nil {
			return Order{}, pointed(err, "/market")
		}
	}
	for _, i := range o.cars() {
		if err := s.checkFloor(ctx, o, i); err != nil {
			return Order{}, err
		}
	}
	return s.store.Place(ctx, o, digest)
}

// Mismatch is the refusal of an id that was used before for something else.
func Mismatch(id string) error {
	return fault.New(fault.Conflict, "idempotency_mismatch", "%s was used before for a request with another content", id)
}

// checkFloor compares what the car line earns with the floor, so that a discount hidden in another line counts.
func (s *Service) checkFloor(ctx context.Context, o Order, i int) error {
	least, err := s.floor.Minimum(ctx, o.VIN, period.DateOf(o.PlacedAt))
	if err != nil {
		return err
	}
	if least.Currency != o.Currency {
		return fault.New(fault.Invalid, "currency_mixed", "the price floor of %s is in %s, the order in %s", o.VIN, least.Currency, o.Currency).At("/currency")
	}
	share, err := o.Share(i)
	if err != nil {
		return err
	}
	if share.Minor < least.Minor && !o.Approval.given() {
		return fault.New(fault.Refused, "below_floor", "the car's share of the price is %s, the floor is %s; an approver and a reason are needed",
			share, least).At("/lines")
	}
	return nil
}

// Order returns an order.
func (s *Service) Order(ctx context.Context, id string) (Order, error) {
	o, _, err := s.store.Placed(ctx, id)
	return o, err
}

// Orders lists orders, newest first; v empty means of all cars.
func (s *Service) Orders(ctx context.Context, v vin.VIN, before Cursor, limit int) ([]Order, error) {
	return s.store.Orders(ctx, v, before, limit)
}

// Sale returns to whom a car was sold.
func (s *Service) Sale(ctx context.Context, v vin.VIN) (Sale, error) { return s.store.Sale(ctx, v) }

// Transfer lets a car's new owner buy in it. Rights stay with the car until they end: what is not the new owner's is
// ended by Cancel.
func (s *Service) Transfer(ctx context.Context, t Transfer) error {
	if strings.TrimSpace(t.Owner) == "" || len(t.Owner) > MaxText || t.N < 2 {
		return fault.New(fault.Invalid, "owner", "a car's second or later owner has a name of at most %d bytes", MaxText).At("/owner")
	}
	if _, err := s.store.Sale(ctx, t.VIN); err != nil {
		return err
	}
	return s.store.Transfer(ctx, t)
}

// Activation is a product that was paid for and the days that the payment covers.
type Activation struct {
	SKU      SKU
	Kind     Kind
	Features []string
	From     period.Date
	Until    period.Date // exclusive; empty: without end
}

// Activate gives a car the rights that a payment covers, all in one step of its grant. The same (order, SKU, until) again
// changes nothing. It returns the sequence number of the car's grant.
func (s *Service) Activate(ctx context.Context, orderID string, v vin.VIN, paid ...Activation) (uint64, error) {
	var rights []Right
	for _, a := range paid {
		if !slices.Contains(Kinds, a.Kind) {
			return 0, fault.New(fault.Invalid, "kind_unknown", "%q is no kind of product", a.Kind)
		}
		if _, err := period.ParseDate(string(a.From)); err != nil {
			return 0, err
		}
		if a.Until != "" {
			if _, err := period.ParseDate(string(a.Until)); err != nil {
				return 0, err
			}
		}
		if a.Until != "" && a.Until <= a.From {
			return 0, fault.New(fault.Invalid, "right_span", "a right from %s cannot end on %s", a.From, a.Until)
		}
		for _, f := range a.Features {
			if !featureForm.MatchString(f) {
				return 0, fault.New(fault.Invalid, "features", "%.80q is no feature's name", f)
			}
		}
		if len(a.Features) > 0 { // nothing for the car to know
			rights = append(rights, Right{OrderID: orderID, SKU: a.SKU, VIN: v, Kind: a.Kind, Features: a.Features, From: a.From, Until: a.Until, Ends: a.Until})
		}
	}
	if len(rights) == 0 {
		seq, _, err := s.store.Rights(ctx, v)
		return seq, err
	}
	seq, _, err := s.store.Activate(ctx, orderID, v, rights, s.clock.Now())
	return seq, err
}

// Cancellation ends a product of an order.
type Cancellation struct {
	OrderID string
	VIN     vin.VIN
	SKU     SKU
	On      period.Date // the rights end no later: the day paid until, or of the refund
}

// Cancel ends the rights to a product of an order; the car may buy it again.
func (s *Service) Cancel(ctx context.Context, c Cancellation) (uint64, error) {
	if _, err := period.ParseDate(string(c.On)); err != nil {
		return 0, err
	}
	seq, _, err := s.store.Cancel(ctx, c, s.clock.Now())
	return seq, err
}

// Rights lists a car's rights and the sequence number of its grant, 0 when it never had one.
func (s *Service) Rights(ctx context.Context, v vin.VIN) (uint64, []Right, error) {
	return s.store.Rights(ctx, v)
}

// Document returns the car's signed grant. It makes one when the car's rights have changed, or when the newest was issued
// so long ago that the car would soon be without.
func (s *Service) Document(ctx context.Context, v vin.VIN) (Document, error) {
	for range 3 { // at most: renewed, overtaken by a change of rights, made
		seq, rights, err := s.store.Rights(ctx, v)
		if err != nil {
			return Document{}, err
		}
		if seq == 0 {
			return Document{}, fault.New(fault.NotFound, "grant_none", "car %s has no rights yet", v)
		}
		now := s.clock.Now()
		d, err := s.store.Document(ctx, v, seq)
		if fault.KindOf(err) == fault.NotFound {
			return s.issue(ctx, v, seq, rights, now)
		}
		if err != nil {
			return Document{}, err
		}
		if d.RenewAt.IsZero() || now.Before(d.RenewAt) {
			return d, nil
		}
		if err := s.store.Renew(ctx, v, seq); err != nil {
			return Document{}, err
		}
	}
	return Document{}, fault.New(fault.Unavailable, "grant_busy", "the rights of %s are changing; ask again", v)
}

func (s *Service) issue(ctx context.Context, v vin.VIN, seq uint64, rights []Right, now time.Time) (Document, error) {
	c, renew := claims(v, seq, rights, now)
	raw, err := s.signer.Sign(c)
	if err != nil {
		return Document{}, err
	}
	return s.store.SaveDocument(ctx, Document{VIN: v, Seq: seq, Raw: raw, IssuedAt: now, RenewAt: renew})
}
