// Package flash keeps the car's small files so that a power cut, a full disk or a killed program finds each of them whole:
// the old content or the new one, never half of one.
package flash

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Replace writes data to a temporary file, brings it to the disk and renames it to path; only its owner can read it.
// When that fails, for want of space or otherwise, the old file is as it was.
func Replace(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, werr := f.Write(data)
	if err = errors.Join(werr, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir brings the folder's names to the disk.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
