package record

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"roadbook/fault"
	"roadbook/period"
)

// Period is what a figure covers: a quarter 2024Q2, a half 2024H1, a year 2024 or financial year FY2024 (both from
// January to December), its first nine months 9M2025, a month 2024-05 or a day 2024-05-31.
type Period struct {
	text string
	kind byte // 'Q', 'H', 'Y', 'F', 'N', 'M', 'D'
	year int
	n    int // of the quarter, half, month
	day  period.Date
}

var periods = []struct {
	kind byte
	form *regexp.Regexp
}{
	{'Q', regexp.MustCompile(`^(\d{4})Q([1-4])$`)},
	{'H', regexp.MustCompile(`^(\d{4})H([12])$`)},
	{'Y', regexp.MustCompile(`^(\d{4})()$`)},
	{'F', regexp.MustCompile(`^FY(\d{4})()$`)},
	{'N', regexp.MustCompile(`^9M(\d{4})()$`)},
	{'M', regexp.MustCompile(`^(\d{4})-(0[1-9]|1[0-2])$`)},
	{'D', regexp.MustCompile(`^(\d{4})-(\d{2})-\d{2}$`)},
}

// ParsePeriod reads a period.
func ParsePeriod(s string) (Period, error) {
	for _, f := range periods {
		m := f.form.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		p := Period{text: s, kind: f.kind}
		p.year, _ = strconv.Atoi(m[1]) // four digits
		p.n, _ = strconv.Atoi(m[2])    // digits or empty
		if p.year < 1900 || p.year > 2200 {
			break
		}
		if p.kind == 'D' {
			d, err := period.ParseDate(s)
			if err != nil {
				break
			}
			p.day = d
		}
		return p, nil
	}
	return Period{}, fault.New(fault.Invalid, "period", "%.40q is not a period such as 2024Q2, FY2024, 2024, 9M2025, 2024H1, 2024-05 or 2024-05-31", s)
}

// String returns the period as it was written.
func (p Period) String() string { return p.text }

// Year returns the year.
func (p Period) Year() int { return p.year }

// Quarter returns 1 to 4 for a quarter, and 0 for every other period.
func (p Period) Quarter() int {
	if p.kind == 'Q' {
		return p.n
	}
	return 0
}

// IsYear reports whether the period is a whole year.
func (p Period) IsYear() bool { return p.kind == 'Y' || p.kind == 'F' }

// Span returns the days of the period; that of the zero Period is open on both sides.
func (p Period) Span() period.Span {
	months := func(first, n int) period.Span {
		from := time.Date(p.year, time.Month(first), 1, 0, 0, 0, 0, time.UTC)
		return period.Span{From: period.DateOf(from), To: period.DateOf(from.AddDate(0, n, 0))}
	}
	switch p.kind {
	case 'Q':
		return months(3*p.n-2, 3)
	case 'H':
		return months(6*p.n-5, 6)
	case 'Y', 'F':
		return months(1, 12)
	case 'N':
		return months(1, 9)
	case 'M':
		return months(p.n, 1)
	case 'D':
		return period.Span{From: p.day, To: p.day.AddDays(1)}
	}
	return period.Span{}
}

// Last returns the period's last day.
func (p Period) Last() period.Date { return p.Span().To.AddDays(-1) }

// YearsBefore returns the same period n years earlier. A day keeps its month and day, 29 February becoming 1 March.
func (p Period) YearsBefore(n int) Period {
	y := p.year - n
	var s string
	switch p.kind {
	case 'Q':
		s = fmt.Sprintf("%04dQ%d", y, p.n)
	case 'H':
		s = fmt.Sprintf("%04dH%d", y, p.n)
	case 'Y':
		s = fmt.Sprintf("%04d", y)
	case 'F':
		s = fmt.Sprintf("FY%04d", y)
	case 'N':
		s = fmt.Sprintf("9M%04d", y)
	case 'M':
		s = fmt.Sprintf("%04d-%02d", y, p.n)
	case 'D':
		s = string(period.DateOf(p.day.Time().AddDate(-n, 0, 0)))
	default:
		return Period{}
	}
	out, err := ParsePeriod(s)
	if err != nil { // out of the years that are known
		return Period{}
	}
	return out
}

// Before returns the period of the same kind that ends where this one begins: 2023Q4 for 2024Q1.
// The nine months before nine months are those of the year before.
func (p Period) Before() Period {
	switch {
	case p.kind == 'Q' && p.n > 1:
		return must(fmt.Sprintf("%04dQ%d", p.year, p.n-1))
	case p.kind == 'Q':
		return must(fmt.Sprintf("%04dQ4", p.year-1))
	case p.kind == 'H' && p.n == 2:
		return must(fmt.Sprintf("%04dH1", p.year))
	case p.kind == 'H':
		return must(fmt.Sprintf("%04dH2", p.year-1))
	case p.kind == 'M' || p.kind == 'D':
		s := string(p.Span().From.AddDays(-1))
		if p.kind == 'M' {
			s = s[:7]
		}
		return must(s)
	}
	return p.YearsBefore(1)
}

// must returns the zero Period for what lies out of the years that are known.
func must(s string) Period {
	p, err := ParsePeriod(s)
	if err != nil {
		return Period{}
	}
	return p
}
