package billing_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"roadbook/billing"
	"roadbook/billing/billinghttp"
	"roadbook/billing/billingsql"
	"roadbook/billing/billingtest"
	"roadbook/offer"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/platform/web"
)

func TestRoutes(t *testing.T) {
	db := sqldbtest.SQLite(t, "billing", billingsql.Migrations())
	s, err := billing.New(billingsql.New(db), billingtest.NewBooks(), billingtest.Always{}, billing.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		o := billingtest.Order(fmt.Sprintf("ord_%d", n), billingtest.Car(1), "anna", "2026-01-15", billingtest.SubscriptionLine("9.90"), billingtest.MeteredLine("0.1"))
		if err := s.OnPlaced(t.Context(), offer.Placed{Order: o}); err != nil {
			t.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	billinghttp.Register(web.NewAPI(mux, "test", "1", ""), s)
	srv := httptest.NewServer(mux)
	defer srv.Close()
	call := func(method, path, body string, want int) (out struct {
		Data       []map[string]any `json:"data"`
		NextCursor string           `json:"next_cursor"`
		Number     string           `json:"number"`
		State      string           `json:"state"`
		Code       string           `json:"code"`
	}) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if method == http.MethodPost {
			req.Header.Set("Idempotency-Key", "k")
			req.Header.Set("Content-Type", "application/json")
		}
		resp, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != want {
			t.Fatalf("%s %s: %s, %v, %+v; want %d", method, path, resp.Status, err, out, want)
		}
		return out
	}
	car := string(billingtest.Car(1))
	first := call("GET", "/v1/invoices?limit=2&vin="+car, "", 200)
	if len(first.Data) != 2 || first.NextCursor == "" {
		t.Fatalf("first page %+v", first)
	}
	last := call("GET", "/v1/invoices?limit=2&vin="+car+"&cursor="+first.NextCursor, "", 200)
	if len(last.Data) != 1 || last.NextCursor != "" || last.Data[0]["number"] != "INV-3" {
		t.Errorf("last page %+v", last)
	}
	if got := call("GET", "/v1/invoices/"+last.Data[0]["id"].(string), "", 200); got.Number != "INV-3" {
		t.Errorf("invoice %+v", got)
	}
	if none := call("GET", "/v1/invoices?state=past_due", "", 200); len(none.Data) != 0 {
		t.Errorf("past due: %+v", none)
	}
	call("GET", "/v1/invoices/inv_x", "", 404)
	call("GET", "/v1/invoices?vin=LRB", "", 422)
	call("GET", "/v1/invoices?limit=101", "", 422)
	call("GET", "/v1/subscriptions?cursor=%21", "", 422)
	subs := call("GET", "/v1/subscriptions?vin="+car, "", 200)
	if len(subs.Data) != 3 {
		t.Fatalf("subscriptions %+v", subs)
	}
	for range 2 {
		if got := call("POST", "/v1/subscriptions/"+subs.Data[0]["id"].(string)+"/cancel", "", 200); got.State != "cancelling" {
			t.Errorf("cancelled: %+v", got)
		}
	}
	call("POST", "/v1/invoices/"+last.Data[0]["id"].(string)+"/charge", `{"date":"2026-02-01"}`, 200)
	good := `{"source":"ops","id":"1","vin":"` + car + `","meter":"pilot.km","quantity":"2","at":"2026-01-20T00:00:00Z"}`
	bad := strings.Replace(strings.Replace(good, car, "LRB", 1), `"1"`, `"2"`, 1)
	use := call("POST", "/v1/usage", `{"events":[`+good+`,`+good+`,`+bad+`]}`, 200)
	var got []string
	for _, d := range use.Data {
		got = append(got, d["verdict"].(string))
	}
	if strings.Join(got, " ") != "accepted duplicate rejected" {
		t.Errorf("usage %+v", use)
	}

	licence := `{"id":"lic_1","licensee":"other","name":"Platform","product":"licence.platform","market":"CN","currency":"CNY","signed":"2026-01-15",
		"term":{"from":"2026-02-01","to":"2027-02-01"},"fee":{"minor":1000,"currency":"CNY"},"royalty":"1.5","source":"a contract"}`
	for range 2 {
		call("POST", "/v1/licences", licence, 201)
	}
	if p := call("POST", "/v1/licences", strings.Replace(licence, "1000", "1001", 1), 422); p.Code != "idempotency_mismatch" {
		t.Errorf("another fee: %+v", p)
	}
	if p := call("POST", "/v1/licences", strings.Replace(licence, `"royalty":"1.5"`, `"royalty":"-1"`, 1), 422); p.Code != "royalty" {
		t.Errorf("a negative royalty: %+v", p)
	}
	for range 2 {
		call("POST", "/v1/licences/lic_1/units", `{"month":"2026-03","units":7}`, 200)
	}
	call("POST", "/v1/licences/lic_1/units", `{"month":"2026-01","units":7}`, 422)
	call("POST", "/v1/licences/lic_9/units", `{"month":"2026-03","units":7}`, 404)
	if all := call("GET", "/v1/licences", "", 200); len(all.Data) != 1 || all.Data[0]["id"] != "lic_1" {
		t.Errorf("licences %+v", all)
	}
	call("GET", "/v1/licences/lic_1", "", 200)
	call("GET", "/v1/licences/lic_9", "", 404)
	call("GET", "/v1/licences?cursor=%21", "", 422)
}
