package backtest_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"roadbook/fault"
	"roadbook/outlook/backtest"
)

func TestParseRefuses(t *testing.T) {
	if _, err := backtest.Parse([]byte(specText)); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ why, old, new, want string }{
		{"a misspelt key must not be ignored", "seed: 7", "sead: 7", "sead"},
		{"no name", "name: test", "name: Test Me", "/name"},
		{"paths that scrambled Sobol cannot balance", "paths: 1024", "paths: 1000", "/paths"},
		{"an interval that holds all says nothing", "paths: 1024", "coverage: 1", "/coverage"},
		{"naive forecasts need history", "history: history.yaml\n", "", "/history"},
		{"an unknown naive forecast", "[last,", "[next,", "/naive/0"},
		{"a forecast without a day", "as_of: 2024-05-31", "as_of: soon", "/forecasts/0/as_of"},
		{"a period that is none", "2024Q3", "2024Q7", "/forecasts/0/targets/0/period"},
		{"a unit that scales nothing", "unit: bn", "unit: cars", "/forecasts/0/targets/1/unit"},
		{"a figure twice", "metric: result, period: FY2024, unit: bn, definition: adjusted net result", "metric: deliveries, period: 2024Q3", "/forecasts/0/targets/1"},
		{"nothing to forecast", specText[strings.Index(specText, "    targets"):], "", "/forecasts/0/targets"},
		{"too large", "title: a test", strings.Repeat("#", backtest.MaxSpec), "at most"},
	} {
		in := strings.Replace(specText, row.old, row.new, 1)
		if in == specText {
			t.Fatalf("%s: the row changes nothing", row.why)
		}
		if _, err := backtest.Parse([]byte(in)); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.why, err, row.want)
		}
	}
}

func TestRunRefusesFilesOutsideItsFolder(t *testing.T) {
	for _, name := range []string{"../case.yaml", "/etc/passwd", "none.yaml"} {
		f := files(map[string]string{"bt/backtest.yaml": strings.Replace(specText, "case.yaml", name, 1)})
		if _, err := backtest.Run(t.Context(), f, "bt/backtest.yaml", backtest.Options{Model: bell{1, 1, nil}}); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "/forecasts/0/case") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := backtest.Run(t.Context(), files(nil), "bt/none.yaml", backtest.Options{Model: bell{1, 1, nil}}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no specification: %v", err)
	}
}

// broken forecasts what is no number on one path.
type broken struct{ bell }

func (b broken) Samples(ctx context.Context, text []byte, s backtest.Sampling, targets []backtest.Target) ([][]float64, error) {
	out, err := b.bell.Samples(ctx, text, s, targets)
	out[1][5] = math.NaN()
	return out, err
}

func TestAForecastWithoutANumberIsRefused(t *testing.T) {
	_, err := backtest.Run(t.Context(), files(nil), "bt/backtest.yaml", backtest.Options{Model: broken{bell{1, 1, nil}}})
	if fault.CodeOf(err) != "backtest_ensemble" || !strings.Contains(err.Error(), "/forecasts/0/targets/1") {
		t.Errorf("%v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(specText))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := backtest.Parse(b)
		if err == nil && (s.Name == "" || len(s.Forecasts) == 0 || len(s.Forecasts[0].Targets) == 0) {
			t.Fatalf("accepted %+v", s)
		}
	})
}
