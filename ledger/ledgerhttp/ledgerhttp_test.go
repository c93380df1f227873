package ledgerhttp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"roadbook/ledger"
	"roadbook/ledger/ledgerhttp"
	"roadbook/ledger/ledgersql"
	"roadbook/ledger/ledgertest"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/platform/web"
)

func serve(t *testing.T, entries int) http.Handler {
	s := ledger.New(ledgersql.New(sqldbtest.SQLite(t, "ledger", ledgersql.Migrations())), ledgertest.Clock{})
	for i := range entries {
		if _, err := s.Post(t.Context(), ledgertest.Sale(fmt.Sprintf("sale/%d", i+1), "V1", 100)); err != nil {
			t.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	ledgerhttp.Register(web.NewAPI(mux, "test", "1", ""), s)
	return mux
}

func get(t *testing.T, h http.Handler, path string, status int, into any) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	if w.Code != status {
		t.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatalf("GET %s: %v in %s", path, err, w.Body)
	}
}

type page struct {
	Data       []ledger.Booked `json:"data"`
	NextCursor string          `json:"next_cursor"`
}

func TestEntriesPageByPage(t *testing.T) {
	h := serve(t, 5)
	var seen []int64
	path := "/v1/ledger/entries?vehicle=V1&account=revenue:hardware&account=cost:pack&limit=2"
	for next := path; next != ""; {
		var p page
		get(t, h, next, http.StatusOK, &p)
		for _, b := range p.Data {
			seen = append(seen, b.Seq)
		}
		if next = ""; p.NextCursor != "" {
			next = path + "&cursor=" + p.NextCursor
		}
	}
	if fmt.Sprint(seen) != "[1 2 3 4 5]" {
		t.Fatalf("seen %v", seen)
	}
}

func TestAnswers(t *testing.T) {
	h := serve(t, 2)
	var one ledger.Booked
	get(t, h, "/v1/ledger/entries/2", http.StatusOK, &one)
	if one.Ref != "sale/2" || len(one.Postings) != 2 {
		t.Errorf("entry 2 is %+v", one)
	}
	var p page
	get(t, h, "/v1/ledger/entries?ref=sale/1", http.StatusOK, &p)
	if len(p.Data) != 1 || p.Data[0].Seq != 1 {
		t.Errorf("by ref: %+v", p)
	}
	var b struct{ Data []ledgerhttp.Balance }
	get(t, h, "/v1/ledger/balances", http.StatusOK, &b)
	if len(b.Data) != 4 || b.Data[0].Account != ledger.Receivable || b.Data[0].Balance != 200 {
		t.Errorf("balances: %+v", b)
	}
	var v ledger.Verdict
	get(t, h, "/v1/ledger/verify", http.StatusOK, &v)
	if !v.OK || v.Entries != 2 {
		t.Errorf("verdict: %+v", v)
	}
}

func TestRefusals(t *testing.T) {
	h := serve(t, 0)
	for _, row := range []struct {
		why, path string
		status    int
	}{
		{"no such number", "/v1/ledger/entries/9", 404},
		{"a number is a number", "/v1/ledger/entries/nine", 422},
		{"the account is not in the chart", "/v1/ledger/entries?account=asset:gold", 422},
		{"the date is not a date", "/v1/ledger/balances?from=tomorrow", 422},
		{"the cursor was never given out", "/v1/ledger/entries?cursor=!!", 422},
		{"a page has a limit", "/v1/ledger/entries?limit=1000", 422},
	} {
		var p web.Problem
		get(t, h, row.path, row.status, &p)
		if p.Code == "" || p.Detail == "" {
			t.Errorf("%s: %+v", row.why, p)
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("MTI")
	f.Add("-1")
	f.Fuzz(func(t *testing.T, s string) { ledgerhttp.CheckCursor(t, s) })
}
