package console

import (
	"context"
	"strings"
	"testing"
	"time"

	"roadbook/inservice"
	"roadbook/period"
	"roadbook/wire/pilotlog"
)

func (f *fixture) Pilots(context.Context) (Pilots, error) {
	days := []inservice.Day{
		{Day: "2024-03-01", Software: "1.0.0", SWIN: "R157 HWP 1", Country: "DE"},
		{Day: "2024-03-01", Software: "1.0.0", SWIN: "R157 HWP 1", Country: "CN", Cars: 15, Active: 412_000_000, Unavailable: 31_000_000, Manual: 9_000_000,
			Counts: map[pilotlog.Kind]int64{pilotlog.TransitionDemand: 402, pilotlog.Deactivation: 610, pilotlog.EmergencyStart: 61}},
		{Day: "2024-03-01", Software: "1.1.0", SWIN: "R157 HWP 2", Country: "CN", Cars: 5, Active: 20_000_000, Unavailable: 900_000,
			Counts: map[pilotlog.Kind]int64{pilotlog.TransitionDemand: 410, pilotlog.Deactivation: 30, pilotlog.EmergencyStart: 3}},
	}
	limits := inservice.Default()
	p := Pilots{AsOf: today, Limits: limits, Aside: 2, Labels: map[string]string{"CN": "supervised (UN R171)", "DE": "R157 L3"}, Rates: inservice.RatesOf(period.Span{From: "2024-01-01", To: "2024-04-01"}, days, limits)}
	for _, v := range p.Rates.Versions {
		p.Verdicts = append(p.Verdicts, inservice.Judge(v.Name(), days, limits))
	}
	at := time.Date(2024, 3, 1, 9, 30, 0, 0, time.UTC)
	for _, finding := range p.Verdicts[1].Findings {
		if finding.Broken {
			p.Stops = append(p.Stops, inservice.Stop{Campaign: "cmp_24", Software: "1.1.0", Kind: finding.Kind, Reason: finding.Sentence, At: at})
		}
	}
	p.Events = []inservice.Event{
		{VIN: f.car, At: at, Kind: pilotlog.Deactivation, Reason: "steering", Initiator: pilotlog.ByDriver, Road: "motorway", Software: "1.0.0"},
		{VIN: f.car, At: at, Kind: pilotlog.MinimumRisk, Reason: "no_takeover", Software: "1.1.0"}}
	p.Differences = []inservice.Difference{{VIN: f.car, At: at, Seconds: 2.5, Accel: -1.5, Steer: 0.002, Mode: true, Software: "1.0.0", Candidate: "1.1.0"}}
	return p, nil
}

// TestPilots: the version that is worse says so, with its reason; the other one is left alone.
func TestPilots(t *testing.T) {
	p, err := (&fixture{}).Pilots(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := pilotsPage(p).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"was paused on 1 March 2024. Transition demands of 1.1.0", "20.5", "no objection", "too many transition demands", "R157 HWP 2", "CN: supervised (UN R171); DE: R157 L3", "no takeover", "2 messages of cars", "steering, by the driver", "-1.5 m/s², +0.002 rad, another mode", "412,000"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if len(p.Stops) == 0 {
		t.Error("twenty transition demands where one was usual stop nothing")
	}
	b.Reset()
	if err := pilotsPage(Pilots{AsOf: today}).Render(t.Context(), &b); err != nil || !strings.Contains(b.String(), "No car has reported") {
		t.Errorf("empty: %v", err)
	}
}
