package offer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
)

// Limits of the catalogue.
const (
	MaxName       = 200
	MaxTermMonths = 1200
	MaxPrices     = 200
	MaxMembers    = 50
	MaxFeatures   = 16
)

var (
	skuForm     = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
	featureForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,47}$`) // fits wire/grant
	accountForm = regexp.MustCompile(`^revenue:[a-z]+$`)
)

// fixed reports whether a kind has one price that is agreed when the order is placed, unlike one per month or per unit used.
func (k Kind) fixed() bool { return k != Subscription && k != Metered }

// Lasting reports whether owning a product of the kind makes buying it again pointless.
func (k Kind) Lasting() bool { return k == Perpetual || k == App || k == Subscription || k == Metered }

// Check refuses a product that contradicts itself. Whether its bundle's members exist is Service.PutProduct's question.
func (p Product) Check() error {
	bad := func(code, at, format string, args ...any) error {
		return fault.New(fault.Invalid, code, format, args...).At(at)
	}
	switch {
	case !skuForm.MatchString(string(p.SKU)):
		return bad("sku_form", "/sku", "%.80q is no SKU: lower-case letters, digits, dots and dashes, at most 64", string(p.SKU))
	case strings.TrimSpace(p.Name) == "" || len(p.Name) > MaxName:
		return bad("name", "/name", "a product has a name of at most %d bytes", MaxName)
	case !slices.Contains(Kinds, p.Kind):
		return bad("kind_unknown", "/kind", "%.40q is no kind of product: expected one of %v", string(p.Kind), Kinds)
	case !accountForm.MatchString(p.Account):
		return bad("account", "/account", "%.80q is no revenue account like revenue:feature", p.Account)
	case (p.Kind == Term) != (p.TermMonths != 0) || p.TermMonths < 0 || p.TermMonths > MaxTermMonths:
		return bad("term_months", "/term_months", "a term has 1 to %d months, any other kind none", MaxTermMonths)
	case (p.Kind == Metered) != (p.Meter != "") || p.Meter != "" && !skuForm.MatchString(p.Meter):
		return bad("meter", "/meter", "a metered product names its meter, any other kind none")
	case p.Partner != "" && p.Kind != App:
		return bad("partner", "/partner", "only an app has a partner")
	case len(p.Features) > MaxFeatures:
		return bad("features", "/features", "at most %d features", MaxFeatures)
	case len(p.Prices) == 0 || len(p.Prices) > MaxPrices:
		return bad("prices", "/prices", "a product has 1 to %d prices", MaxPrices)
	case p.StandAlone.Minor < 0:
		return bad("amount_negative", "/stand_alone", "a stand-alone price is 0 or more, not %s", p.StandAlone)
	}
	if p.StandAlone != (money.Amount{}) {
		if _, err := p.StandAlone.Currency.Exponent(); err != nil {
			return pointed(err, "/stand_alone/currency")
		}
	}
	for i, f := range p.Features {
		if !featureForm.MatchString(f) || slices.Contains(p.Features[:i], f) {
			return bad("features", fmt.Sprintf("/features/%d", i), "%.80q is no feature's name, or is there twice", f)
		}
	}
	for i := range p.Prices {
		if err := p.checkPrice(i); err != nil {
			return err
		}
	}
	return p.checkBundle()
}

func (p Product) checkPrice(i int) error {
	r, at := p.Prices[i], fmt.Sprintf("/prices/%d", i)
	if _, err := r.Currency.Exponent(); err != nil {
		return pointed(err, at+"/currency")
	}
	if err := r.Unit.Check(); err != nil {
		return pointed(err, at+"/unit")
	}
	if r.Unit.Sign() < 0 {
		return fault.New(fault.Invalid, "amount_negative", "a price is 0 or more, not %s", r.Unit).At(at + "/unit")
	}
	if p.Kind.fixed() {
		if _, err := money.Parse(string(r.Unit), r.Currency); err != nil {
			return pointed(err, at+"/unit")
		}
	}
	if _, err := period.ParseDate(string(r.Valid.From)); err != nil {
		return pointed(err, at+"/valid/from")
	}
	if r.Valid.To != "" {
		if _, err := period.ParseDate(string(r.Valid.To)); err != nil {
			return pointed(err, at+"/valid/to")
		}
		if r.Valid.To <= r.Valid.From {
			return fault.New(fault.Invalid, "price_validity", "the end %s must lie after the start %s", r.Valid.To, r.Valid.From).At(at + "/valid/to")
		}
	}
	for j, o := range p.Prices[:i] {
		if o.Currency == r.Currency && (o.Valid.To == "" || r.Valid.From < o.Valid.To) && (r.Valid.To == "" || o.Valid.From < r.Valid.To) {
			return fault.New(fault.Invalid, "price_overlap", "prices %d and %d in %s are both valid on %s", j, i, r.Currency, max(o.Valid.From, r.Valid.From)).At(at + "/valid")
		}
	}
	return nil
}

func (p Product) checkBundle() error {
	if len(p.Bundle) == 0 {
		return nil
	}
	if len(p.Bundle) > MaxMembers || !p.Kind.fixed() || len(p.Features) > 0 {
		return fault.New(fault.Invalid, "bundle", "a bundle has at most %d members, one price, and no features but its members'", MaxMembers).At("/bundle")
	}
	for i, m := range p.Bundle {
		if m == p.SKU || slices.Contains(p.Bundle[:i], m) {
			return fault.New(fault.Invalid, "bundle", "%s is in the bundle twice, or is the bundle itself", m).At(fmt.Sprintf("/bundle/%d", i))
		}
	}
	return nil
}

// checkMembers refuses members that cannot be sold at one price: other bundles, and what is paid by month or by use.
func (p Product) checkMembers(members []Product) error {
	cars := 0
	for i, m := range members {
		at := fmt.Sprintf("/bundle/%d", i)
		if len(m.Bundle) > 0 || !m.Kind.fixed() {
			return fault.New(fault.Invalid, "bundle_member", "%s is a bundle or has no fixed price", m.SKU).At(at)
		}
		if m.Kind == Vehicle {
			cars++
		}
	}
	if len(members) > 0 && (cars > 1 || (cars == 1) != (p.Kind == Vehicle)) {
		return fault.New(fault.Invalid, "bundle", "a bundle is of kind vehicle when it holds one car, else of another kind").At("/kind")
	}
	return nil
}

// PriceAt returns the product's price in a currency on a day.
func (p Product) PriceAt(c money.Currency, on period.Date) (Price, error) {
	for _, r := range p.Prices {
		if r.Currency == c && r.Valid.Contains(on) {
			return r, nil
		}
	}
	return Price{}, fault.New(fault.Refused, "price_missing", "%s has no price in %s on %s", p.SKU, c, on)
}

// standAlone is the stand-alone selling price on a day: the one stated with evidence, else the catalogue's.
func (p Product) standAlone(c money.Currency, on period.Date) (money.Amount, error) {
	if p.StandAlone.Currency == c {
		return p.StandAlone, nil
	}
	r, err := p.PriceAt(c, on)
	if err != nil {
		return money.Amount{}, err
	}
	return money.Parse(string(r.Unit), c)
}

// pointed blames the field at a JSON pointer.
func pointed(err error, at string) error {
	if e, ok := err.(*fault.Error); ok {
		return e.At(at)
	}
	return err
}
