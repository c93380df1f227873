package console

import (
	"context"
	"strings"
	"testing"

	"roadbook/money"
	"roadbook/outlook"
)

func (f *fixture) Cohorts(context.Context) (Cohorts, error) {
	renewed := 0.3
	line := func(key string, minor int64) outlook.CohortLine {
		return outlook.CohortLine{Line: outlook.Line{Key: key, Amount: cny(20 * minor)}, PerCar: cny(minor)}
	}
	age := func(n int, software, cash, deferred int64) outlook.Age {
		return outlook.Age{Age: n, From: "2024-01", To: "2024-03", Lines: []outlook.Line{{Key: outlook.Software, Amount: cny(software)}},
			Curve: outlook.Curve{CashTotal: cny(cash), Deferred: cny(deferred), RecognisedTotal: cny(cash - deferred)}}
	}
	ages := []outlook.Age{age(0, 80_000, 400_000_000, 90_000), age(1, 20_000, 400_100_000, 30_000)}
	c := outlook.Cohort{Quarter: "2024Q1", AsOf: today, Cars: 20, CarMonths: 231, Lines: []outlook.CohortLine{line(outlook.HardwareMargin, 230_000), line(outlook.Software, 38_373)},
		Net: cny(5_367_460), NetPerCar: cny(268_373), Ages: ages,
		Products: []outlook.Uptake{{SKU: "pilot.trial", Name: "Highway pilot, trial", Bundled: 20, Ended: 20, Renewed: 6, Renewal: &renewed, Revenue: cny(120_000)}}}
	zero := money.Of(0, "CNY")
	c.Resale.PerMonthBefore, c.Resale.PerMonthAfter = zero, zero
	return Cohorts{Cohorts: outlook.Cohorts{AsOf: today, Currency: "CNY", Cohorts: []outlook.Cohort{c}, RestNet: zero, Total: f.statement("")},
		Fleet: outlook.Life{AsOf: today, Currency: "CNY", Periods: ages}}, nil
}

func TestCohorts(t *testing.T) {
	_, body, _ := get(t, handler(newFixture(t)), "/cohorts")
	said := text(parse(t, body))
	for _, want := range []string{"2024Q1", "Highway pilot, trial", "30 % of 20", "deferred at the end"} {
		if !strings.Contains(said, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	checkMarkup(t, parse(t, body))
}
