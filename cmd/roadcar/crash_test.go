package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"roadbook/app"
	"roadbook/app/client"
	"roadbook/app/demo"
	"roadbook/app/scenario"
	"roadbook/car"
	"roadbook/examples"
	"roadbook/update"
	"roadbook/vin"
)

// carEnv makes the test binary be the car's program, so that a process of its own can be killed.
const carEnv = "ROADCAR_BE"

func init() {
	args := os.Getenv(carEnv)
	if args == "" {
		return
	}
	var list []string
	if err := json.Unmarshal([]byte(args), &list); err != nil {
		panic(err)
	}
	if err := run(context.Background(), list, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// TestKilledDuringDownload kills -9 the car's process while it downloads an image from a real maker's side, again and
// again; what was fetched stays, and in the end the car runs the new software.
func TestKilledDuringDownload(t *testing.T) {
	const size, step = 256 << 20, 8 << 20
	ctx := t.Context()
	s, err := scenario.Parse(examples.Xiaomi2023)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(ctx, app.Config{Data: t.TempDir(), Console: "127.0.0.1:0", Gateway: "127.0.0.1:0", MQTT: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := a.Start(context.WithoutCancel(ctx)); err != nil {
		t.Fatal(err)
	}
	api := &client.Client{Base: a.Console(), Token: a.Token()}
	one, err := demo.BuildOne(ctx, demo.Config{Scenario: s, API: api})
	if err != nil {
		t.Fatal(err)
	}
	campaign := publish(t, api, one, size)

	dir := t.TempDir()
	b, err := json.Marshal(one.Provisioning)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "provisioning.json")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	consent(t, dir, campaign.ReleaseID)
	args, err := json.Marshal([]string{"--dir", dir, "--provisioning", file, "--vin", string(one.VIN), "--ecu", one.ECU,
		"--hardware", one.HardwareID, "--secret", one.Secret, "--cockpit", "127.0.0.1:0", "--log", "error"})
	if err != nil {
		t.Fatal(err)
	}
	start := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env, cmd.Stderr = append(os.Environ(), carEnv+"="+string(args)), os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	have, cut := int64(0), 0
	for range 3 {
		cmd := start()
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			if now := fetched(t, dir); now > have+step {
				break
			}
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		now := fetched(t, dir)
		if now < have {
			t.Fatalf("%d bytes were fetched, %d after a kill", have, now)
		}
		if have = now; have < size {
			cut++
		}
	}
	if cut == 0 {
		t.Fatal("the car was never killed within the download: the image is too small for this machine")
	}
	t.Logf("killed %d times within the download, last at %d of %d bytes", cut, have, size)
	cmd := start()
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		var c update.Campaign
		if err := api.Get(ctx, "/v1/campaigns/"+campaign.ID, &c); err != nil {
			t.Fatal(err)
		}
		if c.Counts[update.Confirmed] == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the car does not run the new software: %v", c.Counts)
		}
	}
}

// publish uploads an image and starts a campaign with it for the car.
func publish(t *testing.T, api *client.Client, one car.Config, size int) update.Campaign {
	t.Helper()
	image := make([]byte, size)
	if _, err := rand.Read(image); err != nil {
		t.Fatal(err)
	}
	var up update.Image
	if err := api.Do(t.Context(), http.MethodPost, "/v1/images", "image", image, &up); err != nil {
		t.Fatal(err)
	}
	var rel update.Release
	if err := api.Post(t.Context(), "/v1/releases", "release", map[string]any{"name": "Road One", "version": "1.1.0", "hardware_id": one.HardwareID,
		"release_counter": 2, "image_sha256": up.SHA256}, &rel); err != nil {
		t.Fatal(err)
	}
	var c update.Campaign
	if err := api.Post(t.Context(), "/v1/campaigns", "campaign", map[string]any{"name": "spring", "release_id": rel.ID, "vins": []vin.VIN{one.VIN}}, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// fetched is how much of the image is on the car.
func fetched(t *testing.T, dir string) (most int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(d.Name()) != ".part" {
			return nil // a file may go while we look
		}
		if info, err := d.Info(); err == nil {
			most = max(most, info.Size())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return most
}

// consent writes the driver's yes as the screen does.
func consent(t *testing.T, dir, release string) {
	t.Helper()
	b, err := json.Marshal(map[string]bool{release: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "consent.json"), b, 0o600); err != nil {
		t.Fatal(err)
	}
}
