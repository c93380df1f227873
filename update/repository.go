package update

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"roadbook/fault"
	"roadbook/vin"
	"roadbook/wire/uptane"
)

// How long metadata is good. It is signed anew when less than half of its life is left, so that a car which asks never meets
// an expired file; a repository that stands still is noticed when the Timestamp runs out.
const (
	RootLife      = 3 * 365 * 24 * time.Hour
	TargetsLife   = 180 * 24 * time.Hour
	SnapshotLife  = 180 * 24 * time.Hour
	TimestampLife = 14 * 24 * time.Hour

	publishTries = 5 // replicas may publish the same version at once; all but one try again
)

// Document is one version of one signed metadata file. VIN is empty for a Root and for the Image repository.
type Document struct {
	Repo    uptane.Repo
	VIN     vin.VIN
	Role    string
	Version int64
	Expires time.Time
	Body    []byte
}

var versioned = regexp.MustCompile(`^([1-9][0-9]{0,8})\.(root|snapshot|targets)\.json$`)

// File returns a metadata file as the car v asks for it; fault.NotFound when there is no such version. Asking for the Timestamp
// is what makes the Director decide and sign anew what has changed or is about to expire.
func (s *Service) File(ctx context.Context, repo uptane.Repo, v vin.VIN, file string) ([]byte, error) {
	if !slices.Contains(uptane.Repos, repo) {
		return nil, fault.New(fault.NotFound, "repository", "no repository %.40q", repo)
	}
	if file == "timestamp.json" {
		docs, err := s.refresh(ctx, repo, v)
		return docs[metadata.TIMESTAMP].Body, err
	}
	m := versioned.FindStringSubmatch(file)
	if m == nil {
		return nil, fault.New(fault.NotFound, "metadata_file", "no file %.60q", file)
	}
	version, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return nil, fault.New(fault.NotFound, "metadata_file", "no file %.60q", file)
	}
	if m[2] == metadata.ROOT {
		if _, err := s.root(ctx, repo); err != nil {
			return nil, err
		}
	}
	if repo == uptane.ImageRepo || m[2] == metadata.ROOT {
		v = ""
	}
	d, err := s.store.Document(ctx, repo, v, m[2], version)
	return d.Body, err
}

// Roots returns the newest Root of each repository: what a car is provisioned with at build (5.4.1).
func (s *Service) Roots(ctx context.Context) (director, image []byte, err error) {
	d, err := s.root(ctx, uptane.Director)
	if err != nil {
		return nil, nil, err
	}
	i, err := s.root(ctx, uptane.ImageRepo)
	return d.Body, i.Body, err
}

func (s *Service) refresh(ctx context.Context, repo uptane.Repo, v vin.VIN) (map[string]Document, error) {
	if repo == uptane.ImageRepo {
		return s.publishImages(ctx)
	}
	return s.direct(ctx, v)
}

// publishImages brings the Image repository up to the releases that exist.
func (s *Service) publishImages(ctx context.Context) (map[string]Document, error) {
	return s.publish(ctx, uptane.ImageRepo, "", func() (map[string]*metadata.TargetFiles, error) {
		releases, err := s.store.Releases(ctx, "", 0)
		if err != nil {
			return nil, err
		}
		want := map[string]*metadata.TargetFiles{}
		for _, r := range releases {
			f, err := uptane.Entry(r.Image.Length, r.Image.SHA256, r.Image.SHA512, uptane.Custom{MustMatch: r.mustMatch()})
			if err != nil {
				return nil, err
			}
			want[r.ImageName] = f
		}
		return want, nil
	})
}

// direct decides what the car shall run and signs it: the oldest open campaign that is not paused, else what was confirmed last.
// The first answer that names an image makes its delivery offered.
func (s *Service) direct(ctx context.Context, v vin.VIN) (map[string]Document, error) {
	known, err := s.inventory.Vehicle(ctx, v)
	if err != nil {
		return nil, err
	}
	var chosen *Delivery
	docs, err := s.publish(ctx, uptane.Director, v, func() (map[string]*metadata.TargetFiles, error) {
		all, err := s.store.CarDeliveries(ctx, v)
		if err != nil {
			return nil, err
		}
		want := map[string]*metadata.TargetFiles{}
		if chosen = Choose(all); chosen == nil {
			return want, nil
		}
		r, err := s.store.Release(ctx, chosen.ReleaseID)
		if err != nil {
			return nil, err
		}
		want[r.ImageName], err = uptane.Entry(r.Image.Length, r.Image.SHA256, r.Image.SHA512, uptane.Custom{
			ECUs:     map[string]uptane.ECUTarget{known.ECU: {HardwareID: known.HardwareID}},
			Campaign: chosen.CampaignID, MustMatch: r.mustMatch(),
		})
		return want, err
	})
	if err != nil || chosen == nil || chosen.State != Pending {
		return docs, err
	}
	now := s.clock.Now()
	return docs, s.store.ChangeCar(ctx, v, func(_ Car, all []Delivery) (*Car, []Delivery, []CarInstalled, error) {
		for _, d := range all {
			if d.CampaignID == chosen.CampaignID {
				d.State, _ = d.State.To(Offered)
				d.UpdatedAt = now
				return nil, []Delivery{d}, nil, nil
			}
		}
		return nil, nil, nil, nil
	})
}

