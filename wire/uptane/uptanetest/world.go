// Package uptanetest is a maker's side in memory that can lie: a Director and an Image repository with keys of their own, images,
// and an ear for reports. What a car must refuse is the list Lies.
package uptanetest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"roadbook/wire/uptane"
)

// The one car of the world.
const (
	VIN      = "LRB1EV0X8TA000017"
	ECU      = "LRB1EV0X8TA000017-cockpit"
	Hardware = "cockpit-1"
)

// Life is how long all but the Roots is good.
const Life = 10 * 24 * time.Hour

// Repo is one repository. Tests change its fields to lie.
type Repo struct {
	Name    uptane.Repo
	Keys    map[string]ed25519.PrivateKey // role → key
	Files   map[string][]byte             // what is served
	Version map[string]int64              // newest version of each role
	VIN     string                        // in the Director's Targets
	Targets map[string]*metadata.TargetFiles
	Change  func(*metadata.Metadata[metadata.TargetsType]) // before the Targets are signed
}

// World is both repositories and the images.
type World struct {
	Director, Image *Repo
	Roots           uptane.State // what a car is built with

	mu       sync.Mutex
	now      time.Time
	honest   map[*Repo]map[string]int64
	images   map[string][]byte // path → content
	Requests []string          // "GET path range"
	Reports  []uptane.Report
	Progress []uptane.Progress
	Key      ed25519.PrivateKey // the car's
	Serve    func(w http.ResponseWriter, r *http.Request, content []byte) bool
}

// New returns an honest world at a fixed time.
func New() *World {
	w := &World{now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), images: map[string][]byte{}, Key: key("car")}
	w.Director, w.Image = newRepo(uptane.Director), newRepo(uptane.ImageRepo)
	w.Director.VIN = VIN
	for _, r := range []*Repo{w.Director, w.Image} {
		r.PublishRoot(w.now)
		r.Publish(w.now)
	}
	w.Roots = uptane.State{Director: uptane.Trusted{Root: w.Director.Files["1.root.json"]}, Image: uptane.Trusted{Root: w.Image.Files["1.root.json"]}}
	return w
}

func newRepo(name uptane.Repo) *Repo {
	r := &Repo{Name: name, Keys: map[string]ed25519.PrivateKey{}, Files: map[string][]byte{}, Version: map[string]int64{}, Targets: map[string]*metadata.TargetFiles{}}
	for _, role := range metadata.TOP_LEVEL_ROLE_NAMES {
		r.Keys[role] = key(string(name) + role)
	}
	return r
}

func key(seed string) ed25519.PrivateKey {
	sum := sha256.Sum256([]byte(seed))
	return ed25519.NewKeyFromSeed(sum[:])
}

// Now is the world's time: it only moves when a test moves it.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Pass lets time pass.
func (w *World) Pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Content is the bytes of the n-th release.
func Content(n int64) []byte { return bytes.Repeat([]byte{byte(n), byte(n >> 8), 7}, 50_000) }

// Name is the file name of the n-th release's image.
func Name(n int64) string { return fmt.Sprintf("cockpit-%d.img", n) }

// Entry describes content as release n for this car's ECU and hardware; the Image repository leaves the ECU out.
func Entry(n int64, content []byte, ecu, hardware string) *metadata.TargetFiles {
	a, b := sha256.Sum256(content), sha512.Sum512(content)
	c := uptane.Custom{MustMatch: uptane.MustMatch{
		HardwareID: hardware, ReleaseCounter: n,
		Release: uptane.Release{ID: fmt.Sprintf("rel_%d", n), Name: "Cockpit", Version: fmt.Sprintf("%d.0", n)},
	}}
	if ecu != "" {
		c.ECUs = map[string]uptane.ECUTarget{ecu: {HardwareID: hardware}}
		c.Campaign = fmt.Sprintf("cmp_%d", n)
	}
	f, err := uptane.Entry(int64(len(content)), hex.EncodeToString(a[:]), hex.EncodeToString(b[:]), c)
	if err != nil {
		panic(err)
	}
	return f
}

// Offer honestly releases n and directs the car to it.
func (w *World) Offer(n int64) {
	w.AddImage(n, Content(n))
	w.Image.Targets[Name(n)] = Entry(n, Content(n), "", Hardware)
	w.Director.Targets = map[string]*metadata.TargetFiles{Name(n): Entry(n, Content(n), ECU, Hardware)}
	w.Image.Publish(w.Now())
	w.Director.Publish(w.Now())
	w.honest = map[*Repo]map[string]int64{w.Director: maps.Clone(w.Director.Version), w.Image: maps.Clone(w.Image.Version)}
}

// AddImage serves content as the image of release n.
func (w *World) AddImage(n int64, content []byte) {
	a := sha256.Sum256(content)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.images[hex.EncodeToString(a[:])+"."+Name(n)] = content
}

// Mend ends all lies and honestly offers n.
func (w *World) Mend(n int64) {
	for _, r := range []*Repo{w.Director, w.Image} {
		fresh := newRepo(r.Name)
		r.Keys, r.Change = fresh.Keys, nil
		for role, v := range w.honest[r] { // the lie may have used higher numbers
			r.Version[role] = max(v, r.Version[role]) + 10
		}
		r.Version[metadata.ROOT] = 1
		delete(r.Files, "2.root.json")
	}
	w.mu.Lock()
	w.Serve = nil
	w.mu.Unlock()
	w.Director.VIN = VIN
	w.Offer(n)
}

// Fetch is an uptane.Fetch.
func (w *World) Fetch(_ context.Context, repo uptane.Repo, file string, limit int64) ([]byte, error) {
	r := w.Director
	if repo == uptane.ImageRepo {
		r = w.Image
	}
	b, ok := r.Files[file]
	if !ok {
		return nil, uptane.ErrMissing
	}
	return b[:min(int64(len(b)), limit+1)], nil
}

