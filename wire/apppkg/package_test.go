package apppkg_test

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"roadbook/wire/apppkg"
)

func key(seed string) ed25519.PrivateKey {
	sum := sha256.Sum256([]byte(seed))
	return ed25519.NewKeyFromSeed(sum[:])
}

var radio = apppkg.Manifest{
	ID: "radio", Name: "Radio", Version: "1.0.0", Category: "media", DriveMode: "audio-only",
	Signals:  []apppkg.Signal{{Path: "Vehicle.Speed", Access: "read", Purpose: "louder when fast"}},
	Net:      []string{"https://api.radio.example"},
	Products: []apppkg.Product{{SKU: "app.radio", Type: "one_time"}},
}

func build(t testing.TB) []byte {
	t.Helper()
	b, err := apppkg.Build(radio, map[string][]byte{"index.html": []byte("<h1>Radio</h1>"), "zz.js": []byte("1")}, key("dev"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func open(b []byte) (*apppkg.Package, error) { return apppkg.Open(bytes.NewReader(b), int64(len(b))) }

func TestSignedTwiceAndTrustedByTheStoresKeyAlone(t *testing.T) {
	p, err := open(build(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.VerifyStore(key("store").Public()); err == nil {
		t.Error("not approved yet")
	}
	if err := p.VerifyDeveloper(key("other").Public()); err == nil {
		t.Error("another developer's key")
	}
	var out bytes.Buffer
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	v := apppkg.Verdict{Partner: "ptn_1", DeveloperKey: key("dev").Public().(ed25519.PublicKey), Reviewer: "ana", At: at}
	if err := p.Approve(&out, v, key("store")); err != nil {
		t.Fatal(err)
	}
	car, err := open(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	got, err := car.VerifyStore(key("store").Public())
	if err != nil || got.App != "radio" || got.Reviewer != "ana" || !got.At.Equal(at) {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := car.VerifyStore(key("dev").Public()); err == nil {
		t.Error("a developer cannot approve")
	}
	if names := strings.Join(car.Names(), " "); names != "index.html manifest.json zz.js" {
		t.Error(names)
	}
	v.DeveloperKey = key("other").Public().(ed25519.PublicKey)
	if err := p.Approve(io.Discard, v, key("store")); err == nil {
		t.Error("approved for a key that has not signed")
	}
}

// repack copies a package with one change.
func repack(t *testing.T, change func(name string, b []byte) (string, []byte), more ...*zip.FileHeader) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(build(t)), int64(len(build(t))))
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
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		name, b := change(f.Name, b)
		if name == "" {
			continue
		}
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range more {
		if _, err := z.CreateHeader(h); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPackagesThatAreRefused(t *testing.T) {
	same := func(name string, b []byte) (string, []byte) { return name, b }
	swap := func(from, to string) func(string, []byte) (string, []byte) {
		return func(name string, b []byte) (string, []byte) {
			if name == from {
				return to, b
			}
			return name, b
		}
	}
	edit := func(file, from, to string) func(string, []byte) (string, []byte) {
		return func(name string, b []byte) (string, []byte) {
			if name == file {
				return name, bytes.Replace(b, []byte(from), []byte(to), 1)
			}
			return name, b
		}
	}
	link := &zip.FileHeader{Name: "zzz"}
	link.SetMode(fs.ModeSymlink | 0o777)
	for _, row := range []struct {
		reason string
		b      []byte
		says   string
	}{
		{"not a zip", []byte("hello"), "not a package"},
		{"a name that climbs out", repack(t, swap("zz.js", "zz/../../etc/passwd")), "plain relative path"},
		{"an absolute name", repack(t, swap("zz.js", "/zz.js")), ""},
		{"a Windows path", repack(t, swap("zz.js", `zz\..\x`)), ""},
		{"a link", repack(t, same, link), "regular file"},
		{"a folder entry", repack(t, same, &zip.FileHeader{Name: "zzz/"}), ""},
		{"a file that files.json does not list", repack(t, same, &zip.FileHeader{Name: "zzz"}), "lists"},
		{"a listed file that is missing", repack(t, swap("zz.js", "")), "lists"},
		{"out of order: two readers could see different packages", repack(t, same, &zip.FileHeader{Name: "a"}), "order"},
		{"twice but for case: one file on some systems", repack(t, swap("zz.js", "Index.html")), ""},
		{"content that is not what was signed", repack(t, edit("index.html", "Radio", "Video")), "SHA-256"},
		{"no developer signature", repack(t, swap("META/developer.json", "")), "missing"},
	} {
		_, err := open(row.b)
		if err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", row.reason, err)
		}
	}
	p, err := open(repack(t, edit("META/developer.json", `"sig":"`, `"sig":"AAAA`)))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.VerifyDeveloper(key("dev").Public()); err == nil {
		t.Error("a changed signature holds")
	}
}

func TestManifestFields(t *testing.T) {
	for _, row := range []struct {
		reason string
		change func(m *apppkg.Manifest)
	}{
		{"the id is one DNS label", func(m *apppkg.Manifest) { m.ID = "radio.evil" }},
		{"no leading hyphen", func(m *apppkg.Manifest) { m.ID = "-radio" }},
		{"the shell's name is taken", func(m *apppkg.Manifest) { m.ID = "shell" }},
		{"a version has three parts", func(m *apppkg.Manifest) { m.Version = "1.0" }},
		{"the category is of a closed set", func(m *apppkg.Manifest) { m.Category = "casino" }},
		{"so is the drive mode", func(m *apppkg.Manifest) { m.DriveMode = "video" }},
		{"net hosts are origins, no paths", func(m *apppkg.Manifest) { m.Net = []string{"https://a.example/x"} }},
		{"and never plain text", func(m *apppkg.Manifest) { m.Net = []string{"http://a.example"} }},
		{"no words smuggled into the CSP", func(m *apppkg.Manifest) { m.Net = []string{"https://a.example; script-src *"} }},
		{"a signal needs a purpose", func(m *apppkg.Manifest) { m.Signals = []apppkg.Signal{{Path: "Vehicle.Speed", Access: "read"}} }},
		{"a product has a known type", func(m *apppkg.Manifest) { m.Products = []apppkg.Product{{SKU: "x", Type: "gift"}} }},
	} {
		m := radio
		row.change(&m)
		if err := m.Check(); err == nil {
			t.Error(row.reason)
		}
	}
	if _, err := apppkg.ParseManifest([]byte(`{"id":"radio","root_access":true}`)); err == nil || !strings.Contains(err.Error(), "root_access") {
		t.Errorf("an unknown field refuses the package: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(build(f))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := open(b)
		if err != nil {
			return
		}
		for _, n := range p.Names() {
			if strings.Contains(n, "..") && strings.Contains(n, "/../") || strings.HasPrefix(n, "/") {
				t.Fatalf("name %q", n)
			}
		}
		_ = p.VerifyDeveloper(key("dev").Public())
		_, _ = p.VerifyStore(key("store").Public())
	})
}
