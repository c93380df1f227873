package checker

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestCoverage: the tests reach every statement.
func TestCoverage(t *testing.T) {
	out, err := exec.Command("go", "test", "-count=1", "-cover", "-skip", "TestCoverage|TestMutants", ".").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("coverage: 100.0% of statements")) {
		t.Errorf("%v\n%s", err, out)
	}
}

// equivalent lists the mutants that no test can tell from the original, or that need not be told from it, each with its reason.
var equivalent = map[string]string{
	"conflict.go package: one more than: 60.0": "never is later than anything that matters, and so is a second later",
	"conflict.go advance: one more than: 0":    "for accelerations of 0 to 1 m/s² the speed is never below -a*t, which is the other half of the condition",
	"limit.go limitSteer: one more than: 1":    "below 1.4 m/s the stop and the rate of the wheel are narrower than anything that depends on the speed",
}

// TestMutants changes the package in every place where a small slip is possible, one at a time, and demands that the tests see it:
// a rule that may be changed unseen is not tested. All changes are compiled into one program, which is told by its environment
// which of them to make.
func TestMutants(t *testing.T) {
	dir := t.TempDir()
	names := mutate(t, dir)
	build := exec.Command("go", "test", "-c", "-o", "mutants", "./pilot/checker")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var used time.Duration
	var mu sync.Mutex
	run := func(id int) error {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, filepath.Join(dir, "mutants"), "-test.failfast", "-test.timeout=20s", "-test.skip=TestNoAllocation")
		cmd.Dir = filepath.Join(dir, "pilot", "checker")
		cmd.Env = append(os.Environ(), "MUTANT="+strconv.Itoa(id))
		out, err := cmd.CombinedOutput()
		mu.Lock()
		used += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		mu.Unlock()
		if err != nil && id < 0 {
			t.Fatalf("without a mutant: %v\n%s", err, out)
		}
		return err
	}
	run(-1)
	survived := make([]bool, len(names))
	jobs := make(chan int)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for id := range jobs {
				survived[id] = run(id) == nil
			}
		})
	}
	for id := range names {
		jobs <- id
	}
	close(jobs)
	wg.Wait()
	alive := 0
	for id, name := range names {
		_, excused := equivalent[name]
		switch {
		case survived[id] && !excused:
			alive++
			t.Errorf("survives: %s", name)
		case !survived[id] && excused:
			t.Errorf("is killed, and need not be excused: %s", name)
		}
	}
	for name := range equivalent {
		if !slices.Contains(names, name) {
			t.Errorf("excused, and does not exist: %s", name)
		}
	}
	t.Logf("%d mutants, %d killed, %d excused as equivalent; %.1f s of CPU", len(names), len(names)-alive-len(equivalent), len(equivalent), used.Seconds())
}

// mutator rewrites one file: text to put in at offsets, and operators to replace.
type mutator struct {
	t      *testing.T
	src    []byte
	fset   *token.FileSet
	info   *types.Info
	pkg    *types.Package
	file   string
	fn     string // function that is being walked
	starts map[int][]string
	ends   map[int][]string
	ops    map[int]string // replaced text by offset
	oplen  map[int]int
	signed map[*ast.BasicLit]types.Type
	names  *[]string
	seen   map[string]int
}

