package backtest_test

import (
	"context"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/outlook/backtest"
	"roadbook/outlook/chance"
	"roadbook/outlook/record"
	"roadbook/outlook/record/recordtest"
	"roadbook/period"
)

const specText = `name: test
title: a test
seed: 7
paths: 1024
naive: [last, year_before]
history: history.yaml
actuals: actuals.yaml
forecasts:
  - name: a
    maker: m
    variant: v
    case: case.yaml
    as_of: 2024-05-31
    targets:
      - {metric: deliveries, period: 2024Q3}
      - {metric: result, period: FY2024, unit: bn, definition: adjusted net result}
`

const caseText = "as_of: 2024-05-31\ninputs: [{name: x, vintage: 2024-05-31}]\n"

const historyText = `who: desk
records:
  - {key: m/2024Q1/deliveries, value: 900, unit: cars, source: s, date: 2024-03-31, vintage: 2024-05-01, level: R}
  - {key: m/2023Q3/deliveries, value: 700, unit: cars, source: s, date: 2023-09-30, vintage: 2023-11-01, level: R}
  - {key: m/2024Q2/deliveries, value: 950, unit: cars, source: s, date: 2024-06-30, vintage: 2024-08-01, level: R}
`

const actualsText = `who: desk
records:
  - {key: m/2024Q3/deliveries, value: 1100, unit: cars, source: s, date: 2024-09-30, vintage: 2024-11-01, level: R}
  - {key: m/FY2024/result, value: -6.2, unit: bn, currency: CNY, source: s, date: 2024-12-31, vintage: 2025-03-18, level: R, definition: operating loss}
`

// bell forecasts a normal law per target, by its exact quantiles.
type bell struct {
	mu, sigma float64
	calls     *int
}

func (bell) Version() string { return "bell 1" }

func (b bell) Samples(_ context.Context, text []byte, s backtest.Sampling, targets []backtest.Target) ([][]float64, error) {
	if b.calls != nil {
		*b.calls++
	}
	out := make([][]float64, len(targets))
	for i := range out {
		for k := range s.Paths {
			out[i] = append(out[i], chance.Normal{Mu: b.mu, Sigma: b.sigma}.Quantile((float64(k)+0.5)/float64(s.Paths)))
		}
	}
	return out, nil
}

