package signalhttp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/platform/web"
	"roadbook/signal"
	"roadbook/signal/signalhttp"
	"roadbook/signal/signalsql"
	"roadbook/signal/signaltest"
)

type still struct{}

func (still) Now() time.Time { return signaltest.Start }

func TestRoutes(t *testing.T) {
	log := &signaltest.Log{}
	s := signal.New(signalsql.New(sqldbtest.SQLite(t, "signal", signalsql.Migrations())), log, still{})
	log.Roll = s.Roll
	v := signaltest.VIN(1)
	for n := range 4 {
		seq := uint64(n + 1)
		if n == 3 {
			seq = 6 // 4 and 5 are missing
		}
		f := signaltest.Frame(v, seq, signaltest.Start.AddDate(0, 0, n), int64(n+1)*1000)
		if err := s.Ingest(t.Context(), v, f.Bytes); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	signalhttp.Register(web.NewAPI(mux, "test", "1", ""), s)
	get := func(path string, status int, into any) {
		t.Helper()
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != status {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatal(err)
		}
	}
	car := "/v1/cars/" + string(v)

	var latest struct{ Data []signalhttp.LatestReading }
	get(car+"/signals", http.StatusOK, &latest)
	if len(latest.Data) != 2 || latest.Data[0].Path != "Vehicle.TraveledDistance" || latest.Data[0].Value != 4000 || latest.Data[1].Value != 0.8 {
		t.Errorf("%+v", latest.Data)
	}

	var meters []int64
	for cursor, more := "", true; more; {
		var page struct {
			Data       []signalhttp.DrivenDay
			NextCursor string `json:"next_cursor"`
		}
		get(car+"/days?limit=3&cursor="+cursor, http.StatusOK, &page)
		for _, d := range page.Data {
			meters = append(meters, d.Meters)
		}
		cursor, more = page.NextCursor, page.NextCursor != ""
	}
	if len(meters) != 4 || meters[0] != 0 || meters[1] != 1000 || meters[3] != 1000 {
		t.Errorf("metres per day: %v", meters)
	}

	var counts signalhttp.FrameCounts
	get(car+"/counts", http.StatusOK, &counts)
	if counts.Sent != 6 || counts.Received != 4 || counts.Stored != 4 || counts.Duplicates != 1 || counts.Agree || len(counts.Gaps) != 1 || counts.Gaps[0].From != 4 || counts.Gaps[0].To != 5 {
		t.Errorf("%+v", counts)
	}

	for path, status := range map[string]int{
		"/v1/cars/NOTAVIN/signals": http.StatusUnprocessableEntity,
		car + "/days?limit=101":    http.StatusUnprocessableEntity,
		car + "/days?cursor=x!":    http.StatusUnprocessableEntity,
	} {
		var p struct{ Code string }
		get(path, status, &p)
		if p.Code == "" {
			t.Errorf("%s: no code", path)
		}
	}
}
