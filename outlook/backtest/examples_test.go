package backtest_test

import (
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"roadbook/outlook/backtest"
	"roadbook/outlook/record"
	"roadbook/outlook/record/recordtest"
)

var (
	xiaomi = os.DirFS("../../examples/xiaomi-2023")
	makers = os.DirFS("../../examples/makers")
)

const calibration = "../../../shared/data/economics.json"

func read(t *testing.T, f fs.FS, name string) []record.Record {
	t.Helper()
	b, err := fs.ReadFile(f, name)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := record.Read(b)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return rs
}

// The examples' few actuals are those of the calibration file, to the letter; what is derived follows from them.
func TestTheExamplesActualsAreThoseOfTheFile(t *testing.T) {
	all, err := record.Import(recordtest.File(t, calibration))
	if err != nil {
		t.Fatal(err)
	}
	value := func(key string) float64 {
		t.Helper()
		i := slices.IndexFunc(all, func(r record.Record) bool { return r.Key == key && r.Value != nil })
		if i < 0 {
			t.Fatalf("no number on %s", key)
		}
		return *all[i].Value
	}
	var rev, profit, result float64
	for _, q := range []string{"2025Q1", "2025Q2", "2025Q3"} {
		rev += value("xiaomi/" + q + "/revenue")
		profit += value("xiaomi/"+q+"/revenue") * value("xiaomi/"+q+"/gross_margin")
		result += value("xiaomi/" + q + "/result")
	}
	derived := map[string]float64{
		"xiaomi/FY2024/asp":          value("xiaomi/FY2024/vehicle_revenue") * 1e9 / value("xiaomi/FY2024/deliveries"),
		"xiaomi/9M2025/gross_margin": profit / rev,
		"xiaomi/9M2025/result":       result,
	}
	ids := map[string]bool{}
	for _, r := range all {
		ids[r.ID] = true
	}
	for _, f := range []struct {
		in   fs.FS
		name string
		n    int
	}{{xiaomi, "actuals.yaml", 25}, {makers, "actuals.yaml", 60}, {makers, "history.yaml", 47}} {
		rs := read(t, f.in, f.name)
		if len(rs) != f.n {
			t.Errorf("%s holds %d records, want %d", f.name, len(rs), f.n)
		}
		for _, r := range rs {
			switch want, ok := derived[r.Key]; {
			case ok && r.Level == "D":
				if math.Abs(*r.Value-want) > 1e-4*math.Abs(want) {
					t.Errorf("%s is %g, derived %g", r.Key, *r.Value, want)
				}
			case !ids[r.ID]:
				t.Errorf("%s %s: not what the calibration file says", f.name, r.Key)
			}
		}
	}
}