func files(change map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, text := range map[string]string{"bt/backtest.yaml": specText, "bt/case.yaml": caseText, "bt/history.yaml": historyText, "bt/actuals.yaml": actualsText} {
		if c, ok := change[name]; ok {
			text = c
		}
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

func day(d string) time.Time { return period.Date(d).Time() }

func run(t *testing.T, f fs.FS, o backtest.Options) backtest.Report {
	t.Helper()
	r, err := backtest.Run(t.Context(), f, "bt/backtest.yaml", o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRunRegistersThenScores(t *testing.T) {
	dir := t.TempDir()
	calls := 0
	o := backtest.Options{Dir: dir, Model: bell{1000, 100, &calls}, Now: day("2024-06-01"), AsOf: "2025-06-01"}
	r := run(t, files(nil), o)
	row := r.Score.Rows[0]
	if len(r.Score.Rows) != 1 || row.Label != backtest.Forecast || len(r.Score.Skill) != 1 || len(r.Score.Demonstrations) != 0 {
		t.Fatalf("a forecast that was registered in time: %+v", r.Score)
	}
	if want := chance.CRPSNormal(1000, 100, 1100); math.Abs(row.CRPS-want) > 0.005*want {
		t.Errorf("CRPS %g, the closed form says %g", row.CRPS, want)
	}
	if want := chance.Phi(1); math.Abs(row.PIT.Mid()-want) > 1.0/backtest.Levels {
		t.Errorf("PIT %g, want %g", row.PIT.Mid(), want)
	}
	if math.Abs(row.P5-(1000-164.485)) > 1 || math.Abs(row.P95-(1000+164.485)) > 1 || math.Abs(row.P50-1000) > 0.5 {
		t.Errorf("quantiles %g %g %g", row.P5, row.P50, row.P95)
	}
	// The naive forecasts know 2024Q1 and 2023Q3; 2024Q2 became known after the forecast's day.
	if len(row.Naive) != 2 || row.Naive[0].Value != 900 || row.Naive[0].CRPS != 200 || row.Naive[1].Value != 700 || row.Naive[1].Period != "2023Q3" {
		t.Errorf("naive %+v", row.Naive)
	}
	if m := r.Score.Skill[0].Metrics; len(m) != 2 || math.Abs(m[0].Skill-(1-row.CRPS/200)) > 1e-12 || m[0].Better != 1 {
		t.Errorf("skill %+v", m)
	}
	if u := r.Score.Unscored; len(u) != 1 || !strings.Contains(u[0].Reason, `"adjusted net"`) || !strings.Contains(u[0].Reason, `"operating"`) {
		t.Errorf("an operating result is no adjusted net one: %+v", u)
	}
	if !strings.HasPrefix(r.Score.Skill[0].Verdict, "No verdict: 1 makers and 1 quarters") {
		t.Errorf("verdict %q", r.Score.Skill[0].Verdict)
	}

	// Again: the registration is kept as it was, the model is not asked again, and the score is the same file.
	o.Now = day("2026-01-01")
	again := run(t, files(nil), o)
	if !again.Kept || calls != 1 || !again.Registration.Registered.Equal(day("2024-06-01")) || again.ScoreFile != r.ScoreFile || len(again.Earlier) != 0 {
		t.Errorf("kept %t, %d calls, registered %s", again.Kept, calls, again.Registration.Registered)
	}
	if got := names(t, dir); len(got) != 2 {
		t.Errorf("files %v", got)
	}
	// A later version of the model scores what was registered, and does not forecast anew.
	o.Model = renamed{}
	if later := run(t, files(nil), o); !later.Kept || later.Registration.Model != "bell 1" || later.ScoreFile != r.ScoreFile {
		t.Errorf("with another version of the model: %+v", later.Score)
	}
	o.Model = bell{1000, 100, &calls}
	elsewhere := files(map[string]string{"bt/backtest.yaml": strings.Replace(specText, "actuals: actuals.yaml\n", "", 1)})
	if later := run(t, elsewhere, o); !later.Kept || later.Score != nil {
		t.Errorf("without actuals there is nothing to score: %+v", later.Score)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.Name())
	}
	return out
}

func TestARegistrationIsNeverOverwritten(t *testing.T) {
	dir := t.TempDir()
	o := backtest.Options{Dir: dir, Model: bell{1000, 100, nil}, Now: day("2024-06-01"), RegisterOnly: true}
	first := run(t, files(nil), o)
	for _, row := range []struct {
		why    string
		change map[string]string
	}{
		{"another seed", map[string]string{"bt/backtest.yaml": strings.Replace(specText, "seed: 7", "seed: 8", 1)}},
		{"another prior", map[string]string{"bt/case.yaml": caseText + "more: 1\n"}},
		{"another metric", map[string]string{"bt/backtest.yaml": strings.Replace(specText, "metric: deliveries", "metric: revenue", 1)}},
		{"another definition", map[string]string{"bt/backtest.yaml": strings.Replace(specText, "adjusted net", "operating", 1)}},
	} {
		_, err := backtest.Run(t.Context(), files(row.change), "bt/backtest.yaml", o)
		if fault.KindOf(err) != fault.Conflict {
			t.Errorf("%s: %v", row.why, err)
		}
	}
	if got, err := backtest.Load(first.File); err != nil || got.SHA256 != first.Registration.SHA256 {
		t.Errorf("the registration: %v", err)
	}
}

func TestATamperedRegistrationIsRefused(t *testing.T) {
	dir := t.TempDir()
	o := backtest.Options{Dir: dir, Model: bell{1000, 100, nil}, Now: day("2024-12-01"), AsOf: "2025-06-01"}
	r := run(t, files(nil), o)
	b, err := os.ReadFile(r.File)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ why, old, new string }{
		{"registered earlier than it was", `"registered": "2024-12-01`, `"registered": "2024-05-31`},
		{"another seed", `"seed": 7`, `"seed": 9`},
		{"another prior", `name: x`, `name: y`},
		{"another prediction", `"mean": 1000`, `"mean": 1100`},
	} {
		changed := strings.Replace(string(b), row.old, row.new, 1)
		if changed == string(b) {
			t.Fatalf("%s: the row changes nothing", row.why)
		}
		if err := os.WriteFile(r.File, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := backtest.Run(t.Context(), files(nil), "bt/backtest.yaml", o)
		if fault.CodeOf(err) != "backtest_tampered" {
			t.Errorf("%s: %v", row.why, err)
		}
	}
	// One who also mends the hash is found by the hash that was told elsewhere.
	if err := os.WriteFile(r.File, b, 0o600); err != nil {
		t.Fatal(err)
	}
	o.Expect = strings.Repeat("0", 64)
	if _, err := backtest.Run(t.Context(), files(nil), "bt/backtest.yaml", o); fault.CodeOf(err) != "backtest_hash" {
		t.Errorf("another hash was told: %v", err)
	}
	o.Expect = r.Registration.SHA256
	run(t, files(nil), o)
}

func TestALateRegistrationIsADemonstration(t *testing.T) {
	for _, row := range []struct {
		why, registered string
		want            backtest.Label
	}{
		{"the day before", "2024-10-31", backtest.Forecast},
		{"the day on which the actual became known", "2024-11-01", backtest.Demonstration},
		{"long after", "2026-11-26", backtest.Demonstration},
	} {
		r := run(t, files(nil), backtest.Options{Model: bell{1000, 100, nil}, Now: day(row.registered), AsOf: "2026-12-01"})
		if got := r.Score.Rows[0].Label; got != row.want {
			t.Errorf("%s: %s, want %s", row.why, got, row.want)
		}
		if demo := row.want == backtest.Demonstration; demo != (len(r.Score.Skill) == 0) || demo != (len(r.Score.Demonstrations) == 1) {
			t.Errorf("%s: skill %v, demonstrations %v", row.why, r.Score.Skill, r.Score.Demonstrations)
		}
	}
}

func TestARevisedActualGivesASecondScore(t *testing.T) {
	dir := t.TempDir()
	revised := actualsText + "  - {key: m/2024Q3/deliveries, value: 1300, unit: cars, source: s, date: 2024-09-30, vintage: 2025-02-01, level: R}\n"
	f := files(map[string]string{"bt/actuals.yaml": revised})
	o := backtest.Options{Dir: dir, Model: bell{1000, 100, nil}, Now: day("2024-06-01"), AsOf: "2025-01-31"}
	first := run(t, f, o)
	// Registered between the first print and its revision: the forecaster could have known.
	o.AsOf = "2025-02-01"
	second := run(t, f, o)
	a, b := first.Score.Rows[0], second.Score.Rows[0]
	if a.Actual != 1100 || a.Vintage != "2024-11-01" || b.Actual != 1300 || b.Vintage != "2025-02-01" || len(b.Revised) != 1 || b.Revised[0] != 1100 {
		t.Errorf("first %+v, second %+v", a, b)
	}
	if len(second.Earlier) != 1 || second.Earlier[0].AsOf != "2025-01-31" || second.Earlier[0].Rows[0].Actual != 1100 || len(names(t, dir)) != 3 {
		t.Errorf("the first score is not kept beside the second: %v", names(t, dir))
	}
	shelf := backtest.Shelf{Dir: dir}
	if list, err := shelf.List(t.Context()); err != nil || len(list) != 1 || list[0].Name != "test" || list[0].Scored != "2025-02-01" || list[0].SHA256 != first.Registration.SHA256 {
		t.Errorf("on the shelf: %+v %v", list, err)
	}
	if kept, err := shelf.Report(t.Context(), "test"); err != nil || kept.Score.Rows[0].Actual != 1300 || len(kept.Earlier) != 1 {
		t.Errorf("from the shelf: %v", err)
	}
	for _, name := range []string{"none", "../test", ""} {
		if _, err := shelf.Report(t.Context(), name); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%q from the shelf: %v", name, err)
		}
	}
	if list, err := (backtest.Shelf{Dir: filepath.Join(dir, "none")}).List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("an empty shelf: %v %v", list, err)
	}
	late := run(t, f, backtest.Options{Model: bell{1000, 100, nil}, Now: day("2024-12-01"), AsOf: "2025-02-01"})
	if late.Score.Rows[0].Label != backtest.Demonstration {
		t.Error("registered after the first print, before its revision: that is no forecast")
	}
}

// spy remembers what it was asked; leak makes it answer with the future.
type spy struct {
	list  backtest.List
	asked []period.Date
	leak  bool
}

func (s *spy) AsOf(ctx context.Context, asOf period.Date) ([]record.Record, error) {
	s.asked = append(s.asked, asOf)
	if s.leak {
		return s.list, nil
	}
	return s.list.AsOf(ctx, asOf)
}

func TestARegistrationCannotSeeActuals(t *testing.T) {
	future := recordtest.Of("f", "m/2024Q3/deliveries", 1100, "2024-11-01")
	past := recordtest.Of("p", "m/2024Q1/deliveries", 900, "2024-05-01")
	s := &spy{list: backtest.List{past, future}}
	opened := 0
	o := backtest.Options{Model: bell{1000, 100, nil}, Now: day("2024-12-01"), Known: s, RegisterOnly: true,
		Actuals: func() ([]record.Record, error) { opened++; return nil, nil }}
	f := files(nil)
	delete(f, "bt/actuals.yaml") // not there at all
	r := run(t, f, o)
	if len(s.asked) != 1 || s.asked[0] != "2024-05-31" || opened != 0 {
		t.Errorf("asked for %v, the actuals opened %d times", s.asked, opened)
	}
	if k := r.Registration.Forecasts[0].Known; len(k) != 1 || k[0] != "p" {
		t.Errorf("known %v", k)
	}
	s.list = append(s.list, recordtest.Of("k", "m/2024Q3/deliveries", 1000, "2024-05-31"))
	if _, err := backtest.Run(t.Context(), f, "bt/backtest.yaml", o); fault.CodeOf(err) != "backtest_known" {
		t.Errorf("a forecast of what is known: %v", err)
	}
	s.leak = true
	if _, err := backtest.Run(t.Context(), f, "bt/backtest.yaml", o); fault.CodeOf(err) != "backtest_foresight" {
		t.Errorf("a store that tells the future: %v", err)
	}
	for _, row := range []struct{ why, text, code string }{
		{"a prior from the future", strings.Replace(caseText, "vintage: 2024-05-31", "vintage: 2024-06-01", 1), "backtest_foresight"},
		{"deep inside", caseText + "a: {b: [{c: {vintage: \"2025-01-01\"}}]}\n", "backtest_foresight"},
		{"in a list of one alias", caseText + "a: &a [{vintage: 2024-07-01}]\nb: *a\n", "backtest_foresight"},
		{"a small file that unfolds into a large one", bomb(), "backtest"},
		{"a case of another day", strings.Replace(caseText, "as_of: 2024-05-31", "as_of: 2024-05-30", 1), "backtest"},
	} {
		_, err := backtest.Run(t.Context(), files(map[string]string{"bt/case.yaml": row.text}), "bt/backtest.yaml", backtest.Options{Model: bell{1, 1, nil}, RegisterOnly: true})
		if fault.CodeOf(err) != row.code {
			t.Errorf("%s: %v", row.why, err)
		}
	}
}

// bomb is a case of a million values in a few lines.
func bomb() string {
	s := caseText + "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 6; i++ {
		s += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), i-1)
	}
	return s
}

