package console

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"roadbook/outlook"
	"roadbook/platform/chart"
)

// Cohorts is the fleet by the quarter of the sale, and the fleet's own life by calendar quarter.
type Cohorts struct {
	outlook.Cohorts
	Fleet outlook.Life
}

func (c *console) cohorts(ctx context.Context, _ *http.Request) (templ.Component, error) {
	all, err := c.src.Cohorts(ctx)
	return cohortsPage(all), err
}

// threeCurves draws cash, deferred and recognised revenue of a life: three different curves of the same sales.
func threeCurves(l outlook.Life) chart.Plot {
	p := chart.Plot{Title: "Cash, deferred and recognised", Unit: string(l.Currency),
		Lines: []chart.Series{{Name: "cash received, in all"}, {Name: "recognised, in all"}, {Name: "deferred at the end"}}}
	for _, a := range l.Periods {
		p.X = append(p.X, string(a.From))
		p.Lines[0].Y = append(p.Lines[0].Y, major(a.Curve.CashTotal))
		p.Lines[1].Y = append(p.Lines[1].Y, major(a.Curve.RecognisedTotal))
		p.Lines[2].Y = append(p.Lines[2].Y, major(a.Curve.Deferred))
	}
	return p
}

// softwareByAge draws what software leaves per car in each quarter of age, a line per cohort.
func softwareByAge(all []outlook.Cohort) chart.Plot {
	p := chart.Plot{Title: "Software contribution per car by quarters of age", Unit: "per car"}
	for _, c := range all {
		s := chart.Series{Name: string(c.Quarter)}
		for _, a := range c.Ages {
			if a.Age < 0 || c.Cars == 0 {
				continue
			}
			for len(p.X) <= a.Age {
				p.X = append(p.X, strconv.Itoa(len(p.X)))
			}
			s.Y = append(s.Y, major(a.Line(outlook.Software))/float64(c.Cars))
		}
		p.Lines = append(p.Lines, s)
	}
	return p
}

// rate writes a share beside the counts that it is made of; nothing has no rate.
func rate(r *float64, of int) string {
	if r == nil {
		return "–"
	}
	return pct(*r) + " of " + count(int64(of))
}
