package record

import (
	"regexp"
	"strconv"
	"strings"

	"roadbook/money"
)

// amount is a figure as a text prints it.
type amount struct {
	value, low, high *float64
	about            bool // "~300000"
	unit             string
	currency         money.Currency
	comment          string // what stands in parentheses
}

const numeral = `(\d[\d,]*(?:\.\d+)?)`

var (
	bound = regexp.MustCompile(`^([<>~]?)\s*(?:(USD|EUR|GBP|RMB|CNY)\s?)?` + numeral + `(bn|m|k|%)?\s*(?:\(([^()]*)\))?$`)
	span  = regexp.MustCompile(`^` + numeral + `\s?-\s?` + numeral + `(%)?\s*(?:\(([^()]*)\))?$`)
)

// readText reads a text that is wholly a number, a bound (">410,000") or a range ("0.8-0.9"), with a remark in
// parentheses or none. All else stays a text: nothing is guessed out of a sentence.
func readText(s string) (amount, bool) {
	if m := span.FindStringSubmatch(s); m != nil {
		lo, ok1 := decimal(m[1])
		hi, ok2 := decimal(m[2])
		if !ok1 || !ok2 || lo >= hi { // 2026-02 is a month, not a range
			return amount{}, false
		}
		return amount{low: &lo, high: &hi, unit: m[3], comment: m[4]}, true
	}
	m := bound.FindStringSubmatch(s)
	if m == nil {
		return amount{}, false
	}
	v, ok := decimal(m[3])
	if !ok {
		return amount{}, false
	}
	a := amount{unit: m[4], currency: money.Currency(strings.ReplaceAll(m[2], "RMB", "CNY")), comment: m[5]}
	switch m[1] {
	case ">":
		a.low = &v
	case "<":
		a.high = &v
	default:
		a.value, a.about = &v, m[1] == "~"
	}
	return a, true
}

// decimal reads digits with or without commas between thousands.
func decimal(s string) (float64, bool) {
	whole, _, _ := strings.Cut(s, ".")
	if groups := strings.Split(whole, ","); len(groups) > 1 {
		for i, g := range groups {
			if i > 0 && len(g) != 3 || len(g) == 0 || len(g) > 3 {
				return 0, false
			}
		}
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", ""), 64)
	return v, err == nil
}
