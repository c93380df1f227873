package outlook_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"roadbook/billing"
	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/ledger"
	"roadbook/ledger/ledgertest"
	"roadbook/period"
	"roadbook/vin"
)

// maker is a maker's side in memory: entries, sold cars and what their owners took, as of a day.
type maker struct {
	today   period.Date
	entries []ledger.Entry
	sales   []fleet.Sale
	taken   []billing.Taken
}

func (m *maker) Now() time.Time { return m.today.Time().Add(12 * time.Hour) }

func (m *maker) rows(f ledger.Filter) []ledger.Sum {
	first, last := f.Months()
	return slices.DeleteFunc(ledger.RollUp(m.entries...), func(s ledger.Sum) bool {
		return f.Vehicle != "" && s.Vehicle != f.Vehicle || first != "" && s.Month < first || last != "" && s.Month > last
	})
}

func (m *maker) ByProduct(_ context.Context, f ledger.Filter) ([]ledger.Sum, error) {
	return m.rows(f), nil
}

func (m *maker) Over(_ context.Context, vehicles []string, f ledger.Filter) ([]ledger.Sum, error) {
	at := map[ledger.Sum]ledger.Sum{}
	for _, s := range m.rows(f) {
		if vehicles == nil || slices.Contains(vehicles, s.Vehicle) {
			s.Vehicle, s.Partner, s.Market = "", "", ""
			ledger.Collect(at, []ledger.Sum{s})
		}
	}
	return ledger.Collected(at), nil
}

func (m *maker) Car(_ context.Context, v vin.VIN) (fleet.Car, error) {
	for _, s := range m.sales {
		if s.VIN == v {
			return fleet.Car{VIN: v, State: fleet.StateSold, SoldOn: s.On}, nil
		}
	}
	return fleet.Car{}, fault.New(fault.NotFound, "car_unknown", "there is no car %q", v)
}

func (m *maker) Cars(context.Context, vin.VIN, int) ([]fleet.Car, error) { return nil, nil }

func (m *maker) Sold(context.Context, period.Date) (int, int64, error) { return len(m.sales), 1, nil }

func (m *maker) SoldOn(context.Context) (map[period.Date]int, error) {
	out := map[period.Date]int{}
	for _, s := range m.sales {
		out[s.On]++
	}
	return out, nil
}

// Sales answers short pages, so that a walk takes several.
func (m *maker) Sales(_ context.Context, span period.Span, after fleet.Sale, limit int) ([]fleet.Sale, error) {
	key := func(s fleet.Sale) string { return string(s.On) + string(s.VIN) }
	all := slices.Clone(m.sales)
	slices.SortFunc(all, func(a, b fleet.Sale) int { return strings.Compare(key(a), key(b)) })
	var out []fleet.Sale
	for _, s := range all {
		if span.Contains(s.On) && key(s) > key(after) && len(out) < min(limit, 2) {
			out = append(out, s)
		}
	}
	return out, nil
}

func (m *maker) Owners(_ context.Context, v vin.VIN) ([]fleet.Ownership, error) {
	for _, s := range m.sales {
		if s.VIN == v {
			return s.Owners, nil
		}
	}
	return nil, nil
}

func (m *maker) Taken(_ context.Context, cars []vin.VIN) (out []billing.Taken, err error) {
	for _, t := range m.taken {
		if slices.Contains(cars, t.VIN) {
			out = append(out, t)
		}
	}
	return out, nil
}

// sale is a car named by a letter that was sold to its first owner "one".
func sale(v vin.VIN, on period.Date, more ...fleet.Ownership) fleet.Sale {
	return fleet.Sale{VIN: v, On: on, Owners: append([]fleet.Ownership{{N: 1, Owner: "one", Since: on}}, more...)}
}

// makers generates random books over a few cars, some of them sold, some resold, some not of the fleet at all.
func makers() *rapid.Generator[*maker] {
	return rapid.Custom(func(t *rapid.T) *maker {
		m := &maker{today: "2026-04-20"}
		for _, v := range []vin.VIN{"V1", "V2", "V3", "V4"} {
			if rapid.Bool().Draw(t, "sold") {
				s := sale(v, period.Date("2025-10-05").AddDays(rapid.IntRange(0, 190).Draw(t, "day")))
				if rapid.Bool().Draw(t, "resold") {
					s.Owners = append(s.Owners, fleet.Ownership{N: 2, Owner: "two", Since: s.On.AddDays(rapid.IntRange(0, 100).Draw(t, "after"))})
				}
				m.sales = append(m.sales, s)
			}
		}
		for i, e := range rapid.SliceOfN(ledgertest.Entries(), 0, 12).Draw(t, "entries") {
			e.Ref = fmt.Sprint(i)
			e.Date = period.Date("2025-09-15").AddMonths(rapid.IntRange(0, 8).Draw(t, "month"))
			for k := range e.Postings {
				e.Postings[k].Dims.Vehicle = rapid.SampledFrom([]string{"", "V1", "V2", "V3", "V4"}).Draw(t, "vehicle")
				e.Postings[k].Dims.Product = rapid.SampledFrom([]string{"", "car", "pilot", "licence"}).Draw(t, "product")
			}
			m.entries = append(m.entries, e)
		}
		return m
	})
}
