package flash_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roadbook/car/flash"
)

func TestReplaceIsWholeOrNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	for _, content := range []string{"old", "new", ""} {
		if err := flash.Replace(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	taken := filepath.Join(dir, "taken") // the rename fails, as on a full disk
	if err := os.MkdirAll(filepath.Join(taken, "child"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := flash.Replace(taken, []byte("x")); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if err := flash.Replace(filepath.Join(dir, "no", "state"), []byte("x")); err == nil {
		t.Error("wrote into a folder that is not there")
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if strings.HasPrefix(n.Name(), ".new-") {
			t.Errorf("left behind: %s", n.Name())
		}
	}
}

func TestAsideTakesNoNameTwice(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	for i, want := range []string{"state.bad-1", "state.bad-2", "state.bad-3"} {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		name, err := flash.Aside(path)
		if i == 1 {
			name, err = "", os.Remove(name)
			if err == nil {
				name, err = flash.AsideBytes(path, []byte(want))
			}
		}
		if got, rerr := os.ReadFile(name); err != nil || rerr != nil || filepath.Base(name) != want || string(got) != want {
			t.Errorf("%s holds %q, %v %v; want %s", name, got, err, rerr, want)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("it is still there")
		}
	}
	if _, err := flash.Aside(path); err == nil {
		t.Error("nothing was set aside")
	}
}
