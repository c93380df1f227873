package car

import (
	"testing"

	"roadbook/car/highway"
	"roadbook/car/updater"
	"roadbook/wire/uptane"
)

// TestSoftwareOfTheReports: reports carry what the updater runs, with the number that the release declares for R157.
func TestSoftwareOfTheReports(t *testing.T) {
	a := parked(t, t.TempDir(), "http://127.0.0.1:1", publicStoreKey())
	if got := a.software(); got != (highway.Software{Version: FactoryVersion}) {
		t.Errorf("from the factory: %+v", got)
	}
	var err error
	a.updater, err = updater.New(updater.Config{Dir: t.TempDir(), VIN: testVIN(t), ECU: "ECU-1", HardwareID: "rb-head-1",
		Factory:      updater.Version{Release: uptane.Release{ID: "rel_1", Version: "1.4.0", R157: "RB1-2023.9"}},
		DirectorRoot: []byte("{}"), ImageRoot: []byte("{}"), Client: a.http, BaseURL: "http://127.0.0.1:1", Clock: still{}, Signer: grantKey})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.software(); got != (highway.Software{Version: "1.4.0", SWIN: "RB1-2023.9"}) {
		t.Errorf("with a release: %+v", got)
	}
}
