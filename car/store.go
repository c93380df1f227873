package car

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"roadbook/car/flash"
	"roadbook/fault"
	"roadbook/wire/apppkg"
)

// App is a version of a partner's app that the maker lets this car have.
type App struct {
	ID       string `json:"app"`
	Name     string `json:"name"`
	Version  string `json:"version"`
	Partner  string `json:"partner"`
	Category string `json:"category"`
	Size     int64  `json:"size"`

	Signals []string `json:"signals"` // what it may read; null: the maker's side does not say
}

// Installed is an app in the car. Its files are in Folder below the store's folder.
type Installed struct {
	App
	Package string `json:"package"` // SHA-256 of the package as it came
}

// Folder is where the app's files are, below the store's folder.
func (i Installed) Folder() string { return filepath.Join(i.ID, i.Package) }

// installedFile says which package of an app is installed. It is replaced atomically: this is the installing.
const installedFile = "installed.json"

// Store brings partners' apps into the car: DIR/<app>/<SHA-256 of the package>/ holds an app's files, whole or not named by
// DIR/<app>/installed.json. It is safe for concurrent use.
type Store struct {
	dir   string
	key   ed25519.PublicKey // the maker's store; empty: nothing can be installed
	agent *Agent

	work sync.Mutex // one installation at a time
	mu   sync.RWMutex
	apps map[string]Installed
}

// openStore reads what is installed and removes what an interrupted installation left.
func openStore(a *Agent) (*Store, error) {
	s := &Store{dir: filepath.Join(a.cfg.Dir, "apps"), key: a.cfg.Provisioning.StoreKey, agent: a, apps: map[string]Installed{}}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, fmt.Errorf("apps: %w", err)
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("apps: %w", err)
	}
	for _, e := range entries {
		in, ok := s.read(e.Name())
		if ok {
			s.apps[in.ID] = in
			err = s.tidy(in)
		} else {
			err = os.RemoveAll(filepath.Join(s.dir, e.Name()))
		}
		if err != nil {
			return nil, fmt.Errorf("apps: %w", err)
		}
	}
	return s, nil
}

// read returns the app that a folder holds, unless its installation never ended.
func (s *Store) read(id string) (Installed, bool) {
	b, err := os.ReadFile(filepath.Join(s.dir, id, installedFile))
	if err != nil {
		return Installed{}, false
	}
	var in Installed
	if json.Unmarshal(b, &in) != nil || in.ID != id || !filepath.IsLocal(in.Folder()) || in.Package == "" {
		return Installed{}, false
	}
	info, err := os.Stat(filepath.Join(s.dir, in.Folder()))
	return in, err == nil && info.IsDir()
}

// tidy removes all of an app's folder but what is installed.
func (s *Store) tidy(in Installed) error {
	entries, err := os.ReadDir(filepath.Join(s.dir, in.ID))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != installedFile && e.Name() != in.Package {
			err = errors.Join(err, os.RemoveAll(filepath.Join(s.dir, in.ID, e.Name())))
		}
	}
	return err
}

// Installed lists the apps in the car by id.
func (s *Store) Installed() []Installed {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.SortedFunc(maps.Values(s.apps), func(a, b Installed) int { return strings.Compare(a.ID, b.ID) })
}

// Install brings the newest approved version of an app into the car. The one that is installed is no change; after a crash
// there is the old version or the new one.
func (s *Store) Install(ctx context.Context, id string) (Installed, error) {
	if len(s.key) == 0 {
		return Installed{}, fault.New(fault.Refused, "store_key", "this car was built without the store's key and can install no apps")
	}
	s.work.Lock()
	defer s.work.Unlock()
	f, err := os.CreateTemp(s.dir, ".fetch-*")
	if err != nil {
		return Installed{}, fmt.Errorf("apps: %w", err)
	}
	defer func() { _, _ = f.Close(), os.Remove(f.Name()) }() // what stays is removed at the next start
	sum, size, err := s.fetch(ctx, id, f)
	if err != nil {
		return Installed{}, err
	}
	p, in, err := s.check(id, f, size)
	if err != nil {
		return Installed{}, err
	}
	in.Package = sum
	s.mu.RLock()
	had, ok := s.apps[id]
	s.mu.RUnlock()
	switch {
	case ok && had.Package == sum:
		return had, nil
	case ok && compareVersions(in.Version, had.Version) < 0:
		return Installed{}, refusedPackage("version %s is older than %s, which is installed", in.Version, had.Version)
	}
	if err := s.unpack(p, in); err != nil {
		return Installed{}, fmt.Errorf("apps: install %s: %w", id, err)
	}
	s.mu.Lock()
	s.apps[id] = in
	s.mu.Unlock()
	if err := s.tidy(in); err != nil { // it is installed; the rest goes at the next start
		s.agent.log.Warn("old app stays on disk", "app", id, "err", err)
	}
	s.agent.log.Info("installed", "app", id, "version", in.Version, "partner", in.Partner)
	return in, nil
}

