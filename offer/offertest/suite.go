// Package offertest holds builders and the suite that every offer.Store passes.
package offertest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/period"
	"roadbook/vin"
)

// Start is the day on which the tests' catalogue begins.
var Start = time.Date(2023, 9, 1, 0, 0, 0, 0, time.UTC)

// Car returns the serial-th car.
func Car(t testing.TB, serial int) vin.VIN {
	t.Helper()
	v, err := vin.Make("LRB", "R1CNE", 'P', 'B', serial)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// CNY returns fen.
func CNY(fen int64) money.Amount { return money.Of(fen, "CNY") }

// Product returns a product with one price that is valid from Start on.
func Product(sku offer.SKU, kind offer.Kind, unit money.Decimal, features ...string) offer.Product {
	p := offer.Product{SKU: sku, Name: "Product " + string(sku), Kind: kind, Account: "revenue:feature", Features: features,
		Prices: []offer.Price{{Currency: "CNY", Unit: unit, Valid: period.Span{From: period.DateOf(Start)}}}}
	switch kind {
	case offer.Term:
		p.TermMonths = 12
	case offer.Metered:
		p.Meter = "pilot.km"
	case offer.Vehicle, offer.Perpetual, offer.Subscription, offer.App:
	}
	return p
}

// Catalogue is one product of each kind, and a bundle.
func Catalogue() []offer.Product {
	launch := Product("launch", offer.Vehicle, "147300")
	launch.Bundle = []offer.SKU{"car.road-1", "connectivity.year"}
	app := Product("app.kino", offer.App, "30", "app.kino")
	app.Partner = "kino"
	return []offer.Product{
		Product("car.road-1", offer.Vehicle, "147000"),
		Product("connectivity.year", offer.Term, "199", "connectivity"),
		Product("pilot.month", offer.Subscription, "99", "pilot.highway"),
		Product("pilot.km", offer.Metered, "0.205", "pilot.highway"),
		Product("boost.rear", offer.Perpetual, "1999", "boost.rear"),
		app, launch,
	}
}

func order(id string, v vin.VIN, hour int, lines ...offer.Line) offer.Order {
	return offer.Order{ID: id, VIN: v, Customer: "cus", Market: "CN", Currency: "CNY", PlacedAt: Start.Add(time.Duration(hour) * time.Hour), Lines: lines}
}

var (
	carLine   = offer.Line{SKU: "car.road-1", Name: "Car", Kind: offer.Vehicle, Account: "revenue:hardware", Price: CNY(147), StandAlone: CNY(147)}
	boostLine = offer.Line{SKU: "boost.rear", Name: "Boost", Kind: offer.Perpetual, Account: "revenue:feature", Features: []string{"boost.rear"}, Price: CNY(19), StandAlone: CNY(19)}
)

// Suite is what every Store must hold. open returns an empty store; events counts the events of a name that it has said.
func Suite(t *testing.T, open func(t *testing.T) (s offer.Store, events func(name string) int)) {
	for name, test := range map[string]func(*testing.T, offer.Store, func(string) int){
		"catalogue": catalogue, "orders": orders, "rights": rights, "documents": documents, "races": races,
	} {
		t.Run(name, func(t *testing.T) {
			s, events := open(t)
			test(t, s, events)
		})
	}
}

func wantCode(t *testing.T, reason string, err error, code string) {
	t.Helper()
	if fault.CodeOf(err) != code || code == "" && err != nil {
		t.Errorf("%s: got %v, want %q", reason, err, code)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func catalogue(t *testing.T, s offer.Store, _ func(string) int) {
	ctx := t.Context()
	for _, p := range Catalogue() {
		must(t, s.PutProduct(ctx, p))
		got, err := s.Product(ctx, p.SKU)
		must(t, err)
		if d := cmp.Diff(p, got, cmpopts.EquateEmpty()); d != "" {
			t.Error(d)
		}
	}
	p := Product("boost.rear", offer.Perpetual, "1500", "boost.rear")
	must(t, s.PutProduct(ctx, p))
	got, err := s.Product(ctx, "boost.rear")
	must(t, err)
	if got.Prices[0].Unit != "1500" {
		t.Errorf("not replaced: %v", got.Prices)
	}
	wantCode(t, "orders rely on the kind", s.PutProduct(ctx, Product("boost.rear", offer.Subscription, "9")), "product_kind")
	_, err = s.Product(ctx, "nothing")
	wantCode(t, "no such product", err, "sku_unknown")
	var seen []offer.SKU
	for after := offer.SKU(""); ; {
		page, err := s.Products(ctx, after, 3)
		must(t, err)
		if len(page) == 0 {
			break
		}
		for _, p := range page {
			seen = append(seen, p.SKU)
		}
		after = page[len(page)-1].SKU
	}
	want := []offer.SKU{"app.kino", "boost.rear", "car.road-1", "connectivity.year", "launch", "pilot.km", "pilot.month"}
	if d := cmp.Diff(want, seen); d != "" {
		t.Error(d)
	}
}

func orders(t *testing.T, s offer.Store, events func(string) int) {
	ctx, v, other := t.Context(), Car(t, 1), Car(t, 2)
	_, err := s.Sale(ctx, v)
	wantCode(t, "not sold yet", err, "vehicle_not_sold")
	_, err = s.Place(ctx, order("ord_0", v, 0, boostLine), "d0")
	wantCode(t, "a feature before the car", err, "vehicle_not_sold")

	first := order("ord_1", v, 1, carLine)
	for range 2 {
		got, err := s.Place(ctx, first, "d1")
		must(t, err)
		if d := cmp.Diff(first, got); d != "" {
			t.Error(d)
		}
	}
	later := first
	later.PlacedAt = later.PlacedAt.Add(time.Hour)
	got, err := s.Place(ctx, later, "d1")
	must(t, err)
	if !got.PlacedAt.Equal(first.PlacedAt) {
		t.Error("a repeat changed the order")
	}
	_, err = s.Place(ctx, first, "another")
	wantCode(t, "the same id for another request", err, "idempotency_mismatch")
	_, err = s.Place(ctx, order("ord_2", v, 2, carLine), "d2")
	wantCode(t, "a second sale", err, "vehicle_sold")
	_, err = s.Place(ctx, order("ord_3", v, 3, boostLine), "d3")
	must(t, err)
	_, err = s.Place(ctx, order("ord_4", v, 4, boostLine), "d4")
	wantCode(t, "it has that already", err, "already_owned")
	_, err = s.Place(ctx, order("ord_5", other, 5, carLine, boostLine), "d5")
	must(t, err)
	if n := events("offer.Placed"); n != 3 {
		t.Errorf("%d orders were told of, 3 were placed", n)
	}

	x, err := s.Sale(ctx, v)
	must(t, err)
	if x.OrderID != "ord_1" || x.Customer != "cus" || x.Market != "CN" || x.Currency != "CNY" || !x.PlacedAt.Equal(first.PlacedAt) {
		t.Errorf("sale %+v", x)
	}
	for _, row := range []struct {
		why   string
		to    offer.Transfer
		owner string
	}{
		{"the second owner", offer.Transfer{VIN: v, N: 2, Owner: "second"}, "second"},
		{"told again", offer.Transfer{VIN: v, N: 2, Owner: "second"}, "second"},
		{"the third", offer.Transfer{VIN: v, N: 3, Owner: "third"}, "third"},
		{"the second told late", offer.Transfer{VIN: v, N: 2, Owner: "second"}, "third"},
	} {
		must(t, s.Transfer(ctx, row.to))
		if x, err = s.Sale(ctx, v); err != nil || x.Owner != row.owner || x.Customer != "cus" {
			t.Errorf("%s: %+v %v", row.why, x, err)
		}
	}
	if x, err := s.Sale(ctx, other); err != nil || x.Owner != "cus" {
		t.Errorf("who bought it has it: %+v %v", x, err)
	}
	held, err := s.Held(ctx, v)
	must(t, err)
	if d := cmp.Diff([]offer.SKU{"boost.rear"}, held); d != "" {
		t.Error(d)
	}
	if _, _, err := s.Placed(ctx, "ord_9"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no such order: %v", err)
	}
	ids := func(v vin.VIN) (out []string) {
		for c := (offer.Cursor{}); ; {
			page, err := s.Orders(ctx, v, c, 1)
			must(t, err)
			if len(page) == 0 {
				return out
			}
			c = offer.Cursor{PlacedAt: page[0].PlacedAt, ID: page[0].ID}
			out = append(out, page[0].ID)
		}
	}
	if d := cmp.Diff([]string{"ord_5", "ord_3", "ord_1"}, ids("")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"ord_3", "ord_1"}, ids(v)); d != "" {
		t.Error(d)
	}
}

func rights(t *testing.T, s offer.Store, events func(string) int) {
	ctx, v, at := t.Context(), Car(t, 1), Start
	_, err := s.Place(ctx, order("ord_1", v, 1, carLine, boostLine), "d1")
	must(t, err)
	right := offer.Right{OrderID: "ord_1", SKU: "pilot.month", VIN: v, Kind: offer.Subscription, Features: []string{"pilot.highway"},
		From: "2023-09-01", Until: "2023-10-01", Ends: "2023-10-01"}
	next := right
	next.From, next.Until, next.Ends = "2023-10-01", "2023-11-01", "2023-11-01"
	boost := offer.Right{OrderID: "ord_1", SKU: "boost.rear", VIN: v, Kind: offer.Perpetual, Features: []string{"boost.rear"}, From: "2023-09-01"}
	if seq, _, err := s.Rights(ctx, v); seq != 0 || err != nil {
		t.Errorf("a car without rights has number 0, not %d, %v", seq, err)
	}
	for _, row := range []struct {
		reason string
		order  string
		car    vin.VIN
		add    []offer.Right
		seq    uint64
		rose   bool
		code   string
	}{
		{"two rights of one payment are one step", "ord_1", v, []offer.Right{right, boost}, 1, true, ""},
		{"the same again is nothing", "ord_1", v, []offer.Right{right, boost}, 1, false, ""},
		{"another end is another right", "ord_1", v, []offer.Right{right, next}, 2, true, ""},
		{"an order of another car", "ord_1", Car(t, 2), []offer.Right{right}, 0, false, "order_vehicle"},
		{"no such order", "ord_9", v, []offer.Right{right}, 0, false, "order_unknown"},
	} {
		seq, rose, err := s.Activate(ctx, row.order, row.car, row.add, at)
		wantCode(t, row.reason, err, row.code)
		if err == nil && (seq != row.seq || rose != row.rose) {
			t.Errorf("%s: number %d rose %v", row.reason, seq, rose)
		}
	}
	cancel := offer.Cancellation{OrderID: "ord_1", VIN: v, SKU: "pilot.month", On: "2023-10-15"}
	for i, want := range []bool{true, false} {
		if seq, rose, err := s.Cancel(ctx, cancel, at); seq != 3 || rose != want || err != nil {
			t.Errorf("cancel %d: %d %v %v", i, seq, rose, err)
		}
	}
	_, _, err = s.Cancel(ctx, offer.Cancellation{OrderID: "ord_1", VIN: v, SKU: "boost.rear", On: "2023-09-20"}, at)
	must(t, err)
	_, err = s.Place(ctx, order("ord_2", v, 9, boostLine), "d2")
	wantCode(t, "what was cancelled can be bought again", err, "")

	seq, got, err := s.Rights(ctx, v)
	must(t, err)
	boost.Ends, next.Ends = "2023-09-20", "2023-10-15"
	if d := cmp.Diff([]offer.Right{boost, right, next}, got); d != "" || seq != 4 {
		t.Errorf("number %d, %s", seq, d)
	}
	if n := events("offer.Granted"); n != 4 {
		t.Errorf("%d changes were told of, there were 4", n)
	}
}

func documents(t *testing.T, s offer.Store, _ func(string) int) {
	ctx, v := t.Context(), Car(t, 1)
	_, err := s.Document(ctx, v, 1)
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("no document yet: %v", err)
	}
	first := offer.Document{VIN: v, Seq: 1, Raw: []byte{1, 2, 3}, IssuedAt: Start, RenewAt: Start.Add(time.Hour)}
	second := first
	second.Raw, second.RenewAt = []byte{9}, time.Time{}
	for reason, d := range map[string]offer.Document{"first": first} {
		got, err := s.SaveDocument(ctx, d)
		must(t, err)
		if d := cmp.Diff(first, got); d != "" {
			t.Errorf("%s: %s", reason, d)
		}
	}
	got, err := s.SaveDocument(ctx, second)
	must(t, err)
	if d := cmp.Diff(first, got); d != "" {
		t.Errorf("a number got another content: %s", d)
	}
	second.Seq = 2
	got, err = s.SaveDocument(ctx, second)
	must(t, err)
	if d := cmp.Diff(second, got); d != "" {
		t.Error(d)
	}

	_, err = s.Place(ctx, order("ord_1", v, 1, carLine, boostLine), "d1")
	must(t, err)
	right := offer.Right{OrderID: "ord_1", SKU: "boost.rear", VIN: v, Kind: offer.Perpetual, Features: []string{"boost.rear"}, From: "2023-09-01"}
	seq, _, err := s.Activate(ctx, "ord_1", v, []offer.Right{right}, Start)
	must(t, err)
	for range 2 { // the second is too late
		must(t, s.Renew(ctx, v, seq))
	}
	if now, _, err := s.Rights(ctx, v); now != seq+1 || err != nil {
		t.Errorf("number %d after %d, %v", now, seq, err)
	}
}

// races lets several replicas do the same at once.
func races(t *testing.T, s offer.Store, events func(string) int) {
	ctx, v := t.Context(), Car(t, 1)
	const n = 6
	together := func(do func(ctx context.Context, i int) error) (won int, errs []error) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		for i := range n {
			wg.Go(func() {
				err := do(ctx, i)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else {
					errs = append(errs, err)
				}
			})
		}
		wg.Wait()
		return won, errs
	}
	won, errs := together(func(ctx context.Context, i int) error {
		_, err := s.Place(ctx, order(fmt.Sprintf("ord_%d", i), v, i, carLine), "d")
		return err
	})
	for _, err := range errs {
		wantCode(t, "a car is sold once", err, "vehicle_sold")
	}
	if won != 1 || events("offer.Placed") != 1 {
		t.Fatalf("%d of %d sales of one car succeeded, %d told", won, n, events("offer.Placed"))
	}
	x, err := s.Sale(ctx, v)
	must(t, err)
	right := offer.Right{OrderID: x.OrderID, SKU: "boost.rear", VIN: v, Kind: offer.Perpetual, Features: []string{"boost.rear"}, From: "2023-09-01"}
	if won, errs = together(func(ctx context.Context, _ int) error {
		_, _, err := s.Activate(ctx, x.OrderID, v, []offer.Right{right}, Start)
		return err
	}); won != n {
		t.Errorf("a repeat was refused: %v", errs)
	}
	if seq, _, err := s.Rights(ctx, v); seq != 1 || err != nil || events("offer.Granted") != 1 {
		t.Errorf("one right raised the number to %d, %v", seq, err)
	}
}
