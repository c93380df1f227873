package supply

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"slices"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
)

// When a quote is an outlier.
const (
	OutlierShare = 0.20 // further from the should-cost than this share of it
	OutlierZ     = 3.5  // further from the median than this many robust deviations (Iglewicz and Hoaglin, 1993)
	MinQuotes    = 3    // fewer have no median to be far from
)

// Quote is what a supplier asks for one piece of a part.
type Quote struct {
	ID         string         `json:"id,omitempty"`
	Supplier   string         `json:"supplier"`
	Part       string         `json:"part"`
	Price      money.Decimal  `json:"price" doc:"major units per piece, below the first tier"`
	Currency   money.Currency `json:"currency"`
	Tiers      []QuoteTier    `json:"tiers,omitempty"`
	Indexation []Indexation   `json:"indexation,omitempty"`
	KWh        money.Decimal  `json:"kwh,omitempty" doc:"of a pack: what an indexation per kWh is multiplied by"`
	MinOrder   int64          `json:"min_order,omitempty"`
	LeadWeeks  int            `json:"lead_weeks,omitempty"`
	Valid      period.Span    `json:"valid"`
	evidence.Evidence
}

// QuoteTier is the price of each piece of an order of MinVolume pieces or more.
type QuoteTier struct {
	MinVolume int64         `json:"min_volume"`
	Price     money.Decimal `json:"price"`
}

func (q Quote) key() string              { return q.ID }
func (q Quote) proof() evidence.Evidence { return q.Evidence }

// Check refuses a quote that leaves its price open.
func (q Quote) Check() error {
	if err := firstOf(checkID("/supplier", q.Supplier), checkID("/part", q.Part), positive("/price", q.Price), checkCurrency("/currency", q.Currency), checkSpan("/valid", q.Valid)); err != nil {
		return err
	}
	if q.KWh != "" {
		if err := positive("/kwh", q.KWh); err != nil {
			return err
		}
	}
	if q.MinOrder < 0 || q.MinOrder > MaxPieces {
		return fault.New(fault.Invalid, "min_order", "a minimum order is 0 to %d pieces, not %d", MaxPieces, q.MinOrder).At("/min_order")
	}
	if q.LeadWeeks < 0 || q.LeadWeeks > MaxWeeks {
		return fault.New(fault.Invalid, "lead_weeks", "a lead time is 0 to %d weeks, not %d", MaxWeeks, q.LeadWeeks).At("/lead_weeks")
	}
	if len(q.Tiers) > MaxTiers || len(q.Indexation) > MaxIndices {
		return fault.New(fault.Invalid, "tiers", "a quote has at most %d tiers and %d indices", MaxTiers, MaxIndices).At("/tiers")
	}
	before := QuoteTier{MinVolume: 0, Price: q.Price}
	for i, t := range q.Tiers {
		at := fmt.Sprintf("/tiers/%d", i)
		if err := positive(at+"/price", t.Price); err != nil {
			return err
		}
		if t.MinVolume <= before.MinVolume || t.MinVolume > MaxPieces {
			return fault.New(fault.Invalid, "tiers", "tiers are listed from the smallest volume up: %d does not exceed %d", t.MinVolume, before.MinVolume).At(at + "/min_volume")
		}
		if less(before.Price, t.Price) {
			return fault.New(fault.Invalid, "tiers", "more pieces never cost more each: %s exceeds %s", t.Price, before.Price).At(at + "/price")
		}
		before = t
	}
	for i, x := range q.Indexation {
		if err := x.check(fmt.Sprintf("/indexation/%d", i), q.KWh != ""); err != nil {
			return err
		}
	}
	return checkProof("", q.Evidence)
}

// At returns the price of one piece of an order of so many, in major units of the quote's currency.
func (q Quote) At(volume int64) money.Decimal {
	price := q.Price
	for _, t := range q.Tiers {
		if t.MinVolume <= volume {
			price = t.Price
		}
	}
	return price
}

// QuotedPrice is a quote on a day, beside the should-cost and the other quotes.
type QuotedPrice struct {
	Quote    string        `json:"quote"`
	Supplier string        `json:"supplier"`
	Unit     money.Amount  `json:"unit"` // per piece, in the currency that was asked for
	Terms    []PriceTerm   `json:"terms"`
	MinOrder int64         `json:"min_order,omitempty"`
	Lead     int           `json:"lead_weeks,omitempty"`
	Against  string        `json:"against,omitempty"` // unit / should-cost − 1, as a percentage
	Z        string        `json:"z,omitempty"`       // robust deviations from the median of the quotes
	Outlier  bool          `json:"outlier"`
	Why      []string      `json:"why,omitempty"` // it is an outlier, or may not be taken
	May      bool          `json:"may"`           // be taken: the supplier is neither excluded nor unqualified, the order not too small
	Standing string        `json:"standing"`      // of the supplier's qualification
	Level    string        `json:"level"`         // of its evidence
	Price    money.Decimal `json:"price"`         // as quoted, with the indices, in Currency
	Currency string        `json:"currency"`
	Rate     *Rate         `json:"rate,omitempty"`

	exact *big.Rat
}