func TestTheRegistrationIsKeptBeforeTheActualsAreOpened(t *testing.T) {
	dir := t.TempDir()
	o := backtest.Options{Dir: dir, Model: bell{1000, 100, nil}, Now: day("2024-06-01"), Actuals: func() ([]record.Record, error) {
		if _, err := backtest.Load(filepath.Join(dir, "test.registration.json")); err != nil {
			t.Errorf("the actuals are opened, and the registration is not kept: %v", err)
		}
		return nil, nil
	}}
	r := run(t, files(nil), o)
	if len(r.Score.Rows) != 0 || len(r.Score.Unscored) != 2 || r.Score.Unscored[0].Reason != "no actual is known" {
		t.Errorf("without actuals: %+v", r.Score)
	}
}

func TestABoundIsNoActual(t *testing.T) {
	lo, hi := 1164.485, 1200.0
	above := recordtest.Of("b", "m/2024Q3/deliveries", 0, "2024-11-01")
	above.Value, above.Low = nil, &lo
	ranged := above
	ranged.High = &hi
	for _, row := range []struct {
		r           record.Record
		reason      string
		least, most float64
	}{{above, "more than 1,164", 0.95, -1}, {ranged, "1,164 to 1,200", 0.95, 0.977}} {
		rep := run(t, files(nil), backtest.Options{Model: bell{1000, 100, nil}, Now: day("2024-06-01"), AsOf: "2025-01-01",
			Actuals: func() ([]record.Record, error) { return []record.Record{row.r}, nil }})
		u := rep.Score.Unscored[0]
		if len(rep.Score.Rows) != 0 || !strings.Contains(u.Reason, row.reason) || u.Least == nil || math.Abs(*u.Least-row.least) > 0.003 {
			t.Errorf("%+v", u)
		}
		if row.most > 0 && (u.Most == nil || math.Abs(*u.Most-row.most) > 0.003) || row.most < 0 && u.Most != nil {
			t.Errorf("at most: %+v", u.Most)
		}
	}
}

