package uptane

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/trustedmetadata"
)

// VehicleField is the member of the Director's Targets that holds the vehicle identifier, so that one car's empty Targets
// cannot be replayed to another (5.2.3.1).
const VehicleField = "vehicleIdentifier"

// Names of members of a snapshot's and a timestamp's "meta".
const (
	snapshotFile = "snapshot.json"
	targetsFile  = "targets.json"
)

// repository verifies the four roles of one repository, in the order in which Walk calls it.
type repository struct {
	name  Repo
	now   time.Time
	fetch Fetch
	had   Trusted // as trusted before this walk, less what a key rotation voided
	got   Trusted // as verified by this walk
	same  bool    // the Snapshot is the one that was trusted before
	tm    *trustedmetadata.TrustedMetadata
}

// keep returns what the car shall trust from now on.
func (r *repository) keep(complete bool) Trusted {
	k := r.had
	if r.got.Root != nil {
		k.Root = r.got.Root
	}
	if complete && r.got.Targets != nil {
		return r.got
	}
	if complete && r.same { // nothing new but a Timestamp
		k.Timestamp = r.got.Timestamp
	}
	return k
}

func (r *repository) verified() *metadata.Metadata[metadata.TargetsType] {
	return r.tm.Targets[metadata.TARGETS]
}

// load fetches one file and holds it against its limit.
func (r *repository) load(ctx context.Context, file string, limit int64) ([]byte, error) {
	raw, err := r.fetch(ctx, r.name, file, limit)
	if err != nil {
		if _, ok := errors.AsType[*Refusal](err); ok || errors.Is(err, ErrMissing) {
			return nil, err
		}
		return nil, refuse(DropRequest, fmt.Errorf("%s: %w", file, err))
	}
	if int64(len(raw)) > limit {
		return nil, refuse(EndlessData, fmt.Errorf("%s is longer than %d bytes", file, limit))
	}
	return raw, nil
}

// must is load for a file that has to be there.
func (r *repository) must(ctx context.Context, file string, limit int64) ([]byte, error) {
	raw, err := r.load(ctx, file, limit)
	if errors.Is(err, ErrMissing) {
		return nil, refuse(DropRequest, fmt.Errorf("%s: %w", file, err))
	}
	return raw, err
}

// root follows the chain of Roots (5.4.4.3): each signed by a threshold of its predecessor's keys and of its own, numbered
// without a gap. Only the last one's expiry matters.
func (r *repository) root(ctx context.Context) error {
	tm, err := trustedmetadata.New(r.had.Root)
	if err != nil {
		return refuse(ArbitrarySoftware, fmt.Errorf("provisioned root: %w", err))
	}
	tm.RefTime = r.now
	r.tm, r.got.Root = tm, r.had.Root
	before := tm.Root.Signed
	for range MaxRootRotations {
		raw, err := r.load(ctx, fmt.Sprintf("%d.root.json", tm.Root.Signed.Version+1), MaxRoot)
		if errors.Is(err, ErrMissing) {
			break
		}
		if err != nil {
			return err
		}
		if _, err := tm.UpdateRoot(raw); err != nil {
			return r.blame(err, Rollback)
		}
		r.got.Root = raw
	}
	if tm.Root.Signed.IsExpired(r.now) {
		return refuse(Freeze, fmt.Errorf("root %d is expired", tm.Root.Signed.Version))
	}
	// A rotated key takes with it what it has signed: this is how a fast-forward attack is recovered from.
	if rotated(before, tm.Root.Signed, metadata.TIMESTAMP) || rotated(before, tm.Root.Signed, metadata.SNAPSHOT) {
		r.had.Timestamp, r.had.Snapshot, r.had.Targets = nil, nil, nil
	}
	if rotated(before, tm.Root.Signed, metadata.TARGETS) {
		r.had.Snapshot, r.had.Targets = nil, nil
	}
	return nil
}

func rotated(before, after metadata.RootType, role string) bool {
	a, b := slices.Clone(before.Roles[role].KeyIDs), slices.Clone(after.Roles[role].KeyIDs)
	slices.Sort(a)
	slices.Sort(b)
	return !slices.Equal(a, b)
}