// price computes a quote on a day for an order of so many pieces.
func (q Quote) price(volume int64, on, asOf period.Date, in money.Currency, m Market) (QuotedPrice, error) {
	p := QuotedPrice{Quote: q.ID, Supplier: q.Supplier, MinOrder: q.MinOrder, Lead: q.LeadWeeks, Level: string(q.Level), Price: q.At(volume), Currency: string(q.Currency), May: true}
	p.Terms = []PriceTerm{{Key: "step", Label: fmt.Sprintf("quote for %d pieces", volume), Amount: p.Price, Source: q.Source}}
	for _, x := range q.Indexation {
		t, err := x.surcharge(q.KWh, q.Currency, on, asOf, m)
		if err != nil {
			return p, err
		}
		p.Price = plus(p.Price, t.Amount)
		p.Terms = append(p.Terms, t)
	}
	rate, err := m.Rate(q.Currency, in, on)
	if err != nil {
		return p, err
	}
	p.exact, p.Rate = ratio(p.Price), rate
	if rate != nil {
		p.exact = new(big.Rat).Mul(p.exact, ratio(rate.Rate))
	}
	if p.Unit, err = round(in, p.exact); err != nil {
		return p, err
	}
	if volume < q.MinOrder {
		p.may(fmt.Sprintf("the minimum order is %d pieces", q.MinOrder))
	}
	return p, nil
}

// may says why a quote may not be taken.
func (p *QuotedPrice) may(not string) {
	p.May, p.Why = false, append(p.Why, not)
}

// Comparison is every quote of a part on a day beside its should-cost.
type Comparison struct {
	Part   string        `json:"part"`
	Date   period.Date   `json:"date"`
	AsOf   period.Date   `json:"as_of"`
	Volume int64         `json:"volume"`
	Should *ShouldPart   `json:"should,omitempty"` // nil: none is recorded
	Median *money.Amount `json:"median,omitempty"` // of the quotes
	Rule   string        `json:"rule"`             // by which outliers are told
	Quotes []QuotedPrice `json:"quotes"`           // the cheapest first
	Best   string        `json:"best,omitempty"`   // id of the cheapest that may be taken

	Unpriced []Unpriced `json:"unpriced,omitempty"` // quotes that cannot be computed
}

// Unpriced is a quote whose price depends on what is not recorded.
type Unpriced struct {
	Quote    string `json:"quote"`
	Supplier string `json:"supplier"`
	Why      string `json:"why"`
}

// Rule is the rule by which Judge tells outliers, in words.
var rule = fmt.Sprintf("a quote is an outlier when it differs from the should-cost by more than %.0f %%, or, of %d quotes or more, when it lies more than %.1f robust deviations (0.6745 × distance / median absolute deviation) from their median",
	OutlierShare*100, MinQuotes, OutlierZ)

// judge orders the quotes and flags outliers. Statistics may be floats: they flag, and book nothing.
func (c *Comparison) judge() {
	c.Rule = rule
	slices.SortFunc(c.Quotes, func(a, b QuotedPrice) int {
		return cmp.Or(a.exact.Cmp(b.exact), cmp.Compare(a.Quote, b.Quote))
	})
	values := make([]float64, len(c.Quotes))
	for i, q := range c.Quotes {
		values[i], _ = q.exact.Float64()
	}
	zs := RobustZ(values)
	for i := range c.Quotes {
		q := &c.Quotes[i]
		if c.Should != nil && c.Should.exact.Sign() > 0 {
			off := new(big.Rat).Sub(new(big.Rat).Quo(q.exact, c.Should.exact), big.NewRat(1, 1))
			f, _ := off.Float64()
			q.Against = fmt.Sprintf("%+.1f %%", f*100)
			if new(big.Rat).Abs(off).Cmp(outlierShare) > 0 {
				q.Outlier = true
				q.Why = append(q.Why, fmt.Sprintf("%s against the should-cost of %s", q.Against, c.Should.Unit))
			}
		}
		if zs != nil {
			q.Z = fmt.Sprintf("%+.2f", zs[i])
			if math.Abs(zs[i]) > OutlierZ {
				q.Outlier = true
				q.Why = append(q.Why, fmt.Sprintf("%s robust deviations from the median of %d quotes", q.Z, len(zs)))
			}
		}
		if q.May && c.Best == "" {
			c.Best = q.Quote
		}
	}
	if n := len(c.Quotes); n > 0 {
		m := c.Quotes[n/2].Unit
		if lo := c.Quotes[(n-1)/2].Unit; lo != m {
			m.Minor = lo.Minor + (m.Minor-lo.Minor)/2
		}
		c.Median = &m
	}
}

// outlierShare is OutlierShare exactly.
var outlierShare = big.NewRat(20, 100)

// RobustZ returns each value's distance from the median in robust deviations: 0.6745 (x − median) / MAD, where MAD is the
// median of the absolute distances. Where more than half of the values are equal MAD is 0, and the mean absolute distance
// takes its place: (x − median) / (1.253314 × mean). All equal: all 0. Fewer than MinQuotes values: nil.
func RobustZ(values []float64) []float64 {
	if len(values) < MinQuotes {
		return nil
	}
	mid := median(values)
	off := make([]float64, len(values))
	mean := 0.0
	for i, v := range values {
		off[i] = math.Abs(v - mid)
		mean += off[i] / float64(len(values))
	}
	scale := median(off) / 0.6745
	if scale == 0 {
		scale = 1.253314 * mean
	}
	out := make([]float64, len(values))
	if scale == 0 {
		return out
	}
	for i, v := range values {
		out[i] = (v - mid) / scale
	}
	return out
}

func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}
