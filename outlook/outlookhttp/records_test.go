package outlookhttp_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"roadbook/outlook/backtest"
	"roadbook/outlook/outlookhttp"
	"roadbook/outlook/outlooksql"
	"roadbook/outlook/record"
	"roadbook/outlook/record/recordtest"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/platform/web"
)

const aRecord = `{"id":"r1","key":"xiaomi/2024Q2/deliveries","value":27307,"unit":"cars","source":"report","date":"2024-06-30","vintage":"2024-08-21","who":"finance","level":"R"}`

func TestRecords(t *testing.T) {
	mux := http.NewServeMux()
	outlookhttp.RegisterRecords(web.NewAPI(mux, "test", "1", ""), record.New(outlooksql.New(sqldbtest.SQLite(t, "outlook", outlooksql.Migrations()))))
	call := func(method, path, key, body string, status int, into any) {
		t.Helper()
		w := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		if strings.HasSuffix(path, "/import") {
			req.Header.Set("Content-Type", "application/octet-stream")
		}
		if key != "" {
			req.Header.Set("Idempotency-Key", key)
		}
		mux.ServeHTTP(w, req)
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil || w.Code != status {
			t.Fatalf("%s %s: %d %s (%v), want %d", method, path, w.Code, w.Body, err, status)
		}
	}
	var r record.Record
	var p web.Problem
	call(http.MethodPost, "/v1/records", "k1", aRecord, http.StatusCreated, &r)
	call(http.MethodPost, "/v1/records", "k2", aRecord, http.StatusCreated, &r) // the id names it, whatever the key
	call(http.MethodPost, "/v1/records", "k3", strings.Replace(aRecord, "27307", "27308", 1), http.StatusUnprocessableEntity, &p)
	if p.Code != "idempotency_mismatch" {
		t.Errorf("the id with other content: %+v", p)
	}
	noID := strings.Replace(strings.Replace(aRecord, `"id":"r1",`, `"supersedes":"r1",`, 1), "2024-08-21", "2024-09-21", 1)
	call(http.MethodPost, "/v1/records", "k4", noID, http.StatusCreated, &r)
	if !strings.HasPrefix(r.ID, "rec_") || r.Supersedes != "r1" {
		t.Errorf("a correction: %+v", r)
	}
	call(http.MethodGet, "/v1/records/"+r.ID, "", "", http.StatusOK, &r)
	call(http.MethodGet, "/v1/records/none", "", "", http.StatusNotFound, &p)
	for _, row := range []struct{ why, old, new, pointer string }{
		{"a figure without a source", `"source":"report"`, `"source":""`, "/source"},
		{"without a value", `"value":27307,`, ``, "/value"},
		{"with a key that is none", `xiaomi/2024Q2/deliveries`, `xiaomi`, "/key"},
		{"with a field that is misspelt", `"unit"`, `"unti"`, ""},
	} {
		call(http.MethodPost, "/v1/records", "k5", strings.Replace(strings.Replace(aRecord, "r1", "r5", 1), row.old, row.new, 1), http.StatusUnprocessableEntity, &p)
		if row.pointer != "" && (len(p.Errors) != 1 || p.Errors[0].Pointer != row.pointer) {
			t.Errorf("%s: %+v", row.why, p)
		}
	}

	file := string(recordtest.File(t, "../../../shared/data/economics.json"))
	var first, again outlookhttp.Imported
	call(http.MethodPost, "/v1/records/import", "", file, http.StatusOK, &first)
	call(http.MethodPost, "/v1/records/import", "", file, http.StatusOK, &again)
	if first.Read < 300 || first.Added != first.Read || again.Read != first.Read || again.Added != 0 {
		t.Errorf("imported %+v, then %+v", first, again)
	}
	call(http.MethodPost, "/v1/records/import", "", `{"made":"2026-01-01","x":{"a":1}}`, http.StatusUnprocessableEntity, &p)

	var list struct {
		Data       []record.Record
		NextCursor string `json:"next_cursor"`
	}
	seen := 0
	for path := "/v1/records?limit=100&as_of=2024-12-31"; ; {
		list.Data, list.NextCursor = nil, ""
		call(http.MethodGet, path, "", "", http.StatusOK, &list)
		for _, r := range list.Data {
			if r.Vintage > "2024-12-31" {
				t.Errorf("%s of %s is seen as of 2024-12-31", r.Key, r.Vintage)
			}
			seen++
		}
		if list.NextCursor == "" {
			break
		}
		path = "/v1/records?limit=100&as_of=2024-12-31&cursor=" + url.QueryEscape(list.NextCursor)
	}
	if seen < 40 || seen >= first.Read {
		t.Errorf("%d records as of 2024-12-31", seen)
	}
	var facts struct{ Data []record.Fact }
	call(http.MethodGet, "/v1/facts?as_of=2025-06-01&prefix=xiaomi/2024Q2/deliveries", "", "", http.StatusOK, &facts)
	if len(facts.Data) != 1 || len(facts.Data[0].Superseded) != 2 { // the one that was corrected, and the import's older vintage
		t.Errorf("facts %+v", facts.Data)
	}
	call(http.MethodGet, "/v1/facts?as_of=soon", "", "", http.StatusUnprocessableEntity, &p)
	call(http.MethodGet, "/v1/facts", "", "", http.StatusUnprocessableEntity, &p)
	call(http.MethodGet, "/v1/records?cursor=%21", "", "", http.StatusUnprocessableEntity, &p)
}

