package outlook

import (
	"roadbook/fault"
	"roadbook/money"
)

// Key names by what a common amount is split: no allocation without one.
type Key string

// The keys.
const (
	ByCarsSold  Key = "cars_sold"     // how many cars each cohort has
	ByCarMonths Key = "car_months"    // how long they have been on the road
	ByDelivery  Key = "delivery_cost" // the bytes that were sent to and from them, at what these cost
)

// Keys lists every key.
var Keys = []Key{ByCarsSold, ByCarMonths, ByDelivery}

// Allocation splits one line of what is booked for no car over the cohorts. Its parts sum to its total, which is the
// ledger's, to the minor unit.
type Allocation struct {
	Key   Key              `json:"key"`
	Line  Line             `json:"line"` // the total, with its entries
	Parts []AllocationPart `json:"parts"`
}

// AllocationPart is a cohort's part.
type AllocationPart struct {
	Quarter Quarter      `json:"quarter"`
	Weight  int64        `json:"weight"`
	Amount  money.Amount `json:"amount"`
}

// Allocated is a cohort's part of one line.
type Allocated struct {
	Key    Key          `json:"key"`
	Line   string       `json:"line"` // the line's key
	Label  string       `json:"label"`
	Weight int64        `json:"weight"`
	Of     int64        `json:"of"` // sum of the weights
	Total  money.Amount `json:"total"`
	Amount money.Amount `json:"amount"`
	PerCar money.Amount `json:"per_car"`
}

// Check refuses a key that there is not.
func (k Key) Check() error {
	switch k {
	case ByCarsSold, ByCarMonths, ByDelivery:
		return nil
	}
	return fault.New(fault.Invalid, "key_unknown", "%.40q is no key to allocate by: expected one of %v", k, Keys).At("/key")
}

// weigh is a cohort's weight.
func (k Key) weigh(c Cohort) int64 {
	switch k {
	case ByCarsSold:
		return int64(c.Cars)
	case ByCarMonths:
		return c.CarMonths
	case ByDelivery:
		return max(0, -c.Line("delivery").Amount.Minor)
	}
	return 0
}

// Allocate splits lines over the cohorts and gives each its parts. Totals and lines of nothing are left out: the parts of
// the lines are what sums. Without any weight there is nothing to split by, and the allocation is refused.
func Allocate(k Key, lines []Line, cohorts []Cohort) ([]Allocation, error) {
	if err := k.Check(); err != nil {
		return nil, err
	}
	weights := make([]int64, len(cohorts))
	var all int64
	for i, c := range cohorts {
		weights[i] = k.weigh(c)
		all += weights[i]
	}
	out := []Allocation{}
	for _, l := range lines {
		if l.Total || l.Amount.IsZero() {
			continue
		}
		if all == 0 {
			return nil, fault.New(fault.Refused, "key_empty", "%s of %s cannot be allocated by %s: no cohort has any", l.Label, l.Amount, k).At("/key")
		}
		parts, err := l.Amount.Allocate(weights)
		if err != nil {
			return nil, err
		}
		a := Allocation{Key: k, Line: l}
		for i, p := range parts {
			each, err := per(p, int64(cohorts[i].Cars))
			if err != nil {
				return nil, err
			}
			a.Parts = append(a.Parts, AllocationPart{Quarter: cohorts[i].Quarter, Weight: weights[i], Amount: p})
			cohorts[i].Allocated = append(cohorts[i].Allocated, Allocated{Key: k, Line: l.Key, Label: l.Label, Weight: weights[i], Of: all,
				Total: l.Amount, Amount: p, PerCar: each})
		}
		out = append(out, a)
	}
	return out, nil
}
