package roadbook_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// words may be imported by everyone.
var words = []string{"money", "vin", "period", "evidence", "strict", "fault", "id"}

// domains are the rooms of the maker's side.
var domains = []string{"fleet", "supply", "ledger", "offer", "billing", "partner", "apps", "update", "signal", "inservice", "outlook"}

// imports is the table of ARCHITECTURE.md: who may import whom, beside words and third parties.
// A folder stands for its whole tree unless a longer entry names a part of it.
var imports = map[string][]string{
	"money": {}, "vin": {}, "period": {}, "evidence": {}, "strict": {}, "fault": {}, "id": {},
	"wire":     {"wire"},
	"platform": {"platform", "wire/command"},
	"fleet":    {}, "supply": {}, "ledger": {},
	"signal": {"wire"}, "inservice": {"wire"},
	"offer":    {"wire"},
	"update":   {"wire", "fleet"},
	"apps":     {"wire", "fleet"},
	"billing":  {"offer", "ledger"},
	"partner":  {"ledger", "billing"},
	"outlook":  {"fleet", "supply", "ledger", "offer", "billing", "partner", "apps", "signal"},
	"console":  append([]string{"platform/web", "platform/chart"}, domains...),
	"car":      {"wire", "pilot", "car"},
	"examples": {},
	"pilot":    {"pilot/motion", "pilot/r157"}, "pilot/motion": {}, "pilot/r157": {"pilot/motion"}, "pilot/dssad": {"pilot/motion", "pilot/r157"},
	"pilot/checker": {"pilot/motion"}, "pilot/shadow": {"pilot", "pilot/motion", "pilot/r157"}, "pilot/scene": {"pilot"},
	"app": {"*"}, "tour": {"*"}, "cmd": {"*"}, ".": {},
}

// TestImportTable parses every file itself: what `go list` says may come from a cache.
func TestImportTable(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		seen++
		from := filepath.ToSlash(filepath.Dir(p))
		test := strings.HasSuffix(p, "_test.go")
		for _, spec := range f.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			to, ours := strings.CutPrefix(to, "roadbook/")
			switch {
			case ours && !allowed(from, to, test):
				t.Errorf("%s imports roadbook/%s: not in the table for %s", p, to, from)
			case !test && bare(from) && (!ours && strings.Contains(to, ".") || ours && slices.Contains(words, to)):
				t.Errorf("%s imports %s: what runs in the car's safety computer is the standard library and its own tree", p, spec.Path.Value)
			case !test && pure(from) && (to == "database/sql" || to == "net/http"):
				t.Errorf("%s imports %s: a domain's rules know neither SQL nor HTTP", p, to)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 50 {
		t.Fatalf("only %d Go files seen: run from the root of the module", seen)
	}
}

// pure reports whether from is a domain's own package, not its SQL or HTTP.
func pure(from string) bool { return slices.Contains(domains, from) }

// bare reports whether from is a part of the pilot that imports the standard library and its own tree only.
func bare(from string) bool { return under(from, "pilot") && !under(from, "pilot/scene") }

func allowed(from, to string, test bool) bool {
	if list, ok := imports[from]; ok && bare(from) && !(test && from != "pilot/checker") { // exact: a folder's tree is not its own
		return slices.Contains(list, to)
	}
	if slices.Contains(words, to) || under(to, from) || under(from, to) && test {
		return true
	}
	root, _, _ := strings.Cut(from, "/")
	if under(from, "pilot/scene") {
		root = "pilot/scene"
	}
	list, ok := imports[root]
	if !ok {
		return false
	}
	if slices.Contains(list, "*") {
		return true
	}
	if slices.Contains(domains, root) && from != root { // <d>sql, <d>http, <d>test: their own domain and platform
		list = append(slices.Clone(list), root, "platform")
	}
	if test { // a test may use the real thing
		list = append(slices.Clone(list), "platform", "wire", root)
	}
	own := test && under(to, root) // a domain's tests run on its own real store
	return slices.ContainsFunc(list, func(a string) bool { return under(to, a) && (own || plain(to)) })
}

// plain refuses to reach into a sibling's SQL or HTTP.
func plain(to string) bool {
	base := path.Base(to)
	return strings.HasPrefix(to, "platform/") || !strings.HasSuffix(base, "sql") && !strings.HasSuffix(base, "http")
}

// under reports whether folder p is root or lies in it.
func under(p, root string) bool { return p == root || strings.HasPrefix(p, root+"/") }