func TestBacktests(t *testing.T) {
	dir := t.TempDir()
	shelf := backtest.Shelf{Dir: dir}
	mux := http.NewServeMux()
	outlookhttp.RegisterBacktests(web.NewAPI(mux, "test", "1", ""), shelf)
	get := func(path string, status int, into any) {
		t.Helper()
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil || w.Code != status {
			t.Fatalf("GET %s: %d %s (%v)", path, w.Code, w.Body, err)
		}
	}
	var list struct{ Data []backtest.Kept }
	get("/v1/backtests", http.StatusOK, &list)
	if list.Data == nil || len(list.Data) != 0 {
		t.Errorf("an empty shelf: %+v", list)
	}
	files := fstest.MapFS{
		"b.yaml": {Data: []byte("name: bt\npaths: 1024\nforecasts: [{name: f, maker: m, variant: v, case: c.yaml, as_of: 2024-01-01, targets: [{metric: deliveries, period: 2024Q1}]}]\n")},
		"c.yaml": {Data: []byte("as_of: 2024-01-01\n")}}
	r, err := backtest.Run(t.Context(), files, "b.yaml", backtest.Options{Dir: dir, Model: flat{}, Now: time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC), AsOf: "2024-06-01",
		Actuals: func() ([]record.Record, error) {
			return []record.Record{recordtest.Of("a", "m/2024Q1/deliveries", 0.25, "2024-05-01")}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	get("/v1/backtests", http.StatusOK, &list)
	if len(list.Data) != 1 || list.Data[0].Name != "bt" || list.Data[0].Scored != "2024-06-01" {
		t.Errorf("list %+v", list)
	}
	var got backtest.Report
	get("/v1/backtests/bt", http.StatusOK, &got)
	if got.Registration.SHA256 != r.Registration.SHA256 || got.Registration.Verify() != nil || got.Score.Rows[0].Label != backtest.Forecast {
		t.Errorf("report %+v", got)
	}
	var p web.Problem
	get("/v1/backtests/none", http.StatusNotFound, &p)
}

// flat forecasts evenly from 0 to 1.
type flat struct{}

func (flat) Version() string { return "flat" }

func (flat) Samples(_ context.Context, _ []byte, s backtest.Sampling, targets []backtest.Target) ([][]float64, error) {
	out := make([][]float64, len(targets))
	for i := range out {
		for k := range s.Paths {
			out[i] = append(out[i], float64(k)/float64(s.Paths))
		}
	}
	return out, nil
}
