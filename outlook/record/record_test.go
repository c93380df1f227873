package record_test

import (
	"math"
	"strings"
	"testing"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/outlook/chance"
	"roadbook/outlook/record"
	"roadbook/outlook/record/recordtest"
	"roadbook/period"
)

func num(v float64) *float64 { return &v }

func TestCheck(t *testing.T) {
	whole := recordtest.Of("rec-1", "xiaomi/2024Q2/deliveries", 27307, "2024-08-21")
	if err := whole.Check(); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why, at string
		spoil   func(*record.Record)
	}{
		{"a figure without a source is nobody's", "/source", func(r *record.Record) { r.Source = "" }},
		{"nor without a vintage", "/vintage", func(r *record.Record) { r.Vintage = "" }},
		{"a record has an id", "/id", func(r *record.Record) { r.ID = "" }},
		{"a key has three parts", "/key", func(r *record.Record) { r.Key = "xiaomi/deliveries" }},
		{"the period is one", "/key", func(r *record.Record) { r.Key = "xiaomi/2024Q5/deliveries" }},
		{"a day is one", "/key", func(r *record.Record) { r.Key = "xiaomi/2024-02-30/deliveries" }},
		{"a record says something", "/value", func(r *record.Record) { r.Value = nil }},
		{"a text beside a number would be read as either", "/value", func(r *record.Record) { r.Text = "about" }},
		{"a bound beside a number too", "/value", func(r *record.Record) { r.Low = num(1) }},
		{"a range goes upwards", "/low", func(r *record.Record) { r.Value, r.Low, r.High = nil, num(2), num(1) }},
		{"not a number is no figure", "/value", func(r *record.Record) { r.Value = num(math.NaN()) }},
		{"a law with one quantile is none", "/dist", func(r *record.Record) {
			r.Value, r.Dist = nil, &chance.Spec{Kind: chance.KindLogNormal, P5: num(1)}
		}},
		{"a unit is said", "/unit", func(r *record.Record) { r.Unit = "" }},
		{"a currency exists", "/currency", func(r *record.Record) { r.Currency = "RMB" }},
		{"a note is short", "/note", func(r *record.Record) { r.Note = strings.Repeat("x", record.MaxText+1) }},
		{"no record corrects itself", "/supersedes", func(r *record.Record) { r.Supersedes = r.ID }},
	} {
		r := whole
		row.spoil(&r)
		f, ok := r.Check().(*fault.Error)
		if !ok || f.Pointer != row.at || f.Kind != fault.Invalid {
			t.Errorf("%s: %v, want a refusal at %s", row.why, f, row.at)
		}
	}
	r := whole
	r.Value, r.Dist = nil, &chance.Spec{Kind: chance.KindLogNormal, P5: num(1), P95: num(3)}
	if err := r.Check(); err != nil {
		t.Errorf("a distribution: %v", err)
	}
}

func TestMeasureTellsDefinitionsApart(t *testing.T) {
	for _, row := range []struct {
		why, a, b string
		same      bool
	}{
		{"a loss and an income of one kind", "operating loss", "operating income (first profit)", true},
		{"2024 is adjusted net, 2025 is operating: a break", "adjusted net loss", "operating loss", false},
		{"adjusted is not net", "adjusted net loss", "net loss", false},
		{"a segment's deficit is neither", "segment deficit", "operating loss", false},
		{"letters and blanks do not matter", "Operating  Loss", "operating loss", true},
	} {
		if got := record.Measure(row.a) == record.Measure(row.b); got != row.same {
			t.Errorf("%s: %q and %q the same: %t", row.why, row.a, row.b, got)
		}
	}
}

func TestPeriods(t *testing.T) {
	for _, row := range []struct{ in, from, to, before, yearBefore string }{
		{"2024Q2", "2024-04-01", "2024-07-01", "2024Q1", "2023Q2"},
		{"2024Q1", "2024-01-01", "2024-04-01", "2023Q4", "2023Q1"},
		{"FY2024", "2024-01-01", "2025-01-01", "FY2023", "FY2023"},
		{"2024", "2024-01-01", "2025-01-01", "2023", "2023"},
		{"9M2025", "2025-01-01", "2025-10-01", "9M2024", "9M2024"},
		{"2024H1", "2024-01-01", "2024-07-01", "2023H2", "2023H1"},
		{"2024H2", "2024-07-01", "2025-01-01", "2024H1", "2023H2"},
		{"2024-01", "2024-01-01", "2024-02-01", "2023-12", "2023-01"},
		{"2024-03-01", "2024-03-01", "2024-03-02", "2024-02-29", "2023-03-01"},
	} {
		p, err := record.ParsePeriod(row.in)
		if err != nil {
			t.Fatal(err)
		}
		if want := (period.Span{From: period.Date(row.from), To: period.Date(row.to)}); p.Span() != want {
			t.Errorf("%s spans %v, want %v", row.in, p.Span(), want)
		}
		if got := p.Before().String(); got != row.before {
			t.Errorf("before %s: %s, want %s", row.in, got, row.before)
		}
		if got := p.YearsBefore(1).String(); got != row.yearBefore {
			t.Errorf("a year before %s: %s, want %s", row.in, got, row.yearBefore)
		}
	}
	for _, s := range []string{"", "2024Q0", "2024Q5", "2024q2", "FY24", "2024-13", "2024-02-30", "2024H3", "1800", " 2024", "2024Q2 "} {
		if _, err := record.ParsePeriod(s); err == nil {
			t.Errorf("%q is a period", s)
		}
	}
}