// Choose picks the delivery that a car shall have now: the oldest open one whose campaign is not paused, else the newest
// confirmed one, so that nothing changes for a car that is done. all is oldest first.
func Choose(all []Delivery) *Delivery {
	var last *Delivery
	for i, d := range all {
		switch {
		case !d.State.Final() && !d.Paused:
			return &all[i]
		case d.State == Confirmed:
			last = &all[i]
		}
	}
	return last
}

// root returns the newest Root, after making the first one, or the next when it is about to expire or a role's key is another.
// A role whose key was stolen is recovered by giving it a new key: cars drop what the old key has signed.
func (s *Service) root(ctx context.Context, repo uptane.Repo) (Document, error) {
	for range publishTries {
		docs, err := s.store.Newest(ctx, repo, "")
		if err != nil {
			return Document{}, err
		}
		next, err := s.nextRoot(ctx, repo, docs[metadata.ROOT])
		if err != nil || next == nil {
			return docs[metadata.ROOT], err
		}
		if err := s.store.Publish(ctx, []Document{*next}); fault.KindOf(err) == fault.Conflict {
			continue
		} else if err != nil {
			return Document{}, err
		}
		return *next, nil
	}
	return Document{}, fault.New(fault.Unavailable, "publish_contention", "root of %s: others publish at the same time", repo)
}

func (s *Service) nextRoot(ctx context.Context, repo uptane.Repo, had Document) (*Document, error) {
	now := s.clock.Now()
	r := metadata.Root(expiry(now, RootLife))
	r.Signed.Version = had.Version + 1
	for _, role := range metadata.TOP_LEVEL_ROLE_NAMES {
		signer, err := s.signer(ctx, repo, role)
		if err != nil {
			return nil, err
		}
		key, err := metadata.KeyFromPublicKey(signer.key.Public())
		if err != nil {
			return nil, err
		}
		if err := r.Signed.AddKey(key, role); err != nil {
			return nil, err
		}
	}
	if had.Body != nil {
		old, err := metadata.Root().FromBytes(had.Body)
		if err != nil {
			return nil, err
		}
		same := true
		for _, role := range metadata.TOP_LEVEL_ROLE_NAMES {
			same = same && slices.Equal(old.Signed.Roles[role].KeyIDs, r.Signed.Roles[role].KeyIDs)
		}
		if same && fresh(had.Expires, now, RootLife) {
			return nil, nil
		}
		if !slices.Equal(old.Signed.Roles[metadata.ROOT].KeyIDs, r.Signed.Roles[metadata.ROOT].KeyIDs) {
			return nil, fault.New(fault.Unavailable, "root_key", "the root key of %s is not the one that cars trust", repo)
		}
	}
	return seal(ctx, s, repo, "", metadata.ROOT, r, r.Signed.Version, r.Signed.Expires)
}

// publish brings Targets, Snapshot and Timestamp of one repository up to date with want and with the time, and returns the
// newest documents. Nothing is signed when nothing has changed.
func (s *Service) publish(ctx context.Context, repo uptane.Repo, v vin.VIN, want func() (map[string]*metadata.TargetFiles, error)) (map[string]Document, error) {
	for range publishTries {
		rootDoc, err := s.root(ctx, repo)
		if err != nil {
			return nil, err
		}
		root, err := metadata.Root().FromBytes(rootDoc.Body)
		if err != nil {
			return nil, err
		}
		docs, err := s.store.Newest(ctx, repo, v)
		if err != nil {
			return nil, err
		}
		files, err := want()
		if err != nil {
			return nil, err
		}
		made, err := s.sign(ctx, repo, v, root.Signed.Roles, docs, files)
		if err != nil || len(made) == 0 {
			return docs, err
		}
		if err := s.store.Publish(ctx, made); fault.KindOf(err) == fault.Conflict {
			continue
		} else if err != nil {
			return nil, err
		}
		for _, d := range made {
			docs[d.Role] = d
		}
		return docs, nil
	}
	return nil, fault.New(fault.Unavailable, "publish_contention", "%s repository of %q: others publish at the same time", repo, v)
}

