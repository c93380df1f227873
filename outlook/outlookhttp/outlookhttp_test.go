package outlookhttp_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/fleet/fleettest"
	"roadbook/ledger"
	"roadbook/ledger/ledgertest"
	"roadbook/money"
	"roadbook/outlook"
	"roadbook/outlook/outlookhttp"
	"roadbook/period"
	"roadbook/platform/web"
	"roadbook/vin"
)

// books are entries in memory.
type books []ledger.Entry

func (b books) ByProduct(_ context.Context, f ledger.Filter) ([]ledger.Sum, error) {
	return slices.DeleteFunc(ledger.RollUp(b...), func(s ledger.Sum) bool { return f.Vehicle != "" && s.Vehicle != f.Vehicle }), nil
}

// behind counts the entries that a line's link selects.
func (b books) behind(t *testing.T, link string) (n int) {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil || u.Path != "/v1/ledger/entries" {
		t.Fatalf("link %q: %v", link, err)
	}
	q := u.Query()
	for _, e := range b {
		if slices.ContainsFunc(e.Postings, func(p ledger.Posting) bool {
			return (slices.Contains(q["account"], string(p.Debit)) || slices.Contains(q["account"], string(p.Credit))) &&
				(q["vehicle"] == nil || slices.Contains(q["vehicle"], p.Dims.Vehicle)) &&
				(q["product"] == nil || slices.Contains(q["product"], p.Dims.Product))
		}) {
			n++
		}
	}
	return n
}

// garage is two sold cars and one that is not.
type garage struct{}

func (garage) Car(ctx context.Context, v vin.VIN) (fleet.Car, error) {
	cars, _ := garage{}.Cars(ctx, "", 0)
	if i := slices.IndexFunc(cars, func(c fleet.Car) bool { return c.VIN == v }); i >= 0 {
		return cars[i], nil
	}
	return fleet.Car{}, fault.New(fault.NotFound, "car_unknown", "there is no car %q", v)
}

func (garage) Cars(context.Context, vin.VIN, int) ([]fleet.Car, error) {
	return []fleet.Car{{VIN: fleettest.VIN(1), State: fleet.StateSold}, {VIN: fleettest.VIN(2), State: fleet.StateSold}, {VIN: fleettest.VIN(3), State: fleet.StateBuilt}}, nil
}

func (garage) Sold(context.Context, period.Date) (int, int64, error) { return 2, 2, nil }

// From the fleet's answer to the entries behind each figure.
func TestEveryFigureLeadsToItsEntries(t *testing.T) {
	second := string(fleettest.VIN(2))
	b := books{ledgertest.Sale("sale/1", string(fleettest.VIN(1)), 1000), ledgertest.Sale("sale/2", second, 2000)}
	for _, product := range []string{"car.su7", "pilot.month"} {
		b = append(b, ledger.Entry{Ref: "fee/" + product, Date: "2026-03-04", Postings: []ledger.Posting{{Debit: ledger.CostPayment, Credit: ledger.Cash,
			Amount: money.Of(5, "CNY"), Dims: ledger.Dims{Vehicle: second, Product: product}}}})
	}
	s, err := outlook.New(b, garage{}, ledgertest.Clock{}, "CNY")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	outlookhttp.Register(web.NewAPI(mux, "test", "1", ""), s)
	get := func(path string, status int, into any) {
		t.Helper()
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil || w.Code != status {
			t.Fatalf("GET %s: %d %s (%v)", path, w.Code, w.Body, err)
		}
	}

	var whole outlookhttp.Fleet
	get("/v1/outlook", http.StatusOK, &whole)
	if whole.Statement.Cars != 2 || whole.Statement.Line("hardware_revenue").Minor != 3000 || whole.Statement.Net.Minor != 3000-501-1001-10 ||
		!strings.HasPrefix(whole.Sentence, "No: ") {
		t.Errorf("fleet %+v", whole)
	}
	var list struct{ Data []outlook.Statement }
	get("/v1/outlook/cars", http.StatusOK, &list)
	if len(list.Data) != 3 || list.Data[2].Cars != 0 || list.Data[2].Net.Minor != 0 || list.Data[0].Net.Minor+list.Data[1].Net.Minor != whole.Statement.Net.Minor {
		t.Errorf("cars %+v", list.Data)
	}
	var one outlook.Statement
	get("/v1/outlook/cars/"+second, http.StatusOK, &one)
	for _, l := range one.Lines {
		n := 0
		if l.Link != "" {
			n = b.behind(t, l.Link)
		}
		want := 1 // the sale, or one of the fees
		switch {
		case l.Amount.IsZero():
			want = 0
		case l.Total:
			want = n // whatever the lines above are made of
		}
		if n != want || l.Total && n == 0 && !l.Amount.IsZero() {
			t.Errorf("%s of %s leads to %d entries by %s", l.Key, l.Amount, n, l.Link)
		}
	}
	var p web.Problem
	get("/v1/outlook/cars/"+string(fleettest.VIN(9)), http.StatusNotFound, &p)
	get("/v1/outlook/cars/x", http.StatusUnprocessableEntity, &p)
	get("/v1/outlook/cars?cursor=%21", http.StatusUnprocessableEntity, &p)
}