// outcomes scores n quarters of four makers, whose actuals are drawn from N(0, actual) and forecast as N(0, 1).
func outcomes(t *testing.T, n int, actual float64) backtest.Score {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	spec := strings.Builder{}
	spec.WriteString("name: cal\nseed: 1\npaths: 1024\nforecasts:\n")
	f := fstest.MapFS{"c.yaml": {Data: []byte("as_of: 1990-06-30\n")}}
	var records []record.Record
	for m := range 4 {
		for e := range n / 40 {
			maker := fmt.Sprintf("m%d", m)
			fmt.Fprintf(&spec, "  - {name: %s-%d, maker: %s, variant: v, case: c.yaml, as_of: 1990-06-30, targets: [", maker, e, maker)
			for q := range 40 {
				per := fmt.Sprintf("%dQ%d", 1991+e*10+q/4, q%4+1)
				fmt.Fprintf(&spec, "{metric: x, period: %s},", per)
				r := recordtest.Of(fmt.Sprint(maker, per), record.Key(maker, per, "x"), actual*rng.NormFloat64(), "2100-01-01")
				r.Level = evidence.Reported
				records = append(records, r)
			}
			spec.WriteString("]}\n")
		}
	}
	f["s.yaml"] = &fstest.MapFile{Data: []byte(spec.String())}
	r, err := backtest.Run(t.Context(), f, "s.yaml", backtest.Options{Model: bell{0, 1, nil}, Now: day("1990-07-01"), AsOf: "2100-01-01",
		Actuals: func() ([]record.Record, error) { return records, nil }})
	if err != nil {
		t.Fatal(err)
	}
	return *r.Score
}

