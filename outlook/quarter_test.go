package outlook_test

import (
	"testing"

	"roadbook/fault"
	"roadbook/outlook"
	"roadbook/period"
)

func TestQuarter(t *testing.T) {
	for m, q := range map[period.Month]outlook.Quarter{"2024-01": "2024Q1", "2024-03": "2024Q1", "2024-04": "2024Q2", "2024-12": "2024Q4"} {
		if got := outlook.QuarterOf(m); got != q {
			t.Errorf("%s is in %s, not %s", m, q, got)
		}
	}
	if s := outlook.Quarter("2024Q4").Span(); s != (period.Span{From: "2024-10-01", To: "2025-01-01"}) {
		t.Errorf("the last quarter is %v", s)
	}
	if n := outlook.Quarter("2024Q4").Next(); n != "2025Q1" {
		t.Errorf("after the last quarter comes %s", n)
	}
	for _, bad := range []string{"", "2024", "2024Q0", "2024Q5", "2024Q12", "24Q1", "2024q1", " 2024Q1", "2024Q1x", "-024Q1"} {
		if _, err := outlook.ParseQuarter(bad); fault.CodeOf(err) != "quarter" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParseQuarter(f *testing.F) {
	f.Add("2024Q1")
	f.Add("0000Q4")
	f.Fuzz(func(t *testing.T, s string) {
		q, err := outlook.ParseQuarter(s)
		if err != nil {
			return
		}
		if span := q.Span(); string(q) != s || outlook.QuarterOf(span.From.Month()) != q || span.Days() < 90 || span.Days() > 92 {
			t.Errorf("%q is %v", s, span)
		}
	})
}
