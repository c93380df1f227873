package console

import (
	"context"
	"fmt"
	"net/http"
	"strings"

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
	Labels      map[string]string // what the pilot is called by the law of a country
	Aside       int               // messages of cars that could not be taken and were set aside
}

func (c *console) pilots(ctx context.Context, _ *http.Request) (templ.Component, error) {
	all, err := c.src.Pilots(ctx)
	return pilotsPage(all), err
}

// perKind draws one kind of event: a row per version, its exact interval as a whisker, the limit as the axis.
func perKind(all Pilots, n int) chart.Ranges {
	k := inservice.Watched[n]
	r := chart.Ranges{Title: inservice.WordsFor(k).Many + " per 1,000 km", Unit: "per 1,000 km"}
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

// verdictText says what the fleet says of a version: nothing, or what speaks against it.
func verdictText(v inservice.Verdict) string {
	var against []string
	for _, f := range v.Findings {
		if f.Broken {
			against = append(against, inservice.WordsFor(f.Kind).Many)
		}
	}
	if len(against) == 0 {
		return "no objection"
	}
	return "too many " + strings.Join(against, ", ")
}

// places says where a version drove, and what the law calls the pilot there.
func places(v inservice.Version, labels map[string]string) string {
	var out []string
	for _, c := range v.Countries {
		if label := labels[c]; label != "" {
			c += ": " + label
		}
		out = append(out, c)
	}
	return orDash(strings.Join(out, "; "))
}

func cause(e inservice.Event) string {
	reason := inservice.Spelled(e.Reason)
	switch {
	case reason != "" && e.Initiator != "":
		return reason + ", by the " + string(e.Initiator)
	case e.Initiator != "":
		return "by the " + string(e.Initiator)
	}
	return orDash(reason)
}

// capital begins a heading.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

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