func TestACalibratedForecasterIsFoundToBeOne(t *testing.T) {
	g := outcomes(t, 400, 1).Skill[0]
	if g.N != 1600 || g.Makers != 4 || g.Quarters != 400 || g.Verdict != "Consistent with calibration." || g.Calibration.ChiP < 0.01 ||
		math.Abs(g.Coverage.Rate-0.9) > 0.02 || g.Coverage.Range.Low > 0.9 || g.Coverage.Range.High < 0.9 {
		t.Errorf("%+v", g)
	}
	wide := outcomes(t, 400, 2).Skill[0]
	if !strings.HasPrefix(wide.Verdict, "Too sure") || !wide.Calibration.Narrow || wide.Calibration.ChiP > 1e-6 || math.Abs(wide.Coverage.Rate-0.589) > 0.04 {
		t.Errorf("outcomes twice as wide as forecast: %+v", wide)
	}
	calm := outcomes(t, 400, 0.3).Skill[0]
	if !strings.HasPrefix(calm.Verdict, "Too cautious") || calm.Coverage.Rate != 1 {
		t.Errorf("outcomes much narrower than forecast: %+v", calm)
	}
}

func TestWriteTextSaysWhereItWasWrong(t *testing.T) {
	f := files(map[string]string{"bt/actuals.yaml": strings.Replace(strings.Replace(actualsText, "1100", "1800", 1), "level: R}", "level: U}", 1)})
	r := run(t, f, backtest.Options{Model: bell{1000, 100, nil}, Now: day("2026-11-26"), AsOf: "2026-11-26"})
	var b strings.Builder
	if err := backtest.WriteText(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"No evidence of skill", "Where it was wrong",
		"1. a put deliveries 2024Q3 of m at 836 to 1,164 (middle 1,000); reported: 1,800, higher than at least 99.9 % of the forecast. The actual is itself uncertain (level U).",
		"Not scored", "the definition differs", "Demonstrations (excluded from skill): v, 1 figures of 1 makers", "PIT histogram: [0 0 0 0 0 0 0 0 0 1]", r.Registration.SHA256} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the text does not say %q:\n%s", want, b.String())
		}
	}
	only := run(t, f, backtest.Options{Model: bell{1000, 100, nil}, Now: day("2026-11-26"), RegisterOnly: true})
	b.Reset()
	if err := backtest.WriteText(&b, only); err != nil || !strings.Contains(b.String(), "Not scored yet") || strings.Contains(b.String(), "1,800") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

