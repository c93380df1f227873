package fleettest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/period"
)

func resell(t *testing.T, s *fleet.Service, w *World, said Events) {
	ctx := t.Context()
	built(t, s, 1)
	built(t, s, 2)
	w.Pass(365 * 24 * time.Hour)
	_, err := s.Resell(ctx, "r0", VIN(1), "owner-2", "2026-06-01")
	wantCode(t, "a car that nobody has bought", err, fault.Refused, "car_not_sold")
	if err := s.MarkSold(ctx, VIN(1), "owner-1", "2026-03-10"); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why, owner string
		on         period.Date
		kind       fault.Kind
		code       string
	}{
		{"to nobody", "", "2026-06-01", fault.Invalid, "owner"},
		{"on no day", "owner-2", "2026-06-31", fault.Invalid, "date"},
		{"in the future", "owner-2", "2030-01-01", fault.Invalid, "date_ahead"},
		{"before it was sold", "owner-2", "2026-03-09", fault.Invalid, "date_before"},
		{"to who has it", "owner-1", "2026-06-01", fault.Refused, "owner_same"},
	} {
		_, err := s.Resell(ctx, row.why, VIN(1), row.owner, row.on)
		wantCode(t, row.why, err, row.kind, row.code)
	}
	want := []fleet.Ownership{{N: 1, Owner: "owner-1", Since: "2026-03-10"}, {N: 2, Owner: "owner-2", Since: "2026-06-01"}}
	for _, request := range []string{"r1", "r1", "r2"} { // again by the same request, and by another that says the same
		if all, err := s.Resell(ctx, request, VIN(1), "owner-2", "2026-06-01"); err != nil || !slices.Equal(all, want) {
			t.Errorf("%s: %v %v", request, all, err)
		}
	}
	_, err = s.Resell(ctx, "r1", VIN(1), "owner-3", "2026-06-02")
	wantCode(t, "the same request for something else", err, fault.Conflict, "idempotency_mismatch")
	if err := s.MarkSold(ctx, VIN(1), "owner-1", "2026-03-10"); err != nil {
		t.Errorf("the sale is told again after the resale: %v", err)
	}
	wantCode(t, "who bought it used did not buy it new", s.MarkSold(ctx, VIN(1), "owner-2", "2026-06-01"), fault.Refused, "car_sold")
	if all, err := s.Resell(ctx, "r3", VIN(1), "owner-1", "2026-06-01"); err != nil || len(all) != 3 || all[2] != (fleet.Ownership{N: 3, Owner: "owner-1", Since: "2026-06-01"}) {
		t.Errorf("bought back on the same day: %v %v", all, err)
	}
	if c, err := s.Car(ctx, VIN(1)); err != nil || c.Owner != "owner-1" || c.SoldOn != "2026-03-10" || c.State != fleet.StateSold {
		t.Errorf("%+v %v", c, err)
	}
	if n := said(t, "fleet.Resold"); n != 2 {
		t.Errorf("fleet.Resold was said %d times, want 2", n)
	}
	if all, err := s.Owners(ctx, VIN(2)); err != nil || len(all) != 0 {
		t.Errorf("owners of a car that is not sold: %v %v", all, err)
	}
	_, err = s.Owners(ctx, VIN(9))
	wantCode(t, "an unknown car", err, fault.NotFound, "car_unknown")

	// Many at once: each owner has a number of its own.
	if err := s.MarkSold(ctx, VIN(2), "owner-1", "2026-03-10"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 5 {
		wg.Go(func() {
			if _, err := s.Resell(ctx, "", VIN(2), fmt.Sprintf("next-%d", i), "2026-07-01"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	all, err := s.Owners(ctx, VIN(2))
	if err != nil || len(all) != 6 {
		t.Fatalf("%v %v", all, err)
	}
	for i, o := range all {
		if o.N != i+1 {
			t.Errorf("owner %d has number %d", i+1, o.N)
		}
	}
}

func sales(t *testing.T, s *fleet.Service, w *World) {
	ctx := t.Context()
	w.Pass(365 * 24 * time.Hour)
	days := []period.Date{"2026-04-02", "2026-03-31", "2026-04-01", "2026-04-01", "", "2026-07-01"}
	for n, day := range days {
		built(t, s, n+1)
		if day == "" {
			continue
		}
		if err := s.MarkSold(ctx, VIN(n+1), fmt.Sprintf("owner-%d", n+1), day); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Resell(ctx, "r", VIN(4), "second", "2026-05-01"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for after := (fleet.Sale{}); ; {
		page, err := s.Sales(ctx, period.Span{From: "2026-04-01", To: "2026-07-01"}, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range page {
			got = append(got, fmt.Sprintf("%s %s %s %d", x.On, x.VIN, x.Model, len(x.Owners)))
			after = x
		}
		if len(page) < 2 {
			break
		}
	}
	want := []string{fmt.Sprintf("2026-04-01 %s road-1 1", VIN(3)), fmt.Sprintf("2026-04-01 %s road-1 2", VIN(4)), fmt.Sprintf("2026-04-02 %s road-1 1", VIN(1))}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("sales of the quarter\n%q, want\n%q", got, want)
	}
	if all, err := s.Sales(ctx, period.Span{}, fleet.Sale{}, 100); err != nil || len(all) != 5 {
		t.Errorf("all sales: %v %v", all, err)
	}
	on, err := s.SoldOn(ctx)
	if err != nil || on["2026-04-01"] != 2 || len(on) != 4 {
		t.Errorf("sold on %v %v", on, err)
	}
}
