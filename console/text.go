package console

import (
	"strconv"
	"strings"
	"time"

	"roadbook/money"
	"roadbook/period"
)

// minus is U+2212: as wide as a digit plus, and read aloud as "minus".
const minus = "\u2212"

// written is an amount split where the page changes its type: "−1,234" ".50" "CNY".
type written struct{ Whole, Fraction, Currency string }

func write(a money.Amount) written {
	s, currency, _ := strings.Cut(a.String(), " ")
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		s = minus + rest
	}
	whole, frac, ok := strings.Cut(s, ".")
	if ok {
		frac = "." + frac
	}
	return written{whole, frac, currency}
}

// plain is the amount as running text, for titles and labels.
func plain(a money.Amount) string {
	w := write(a)
	return strings.TrimSpace(w.Whole + w.Fraction + "\u00a0" + w.Currency)
}

// count groups a whole number by thousands: "−12,345".
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = minus, s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// reading groups the whole part of a number that came as text: "-61343.5" → "−61,343.5". Other words stay as they are.
func reading(s string) string {
	whole, rest, dot := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return s
	}
	text := count(n)
	if n == 0 && strings.HasPrefix(whole, "-") {
		text = minus + text
	}
	if dot {
		text += "." + rest
	}
	return text
}

// claim is the first part of an answer, which is its headline, and grounds are the figures after its last colon.
// "No: the car earns more: 5 CNY per car" → "No: the car earns more." and "5 CNY per car."
func claim(answer string) string {
	c, _ := splitAnswer(answer)
	return c
}

func grounds(answer string) string {
	_, g := splitAnswer(answer)
	return g
}

func splitAnswer(answer string) (claim, grounds string) {
	i := strings.LastIndex(answer, ": ")
	if i < 0 || !strings.Contains(answer[:i], " ") { // a bare "No" is no headline
		return answer, ""
	}
	return sentence(answer[:i]), sentence(answer[i+2:])
}

// headline is the first sentence of an answer that has several, and rest are the others.
func headline(answer string) string { h, _ := splitSentence(answer); return h }

func rest(answer string) string { _, r := splitSentence(answer); return r }

func splitSentence(answer string) (first, rest string) {
	for i := 0; i+2 < len(answer); i++ {
		if (answer[i] == '.' || answer[i] == ':') && answer[i+1] == ' ' && strings.Contains(answer[:i], " ") {
			return sentence(answer[:i]), sentence(answer[i+2:])
		}
	}
	return sentence(answer), ""
}

// number writes a coordinate for the drawing.
func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// day writes a time's day as people read it: "3 March 2024".
func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

// clockTime writes the time of day; a fact that happened at midnight was booked by the day and shows none.
func clockTime(t time.Time) string {
	if t.UTC().Truncate(24 * time.Hour).Equal(t.UTC()) {
		return ""
	}
	return t.UTC().Format("15:04 UTC")
}

// dateText writes a date as people read it, or a dash for an open one.
func dateText(d period.Date) string {
	if d == "" || d.Time().IsZero() {
		return "–"
	}
	return day(d.Time())
}

// spanText writes the days that an invoice line pays for; spans are half-open, people read the last day.
func spanText(s period.Span) string {
	switch {
	case s.From == "" && s.To == "":
		return "–"
	case s.To == "":
		return "from " + dateText(s.From)
	case s.From == "":
		return "until " + dateText(s.To.AddDays(-1))
	}
	return dateText(s.From) + " – " + dateText(s.To.AddDays(-1))
}

// name turns a machine word into one that reads as a label: "hardware_revenue" → "Hardware revenue".
func name(s string) string {
	s = strings.NewReplacer("_", " ", "-", " ").Replace(s)
	if s == "" {
		return "–"
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// sentence starts with a capital and ends with a stop.
func sentence(s string) string {
	if s == "" {
		return "Something went wrong."
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
