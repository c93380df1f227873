package offer_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/offer/offersql"
	"roadbook/offer/offertest"
	"roadbook/period"
	"roadbook/platform/clock"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/vin"
	"roadbook/wire/grant"
)

var key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))

// floor knows cars whose serial is below 100.
type floor struct{ least money.Amount }

func (f floor) Minimum(_ context.Context, v vin.VIN, _ period.Date) (money.Amount, error) {
	if v.Serial() >= "000100" {
		return money.Amount{}, fault.New(fault.NotFound, "car_unknown", "no car %s was built", v)
	}
	return f.least, nil
}

// wording wants something of pilots in CN, and lets nobody sell them in XX.
type wording struct{}

func (wording) Word(market string, features []string) (string, error) {
	switch {
	case !slices.Contains(features, "pilot.highway"):
		return "", nil
	case market == "XX":
		return "", fault.New(fault.Refused, "pilot_market", "no pilots in XX")
	}
	return "supervised", nil
}

func service(t *testing.T, c offer.Clock, least money.Amount) *offer.Service {
	t.Helper()
	db := sqldbtest.SQLite(t, "offer", offersql.Migrations())
	s := offer.New(offersql.New(db), c, floor{least}, grant.Key(key), wording{})
	for _, p := range offertest.Catalogue() {
		if _, err := s.PutProduct(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestProductIsRefused(t *testing.T) {
	s := service(t, clock.NewSim(offertest.Start), offertest.CNY(0))
	price := func(c money.Currency, unit money.Decimal, from, to period.Date) offer.Price {
		return offer.Price{Currency: c, Unit: unit, Valid: period.Span{From: from, To: to}}
	}
	for _, row := range []struct {
		reason  string
		edit    func(*offer.Product)
		code    string
		pointer string
	}{
		{"as it is", func(*offer.Product) {}, "", ""},
		{"prices that follow each other", func(p *offer.Product) {
			p.Prices = []offer.Price{price("CNY", "1", "2023-01-01", "2023-02-01"), price("CNY", "2", "2023-02-01", "")}
		}, "", ""},
		{"a SKU with spaces", func(p *offer.Product) { p.SKU = "a b" }, "sku_form", "/sku"},
		{"no name", func(p *offer.Product) { p.Name = " " }, "name", "/name"},
		{"a kind that nobody bills", func(p *offer.Product) { p.Kind = "lease" }, "kind_unknown", "/kind"},
		{"revenue is booked on a revenue account", func(p *offer.Product) { p.Account = "asset:cash" }, "account", "/account"},
		{"a term without a length", func(p *offer.Product) { p.Kind = offer.Term }, "term_months", "/term_months"},
		{"a feature for good has no length", func(p *offer.Product) { p.TermMonths = 1 }, "term_months", "/term_months"},
		{"by use of what?", func(p *offer.Product) { p.Kind = offer.Metered }, "meter", "/meter"},
		{"a share without an app", func(p *offer.Product) { p.Partner = "kino" }, "partner", "/partner"},
		{"a feature twice", func(p *offer.Product) { p.Features = []string{"a", "a"} }, "features", "/features/1"},
		{"no price", func(p *offer.Product) { p.Prices = nil }, "prices", "/prices"},
		{"unknown currency", func(p *offer.Product) { p.Prices[0].Currency = "XXX" }, "currency_unknown", "/prices/0/currency"},
		{"negative price", func(p *offer.Product) { p.Prices[0].Unit = "-1" }, "amount_negative", "/prices/0/unit"},
		{"no number", func(p *offer.Product) { p.Prices[0].Unit = "1,5" }, "decimal", "/prices/0/unit"},
		{"a price paid once is whole fen", func(p *offer.Product) { p.Prices[0].Unit = "0.001" }, "amount_precision", "/prices/0/unit"},
		{"no date", func(p *offer.Product) { p.Prices[0].Valid.From = "" }, "date", "/prices/0/valid/from"},
		{"an end before the start", func(p *offer.Product) { p.Prices[0].Valid.To = "2023-08-01" }, "price_validity", "/prices/0/valid/to"},
		{"two prices on one day", func(p *offer.Product) {
			p.Prices = []offer.Price{price("CNY", "1", "2023-01-01", ""), price("CNY", "2", "2023-02-01", "")}
		}, "price_overlap", "/prices/1/valid"},
		{"negative stand-alone price", func(p *offer.Product) { p.StandAlone = offertest.CNY(-1) }, "amount_negative", "/stand_alone"},
		{"unknown bundle member", func(p *offer.Product) { p.Features, p.Bundle = nil, []offer.SKU{"boost.rear", "nothing"} }, "sku_unknown", "/bundle/1"},
		{"a bundle of itself", func(p *offer.Product) { p.Features, p.Bundle = nil, []offer.SKU{"new"} }, "bundle", "/bundle/0"},
		{"a bundle of bundles", func(p *offer.Product) { p.Features, p.Bundle = nil, []offer.SKU{"launch"} }, "bundle_member", "/bundle/0"},
		{"what is paid by the month has no share of one price", func(p *offer.Product) { p.Features, p.Bundle = nil, []offer.SKU{"pilot.month"} }, "bundle_member", "/bundle/0"},
		{"a car is sold as a car", func(p *offer.Product) { p.Features, p.Bundle = nil, []offer.SKU{"car.road-1"} }, "bundle", "/kind"},
	} {
		p := offertest.Product("new", offer.Perpetual, "10", "new")
		row.edit(&p)
		_, err := s.PutProduct(t.Context(), p)
		var at string
		if e, ok := err.(*fault.Error); ok {
			at = e.Pointer
		}
		if fault.CodeOf(err) != row.code || at != row.pointer || row.code == "" && err != nil {
			t.Errorf("%s: %v, want %q at %q", row.reason, err, row.code, row.pointer)
		}
	}
}

func request(id string, v vin.VIN, lines ...offer.RequestLine) offer.Request {
	return offer.Request{ID: id, VIN: v, Customer: "cus", Market: "CN", Currency: "CNY", Lines: lines}
}

func at(sku offer.SKU, fen int64) offer.RequestLine {
	a := offertest.CNY(fen)
	return offer.RequestLine{SKU: sku, Price: &a}
}

func list(sku offer.SKU) offer.RequestLine { return offer.RequestLine{SKU: sku} }

func TestPlace(t *testing.T) {
	now := clock.NewSim(offertest.Start.Add(48 * time.Hour))
	s := service(t, now, offertest.CNY(14_700_000))
	serial := 0
	for _, row := range []struct {
		reason string
		lines  []offer.RequestLine
		edit   func(*offer.Request)
		code   string
		prices []int64 // of the order's lines
	}{
		{"a car at the floor", []offer.RequestLine{at("car.road-1", 14_700_000)}, nil, "", []int64{14_700_000}},
		{"at the catalogue's price", []offer.RequestLine{list("car.road-1")}, nil, "", []int64{14_700_000}},
		{"one fen below", []offer.RequestLine{at("car.road-1", 14_699_999)}, nil, "below_floor", nil},
		{"allowed by somebody for a reason", []offer.RequestLine{at("car.road-1", 14_000_000)}, func(r *offer.Request) {
			r.Approval = &offer.Approval{Approver: "head of sales", Reason: "press car"}
		}, "", []int64{14_000_000}},
		{"without a reason it is not allowed", []offer.RequestLine{at("car.road-1", 14_000_000)}, func(r *offer.Request) {
			r.Approval = &offer.Approval{Approver: "head of sales", Reason: " "}
		}, "below_floor", nil},
		{"without an approver neither", []offer.RequestLine{at("car.road-1", 14_000_000)}, func(r *offer.Request) {
			r.Approval = &offer.Approval{Reason: "press car"}
		}, "below_floor", nil},
		{"a discount is spread over all: the year's share of it is not the car's", []offer.RequestLine{at("car.road-1", 14_699_999), list("connectivity.year")}, nil, "below_floor", nil},
		{"several obligations in one order", []offer.RequestLine{at("car.road-1", 14_700_000), list("connectivity.year"), list("pilot.km")}, nil, "", []int64{14_700_000, 19_900, 0}},
		{"a bundle below the sum of its parts", []offer.RequestLine{list("launch")}, nil, "", []int64{14_710_086, 19_914}},
		{"a bundle at an agreed price", []offer.RequestLine{at("launch", 14_000_000)}, nil, "below_floor", nil},
		{"unknown SKU", []offer.RequestLine{list("car.road-9")}, nil, "sku_unknown", nil},
		{"negative amount", []offer.RequestLine{at("car.road-1", -1)}, nil, "amount_negative", nil},
		{"mixed currencies", []offer.RequestLine{{SKU: "car.road-1", Price: &money.Amount{Minor: 14_700_000, Currency: "USD"}}}, nil, "currency_mixed", nil},
		{"unknown currency", []offer.RequestLine{list("car.road-1")}, func(r *offer.Request) { r.Currency = "XXX" }, "currency_unknown", nil},
		{"a currency without a price", []offer.RequestLine{list("car.road-1")}, func(r *offer.Request) { r.Currency = "EUR" }, "price_missing", nil},
		{"a wrong VIN", []offer.RequestLine{list("car.road-1")}, func(r *offer.Request) { r.VIN = "LRBR1CNE0PB00000X" }, "vin_check_digit", nil},
		{"a car that was never built", []offer.RequestLine{list("car.road-1")}, func(r *offer.Request) { r.VIN = offertest.Car(t, 100) }, "car_unknown", nil},
		{"a feature before the car", []offer.RequestLine{list("boost.rear")}, nil, "vehicle_not_sold", nil},
		{"a feature's price is the catalogue's", []offer.RequestLine{list("car.road-1"), at("boost.rear", 1)}, nil, "price_not_negotiable", nil},
		{"the same twice", []offer.RequestLine{list("car.road-1"), list("boost.rear"), list("boost.rear")}, nil, "sku_twice", nil},
		{"once more in a bundle", []offer.RequestLine{list("launch"), list("connectivity.year")}, nil, "sku_twice", nil},
		{"no lines", nil, nil, "lines", nil},
		{"too many", slices.Repeat([]offer.RequestLine{list("boost.rear")}, offer.MaxLines+1), nil, "lines", nil},
		{"nobody buys", []offer.RequestLine{list("car.road-1")}, func(r *offer.Request) { r.Customer = "" }, "customer", nil},
		{"tomorrow", []offer.RequestLine{list("car.road-1")}, func(r *offer.Request) { r.PlacedAt = now.Now().Add(time.Second) }, "placed_at", nil},
		{"before there was a price", []offer.RequestLine{list("car.road-1")}, func(r *offer.Request) { r.PlacedAt = offertest.Start.Add(-time.Second) }, "price_missing", nil},
	} {
		serial++
		r := request("ord_"+row.reason, offertest.Car(t, serial), row.lines...)
		if row.edit != nil {
			row.edit(&r)
		}
		o, err := s.Place(t.Context(), r)
		if fault.CodeOf(err) != row.code || row.code == "" && err != nil {
			t.Errorf("%s: %v, want %q", row.reason, err, row.code)
			continue
		}
		var got []int64
		for _, l := range o.Lines {
			got = append(got, l.Price.Minor)
		}
		if d := cmp.Diff(row.prices, got); d != "" {
			t.Errorf("%s: %s", row.reason, d)
		}
		if err != nil {
			if _, err := s.Order(t.Context(), r.ID); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: half done: %v", row.reason, err)
			}
		}
	}
}

func TestPlaceAgain(t *testing.T) {
	now := clock.NewSim(offertest.Start.Add(48 * time.Hour))
	s := service(t, now, offertest.CNY(0))
	ctx, v := t.Context(), offertest.Car(t, 1)
	r := request("ord_1", v, list("car.road-1"))
	first, err := s.Place(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	dearer := offertest.Product("car.road-1", offer.Vehicle, "150000")
	if _, err := s.PutProduct(ctx, dearer); err != nil {
		t.Fatal(err)
	}
	now.Set(now.Now().Add(24 * time.Hour))
	again, err := s.Place(ctx, r)
	if d := cmp.Diff(first, again); d != "" || err != nil {
		t.Errorf("the repeat of an order changed it: %v %s", err, d)
	}
	r.Market = "DE"
	if _, err := s.Place(ctx, r); fault.CodeOf(err) != "idempotency_mismatch" {
		t.Errorf("another order under the same id: %v", err)
	}
	if _, err := s.Place(ctx, request("ord_2", v, list("car.road-1"))); fault.CodeOf(err) != "vehicle_sold" {
		t.Errorf("sold twice: %v", err)
	}
	back := request("ord_3", offertest.Car(t, 2), list("car.road-1"))
	back.PlacedAt = offertest.Start.Add(time.Hour)
	o, err := s.Place(ctx, back)
	if err != nil || !o.PlacedAt.Equal(back.PlacedAt) {
		t.Errorf("an order is of the day on which it was agreed: %v %v", o.PlacedAt, err)
	}
}

// TestSharesSumToThePrice: whatever is agreed, each order's shares sum to its fixed prices, and bundles to theirs.
func TestSharesSumToThePrice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := offer.Order{Currency: "CNY"}
		var total, sum int64
		for range rapid.IntRange(1, 10).Draw(t, "lines") {
			l := offer.Line{Kind: rapid.SampledFrom(offer.Kinds).Draw(t, "kind"), Price: offertest.CNY(0), StandAlone: offertest.CNY(0)}
			if l.Kind != offer.Subscription && l.Kind != offer.Metered {
				l.Price = offertest.CNY(rapid.Int64Range(0, 1e9).Draw(t, "price"))
				l.StandAlone = offertest.CNY(rapid.Int64Range(0, 1e9).Draw(t, "alone"))
			}
			o.Lines, total = append(o.Lines, l), total+l.Price.Minor
		}
		for i := range o.Lines {
			share, err := o.Share(i)
			if err != nil {
				t.Fatal(err)
			}
			sum += share.Minor
		}
		if sum != total {
			t.Fatalf("shares sum to %d of %d", sum, total)
		}
	})
}

