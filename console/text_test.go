package console

import (
	"testing"

	"roadbook/money"
	"roadbook/period"
)

func TestText(t *testing.T) {
	for _, tc := range []struct{ reason, got, want string }{
		{"a negative amount has a true minus", plain(money.Of(-123_456, "CNY")), "−1,234.56\u00a0CNY"},
		{"a currency without minor units has no fraction", plain(money.Of(1_234, "JPY")), "1,234\u00a0JPY"},
		{"no amount is nothing", plain(money.Amount{}), "0"},
		{"thousands are grouped", count(1_234_567), "1,234,567"},
		{"under a thousand nothing is", count(999), "999"},
		{"a negative count", count(-12_345), "−12,345"},
		{"a half-open span is read to its last day", spanText(period.Span{From: "2024-01-20", To: "2025-01-20"}), "20 January 2024 – 19 January 2025"},
		{"an open span", spanText(period.Span{From: "2024-01-20"}), "from 20 January 2024"},
		{"a sale at a point in time", spanText(period.Span{}), "–"},
		{"a span since ever", spanText(period.Span{To: "2025-01-20"}), "until 19 January 2025"},
		{"a machine word", name("partner_share"), "Partner share"},
		{"a refusal keeps its hyphens", sentence("a month is YYYY-MM"), "A month is YYYY-MM."},
		{"midnight is a day, not a time", clockTime(at("2024-01-20T00:00:00Z")), ""},
		{"a time says its zone", clockTime(at("2024-01-20T08:05:00+08:00")), "00:05 UTC"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %q, want %q", tc.reason, tc.got, tc.want)
		}
	}
}

func TestReading(t *testing.T) {
	for _, tc := range []struct{ reason, in, want string }{
		{"metres are grouped", "4604461", "4,604,461"},
		{"a fraction is kept as it came", "-61343.50", minus + "61,343.50"},
		{"a sign is not lost on zero", "-0.5", minus + "0.5"},
		{"a word is no number", "yes", "yes"},
	} {
		if got := reading(tc.in); got != tc.want {
			t.Errorf("%s: %q is written %q, want %q", tc.reason, tc.in, got, tc.want)
		}
	}
}

func TestAnswerInTwoParts(t *testing.T) {
	for _, tc := range []struct{ reason, in, claim, grounds string }{
		{"figures follow the claim", "No: the car earns more: hardware 5 CNY; it takes 6", "No: the car earns more.", "Hardware 5 CNY; it takes 6."},
		{"a bare no is no headline", "No: software costs more than it earns", "No: software costs more than it earns", ""},
		{"nothing to split", "No car is sold yet", "No car is sold yet", ""},
	} {
		if c, g := claim(tc.in), grounds(tc.in); c != tc.claim || g != tc.grounds {
			t.Errorf("%s: %q and %q", tc.reason, c, g)
		}
	}
}

func TestHeadline(t *testing.T) {
	for _, row := range []struct{ why, answer, first, rest string }{
		{"the first sentence is the headline", "Buy 5.5 packs from a. Leaving b out costs 3.", "Buy 5.5 packs from a.", "Leaving b out costs 3."},
		{"a colon ends a claim too", "No: software does not close the gap: 400 of 20.", "No: software does not close the gap.", "400 of 20."},
		{"a single sentence has no rest", "There is no plan.", "There is no plan.", ""},
	} {
		if f, r := headline(row.answer), rest(row.answer); f != row.first || r != row.rest {
			t.Errorf("%s: %q and %q", row.why, f, r)
		}
	}
}
