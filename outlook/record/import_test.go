package record_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/outlook/record"
	"roadbook/outlook/record/recordtest"
	"roadbook/period"
)

const shared = "../../../shared/data/economics.json"

func imported(t *testing.T) []record.Record {
	t.Helper()
	rs, err := record.Import(recordtest.File(t, shared))
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func one(t *testing.T, rs []record.Record, key string) record.Record {
	t.Helper()
	var found []record.Record
	for _, r := range rs {
		if r.Key == key {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d records on %s, want 1", len(found), key)
	}
	return found[0]
}

// show writes the content of a record: "27307 cars", "CNY -1.8 bn", "> 410000 cars", "0.8..0.9 per Wh".
func show(r record.Record) string {
	s := ""
	switch {
	case r.Value != nil:
		s = fmt.Sprint(*r.Value)
	case r.Low != nil && r.High != nil:
		s = fmt.Sprintf("%g..%g", *r.Low, *r.High)
	case r.Low != nil:
		s = fmt.Sprintf("> %g", *r.Low)
	case r.High != nil:
		s = fmt.Sprintf("< %g", *r.High)
	default:
		return "text"
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Currency, s, r.Unit))
}

func TestImportReadsTheCalibrationFile(t *testing.T) {
	rs := imported(t)
	for _, row := range []struct {
		key, want string
		vintage   period.Date
		level     evidence.Level
		kind      string
	}{
		{"xiaomi/2024Q2/deliveries", "27307 cars", "2024-08-21", "R", ""},
		{"xiaomi/2024Q2/asp", "CNY 228644 per car", "2024-08-21", "R", ""},
		{"xiaomi/2024Q2/gross_margin", "15.4 %", "2024-08-21", "R", ""},
		{"xiaomi/2024Q4/deliveries", "69697 cars", "2025-03-31", "R", ""}, // "2025-03": the month's last day
		{"xiaomi/FY2024/result", "CNY -6.2 bn", "2025-03-18", "R", "adjusted net loss"},
		{"xiaomi/FY2024/result_per_car", "CNY -45300 per car", "2025-03-18", "R", "adjusted net loss"},
		{"xiaomi/2025Q1/result", "CNY -0.5 bn", "2025-05-28", "R", "operating loss"},
		{"xiaomi/2025Q3/result", "CNY 0.7 bn", "2025-11-21", "R", "operating income (first profit)"},
		{"xiaomi/2025Q3/gross_profit", "CNY 7.384 bn", "2025-11-21", "R", ""},
		{"xiaomi/2025Q4/deliveries", "145000 cars", "2026-01-10", "U", ""}, // an estimate
		{"xiaomi/FY2025/deliveries", "> 410000 cars", "2026-01-10", "R", ""},
		{"xiaomi/2026Q1/deliveries", "> 80000 cars", "2026-05-31", "U", ""},
		{"xiaomi/2026Q1/result", "CNY -3.1 bn", "2026-05-31", "U", "segment deficit"},
		{"xiaomi/2025Q3/capex_bn", "CNY 5.38 bn", "2025-12-31", "U", ""},
		{"xiaomi/2025/plan_deliveries", "350000 cars", "2025-12-31", "R", ""},
		{"xiaomi/2024/rnd_group", "CNY 24.1 bn", "2025-12-31", "R", ""},
		{"xiaomi/-/ev_invested_2022_to_H1_2025_bn", "CNY > 30 bn", "2025-12-31", "R", ""},
		{"article_inputs_aug_2023/-/pack_cost_rmb", "CNY 80000 1", "2023-08-31", "R", ""},
		{"article_inputs_aug_2023/-/pack_share_of_vehicle_cost", "0.5 1", "2023-08-31", "R", ""},
		{"article_inputs_aug_2023/-/hardware_margin", "0.01 1", "2023-08-31", "R", ""},
		{"article_inputs_aug_2023/-/catl_quote_rmb_per_kwh.LFP", "CNY 800 per kWh", "2023-08-31", "R", ""},
		{"tesla/2024/deferred_revenue_usd_m.add", "USD 1343 m", "2025-03-01", "R", ""}, // the 10-K's own source, not the block's
		{"tesla/2022/deferred_revenue_usd_m.end", "USD 2913 m", "2025-03-01", "R", ""},
		{"tesla/2025Q3/active_fsd_m", "1 m", "2026-01-31", "R", ""},
		{"gm/2025/deferred_software+services_revenue_end", "USD 5.4 bn", "2026-11-23", "R", ""}, // "2026", and the file was made in it
		{"gm/2025/OnStar_subscribers", "text", "2026-11-23", "R", ""},
		{"gm/2025/Super_Cruise_subscribers", "text", "2026-11-23", "U", ""},
		{"ford/2024-05/paid_subs.pro", "560000 1", "2024-05-31", "R", ""},
		{"nio/2024Q4/vehicle_margin", "13.1 %", "2025-03-21", "R", ""},
		{"nio/2024Q3/vehicle_margin", "13.1 %", "2024-12-29", "U", ""}, // unsourced: 90 days after the quarter
		{"nio/FY2024/net_result", "CNY -22.402 bn", "2025-03-31", "U", "net loss"},
		{"nio/2025Q4/net_result", "CNY 0.1224 bn", "2026-03-10", "R", "net profit"},
		{"xpeng/2025Q3/services_revenue", "CNY 2.33 bn", "2025-11-17", "R", ""},
		{"xpeng/2025Q3/services_margin", "0.743 1", "2025-11-17", "D", ""},
		{"li_auto/FY2025/revenue", "CNY 112.312 bn", "2026-03-12", "R", ""},
		{"leapmotor/2025Q3/deliveries", "174000 cars", "2025-12-02", "R", ""},
		{"leapmotor/2025Q3/gross_margin", "14.5 %", "2025-12-02", "R", ""},
		{"bnef/2023/avg", "USD 139 per kWh", "2025-12-10", "R", ""},
		{"bnef/2022/avg", "USD 151 per kWh", "2025-12-10", "U", ""},
		{"bnef/2021/avg", "USD 132 per kWh", "2025-12-10", "U", ""},
		{"bnef/-/learning_rate", "0.18 1", "2025-12-10", "R", ""},
		{"bnef/2024/forecast", "USD 133 per kWh", "2023-11-30", "U", ""},
		{"bnef/2024/actual", "USD 115 per kWh", "2025-03-31", "U", ""},
		{"china_cell/2022/LFP", "CNY 0.8..0.9 per Wh", "2025-09-15", "R", ""},
		{"china_cell/2024H1/LFP", "CNY 0.42 per Wh", "2025-09-15", "R", ""},
		{"lithium_carbonate/2022/usgs_usd_per_t_annual", "USD 68100 per t", "2026-01-15", "R", ""},
		{"lithium_carbonate/2023-04/china_rmb_per_t", "CNY < 200000 per t", "2026-01-15", "R", ""},
		{"lithium_carbonate/2023-05/china_rmb_per_t", "CNY 300000 per t", "2026-01-15", "U", ""}, // "~300000"
		{"battery_share/2025/CATL_gwh", "464.7 GWh", "2026-02-28", "R", ""},
		{"battery_share/2025/CATL_share", "0.392 1", "2026-02-28", "R", ""},
		{"bom/2025Q3/xiaomi_derived_cost_per_car_rmb", "CNY 193739.485 per car", "2025-12-31", "D", ""},
		{"warranty/-/china_accrual_usd_per_car", "USD 400..800 per car", "2025-12-31", "U", ""},
		{"warranty/2023/claims_pct.BYD", "0.75 %", "2025-12-31", "U", ""},
		{"connectivity/-/wholesale_usd_car_month", "USD 1..3 per month", "2026-11-23", "A", ""},
		{"connectivity/-/retail.Xiaomi.rmb_month", "CNY 19.9 per month", "2026-11-23", "R", ""},
		{"vehicle_life/-/china_private_mean_years", "14.5 years", "2011-12-31", "R", ""},
		{"battery_learning/-/ziegler_trancik_all", "0.2 1", "2021-12-31", "R", ""},
		{"backtest_actuals/2024/gross_margin", "0.185 1", "2026-05-31", "U", ""},
		{"backtest_actuals/9M2025/segment_result_bn", "CNY -0.1 bn", "2026-05-31", "U", ""},
		{"backtest_actuals/2025/deliveries", "410000 cars", "2026-05-31", "U", ""},
	} {
		r := one(t, rs, row.key)
		if got := show(r); got != row.want || r.Vintage != row.vintage || r.Level != row.level || r.Definition != row.kind && row.kind != "" {
			t.Errorf("%s: %s, vintage %s, level %s, definition %q; want %+v", row.key, got, r.Vintage, r.Level, r.Definition, row)
		}
		if r.Who != record.Who || r.Source == "" {
			t.Errorf("%s: entered by %q, source %q", row.key, r.Who, r.Source)
		}
	}
}

func TestImportKeepsEveryBlock(t *testing.T) {
	counts := map[string]int{}
	for _, r := range imported(t) {
		counts[r.Subject()]++
		if err := r.Check(); err != nil {
			t.Errorf("%s: %v", r.Key, err)
		}
		if r.Date > r.Vintage {
			t.Errorf("%s is known on %s, before its day %s", r.Key, r.Vintage, r.Date)
		}
	}
	// The makers' rows hold nothing but numbers: count them without the importer.
	var file map[string]json.RawMessage
	if err := json.Unmarshal(recordtest.File(t, shared), &file); err != nil {
		t.Fatal(err)
	}
	for _, maker := range []string{"nio", "xpeng", "li_auto"} {
		var rows []map[string]any
		if err := json.Unmarshal(file[maker], &rows); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, row := range rows {
			for _, v := range row {
				if _, ok := v.(float64); ok {
					n++
				}
			}
		}
		if counts[maker] != n || n == 0 {
			t.Errorf("%s: %d records of %d numbers", maker, counts[maker], n)
		}
	}
	for subject, want := range map[string]int{"leapmotor": 4, "xiaomi": 68, "tesla": 26, "gm": 7, "ford": 5, "mercedes": 1, "vw_cariad": 1, "bnef": 32,
		"china_cell": 27, "lithium_carbonate": 21, "battery_share": 19, "bom": 8, "warranty": 6, "connectivity": 7, "vehicle_life": 1,
		"battery_learning": 4, "backtest_actuals": 8, "article_inputs_aug_2023": 18} {
		if counts[subject] != want {
			t.Errorf("%s: %d records, want %d", subject, counts[subject], want)
		}
	}
}

func TestImportKeepsDoubtsAndContradictions(t *testing.T) {
	rs := imported(t)
	q3 := one(t, rs, "xiaomi/2024Q3/gross_margin")
	if !strings.Contains(q3.Conflict, "15.4%") || !strings.Contains(q3.XCheck, "electrive") || *q3.Value != 17.1 {
		t.Errorf("2024Q3: %+v", q3)
	}
	if r := one(t, rs, "bnef/2024/stationary"); !strings.Contains(r.Conflict, "127") {
		t.Errorf("stationary: %+v", r)
	}
	if r := one(t, rs, "lithium_carbonate/2022/usgs_usd_per_t_annual"); !strings.Contains(r.Note, "37,000") {
		t.Errorf("the revision of 2022: %+v", r)
	}
	// Two forecasts of one year: the later vintage counts, the earlier stays behind it.
	at := record.At(rs, "2023-06-30")
	i := slices.IndexFunc(at, func(f record.Fact) bool { return f.Key == "bnef/2023/forecast" })
	if i < 0 || *at[i].Value != 152 || len(at[i].Superseded) != 1 || *at[i].Superseded[0].Value != 101 {
		t.Errorf("BNEF's forecasts of 2023 as of June 2023: %+v", at)
	}
	for _, f := range at {
		if f.Vintage > "2023-06-30" {
			t.Errorf("%s of %s seen as of 2023-06-30", f.Key, f.Vintage)
		}
		if f.Subject() == "xiaomi" {
			t.Errorf("seen before its time: %s", f.Key)
		}
	}
}

func TestImportNeverSplicesTheDefinitionBreak(t *testing.T) {
	measures := map[string][]string{}
	for _, f := range record.At(imported(t), "2026-11-23") {
		if f.Subject() == "xiaomi" && f.Metric() == "result" {
			m := record.Measure(f.Definition)
			measures[m] = append(measures[m], f.Period().String())
		}
	}
	want := map[string][]string{"adjusted net": {"2024Q2", "2024Q3", "2024Q4", "FY2024"}, "operating": {"2025Q1", "2025Q2", "2025Q3"}, "segment": {"2026Q1"}}
	if fmt.Sprint(measures) != fmt.Sprint(want) {
		t.Errorf("results by definition %v, want %v", measures, want)
	}
}

func TestImportTwiceIsTheSame(t *testing.T) {
	a, b := imported(t), imported(t)
	ids := map[string]bool{}
	for i := range a {
		if a[i].ID != b[i].ID || ids[a[i].ID] {
			t.Fatalf("record %d: ids %s and %s", i, a[i].ID, b[i].ID)
		}
		ids[a[i].ID] = true
	}
}

func TestImportRefuses(t *testing.T) {
	file := func(block string) string { return `{"made":"2026-01-31","x":` + block + `}` }
	for _, row := range []struct{ why, in, at string }{
		{"no JSON", `{"made":`, "/made"},
		{"something follows", file(`{"a":1,"src":["u","2025"]}`) + "{}", "/"},
		{"a list is no file", `[]`, "/"},
		{"when was it made", `{"x":{}}`, "/made"},
		{"a figure without a source", file(`{"a":1}`), "/x/a"},
		{"a row without a source and without a period", file(`{"a":1,"src_status":"none"}`), "/x/a"},
		{"a source without a date", file(`{"a":1,"src":["u"]}`), "/x/src"},
		{"a date that is none", file(`{"a":1,"src":["u","last week"]}`), "/x/src"},
		{"a day that does not exist", file(`{"a":1,"src":["u","2025-02-30"]}`), "/x/src"},
		{"a source from the future", file(`{"a":1,"src":["u","2026-02-01"]}`), "/x/src"},
		{"a month from the future", file(`{"a":1,"src":["u","2026-03"]}`), "/x/src"},
		{"a name twice", file(`{"a":1,"a":2,"src":["u","2025"]}`), "/x"},
		{"beyond all numbers", file(`{"a":1e999,"src":["u","2025"]}`), "/x/a"},
		{"a block that is a figure", file(`1`), "/x"},
		{"nested without end", file(strings.Repeat("[", 4000) + strings.Repeat("]", 4000)), "/x" + strings.Repeat("/0", record.MaxDepth)},
		{"too large", strings.Repeat(" ", record.MaxImport+1), "/"},
		{"a text without end", file(`{"a":"` + strings.Repeat("x", record.MaxText+1) + `","src":["u","2025"]}`), "/x/a"},
		{"too many figures", file(`{"a":[` + strings.Repeat("1,", record.MaxBatch) + `1],"src":["u","2025"]}`), fmt.Sprintf("/x/a/%d", record.MaxBatch)},
	} {
		_, err := record.Import([]byte(row.in))
		f, ok := err.(*fault.Error)
		if !ok || f.Kind != fault.Invalid || f.Pointer != row.at {
			t.Errorf("%s: %.200v, want a refusal at %s", row.why, err, row.at)
		}
	}
}

func TestImportOfTexts(t *testing.T) {
	for _, row := range []struct{ in, want string }{
		{">410,000", "> 410000 1"}, {"<200000", "< 200000 1"}, {"0.8-0.9", "0.8..0.9 1"}, {"~300000", "300000 1"}, {">30", "> 30 1"},
		{"USD 5.4bn", "USD 5.4 bn"}, {"25-40% (UBS)", "25..40 %"}, {">80,000 (down >44% q/q)", "> 80000 1"},
		{"12m; OnStar Fleet 2m", "text"}, {"2026-02", "text"}, {"2026-02-14", "text"}, {"about 5", "text"}, {"1,23", "text"}, {"5-3", "text"},
		{"0.9-0.8", "text"}, {"1e4", "text"}, {"> USD 1bn in 2022", "text"}, {"-5", "text"}, {"25-40% (UBS); ~33% of price (MDPI)", "text"},
	} {
		rs, err := record.Import(fmt.Appendf(nil, `{"made":"2026-01-31","x":{"a":%q,"src":["u","2025"]}}`, row.in))
		if err != nil || len(rs) != 1 {
			t.Errorf("%q: %v %v", row.in, rs, err)
			continue
		}
		if got := show(rs[0]); got != row.want {
			t.Errorf("%q reads %s, want %s", row.in, got, row.want)
		}
	}
}

// Whatever the bytes, an import ends, and what it accepts is whole.
func FuzzImport(f *testing.F) {
	f.Add([]byte(`{"made":"2026-01-31","nio":[{"p":"2024Q4","deliveries":1,"vm":2.5,"src":["u","2025-03"]},{"p":"FY2024","net_loss_bn":2,"src_status":"none"}]}`))
	f.Add([]byte(`{"made":"2026-01-31","li":{"rows":[["2023-04","<2,000"],["2023-05","~3"]],"a_uncertain":{"2021":1},"a":{"2021":2},"src":[["u","2025"],["v","10-K FY2024"]]}}`))
	f.Add([]byte(`{"made":"2026-01-31","bnef_forecasts":[{"made":"2020-12","target":2023,"f":1,"a":2,"src_status":"x"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		rs, err := record.Import(b)
		if err != nil {
			return
		}
		ids := map[string]bool{}
		for _, r := range rs {
			if err := r.Check(); err != nil || r.Date > r.Vintage || ids[r.ID] {
				t.Fatalf("accepted %+v: %v", r, err)
			}
			ids[r.ID] = true
		}
	})
}
