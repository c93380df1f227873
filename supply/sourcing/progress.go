package sourcing

import (
	"fmt"
	"math"
	"strings"
)

// Words says what a solve is doing, for a bar: "branch, plan 1,234,567, gap 1.2 %".
func (p Progress) Words() string {
	parts := []string{p.Doing}
	if p.Of > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d", p.Done, p.Of))
	}
	if !math.IsInf(p.Incumbent, 0) && p.Incumbent != 0 {
		parts = append(parts, fmt.Sprintf("plan %.4g", p.Incumbent))
		if p.Gap >= 0 && !math.IsInf(p.Gap, 0) {
			parts = append(parts, fmt.Sprintf("gap %.2f %%", 100*p.Gap))
		}
	}
	return strings.Join(parts, ", ")
}