func example(t *testing.T, f fs.FS) backtest.Report {
	t.Helper()
	r, err := backtest.Run(t.Context(), f, "backtest.yaml", backtest.Options{Now: day("2026-11-26"), AsOf: "2026-11-26"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The distributions are those of the reference (economics.md, 4.3), and so is where they were wrong.
func TestXiaomi2023(t *testing.T) {
	r := example(t, xiaomi)
	s := r.Score
	if len(s.Skill) != 0 || len(s.Demonstrations) != 2 {
		t.Errorf("priors made after the fact are no evidence of skill: %+v", s.Skill)
	}
	type want struct {
		forecast, target string
		p5, p50, p95     float64 // in the target's unit
		pit, tolerance   float64
	}
	for _, w := range []want{
		{"class", "deliveries FY2024", 24, 60, 148, 0.93, 0.01},
		{"literal", "deliveries FY2024", 24, 60, 148, 0.93, 0.01},
		{"literal", "asp FY2024", 134, 154, 176, 1, 0.005},
		{"class", "asp FY2024", 187, 240, 307, 0.43, 0.02},
		{"literal", "gross margin FY2024", -2, 1, 4, 1, 0.005},
		{"class", "gross margin FY2024", -13, 3, 19, 0.94, 0.01},
		{"literal", "result FY2024 (adjusted net)", -18, -12, -8, 0.99, 0.01},
		{"class", "result FY2024 (adjusted net)", -18, -12, -6.4, 0.955, 0.02},
	} {
		i := slices.IndexFunc(s.Rows, func(r backtest.Row) bool { return r.Forecast == w.forecast && r.Target.String() == w.target })
		if i < 0 {
			t.Errorf("%s %s is not scored", w.forecast, w.target)
			continue
		}
		row := s.Rows[i]
		unit := record.Scale(row.Unit)
		width := (w.p95 - w.p5) * unit
		for _, q := range [][2]float64{{row.P5, w.p5}, {row.P50, w.p50}, {row.P95, w.p95}} {
			if math.Abs(q[0]-q[1]*unit) > 0.06*width {
				t.Errorf("%s %s: quantile %g, the reference has %g", w.forecast, w.target, q[0]/unit, q[1])
			}
		}
		if math.Abs(row.PIT.Mid()-w.pit) > w.tolerance || row.Label != backtest.Demonstration {
			t.Errorf("%s %s: PIT %.3f, want %.3f; %s", w.forecast, w.target, row.PIT.Mid(), w.pit, row.Label)
		}
	}
	// 2025: the year's result was never reported, deliveries only as "over 410,000", and 2024's operating result neither.
	reasons := map[string]string{}
	for _, u := range s.Unscored {
		if u.Forecast == "class" {
			reasons[u.Target.String()] = u.Reason
			if u.Metric == "deliveries" && u.Period == "FY2025" && (u.Least == nil || *u.Least < 0.95) {
				t.Errorf("over 410,000 cars: PIT at least %v", u.Least)
			}
		}
	}
	for target, want := range map[string]string{"deliveries FY2025": "more than 410 k", "result FY2025 (operating)": "no actual is known",
		"result FY2024 (operating)": `forecast is "operating", reported is "adjusted net"`} {
		if !strings.Contains(reasons[target], want) {
			t.Errorf("%s: %q, want %q", target, reasons[target], want)
		}
	}
	var b strings.Builder
	if err := backtest.WriteText(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"No evidence of skill", "literal put asp FY2024 of xiaomi at 134 k to 176 k", "Where it was wrong",
		"Every miss is on one side: the actuals were higher", "class scores better than literal"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the text does not say %q:\n%s", want, b.String())
		}
	}
	c := s.Compared
	if len(c) != 1 || c[0].A != "literal" || c[0].B != "class" || c[0].N != 16 || c[0].BBetter < 9 || c[0].ABetter+c[0].BBetter > c[0].N {
		t.Errorf("class beside literal: %+v", c)
	}
}

// Scored against the calibration file itself, the same figures come out: what nobody printed is derived.
func TestXiaomi2023AgainstTheFile(t *testing.T) {
	all, err := record.Import(recordtest.File(t, calibration))
	if err != nil {
		t.Fatal(err)
	}
	own := example(t, xiaomi).Score
	r, err := backtest.Run(t.Context(), xiaomi, "backtest.yaml", backtest.Options{Now: day("2026-11-26"), AsOf: "2026-11-26",
		Actuals: func() ([]record.Record, error) { return all, nil }})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Score.Rows) != len(own.Rows) {
		t.Fatalf("%d rows, against its own actuals %d", len(r.Score.Rows), len(own.Rows))
	}
	for i, row := range r.Score.Rows {
		o := own.Rows[i]
		if row.Target != o.Target || math.Abs(row.Actual-o.Actual) > 1e-4*math.Abs(o.Actual) || row.Level != o.Level || row.Vintage != o.Vintage {
			t.Errorf("%s: %g (%s, %s), of its own %g (%s, %s)", row.Target, row.Actual, row.Level, row.Vintage, o.Actual, o.Level, o.Vintage)
		}
		if row.Level == "D" && !strings.HasPrefix(row.Source, "derived from xiaomi/") {
			t.Errorf("%s is derived from %q", row.Target, row.Source)
		}
	}
}

func TestMakers(t *testing.T) {
	r := example(t, makers)
	s := r.Score
	if len(s.Skill) != 0 || len(s.Demonstrations) != 2 {
		t.Fatalf("demonstrations %d", len(s.Demonstrations))
	}
	g := s.Demonstrations[0]
	if g.Makers != 4 || g.N < 50 || g.Firm == 0 || g.Firm == g.N || len(g.Metrics) == 0 {
		t.Errorf("%+v", g)
	}
	naive := 0
	for _, row := range s.Rows {
		if row.Vintage <= row.AsOf || row.P5 >= row.P95 {
			t.Errorf("%s %s: %+v", row.Forecast, row.Target, row)
		}
		naive += len(row.Naive)
	}
	if naive < 60 {
		t.Errorf("%d naive forecasts", naive)
	}
	history := read(t, makers, "history.yaml")
	for _, f := range r.Registration.Forecasts {
		if len(f.Known) == 0 {
			t.Errorf("%s knew nothing", f.Name)
		}
		for _, id := range f.Known {
			i := slices.IndexFunc(history, func(r record.Record) bool { return r.ID == id })
			if i < 0 || history[i].Vintage > f.AsOf {
				t.Errorf("%s knew %s", f.Name, id)
			}
		}
	}
	// The misses are told, the uncertain ones as such.
	var b strings.Builder
	if err := backtest.WriteText(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"xpeng-2024 put deliveries 2025Q3 of xpeng", "itself uncertain (level U)", "figures with a firm actual", `of the naive forecast "year_before"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the text does not say %q:\n%s", want, b.String())
		}
	}
}

// The registration in the repository is of quarters to come, whole, and of the files beside it.
func TestNext2027IsRegistered(t *testing.T) {
	const dir = "../../examples/next-2027"
	had, err := backtest.Load(dir + "/makers-2027.registration.json")
	if err != nil {
		t.Fatal(err)
	}
	r, err := backtest.Run(t.Context(), os.DirFS(dir), "backtest.yaml", backtest.Options{Dir: dir, Now: day("2030-01-01"), Expect: had.SHA256})
	if err != nil || !r.Kept || r.Score != nil || !r.Registration.Registered.Equal(had.Registered) {
		t.Fatalf("kept %t: %v", r.Kept, err)
	}
	all, err := record.Import(recordtest.File(t, calibration))
	if err != nil {
		t.Fatal(err)
	}
	s, err := had.Score(all, "2026-11-26")
	if err != nil || len(s.Rows) != 0 || len(s.Unscored) != 32 {
		t.Errorf("what is forecast is known already: %d rows, %d to come, %v", len(s.Rows), len(s.Unscored), err)
	}
	ids := map[string]bool{}
	for _, r := range all {
		ids[r.ID] = true
	}
	for _, r := range read(t, os.DirFS(dir), "history.yaml") {
		if !ids[r.ID] {
			t.Errorf("%s: not what the calibration file says", r.Key)
		}
	}
	// The day on which one comes, it is a forecast.
	come := recordtest.Of("come", "nio/2026Q4/deliveries", 130_000, "2027-03-10")
	s, err = had.Score(append(all, come), "2027-03-10")
	if err != nil || len(s.Rows) != 1 || s.Rows[0].Label != backtest.Forecast || len(s.Skill) != 1 || len(s.Rows[0].Naive) != 2 {
		t.Errorf("the first actual: %+v %v", s.Rows, err)
	}
}