// sign makes the documents that are missing, changed, about to expire, or signed by a key that the Root no longer names.
func (s *Service) sign(ctx context.Context, repo uptane.Repo, v vin.VIN, roles map[string]*metadata.Role, docs map[string]Document, files map[string]*metadata.TargetFiles) ([]Document, error) {
	now := s.clock.Now()
	var made []Document
	targets, err := keep(docs, metadata.TARGETS, roles, now, TargetsLife, func(m *metadata.Metadata[metadata.TargetsType]) (bool, []metadata.Signature) {
		return sameTargets(m.Signed.Targets, files), m.Signatures
	})
	if err != nil {
		return nil, err
	}
	if targets == nil {
		m := metadata.Targets(expiry(now, TargetsLife))
		m.Signed.Version = docs[metadata.TARGETS].Version + 1
		m.Signed.Targets = files
		if repo == uptane.Director {
			m.Signed.UnrecognizedFields = map[string]any{uptane.VehicleField: string(v)}
		}
		if targets, err = seal(ctx, s, repo, v, metadata.TARGETS, m, m.Signed.Version, m.Signed.Expires); err != nil {
			return nil, err
		}
		made = append(made, *targets)
	}
	snapshot, err := keep(docs, metadata.SNAPSHOT, roles, now, SnapshotLife, func(m *metadata.Metadata[metadata.SnapshotType]) (bool, []metadata.Signature) {
		return m.Signed.Meta["targets.json"].Version == targets.Version, m.Signatures
	})
	if err != nil {
		return nil, err
	}
	if snapshot == nil {
		m := metadata.Snapshot(expiry(now, SnapshotLife))
		m.Signed.Version = docs[metadata.SNAPSHOT].Version + 1
		m.Signed.Meta["targets.json"] = describe(*targets)
		if snapshot, err = seal(ctx, s, repo, v, metadata.SNAPSHOT, m, m.Signed.Version, m.Signed.Expires); err != nil {
			return nil, err
		}
		made = append(made, *snapshot)
	}
	timestamp, err := keep(docs, metadata.TIMESTAMP, roles, now, TimestampLife, func(m *metadata.Metadata[metadata.TimestampType]) (bool, []metadata.Signature) {
		return m.Signed.Meta["snapshot.json"].Version == snapshot.Version, m.Signatures
	})
	if err != nil || timestamp != nil {
		return made, err
	}
	m := metadata.Timestamp(expiry(now, TimestampLife))
	m.Signed.Version = docs[metadata.TIMESTAMP].Version + 1
	m.Signed.Meta["snapshot.json"] = describe(*snapshot)
	if timestamp, err = seal(ctx, s, repo, v, metadata.TIMESTAMP, m, m.Signed.Version, m.Signed.Expires); err != nil {
		return nil, err
	}
	return append(made, *timestamp), nil
}

// keep returns the document of a role when it can stay as it is, else nil.
func keep[T metadata.Roles](docs map[string]Document, role string, roles map[string]*metadata.Role, now time.Time, life time.Duration,
	holds func(*metadata.Metadata[T]) (bool, []metadata.Signature)) (*Document, error) {
	d, ok := docs[role]
	if !ok || !fresh(d.Expires, now, life) {
		return nil, nil
	}
	m := &metadata.Metadata[T]{}
	if _, err := m.FromBytes(d.Body); err != nil {
		return nil, fmt.Errorf("stored %s %d of %s: %w", role, d.Version, d.Repo, err)
	}
	same, signatures := holds(m)
	if !same || len(signatures) != 1 || !slices.Contains(roles[role].KeyIDs, signatures[0].KeyID) {
		return nil, nil
	}
	return &d, nil
}

// expiry is whole seconds: go-tuf writes times so, and what is stored must be what was signed.
func expiry(now time.Time, life time.Duration) time.Time {
	return now.UTC().Add(life).Truncate(time.Second)
}

func fresh(expires, now time.Time, life time.Duration) bool { return expires.Sub(now) > life/2 }

func sameTargets(a, b map[string]*metadata.TargetFiles) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// describe names a document's version, length and hash for the role above it.
func describe(d Document) *metadata.MetaFiles {
	sum := sha256.Sum256(d.Body)
	return &metadata.MetaFiles{Version: d.Version, Length: int64(len(d.Body)), Hashes: metadata.Hashes{"sha256": sum[:]}}
}
