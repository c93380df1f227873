package apppkg

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// Limits of a package.
const (
	MaxPackage  int64  = 32 << 20 // bytes of the file
	MaxUnpacked uint64 = 128 << 20
	MaxFiles           = 2000
	maxMeta     int64  = 1 << 20 // bytes of one of the files below
)

// The files that every package has, and the two signatures.
const (
	manifestFile  = "manifest.json"
	filesFile     = "files.json" // path → SHA-256 of every other file but the signatures
	developerFile = "META/developer.json"
	storeFile     = "META/store.json" // only once the store has approved
)

// Package is a package whose structure and hashes hold. Whether to trust it is another question: VerifyDeveloper, VerifyStore.
type Package struct {
	Manifest  Manifest
	zip       *zip.Reader
	files     []byte // files.json as it is
	developer []byte
	store     []byte // nil before approval
}

// Open reads a package and checks all but its signatures.
func Open(r io.ReaderAt, size int64) (*Package, error) {
	if size > MaxPackage {
		return nil, fmt.Errorf("package of %d bytes is longer than %d", size, MaxPackage)
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("not a package: %w", err)
	}
	if err := checkEntries(z.File); err != nil {
		return nil, err
	}
	p := &Package{zip: z}
	for name, into := range map[string]*[]byte{filesFile: &p.files, developerFile: &p.developer, storeFile: &p.store} {
		b, err := p.read(name)
		if errors.Is(err, errNoFile) && name == storeFile {
			continue
		}
		if err != nil {
			return nil, err
		}
		*into = b
	}
	if err := p.checkHashes(); err != nil {
		return nil, err
	}
	raw, err := p.read(manifestFile)
	if err != nil {
		return nil, err
	}
	p.Manifest, err = ParseManifest(raw)
	return p, err
}

// checkEntries refuses names that could leave the folder that they are unpacked into, links, and bombs.
func checkEntries(entries []*zip.File) error {
	if len(entries) > MaxFiles {
		return fmt.Errorf("%d files are more than %d", len(entries), MaxFiles)
	}
	var total uint64
	seen := map[string]bool{}
	for i, f := range entries {
		switch {
		case !safe(f.Name):
			return fmt.Errorf("name %.120q is not a plain relative path", f.Name)
		case !f.Mode().IsRegular():
			return fmt.Errorf("%s is not a regular file", f.Name)
		case seen[strings.ToLower(f.Name)]:
			return fmt.Errorf("%s is there twice", f.Name)
		case i > 0 && entries[i-1].Name >= f.Name:
			return fmt.Errorf("%s is not in order", f.Name)
		}
		seen[strings.ToLower(f.Name)] = true
		if total += f.UncompressedSize64; f.UncompressedSize64 > MaxUnpacked || total > MaxUnpacked {
			return fmt.Errorf("unpacked it is longer than %d bytes", MaxUnpacked)
		}
	}
	return nil
}

func safe(name string) bool {
	if name == "" || len(name) > 200 || name != path.Clean(name) || path.IsAbs(name) || name == ".." || strings.HasPrefix(name, "../") {
		return false
	}
	for _, c := range []byte(name) {
		if c <= ' ' || c > '~' || strings.IndexByte(`\:*?"<>|`, c) >= 0 {
			return false
		}
	}
	return true
}

var errNoFile = errors.New("file is missing")

// read returns one of the small files.
func (p *Package) read(name string) ([]byte, error) {
	f, err := p.File(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxMeta+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if int64(len(b)) > maxMeta {
		return nil, fmt.Errorf("%s is longer than %d bytes", name, maxMeta)
	}
	return b, nil
}

// File opens one file of the package.
func (p *Package) File(name string) (io.ReadCloser, error) {
	i := slices.IndexFunc(p.zip.File, func(f *zip.File) bool { return f.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("%s: %w", name, errNoFile)
	}
	return p.zip.File[i].Open()
}

// Names lists the app's own files.
func (p *Package) Names() []string {
	var out []string
	for _, f := range p.zip.File {
		if !meta(f.Name) {
			out = append(out, f.Name)
		}
	}
	return out
}

func meta(name string) bool {
	return name == filesFile || name == developerFile || name == storeFile
}

// checkHashes holds every file against files.json, both ways.
func (p *Package) checkHashes() error {
	var listed map[string]string
	if err := strict(p.files, &listed); err != nil {
		return fmt.Errorf("%s: %w", filesFile, err)
	}
	names := p.Names()
	if len(names) != len(listed) {
		return fmt.Errorf("%s lists %d files, the package has %d", filesFile, len(listed), len(names))
	}
	var total uint64
	for _, name := range names {
		f, err := p.File(name)
		if err != nil {
			return err
		}
		h := sha256.New()
		n, err := io.Copy(h, io.LimitReader(f, int64(MaxUnpacked)+1))
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if total += uint64(n); total > MaxUnpacked { // whatever the directory has claimed
			return fmt.Errorf("unpacked it is longer than %d bytes", MaxUnpacked)
		}
		if got := hex.EncodeToString(h.Sum(nil)); listed[name] != got {
			return fmt.Errorf("%s: SHA-256 is %s, %s says %.64q", name, got, filesFile, listed[name])
		}
	}
	return nil
}

func listFiles(files map[string][]byte) ([]byte, error) {
	hashes := map[string]string{}
	for name, b := range files {
		sum := sha256.Sum256(b)
		hashes[name] = hex.EncodeToString(sum[:])
	}
	return json.Marshal(hashes)
}
