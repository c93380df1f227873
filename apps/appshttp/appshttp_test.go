package appshttp_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"crypto/ed25519"

	"roadbook/apps"
	"roadbook/apps/appshttp"
	"roadbook/apps/appssql"
	"roadbook/apps/appstest"
	"roadbook/platform/clock"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/platform/web"
)

func TestRoutes(t *testing.T) {
	s := apps.New(appssql.New(sqldbtest.SQLite(t, "apps", appssql.Migrations())), &appstest.Blobs{}, appstest.Key("store"), clock.NewSim(appstest.Start))
	mux := http.NewServeMux()
	api := web.NewAPI(mux, "apps", "1", "")
	appshttp.Register(api, s)
	appshttp.RegisterCar(api, s)
	mux.Handle("GET /car/v1/apps/{app}/package", appshttp.CarPackages(s))
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	var id string
	key := base64.StdEncoding.EncodeToString(appstest.Key("dev").Public().(ed25519.PublicKey))
	for _, row := range []struct {
		method, path, body, key string
		status                  int
		has                     string
	}{
		{"PUT", "/v1/apps/developers/ptn_1", `{"key":"AAAA"}`, "", 422, "developer_key"},
		{"PUT", "/v1/apps/developers/ptn_1", fmt.Sprintf(`{"key":%q}`, key), "", 204, ""},
		{"POST", "/v1/apps/versions?partner=ptn_1", "junk", "k", 422, "package"},
		{"POST", "/v1/apps/versions?partner=ptn_1", string(appstest.Package("radio", "1.0.0", "dev")), "k", 201, `"submitted"`},
		{"GET", "/v1/apps/versions", "", "", 200, "radio"},
		{"GET", "/car/v1/apps", "", "", 200, `"data":[]`},
		{"POST", "/v1/apps/versions/ID/approve", `{"reviewer":""}`, "", 422, "/reviewer"},
		{"POST", "/v1/apps/versions/ID/approve", `{"reviewer":"ana"}`, "", 200, `"approved"`},
		{"POST", "/v1/apps/versions/ID/reject", `{"reviewer":"ana","reason":"late"}`, "", 409, "decided"},
		{"GET", "/v1/apps/versions/ID", "", "", 200, `"ana"`},
		{"GET", "/car/v1/apps", "", "", 200, "radio"},
		{"GET", "/car/v1/apps/radio/package", "", "", 200, "META/store.json"},
		{"GET", "/car/v1/apps/maps/package", "", "", 404, "no_such_app"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), row.method, srv.URL+strings.Replace(row.path, "ID", id, 1), strings.NewReader(row.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", row.key)
		resp, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != row.status || !strings.Contains(string(raw), row.has) {
			t.Errorf("%s %s: %d, want %d with %q in %.300q (%v)", row.method, row.path, resp.StatusCode, row.status, row.has, raw, err)
		}
		if resp.StatusCode == 201 {
			var v apps.Version
			if err := json.Unmarshal(raw, &v); err != nil {
				t.Fatal(err)
			}
			id = v.ID
		}
	}
}
