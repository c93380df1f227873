package milp

import (
	"fmt"
	"strings"
)

const maxName = 60 // characters of a name in a file

// fileNames makes names that every reader takes: letters, digits and _.[] only, not starting like a number, at most
// maxName long, unique. Names that are fine already stay as they are.
func fileNames(prefix string, n int, name func(int) string) []string {
	out := make([]string, n)
	used := make(map[string]bool, n)
	for i := range n { // names that need no change have the first claim
		if s := name(i); s != "" && s == safeName(s) && !used[s] {
			out[i] = s
			used[s] = true
		}
	}
	for i := range n {
		if out[i] != "" {
			continue
		}
		s := safeName(name(i))
		if s == "" {
			s = fmt.Sprintf("%s%d", prefix, i)
		}
		for k := 1; used[s]; k++ {
			tail := fmt.Sprintf("_%d", k)
			s = safeName(name(i))
			if s == "" {
				s = fmt.Sprintf("%s%d", prefix, i)
			}
			s = s[:min(len(s), maxName-len(tail))] + tail
		}
		out[i] = s
		used[s] = true
	}
	return out
}

// safeName replaces what a file format might trip over. Reserved words of the LP format get a leading underscore.
func safeName(s string) string {
	var b strings.Builder
	for _, r := range s {
		if b.Len() >= maxName-1 {
			break
		}
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '.':
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
	}
	t := b.String()
	if t == "" {
		return t
	}
	switch c := t[0]; {
	case c >= '0' && c <= '9', c == '.', c == 'e', c == 'E':
		return "_" + t
	}
	switch strings.ToLower(t) {
	case "st", "s.t.", "subject", "such", "free", "inf", "infinity", "bounds", "bound", "general", "generals", "gen",
		"integer", "integers", "int", "binary", "binaries", "bin", "min", "max", "minimize", "maximize", "minimise",
		"maximise", "minimum", "maximum", "rhs", "bnd", "rng", "marker", "semi", "sos", "sos1", "sos2", "obj":
		return "_" + t
	}
	return t
}

// rowName and colName are what reports call a row or column.
func (p *Problem) rowName(i int) string {
	if n := p.Rows[i].Name; n != "" {
		return n
	}
	return fmt.Sprintf("row %d", i)
}

func (p *Problem) colName(j int) string {
	if n := p.Cols[j].Name; n != "" {
		return n
	}
	return fmt.Sprintf("column %d", j)
}