func refusedPackage(format string, args ...any) error {
	return fault.New(fault.Refused, "package_refused", "the package was not installed: "+format, args...)
}

// fetch downloads the package of an app.
func (s *Store) fetch(ctx context.Context, id string, to io.Writer) (sum string, size int64, err error) {
	where := s.agent.cfg.Provisioning.Gateway + "/car/v1/apps/" + url.PathEscape(id) + "/package"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
	if err != nil {
		return "", 0, err
	}
	resp, err := s.agent.http.Do(req)
	if err != nil {
		return "", 0, fault.New(fault.Unavailable, "unreachable", "the maker's side does not answer: %v", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", 0, fault.New(kindOf(resp.StatusCode), "package", "the maker's side does not give the package of %.80q: %s", id, resp.Status)
	}
	h := sha256.New()
	size, err = io.Copy(io.MultiWriter(to, h), io.LimitReader(resp.Body, apppkg.MaxPackage+1))
	if err != nil {
		return "", 0, fault.New(fault.Unavailable, "unreachable", "the download broke off: %v", err)
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}

// check believes a package only when the store has signed it for this very app, and this car can run it.
func (s *Store) check(id string, r io.ReaderAt, size int64) (*apppkg.Package, Installed, error) {
	p, err := apppkg.Open(r, size)
	if err != nil {
		return nil, Installed{}, refusedPackage("%v", err)
	}
	verdict, err := p.VerifyStore(s.key)
	if err != nil {
		return nil, Installed{}, refusedPackage("%v", err)
	}
	m := p.Manifest
	if m.ID != id {
		return nil, Installed{}, refusedPackage("it holds %q, expected %.80q", m.ID, id)
	}
	if has := s.agent.updater.Current().Release.Version; m.MinAgent != "" && compareVersions(m.MinAgent, has) > 0 {
		return nil, Installed{}, refusedPackage("it needs software %s, this car has %s", m.MinAgent, has)
	}
	in := Installed{App: App{ID: id, Name: m.Name, Version: m.Version, Partner: verdict.Partner, Category: m.Category, Size: size, Signals: []string{}}}
	for _, sig := range m.Signals {
		in.Signals = append(in.Signals, sig.Path)
	}
	return p, in, nil
}

// unpack writes the app's files beside those of another version and then names them.
func (s *Store) unpack(p *apppkg.Package, in Installed) error {
	home := filepath.Join(s.dir, in.ID)
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	if err := flash.SyncDir(s.dir); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(home, ".new-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := writeFiles(p, tmp); err != nil {
		return err
	}
	final := filepath.Join(s.dir, in.Folder())
	if err := os.RemoveAll(final); err != nil { // from an installation that was broken off
		return err
	}
	if err := errors.Join(os.Rename(tmp, final), flash.SyncDir(home)); err != nil {
		return err
	}
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return flash.Replace(filepath.Join(home, installedFile), b)
}

// writeFiles brings a package's files to the disk below dir. The names were checked; os.Root would stop one that leaves.
func writeFiles(p *apppkg.Package, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	dirs := map[string]bool{".": true}
	for _, name := range p.Names() {
		for d := path.Dir(name); !dirs[d]; d = path.Dir(d) {
			dirs[d] = true
		}
		if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
			return err
		}
		if err := writeFile(p, root, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for d := range dirs {
		if err := flash.SyncDir(filepath.Join(dir, filepath.FromSlash(d))); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(p *apppkg.Package, root *os.Root, name string) error {
	in, err := p.File(name)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, io.LimitReader(in, int64(apppkg.MaxUnpacked)))
	return errors.Join(err, out.Sync(), out.Close())
}

// compareVersions orders "1.2.3" by number; what is no number counts as 0.
func compareVersions(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(x), len(y)) {
		if c := part(x, i) - part(y, i); c != 0 {
			return c
		}
	}
	return 0
}

func part(v []string, i int) int {
	if i >= len(v) {
		return 0
	}
	n, err := strconv.Atoi(v[i])
	if err != nil {
		return 0
	}
	return n
}
