package outlook_test

import (
	"math"
	"testing"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/outlook"
)

func TestCompare(t *testing.T) {
	line := func(key string, minor int64) outlook.Line {
		return outlook.Line{Key: key, Label: key, Amount: money.Of(minor, "CNY")}
	}
	actual := []outlook.Line{line("hardware_revenue", 14_700_000), line("pack", -7_000_000), line("usage", 500)}
	got, err := outlook.Compare(actual, []outlook.Forecast{{Key: "pack", P5: -75_000, P50: -71_000, P95: -70_000}, {Key: "hardware_revenue", P5: 147_000.01, P50: 150_000, P95: 160_000}})
	if err != nil || len(got) != 3 {
		t.Fatalf("%+v %v", got, err)
	}
	for i, row := range []struct {
		why        string
		inside     bool
		difference float64
		forecast   bool
	}{
		{"a fen below the 5 % quantile is outside", false, -3_000, true},
		{"on the 95 % quantile is inside; costs are negative", true, 1_000, true},
		{"what nobody forecast stays to be seen", false, 0, false},
	} {
		if v := got[i]; v.Inside != row.inside || v.Difference != row.difference || (v.Forecast != nil) != row.forecast || v.Key != actual[i].Key || v.Actual != actual[i].Amount {
			t.Errorf("%s: %+v", row.why, v)
		}
	}
	yen, err := outlook.Compare([]outlook.Line{{Key: "pack", Amount: money.Of(-7, "JPY")}}, []outlook.Forecast{{Key: "pack", P5: -7, P50: -7, P95: -7}})
	if err != nil || !yen[0].Inside {
		t.Errorf("a currency without decimals: %+v %v", yen, err)
	}
	for _, row := range []struct {
		why, code string
		f         []outlook.Forecast
	}{
		{"a key that no line has", "forecast_key", []outlook.Forecast{{Key: "packs"}}},
		{"a line twice", "forecast_twice", []outlook.Forecast{{Key: "pack"}, {Key: "pack"}}},
		{"quantiles that fall", "forecast_quantiles", []outlook.Forecast{{Key: "pack", P5: 1}}},
		{"no number", "forecast_quantiles", []outlook.Forecast{{Key: "pack", P50: math.NaN()}}},
		{"no end", "forecast_quantiles", []outlook.Forecast{{Key: "pack", P95: math.Inf(1)}}},
	} {
		if _, err := outlook.Compare(actual, row.f); fault.CodeOf(err) != row.code {
			t.Errorf("%s: %v, want %s", row.why, err, row.code)
		}
	}
}
