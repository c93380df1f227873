package outlook

import (
	"fmt"
	"regexp"

	"roadbook/fault"
	"roadbook/period"
)

// Quarter is a calendar quarter, written 2024Q1; quarters compare as strings do.
type Quarter string

// QuarterOf returns the quarter that holds a month.
func QuarterOf(m period.Month) Quarter {
	t := m.First().Time()
	return Quarter(fmt.Sprintf("%04dQ%d", t.Year(), (int(t.Month())+2)/3))
}

var quarterForm = regexp.MustCompile(`^[0-9]{4}Q[1-4]$`)

// ParseQuarter accepts YYYYQ1 to YYYYQ4 only.
func ParseQuarter(s string) (Quarter, error) {
	if !quarterForm.MatchString(s) {
		return "", fault.New(fault.Invalid, "quarter", "%.40q is not a quarter of the form 2024Q1", s).At("/quarter")
	}
	return Quarter(s), nil
}

// Span returns the quarter's days.
func (q Quarter) Span() period.Span {
	from := period.Date(fmt.Sprintf("%s-%02d-01", q[:4], int(q[5]-'1')*3+1))
	return period.Span{From: from, To: from.AddMonths(3)}
}

// Next returns the quarter that follows.
func (q Quarter) Next() Quarter { return QuarterOf(q.Span().To.Month()) }
