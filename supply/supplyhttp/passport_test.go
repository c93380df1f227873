package supplyhttp_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/platform/web"
	"roadbook/supply/passport"
	"roadbook/supply/supplyhttp"
	"roadbook/supply/supplysql"
	"roadbook/supply/supplytest"
)

// passports serves both sides: the API as the operator calls it, and the page that anyone gets.
func passports(t *testing.T) (*httptest.Server, *supplytest.Batteries) {
	t.Helper()
	told := &supplytest.Batteries{}
	s := supplytest.Passports(t, supplysql.NewPassports(sqldbtest.SQLite(t, "supply", supplysql.Migrations())), told)
	mux := http.NewServeMux()
	supplyhttp.RegisterPassports(web.NewAPI(mux, "test", "0", ""), s)
	mux.Handle("/passport/", supplyhttp.PassportPages(s, slog.New(slog.DiscardHandler)))
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv, told
}

func ask(t *testing.T, method, url, body string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(raw)
}

func put(t *testing.T, srv *httptest.Server, grain, subject, attribute, value string) {
	t.Helper()
	body := fmt.Sprintf(`{"grain":%q,"subject":%q,"attribute":%q,"value":%s,"source":"data sheet of %s","date":"2026-11-01","vintage":"2026-11-02","who":"Anna Buyer","level":"R"}`,
		grain, subject, attribute, value, attribute)
	if res, answer := ask(t, "POST", srv.URL+"/v1/passport-values", body, "Idempotency-Key", attribute); res.StatusCode != http.StatusCreated {
		t.Fatalf("%s: %d %s", attribute, res.StatusCode, answer)
	}
}

func TestPassportRoutes(t *testing.T) {
	srv, told := passports(t)
	put(t, srv, "model", "pack.lfp", "battery_category", `"ev"`)
	put(t, srv, "model", "pack.lfp", "certified_usable_energy", `"70"`)
	put(t, srv, "item", "P1", "accidents", `"none known on 1 November"`)
	put(t, srv, "model", "pack.lfp", "test_reports", `"https://lab.example/secret-report.pdf"`)
	told.Told = passport.Readings{passport.SignalCharge: {Value: 61, At: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}}

	for _, row := range []struct {
		path   string
		status int
		has    []string
		hasNot []string
	}{
		{"/v1/passport-attributes", 200, []string{`"state_of_certified_energy"`, `"6.7.2.7"`}, nil},
		{"/v1/passports/P1", 200, []string{`"known"`, "secret-report", "none known", `"state_of_charge"`, "Anna Buyer", `"withheld":0`}, nil},
		{"/v1/passports/P1?access=public", 200, []string{`"category":"ev"`, `"battery_mass"`}, []string{"secret-report", "none known", "state_of_charge", "Anna Buyer", "certified_usable_energy"}},
		{"/v1/passports/P1?access=legitimate_interest", 200, []string{"none known", "state_of_charge", "certified_usable_energy"}, []string{"secret-report", "Anna Buyer", string(supplytest.CarA)}},
		{"/v1/passports/P1?access=authority", 200, []string{"secret-report", "certified_usable_energy"}, []string{"none known", "state_of_charge", "Anna Buyer"}},
		{"/v1/passports/P1?access=root", 422, []string{"access"}, []string{"secret-report"}},
		{"/v1/passports/P1?as_of=2026-10-19", 200, []string{`"known":[]`}, []string{"secret-report"}},
		{"/v1/passports/P1?as_of=yesterday", 422, []string{"/as_of"}, nil},
		{"/v1/passports/P9", 404, []string{"pack_unknown"}, nil},
		{"/v1/passports/P1/missing", 200, []string{`"category":"ev"`, `"mandatory":65`, `"present":6`, `"resistance_increase"`, `"from":"2027-02-18"`, `"owed":false`}, []string{`"attribute":"accidents"`}},
		{"/v1/passports/P1/missing?category=lmt", 200, []string{`"mandatory":71`}, nil},
		{"/v1/passports/P1/missing?category=solar", 422, []string{"/category"}, nil},
		{"/v1/passports/P1/values?attribute=accidents", 200, []string{"none known"}, []string{"secret-report"}},
		{"/v1/passports/P1/export?access=public", 200, []string{`"@context"`, `"https://passport.example/passport/P1"`}, []string{"secret-report", "none known"}},
		{"/v1/passports/P1/qr", 200, []string{"<svg "}, nil},
		{"/v1/passports/P9/qr", 404, nil, []string{"<svg"}},
	} {
		res, body := ask(t, "GET", srv.URL+row.path, "")
		if res.StatusCode != row.status {
			t.Errorf("%s: %d %s", row.path, res.StatusCode, body)
		}
		for _, s := range row.has {
			if !strings.Contains(body, s) {
				t.Errorf("%s lacks %s: %.2000s", row.path, s, body)
			}
		}
		for _, s := range row.hasNot {
			if strings.Contains(body, s) {
				t.Errorf("%s tells %s", row.path, s)
			}
		}
	}
	res, body := ask(t, "GET", srv.URL+"/v1/passports/P1/qr?format=png", "")
	if _, err := png.Decode(strings.NewReader(body)); err != nil || res.Header.Get("Content-Type") != "image/png" {
		t.Errorf("PNG: %v, %s", err, res.Header.Get("Content-Type"))
	}
	if res, body := ask(t, "POST", srv.URL+"/v1/passports/P1/readings", ""); res.StatusCode != http.StatusCreated || !strings.Contains(body, "state_of_charge") {
		t.Errorf("keep: %d %s", res.StatusCode, body)
	}
	for _, bad := range []struct{ body, pointer string }{
		{`{"grain":"item","subject":"a b","attribute":"accidents","value":"x","source":"s","date":"2026-11-01","vintage":"2026-11-01","who":"w","level":"R"}`, "/subject"},
		{`{"grain":"model","subject":"m","attribute":"accidents","value":"x","source":"s","date":"2026-11-01","vintage":"2026-11-01","who":"w","level":"R"}`, "/grain"},
		{`{"grain":"model","subject":"m","attribute":"battery_mass","value":"heavy","source":"s","date":"2026-11-01","vintage":"2026-11-01","who":"w","level":"R"}`, "/value"},
		{`{"grain":"model","subject":"m","attribute":"battery_mass","value":450,"source":"","date":"2026-11-01","vintage":"2026-11-01","who":"w","level":"R"}`, "/source"},
	} {
		res, body := ask(t, "POST", srv.URL+"/v1/passport-values", bad.body, "Idempotency-Key", bad.pointer)
		if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `"pointer":"`+bad.pointer+`"`) {
			t.Errorf("want a refusal at %s: %d %s", bad.pointer, res.StatusCode, body)
		}
	}
}

