package offer

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"roadbook/id"
	"roadbook/period"
	"roadbook/vin"
	"roadbook/wire/grant"
)

// How long a car may stay offline and keep what it has paid for. Worst case: OfflineTerm + GraceHours.
const (
	OfflineTerm   = 30 * 24 * time.Hour
	RenewAfter    = OfflineTerm / 3           // a car that asks later than this gets a new document
	PerpetualTerm = 20 * 365 * 24 * time.Hour // a feature bought for good outlives our servers
	GraceHours    = 72                        // of what is paid month by month: a late payment does not stop a drive
	Epoch         = 1                         // of ownership: the first owner
	Keyset        = 1                         // of grant keys
)

// Right lets a car use features from a day until another, exclusive; without Until it has no end.
type Right struct {
	OrderID  string      `json:"order_id"`
	SKU      SKU         `json:"sku"`
	VIN      vin.VIN     `json:"vin"`
	Kind     Kind        `json:"kind"`
	Features []string    `json:"features"`
	From     period.Date `json:"from"`
	Until    period.Date `json:"until,omitempty"` // as paid: with OrderID and SKU the right's name
	Ends     period.Date `json:"ends,omitempty"`  // Until, or earlier when it was cancelled
}

// Active reports whether the right is in force on the day.
func (r Right) Active(on period.Date) bool { return period.Span{From: r.From, To: r.Ends}.Contains(on) }

// Document is a car's signed grant. The same Seq always has the same Raw.
type Document struct {
	VIN      vin.VIN
	Seq      uint64
	Raw      []byte
	IssuedAt time.Time
	RenewAt  time.Time // from then on a car that asks gets a new one; zero: never
}

// claims makes a car's document from its rights: a pure function of what it is given. renew is when the document should
// be replaced, or the zero time.
func claims(v vin.VIN, seq uint64, rights []Right, now time.Time) (c grant.Claims, renew time.Time) {
	now = now.UTC().Truncate(time.Second)
	today, limit := period.DateOf(now), now.Add(OfflineTerm)
	c = grant.Claims{Sub: grant.SubOf(v), Aud: grant.Audience, Exp: limit.Unix(), Nbf: now.Unix(), Iat: now.Unix(),
		CTI: grant.SubOf(vin.VIN(id.From("gnt", string(v), now.Format(time.RFC3339), strconv.FormatUint(seq, 10)))), Seq: seq, Epoch: Epoch, Keyset: Keyset}
	earlier := func(t time.Time) {
		if renew.IsZero() || t.Before(renew) {
			renew = t
		}
	}
	for name, of := range byFeature(rights, today) {
		r, next := merge(of, today)
		if next != "" {
			earlier(next.Time())
		}
		if !r.From.Time().Before(limit) { // a later document will carry it
			earlier(r.From.Time())
			continue
		}
		f := grant.Feature{ID: name, Kind: grantKind(r.Kind), GraceHours: grace(r.Kind)}
		if r.From > today {
			f.Nbf = r.From.Time().Unix()
		}
		switch end := r.Ends.Time(); {
		case r.Ends == "" && f.Kind == grant.Perpetual:
			f.GraceHours = 0
			c.Exp = max(c.Exp, now.Add(PerpetualTerm).Unix())
		case r.Ends == "" || end.After(limit):
			f.Exp = limit.Unix()
			earlier(now.Add(RenewAfter))
		default:
			f.Exp = end.Unix()
			earlier(end.Add(time.Duration(f.GraceHours) * time.Hour)) // the next one leaves it out
		}
		if f.Exp != 0 {
			c.Exp = max(c.Exp, f.Exp+int64(f.GraceHours)*3600)
		}
		c.Features = append(c.Features, f)
	}
	if len(c.Features) == 0 { // it says no, and goes on saying so
		c.Exp = now.Add(PerpetualTerm).Unix()
	}
	slices.SortFunc(c.Features, func(a, b grant.Feature) int { return cmp.Compare(a.ID, b.ID) })
	return c, renew
}

// byFeature groups the rights that are in force, in their grace, or to come.
func byFeature(rights []Right, today period.Date) map[string][]Right {
	out := map[string][]Right{}
	for _, r := range rights {
		if r.Ends != "" && (r.Ends <= r.From || r.Ends.AddDays(int(grace(r.Kind))/24) <= today) {
			continue
		}
		for _, f := range r.Features {
			out[f] = append(out[f], r)
		}
	}
	return out
}

// merge joins rights to one feature that meet or overlap into one right with the kind of the longest, beginning with those
// in force, else with one in its grace, else with the next to come. next is the start of a right beyond a gap, which a
// later document will carry.
func merge(of []Right, today period.Date) (joined Right, next period.Date) {
	rank := func(r Right) int {
		switch {
		case r.Active(today):
			return 0
		case r.From <= today:
			return 1
		}
		return 2
	}
	slices.SortFunc(of, func(a, b Right) int {
		order := cmp.Compare(rank(a), rank(b))
		if order == 0 && rank(a) == 2 {
			order = cmp.Compare(a.From, b.From)
		}
		return cmp.Or(order, -cmp.Compare(last(a), last(b)))
	})
	joined = of[0]
	for _, r := range of[1:] {
		switch {
		case rank(r) == 1: // over: what is in force, or the grace that lasts longest, says more
		case r.From > last(joined) || rank(joined) == 1:
			return joined, r.From
		case last(r) > last(joined):
			joined.Ends, joined.Kind = r.Ends, r.Kind
		case joined.Ends == "" && r.Ends == "" && r.From <= today && grantKind(r.Kind) == grant.Perpetual:
			joined.Kind = r.Kind
		}
	}
	return joined, ""
}

// last is the right's end in an order where no end is the latest.
func last(r Right) period.Date {
	if r.Ends == "" {
		return "9999-12-31"
	}
	return r.Ends
}

// grantKind says how the car shows a right.
func grantKind(k Kind) grant.Kind {
	switch k {
	case Vehicle, Perpetual, App:
		return grant.Perpetual
	case Metered:
		return grant.Metered
	case Term, Subscription:
	}
	return grant.Term
}

// grace covers a payment that is late, not a term that is over.
func grace(k Kind) uint16 {
	if k == Subscription || k == Metered {
		return GraceHours
	}
	return 0
}
