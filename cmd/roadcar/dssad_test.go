package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roadbook/car"
	"roadbook/car/highway"
	"roadbook/period"
	"roadbook/pilot/dssad"
	"roadbook/vin"
)

func TestDSSADIsReadWithoutTheCar(t *testing.T) {
	dir := t.TempDir()
	v, err := vin.Make("LRB", "R1CNE", 'P', 'B', 1)
	if err != nil {
		t.Fatal(err)
	}
	h, err := highway.Open(highway.Config{Dir: car.PilotDir(dir), VIN: v, Country: "CN"})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2023, 9, 1, 8, 0, 0, 0, time.UTC)
	for i := range 5 {
		if _, err := h.Drive(period.DateOf(start.AddDate(0, 0, i)), start.AddDate(0, 0, i), 10_000); err != nil {
			t.Fatal(err)
		}
	}
	head := h.Ring().Head()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ring")
	var out bytes.Buffer
	if err := run(t.Context(), []string{"dssad", "--dir", dir, "--out", file}, &out); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); !strings.Contains(s, "activation") || !strings.Contains(s, "R157 RB-HWP 1") || !strings.Contains(s, "chain verified") {
		t.Errorf("printed %s", s)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := dssad.Decode(b); err != nil || r.Head() != head {
		t.Errorf("the file holds another ring: %v", err)
	}
	log := filepath.Join(car.PilotDir(dir), "dssad-0.log")
	if b, err = os.ReadFile(log); err != nil {
		t.Fatal(err)
	}
	b[100] ^= 1
	if err := os.WriteFile(log, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"dssad", "--dir", dir}, &out); err == nil {
		t.Error("a changed record did not show")
	}
	if err := run(t.Context(), []string{"dssad", "--dir", t.TempDir()}, &out); err == nil || !strings.Contains(err.Error(), "no recorder") {
		t.Errorf("a folder without a recorder: %v", err)
	}
}
