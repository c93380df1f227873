package update

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"time"

	"roadbook/fault"
	"roadbook/vin"
	"roadbook/wire/uptane"
)

// Store keeps what the package owns. Each method is one transaction.
type Store interface {
	// AddImage is a no-op for an image that is there.
	AddImage(ctx context.Context, img Image, at time.Time) error
	Image(ctx context.Context, sha256 string) (Image, error)
	Images(ctx context.Context, after string, limit int) ([]Image, error)

	// AddRelease returns the stored release when the same id was added with the same digest, fault.Conflict
	// "idempotency_mismatch" when with another, and fault.Refused "release_counter" or "image_name" when the counter is not
	// higher than every other of its hardware, or the name is taken.
	AddRelease(ctx context.Context, r Release, digest string) (Release, error)
	Release(ctx context.Context, id string) (Release, error)
	Releases(ctx context.Context, after string, limit int) ([]Release, error) // by id; limit 0 is all

	// Declared lists the identifications that any release for the hardware has declared.
	Declared(ctx context.Context, hardwareID string) ([]string, error)
	// Shipped returns the release with the highest counter below the given one that a campaign was started for; fault.NotFound
	// when there is none.
	Shipped(ctx context.Context, hardwareID string, below int64) (Release, error)

	// AddEvidence is a no-op for a document that the release has.
	AddEvidence(ctx context.Context, e Evidence) error
	// Evidence lists a release's documents with their bytes, the newest first.
	Evidence(ctx context.Context, releaseID string) ([]Evidence, error)

	// AddCampaign writes the campaign, a pending delivery per VIN and the event.
	AddCampaign(ctx context.Context, c Campaign, digest string, e CampaignStarted) (Campaign, error)
	Campaign(ctx context.Context, id string) (Campaign, error)
	Campaigns(ctx context.Context, after string, limit int) ([]Campaign, error)
	SetCampaignState(ctx context.Context, id string, s CampaignState) error
	Deliveries(ctx context.Context, campaignID string, after vin.VIN, limit int) ([]Delivery, error)

	// CarDeliveries lists a car's deliveries, oldest campaign first.
	CarDeliveries(ctx context.Context, v vin.VIN) ([]Delivery, error)
	Car(ctx context.Context, v vin.VIN) (Car, error) // the zero Counter: never heard of
	// ChangeCar gives fn the car and its deliveries and writes what fn returns: the car when it is not nil, the changed
	// deliveries, and the events. fn is pure and may run more than once.
	ChangeCar(ctx context.Context, v vin.VIN, fn func(Car, []Delivery) (*Car, []Delivery, []CarInstalled, error)) error

	// Newest returns the newest document of each role; for the Director's Root the vin is empty.
	Newest(ctx context.Context, repo uptane.Repo, v vin.VIN) (map[string]Document, error)
	Document(ctx context.Context, repo uptane.Repo, v vin.VIN, role string, version int64) (Document, error)
	// Publish writes all documents or none: fault.Conflict "version_taken" when one is there already.
	Publish(ctx context.Context, docs []Document) error
}

// Blobs keeps the bytes of images by their SHA-256.
type Blobs interface {
	Add(ctx context.Context, r io.Reader, limit int64) (sha256hex string, size int64, err error)
	Open(ctx context.Context, sha256hex string) (io.ReadSeekCloser, int64, error)
}

// Keys gives the Ed25519 signing key of a role ("root", "targets", "snapshot", "timestamp") of a repository.
type Keys interface {
	Signer(ctx context.Context, repo uptane.Repo, role string) (crypto.Signer, error)
}

// Vehicle is what the Director must know of a car (5.3.2.2). Key is nil until the car is enrolled.
type Vehicle struct {
	ECU        string
	HardwareID string
	Key        crypto.PublicKey
}

// Inventory knows every car; one that it does not know is fault.NotFound.
type Inventory interface {
	Vehicle(ctx context.Context, v vin.VIN) (Vehicle, error)
}

// Gate is asked before a campaign starts; an error stops it. It also reads the evidence that is handed in: what it does not
// accept is not kept.
type Gate interface {
	Verdict(ctx context.Context, r Release, cars int) error
	Accept(ctx context.Context, r Release, evidence []byte) error
}

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Service is the maker's side of software updates.
type Service struct {
	store     Store
	blobs     Blobs
	keys      Keys
	inventory Inventory
	gate      Gate
	clock     Clock
}

// New joins the service to what it asks.
func New(store Store, blobs Blobs, keys Keys, inventory Inventory, gate Gate, clock Clock) *Service {
	return &Service{store, blobs, keys, inventory, gate, clock}
}

