// Package updatetest holds the suite that every update.Store passes, and small stand-ins for what a Service asks.
package updatetest

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roadbook/fault"
	"roadbook/update"
	"roadbook/vin"
	"roadbook/wire/uptane"
)

// Start is when tests begin.
var Start = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// Car returns the n-th car of the tests.
func Car(n int) vin.VIN {
	v, err := vin.Make("LRB", "1EV0X", 'T', 'A', n)
	if err != nil {
		panic(err)
	}
	return v
}

// Key returns the signing key of the n-th car, or of any other seed.
func Key(seed string) ed25519.PrivateKey {
	sum := sha256.Sum256([]byte(seed))
	return ed25519.NewKeyFromSeed(sum[:])
}

// Blobs keeps images in memory.
type Blobs struct {
	mu sync.Mutex
	m  map[string][]byte
}

// Add implements update.Blobs.
func (b *Blobs) Add(_ context.Context, r io.Reader, limit int64) (string, int64, error) {
	all, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return "", 0, err
	}
	sum := sha256.Sum256(all)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.m == nil {
		b.m = map[string][]byte{}
	}
	b.m[hex.EncodeToString(sum[:])] = all
	return hex.EncodeToString(sum[:]), int64(len(all)), nil
}

type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

// Open implements update.Blobs.
func (b *Blobs) Open(_ context.Context, key string) (io.ReadSeekCloser, int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.m[key]
	if !ok {
		return nil, 0, fault.New(fault.NotFound, "blob_missing", "no blob %s", key)
	}
	return memory{bytes.NewReader(c)}, int64(len(c)), nil
}

// Keys makes keys from names; a role in Rotated has another one.
type Keys struct{ Rotated map[string]bool }

// Signer implements update.Keys.
func (k *Keys) Signer(_ context.Context, repo uptane.Repo, role string) (crypto.Signer, error) {
	seed := string(repo) + role
	if k.Rotated[seed] {
		seed += " second"
	}
	return Key(seed), nil
}

// Inventory knows every car: its ECU is VIN-cockpit, of hardware cockpit-1.
type Inventory struct{}

// Vehicle implements update.Inventory.
func (Inventory) Vehicle(_ context.Context, v vin.VIN) (update.Vehicle, error) {
	if v == Car(404) {
		return update.Vehicle{}, fault.New(fault.NotFound, "no_such_car", "no car %s", v)
	}
	return update.Vehicle{ECU: string(v) + "-cockpit", HardwareID: "cockpit-1", Key: Key(string(v)).Public()}, nil
}

// Gate lets pass unless it holds an error.
type Gate struct{ Err error }

// Verdict implements update.Gate.
func (g *Gate) Verdict(context.Context, update.Release, int) error { return g.Err }

// Accept implements update.Gate.
func (g *Gate) Accept(context.Context, update.Release, []byte) error { return g.Err }

