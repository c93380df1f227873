package supplyhttp_test

import (
	"net/http"
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

const proof = `"source":"s","date":"2024-01-01","vintage":"2024-01-01","who":"w","level":"A"`

// Every route that creates: the same key with the same body is a no-op, with another body refused, without a key refused.
func TestTermsRoutesWork(t *testing.T) {
	s := supplytest.Filled(t, supplysql.New(sqldbtest.SQLite(t, "supply", supplysql.Migrations())))
	if err := s.Install(t.Context(), "P1", supplytest.CarA, "2023-09-10"); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	supplyhttp.Register(web.NewAPI(mux, "test", "1", ""), s)
	var got map[string]any
	call(t, mux, http.MethodPost, "/v1/suppliers/byd/exclusions", "x1", `{"span":{"from":"2023-08-01","to":"2024-08-01"},"scope":{"chemistry":"LFP","model":"road-1","region":"EU"},"review":"2024-02-01","reason":"r","owner":"o","evidence":"e","record":{`+proof+`}}`, http.StatusCreated, &got)
	exclusion, _ := got["id"].(string)
	for _, r := range []struct{ path, body, other string }{
		{"/v1/suppliers/calb/sites", `{"id":"calb-1","name":"Changzhou","country":"CN","capacity":[{"part":"pack.nmc","from":"2024-01-01","per_month":900}],` + proof + `}`, "Changzhou"},
		{"/v1/qualifications", `{"supplier":"calb","part":"pack.nmc","site":"calb-1","state":"qualified","started":"2023-01-01","qualified_on":"2023-09-01","cost":{"minor":120000000,"currency":"CNY"},"lead_weeks":16,` + proof + `}`, "16"},
		{"/v1/supply/reviews/" + exclusion + "/decisions", `{"outcome":"kept","next":"2024-06-01",` + proof + `}`, "2024-06-01"},
		{"/v1/pack-contracts", `{"id":"c-terms","supplier":"calb","part":"pack.nmc","chemistry":"NMC","kwh":"101","currency":"CNY","signed":"2024-01-01","prices":[{"from":"2024-01-01","min_volume":0,"unit":"60000","source":"s"}],
			"site":"calb-1","term":{"from":"2024-01-01","to":"2027-01-01"},"rebates":[{"min_volume":1,"discount":"0.02"}],"take_or_pay":{"minimum":10,"rate":"0.8"},"min_order":1,"monthly_capacity":900,
			"indexation":[{"index":"lithium.cn","content":"0.6","unit":"kg","base":"80000","lag":3,"cap":"120000","floor":"60000","pass_through":"0.5"}],"kgco2e_per_kwh":"61.5","record":{` + proof + `}}`, "61.5"},
		{"/v1/index-values", `{"index":"lithium.cn","month":"2024-01","value":"97500","currency":"CNY","per":"t",` + proof + `}`, "97500"},
		{"/v1/pack-lots", `{"contract":"c-terms","serials":["N1"],"received":"2024-04-15","passport":"bp-1","chemistry":"NMC","kgco2e_per_kwh":"60","recycled":{"ni":"0.06","co":"0.16","li":"0.06","pb":"0.85"}}`, "bp-1"},
		{"/v1/packs/P1/moves", `{"state":"removed","date":"2031-05-01","source":"order 7","who":"workshop"}`, "order 7"},
		{"/v1/standards", `{"part":"pack.lfp","unit":{"minor":7200000,"currency":"CNY"},"valid":{"from":"2023-01-01"},` + proof + `}`, "7200000"},
		{"/v1/models/road-1/trims/max/structures", `{"root":"car","valid":{"from":"2024-01-01"},"edges":[{"assembly":"car","part":"frame","quantity":"1","scrap":"0.2"}],` + proof + `}`, "0.2"},
		{"/v1/should-costs", `{"part":"frame","currency":"CNY","valid":{"from":"2024-01-01"},"material":[{"name":"steel","kg":"20","price":"5","evidence":{` + proof + `}}],"process":[{"name":"press","seconds":"60","rate":"1200","evidence":{` + proof + `}}],"overhead":{"share":"0.25","evidence":{` + proof + `}},` + proof + `}`, "1200"},
		{"/v1/quotes", `{"supplier":"calb","part":"frame","price":"148","currency":"CNY","tiers":[{"min_volume":5000,"price":"140"}],"min_order":100,"lead_weeks":6,"valid":{"from":"2024-01-01"},` + proof + `}`, "148"},
		{"/v1/models/road-1/credits", `{"amount":{"minor":350000,"currency":"CNY"},"confidence":"0.9","valid":{"from":"2023-01-01"},"source":"forecast run_1","date":"2023-09-01","vintage":"2023-09-01","who":"w","level":"D"}`, "350000"},
	} {
		var first, again map[string]any
		call(t, mux, http.MethodPost, r.path, "k1", r.body, http.StatusCreated, &first)
		call(t, mux, http.MethodPost, r.path, "k1", r.body, http.StatusCreated, &again)
		if a, b := text(t, first), text(t, again); a != b {
			t.Errorf("%s: first %s, again %s", r.path, a, b)
		}
		other := map[string]string{"61.5": "61.4", "2024-06-01": "2024-07-01"}[r.other]
		if other == "" {
			other = "1" + r.other
			if strings.ContainsAny(r.other[:1], "Cbo") {
				other = r.other + "x"
			}
			if r.other == "0.2" {
				other = "0.3"
			}
		}
		var p web.Problem
		call(t, mux, http.MethodPost, r.path, "k1", strings.Replace(r.body, r.other, other, 1), http.StatusUnprocessableEntity, &p)
		if p.Code != "idempotency_mismatch" {
			t.Errorf("%s: the key with another body: %+v", r.path, p)
		}
		call(t, mux, http.MethodPost, r.path, "", r.body, http.StatusUnprocessableEntity, &p)
	}
	for _, path := range []string{"/v1/suppliers/calb/sites", "/v1/qualifications?supplier=calb&part=pack.nmc", "/v1/supply/reviews?on=2026-01-01", "/v1/supply/decisions?exclusion=" + exclusion,
		"/v1/index-values?index=lithium.cn&as_of=2024-02-01", "/v1/standards?part=pack.lfp", "/v1/models/road-1/trims/max/structures", "/v1/should-costs?part=frame", "/v1/quotes?part=frame",
		"/v1/models/road-1/credits", "/v1/pack-contracts/c-terms/settlements"} {
		var page struct{ Data []any }
		call(t, mux, http.MethodGet, path, "", "", http.StatusOK, &page)
		if len(page.Data) != 1 && !strings.HasSuffix(path, "settlements") {
			t.Errorf("%s has %d records", path, len(page.Data))
		}
	}
	var st supply.Standing
	call(t, mux, http.MethodGet, "/v1/suppliers/calb/standing?part=pack.nmc&date=2024-01-01", "", "", http.StatusOK, &st)
	if st.State != "qualified" || !st.MayBuy || st.LeadWeeks != 16 {
		t.Errorf("standing %+v", st)
	}
	var e supply.Explained
	call(t, mux, http.MethodGet, "/v1/pack-contracts/c-terms/price?date=2024-04-15&before=1", "", "", http.StatusOK, &e)
	if e.Unit != "60530.25" || len(e.Terms) != 2 {
		t.Errorf("price %+v", e)
	}
	var h supply.History
	call(t, mux, http.MethodGet, "/v1/packs/P1/history", "", "", http.StatusOK, &h)
	if len(h.Events) != 3 || h.Events[2].VIN != supplytest.CarA || h.Variance == nil || h.Variance.Amount != money.Of(144_000, "CNY") {
		t.Errorf("history %+v", h)
	}
	var r supply.RollUp
	call(t, mux, http.MethodGet, "/v1/models/road-1/trims/max/cost?date=2024-06-01", "", "", http.StatusOK, &r)
	if r.Should != money.Of(18_750, "CNY") || r.Quoted != money.Of(18_500, "CNY") || r.AsOf != "2024-06-01" {
		t.Errorf("roll-up %+v", r)
	}
	var c supply.Comparison
	call(t, mux, http.MethodGet, "/v1/parts/frame/quotes?date=2024-06-01&volume=50", "", "", http.StatusOK, &c)
	if len(c.Quotes) != 1 || c.Quotes[0].May || c.Best != "" || !strings.Contains(c.Rule, "20 %") {
		t.Errorf("comparison %+v", c)
	}
	var f supply.Floor
	call(t, mux, http.MethodGet, "/v1/models/road-1/floor?serial=P3&date=2023-09-10&margin=0.01", "", "", http.StatusOK, &f)
	if f.Minimum != money.Of(14_141_415, "CNY") || f.Credit == nil || f.Credit.Source != "forecast run_1" {
		t.Errorf("floor %+v", f)
	}
	var so supply.Settlement
	call(t, mux, http.MethodGet, "/v1/pack-contracts/c-terms/settlements/1", "", "", http.StatusOK, &so)
	if so.Settled || so.Rebate != money.Of(121_061, "CNY") || so.Short != 9 { // 2 % of 60,530.25 is 1,210.605
		t.Errorf("so far %+v", so)
	}
	for range 2 {
		call(t, mux, http.MethodPost, "/v1/pack-contracts/c-terms/settlements", "k", `{"year":1,"on":"2025-01-01"}`, http.StatusCreated, &so)
	}
	if !so.Settled || so.ID == "" {
		t.Errorf("settled %+v", so)
	}
}

func TestTermsRefusals(t *testing.T) {
	h := serve(t)
	for _, row := range []struct{ why, path, body, code, pointer string }{
		{"a quote without a source", "/v1/quotes", `{"supplier":"calb","part":"frame","price":"148","currency":"CNY","valid":{"from":"2024-01-01"},"source":"","date":"2024-01-01","vintage":"2024-01-01","who":"w","level":"A"}`, "evidence", "/source"},
		{"a cycle", "/v1/models/road-1/trims/max/structures", `{"root":"car","valid":{"from":"2024-01-01"},"edges":[{"assembly":"car","part":"a","quantity":"1"},{"assembly":"a","part":"car","quantity":"1"}],` + proof + `}`, "cycle", "/edges"},
		{"a negative capacity", "/v1/suppliers/calb/sites", `{"id":"x","name":"X","country":"CN","capacity":[{"part":"p","from":"2024-01-01","per_month":-1}],` + proof + `}`, "capacity", "/capacity/0/per_month"},
		{"a pack in stock cannot be recycled", "/v1/packs/P1/moves", `{"state":"recycled","date":"2024-01-01","source":"s","who":"w"}`, "move_impossible", "/state"},
		{"a year that is not over", "/v1/pack-contracts/c-catl/settlements", `{"year":1,"on":"2023-10-01"}`, "year_open", "/on"},
	} {
		var p web.Problem
		call(t, h, http.MethodPost, row.path, "k", row.body, http.StatusUnprocessableEntity, &p)
		if p.Code != row.code || len(p.Errors) != 1 || p.Errors[0].Pointer != row.pointer {
			t.Errorf("%s: %+v", row.why, p)
		}
	}
	var p web.Problem
	call(t, h, http.MethodPost, "/v1/quotes", "k", `{"supplier":"calb","part":"frame","price":"148","currency":"CNY","valid":{"from":"2024-01-01"}}`, http.StatusUnprocessableEntity, &p)
	call(t, h, http.MethodGet, "/v1/models/road-1/trims/none/cost?date=2024-01-01", "", "", http.StatusNotFound, &p)
	call(t, h, http.MethodGet, "/v1/packs/none/history", "", "", http.StatusNotFound, &p)
	call(t, h, http.MethodGet, "/v1/supply/reviews", "", "", http.StatusUnprocessableEntity, &p)
}
