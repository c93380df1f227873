package outlookhttp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"roadbook/fleet/fleetsql"
	"roadbook/fleet/fleettest"
	"roadbook/ledger"
	"roadbook/ledger/ledgerhttp"
	"roadbook/ledger/ledgersql"
	"roadbook/ledger/ledgertest"
	"roadbook/outlook"
	"roadbook/outlook/outlookhttp"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/platform/web"
)

// From the fleet's answer to a single entry, over the real ledger and the real fleet.
func TestEveryFigureLeadsToItsEntries(t *testing.T) {
	ctx := t.Context()
	books := ledger.New(ledgersql.New(sqldbtest.SQLite(t, "ledger", ledgersql.Migrations())), ledgertest.Clock{})
	cars, _ := fleettest.New(t, fleetsql.New(sqldbtest.SQLite(t, "fleet", fleetsql.Migrations())))
	for n := 1; n <= 3; n++ {
		v := fleettest.VIN(n)
		if _, _, err := cars.Build(ctx, "", fleettest.Plan(n)); err != nil {
			t.Fatal(err)
		}
		if n == 3 {
			break // built and not sold
		}
		if err := cars.MarkSold(ctx, v, "owner", "2026-03-04"); err != nil {
			t.Fatal(err)
		}
		if _, err := books.Post(ctx, ledgertest.Sale("sale/"+string(v), string(v), int64(1000*n))); err != nil {
			t.Fatal(err)
		}
	}
	s, err := outlook.New(books, cars, ledgertest.Clock{}, "CNY")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	api := web.NewAPI(mux, "test", "1", "")
	outlookhttp.Register(api, s)
	ledgerhttp.Register(api, books)
	get := func(path string, status int, into any) {
		t.Helper()
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil))
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil || w.Code != status {
			t.Fatalf("GET %s: %d %s (%v)", path, w.Code, w.Body, err)
		}
	}

	var whole outlookhttp.Fleet
	get("/v1/outlook", http.StatusOK, &whole)
	if whole.Statement.Cars != 2 || whole.Statement.Line("hardware_revenue").Minor != 3000 || whole.Statement.Net.Minor != 3000-501-1001 ||
		!strings.HasPrefix(whole.Sentence, "No: ") {
		t.Errorf("fleet %+v", whole)
	}
	var list struct{ Data []outlook.Statement }
	get("/v1/outlook/cars", http.StatusOK, &list)
	if len(list.Data) != 3 || list.Data[2].Cars != 0 || list.Data[2].Net.Minor != 0 || list.Data[0].Net.Minor+list.Data[1].Net.Minor != whole.Statement.Net.Minor {
		t.Errorf("cars %+v", list.Data)
	}
	var one outlook.Statement
	get("/v1/outlook/cars/"+string(fleettest.VIN(2)), http.StatusOK, &one)
	for _, l := range one.Lines {
		if l.Link == "" {
			if !l.Amount.IsZero() {
				t.Errorf("%s of %s leads nowhere", l.Key, l.Amount)
			}
			continue
		}
		var entries struct{ Data []ledger.Booked }
		get(l.Link, http.StatusOK, &entries)
		if want := map[bool]int{true: 0, false: 1}[l.Amount.Minor == 0]; len(entries.Data) != want {
			t.Errorf("%s of %s leads to %d entries by %s", l.Key, l.Amount, len(entries.Data), l.Link)
		}
	}
	var p web.Problem
	get("/v1/outlook/cars/"+string(fleettest.VIN(9)), http.StatusNotFound, &p)
	get("/v1/outlook/cars/x", http.StatusUnprocessableEntity, &p)
	get("/v1/outlook/cars?cursor=%21", http.StatusUnprocessableEntity, &p)
}
