package rules_test

import (
	"testing"

	"roadbook/pilot/motion"
	"roadbook/pilot/r157"
	"roadbook/pilot/scene/rules"
)

func TestDutiesHold(t *testing.T) {
	markets, err := r157.Markets()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range rules.Checks(markets, r157.Default()) {
		if c.Failed != 0 || c.Passed == 0 {
			t.Errorf("%s: holds in %d domains, fails in %d", c.Name, c.Passed, c.Failed)
		}
	}
}

// The bounds are the regulation's: a machine with other timers is seen. Parameters within the regulation hold too.
func TestTimersAreSeen(t *testing.T) {
	markets, err := r157.Markets()
	if err != nil {
		t.Fatal(err)
	}
	failed := func(change func(*r157.Params)) (n int64) {
		p := r157.Default()
		change(&p)
		for _, c := range rules.Checks(markets, p) {
			n += c.Failed
		}
		return n
	}
	if n := failed(func(p *r157.Params) { p.Escalate, p.Seat, p.Demand = 300, 80, 1200 }); n != 0 {
		t.Errorf("stricter timers fail %d checks", n)
	}
	if n := failed(func(p *r157.Params) { p.MRM = motion.Tick(1300) }); n == 0 {
		t.Error("a manoeuvre that starts 3 s late is not seen")
	}
	if n := failed(func(p *r157.Params) { p.Escalate = 500 }); n < 10 {
		t.Errorf("timers that the regulation does not allow fail %d checks", n)
	}
	if len(rules.Checks(nil, r157.Default())) == 0 || rules.Checks(nil, r157.Default())[0].Failed == 0 {
		t.Error("no domain at all passes")
	}
}
