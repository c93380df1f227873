package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatIsWrongWithTheCommandLineIsNamed(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"empty.json": "{}", "text.json": "hello", "trace.csv": "a,b\n1,2\n",
		"candidate.json": `{"version": "1.2.0", "params": {"following": {"gap": 0}}}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	for _, row := range []struct {
		reason string
		args   string
		says   string
	}{
		{"no folder", "--provisioning empty.json --vin LRBR1CNE1PB000001 --ecu E", "--dir"},
		{"a VIN with a wrong check digit", "--dir c --provisioning empty.json --vin LRBR1CNE2PB000001 --ecu E", "--vin: vin_check_digit"},
		{"no such file", "--dir c --provisioning none.json --vin LRBR1CNE1PB000001 --ecu E", "--provisioning: open none.json"},
		{"a file that is no JSON", "--dir c --provisioning text.json --vin LRBR1CNE1PB000001 --ecu E", "text.json"},
		{"a provisioning that lacks a field", "--dir c --provisioning empty.json --vin LRBR1CNE1PB000001 --ecu E", "the field is missing"},
		{"a candidate that makes no sense", "--dir c --provisioning empty.json --vin LRBR1CNE1PB000001 --ecu E --candidate candidate.json", "following.gap"},
		{"no such candidate", "--dir c --provisioning empty.json --vin LRBR1CNE1PB000001 --ecu E --candidate none.json", "--candidate: open none.json"},
		{"a turn of no length", "--dir c --provisioning empty.json --vin LRBR1CNE1PB000001 --ecu E --every 0s", "--every"},
		{"no country", "--dir c --provisioning empty.json --vin LRBR1CNE1PB000001 --ecu E --country Germany", "--country"},
	} {
		var out bytes.Buffer
		err := run(t.Context(), strings.Fields(row.args), &out)
		if err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v, want %q", row.reason, err, row.says)
		}
		if _, err := os.Stat("c"); err == nil {
			t.Errorf("%s: something was done", row.reason)
		}
	}
	if _, err := readTraces("trace.csv"); err == nil || !strings.Contains(err.Error(), "trace.csv: line 1") {
		t.Errorf("a table that is no trace: %v", err)
	}
}