// mutate writes a copy of the module's part with all mutants in it, and returns their names.
func mutate(t *testing.T, dir string) []string {
	write := func(name string, b []byte) {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	write("go.mod", []byte("module roadbook\n\ngo 1.26\n"))
	write("pilot/motion/motion.go", read("../motion/motion.go"))
	write("pilot/checker/mutant.go", []byte(helpers))
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	var sources [][]byte
	for _, p := range paths {
		b := read(p)
		switch {
		case p == "mutants_test.go":
		case strings.HasSuffix(p, "_test.go"):
			write("pilot/checker/"+p, b)
		default:
			f, err := parser.ParseFile(fset, p, b, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files, sources = append(files, f), append(sources, b)
		}
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	conf := types.Config{Importer: importer.ForCompiler(fset, "source", nil)}
	pkg, err := conf.Check("roadbook/pilot/checker", fset, files, info)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	seen := map[string]int{}
	for i, f := range files {
		m := &mutator{t: t, src: sources[i], fset: fset, info: info, pkg: pkg, file: fset.Position(f.Pos()).Filename, names: &names, seen: seen,
			starts: map[int][]string{}, ends: map[int][]string{}, ops: map[int]string{}, oplen: map[int]int{}, signed: map[*ast.BasicLit]types.Type{}}
		for _, d := range f.Decls {
			m.decl(d)
		}
		write("pilot/checker/"+m.file, m.render())
	}
	return names
}

func (m *mutator) decl(d ast.Decl) {
	m.fn = "package"
	switch d := d.(type) {
	case *ast.FuncDecl:
		m.fn = d.Name.Name
		ast.Inspect(d.Body, m.visit)
	case *ast.GenDecl:
		m.values(d)
	}
}

// values makes constants variable, unless they are counted by iota, and mutates them.
func (m *mutator) values(d *ast.GenDecl) {
	if d.Tok != token.CONST && d.Tok != token.VAR || bytes.Contains(m.text(d), []byte("iota")) {
		return
	}
	if d.Tok == token.CONST {
		m.replace(d.Pos(), len("const"), "var")
	}
	for _, s := range d.Specs {
		for _, v := range s.(*ast.ValueSpec).Values {
			ast.Inspect(v, m.visit)
		}
	}
}

func (m *mutator) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		m.values(n)
		return false
	case *ast.ArrayType:
		return false
	case *ast.BlockStmt:
		m.deletions(n.List)
	case *ast.CaseClause:
		m.deletions(n.Body)
	case *ast.BinaryExpr:
		m.binary(n)
	case *ast.UnaryExpr:
		if lit, ok := n.X.(*ast.BasicLit); ok {
			m.signed[lit] = m.info.Types[n].Type
		}
		if n.Op == token.NOT {
			m.call(n, "mutNot", "leave out !")
			m.replace(n.OpPos, 1, "")
		} else if _, lit := n.X.(*ast.BasicLit); n.Op == token.SUB && !lit && m.info.Types[n].Value == nil {
			m.call(n, "mutNeg", "leave out -")
			m.replace(n.OpPos, 1, "")
		}
	case *ast.BasicLit:
		m.literal(n)
	}
	return true
}

// deletions makes statements that can be left out leave.
func (m *mutator) deletions(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				continue
			}
		case *ast.BranchStmt:
			if s.Tok != token.CONTINUE {
				continue
			}
		case *ast.ExprStmt, *ast.IncDecStmt:
		default:
			continue
		}
		m.wrap(s, fmt.Sprintf("if mutant != %d { ", m.add(s, "leave out")), " }")
	}
}

func (m *mutator) binary(n *ast.BinaryExpr) {
	if m.info.Types[n].Value != nil {
		return
	}
	basic, _ := m.info.Types[n.X].Type.Underlying().(*types.Basic)
	whole := basic != nil && basic.Info()&types.IsInteger != 0
	ordered := map[token.Token]string{token.LSS: "mutLess", token.LEQ: "mutLessEqual", token.GTR: "mutGreater", token.GEQ: "mutGreaterEqual"}
	other := map[token.Token]string{token.EQL: "mutEqual", token.NEQ: "mutUnequal", token.ADD: "mutAdd", token.SUB: "mutSub", token.MUL: "mutMul",
		token.QUO: "mutQuo", token.AND: "mutBits"}
	switch f := ordered[n.Op]; {
	case f != "":
		shift := -2
		negate := m.add(n, "negate "+n.Op.String())
		if whole { // of floats, a boundary is a set of measure 0
			shift = m.add(n, "move the boundary of "+n.Op.String())
		}
		m.wrap(n, fmt.Sprintf("%s(%d, %d, ", f, negate, shift), ")")
		m.replace(n.OpPos, len(n.Op.String()), ",")
	case n.Op == token.LAND:
		m.call(n, "mutAnd", "|| for &&")
		m.replace(n.OpPos, m.off(n.Y.Pos())-m.off(n.OpPos), ", func() bool { return ") // no line break after return
		m.ends[m.off(n.End())] = append([]string{" }"}, m.ends[m.off(n.End())]...)
	case n.Op == token.LOR:
		m.call(n, "mutOr", "&& for ||")
		m.replace(n.OpPos, m.off(n.Y.Pos())-m.off(n.OpPos), ", func() bool { return ") // no line break after return
		m.ends[m.off(n.End())] = append([]string{" }"}, m.ends[m.off(n.End())]...)
	case other[n.Op] != "":
		m.call(n, other[n.Op], "the opposite of "+n.Op.String())
		m.replace(n.OpPos, len(n.Op.String()), ",")
	}
}

