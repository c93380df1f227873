// Package inservicetest holds builders, and the suite that every inservice.Store passes.
package inservicetest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roadbook/fault"
	"roadbook/inservice"
	"roadbook/period"
	"roadbook/vin"
	"roadbook/wire/pilotlog"
)

// Start is the first day of the tests.
var Start = time.Date(2023, 9, 1, 0, 0, 0, 0, time.UTC)

// Clock stands still until it is moved.
type Clock struct{ T time.Time }

// Now is the clock's time.
func (c *Clock) Now() time.Time { return c.T }

// Car is the n-th car.
func Car(t testing.TB, n int) vin.VIN {
	t.Helper()
	v, err := vin.Make("LXM", "SU7AA", 'R', 'B', n)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Report is a good report: day d after Start, km kilometres, and the events of the kinds, a minute apart.
func Report(seq uint64, d int, software string, km int64, kinds ...pilotlog.Kind) pilotlog.Report {
	day := Start.AddDate(0, 0, d)
	r := pilotlog.Report{Seq: seq, Day: day.Format(time.DateOnly), Software: software, SWIN: "R157 HWP 1", Parameters: strings.Repeat("ab", 32),
		Active: km * 1000, Unavailable: 700, Manual: 30, Simulated: 6000, Chain: bytes.Repeat([]byte{byte(seq)}, 32)}
	for i, k := range kinds {
		e := pilotlog.Event{At: day.Add(8*time.Hour + time.Duration(i)*time.Minute), Kind: k, Road: "motorway"}
		if k == pilotlog.Deactivation {
			e.Initiator, e.Reason = pilotlog.ByDriver, "steering"
		}
		r.Events = append(r.Events, e)
	}
	return r
}

// Bytes encodes a report.
func Bytes(t testing.TB, r pilotlog.Report) []byte {
	t.Helper()
	b, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Suite is what every Store does.
func Suite(t *testing.T, open func(t *testing.T) inservice.Store) {
	for name, test := range map[string]func(*testing.T, *inservice.Service, *Clock){
		"the same report again": again, "days by version": days, "events": events, "limits": limits, "stops": stops, "filing": filing, "many at once": atOnce,
		"one name, two pilots": namesakes,
	} {
		t.Run(name, func(t *testing.T) {
			c := &Clock{Start.AddDate(0, 0, 60)}
			test(t, inservice.New(open(t), c), c)
		})
	}
	t.Run("roll-up", func(t *testing.T) { RollUp(t, open(t)) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func again(t *testing.T, s *inservice.Service, c *Clock) {
	ctx, v := t.Context(), Car(t, 1)
	r := Report(1, 0, "1.0", 40, pilotlog.TransitionDemand)
	must(t, s.Take(ctx, v, Bytes(t, r)))
	must(t, s.Take(ctx, v, Bytes(t, r)))
	must(t, s.Take(ctx, Car(t, 2), Bytes(t, r))) // another car's first report
	other := r
	other.Active++
	if err := s.Take(ctx, v, Bytes(t, other)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("another content under the same name: %v", err)
	}
	if err := s.Take(ctx, v, []byte("no report")); fault.KindOf(err) != fault.Invalid {
		t.Errorf("bytes: %v", err)
	}
	if err := s.Take(ctx, v, Bytes(t, Report(2, 63, "1.0", 1))); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a day that has not come: %v", err)
	}
	got, err := s.Rates(ctx, period.Span{From: "2023-09-01", To: "2023-10-01"}, "")
	must(t, err)
	if len(got.Versions) != 1 || got.Versions[0].Active != 80 || got.Versions[0].CarDays != 2 {
		t.Errorf("two reports of 40 km by two cars: %+v", got.Versions)
	}
}

func days(t *testing.T, s *inservice.Service, _ *Clock) {
	ctx := t.Context()
	for n := range 3 {
		must(t, s.Take(ctx, Car(t, n), Bytes(t, Report(1, 0, "1.0", 100, pilotlog.TransitionDemand, pilotlog.Deactivation))))
		must(t, s.Take(ctx, Car(t, n), Bytes(t, Report(2, 1, "1.1", 50, pilotlog.EmergencyStart, pilotlog.EmergencyEnd))))
	}
	must(t, s.Take(ctx, Car(t, 9), Bytes(t, Report(1, 40, "1.1", 7))))
	got, err := s.Rates(ctx, period.Span{From: "2023-09-01", To: "2023-09-30"}, "")
	must(t, err)
	if len(got.Versions) != 2 || got.Versions[0].Software != "1.0" || got.Versions[1].Software != "1.1" {
		t.Fatalf("versions: %+v", got.Versions)
	}
	per := func(v inservice.Version, k pilotlog.Kind) inservice.Rate {
		for _, r := range v.Rates {
			if r.Kind == k {
				return r
			}
		}
		t.Fatalf("no rate of %s", k)
		return inservice.Rate{}
	}
	if r := per(got.Versions[0], pilotlog.TransitionDemand); r.Count != 3 || r.Per != 10 || !(r.Low > 2 && r.Low < 2.1 && r.High > 29 && r.High < 29.3) {
		t.Errorf("three demands in 300 km: %+v", r)
	}
	if r := per(got.Versions[1], pilotlog.TransitionDemand); r.Count != 0 || r.Low != 0 || r.High < 24.5 || r.High > 24.6 {
		t.Errorf("none in 150 km: %+v", r)
	}
	if v := got.Versions[0]; v.Unavailable < 2.09 || v.Unavailable > 2.11 || v.From != "2023-09-01" || v.To != "2023-09-01" {
		t.Errorf("%+v", v)
	}
	v, err := s.Judge(ctx, inservice.Name{Software: "1.1"}, inservice.Name{Software: "1.1", SWIN: "another"})
	must(t, err)
	if len(v) != 2 || v[0].Active != 157 || v[0].Broken || v[1].Active != 0 {
		t.Errorf("all that 1.1 drove: %+v", v)
	}
}

// namesakes: two pilots of different hardware that have the same version are judged each on its own, and each in its country.
func namesakes(t *testing.T, s *inservice.Service, _ *Clock) {
	ctx := t.Context()
	good, bad := inservice.Name{Software: "2.0", SWIN: "HWP A"}, inservice.Name{Software: "2.0", SWIN: "HWP B"}
	for n := range 20 {
		r := Report(1, n, "2.0", 100)
		r.SWIN, r.Country = good.SWIN, "DE"
		must(t, s.Take(ctx, Car(t, n), Bytes(t, r)))
		r = Report(1, n, "2.0", 100, pilotlog.MinimumRisk)
		r.SWIN, r.Country = bad.SWIN, "CN"
		must(t, s.Take(ctx, Car(t, 100+n), Bytes(t, r)))
	}
	v, err := s.Judge(ctx, good, bad)
	must(t, err)
	if v[0].Broken || !v[1].Broken || v[0].SWIN != good.SWIN || v[1].Active != 2000 {
		t.Errorf("%+v", v)
	}
	span := period.Span{From: "2023-09-01", To: "2023-10-01"}
	all, err := s.Rates(ctx, span, "")
	must(t, err)
	one, err := s.Rates(ctx, span, "CN")
	must(t, err)
	if len(all.Versions) != 2 || len(one.Versions) != 1 || one.Versions[0].SWIN != bad.SWIN || fmt.Sprint(one.Versions[0].Countries) != "[CN]" {
		t.Errorf("everywhere %+v, in CN %+v", all.Versions, one.Versions)
	}
}

func events(t *testing.T, s *inservice.Service, _ *Clock) {
	ctx := t.Context()
	r := Report(1, 0, "1.0", 40, pilotlog.Activation, pilotlog.TransitionDemand, pilotlog.Deactivation)
	r.Differences = []pilotlog.Difference{{At: Start.Add(9 * time.Hour), Ticks: 250, Accel: -1.5, Candidate: "1.1", Inputs: bytes.Repeat([]byte{3}, 32)}}
	must(t, s.Take(ctx, Car(t, 1), Bytes(t, r)))
	must(t, s.Take(ctx, Car(t, 2), Bytes(t, Report(1, 1, "1.1", 40, pilotlog.TransitionDemand))))
	all, err := s.Events(ctx, inservice.EventQuery{Limit: 10})
	must(t, err)
	if len(all) != 4 || all[0].VIN != Car(t, 2) || all[1].Kind != pilotlog.Deactivation || all[1].Initiator != pilotlog.ByDriver || all[1].Reason != "steering" || all[3].Kind != pilotlog.Activation {
		t.Errorf("newest first: %+v", all)
	}
	some, err := s.Events(ctx, inservice.EventQuery{VIN: Car(t, 1), Kinds: []pilotlog.Kind{pilotlog.TransitionDemand, pilotlog.Activation}, Limit: 10, Oldest: true})
	must(t, err)
	if len(some) != 2 || some[0].Kind != pilotlog.Activation || some[1].N != 1 {
		t.Errorf("one car's, oldest first: %+v", some)
	}
	rest, err := s.Events(ctx, inservice.EventQuery{Software: "1.0", Before: all[1].At, Limit: 1})
	must(t, err)
	if len(rest) != 1 || rest[0].Kind != pilotlog.TransitionDemand {
		t.Errorf("the next page: %+v", rest)
	}
	if _, err := s.Events(ctx, inservice.EventQuery{Kinds: []pilotlog.Kind{"x"}, Limit: 1}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no kind: %v", err)
	}
	if _, err := s.Events(ctx, inservice.EventQuery{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no limit: %v", err)
	}
	ds, err := s.Differences(ctx, inservice.EventQuery{Limit: 10})
	must(t, err)
	want := []inservice.Difference{{VIN: Car(t, 1), At: Start.Add(9 * time.Hour), Seconds: 2.5, Accel: -1.5, Software: "1.0", Candidate: "1.1", Inputs: strings.Repeat("03", 32)}}
	if d := cmp.Diff(want, ds); d != "" {
		t.Error(d)
	}
}

func limits(t *testing.T, s *inservice.Service, c *Clock) {
	ctx := t.Context()
	got, err := s.Limits(ctx)
	must(t, err)
	if d := cmp.Diff(inservice.Default(), got); d != "" {
		t.Error(d)
	}
	mine := inservice.Limits{Alpha: 0.05, Source: "safety board", Rates: []inservice.Limit{{Kind: pilotlog.MinimumRisk, Per: 0.2}}}
	set, err := s.SetLimits(ctx, "k1", mine)
	must(t, err)
	same, err := s.SetLimits(ctx, "k1", mine)
	must(t, err)
	if d := cmp.Diff(set, same); d != "" {
		t.Error(d)
	}
	other := mine
	other.Alpha = 0.01
	if _, err := s.SetLimits(ctx, "k1", other); fault.KindOf(err) != fault.Conflict {
		t.Errorf("the same key with other content: %v", err)
	}
	c.T = c.T.Add(time.Hour)
	later, err := s.SetLimits(ctx, "k2", other)
	must(t, err)
	if got, err = s.Limits(ctx); err != nil || cmp.Diff(later, got) != "" {
		t.Errorf("the newest: %v %v", got, err)
	}
}

func stops(t *testing.T, s *inservice.Service, c *Clock) {
	ctx := t.Context()
	v := inservice.Verdict{Software: "1.1", Broken: true, Findings: []inservice.Finding{
		{Kind: pilotlog.Checker, Broken: true, Sentence: "too often"}, {Kind: pilotlog.Collision}}}
	news := func(reason, campaign string, v inservice.Verdict, want bool) {
		t.Helper()
		if got, err := s.News(ctx, campaign, v); err != nil || got != want {
			t.Errorf("%s: %v, %v", reason, got, err)
		}
	}
	more := inservice.Verdict{Broken: true, Findings: []inservice.Finding{v.Findings[0], {Kind: pilotlog.MinimumRisk, Broken: true}}}
	news("nothing is broken", "cmp_1", inservice.Verdict{Findings: []inservice.Finding{{Kind: pilotlog.Checker}}}, false)
	news("never stopped", "cmp_1", v, true)
	defer func() {
		news("stopped for it", "cmp_1", v, false)
		news("and for something else now", "cmp_1", more, true)
		news("another campaign", "cmp_3", v, true)
	}()
	first, err := s.Stopped(ctx, "cmp_1", v)
	must(t, err)
	second, err := s.Stopped(ctx, "cmp_1", v)
	must(t, err)
	other, err := s.Stopped(ctx, "cmp_2", v)
	must(t, err)
	if len(first) != 1 || len(second) != 0 || len(other) != 1 {
		t.Errorf("once per campaign and kind: %v %v %v", first, second, other)
	}
	all, err := s.Stops(ctx, 10)
	must(t, err)
	if d := cmp.Diff([]inservice.Stop{
		{Campaign: "cmp_1", Software: "1.1", Kind: pilotlog.Checker, Reason: "too often", At: c.T},
		{Campaign: "cmp_2", Software: "1.1", Kind: pilotlog.Checker, Reason: "too often", At: c.T}}, all); d != "" {
		t.Error(d)
	}
}

func filing(t *testing.T, s *inservice.Service, c *Clock) {
	ctx := t.Context()
	c.T = Start.AddDate(1, 2, 0)
	us := func(r pilotlog.Report, reason string) pilotlog.Report {
		r.Country = "US"
		r.Events[len(r.Events)-1].Reason = reason
		return r
	}
	must(t, s.Take(ctx, Car(t, 1), Bytes(t, us(Report(1, 0, "1.0", 40, pilotlog.Deactivation), "button"))))
	must(t, s.Take(ctx, Car(t, 1), Bytes(t, us(Report(2, 95, "1.0", 100, pilotlog.TransitionDemand, pilotlog.Deactivation), "steering")))) // December: the next period
	must(t, s.Take(ctx, Car(t, 2), Bytes(t, us(Report(1, 1, "1.0", 16, pilotlog.Deactivation), "steering"))))
	gaveUp := us(Report(2, 3, "1.0", 1, pilotlog.Deactivation), "no_takeover")
	gaveUp.Events[0].Initiator, gaveUp.Events[0].Road = pilotlog.BySystem, "rural"
	must(t, s.Take(ctx, Car(t, 2), Bytes(t, gaveUp)))
	must(t, s.Take(ctx, Car(t, 3), Bytes(t, Report(1, 1, "1.0", 50, pilotlog.Deactivation)))) // nobody knows where
	elsewhere := us(Report(1, 1, "1.0", 50, pilotlog.Deactivation), "steering")
	elsewhere.Country = "DE"
	must(t, s.Take(ctx, Car(t, 4), Bytes(t, elsewhere)))
	f := inservice.Filing{Manufacturer: "Maker, Inc.", Permit: "AVT-1", Year: 2023}
	var d, m strings.Builder
	must(t, s.Disengagements(ctx, f, &d))
	must(t, s.Mileage(ctx, f, &m))
	car1, car2 := string(Car(t, 1)), string(Car(t, 2))
	for _, c := range []struct{ table, got, want string }{
		{"disengagements", d.String(), `Manufacturer,Permit Number,DATE,VIN NUMBER,VEHICLE IS CAPABLE OF OPERATING WITHOUT A DRIVER (Yes or No),DRIVER PRESENT (Yes or No),"DISENGAGEMENT INITIATED BY (AV System, Test Driver, Remote Operator, or Passenger)","DISENGAGEMENT LOCATION (Interstate, Freeway, Highway, Rural Road, Street, or Parking Facility)",DESCRIPTION OF FACTS CAUSING DISENGAGEMENT
"Maker, Inc.",AVT-1,9/2/2023,` + car2 + `,No,Yes,Test Driver,Freeway,"The driver took over: steering (software 1.0, 2023-09-02T08:00:00Z)"
"Maker, Inc.",AVT-1,9/4/2023,` + car2 + `,No,Yes,AV System,Rural Road,"The system ended automated driving: no takeover (software 1.0, 2023-09-04T08:00:00Z)"
`},
		{"mileage", m.String(), `Manufacturer,Permit Number,VIN NUMBER,Annual Total of Disengagements,DEC 2022,JAN 2023,FEB 2023,MAR 2023,APR 2023,MAY 2023,JUN 2023,JUL 2023,AUG 2023,SEP 2023,OCT 2023,NOV 2023,ANNUAL TOTAL
"Maker, Inc.",AVT-1,` + car1 + `,0,0.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,24.85,0.00,0.00,24.85
"Maker, Inc.",AVT-1,` + car2 + `,2,0.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,10.56,0.00,0.00,10.56
`},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", c.table, diff)
		}
	}
	if err := s.Disengagements(ctx, inservice.Filing{Year: 2023}, &d); fault.KindOf(err) != fault.Invalid {
		t.Errorf("nobody's filing: %v", err)
	}
}

func atOnce(t *testing.T, s *inservice.Service, _ *Clock) {
	var wg sync.WaitGroup
	errs := make(chan error, 40)
	for n := range 10 {
		v := Car(t, n)
		for range 4 { // each four times
			wg.Go(func() {
				b, err := Report(1, 0, "1.0", 10, pilotlog.Checker).Encode()
				if err == nil {
					err = s.Take(context.Background(), v, b)
				}
				errs <- err
			})
		}
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		must(t, err)
	}
	got, err := s.Rates(t.Context(), period.Span{From: "2023-09-01", To: "2023-09-02"}, "")
	must(t, err)
	if len(got.Versions) != 1 || got.Versions[0].Active != 100 || got.Versions[0].Rates[2].Count != 10 {
		t.Error(fmt.Sprint(got.Versions))
	}
}
