package economics

import (
	"fmt"

	"roadbook/fault"
)

// Lots is the cheapest plan of orders for one item without capacity limits.
type Lots struct {
	Order []float64 `json:"order"` // ordered in each period
	Cost  float64   `json:"cost"`  // set-ups and holding
}

// WagnerWhitin returns the cheapest orders that meet each period's demand in time: setup[t] for each period with an order, hold[t] for each
// unit kept from period t to t+1 (Management Science 5, 1958). An order covers whole periods and is placed only when nothing is left, so
// O(n²) plans are enough. Of plans that cost the same it takes the one whose last order is earliest. Nothing is ordered for no demand.
func WagnerWhitin(demand, setup, hold []float64) (Lots, error) {
	n := len(demand)
	if n > MaxPeriods || len(setup) != n || len(hold) != n {
		return Lots{}, fault.New(fault.Invalid, "lots", "%d demands, %d set-ups and %d holding costs: they must be the same number, at most %d", n, len(setup), len(hold), MaxPeriods)
	}
	for t := range demand {
		if err := check(atLeast0(fmt.Sprintf("demand/%d", t), demand[t]), atLeast0(fmt.Sprintf("setup/%d", t), setup[t]), atLeast0(fmt.Sprintf("hold/%d", t), hold[t])); err != nil {
			return Lots{}, err
		}
	}
	best := make([]float64, n+1) // best[t]: cost of periods before t
	from := make([]int, n+1)     // the period whose order covers t−1; −1 when t−1 has no demand and needs none
	for t := 1; t <= n; t++ {
		from[t] = -1
		if demand[t-1] == 0 {
			best[t] = best[t-1]
			continue
		}
		first := true
		kept, carry := 0.0, 0.0 // holding of periods j…t−1 from an order in j; units that an order in j carries into j+1
		for j := t - 1; j >= 0; j-- {
			kept += carry * hold[j]
			carry += demand[j]
			if c := best[j] + setup[j] + kept; first || c <= best[t] {
				best[t], from[t], first = c, j, false
			}
		}
	}
	plan := Lots{Order: make([]float64, n), Cost: best[n]}
	for t := n; t > 0; {
		j := from[t]
		if j < 0 {
			t--
			continue
		}
		for k := j; k < t; k++ {
			plan.Order[j] += demand[k]
		}
		t = j
	}
	return plan, nil
}