// timestamp: signatures, version not lower than before, not expired (5.4.4.4).
func (r *repository) timestamp(ctx context.Context) error {
	if r.had.Timestamp != nil {
		// An expired one still guards against rollback; go-tuf loads it and tells of the expiry.
		if _, err := r.tm.UpdateTimestamp(r.had.Timestamp); err != nil && r.tm.Timestamp == nil {
			r.had.Timestamp = nil
		}
	}
	raw, err := r.must(ctx, "timestamp.json", MaxTimestamp)
	if err != nil {
		return err
	}
	r.got.Timestamp = raw
	if _, err := r.tm.UpdateTimestamp(raw); errors.Is(err, &metadata.ErrEqualVersionNumber{}) && r.had.Timestamp != nil {
		r.got.Timestamp = r.had.Timestamp // the same version is the same file
	} else if err != nil {
		return r.blame(err, Rollback)
	}
	if r.tm.Timestamp.Signed.IsExpired(r.now) {
		return refuse(Freeze, fmt.Errorf("timestamp %d is expired", r.tm.Timestamp.Signed.Version))
	}
	meta := r.tm.Timestamp.Signed.Meta[snapshotFile]
	if meta == nil || len(meta.Hashes) == 0 {
		return refuse(ArbitrarySoftware, errors.New("the timestamp does not hold a hash of the snapshot (5.2.5)"))
	}
	return nil
}

// snapshot: hash and version as in the Timestamp, signatures, nothing older, nothing vanished, not expired (5.4.4.5).
func (r *repository) snapshot(ctx context.Context) error {
	want := r.tm.Timestamp.Signed.Meta[snapshotFile]
	if r.had.Snapshot != nil {
		had, err := r.tm.UpdateSnapshot(r.had.Snapshot, true)
		switch {
		case err == nil && had.Signed.Version == want.Version && want.VerifyLengthHashes(r.had.Snapshot) == nil:
			r.same, r.got.Snapshot = true, r.had.Snapshot
			return nil
		case r.tm.Snapshot == nil: // no longer signed by the role's keys
			r.had.Snapshot = nil
		}
	}
	raw, err := r.must(ctx, fmt.Sprintf("%d.%s", want.Version, snapshotFile), MaxSnapshot)
	if err != nil {
		return err
	}
	before := r.tm.Snapshot
	if _, err := r.tm.UpdateSnapshot(raw, false); err != nil {
		if r.tm.Snapshot != before { // it was taken, but is not the one that the Timestamp names
			return r.blame(err, MixAndMatch)
		}
		return r.blame(err, Rollback)
	}
	if r.tm.Snapshot.Signed.Meta[targetsFile] == nil {
		return refuse(MixAndMatch, errors.New("the snapshot does not list targets.json"))
	}
	r.got.Snapshot = raw
	return nil
}

// targets: version as in the Snapshot, signatures, version not lower than before, not expired (5.4.4.6).
func (r *repository) targets(ctx context.Context) error {
	want := r.tm.Snapshot.Signed.Meta[targetsFile]
	raw := r.had.Targets
	if !r.same || raw == nil {
		var err error
		if raw, err = r.must(ctx, fmt.Sprintf("%d.%s", want.Version, targetsFile), MaxTargets); err != nil {
			return err
		}
		if r.had.Targets != nil {
			had, err := metadata.Targets().FromBytes(r.had.Targets)
			if err == nil && want.Version < had.Signed.Version {
				return refuse(Rollback, fmt.Errorf("targets version %d is lower than %d, which was trusted before", want.Version, had.Signed.Version))
			}
		}
	}
	if _, err := r.tm.UpdateTargets(raw); err != nil {
		return r.blame(err, MixAndMatch)
	}
	r.got.Targets = raw
	return nil
}

// blame turns go-tuf's answer into the attack that it shows; version is what a wrong version number means at this step.
func (r *repository) blame(err error, version Attack) error {
	switch {
	case errors.Is(err, &metadata.ErrExpiredMetadata{}):
		return refuse(Freeze, err)
	case errors.Is(err, &metadata.ErrLengthOrHashMismatch{}):
		return refuse(MixAndMatch, err)
	case errors.Is(err, &metadata.ErrBadVersionNumber{}):
		return refuse(version, err)
	case errors.Is(err, &metadata.ErrUnsignedMetadata{}):
		return refuse(ArbitrarySoftware, err)
	case errors.Is(err, &metadata.ErrRepository{}): // a listed file has vanished
		return refuse(MixAndMatch, err)
	}
	return refuse(ArbitrarySoftware, err)
}
