package updatehttp_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"roadbook/platform/clock"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/platform/web"
	"roadbook/update"
	"roadbook/update/updatehttp"
	"roadbook/update/updatesql"
	"roadbook/update/updatetest"
)

func serve(t *testing.T) *httptest.Server {
	t.Helper()
	store := updatesql.New(sqldbtest.SQLite(t, "update", updatesql.Migrations()))
	s := update.New(store, &updatetest.Blobs{}, &updatetest.Keys{}, updatetest.Inventory{}, &updatetest.Gate{}, clock.NewSim(updatetest.Start))
	mux := http.NewServeMux()
	api := web.NewAPI(mux, "update", "1", "")
	updatehttp.Register(api, s)
	updatehttp.RegisterCar(api, s)
	mux.Handle("GET /car/v1/images/{name}", updatehttp.CarImages(s))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(web.WithCar(r.Context(), updatetest.Car(1))))
	}))
	t.Cleanup(srv.Close)
	return srv
}

// call sends a request and returns status and body; headers come in pairs.
func call(t *testing.T, srv *httptest.Server, method, path, body string, headers ...string) (int, map[string]any, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	_ = json.Unmarshal(raw, &v) // images are not JSON
	return resp.StatusCode, v, string(raw)
}

func TestFromUploadToTheCar(t *testing.T) {
	srv := serve(t)
	content := strings.Repeat("image", 500_000) // more than a JSON request may be
	status, img, raw := call(t, srv, "POST", "/v1/images", content, "Content-Type", "application/octet-stream")
	if status != 201 || img["length"] != float64(len(content)) {
		t.Fatal(status, raw)
	}
	sha := img["sha256"].(string)
	release := fmt.Sprintf(`{"name":"Cockpit","version":"2.0","hardware_id":"cockpit-1","release_counter":2,"image_name":"cockpit-2.img","image_sha256":%q}`, sha)
	status, rel, raw := call(t, srv, "POST", "/v1/releases", release, "Idempotency-Key", "r2")
	if status != 201 {
		t.Fatal(status, raw)
	}
	if _, again, raw := call(t, srv, "POST", "/v1/releases", release, "Idempotency-Key", "r2"); again["id"] != rel["id"] {
		t.Errorf("the same again: %s", raw)
	}
	campaign := fmt.Sprintf(`{"name":"spring","release_id":%q,"vins":[%q,%q]}`, rel["id"], updatetest.Car(1), updatetest.Car(2))
	status, cmp, raw := call(t, srv, "POST", "/v1/campaigns", campaign, "Idempotency-Key", "c1")
	if status != 201 {
		t.Fatal(status, raw)
	}
	for _, row := range []struct {
		method, path, body string
		headers            []string
		status             int
		has                string
	}{
		{"POST", "/v1/releases", release, nil, 422, "Idempotency-Key"},
		{"POST", "/v1/releases", strings.Replace(release, "2.0", "2.1", 1), []string{"Idempotency-Key", "r2"}, 422, "idempotency_mismatch"},
		{"POST", "/v1/releases", strings.Replace(release, sha, strings.Repeat("0", 64), 1), []string{"Idempotency-Key", "r3"}, 404, "/image_sha256"},
		{"POST", "/v1/campaigns", strings.Replace(campaign, string(updatetest.Car(2)), "LRB1EV0X9TA000002", 1), []string{"Idempotency-Key", "c2"}, 422, "/vins/1"},
		{"POST", "/v1/images", "", []string{"Content-Type", "application/octet-stream"}, 422, "image_empty"},
		{"GET", "/v1/images", "", nil, 200, sha},
		{"GET", "/v1/releases?limit=1", "", nil, 200, `"2.0"`},
		{"GET", "/v1/releases/rel_x", "", nil, 404, "no_such_release"},
		{"GET", "/v1/campaigns", "", nil, 200, "spring"},
		{"GET", "/v1/campaigns?cursor=%20", "", nil, 422, "cursor"},
		{"GET", "/v1/campaigns/" + cmp["id"].(string), "", nil, 200, `"pending":2`},
		{"POST", "/v1/campaigns/" + cmp["id"].(string) + "/pause", "", nil, 200, `"paused"`},
		{"POST", "/v1/campaigns/" + cmp["id"].(string) + "/resume", "", nil, 200, `"running"`},
		{"POST", "/v1/campaigns/cmp_x/pause", "", nil, 404, "no_such_campaign"},
		{"GET", "/car/v1/repo/director/timestamp.json", "", nil, 200, `"timestamp"`},
		{"GET", "/v1/campaigns/" + cmp["id"].(string) + "/cars?limit=1", "", nil, 200, "next_cursor"},
		{"GET", "/car/v1/repo/director/2.root.json", "", nil, 404, ""},
		{"GET", "/car/v1/repo/image/1.root.json", "", nil, 200, `"root"`},
		{"GET", "/car/v1/images/" + sha + ".cockpit-2.img", "", []string{"Range", "bytes=2499995-"}, 206, "image"},
		{"GET", "/car/v1/images/" + strings.Repeat("0", 64) + ".cockpit-2.img", "", nil, 404, "blob_missing"},
		{"GET", "/car/v1/images/x", "", nil, 404, "image_name"},
		{"PUT", "/car/v1/manifest", `{"payload":"e30="}`, nil, 403, "manifest_signature"},
		{"PUT", "/car/v1/manifest", `nonsense`, nil, 422, "manifest"},
	} {
		status, _, raw := call(t, srv, row.method, row.path, row.body, row.headers...)
		if status != row.status || !strings.Contains(raw, row.has) {
			t.Errorf("%s %s: %d, want %d with %q in %.300s", row.method, row.path, status, row.status, row.has, raw)
		}
	}
	_, cmp, _ = call(t, srv, "GET", "/v1/campaigns/"+cmp["id"].(string), "")
	if c := cmp["counts"].(map[string]any); c["offered"] != float64(1) || c["pending"] != float64(1) {
		t.Errorf("asking for the timestamp offers: %v", c)
	}
}
