package supplyhttp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"roadbook/money"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/platform/web"
	"roadbook/supply"
	"roadbook/supply/supplyhttp"
	"roadbook/supply/supplysql"
	"roadbook/supply/supplytest"
)

func serve(t *testing.T) http.Handler {
	s := supplytest.Filled(t, supplysql.New(sqldbtest.SQLite(t, "supply", supplysql.Migrations())))
	mux := http.NewServeMux()
	supplyhttp.Register(web.NewAPI(mux, "test", "1", ""), s)
	return mux
}

// call sends a request and reads the answer; an empty key sends none.
func call(t *testing.T, h http.Handler, method, path, key, body string, status int, into any) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != status {
		t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
	}
}

func TestEveryRouteWorks(t *testing.T) {
	h := serve(t)
	var got map[string]any
	for _, r := range []struct{ path, body string }{
		{"/v1/suppliers", `{"id":"cell-co","name":"Cell Co"}`},
		{"/v1/suppliers/byd/exclusions", `{"span":{"from":"2023-08-01","to":"2026-08-01"},"reason":"r","owner":"o","evidence":"e"}`},
		{"/v1/pack-contracts", `{"id":"c-new","supplier":"cell-co","part":"pack.lfp","chemistry":"LFP","kwh":"73.6","currency":"CNY","signed":"2023-09-01","prices":[{"from":"2023-09-01","min_volume":0,"unit":"60000","source":"s"}]}`},
		{"/v1/pack-lots", `{"contract":"c-new","serials":["N1"],"received":"2023-09-02"}`},
		{"/v1/models", `{"id":"road-9","name":"Nine","currency":"CNY","lines":[{"part":"all","category":"bom","quantity":"1","unit":"1.5","valid":{"from":"2023-09-01"},"source":"s"}]}`},
		{"/v1/models/road-9/lines", `{"part":"all","category":"bom","quantity":"1","unit":"2.5","valid":{"from":"2024-09-01"},"source":"s"}`},
		{"/v1/tariffs", `{"meter":"delivery.byte","supplier":"carrier","currency":"CNY","price":"9","per":1000000000,"valid":{"from":"2023-09-01"},"source":"s"}`},
		{"/v1/rates", `{"from":"EUR","to":"CNY","rate":"7.8","date":"2023-09-01","source":"s"}`},
	} {
		var first, again map[string]any
		call(t, h, http.MethodPost, r.path, "k1", r.body, http.StatusCreated, &first)
		call(t, h, http.MethodPost, r.path, "k1", r.body, http.StatusCreated, &again)
		if a, b := text(t, first), text(t, again); a != b {
			t.Errorf("%s: first %s, again %s", r.path, a, b)
		}
		var p web.Problem
		call(t, h, http.MethodPost, r.path, "k1", strings.NewReplacer(`"source":"s"`, `"source":"x"`, `"evidence":"e"`, `"evidence":"x"`, `Cell Co`, `Other`, `N1`, `N2`).Replace(r.body),
			http.StatusUnprocessableEntity, &p)
		if p.Code != "idempotency_mismatch" {
			t.Errorf("%s: the key with another body: %+v", r.path, p)
		}
		call(t, h, http.MethodPost, r.path, "", r.body, http.StatusUnprocessableEntity, &p)
	}
	for _, path := range []string{"/v1/suppliers", "/v1/suppliers/byd/exclusions", "/v1/pack-contracts", "/v1/pack-lots", "/v1/models", "/v1/models/road-9",
		"/v1/tariffs", "/v1/rates", "/v1/packs/P1"} {
		call(t, h, http.MethodGet, path, "", "", http.StatusOK, &got)
	}
	var page struct {
		Data       []supply.Supplier
		NextCursor string `json:"next_cursor"`
	}
	call(t, h, http.MethodGet, "/v1/suppliers?limit=2", "", "", http.StatusOK, &page)
	call(t, h, http.MethodGet, "/v1/suppliers?limit=2&cursor="+page.NextCursor, "", "", http.StatusOK, &page)
	if len(page.Data) != 2 || page.Data[0].ID != "carrier" {
		t.Errorf("second page %+v", page)
	}
	var f supply.Floor
	call(t, h, http.MethodGet, "/v1/models/road-1/floor?serial=P3&date=2023-09-10&margin=0.01", "", "", http.StatusOK, &f)
	if f.Minimum != money.Of(14_494_950, "CNY") {
		t.Errorf("floor %s", f.Minimum)
	}
}

func text(t *testing.T, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRefusals(t *testing.T) {
	h := serve(t)
	for _, row := range []struct{ why, path, body, code string }{
		{"an excluded supplier is refused with the reason", "/v1/pack-lots", `{"contract":"c-catl","serials":["P9"],"received":"2023-09-09"}`, "supplier_excluded"},
		{"an unknown field is a misspelt one", "/v1/rates", `{"from":"EUR","to":"CNY","rte":"7.8","date":"2023-09-01","source":"s"}`, ""},
		{"a negative price", "/v1/tariffs", `{"meter":"m","supplier":"carrier","currency":"CNY","price":"-9","valid":{"from":"2023-09-01"},"source":"s"}`, "decimal"},
	} {
		if row.code == "supplier_excluded" {
			var got map[string]any
			call(t, h, http.MethodPost, "/v1/suppliers/catl/exclusions", "x", `{"span":{"from":"2023-09-01"},"reason":"r","owner":"o","evidence":"e"}`, http.StatusCreated, &got)
		}
		var p web.Problem
		call(t, h, http.MethodPost, row.path, "k", row.body, http.StatusUnprocessableEntity, &p)
		if row.code != "" && p.Code != row.code {
			t.Errorf("%s: %+v", row.why, p)
		}
	}
	var p web.Problem
	call(t, h, http.MethodGet, "/v1/suppliers?cursor=%21", "", "", http.StatusUnprocessableEntity, &p)
	call(t, h, http.MethodGet, "/v1/models/none/floor?date=2023-09-10", "", "", http.StatusNotFound, &p)
}
