package app

import (
	"fmt"
	"testing"
	"time"

	"roadbook/fault"
	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/wire/command"
)

// What is set aside is kept once, bounded by car, on both engines.
func TestAsides(t *testing.T) {
	sqldbtest.Engines(t, "app", migrations(), func(t *testing.T, db *sqldb.DB) {
		ctx, s := t.Context(), asides{db}
		at := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
		for i := range maxAside {
			m := setAside{VIN: "LRBR1CNE1PB000001", Kind: command.KindMeter, At: at.Add(time.Duration(i) * time.Second), Code: "usage_encoding", Detail: "why", Payload: fmt.Appendf(nil, "\x00%d", i)}
			for range 1 + i%2 {
				if err := s.keep(ctx, m); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := s.keep(ctx, setAside{VIN: "LRBR1CNE1PB000001", Kind: command.KindMeter, At: at, Payload: []byte("more")}); fault.KindOf(err) != fault.Unavailable || fault.CodeOf(err) != "aside_full" {
			t.Errorf("beyond the bound: %v", err)
		}
		if err := s.keep(ctx, setAside{VIN: "LRBR1CNE3PB000002", Kind: command.KindFrames, At: at, Payload: []byte("other")}); err != nil {
			t.Error(err)
		}
		all, err := s.list(ctx, "LRBR1CNE1PB000001", 2)
		if err != nil || len(all) != 2 || string(all[1].Payload) != "\x001" || !all[1].At.Equal(at.Add(time.Second)) || all[1].Kind != command.KindMeter {
			t.Fatalf("%+v, %v", all, err)
		}
		if err := s.remove(ctx, all[0]); err != nil {
			t.Fatal(err)
		}
		if n, err := s.count(ctx); err != nil || n != maxAside {
			t.Errorf("%d are left, %v", n, err)
		}
	})
}