// PublishRoot signs the next Root over the keys that the repository has, by the root key.
func (r *Repo) PublishRoot(now time.Time) {
	m := metadata.Root(now.Add(1000 * 24 * time.Hour).Truncate(time.Second))
	r.Version[metadata.ROOT]++
	m.Signed.Version = r.Version[metadata.ROOT]
	for role, k := range r.Keys {
		pub, err := metadata.KeyFromPublicKey(k.Public())
		if err == nil {
			err = m.Signed.AddKey(pub, role)
		}
		if err != nil {
			panic(err)
		}
	}
	r.Files[fmt.Sprintf("%d.root.json", m.Signed.Version)] = Sign(m, r.Keys[metadata.ROOT])
}

// Publish signs the next version of Targets, Snapshot and Timestamp.
func (r *Repo) Publish(now time.Time) {
	expires := now.Add(Life).Truncate(time.Second)
	for _, role := range []string{metadata.TARGETS, metadata.SNAPSHOT, metadata.TIMESTAMP} {
		r.Version[role]++
	}
	t := metadata.Targets(expires)
	t.Signed.Version, t.Signed.Targets = r.Version[metadata.TARGETS], r.Targets
	if r.VIN != "" {
		t.Signed.UnrecognizedFields = map[string]any{uptane.VehicleField: r.VIN}
	}
	if r.Change != nil {
		r.Change(t)
	}
	targets := Sign(t, r.Keys[metadata.TARGETS])
	r.Files[fmt.Sprintf("%d.targets.json", t.Signed.Version)] = targets

	s := metadata.Snapshot(expires)
	s.Signed.Version = r.Version[metadata.SNAPSHOT]
	s.Signed.Meta["targets.json"] = describe(t.Signed.Version, targets)
	snapshot := Sign(s, r.Keys[metadata.SNAPSHOT])
	r.Files[fmt.Sprintf("%d.snapshot.json", s.Signed.Version)] = snapshot

	ts := metadata.Timestamp(expires)
	ts.Signed.Version = r.Version[metadata.TIMESTAMP]
	ts.Signed.Meta["snapshot.json"] = describe(s.Signed.Version, snapshot)
	r.Files["timestamp.json"] = Sign(ts, r.Keys[metadata.TIMESTAMP])
}

func describe(version int64, b []byte) *metadata.MetaFiles {
	sum := sha256.Sum256(b)
	return &metadata.MetaFiles{Version: version, Length: int64(len(b)), Hashes: metadata.Hashes{"sha256": sum[:]}}
}

// Sign signs and encodes metadata.
func Sign[T metadata.Roles](m *metadata.Metadata[T], k ed25519.PrivateKey) []byte {
	signer, err := signature.LoadED25519Signer(k)
	if err != nil {
		panic(err)
	}
	m.Signatures = nil
	if _, err := m.Sign(signer); err != nil {
		panic(err)
	}
	b, err := m.ToBytes(false)
	if err != nil {
		panic(err)
	}
	return b
}

// ServeHTTP is the maker's side as a car sees it.
func (w *World) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	path := strings.TrimPrefix(req.URL.Path, "/car/v1/")
	w.mu.Lock()
	w.Requests = append(w.Requests, strings.TrimSpace(req.Method+" "+path+" "+req.Header.Get("Range")))
	serve, content := w.Serve, w.images[strings.TrimPrefix(path, "images/")]
	w.mu.Unlock()
	repo, file, isRepo := strings.Cut(strings.TrimPrefix(path, "repo/"), "/")
	switch {
	case strings.HasPrefix(path, "repo/") && isRepo:
		b, err := w.Fetch(req.Context(), uptane.Repo(repo), file, 64<<20)
		if err != nil {
			http.NotFound(rw, req)
			return
		}
		_, _ = rw.Write(b)
	case strings.HasPrefix(path, "images/"):
		if serve != nil && serve(rw, req, content) {
			return
		}
		if content == nil {
			http.NotFound(rw, req)
			return
		}
		http.ServeContent(rw, req, "", time.Time{}, bytes.NewReader(content))
	case path == "manifest" && req.Method == http.MethodPut:
		if err := w.hear(req.Body); err != nil {
			http.Error(rw, err.Error(), http.StatusForbidden)
			return
		}
		rw.WriteHeader(http.StatusNoContent)
	default:
		http.NotFound(rw, req)
	}
}

func (w *World) hear(body io.Reader) error {
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	signed, err := uptane.ParseSigned(raw)
	if err != nil {
		return err
	}
	m, reports, err := uptane.Open(signed, w.Key.Public())
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	r := reports[ECU]
	if n := len(w.Reports); n > 0 && r.Counter <= w.Reports[n-1].Counter {
		return fmt.Errorf("report %d after %d", r.Counter, w.Reports[n-1].Counter)
	}
	w.Reports = append(w.Reports, r)
	if m.Progress != nil {
		w.Progress = append(w.Progress, *m.Progress)
	}
	return nil
}

// LastReport returns the newest report heard.
func (w *World) LastReport() uptane.Report {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.Reports) == 0 {
		return uptane.Report{}
	}
	return w.Reports[len(w.Reports)-1]
}

// Asked returns the requests since the last call.
func (w *World) Asked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := w.Requests
	w.Requests = nil
	return asked
}

// SetServe replaces the serving of images; it answers false to leave a request to the honest one.
func (w *World) SetServe(f func(w http.ResponseWriter, r *http.Request, content []byte) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Serve = f
}

// Raw encodes v, for files that no library would make.
func Raw(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