// Upload receives an image. The same bytes again are the same image.
func (s *Service) Upload(ctx context.Context, r io.Reader) (Image, error) {
	h := sha512.New()
	key, size, err := s.blobs.Add(ctx, io.TeeReader(r, h), MaxImage)
	if err != nil {
		return Image{}, err
	}
	if size == 0 {
		return Image{}, fault.New(fault.Invalid, "image_empty", "the image has no bytes")
	}
	img := Image{SHA256: key, SHA512: hex.EncodeToString(h.Sum(nil)), Length: size}
	return img, s.store.AddImage(ctx, img, s.clock.Now())
}

// Release makes an uploaded image public and signs it into the Image repository.
func (s *Service) Release(ctx context.Context, req ReleaseRequest) (Release, error) {
	if req.ImageName == "" {
		req.ImageName = req.ID + ".img"
	}
	if err := req.check(); err != nil {
		return Release{}, err
	}
	img, err := s.store.Image(ctx, req.ImageSHA256)
	if err != nil {
		return Release{}, blameField(err, "/image_sha256")
	}
	if err := s.declares(ctx, req); err != nil {
		return Release{}, err
	}
	r, err := s.store.AddRelease(ctx, Release{
		RXSWIN: req.RXSWIN,
		ID:     req.ID, Name: req.Name, Version: req.Version, HardwareID: req.HardwareID, ReleaseCounter: req.ReleaseCounter,
		ImageName: req.ImageName, Image: img, CreatedAt: s.clock.Now(),
	}, digest(req))
	if err != nil {
		return Release{}, err
	}
	// Repeating the request after a crash in between publishes what the first one did not.
	_, err = s.publishImages(ctx)
	return r, err
}

// declares refuses a release that does not say which software of a regulation it carries when others for its hardware did.
func (s *Service) declares(ctx context.Context, req ReleaseRequest) error {
	switch _, err := s.store.Release(ctx, req.ID); {
	case err == nil: // the same again, from before
		return nil
	case fault.KindOf(err) != fault.NotFound:
		return err
	}
	declared, err := s.store.Declared(ctx, req.HardwareID)
	if err != nil {
		return err
	}
	for _, was := range declared {
		if !slices.ContainsFunc(req.RXSWIN, func(s string) bool { return regulation(s) == regulation(was) }) {
			return fault.New(fault.Refused, "rxswin_missing", "releases for %s declare software of %s (%s); this one must say which it carries", req.HardwareID, regulation(was), was).At("/rxswin")
		}
	}
	return nil
}

// AddEvidence keeps a document that speaks for a release, when the Gate accepts it. The same document again is a no-op.
func (s *Service) AddEvidence(ctx context.Context, releaseID string, body []byte) (Evidence, error) {
	if len(body) == 0 || len(body) > MaxEvidence {
		return Evidence{}, fault.New(fault.Invalid, "evidence_size", "evidence has 1 to %d bytes, got %d", MaxEvidence, len(body))
	}
	r, err := s.store.Release(ctx, releaseID)
	if err != nil {
		return Evidence{}, err
	}
	if err := s.gate.Accept(ctx, r, body); err != nil {
		return Evidence{}, err
	}
	sum := sha256.Sum256(body)
	e := Evidence{ReleaseID: r.ID, SHA256: hex.EncodeToString(sum[:]), Length: int64(len(body)), AddedAt: s.clock.Now(), Body: body}
	if err := s.store.AddEvidence(ctx, e); err != nil {
		return Evidence{}, err
	}
	all, err := s.store.Evidence(ctx, r.ID) // when it was there before, then since when
	if err != nil {
		return Evidence{}, err
	}
	i := slices.IndexFunc(all, func(x Evidence) bool { return x.SHA256 == e.SHA256 })
	if i < 0 {
		return Evidence{}, fmt.Errorf("evidence %s of release %s was written and is not there", e.SHA256, r.ID)
	}
	return all[i], nil
}

// Evidence lists a release's documents with their bytes, the newest first.
func (s *Service) Evidence(ctx context.Context, releaseID string) ([]Evidence, error) {
	if _, err := s.store.Release(ctx, releaseID); err != nil {
		return nil, err
	}
	return s.store.Evidence(ctx, releaseID)
}

