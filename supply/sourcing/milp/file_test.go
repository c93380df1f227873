package milp

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roadbook/fault"
)

// solveFile lets cbc itself read a file and returns the objective it reports.
func solveFile(t *testing.T, c CBC, name string, content []byte) float64 {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	sol := filepath.Join(dir, "sol")
	out, err := exec.Command(c.Path, path, "-solve", "-solution", sol, "-quit").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	head, err := os.ReadFile(sol)
	m := regexp.MustCompile(`objective value (\S+)`).FindSubmatch(head)
	if err != nil || m == nil {
		t.Fatalf("no objective from cbc: %v\n%s", err, out)
	}
	v, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestMPSRoundTrip: what is written reads back bit for bit.
func TestMPSRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for trial := range 50 {
		p := randomMIP(r, 1+r.IntN(6), r.IntN(6), 1+r.IntN(6))
		if trial%2 == 0 {
			p = randomLP(r, 1+r.IntN(8), 1+r.IntN(8), 0.5)
		}
		p.Name, p.Offset = "case_1", r.NormFloat64()
		cols, rows := p.fileNames()
		for j := range p.Cols {
			p.Cols[j].Name, p.Cols[j].Cost = cols[j], r.NormFloat64()*math.Exp(10*r.NormFloat64())
			p.Cols[j].Lo, p.Cols[j].Hi = clampInf(p.Cols[j].Lo), clampInf(p.Cols[j].Hi)
		}
		for i := range p.Rows {
			k := &p.Rows[i]
			k.Name = rows[i]
			k.Lo, k.Hi = clampInf(k.Lo), clampInf(k.Hi)
			for e := range k.Terms {
				k.Terms[e].Coef = r.NormFloat64()
			}
		}
		var b bytes.Buffer
		if err := WriteMPS(&b, p); err != nil {
			t.Fatal(err)
		}
		q, err := ReadMPS(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		for i := range q.Rows { // a range is written as a width: it may lose a bit
			if a, b := &p.Rows[i], q.Rows[i]; math.Abs(a.Lo-b.Lo) < 1e-12*(1+math.Abs(b.Lo)) {
				a.Lo = b.Lo
			}
			if len(p.Rows[i].Terms) == 0 {
				p.Rows[i].Terms = q.Rows[i].Terms
			}
		}
		if d := cmp.Diff(p, q); d != "" {
			t.Fatalf("written and read (-want +got):\n%s", d)
		}
	}
}

func clampInf(v float64) float64 { return math.Min(math.Max(v, -Inf), Inf) }

func TestFileNames(t *testing.T) {
	in := []string{"a b", "a_b", "", "x2", "1st", "a b", "e5", strings.Repeat("z", 200), strings.Repeat("z", 201), "größe", "free"}
	got := fileNames("x", len(in), func(i int) string { return in[i] })
	seen := map[string]bool{}
	ok := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)
	for i, s := range got {
		if seen[s] || !ok.MatchString(s) || len(s) > maxName {
			t.Errorf("%q became %q", in[i], s)
		}
		seen[s] = true
	}
	if got[1] != "a_b" || got[3] != "x2" {
		t.Errorf("good names were changed: %q", got)
	}
}

func TestReadMPS(t *testing.T) {
	good := `* a comment
NAME demo
OBJSENSE
    MAX
ROWS
 N profit
 L a
 E b
 G c
 N other
COLUMNS
 M1 'MARKER' 'INTORG'
 x profit 3 a 1
 x b 1
 M2 'MARKER' 'INTEND'
 y profit 5 c 2
 z b -1 other 4
RHS
 RHS profit -7 a 4
 b 2
RANGES
 RNG a 3 b -1
BOUNDS
 UP BND x 9
 MI BND y
 UP y 8
 BV BND z
ENDATA
`
	p, err := ReadMPS(strings.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	want := &Problem{Name: "demo", Offset: -7}
	want.AddCol("x", 0, 9, -3, true)
	want.AddCol("y", -Inf, 8, -5, false)
	want.AddCol("z", 0, 1, 0, true)
	want.AddRow("a", 1, 4, Term{0, 1})
	want.AddRow("b", 1, 2, Term{0, 1}, Term{2, -1})
	want.AddRow("c", 0, Inf, Term{1, 2})
	want.AddRow("other", -Inf, Inf, Term{2, 4})
	if d := cmp.Diff(want, p); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, c := range []struct{ why, from, to, says string }{
		{"unknown section", "RANGES\n", "SOS\n", "line 21: unknown section"},
		{"unknown row", "x b 1", "x q 1", "line 14: unknown row"},
		{"no number", "x b 1", "x b one", "line 14: \"one\""},
		{"infinite coefficient", "x b 1", "x b 1e31", "line 14"},
		{"NaN", "x b 1", "x b NaN", "line 14"},
		{"coefficient twice", "x b 1", "x a 1", "twice"},
		{"unknown column", "BV BND z", "BV BND q", "unknown column"},
		{"unknown bound", "BV BND z", "SC BND z 1", "bound kind"},
		{"row twice", " G c", " G a", "twice"},
		{"no end", "ENDATA\n", "", "ENDATA"},
		{"column comes back", " z b -1 other 4", " z b -1\n x other 4", "starts twice"},
		{"range of N", "RNG a 3 b -1", "RNG other 3", "no range"},
		{"bad bound value", "UP BND x 9", "UP BND x nine", "is no number"},
		{"long line", "* a comment", "* " + strings.Repeat("x", MaxMPSLine), "cannot be read"},
	} {
		_, err := ReadMPS(strings.NewReader(strings.Replace(good, c.from, c.to, 1)))
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; %q was expected", c.why, err, c.says)
		}
	}
}

// FuzzReadMPS: any bytes give a problem that can be written and read again, or an error.
func FuzzReadMPS(f *testing.F) {
	var b bytes.Buffer
	if err := WriteMPS(&b, lotSizing(1, 1, 2)); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("NAME\nROWS\n N o\n L a\nCOLUMNS\n x o 1 a 1\nRHS\n r a 1\nENDATA\n"))
	f.Add([]byte("ROWS\n N o\nCOLUMNS\n x o 1\nBOUNDS\n UP b x -1\n FR b x\nENDATA"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ReadMPS(bytes.NewReader(data))
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		var b bytes.Buffer
		if err := WriteMPS(&b, p); err != nil {
			t.Fatal(err)
		}
		q, err := ReadMPS(&b)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if len(q.Cols) != len(p.Cols) || len(q.Rows) != len(p.Rows) {
			t.Fatalf("%d×%d became %d×%d", len(p.Rows), len(p.Cols), len(q.Rows), len(q.Cols))
		}
	})
}
