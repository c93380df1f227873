package inservicetest

import (
	"cmp"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/inservice"
	"roadbook/period"
	"roadbook/vin"
	"roadbook/wire/pilotlog"
)

// Sums adds records up to days as a store must, from nothing but the records.
func Sums(records []inservice.Record) []inservice.Day {
	type key struct{ day, software, swin, country string }
	days, cars := map[key]*inservice.Day{}, map[key]map[vin.VIN]bool{}
	for _, r := range records {
		p := r.Report
		k := key{p.Day, p.Software, p.SWIN, p.Country}
		d := days[k]
		if d == nil {
			d = &inservice.Day{Day: period.Date(p.Day), Software: p.Software, SWIN: p.SWIN, Country: p.Country, Counts: map[pilotlog.Kind]int64{}}
			days[k], cars[k] = d, map[vin.VIN]bool{}
		}
		cars[k][r.VIN] = true
		d.Cars, d.Active, d.Unavailable, d.Manual = int64(len(cars[k])), d.Active+p.Active, d.Unavailable+p.Unavailable, d.Manual+p.Manual
		for _, e := range p.Events {
			d.Counts[e.Kind]++
		}
	}
	out := []inservice.Day{}
	for _, d := range days {
		out = append(out, *d)
	}
	slices.SortFunc(out, func(a, b inservice.Day) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Software, b.Software), cmp.Compare(a.SWIN, b.SWIN), cmp.Compare(a.Country, b.Country))
	})
	return out
}

// RollUp: whatever reports come, in whatever order, late, twice or with another content, the days are what the reports that were taken
// sum to.
func RollUp(t *testing.T, store inservice.Store) {
	s := inservice.New(store, &Clock{Start.AddDate(50, 0, 0)})
	check := 0
	rapid.Check(t, func(t *rapid.T) {
		first := 3 * check // days of its own
		seq := map[vin.VIN]uint64{}
		check++
		var taken []inservice.Record
		for range rapid.IntRange(1, 12).Draw(t, "reports") {
			if len(taken) > 0 && rapid.IntRange(0, 3).Draw(t, "again") == 0 {
				r := rapid.SampledFrom(taken).Draw(t, "which")
				want := fault.Unknown
				if rapid.Bool().Draw(t, "other content") {
					r.Report.Active++
					want = fault.Conflict
				}
				if err := s.Take(t.Context(), r.VIN, encode(t, r.Report)); fault.KindOf(err) != want || want == fault.Unknown && err != nil {
					t.Fatal(err)
				}
				continue
			}
			v, err := vin.Make("LXM", "SU7AA", 'R', 'B', 1000+rapid.IntRange(0, 2).Draw(t, "car"))
			if err != nil {
				t.Fatal(err)
			}
			seq[v]++
			r := Report(uint64(1000*check)+seq[v], first+rapid.IntRange(0, 2).Draw(t, "day"), rapid.SampledFrom([]string{"1.0", "1.1"}).Draw(t, "software"),
				rapid.Int64Range(0, 900).Draw(t, "km"), rapid.SliceOfN(rapid.SampledFrom(pilotlog.Kinds), 0, 5).Draw(t, "events")...)
			r.SWIN = rapid.SampledFrom([]string{"HWP 1", "HWP 2"}).Draw(t, "swin")
			r.Country = rapid.SampledFrom([]string{"", "CN", "DE"}).Draw(t, "country")
			if err := s.Take(t.Context(), v, encode(t, r)); err != nil {
				t.Fatal(err)
			}
			taken = append(taken, inservice.Record{VIN: v, Report: r})
		}
		day := func(n int) period.Date { return period.DateOf(Start.Add(time.Duration(n) * 24 * time.Hour)) }
		got, err := store.Days(t.Context(), period.Span{From: day(first), To: day(first + 3)})
		if err != nil {
			t.Fatal(err)
		}
		if d := gocmp.Diff(Sums(taken), got); d != "" {
			t.Fatal(d)
		}
	})
}

func encode(t *rapid.T, r pilotlog.Report) []byte {
	b, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}
