package console

import (
	"context"
	"fmt"
	"net/http"

	"github.com/a-h/templ"

	"roadbook/inservice"
	"roadbook/period"
	"roadbook/platform/chart"
	"roadbook/vin"
)

// Pilots is what the highway pilots of the fleet did, by version, and what followed from it.
type Pilots struct {
	AsOf        period.Date
	Rates       inservice.Rates
	Verdicts    []inservice.Verdict // of the versions in Rates, in their order
	Limits      inservice.Limits
	Stops       []inservice.Stop
	Events      []inservice.Event // the newest of those that are counted
	Differences []inservice.Difference
}

func (c *console) pilots(ctx context.Context, _ *http.Request) (templ.Component, error) {
	all, err := c.src.Pilots(ctx)
	return pilotsPage(all), err
}

// perKind draws one kind of event: a row per version, its exact interval as a whisker, the limit as the axis.
func perKind(all Pilots, n int) chart.Ranges {
	k := inservice.Watched[n]
	r := chart.Ranges{Title: inservice.Plain(k) + " per 1,000 km", Unit: "per 1,000 km"}
	for _, v := range all.Rates.Versions {
		rate := v.Rates[n]
		r.Rows = append(r.Rows, chart.Range{Label: v.Software, From: 0, To: rate.Per, Lo: rate.Low, Hi: rate.High, Note: chart.Number(rate.Per)})
	}
	return r
}

// rateText is a rate beside its count and interval; nothing driven has no rate.
func rateText(r inservice.Rate) string {
	if r.High == 0 {
		return "–"
	}
	return chart.Number(r.Per) + " (" + chart.Number(r.Low) + "–" + chart.Number(r.High) + ")"
}

func kilometres(km float64) string { return count(int64(km + 0.5)) }

// share is the part of the bought road on which the pilot was there.
func share(v inservice.Version) string {
	all := v.Active + v.Unavailable + v.Manual
	if all == 0 {
		return "–"
	}
	return pct(v.Active / all)
}

// verdictText says what the fleet says of a version, in a word.
func verdictText(v inservice.Verdict) string {
	if v.Broken {
		return "worse"
	}
	return "no objection"
}

func cause(e inservice.Event) string {
	switch {
	case e.Reason != "" && e.Initiator != "":
		return e.Reason + ", by the " + string(e.Initiator)
	case e.Initiator != "":
		return "by the " + string(e.Initiator)
	case e.Reason != "":
		return e.Reason
	}
	return "–"
}

func difference(d inservice.Difference) string {
	s := fmt.Sprintf("%+.1f m/s², %+.3f rad", d.Accel, d.Steer)
	if d.Mode {
		s += ", another mode"
	}
	return s
}

func tolerated(r inservice.Rate) string {
	if r.Limit == 0 {
		return "–"
	}
	return chart.Number(r.Limit)
}

func seconds(s float64) string { return fmt.Sprintf("%.1f", s) }

func carPath(v vin.VIN) templ.SafeURL { return Thing{Sort: CarThing, ID: string(v)}.Path() }

func campaignPath(id string) templ.SafeURL { return Thing{Sort: CampaignThing, ID: id}.Path() }
