package economics

import (
	"fmt"
	"math"

	"roadbook/fault"
)

// arg is a named input and the range that it must lie in, ends included unless open.
type arg struct {
	name       string
	value      float64
	low, high  float64
	open       bool // low itself is out
	openAtHigh bool
}

func within(name string, value, low, high float64) arg {
	return arg{name: name, value: value, low: low, high: high}
}
func part(name string, value float64) arg     { return within(name, value, 0, 1) }
func atLeast0(name string, value float64) arg { return within(name, value, 0, math.MaxFloat64) }
func finite(name string, value float64) arg {
	return within(name, value, -math.MaxFloat64, math.MaxFloat64)
}
func positive(name string, value float64) arg {
	a := atLeast0(name, value)
	a.open = true
	return a
}
func below(a arg) arg {
	a.openAtHigh = true
	return a
}

// check refuses the first input outside its range; the fault's pointer is the input's name.
func check(args ...arg) error {
	for _, a := range args {
		if a.value >= a.low && a.value <= a.high && !(a.open && a.value == a.low) && !(a.openAtHigh && a.value == a.high) {
			continue
		}
		want := "a finite number"
		switch {
		case a.high < math.MaxFloat64 && a.openAtHigh:
			want = fmt.Sprintf("from %g to below %g", a.low, a.high)
		case a.high < math.MaxFloat64:
			want = fmt.Sprintf("from %g to %g", a.low, a.high)
		case a.open:
			want = fmt.Sprintf("a finite number above %g", a.low)
		case a.low > -math.MaxFloat64:
			want = fmt.Sprintf("a finite number, %g or above", a.low)
		}
		return fault.New(fault.Invalid, "economics", "%s must be %s, not %g", a.name, want, a.value).At("/" + a.name)
	}
	return nil
}
