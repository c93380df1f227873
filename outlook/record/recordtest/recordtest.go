// Package recordtest builds records, and holds the suite that every record.Store passes.
package recordtest

import (
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/outlook/record"
	"roadbook/period"
)

// Of returns a reported number of cars with the vintage.
func Of(id, key string, value float64, vintage period.Date) record.Record {
	return record.Record{ID: id, Key: key, Value: &value, Unit: "cars", Evidence: evidence.Evidence{Source: "report", Date: vintage, Vintage: vintage,
		Who: "test", Level: evidence.Reported}}
}

// File reads the shared calibration file; a test that needs it fails without it.
func File(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("the shared calibration file is not there: %v\nit belongs beside the repository, at shared/data/economics.json", err)
	}
	return b
}

// Suite checks what every store does. open may return one store for all parts.
func Suite(t *testing.T, open func(t *testing.T) record.Store) {
	t.Run("the same again is a no-op, other content a conflict", func(t *testing.T) { repeated(t, open(t)) })
	t.Run("all or none", func(t *testing.T) { atomic(t, open(t)) })
	t.Run("a correction names what it corrects", func(t *testing.T) { corrected(t, open(t)) })
	t.Run("lists by prefix, day and page", func(t *testing.T) { listed(t, open(t)) })
	t.Run("many at once keep one", func(t *testing.T) { concurrent(t, open(t)) })
}

func add(t *testing.T, s record.Store, want int, rs ...record.Record) {
	t.Helper()
	if n, err := s.Add(t.Context(), rs); err != nil || n != want {
		t.Fatalf("added %d, %v; want %d", n, err, want)
	}
}

func refused(t *testing.T, s record.Store, kind fault.Kind, rs ...record.Record) {
	t.Helper()
	if n, err := s.Add(t.Context(), rs); fault.KindOf(err) != kind || n != 0 {
		t.Fatalf("added %d, %v; want none and %s", n, err, kind)
	}
}

func repeated(t *testing.T, s record.Store) {
	a := Of("rep-a", "rep/2024Q2/deliveries", 0.1+0.2, "2024-08-21") // a number that needs all its digits
	a.Definition, a.Note, a.Conflict = "cars handed over", "n", "another page prints 15.4 %"
	add(t, s, 1, a)
	add(t, s, 0, a)
	got, err := s.Record(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, got); diff != "" {
		t.Errorf("read back (-want +got)\n%s", diff)
	}
	b := a
	b.Value = new(float64)
	refused(t, s, fault.Conflict, b)
	b = a
	b.Note = "changed"
	refused(t, s, fault.Conflict, b)
	if _, err := s.Record(t.Context(), "rep-none"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown id: %v", err)
	}
}

func atomic(t *testing.T, s record.Store) {
	a := Of("atom-a", "atom/2024Q2/deliveries", 1, "2024-08-21")
	add(t, s, 1, a)
	other := Of("atom-a", "atom/2024Q2/deliveries", 2, "2024-08-21")
	refused(t, s, fault.Conflict, Of("atom-b", "atom/2024Q3/deliveries", 3, "2024-11-21"), other)
	if _, err := s.Record(t.Context(), "atom-b"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a record of a refused batch is kept: %v", err)
	}
}

func corrected(t *testing.T, s record.Store) {
	a := Of("cor-a", "cor/2024Q2/deliveries", 1, "2024-08-21")
	b := Of("cor-b", "cor/2024Q2/deliveries", 2, "2024-09-21")
	b.Supersedes = "cor-a"
	refused(t, s, fault.Refused, b) // what it corrects is not there
	add(t, s, 2, a, b)              // in one batch, in order
	c := Of("cor-c", "cor/2024Q3/deliveries", 3, "2024-12-21")
	c.Supersedes = "cor-a"
	refused(t, s, fault.Refused, c) // another key
	d := Of("cor-d", "cor/2024Q2/deliveries", 3, "2024-09-20")
	d.Supersedes = "cor-b"
	refused(t, s, fault.Refused, d) // known before what it corrects
	if got, err := s.Record(t.Context(), "cor-a"); err != nil || *got.Value != 1 {
		t.Errorf("what was corrected is gone: %+v %v", got, err)
	}
}

func listed(t *testing.T, s record.Store) {
	add(t, s, 4, Of("lst-1", "lst/2024Q1/deliveries", 1, "2024-05-01"), Of("lst-2", "lst/2024Q2/deliveries", 2, "2024-08-01"),
		Of("lst-3", "lst_x/2024Q2/deliveries", 3, "2024-08-01"), Of("lst-4", "lst/2024Q3/deliveries", 4, "2024-11-01"))
	for _, row := range []struct {
		why  string
		f    record.Filter
		want []string
	}{
		{"the prefix is of bytes: _ is no pattern", record.Filter{Prefix: "lst_"}, []string{"lst-3"}},
		{"% is no pattern", record.Filter{Prefix: "lst%"}, nil},
		{"a subject", record.Filter{Prefix: "lst/"}, []string{"lst-1", "lst-2", "lst-4"}},
		{"what was known on the day of a vintage", record.Filter{Prefix: "lst/", AsOf: "2024-08-01"}, []string{"lst-1", "lst-2"}},
		{"the day before", record.Filter{Prefix: "lst/", AsOf: "2024-07-31"}, []string{"lst-1"}},
		{"a page", record.Filter{Prefix: "lst/", After: "lst-1", Limit: 1}, []string{"lst-2"}},
		{"past the end", record.Filter{Prefix: "lst", After: "lst-4"}, nil},
	} {
		got, err := s.Records(t.Context(), row.f)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range got {
			ids = append(ids, r.ID)
		}
		if !slices.Equal(ids, row.want) {
			t.Errorf("%s: %v, want %v", row.why, ids, row.want)
		}
	}
}

func concurrent(t *testing.T, s record.Store) {
	var wg sync.WaitGroup
	added := make([]int, 8)
	for i := range added {
		wg.Go(func() {
			n, err := s.Add(t.Context(), []record.Record{Of("con-a", "con/2024Q2/deliveries", 7, "2024-08-01")})
			if err != nil {
				t.Error(err)
			}
			added[i] = n
		})
	}
	wg.Wait()
	total := 0
	for _, n := range added {
		total += n
	}
	if total != 1 {
		t.Errorf("%d of 8 added the one record", total)
	}
}