func TestARegistrationRepeats(t *testing.T) {
	r := run(t, files(nil), backtest.Options{Model: bell{1000, 100, nil}, Now: day("2024-06-01"), RegisterOnly: true}).Registration
	if err := r.Repeat(t.Context(), bell{1000, 100, nil}); err != nil {
		t.Error(err)
	}
	if err := r.Repeat(t.Context(), bell{1001, 100, nil}); fault.CodeOf(err) != "backtest_repeat" {
		t.Errorf("a model that says something else: %v", err)
	}
	if err := r.Repeat(t.Context(), renamed{}); fault.CodeOf(err) != "backtest_version" {
		t.Errorf("another version: %v", err)
	}
}

type renamed struct{ bell }

func (renamed) Version() string { return "bell 2" }

func TestAnActualIsDerivedFromItsParts(t *testing.T) {
	rec := func(key string, v float64, vintage period.Date, level evidence.Level, definition string) record.Record {
		r := recordtest.Of(key+string(vintage), key, v, vintage)
		r.Level, r.Definition = level, definition
		return r
	}
	quarters := []record.Record{rec("m/2024Q1/result", -1, "2024-05-01", "R", "operating loss"), rec("m/2024Q2/result", -2, "2024-08-01", "R", "operating loss"),
		rec("m/2024Q3/result", 1, "2024-11-01", "U", "operating profit"), rec("m/2024Q4/result", 4, "2025-03-01", "R", "operating profit")}
	spec := strings.Replace(strings.Replace(specText, "adjusted net result", "operating result", 1), "unit: bn, ", "", 1)
	for _, row := range []struct {
		why    string
		rs     []record.Record
		want   float64
		level  evidence.Level
		reason string
	}{
		{"four quarters of one definition make a year, as weak as the weakest", quarters, 2, "U", ""},
		{"a revised quarter moves the sum, not the day on which it was first known", append([]record.Record{rec("m/2024Q4/result", 5, "2025-06-01", "R", "operating profit")}, quarters...), 3, "U", ""},
		{"three do not", quarters[:3], 0, "", "no actual is known"},
		{"nor do four of two definitions", append([]record.Record{rec("m/2024Q4/result", 4, "2025-03-01", "R", "net profit")}, quarters[:3]...), 0, "", "no actual is known"},
		{"a printed year goes before a sum", append([]record.Record{rec("m/FY2024/result", 3, "2025-03-01", "R", "operating profit")}, quarters...), 3, "R", ""},
		{"a printed year of another definition does not stand in the way", append([]record.Record{rec("m/FY2024/result", 3, "2025-03-01", "R", "net profit")}, quarters...), 2, "U", ""},
	} {
		r := run(t, files(map[string]string{"bt/backtest.yaml": spec}), backtest.Options{Model: bell{0, 1, nil}, Now: day("2024-06-01"), AsOf: "2026-01-01",
			Actuals: func() ([]record.Record, error) { return row.rs, nil }})
		if row.reason != "" {
			if u := r.Score.Unscored; len(u) != 2 || u[1].Reason != row.reason {
				t.Errorf("%s: %+v", row.why, u)
			}
			continue
		}
		if len(r.Score.Rows) != 1 || r.Score.Rows[0].Actual != row.want || r.Score.Rows[0].Level != row.level || r.Score.Rows[0].First != "2025-03-01" {
			t.Errorf("%s: %+v", row.why, r.Score.Rows)
		}
	}
}
