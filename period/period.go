// Package period holds spans of time: half-open, so that two months meet without a gap or an overlap.
package period

import (
	"time"

	"roadbook/fault"
)

// Date is a calendar day in UTC, written YYYY-MM-DD; dates compare as strings do. The empty Date means "open".
type Date string

// DateOf returns the day of t in UTC.
func DateOf(t time.Time) Date { return Date(t.UTC().Format(time.DateOnly)) }

// ParseDate accepts YYYY-MM-DD only.
func ParseDate(s string) (Date, error) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", fault.New(fault.Invalid, "date", "%.40q is not a date of the form YYYY-MM-DD", s)
	}
	return Date(s), nil
}

// Time returns the day's first instant in UTC, or the zero time of an empty or malformed date.
func (d Date) Time() time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	return t
}

// AddDays returns the date n days later.
func (d Date) AddDays(n int) Date { return DateOf(d.Time().AddDate(0, 0, n)) }

// Month returns the month that holds the date.
func (d Date) Month() Month { return Month(d[:7]) }

// Month is a calendar month in UTC, written YYYY-MM; months compare as strings do.
type Month string

// MonthOf returns the month of t in UTC.
func MonthOf(t time.Time) Month { return Month(t.UTC().Format("2006-01")) }

// First returns the month's first day.
func (m Month) First() Date { return Date(m + "-01") }

// Next returns the following month.
func (m Month) Next() Month { return MonthOf(m.First().Time().AddDate(0, 1, 0)) }

// Last returns the month's last day.
func (m Month) Last() Date { return m.Next().First().AddDays(-1) }

// Span returns [first day, first day of the next month).
func (m Month) Span() Span { return Span{m.First(), m.Next().First()} }

// Span is the half-open range of days [From, To). An empty To means "without end"; an empty From "since ever".
type Span struct {
	From Date `json:"from,omitempty" yaml:"from"`
	To   Date `json:"to,omitempty" yaml:"to"`
}

// Contains reports whether d lies in the span.
func (s Span) Contains(d Date) bool { return (s.From == "" || s.From <= d) && (s.To == "" || d < s.To) }

// Days returns the number of days in a bounded span, 0 or more.
func (s Span) Days() int {
	return max(0, int(s.To.Time().Sub(s.From.Time()).Hours()/24))
}

// Overlap returns the days both spans share; both must be bounded, else the bounds of the other are taken.
func (s Span) Overlap(o Span) Span {
	r := s
	if r.From < o.From {
		r.From = o.From
	}
	if r.To == "" || (o.To != "" && o.To < r.To) {
		r.To = o.To
	}
	if r.To != "" && r.To < r.From {
		r.To = r.From
	}
	return r
}

// AddMonths returns the date n months after d, clamped to the month's end (31 January + 1 month = 28 or 29 February).
func (d Date) AddMonths(n int) Date {
	t := d.Time()
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	day := min(t.Day(), first.AddDate(0, 1, -1).Day())
	return DateOf(first.AddDate(0, 0, day-1))
}

// Months lists the months that the bounded span touches, in order.
func (s Span) Months() []Month {
	var out []Month
	for m := s.From.Month(); m.First() < s.To; m = m.Next() {
		out = append(out, m)
	}
	return out
}
