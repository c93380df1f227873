package updater

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"roadbook/wire/uptane"
)

// Names in Config.Dir.
const (
	stateFile   = "state.json"
	currentFile = "current" // holds "a" or "b"; replaced atomically: this is the switch
	fetchDir    = "fetch"
	imageFile   = "image"
	versionFile = "version.json"
)

type stage string

// The stages of a job, in order.
const (
	wanted   stage = "wanted"   // verified metadata names it
	fetched  stage = "fetched"  // the whole image is in fetchDir and its hashes hold
	placed   stage = "placed"   // it is in the slot that does not run
	switched stage = "switched" // that slot runs
)

// job is the image that is being installed.
type job struct {
	Image   uptane.Image `json:"image"`
	Stage   stage        `json:"stage"`
	Slot    string       `json:"slot,omitempty"` // from placed on
	Fetched int64        `json:"fetched"`        // bytes received, also those received twice
}

// state is all that must survive, in one file.
type state struct {
	Trusted uptane.State `json:"trusted"`
	Counter int64        `json:"counter"` // of the last report
	Job     *job         `json:"job,omitempty"`
	Report  []byte       `json:"report,omitempty"` // sealed, not acknowledged; sent again as it is
}

func (u *Updater) path(parts ...string) string {
	return filepath.Join(append([]string{u.cfg.Dir}, parts...)...)
}

// open reads what is kept, or lays out a car fresh from the factory.
func (u *Updater) open() error {
	for _, dir := range []string{"a", "b", fetchDir} {
		if err := os.MkdirAll(u.path(dir), 0o755); err != nil {
			return err
		}
	}
	raw, err := os.ReadFile(u.path(stateFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		u.kept.Trusted = uptane.State{Director: uptane.Trusted{Root: u.cfg.DirectorRoot}, Image: uptane.Trusted{Root: u.cfg.ImageRoot}}
		if len(u.cfg.DirectorRoot) == 0 || len(u.cfg.ImageRoot) == 0 {
			return errors.New("a new car needs the Roots of both repositories")
		}
		if err := u.save(); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(raw, &u.kept); err != nil {
			return fmt.Errorf("%s: %w", stateFile, err)
		}
	}
	slot, err := os.ReadFile(u.path(currentFile))
	if errors.Is(err, fs.ErrNotExist) {
		v := u.cfg.Factory
		v.Slot = "a"
		if err := u.writeVersion(v); err != nil {
			return err
		}
		return u.run("a")
	}
	if err != nil {
		return err
	}
	return u.load(string(slot))
}

// save writes the state whole or not at all.
func (u *Updater) save() error {
	raw, err := json.Marshal(u.kept)
	if err != nil {
		return err
	}
	return replace(u.path(stateFile), raw)
}

// place moves the fetched image into a slot that does not run. It reports false when the image is nowhere.
func (u *Updater) place(slot string, img uptane.Image) (bool, error) {
	from, to := u.partial(img), u.path(slot, imageFile)
	if _, err := os.Stat(from); err == nil {
		// The version goes first: a slot without one is never run.
		if err := os.Remove(u.path(slot, versionFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		if err := os.Rename(from, to); err != nil {
			return false, err
		}
	} else if u.checkSlot(slot, img) != nil {
		return false, nil
	}
	return true, u.writeVersion(Version{
		Slot: slot, Release: img.Release, Name: img.Name, ReleaseCounter: img.ReleaseCounter, SHA256: img.Hashes["sha256"], Length: img.Length,
	})
}

// checkSlot verifies the image in a slot once more.
func (u *Updater) checkSlot(slot string, img uptane.Image) error {
	f, err := os.Open(u.path(slot, imageFile))
	if err != nil {
		return err
	}
	defer f.Close()
	return img.Check(f)
}

func (u *Updater) writeVersion(v Version) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return replace(u.path(v.Slot, versionFile), raw)
}

// run makes a slot the one that runs. Repeating it changes nothing.
func (u *Updater) run(slot string) error {
	if err := replace(u.path(currentFile), []byte(slot)); err != nil {
		return err
	}
	return u.load(slot)
}

func (u *Updater) load(slot string) error {
	if slot != "a" && slot != "b" {
		return fmt.Errorf("%s: %.20q is no slot", currentFile, slot)
	}
	raw, err := os.ReadFile(u.path(slot, versionFile))
	if err != nil {
		return err
	}
	var v Version
	if err := json.Unmarshal(raw, &v); err != nil {
		return fmt.Errorf("slot %s: %w", slot, err)
	}
	v.Slot = slot
	u.view.Lock()
	defer u.view.Unlock()
	u.current = v
	return nil
}

func other(slot string) string {
	if slot == "a" {
		return "b"
	}
	return "a"
}

// replace writes a file so that after a power cut it is the old one or the new one.
func replace(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(name))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
