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

	"roadbook/billing"
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

func (b books) Over(_ context.Context, vehicles []string, _ ledger.Filter) ([]ledger.Sum, error) {
	at := map[ledger.Sum]ledger.Sum{}
	for _, s := range ledger.RollUp(b...) {
		if vehicles == nil || slices.Contains(vehicles, s.Vehicle) {
			s.Vehicle, s.Partner, s.Market = "", "", ""
			ledger.Collect(at, []ledger.Sum{s})
		}
	}
	return ledger.Collected(at), nil
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

func (garage) SoldOn(context.Context) (map[period.Date]int, error) {
	return map[period.Date]int{"2026-03-04": 2}, nil
}

func (garage) Sales(_ context.Context, span period.Span, after fleet.Sale, limit int) (out []fleet.Sale, _ error) {
	for n := 1; n <= 2; n++ {
		s := fleet.Sale{VIN: fleettest.VIN(n), On: "2026-03-04", Owners: []fleet.Ownership{{N: 1, Owner: "o", Since: "2026-03-04"}}}
		if span.Contains(s.On) && (s.On > after.On || s.VIN > after.VIN) && len(out) < limit {
			out = append(out, s)
		}
	}
	return out, nil
}

func (garage) Owners(context.Context, vin.VIN) ([]fleet.Ownership, error) { return nil, nil }

func (garage) Taken(context.Context, []vin.VIN) ([]billing.Taken, error) { return nil, nil }

// From the fleet's answer to the entries behind each figure.
func TestEveryFigureLeadsToItsEntries(t *testing.T) {
	second := string(fleettest.VIN(2))
	b := books{ledgertest.Sale("sale/1", string(fleettest.VIN(1)), 1000), ledgertest.Sale("sale/2", second, 2000)}
	for _, product := range []string{"car.su7", "pilot.month"} {
		b = append(b, ledger.Entry{Ref: "fee/" + product, Date: "2026-03-04", Postings: []ledger.Posting{{Debit: ledger.CostPayment, Credit: ledger.Cash,
			Amount: money.Of(5, "CNY"), Dims: ledger.Dims{Vehicle: second, Product: product}}}})
	}
	s, err := outlook.New(b, garage{}, garage{}, ledgertest.Clock{}, "CNY")
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

	// By cohort and over the life it is the same money.
	var all outlook.Cohorts
	get("/v1/outlook/cohorts?key=cars_sold", http.StatusOK, &all)
	if len(all.Cohorts) != 1 || all.Cohorts[0].Quarter != "2026Q1" || all.Cohorts[0].Net != whole.Statement.Net || all.RestNet.Minor != 0 || len(all.Allocation) != 0 {
		t.Errorf("cohorts %+v", all)
	}
	cohort := all.Cohorts[0]
	if cohort.Line("hardware_revenue").PerCar.Minor != 1500 {
		t.Errorf("per car %+v", cohort.Line("hardware_revenue"))
	}
	var seen int64
	for path := cohort.Line("pack").Link + "&limit=1"; path != ""; {
		var page struct {
			Data       []outlookhttp.CohortCar
			NextCursor string `json:"next_cursor"`
		}
		get(path, http.StatusOK, &page)
		if len(page.Data) > 1 {
			t.Fatalf("%s has %d cars", path, len(page.Data))
		}
		for _, c := range page.Data {
			if len(c.Lines) != 1 || c.SoldOn != "2026-03-04" || c.Owners != 1 || b.behind(t, c.Lines[0].Link) != 1 {
				t.Errorf("%s: %+v", path, c)
			}
			seen += c.Lines[0].Amount.Minor
		}
		if path = ""; page.NextCursor != "" {
			path = cohort.Line("pack").Link + "&limit=1&cursor=" + page.NextCursor
		}
	}
	if seen != cohort.Line("pack").Amount.Minor {
		t.Errorf("the cars' packs sum to %d, the cohort's to %s", seen, cohort.Line("pack").Amount)
	}
	var life outlook.Life
	for path, net := range map[string]money.Amount{"/v1/outlook/life": whole.Statement.Net, "/v1/outlook/cars/" + second + "/life?grain=quarter": one.Net} {
		get(path, http.StatusOK, &life)
		if life.Total.Net != net || len(life.Periods) != 1 {
			t.Errorf("%s: %+v", path, life)
		}
		for _, l := range life.Periods[0].Lines {
			if !l.Amount.IsZero() && b.behind(t, l.Link) == 0 {
				t.Errorf("%s of %s leads to no entry", l.Key, path)
			}
		}
	}
	var o outlook.Observations
	get("/v1/outlook/observations", http.StatusOK, &o)
	if len(o.Costs) == 0 || o.AsOf != "2026-03-04" {
		t.Errorf("observations %+v", o)
	}
	get("/v1/outlook/cohorts/2026Q1", http.StatusOK, &cohort)
	for path, status := range map[string]int{"/v1/outlook/cohorts/2026": 422, "/v1/outlook/cohorts?key=hope": 422, "/v1/outlook/life?grain=week": 422, "/v1/outlook/cohorts/2026Q1/cars?cursor=%21": 422,
		"/v1/outlook/cohorts/2026Q1/cars?cursor=Zm9v": 422, "/v1/outlook/cars/" + string(fleettest.VIN(9)) + "/life": 404, "/v1/outlook/cars/x/life": 422} {
		get(path, status, &p)
	}
	post := func(body string) (int, []outlook.Variance) {
		t.Helper()
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/outlook/cohorts/2026Q1/variance", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		mux.ServeHTTP(w, r)
		var out struct{ Data []outlook.Variance }
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
		return w.Code, out.Data
	}
	status, v := post(`{"forecast":[{"key":"net","p5":1,"p50":7,"p95":8}]}`)
	if i := slices.IndexFunc(v, func(v outlook.Variance) bool { return v.Key == "net" }); status != http.StatusOK || i < 0 || !v[i].Inside || v[i].Actual.Minor != 744 {
		t.Errorf("variance %d %+v", status, v)
	}
	if status, _ := post(`{"forecast":[{"key":"nett","p5":1,"p50":7,"p95":8}]}`); status != http.StatusUnprocessableEntity {
		t.Errorf("a forecast of no line: %d", status)
	}
}

func FuzzCursorOfACohort(f *testing.F) {
	s, err := outlook.New(books{}, garage{}, garage{}, ledgertest.Clock{}, "CNY")
	if err != nil {
		f.Fatal(err)
	}
	mux := http.NewServeMux()
	outlookhttp.Register(web.NewAPI(mux, "test", "1", ""), s)
	f.Add("MjAyNi0wMy0wNCBMUkI")
	f.Add("!")
	f.Fuzz(func(t *testing.T, cursor string) {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/outlook/cohorts/2026Q1/cars?cursor="+url.QueryEscape(cursor), nil))
		if w.Code != http.StatusOK && w.Code != http.StatusUnprocessableEntity {
			t.Errorf("cursor %q: %d %s", cursor, w.Code, w.Body)
		}
	})
}