// Start begins a campaign: every car must be known and have the release's hardware, and the Gate must agree.
func (s *Service) Start(ctx context.Context, req CampaignRequest) (Campaign, error) {
	if req.Name == "" || len(req.Name) > MaxName {
		return Campaign{}, fault.New(fault.Invalid, "text_length", "expected 1 to %d bytes, got %d", MaxName, len(req.Name)).At("/name")
	}
	if len(req.VINs) == 0 || len(req.VINs) > MaxCampaign {
		return Campaign{}, fault.New(fault.Invalid, "campaign_size", "a campaign has 1 to %d cars, got %d", MaxCampaign, len(req.VINs)).At("/vins")
	}
	r, err := s.store.Release(ctx, req.ReleaseID)
	if err != nil {
		return Campaign{}, blameField(err, "/release_id")
	}
	seen := map[vin.VIN]bool{}
	for i, v := range req.VINs {
		at := fmt.Sprintf("/vins/%d", i)
		if seen[v] {
			return Campaign{}, fault.New(fault.Invalid, "vin_twice", "%s is listed twice", v).At(at)
		}
		seen[v] = true
		car, err := s.inventory.Vehicle(ctx, v)
		if err != nil {
			return Campaign{}, blameField(err, at)
		}
		if car.HardwareID != r.HardwareID {
			return Campaign{}, fault.New(fault.Refused, "hardware_mismatch", "%s has hardware %s, release %s is for %s", v, car.HardwareID, r.ID, r.HardwareID).At(at)
		}
	}
	if err := s.gate.Verdict(ctx, r, len(req.VINs)); err != nil {
		return Campaign{}, err
	}
	now := s.clock.Now()
	c := Campaign{ID: req.ID, Name: req.Name, ReleaseID: r.ID, State: Running, CreatedAt: now, VINs: slices.Sorted(slices.Values(req.VINs))}
	c, err = s.store.AddCampaign(ctx, c, digest(req), CampaignStarted{CampaignID: c.ID, ReleaseID: r.ID, VINs: c.VINs, At: now})
	return derive(c), err
}

// Pause keeps cars that have not started from starting; Resume lets them.
func (s *Service) Pause(ctx context.Context, id string) (Campaign, error) {
	return s.set(ctx, id, Paused)
}

// Resume undoes Pause.
func (s *Service) Resume(ctx context.Context, id string) (Campaign, error) {
	return s.set(ctx, id, Running)
}

func (s *Service) set(ctx context.Context, id string, to CampaignState) (Campaign, error) {
	if err := s.store.SetCampaignState(ctx, id, to); err != nil {
		return Campaign{}, err
	}
	return s.Campaign(ctx, id)
}

// Campaign returns one campaign with its counts.
func (s *Service) Campaign(ctx context.Context, id string) (Campaign, error) {
	c, err := s.store.Campaign(ctx, id)
	return derive(c), err
}

// Campaigns lists campaigns by id, after the given one.
func (s *Service) Campaigns(ctx context.Context, after string, limit int) ([]Campaign, error) {
	cs, err := s.store.Campaigns(ctx, after, page(limit))
	for i := range cs {
		cs[i] = derive(cs[i])
	}
	return cs, err
}

// Deliveries lists a campaign's cars by VIN, after the given one.
func (s *Service) Deliveries(ctx context.Context, campaignID string, after vin.VIN, limit int) ([]Delivery, error) {
	return s.store.Deliveries(ctx, campaignID, after, page(limit))
}

// CarDeliveries lists what was ever sent to a car, oldest first.
func (s *Service) CarDeliveries(ctx context.Context, v vin.VIN) ([]Delivery, error) {
	return s.store.CarDeliveries(ctx, v)
}

// Car returns what a car last reported.
func (s *Service) Car(ctx context.Context, v vin.VIN) (Car, error) { return s.store.Car(ctx, v) }

// Releases lists releases by id, after the given one.
func (s *Service) Releases(ctx context.Context, after string, limit int) ([]Release, error) {
	return s.store.Releases(ctx, after, page(limit))
}

// ReleaseByID returns one release.
func (s *Service) ReleaseByID(ctx context.Context, id string) (Release, error) {
	return s.store.Release(ctx, id)
}

// Images lists images by hash, after the given one.
func (s *Service) Images(ctx context.Context, after string, limit int) ([]Image, error) {
	return s.store.Images(ctx, after, page(limit))
}

// OpenImage opens an image's bytes by the path under which cars ask for it, HASH.FILENAME.
func (s *Service) OpenImage(ctx context.Context, path string) (io.ReadSeekCloser, int64, error) {
	if len(path) < 65 || path[64] != '.' || !uptane.ImageName.MatchString(path[65:]) {
		return nil, 0, fault.New(fault.NotFound, "image_name", "expected HASH.FILENAME")
	}
	return s.blobs.Open(ctx, path[:64])
}

// derive tells a campaign without an open delivery as done.
func derive(c Campaign) Campaign {
	if c.Counts != nil && c.Counts.Total() > 0 && c.Counts.Open() == 0 {
		c.State = Done
	}
	return c
}

// page allows one row more than a page, which is how a list sees that there is a next one.
func page(limit int) int {
	if limit < 1 || limit > MaxPage+1 {
		return MaxPage
	}
	return limit
}

// blameField points a refusal of the domain at the field of the request.
func blameField(err error, pointer string) error {
	if f, ok := err.(*fault.Error); ok {
		return f.At(pointer)
	}
	return err
}
