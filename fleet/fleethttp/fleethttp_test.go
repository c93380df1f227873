package fleethttp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"roadbook/fleet"
	"roadbook/fleet/fleethttp"
	"roadbook/fleet/fleetsql"
	"roadbook/fleet/fleettest"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/platform/web"
	"roadbook/vin"
)

func serve(t *testing.T) http.Handler {
	h, _ := serveFleet(t)
	return h
}

func serveFleet(t *testing.T) (http.Handler, *fleet.Service) {
	s, _ := fleettest.New(t, fleetsql.New(sqldbtest.SQLite(t, "fleet", fleetsql.Migrations())))
	mux := http.NewServeMux()
	api := web.NewAPI(mux, "test", "1", "")
	fleethttp.Register(api, s)
	fleethttp.RegisterCar(api, s)
	return mux, s
}

// call sends a request, by the car if there is one, and returns its status.
func call(t *testing.T, h http.Handler, by vin.VIN, method, path, key string, body, into any) int {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(web.WithCar(t.Context(), by), method, path, strings.NewReader(string(b)))
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
	}
	return w.Code
}

func plan(n int) map[string]any {
	p := fleettest.Plan(n)
	return map[string]any{"vin": p.VIN, "model": p.Model, "pack_serial": p.PackSerial, "ecus": p.ECUs}
}

func TestTheRoadOfACarsKey(t *testing.T) {
	h := serve(t)
	var car fleethttp.BuiltCar
	if code := call(t, h, "", "POST", "/v1/cars", "k", plan(1), &car); code != 201 || car.Secret == "" || car.VIN != fleettest.VIN(1) {
		t.Fatalf("built: %d %+v", code, car)
	}
	csr, _ := fleettest.CSR(t)
	var first, second fleethttp.Issued
	if code := call(t, h, "", "POST", "/car/v1/enrol", "", map[string]any{"vin": car.VIN, "secret": car.Secret, "csr": string(csr)}, &first); code != 200 || !strings.HasPrefix(first.Certificate, "-----BEGIN CERTIFICATE") {
		t.Fatalf("enrolled: %d %+v", code, first)
	}
	next, _ := fleettest.CSR(t)
	if code := call(t, h, car.VIN, "POST", "/car/v1/renew", "", map[string]any{"csr": string(next)}, &second); code != 200 || second.Serial == first.Serial {
		t.Fatalf("renewed: %d %+v", code, second)
	}
	var cut fleet.Car
	if code := call(t, h, "", "POST", "/v1/cars/"+string(car.VIN)+"/revoke", "r", map[string]any{"reason": "stolen"}, &cut); code != 200 || cut.RevokedAt.IsZero() || !cut.Enrolled {
		t.Fatalf("revoked: %d %+v", code, cut)
	}
	var p web.Problem
	if code := call(t, h, car.VIN, "POST", "/car/v1/renew", "", map[string]any{"csr": string(next)}, &p); code != 403 || p.Code != "car_revoked" {
		t.Fatalf("renewed after: %d %+v", code, p)
	}
}

