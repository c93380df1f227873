package world

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// exact are the packages whose results must be the same bits on every processor.
var exact = []string{"pilot", "pilot/r157", "pilot/checker", "pilot/scene/world", "pilot/scene/reference", "pilot/scene",
	"pilot/scene/lane", "pilot/scene/openx", "pilot/scene/sumo", "car/highway"}

// fusedOp is a product and a sum in one instruction of arm64, which rounds once and not twice.
var fusedOp = regexp.MustCompile(`\(([^()\s]+\.go:\d+)\)\s+FN?M(?:ADD|SUB)[SD]\s`)

// fused compiles a package for arm64 and returns the lines in which the compiler fused. The source alone does not tell: it
// fuses across assignments and inlined calls too, so that only float64(a*b) is safe.
func fused(t *testing.T, dir string) []string {
	t.Helper()
	cmd := exec.Command("go", "build", "-gcflags=-S", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOARCH=arm64", "GOOS=linux", "CGO_ENABLED=0", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s does not compile for arm64: %v\n%.2000s", dir, err, out)
	}
	if !bytes.Contains(out, []byte("STEXT")) {
		t.Fatalf("%s: the compiler printed no code", dir)
	}
	var lines []string
	for _, m := range fusedOp.FindAllSubmatch(out, -1) {
		lines = append(lines, string(m[1]))
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// TestNothingFuses refuses a product that the compiler may add without rounding it.
func TestNothingFuses(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range exact {
		t.Run(p, func(t *testing.T) {
			if _, err := os.Stat(filepath.Join(root, p)); err != nil {
				t.Fatalf("%s is gone: take it off the list", p)
			}
			for _, line := range fused(t, filepath.Join(root, p)) {
				t.Errorf("%s: a product is added without being rounded: write float64(a*b) + c", strings.TrimPrefix(line, root+"/"))
			}
		})
	}
}

// TestFusingIsFound: the test above sees what it must, also through a variable and a call, and is content with a conversion.
func TestFusingIsFound(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module fuse\n\ngo 1.26\n",
		"fuse.go": `package fuse

func mul(a, b float64) float64 { return a * b }

func Direct(a, b, c float64) float64 {
	return a*b + c
}

func Variable(a, b, c float64) float64 {
	p := a * b
	return c - p
}

func Call(a, b, c float64) float64 {
	return mul(a, b) - c
}

func Guarded(a, b, c float64) float64 {
	return float64(a*b) + c - float64(b*c)
}
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := fused(t, dir)
	for i := range got {
		got[i] = filepath.Base(got[i])
	}
	if want := []string{"fuse.go:11", "fuse.go:15", "fuse.go:6"}; !slices.Equal(got, want) {
		t.Fatalf("found %v, want %v", got, want)
	}
}
