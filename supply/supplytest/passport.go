package supplytest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/period"
	"roadbook/supply/passport"
	"roadbook/vin"
)

// Batteries is a passport.Packs and a passport.Cars with one battery, P1, in car CarA.
type Batteries struct {
	Told passport.Readings // what the car reports
	Says []passport.Record // what other rooms tell
}

// Battery is the one battery.
var Battery = passport.Pack{Serial: "P1", Lot: "lot-1", Model: "pack.lfp", Since: "2026-10-20", VIN: CarA}

// Pack returns the battery, or a NotFound.
func (b *Batteries) Pack(_ context.Context, serial string) (passport.Pack, error) {
	if serial != Battery.Serial {
		return passport.Pack{}, fault.New(fault.NotFound, "pack_unknown", "there is no pack %q", serial)
	}
	return Battery, nil
}

// Facts tells what it Says.
func (b *Batteries) Facts(context.Context, passport.Pack) ([]passport.Record, error) {
	return b.Says, nil
}

// Readings tells what the car reports.
func (b *Batteries) Readings(context.Context, vin.VIN) (passport.Readings, error) { return b.Told, nil }

// Day is a clock that stands at noon of a day.
type Day period.Date

// Now is noon of the day.
func (d Day) Now() time.Time { return period.Date(d).Time().Add(12 * time.Hour) }

