package flash

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// Aside renames a file that cannot be read to a name of its own beside it, PATH.bad-1 and on, and returns that name. What it held
// is kept for whoever looks into it and stands in nobody's way.
func Aside(path string) (string, error) {
	bad, err := asideName(path)
	if err != nil {
		return "", err
	}
	if err := os.Rename(path, bad); err != nil {
		return "", fmt.Errorf("set aside %s: %w", path, err)
	}
	return bad, SyncDir(filepath.Dir(path))
}

// AsideBytes keeps a part of a file that cannot be read under such a name.
func AsideBytes(path string, b []byte) (string, error) {
	bad, err := asideName(path)
	if err != nil {
		return "", err
	}
	return bad, Replace(bad, b)
}

func asideName(path string) (string, error) {
	for n := 1; ; n++ {
		name := path + ".bad-" + strconv.Itoa(n)
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name, nil
		} else if err != nil {
			return "", fmt.Errorf("set aside %s: %w", path, err)
		}
	}
}
