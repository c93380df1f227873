package car

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roadbook/fault"
	"roadbook/wire/apppkg"
)

var developerKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32))

// packed is an app with a few files, signed by its developer.
func packed(t testing.TB, m apppkg.Manifest) []byte {
	t.Helper()
	files := map[string][]byte{"index.html": []byte("<h1>" + m.Version + "</h1>"), "a/deep/file.js": []byte("1")}
	for i := range 20 {
		files[fmt.Sprintf("tiles/%02d.bin", i)] = bytes.Repeat([]byte(m.Version), 1000)
	}
	b, err := apppkg.Build(m, files, developerKey)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// approved is the same with the store's signature.
func approved(t testing.TB, m apppkg.Manifest, store ed25519.PrivateKey) []byte {
	t.Helper()
	b := packed(t, m)
	p, err := apppkg.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = p.Approve(&out, apppkg.Verdict{Partner: "kino", DeveloperKey: developerKey.Public().(ed25519.PublicKey), Reviewer: "ana", At: noon}, store)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func radio(version string) apppkg.Manifest {
	return apppkg.Manifest{ID: "radio", Name: "Radio", Version: version, Category: "media", DriveMode: "audio-only",
		Signals: []apppkg.Signal{{Path: "Vehicle.Speed", Access: "read", Purpose: "louder when fast"}}}
}

// changed is a package with one byte of a file changed, and its checksums made good again.
func changed(t testing.TB, b []byte, file string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		name := f.Name
		switch {
		case name == file:
			content[len(content)/2] ^= 1
		case file == "../" && name == "tiles/19.bin":
			name = "tiles/../../../../evil"
		}
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// tree lists the files below a folder with a digest of each.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		sum := sha256.Sum256(b)
		out[rel] = hex.EncodeToString(sum[:4])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// whole reports what is wrong with the installed files of an app, held against its package.
func whole(t testing.TB, s *Store, in Installed, pkg []byte) string {
	t.Helper()
	p, err := apppkg.Open(bytes.NewReader(pkg), int64(len(pkg)))
	if err != nil {
		t.Fatal(err)
	}
	has := tree(t, filepath.Join(s.dir, in.Folder()))
	if len(has) != len(p.Names()) {
		return fmt.Sprintf("%d files, want %d", len(has), len(p.Names()))
	}
	for _, name := range p.Names() {
		r, err := p.File(name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(b); has[name] != hex.EncodeToString(sum[:4]) {
			return name + " is another"
		}
	}
	return ""
}

// only gives the one package of the app radio.
func only(pkg []byte) func(string) []byte {
	return func(app string) []byte {
		if app != "radio" {
			return nil
		}
		return pkg
	}
}

func TestAnAppIsInstalledWholeAndOnce(t *testing.T) {
	m, srv := newMaker(t)
	dir := t.TempDir()
	a := parked(t, dir, srv.URL, publicStoreKey())
	s := screenOf(t, a)
	first, second := approved(t, radio("1.0.0"), storeKey), approved(t, radio("1.10.0"), storeKey)
	offer := func(version string, pkg []byte) {
		m.set(func() {
			m.apps = fmt.Sprintf(`{"app":"radio","name":"Radio","version":%q,"partner":"kino","category":"media"}`, version)
			m.pack = only(pkg)
		})
	}
	apps := func() string {
		t.Helper()
		list, err := s.Apps(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%+v", list)
	}
	offer("1.0.0", first)
	if got := apps(); got != "[{ID:radio Name:Radio Maker:kino About:media Version:1.0.0 Signals:["+signalsUnknown+"] Installed:false}]" {
		t.Error(got)
	}
	for range 2 { // the second has no effect
		if err := s.InstallApp(t.Context(), "radio"); err != nil {
			t.Fatal(err)
		}
	}
	if got := apps(); got != "[{ID:radio Name:Radio Maker:kino About:media Version:1.0.0 Signals:[Vehicle.Speed] Installed:true}]" {
		t.Error(got)
	}
	if msg := whole(t, s.store, s.store.Installed()[0], first); msg != "" {
		t.Error(msg)
	}
	offer("1.10.0", second)
	if got := apps(); !strings.Contains(got, "Installed:false") {
		t.Error("a newer version can be installed:", got)
	}
	if err := s.InstallApp(t.Context(), "radio"); err != nil {
		t.Fatal(err)
	}
	offer("1.0.0", first)
	if err := s.InstallApp(t.Context(), "radio"); fault.CodeOf(err) != "package_refused" {
		t.Errorf("an older version that was once approved: %v", err)
	}
	srv.Close()
	s = screenOf(t, a) // a restart, offline
	list := s.store.Installed()
	if len(list) != 1 || list[0].Version != "1.10.0" || whole(t, s.store, list[0], second) != "" {
		t.Errorf("%+v", list)
	}
	if got := len(tree(t, s.store.dir)); got != len(tree(t, filepath.Join(s.store.dir, list[0].Folder())))+1 {
		t.Errorf("%d files: the old version stays", got)
	}
	if got := apps(); !strings.Contains(got, "Installed:true") {
		t.Error("offline:", got)
	}
	if err := s.InstallApp(t.Context(), "radio"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("offline: %v", err)
	}
}

func TestPackagesThatAreNotInstalled(t *testing.T) {
	m, srv := newMaker(t)
	good := approved(t, radio("1.0.0"), storeKey)
	newer := radio("1.0.0")
	newer.MinAgent = "9.0.0"
	other := radio("1.0.0")
	other.ID = "kino"
	for _, row := range []struct {
		reason string
		id     string
		pkg    []byte
		key    ed25519.PublicKey
		code   string
	}{
		{"a car without the store's key", "radio", good, nil, "store_key"},
		{"no approval", "radio", packed(t, radio("1.0.0")), publicStoreKey(), "package_refused"},
		{"approved by somebody else", "radio", approved(t, radio("1.0.0"), developerKey), publicStoreKey(), "package_refused"},
		{"a file was changed", "radio", changed(t, good, "index.html"), publicStoreKey(), "package_refused"},
		{"the list of files was changed", "radio", changed(t, good, "files.json"), publicStoreKey(), "package_refused"},
		{"the store's signature was changed", "radio", changed(t, good, "META/store.json"), publicStoreKey(), "package_refused"},
		{"a name climbs out of the folder", "radio", changed(t, good, "../"), publicStoreKey(), "package_refused"},
		{"cut off", "radio", good[:len(good)/2], publicStoreKey(), "package_refused"},
		{"another app under this name", "radio", approved(t, other, storeKey), publicStoreKey(), "package_refused"},
		{"needs newer software", "radio", approved(t, newer, storeKey), publicStoreKey(), "package_refused"},
		{"longer than a package may be", "radio", make([]byte, apppkg.MaxPackage+1), publicStoreKey(), "package_refused"},
		{"not in the store", "../../etc", nil, publicStoreKey(), "package"},
	} {
		m.set(func() { m.pack = only(row.pkg) })
		dir := t.TempDir()
		s := screenOf(t, parked(t, dir, srv.URL, row.key))
		if err := s.InstallApp(t.Context(), row.id); fault.CodeOf(err) != row.code {
			t.Errorf("%s: %v", row.reason, err)
		}
		if left := tree(t, filepath.Join(dir, "apps")); len(left) != 0 || len(s.store.Installed()) != 0 {
			t.Errorf("%s: left %v", row.reason, left)
		}
	}
	if _, err := os.Stat("/evil"); err == nil {
		t.Error("written outside")
	}
}

// TestInstallingSurvivesKill kills a program that installs one version after another, again and again.
func TestInstallingSurvivesKill(t *testing.T) {
	const rounds = 8
	m, srv := newMaker(t)
	dir := t.TempDir()
	if gateway := os.Getenv("ROADCAR_TEST_GATEWAY"); gateway != "" {
		s, err := openStore(parked(t, os.Getenv("ROADCAR_TEST_DIR"), gateway, publicStoreKey()))
		if err != nil {
			t.Fatal(err)
		}
		for {
			in, err := s.Install(context.Background(), "radio")
			if err != nil {
				t.Fatal(err)
			}
			fmt.Println("installed", in.Version)
		}
	}
	next, pkgs := 0, map[string][]byte{} // guarded by the maker's lock
	m.set(func() {
		m.pack = func(string) []byte {
			next++
			version := fmt.Sprintf("1.0.%d", next)
			pkgs[version] = approved(t, radio(version), storeKey)
			return pkgs[version]
		}
	})
	for round := range rounds {
		cmd := exec.Command(os.Args[0], "-test.run=^TestInstallingSurvivesKill$") //nolint:gosec // this test
		cmd.Env = append(os.Environ(), "ROADCAR_TEST_GATEWAY="+srv.URL, "ROADCAR_TEST_DIR="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines, told := bufio.NewScanner(out), ""
		for lines.Scan() {
			if told == "" { // it is under way: kill it at some point of the next
				time.AfterFunc(time.Duration(round)*3*time.Millisecond, func() { _ = cmd.Process.Kill() })
			}
			version, ok := strings.CutPrefix(lines.Text(), "installed ")
			if !ok {
				t.Fatal(lines.Text())
			}
			told = version
		}
		_ = cmd.Wait()
		if told == "" {
			t.Fatal("nothing was installed")
		}
		s, err := openStore(&Agent{cfg: Config{Dir: dir}, log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		list := s.Installed()
		if len(list) != 1 || compareVersions(list[0].Version, told) < 0 {
			t.Fatalf("round %d: %+v, told %s", round, list, told)
		}
		var pkg []byte
		m.set(func() { pkg = pkgs[list[0].Version] })
		if msg := whole(t, s, list[0], pkg); msg != "" {
			t.Fatalf("round %d: %s", round, msg)
		}
		if got, want := len(tree(t, s.dir)), len(tree(t, filepath.Join(s.dir, list[0].Folder())))+1; got != want {
			t.Fatalf("round %d: %d files below %s, want %d: something stays", round, got, s.dir, want)
		}
	}
}

func TestVersionsCompareByNumber(t *testing.T) {
	for _, row := range []struct {
		reason, a, b string
		want         int
	}{
		{"the same", "1.2.3", "1.2.3", 0},
		{"not as text", "1.10.0", "1.9.0", 1},
		{"the first part decides", "1.9.9", "2.0.0", -1},
		{"a missing part is 0", "1.2", "1.2.0", 0},
		{"what is no number is 0", "x", "0.0.1", -1},
	} {
		if got := compareVersions(row.a, row.b); got > 0 != (row.want > 0) || got < 0 != (row.want < 0) {
			t.Errorf("%s: %s and %s: %d", row.reason, row.a, row.b, got)
		}
	}
}
