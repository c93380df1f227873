package backtest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"roadbook/outlook/record"
)

// MaxMisses is how many misses are told.
const MaxMisses = 20

// Miss is a row whose actual lay outside the central interval, in words.
type Miss struct {
	Forecast string  `json:"forecast"`
	Maker    string  `json:"maker"`
	Target   Target  `json:"target"`
	PIT      float64 `json:"pit"`
	Distance float64 `json:"distance"` // of the actual from the nearer end of the 5 % to 95 % range, in widths of that range
	Label    Label   `json:"label"`
	Words    string  `json:"words"`
}

// misses ranks what lay outside by how far outside it lay.
func misses(rows []Row, coverage float64) []Miss {
	var out []Miss
	for _, r := range rows {
		if r.Inside {
			continue
		}
		m := Miss{Forecast: r.Forecast, Maker: r.Maker, Target: r.Target, PIT: r.PIT.Mid(), Label: r.Label}
		gap := math.Max(r.Actual-r.P95, r.P5-r.Actual)
		if w := r.P95 - r.P5; w > 0 {
			m.Distance = math.Max(gap, 0) / w
		}
		m.Words = r.words()
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b Miss) int {
		return cmp.Or(cmp.Compare(b.Distance, a.Distance), cmp.Compare(math.Abs(b.PIT-0.5), math.Abs(a.PIT-0.5)))
	})
	return out[:min(len(out), MaxMisses)]
}

// words tells a miss: what was said, what came, and on which side.
func (r Row) words() string {
	side := "higher"
	if r.PIT.Mid() < 0.5 {
		side = "lower"
	}
	how := fmt.Sprintf("%s than %.1f %% of the forecast", side, 100*math.Max(r.PIT.Mid(), 1-r.PIT.Mid()))
	if r.PIT.Below >= 1 || r.PIT.UpTo <= 0 {
		how = fmt.Sprintf("%s than at least %.1f %% of the forecast", side, 100-50.0/Levels)
	}
	s := fmt.Sprintf("%s put %s of %s at %s to %s (middle %s); reported: %s, %s.", r.Forecast, r.Target, r.Maker, r.show(r.P5), r.show(r.P95), r.show(r.P50), r.show(r.Actual), how)
	if r.Level != "R" && r.Level != "D" {
		s += fmt.Sprintf(" The actual is itself uncertain (level %s).", r.Level)
	}
	return s
}

// show writes a base figure in the target's unit.
func (t Target) show(v float64) string {
	v /= record.Scale(t.Unit)
	decimals := 0
	switch a := math.Abs(v); {
	case a < 9.995:
		decimals = 2
	case a < 99.95:
		decimals = 1
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-") // no minus nought
	}
	s = grouped(s)
	switch t.Unit {
	case "":
		return s
	case "%":
		return s + " %"
	}
	return s + " " + t.Unit
}

// grouped puts commas between thousands.
func grouped(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "−", s[1:]
	}
	whole, frac, dot := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dot {
		whole += "." + frac
	}
	return sign + whole
}

func join(parts []string) string {
	if n := len(parts); n > 1 {
		return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
	return strings.Join(parts, "")
}