// Suite is what every Store promises.
func Suite(t *testing.T, open func(t *testing.T) update.Store) {
	img := func(n byte) update.Image {
		sum := sha256.Sum256([]byte{n})
		return update.Image{SHA256: hex.EncodeToString(sum[:]), SHA512: "512", Length: int64(n)}
	}
	release := func(id string, counter int64) update.Release {
		return update.Release{ID: id, Name: "Cockpit", Version: "1", HardwareID: "cockpit-1", ReleaseCounter: counter, ImageName: id + ".img", Image: img(1), CreatedAt: Start}
	}
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	campaign := func(t *testing.T, s update.Store, id string, cars ...vin.VIN) update.Campaign {
		t.Helper()
		c, err := s.AddCampaign(t.Context(), update.Campaign{ID: id, Name: id, ReleaseID: "rel_1", State: update.Running, CreatedAt: Start, VINs: cars}, "d",
			update.CampaignStarted{CampaignID: id, VINs: cars, At: Start})
		must(t, err)
		return c
	}
	seed := func(t *testing.T) update.Store {
		t.Helper()
		s := open(t)
		must(t, s.AddImage(t.Context(), img(1), Start))
		must(t, s.AddImage(t.Context(), img(1), Start))
		_, err := s.AddRelease(t.Context(), release("rel_1", 1), "d1")
		must(t, err)
		return s
	}

	t.Run("a release is added once", func(t *testing.T) {
		s := seed(t)
		again, err := s.AddRelease(t.Context(), release("rel_1", 1), "d1")
		must(t, err)
		if diff := cmp.Diff(release("rel_1", 1), again); diff != "" {
			t.Error(diff)
		}
		for _, row := range []struct {
			reason string
			r      update.Release
			digest string
			code   string
		}{
			{"same id, other content", release("rel_1", 2), "d2", "idempotency_mismatch"},
			{"the counter only rises", release("rel_2", 1), "d2", "release_counter"},
			{"a name is one image for ever", func() update.Release { r := release("rel_2", 2); r.ImageName = "rel_1.img"; return r }(), "d2", "image_name"},
		} {
			if _, err := s.AddRelease(t.Context(), row.r, row.digest); fault.CodeOf(err) != row.code {
				t.Errorf("%s: %v", row.reason, err)
			}
		}
		all, err := s.Releases(t.Context(), "", 0)
		must(t, err)
		if len(all) != 1 {
			t.Errorf("%d releases", len(all))
		}
		if _, err := s.Release(t.Context(), "rel_9"); fault.KindOf(err) != fault.NotFound {
			t.Error(err)
		}
	})

	t.Run("what a release declares is kept, and what was shipped before it is found", func(t *testing.T) {
		s := seed(t)
		two := release("rel_2", 2)
		two.RXSWIN = []string{"R157:RB1-2026.11", "R155:CS-4"}
		got, err := s.AddRelease(t.Context(), two, "d2")
		must(t, err)
		if diff := cmp.Diff(two, got); diff != "" {
			t.Error(diff)
		}
		other := release("rel_x", 9)
		other.HardwareID, other.RXSWIN = "other-1", []string{"R79:S-1"}
		_, err = s.AddRelease(t.Context(), other, "dx")
		must(t, err)
		_, err = s.AddRelease(t.Context(), release("rel_3", 3), "d3")
		must(t, err)
		declared, err := s.Declared(t.Context(), "cockpit-1")
		must(t, err)
		if diff := cmp.Diff([]string{"R155:CS-4", "R157:RB1-2026.11"}, declared); diff != "" {
			t.Error(diff)
		}
		if _, err := s.Shipped(t.Context(), "cockpit-1", 3); fault.KindOf(err) != fault.NotFound {
			t.Errorf("nothing was sent: %v", err)
		}
		campaign(t, s, "cmp_1", Car(1)) // of rel_1
		for below, want := range map[int64]string{3: "rel_1", 2: "rel_1"} {
			if r, err := s.Shipped(t.Context(), "cockpit-1", below); err != nil || r.ID != want {
				t.Errorf("below %d: %s, %v", below, r.ID, err)
			}
		}
		if _, err := s.Shipped(t.Context(), "cockpit-1", 1); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a release is not before itself: %v", err)
		}
		_, err = s.AddCampaign(t.Context(), update.Campaign{ID: "cmp_2", Name: "2", ReleaseID: "rel_2", State: update.Running, CreatedAt: Start, VINs: []vin.VIN{Car(2)}}, "d", update.CampaignStarted{At: Start})
		must(t, err)
		if r, err := s.Shipped(t.Context(), "cockpit-1", 3); err != nil || cmp.Diff(two, r) != "" {
			t.Errorf("%+v, %v", r, err)
		}
	})

	t.Run("evidence is kept once, the newest first", func(t *testing.T) {
		s := seed(t)
		doc := func(name string, minutes int) update.Evidence {
			sum := sha256.Sum256([]byte(name))
			return update.Evidence{ReleaseID: "rel_1", SHA256: hex.EncodeToString(sum[:]), Length: int64(len(name)), AddedAt: Start.Add(time.Duration(minutes) * time.Minute), Body: []byte(name)}
		}
		must(t, s.AddEvidence(t.Context(), doc("first", 0)))
		must(t, s.AddEvidence(t.Context(), doc("second\x00\xff", 1)))
		must(t, s.AddEvidence(t.Context(), doc("first", 2))) // it was there before
		got, err := s.Evidence(t.Context(), "rel_1")
		must(t, err)
		if diff := cmp.Diff([]update.Evidence{doc("second\x00\xff", 1), doc("first", 0)}, got); diff != "" {
			t.Error(diff)
		}
		if none, err := s.Evidence(t.Context(), "rel_9"); err != nil || len(none) != 0 {
			t.Errorf("%v, %v", none, err)
		}
	})

	t.Run("a campaign counts its cars by state", func(t *testing.T) {
		s := seed(t)
		c := campaign(t, s, "cmp_1", Car(1), Car(2))
		if c.Counts[update.Pending] != 2 || c.Counts.Total() != 2 || len(c.Counts) != len(update.States) {
			t.Fatalf("%+v", c)
		}
		campaign(t, s, "cmp_1", Car(1), Car(2)) // again
		must(t, s.SetCampaignState(t.Context(), "cmp_1", update.Paused))
		all, err := s.CarDeliveries(t.Context(), Car(1))
		must(t, err)
		if len(all) != 1 || !all[0].Paused || all[0].ReleaseID != "rel_1" || all[0].Image != img(1) {
			t.Fatalf("%+v", all)
		}
		page, err := s.Deliveries(t.Context(), "cmp_1", min(Car(1), Car(2)), 10)
		must(t, err)
		if len(page) != 1 {
			t.Fatalf("%+v", page)
		}
		if err := s.SetCampaignState(t.Context(), "cmp_9", update.Paused); fault.KindOf(err) != fault.NotFound {
			t.Error(err)
		}
	})

	t.Run("a car changes whole or not at all", func(t *testing.T) {
		s := seed(t)
		campaign(t, s, "cmp_1", Car(1))
		campaign(t, s, "cmp_2", Car(1))
		change := func(fail error) error {
			return s.ChangeCar(t.Context(), Car(1), func(c update.Car, all []update.Delivery) (*update.Car, []update.Delivery, []update.CarInstalled, error) {
				if len(all) != 2 || all[0].CampaignID != "cmp_1" {
					t.Errorf("deliveries %+v", all)
				}
				c.Counter++
				c.SeenAt, c.Installed = Start, uptane.Installed{Name: "x", Length: 3}
				d := all[1]
				d.State, d.Attack, d.Bytes, d.UpdatedAt = update.Failed, uptane.Rollback, 7, Start
				return &c, []update.Delivery{d}, []update.CarInstalled{{CampaignID: "cmp_2", VIN: Car(1), Bytes: 7, At: Start}}, fail
			})
		}
		if err := change(fault.New(fault.Refused, "no", "no")); fault.CodeOf(err) != "no" {
			t.Fatal(err)
		}
		if c, err := s.Car(t.Context(), Car(1)); err != nil || c.Counter != 0 {
			t.Fatalf("%+v, %v", c, err)
		}
		must(t, change(nil))
		must(t, change(nil)) // the event's key is known by now
		c, err := s.Car(t.Context(), Car(1))
		must(t, err)
		if c.Counter != 2 || c.Installed.Name != "x" || !c.SeenAt.Equal(Start) {
			t.Errorf("%+v", c)
		}
		all, err := s.CarDeliveries(t.Context(), Car(1))
		must(t, err)
		if all[1].State != update.Failed || all[1].Attack != uptane.Rollback || all[0].State != update.Pending {
			t.Errorf("%+v", all)
		}
	})

	t.Run("a published version never changes", func(t *testing.T) {
		s := seed(t)
		doc := func(role string, v int64) update.Document {
			return update.Document{Repo: uptane.Director, VIN: Car(1), Role: role, Version: v, Expires: Start, Body: []byte(role)}
		}
		must(t, s.Publish(t.Context(), []update.Document{doc("targets", 1), doc("snapshot", 1)}))
		must(t, s.Publish(t.Context(), []update.Document{doc("targets", 2)}))
		if err := s.Publish(t.Context(), []update.Document{doc("snapshot", 2), doc("targets", 2)}); fault.KindOf(err) != fault.Conflict {
			t.Fatal(err)
		}
		docs, err := s.Newest(t.Context(), uptane.Director, Car(1))
		must(t, err)
		if len(docs) != 2 || docs["targets"].Version != 2 || docs["snapshot"].Version != 1 {
			t.Fatalf("%+v", docs)
		}
		got, err := s.Document(t.Context(), uptane.Director, Car(1), "targets", 1)
		must(t, err)
		if diff := cmp.Diff(doc("targets", 1), got); diff != "" {
			t.Error(diff)
		}
		if _, err := s.Document(t.Context(), uptane.Director, Car(2), "targets", 1); fault.KindOf(err) != fault.NotFound {
			t.Error(err)
		}
	})
}
