package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// folder keeps each blob in the file xx/key. A file has its name only when it is whole and on disk: it is written under
// another name, synced, renamed, and the rename is synced.
type folder struct{ dir string }

func openFolder(dir string) (*folder, error) {
	if err := os.MkdirAll(filepath.Join(dir, "incoming"), 0o755); err != nil {
		return nil, err
	}
	return &folder{dir}, nil
}

func (f *folder) path(key string) string { return filepath.Join(f.dir, key[:2], key) }
func (f *folder) spool() string          { return filepath.Join(f.dir, "incoming") }

func (f *folder) put(ctx context.Context, key string, r io.Reader, _ int64) error {
	t, err := spool(f.spool())
	if err != nil {
		return err
	}
	defer t.drop()
	if _, err := io.Copy(t, r); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := t.Sync(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(f.path(key)), 0o755); err != nil {
		return err
	}
	if err := os.Rename(t.Name(), f.path(key)); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(f.path(key))); err != nil {
		return err
	}
	return syncDir(f.dir)
}

func (f *folder) open(_ context.Context, key string) (io.ReadSeekCloser, int64, error) {
	file, err := os.Open(f.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, missing(key)
	}
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

func (f *folder) stat(_ context.Context, key string) (int64, error) {
	info, err := os.Stat(f.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, missing(key)
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// spooled is a file that is being received; drop removes it unless it has got its name.
type spooled struct{ *os.File }

func spool(dir string) (spooled, error) {
	f, err := os.CreateTemp(dir, "blob-*")
	return spooled{f}, err
}

func (s spooled) drop() {
	_ = s.Close()
	_ = os.Remove(s.Name()) // renamed away when all went well
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