// literal adds 1 to a number.
func (m *mutator) literal(n *ast.BasicLit) {
	if n.Kind != token.INT && n.Kind != token.FLOAT {
		return
	}
	typ := m.info.Types[n].Type
	if t := m.signed[n]; t != nil { // only the whole of -1 has the type that it ends up with
		typ = t
	}
	if b, ok := typ.(*types.Basic); ok && b.Info()&types.IsUntyped != 0 {
		typ = types.Default(typ)
	}
	name := types.TypeString(typ, func(p *types.Package) string {
		if p == m.pkg {
			return ""
		}
		return p.Name()
	})
	m.wrap(n, fmt.Sprintf("mutConst[%s](%d, ", name, m.add(n, "one more than")), ")")
}

// add names a mutant and returns its number.
func (m *mutator) add(n ast.Node, what string) int {
	name := fmt.Sprintf("%s %s: %s: %s", m.file, m.fn, what, strings.Join(strings.Fields(string(m.text(n))), " "))
	m.seen[name]++
	if k := m.seen[name]; k > 1 {
		name += fmt.Sprintf(" (%d)", k)
	}
	*m.names = append(*m.names, name)
	return len(*m.names) - 1
}

func (m *mutator) call(n ast.Node, f, what string) {
	m.wrap(n, fmt.Sprintf("%s(%d, ", f, m.add(n, what)), ")")
}

// wrap puts text around a node. Outer nodes are visited first: what they put before stands before, what they put behind, behind.
func (m *mutator) wrap(n ast.Node, before, behind string) {
	a, b := m.off(n.Pos()), m.off(n.End())
	m.starts[a] = append(m.starts[a], before)
	m.ends[b] = append([]string{behind}, m.ends[b]...)
}

func (m *mutator) replace(p token.Pos, n int, by string) { m.ops[m.off(p)], m.oplen[m.off(p)] = by, n }

func (m *mutator) off(p token.Pos) int { return m.fset.Position(p).Offset }

func (m *mutator) text(n ast.Node) []byte { return m.src[m.off(n.Pos()):m.off(n.End())] }

func (m *mutator) render() []byte {
	var b bytes.Buffer
	for i := 0; i <= len(m.src); i++ {
		b.WriteString(strings.Join(m.ends[i], ""))
		b.WriteString(strings.Join(m.starts[i], ""))
		if by, ok := m.ops[i]; ok {
			b.WriteString(by)
			i += m.oplen[i] - 1
			continue
		}
		if i < len(m.src) {
			b.WriteByte(m.src[i])
		}
	}
	return b.Bytes()
}

// helpers are compiled into the mutated package.
const helpers = `package checker

import (
	"os"
	"strconv"
)

var mutant = number()

func number() int {
	n, err := strconv.Atoi(os.Getenv("MUTANT"))
	if err != nil {
		panic(err)
	}
	return n
}

type ordered interface { ~int | ~int8 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~float64 }
type whole interface { ~int | ~uint16 }

func mutLess[T ordered](negate, shift int, a, b T) bool {
	return mutant != negate && mutant != shift && a < b || mutant == negate && !(a < b) || mutant == shift && a <= b
}
func mutLessEqual[T ordered](negate, shift int, a, b T) bool {
	return mutant != negate && mutant != shift && a <= b || mutant == negate && !(a <= b) || mutant == shift && a < b
}
func mutGreater[T ordered](negate, shift int, a, b T) bool {
	return mutant != negate && mutant != shift && a > b || mutant == negate && !(a > b) || mutant == shift && a >= b
}
func mutGreaterEqual[T ordered](negate, shift int, a, b T) bool {
	return mutant != negate && mutant != shift && a >= b || mutant == negate && !(a >= b) || mutant == shift && a > b
}
func mutEqual[T comparable](id int, a, b T) bool { return (a == b) != (mutant == id) }
func mutUnequal[T comparable](id int, a, b T) bool { return (a != b) != (mutant == id) }
func mutNot(id int, a bool) bool { return a == (mutant == id) }
func mutNeg(id int, a float64) float64 { if mutant == id { return a }; return -a }
func mutAnd(id int, a bool, b func() bool) bool { if mutant == id { return a || b() }; return a && b() }
func mutOr(id int, a bool, b func() bool) bool { if mutant == id { return a && b() }; return a || b() }
func mutAdd[T ordered](id int, a, b T) T { if mutant == id { return a - b }; return a + b }
func mutSub[T ordered](id int, a, b T) T { if mutant == id { return a + b }; return a - b }
func mutMul[T ordered](id int, a, b T) T { if mutant == id { return a / b }; return a * b }
func mutQuo[T ordered](id int, a, b T) T { if mutant == id { return a * b }; return a / b }
func mutBits[T whole](id int, a, b T) T { if mutant == id { return a | b }; return a & b }
func mutConst[T ordered](id int, a T) T { if mutant == id { return a + 1 }; return a }
`
