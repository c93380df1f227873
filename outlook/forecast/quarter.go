package forecast

import (
	"fmt"
	"strconv"

	"roadbook/fault"
)

// Quarter is a calendar quarter, written 2026Q2.
type Quarter string

// MakeQuarter returns the quarter with the index year·4 + (q−1).
func MakeQuarter(index int) Quarter {
	return Quarter(fmt.Sprintf("%04dQ%d", index/4, index%4+1))
}

// ParseQuarter accepts YYYYQ1 to YYYYQ4 only.
func ParseQuarter(s string) (Quarter, error) {
	if len(s) == 6 && s[4] == 'Q' && s[5] >= '1' && s[5] <= '4' {
		if y, err := strconv.Atoi(s[:4]); err == nil && y >= 1900 {
			return Quarter(s), nil
		}
	}
	return "", fault.New(fault.Invalid, "quarter", "%.40q is not a quarter of the form 2026Q2", s)
}

// Index counts quarters: year·4 + (q−1). It is 0 for a quarter that does not parse.
func (q Quarter) Index() int {
	if _, err := ParseQuarter(string(q)); err != nil {
		return 0
	}
	y, _ := strconv.Atoi(string(q[:4]))
	return y*4 + int(q[5]-'1')
}

// Year returns the calendar year.
func (q Quarter) Year() int { return q.Index() / 4 }

// Add returns the quarter n quarters later.
func (q Quarter) Add(n int) Quarter { return MakeQuarter(q.Index() + n) }

// ParsePeriod returns the first quarter of a period and how many it has: 2024Q3, H12025, H22025, 9M2025 (January to September) or FY2024.
func ParsePeriod(s string) (Quarter, int, error) {
	if q, err := ParseQuarter(s); err == nil {
		return q, 1, nil
	}
	if len(s) == 6 {
		if y, err := strconv.Atoi(s[2:]); err == nil && y >= 1900 {
			switch s[:2] {
			case "FY":
				return MakeQuarter(y * 4), 4, nil
			case "9M":
				return MakeQuarter(y * 4), 3, nil
			case "H1":
				return MakeQuarter(y * 4), 2, nil
			case "H2":
				return MakeQuarter(y*4 + 2), 2, nil
			}
		}
	}
	return "", 0, fault.New(fault.Invalid, "period", "%.40q is not a period of the form 2024Q3, H12025, H22025, 9M2025 or FY2024", s)
}