func TestDocumentsFollowTheRights(t *testing.T) {
	now := clock.NewSim(offertest.Start.Add(12 * time.Hour))
	s := service(t, now, offertest.CNY(0))
	ctx, v := t.Context(), offertest.Car(t, 1)
	if _, err := s.Place(ctx, request("ord_1", v, list("launch"), list("pilot.month"), list("boost.rear"))); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Document(ctx, v); fault.CodeOf(err) != "grant_none" {
		t.Errorf("no rights yet: %v", err)
	}
	read := func() (offer.Document, *grant.Claims) {
		t.Helper()
		d, err := s.Document(ctx, v)
		if err != nil {
			t.Fatal(err)
		}
		c, err := grant.Verify(d.Raw, []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}, v, grant.Audience)
		if err != nil || c.Seq != d.Seq {
			t.Fatal(err)
		}
		return d, c
	}
	month := offer.Activation{SKU: "pilot.month", Kind: offer.Subscription, Features: []string{"pilot.highway"}, From: "2023-09-01", Until: "2023-10-01"}
	year := offer.Activation{SKU: "connectivity.year", Kind: offer.Term, Features: []string{"connectivity"}, From: "2023-09-01", Until: "2024-09-01"}
	car := offer.Activation{SKU: "car.road-1", Kind: offer.Vehicle, From: "2023-09-01"}
	for range 2 {
		if seq, err := s.Activate(ctx, "ord_1", v, car, month, year); seq != 1 || err != nil {
			t.Fatalf("number %d, %v", seq, err)
		}
	}
	first, c := read()
	if !c.Allows("pilot.highway", now.Now()) || !c.Allows("connectivity", now.Now()) || c.Allows("boost.rear", now.Now()) {
		t.Errorf("%+v", c)
	}
	now.Set(now.Now().Add(offer.RenewAfter - time.Hour))
	if again, _ := read(); !bytes.Equal(again.Raw, first.Raw) {
		t.Error("the same number got other bytes")
	}
	now.Set(now.Now().Add(2 * time.Hour))
	renewed, c := read()
	if renewed.Seq != 2 || !c.Allows("connectivity", now.Now().Add(offer.OfflineTerm-time.Hour)) {
		t.Errorf("a car that asks in time is never without: number %d, %+v", renewed.Seq, c)
	}
	if again, _ := read(); again.Seq != 2 {
		t.Errorf("renewed for ever: %d", again.Seq)
	}
	if seq, err := s.Cancel(ctx, offer.Cancellation{OrderID: "ord_1", VIN: v, SKU: "pilot.month", On: "2023-09-05"}); seq != 3 || err != nil {
		t.Fatal(seq, err)
	}
	if _, c = read(); c.Allows("pilot.highway", now.Now()) {
		t.Error("refunded and still on")
	}
	for reason, a := range map[string]offer.Activation{
		"no kind":              {SKU: "x", Features: []string{"x"}, From: "2023-09-01"},
		"no day":               {SKU: "x", Kind: offer.App, Features: []string{"x"}},
		"no feature's name":    {SKU: "x", Kind: offer.App, Features: []string{"X Y"}, From: "2023-09-01"},
		"over before it began": {SKU: "x", Kind: offer.Term, Features: []string{"x"}, From: "2023-09-02", Until: "2023-09-02"},
	} {
		if _, err := s.Activate(ctx, "ord_1", v, a); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", reason, err)
		}
	}
	if _, err := s.Activate(ctx, "ord_1", offertest.Car(t, 2), month); fault.CodeOf(err) != "order_vehicle" {
		t.Errorf("another car's order: %v", err)
	}
}