func TestAtSeesWhatWasKnown(t *testing.T) {
	with := func(r record.Record, change func(*record.Record)) record.Record { change(&r); return r }
	first := recordtest.Of("a", "li/2022/price", 37000, "2023-01-31")
	revised := with(recordtest.Of("b", "li/2022/price", 68100, "2024-01-31"), func(r *record.Record) { r.Supersedes = "a" })
	adjusted := with(recordtest.Of("c", "x/2024/result", -6.2, "2025-03-18"), func(r *record.Record) { r.Definition = "adjusted net loss" })
	operating := with(recordtest.Of("d", "x/2024/result", -7, "2025-05-28"), func(r *record.Record) { r.Definition = "operating loss" })
	weak := with(recordtest.Of("e", "x/2024Q3/gm", 15.4, "2024-11-18"), func(r *record.Record) { r.Level = evidence.Uncertain })
	firm := recordtest.Of("f", "x/2024Q3/gm", 17.1, "2024-11-18")
	agrees := with(recordtest.Of("g", "x/2024Q3/gm", 17.1, "2024-11-18"), func(r *record.Record) { r.Source = "another page" })
	all := []record.Record{revised, first, operating, weak, firm, adjusted, agrees}

	if got := record.At(all, "2023-01-30"); len(got) != 0 {
		t.Errorf("known before any vintage: %+v", got)
	}
	got := record.At(all, "2023-06-30")
	if len(got) != 1 || *got[0].Value != 37000 || len(got[0].Superseded) != 0 {
		t.Errorf("before the revision: %+v", got)
	}
	got = record.At(all, "2026-01-01")
	if len(got) != 4 {
		t.Fatalf("%d facts, want the price, two definitions of the result, and the margin", len(got))
	}
	price, r1, r2, gm := got[0], got[1], got[2], got[3]
	if *price.Value != 68100 || len(price.Superseded) != 1 || price.Superseded[0].ID != "a" || price.First() != "2023-01-31" {
		t.Errorf("after the revision: %+v", price)
	}
	if *r1.Value != -6.2 || *r2.Value != -7 || len(r1.Superseded)+len(r2.Superseded) != 0 {
		t.Errorf("two definitions are two facts: %+v %+v", r1, r2)
	}
	if gm.ID != "f" || len(gm.Conflicts) != 1 || gm.Conflicts[0].ID != "e" {
		t.Errorf("the firmer source counts and the other is listed: %+v", gm)
	}
	if len(gm.Superseded) != 1 || gm.Superseded[0].ID != "g" {
		t.Errorf("a source that agrees is no conflict: %+v", gm)
	}
}

const someRecords = `who: desk
records:
  - {key: xiaomi/FY2024/deliveries, value: 136854, unit: cars, source: report, date: 2024-12-31, vintage: 2025-03-18, level: R}
  - {key: xiaomi/2024Q3/asp, value: 1, unit: per car, currency: CNY, source: report, date: 2024-09-30, vintage: 2024-11-18, who: other, level: U, definition: d}
`

func TestRead(t *testing.T) {
	rs, err := record.Read([]byte(someRecords))
	if err != nil || len(rs) != 2 || rs[0].Who != "desk" || rs[1].Who != "other" || rs[0].ID == "" || *rs[0].Value != 136854 || rs[1].Definition != "d" {
		t.Fatalf("%+v %v", rs, err)
	}
	for _, row := range []struct{ why, old, new, want string }{
		{"an unknown key is a misspelt one", "unit: cars", "unti: cars", "unti"},
		{"a figure without a source", "source: report, date: 2024-12-31, ", "date: 2024-12-31, ", "/records/0/source"},
		{"a figure that is none", "value: 136854", "value: .nan", "/records/0"},
		{"a date that is none", "vintage: 2024-11-18", "vintage: soon", "/records/1/vintage"},
		{"nothing", someRecords, "who: x", "/records"},
		{"too much", someRecords, strings.Repeat("#", record.MaxFile+1), "at most"},
	} {
		in := strings.Replace(someRecords, row.old, row.new, 1)
		if _, err := record.Read([]byte(in)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.why, err, row.want)
		}
	}
	if rs, err := record.Read([]byte(`{"made":"2026-01-31","x":{"a":1,"src":["u","2025"]}}`)); err != nil || len(rs) != 1 || rs[0].Who != record.Who {
		t.Errorf("a calibration file: %+v %v", rs, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(someRecords))
	f.Fuzz(func(t *testing.T, b []byte) {
		rs, err := record.Read(b)
		if err != nil {
			return
		}
		for _, r := range rs {
			if err := r.Check(); err != nil {
				t.Fatalf("accepted %+v: %v", r, err)
			}
		}
	})
}