func TestPassportPage(t *testing.T) {
	srv, told := passports(t)
	put(t, srv, "model", "pack.lfp", "battery_category", `"ev"`)
	put(t, srv, "model", "pack.lfp", "battery_chemistry", `"<script>alert(1)</script>"`)
	put(t, srv, "model", "pack.lfp", "due_diligence_report", `"https://maker.example/report.pdf"`)
	put(t, srv, "model", "pack.lfp", "initial_resistance", `{"pack":0.061,"cell":0.0005}`)
	put(t, srv, "model", "pack.lfp", "manufacturer", `[{"name":"Cell Works","address":"1 Road","country":"CN","web":"https://cell.example"}]`)
	put(t, srv, "model", "pack.lfp", "hazardous_substances", `[{"name":"lithium hexafluorophosphate","cas":"21324-40-3","percent":1.5}]`)
	put(t, srv, "item", "P1", "accidents", `"zz-hidden-accident"`)
	put(t, srv, "item", "P1", "battery_status", `"original"`)
	put(t, srv, "model", "pack.lfp", "test_reports", `"https://lab.example/zz-hidden-report.pdf"`)
	told.Told = passport.Readings{passport.SignalCharge: {Value: 61.7, At: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}}

	res, body := ask(t, "GET", srv.URL+"/passport/P1", "")
	if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") || res.Header.Get("Vary") != "Accept" {
		t.Errorf("%d %s", res.StatusCode, res.Header)
	}
	csp := res.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "style-src 'sha256-") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	for _, s := range []string{"&lt;script&gt;alert(1)", `href="https://maker.example/report.pdf"`, "<svg ", "missing", "pack 0.061 Ω", "Cell Works, 1 Road, CN",
		"lithium hexafluorophosphate, 21324-40-3, 1.5 %", "https://passport.example/passport/P1", "performance and durability"} {
		if !strings.Contains(body, s) {
			t.Errorf("the page lacks %s", s)
		}
	}
	for _, s := range []string{"zz-hidden", "61.7", "<script", "Anna Buyer", "State of charge", string(supplytest.CarA), "style="} {
		if strings.Contains(body, s) {
			t.Errorf("the page has %s", s)
		}
	}
	for _, row := range []struct {
		accept, query string
		data          bool
	}{
		{"", "", false}, {"*/*", "", false}, {"text/html,application/xhtml+xml,*/*;q=0.8", "", false}, {"application/ld+json", "", true}, {"application/json", "", true},
		{"text/html;q=0.5, application/ld+json", "", true}, {"text/html, application/ld+json;q=0.9", "", false}, {"text/html", "?format=jsonld", true}, {";;;,,", "", false},
	} {
		res, body := ask(t, "GET", srv.URL+"/passport/P1"+row.query, "", "Accept", row.accept)
		if got := res.Header.Get("Content-Type") == "application/ld+json"; got != row.data || row.data != json.Valid([]byte(body)) {
			t.Errorf("accept %q %s: %s", row.accept, row.query, res.Header.Get("Content-Type"))
		}
		if row.data && strings.Contains(body, "zz-hidden") {
			t.Error("the JSON-LD tells what is not public")
		}
	}
	for accept, kind := range map[string]string{"text/html": "text/html; charset=utf-8", "application/ld+json": "application/problem+json"} {
		res, body := ask(t, "GET", srv.URL+"/passport/<b>", "", "Accept", accept)
		if res.StatusCode != 404 || res.Header.Get("Content-Type") != kind || bytes.Contains([]byte(body), []byte("<b>")) {
			t.Errorf("no battery, accept %s: %d %s %s", accept, res.StatusCode, res.Header.Get("Content-Type"), body)
		}
	}
	// No access parameter opens the page further.
	if _, body := ask(t, "GET", srv.URL+"/passport/P1?access=maker&format=jsonld", ""); strings.Contains(body, "zz-hidden") {
		t.Error("a query opened what is not public")
	}
	if res, _ := ask(t, "POST", srv.URL+"/passport/P1", ""); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", res.StatusCode)
	}
}