// Passports returns the service over a store, on 26 November 2026.
func Passports(t testing.TB, store passport.Store, b *Batteries) *passport.Service {
	t.Helper()
	s, err := passport.New(store, b, b, Day("2026-11-26"), passport.Config{Base: "https://passport.example/"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Value is a record of the battery, its lot or its model, of 1 November 2026.
func Value(attribute, value string, g passport.Grain) passport.Record {
	id := map[passport.Grain]string{passport.Model: Battery.Model, passport.Lot: Battery.Lot, passport.Item: Battery.Serial}[g]
	return passport.Record{Subject: passport.Subject{Grain: g, ID: id}, Attribute: attribute, Value: json.RawMessage(value), Origin: passport.Supplier,
		Evidence: evidence.Evidence{Source: "data sheet", Date: "2026-11-01", Vintage: "2026-11-02", Who: "quality", Level: evidence.Reported}}
}

// PassportSuite is what every passport store must do; open returns an empty one.
func PassportSuite(t *testing.T, open func(t *testing.T) passport.Store) {
	t.Run("recorded once", func(t *testing.T) { passportOnce(t, Passports(t, open(t), &Batteries{})) })
	t.Run("as of", func(t *testing.T) { passportAsOf(t, Passports(t, open(t), &Batteries{})) })
	t.Run("keep", func(t *testing.T) { passportKeep(t, open(t)) })
	t.Run("status", func(t *testing.T) { passportStatus(t, open(t)) })
	t.Run("rivals", func(t *testing.T) { passportRivals(t, Passports(t, open(t), &Batteries{})) })
}

func passportOnce(t *testing.T, s *passport.Service) {
	ctx := t.Context()
	first, err := s.Set(ctx, "req", Value("battery_mass", `450.0`, passport.Model))
	if err != nil || first.ID == "" || string(first.Value) != "450" {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := s.Set(ctx, "req", Value("battery_mass", `450`, passport.Model))
	if err != nil || again.ID != first.ID {
		t.Errorf("the same again: %+v, %v", again, err)
	}
	_, err = s.Set(ctx, "req", Value("battery_mass", `451`, passport.Model))
	wantCode(t, "the request with another value", err, fault.Conflict, "idempotency_mismatch")
	_, err = s.Set(ctx, "req2", Value("battery_mass", `451`, passport.Model))
	wantCode(t, "a second value", err, fault.Refused, "value_recorded")
	fix := Value("battery_mass", `451`, passport.Model)
	fix.Supersedes, fix.Vintage = first.ID, "2026-11-10"
	if _, err := s.Set(ctx, "req3", fix); err != nil {
		t.Error(err)
	}
	all, err := s.History(ctx, "P1", "battery_mass")
	if err != nil || len(all) != 2 {
		t.Errorf("corrected and correction are both kept: %v, %v", all, err)
	}
	_, err = s.Set(ctx, "req4", Value("colour", `"red"`, passport.Model))
	wantCode(t, "no such attribute", err, fault.NotFound, "attribute_unknown")
	other := Value("battery_mass", `450`, passport.Item)
	other.Subject.ID = "P9"
	_, err = s.Set(ctx, "req5", other)
	wantCode(t, "no such battery", err, fault.NotFound, "pack_unknown")
	early := Value("carbon_footprint", `0.08`, passport.Lot)
	early.Subject.ID = "lot-9"
	if _, err := s.Set(ctx, "req6", early); err != nil {
		t.Errorf("a lot's data may come before the lot: %v", err)
	}
	for serial, attribute := range map[string]string{"P9": "", "P1": "colour"} {
		if _, err := s.History(ctx, serial, attribute); fault.KindOf(err) != fault.NotFound {
			t.Errorf("history of %s of %s: %v", attribute, serial, err)
		}
	}
}

func passportAsOf(t *testing.T, s *passport.Service) {
	ctx := t.Context()
	for i, r := range []passport.Record{Value("battery_category", `"ev"`, passport.Model), Value("rated_capacity", `180`, passport.Model), Value("battery_mass", `450`, passport.Lot)} {
		if _, err := s.Set(ctx, fmt.Sprint(i), r); err != nil {
			t.Fatal(err)
		}
	}
	p, err := s.Passport(ctx, "P1", "", passport.Maker)
	if err != nil || p.AsOf != "2026-11-26" || p.Category != passport.EV || p.Link != "https://passport.example/passport/P1" || len(p.Entries) != 93 {
		t.Errorf("today: %+v, %v", p, err)
	}
	before, err := s.Missing(ctx, "P1", "2026-11-01", passport.EV)
	if err != nil || before.Present != 1 {
		t.Errorf("before anything but the identifier was known: %+v, %v", before, err)
	}
	after, err := s.Missing(ctx, "P1", "", "")
	if err != nil || after.Present != 4 || len(after.Missing) != after.Mandatory-4 {
		t.Errorf("after: %d of %d, %v", after.Present, after.Mandatory, err)
	}
	if _, err := s.Passport(ctx, "P1", "today", passport.Maker); fault.KindOf(err) != fault.Invalid {
		t.Errorf("as of no day: %v", err)
	}
	if _, err := s.Passport(ctx, "P9", "", passport.Maker); fault.KindOf(err) != fault.NotFound {
		t.Errorf("of no battery: %v", err)
	}
}

func passportKeep(t *testing.T, store passport.Store) {
	ctx := t.Context()
	b := &Batteries{}
	s := Passports(t, store, b)
	tell := func(on period.Date, charge float64) {
		b.Told = passport.Readings{passport.SignalCharge: {Value: charge, At: on.Time().Add(8 * time.Hour)}, passport.SignalHealth: {Value: 300, At: on.Time()}}
	}
	charge := func(asOf period.Date) string {
		p, err := s.Passport(ctx, "P1", asOf, passport.Interest)
		if err != nil {
			t.Fatal(err)
		}
		if e, _ := p.Entry(passport.StateOfCharge); e.Record != nil {
			return string(e.Record.Value)
		}
		return ""
	}
	tell("2026-11-20", 80)
	for range 2 {
		kept, err := s.Keep(ctx, "P1")
		if err != nil || len(kept) != 1 {
			t.Fatalf("kept %v, %v; want the charge, and not the impossible health", kept, err)
		}
	}
	tell("2026-11-24", 40)
	if got := charge("2026-11-22"); got != "80" {
		t.Errorf("as of the 22nd the charge is %q, want what was kept", got)
	}
	if got := charge(""); got != "40" {
		t.Errorf("today the charge is %q, want what the car reports", got)
	}
	whole, err := s.Passport(ctx, "P1", "", passport.Maker)
	if err != nil || len(whole.Refused) != 1 || whole.Refused[0].Attribute != passport.SOCE {
		t.Errorf("a health of 300 %% is told to the maker as refused: %+v, %v", whole.Refused, err)
	}
	by := Value(passport.StateOfCharge, `41`, passport.Item)
	by.Date, by.Vintage = "2026-11-24", "2026-11-24"
	if _, err := s.Set(ctx, "workshop", by); err != nil {
		t.Fatal(err)
	}
	if kept, err := s.Keep(ctx, "P1"); err != nil || len(kept) != 0 {
		t.Errorf("what a workshop measured on the day stands: %v, %v", kept, err)
	}
}

func passportStatus(t *testing.T, store passport.Store) {
	life := Value(passport.BatteryStatus, `"waste"`, passport.Item)
	life.ID, life.Date, life.Vintage = "life", "2026-11-10", "2026-11-10"
	s := Passports(t, store, &Batteries{Says: []passport.Record{life}})
	back := Value(passport.BatteryStatus, `"original"`, passport.Item)
	back.Date, back.Vintage = "2026-11-20", "2026-11-20"
	_, err := s.Set(t.Context(), "req", back)
	wantCode(t, "its life went on", err, fault.Refused, "status_goes_back")
	back.Value = json.RawMessage(`"remanufactured"`)
	if _, err := s.Set(t.Context(), "req", back); err != nil {
		t.Error(err)
	}
}

// passportRivals lets many write the same attribute at once: one is recorded.
func passportRivals(t *testing.T, s *passport.Service) {
	const n = 8
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			_, errs[i] = s.Set(t.Context(), fmt.Sprint("rival ", i), Value("battery_mass", fmt.Sprint(400+i), passport.Model))
		})
	}
	wg.Wait()
	done := 0
	for _, err := range errs {
		switch {
		case err == nil:
			done++
		case fault.CodeOf(err) != "value_recorded":
			t.Error(err)
		}
	}
	if all, err := s.History(t.Context(), "P1", "battery_mass"); done != 1 || err != nil || len(all) != 1 {
		t.Errorf("%d succeeded, %d are recorded, %v; want one", done, len(all), err)
	}
}
