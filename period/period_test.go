package period_test

import (
	"testing"

	"roadbook/period"
)

func TestAddMonthsClampsToTheMonthsEnd(t *testing.T) {
	for _, c := range []struct {
		why  string
		from period.Date
		n    int
		want period.Date
	}{
		{"plain", "2023-09-15", 1, "2023-10-15"},
		{"into a shorter month", "2024-01-31", 1, "2024-02-29"},
		{"into February of a common year", "2023-01-31", 1, "2023-02-28"},
		{"the original day comes back when counted from the anchor", "2024-01-31", 2, "2024-03-31"},
		{"over the year's end", "2023-11-30", 3, "2024-02-29"},
	} {
		if got := c.from.AddMonths(c.n); got != c.want {
			t.Errorf("%s: %s + %d months = %s, want %s", c.why, c.from, c.n, got, c.want)
		}
	}
}

func TestSpansMeetWithoutGapOrOverlap(t *testing.T) {
	year := period.Span{From: "2023-09-17", To: "2024-09-17"}
	days := 0
	for _, m := range year.Months() {
		days += year.Overlap(m.Span()).Days()
	}
	if days != year.Days() || days != 366 {
		t.Fatalf("the months of %v hold %d days, the span %d, want 366", year, days, year.Days())
	}
	feb := period.Month("2024-02").Span()
	if !feb.Contains("2024-02-29") || feb.Contains("2024-03-01") || feb.Contains("2024-01-31") {
		t.Fatal("a month is half-open")
	}
}

func TestParseDateRefuses(t *testing.T) {
	for _, s := range []string{"2023-02-29", "2023-9-1", "01.09.2023", "", "2023-09-01T00:00:00Z"} {
		if d, err := period.ParseDate(s); err == nil {
			t.Errorf("ParseDate(%q) = %s", s, d)
		}
	}
}
