package partner_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"roadbook/partner"
	"roadbook/partner/partnerhttp"
	"roadbook/partner/partnersql"
	"roadbook/partner/partnertest"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/platform/web"
)

func TestRoutes(t *testing.T) {
	s := partner.New(partnersql.New(sqldbtest.SQLite(t, "partner", partnersql.Migrations())), &partnertest.Books{})
	mux := http.NewServeMux()
	partnerhttp.Register(web.NewAPI(mux, "test", "1", ""), s)
	srv := httptest.NewServer(mux)
	defer srv.Close()
	call := func(method, path, key, body string, want int) map[string]any {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if key != "" {
			req.Header.Set("Idempotency-Key", key)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var out map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != want {
			t.Fatalf("%s %s: %s, %v, %v; want %d", method, path, resp.Status, err, out, want)
		}
		return out
	}
	melody := `{"name":"Melody","market":"CN","currency":"CNY"}`
	call("POST", "/v1/partners", "", melody, 422)
	made := call("POST", "/v1/partners", "k", melody, 201)
	if again := call("POST", "/v1/partners", "k", melody, 201); again["id"] != made["id"] {
		t.Errorf("made twice: %v, %v", made, again)
	}
	call("POST", "/v1/partners", "k", strings.Replace(melody, "Melody", "Other", 1), 422)
	at := "/v1/partners/" + made["id"].(string)
	call("POST", at+"/rate-cards", "k", `{"numerator":7000,"denominator":10000,"valid":{"from":"2026-01-01"},"source":"agreement 1"}`, 201)
	call("POST", at+"/rate-cards", "l", `{"numerator":7,"denominator":1,"valid":{"from":"2026-02-01"},"source":"agreement 2"}`, 422)
	if err := s.OnInvoiced(t.Context(), partnertest.Invoice(1, "2026-01-10", made["id"].(string), 1000)); err != nil {
		t.Fatal(err)
	}
	call("POST", at+"/payouts", "k", `{"amount":{"minor":300,"currency":"CNY"},"date":"2026-01-20"}`, 201)
	if err := s.Close(t.Context(), "2026-01"); err != nil {
		t.Fatal(err)
	}
	st := call("GET", at+"/statements/2026-01", "", "", 200)
	if st["number"] != "STM-1" || st["closing"].(map[string]any)["minor"] != 400.0 {
		t.Errorf("statement %v", st)
	}
	if all := call("GET", at+"/statements?limit=1", "", "", 200); len(all["data"].([]any)) != 1 || all["next_cursor"] != nil {
		t.Errorf("statements %v", all)
	}
	if all := call("GET", "/v1/partners", "", "", 200); len(all["data"].([]any)) != 1 {
		t.Errorf("partners %v", all)
	}
	call("GET", at+"/statements/2026-02", "", "", 404)
	call("POST", "/v1/partners/ptn_x/rate-cards", "m", `{"numerator":7000,"denominator":10000,"valid":{"from":"2026-01-01"},"source":"x"}`, 404)
}