func TestRefusals(t *testing.T) {
	h := serve(t)
	var got fleethttp.BuiltCar
	if code := call(t, h, "", "POST", "/v1/cars", "k", plan(1), &got); code != 201 {
		t.Fatal(code)
	}
	bad := plan(2)
	bad["vin"] = "LRBR1CNE0PB000002"
	for _, row := range []struct {
		why, method, path, key string
		body                   any
		status                 int
		code, pointer          string
	}{
		{"a wrong check digit names the field", "POST", "/v1/cars", "b", bad, 422, "vin_check_digit", "/vin"},
		{"the key with another car", "POST", "/v1/cars", "k", plan(2), 422, "idempotency_mismatch", "/vin"},
		{"no key", "POST", "/v1/cars", "", plan(2), 422, "", ""},
		{"an unknown car", "GET", "/v1/cars/" + string(fleettest.VIN(7)), "", nil, 404, "car_unknown", "/vin"},
		{"no VIN", "GET", "/v1/cars/7", "", nil, 422, "vin_length", "/vin"},
		{"a cursor of one's own", "GET", "/v1/cars?cursor=%21", "", nil, 422, "cursor", "/cursor"},
		{"a stranger enrols", "POST", "/car/v1/enrol", "", map[string]any{"vin": fleettest.VIN(1), "secret": "x", "csr": "x"}, 403, "enrolment_denied", ""},
		{"who is renewing?", "POST", "/car/v1/renew", "", map[string]any{"csr": "x"}, 401, "certificate_missing", ""},
		{"a car that is not sold has no second owner", "POST", "/v1/cars/" + string(fleettest.VIN(1)) + "/owner", "o", map[string]any{"owner": "b", "on": "2026-03-04"}, 422, "car_not_sold", "/vin"},
		{"a resale has its key", "POST", "/v1/cars/" + string(fleettest.VIN(1)) + "/owner", "", map[string]any{"owner": "b", "on": "2026-03-04"}, 422, "", ""},
		{"a resale has its day", "POST", "/v1/cars/" + string(fleettest.VIN(1)) + "/owner", "o", map[string]any{"owner": "b", "on": "soon"}, 422, "date", "/on"},
		{"the owners of an unknown car", "GET", "/v1/cars/" + string(fleettest.VIN(7)) + "/owners", "", nil, 404, "car_unknown", "/vin"},
		{"a revocation has a reason", "POST", "/v1/cars/" + string(fleettest.VIN(1)) + "/revoke", "r", map[string]any{"reason": ""}, 422, "", ""},
	} {
		var p web.Problem
		status := call(t, h, "", row.method, row.path, row.key, row.body, &p)
		if status != row.status || row.code != "" && p.Code != row.code || row.pointer != "" && (len(p.Errors) == 0 || p.Errors[0].Pointer != row.pointer) {
			t.Errorf("%s: %d %+v", row.why, status, p)
		}
	}
}

func TestResellByRequest(t *testing.T) {
	h, s := serveFleet(t)
	var got fleethttp.BuiltCar
	if code := call(t, h, "", "POST", "/v1/cars", "k", plan(1), &got); code != 201 {
		t.Fatal(code)
	}
	if err := s.MarkSold(t.Context(), got.VIN, "first", "2026-03-01"); err != nil {
		t.Fatal(err)
	}
	path := "/v1/cars/" + string(got.VIN)
	var owners struct{ Data []fleet.Ownership }
	for range 2 {
		if code := call(t, h, "", "POST", path+"/owner", "o", map[string]any{"owner": "second", "on": "2026-03-04"}, &owners); code != 200 || len(owners.Data) != 2 {
			t.Fatalf("resold: %d %+v", code, owners)
		}
	}
	if code := call(t, h, "", "GET", path+"/owners", "", nil, &owners); code != 200 || owners.Data[1] != (fleet.Ownership{N: 2, Owner: "second", Since: "2026-03-04"}) {
		t.Errorf("owners: %d %+v", code, owners)
	}
}

func TestListPageByPage(t *testing.T) {
	h := serve(t)
	for n := 1; n <= 3; n++ {
		var got fleethttp.BuiltCar
		if code := call(t, h, "", "POST", "/v1/cars", string(fleettest.VIN(n)), plan(n), &got); code != 201 {
			t.Fatal(code)
		}
	}
	var page struct {
		Data       []fleet.Car
		NextCursor string `json:"next_cursor"`
	}
	call(t, h, "", "GET", "/v1/cars?limit=2", "", nil, &page)
	if len(page.Data) != 2 || page.NextCursor == "" {
		t.Fatalf("first page %+v", page)
	}
	call(t, h, "", "GET", "/v1/cars?limit=2&cursor="+page.NextCursor, "", nil, &page)
	if len(page.Data) != 1 {
		t.Fatalf("second page %+v", page)
	}
}