// TestWhatTheLawWantsSaid: what a market wants to be said of the pilot stands in the order's line and in the car's shop, and where it may
// not be sold neither has it.
func TestWhatTheLawWantsSaid(t *testing.T) {
	s := service(t, clock.NewSim(offertest.Start.Add(48*time.Hour)), offertest.CNY(1))
	for n, c := range []struct{ market, want, code string }{{"CN", "Product pilot.km, supervised", ""}, {"XX", "", "pilot_market"}} {
		v := offertest.Car(t, n+1)
		sale := offer.Request{ID: "sale/" + c.market, VIN: v, Customer: "owner", Market: c.market, Currency: "CNY", Lines: []offer.RequestLine{{SKU: "car.road-1"}}}
		if _, err := s.Place(t.Context(), sale); err != nil {
			t.Fatal(err)
		}
		o, err := s.Purchase(t.Context(), v, "pilot/"+c.market, "pilot.km")
		var f *fault.Error
		if errors.As(err, &f); fault.CodeOf(err) != c.code || f != nil && f.Pointer != "/market" {
			t.Fatalf("%s: %v", c.market, err)
		}
		if err == nil && o.Lines[0].Name != c.want {
			t.Errorf("%s: the order says %q", c.market, o.Lines[0].Name)
		}
		items, err := s.Shop(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, it := range items {
			if it.SKU == "pilot.km" {
				got = it.Name
			}
		}
		if got != c.want {
			t.Errorf("%s: the shop says %q, want %q", c.market, got, c.want)
		}
	}
}
