package openx

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"roadbook/fault"
)

// Limits of an XML file.
const (
	MaxBytes     = 4 << 20
	MaxDepth     = 64
	MaxNodes     = 200_000
	MaxAttrs     = 64   // of one element
	MaxValueSize = 4096 // bytes of one attribute
)

// node is an element of a file. It does not change after parsing; what was read of it is kept by a reader.
type node struct {
	file  string
	name  string
	line  int
	id    int // of the element in its file; its attributes are id+1 …
	attrs []attr
	kids  []*node
}

type attr struct{ name, value string }

// tree is a parsed file. Its size is the number of elements and attributes.
type tree struct {
	root *node
	size int
}

// parseXML reads a file into a tree. Documents with a DTD, with text beside elements, or beyond the limits are refused.
func parseXML(file string, b []byte) (*tree, error) {
	if len(b) > MaxBytes {
		return nil, fault.New(fault.Invalid, "xml_too_large", "%s has %d bytes, at most %d are read", file, len(b), MaxBytes)
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	d := xml.NewDecoder(bytes.NewReader(b))
	d.Strict = true
	t := &tree{}
	var open []*node
	bad := func(format string, args ...any) error {
		line, _ := d.InputPos()
		return refuse(file, line, "xml_malformed", format, args...)
	}
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, bad("the XML cannot be read: %v", err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			n, err := t.element(file, d, e)
			switch {
			case err != nil:
				return nil, err
			case len(open) >= MaxDepth:
				return nil, bad("elements are nested deeper than %d", MaxDepth)
			case len(open) == 0 && t.root != nil:
				return nil, bad("a second root element <%s>", n.name)
			case len(open) == 0:
				t.root = n
			default:
				p := open[len(open)-1]
				p.kids = append(p.kids, n)
			}
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if s := strings.TrimSpace(string(e)); s != "" {
				return nil, bad("text %.40q where only elements are expected", s)
			}
		case xml.Directive:
			return nil, bad("a DOCTYPE or other directive: documents with a DTD are not read")
		}
	}
	if t.root == nil {
		return nil, bad("the file has no element")
	}
	return t, nil
}

func (t *tree) element(file string, d *xml.Decoder, e xml.StartElement) (*node, error) {
	line, _ := d.InputPos()
	n := &node{file: file, name: e.Name.Local, line: line, id: t.size}
	if e.Name.Space != "" {
		return nil, refuse(file, line, "xml_unsupported", "element <%s> of namespace %q: namespaces are not supported", e.Name.Local, e.Name.Space)
	}
	if len(e.Attr) > MaxAttrs {
		return nil, refuse(file, line, "xml_malformed", "<%s> has %d attributes, at most %d are read", n.name, len(e.Attr), MaxAttrs)
	}
	for i, a := range e.Attr {
		if len(a.Value) > MaxValueSize {
			return nil, refuse(file, line, "xml_malformed", "attribute %s of <%s> has %d bytes, at most %d are read", a.Name.Local, n.name, len(a.Value), MaxValueSize)
		}
		name := a.Name.Local
		if a.Name.Space != "" {
			name = a.Name.Space + ":" + name
		}
		for _, b := range n.attrs[:i] {
			if b.name == name {
				return nil, refuse(file, line, "xml_malformed", "attribute %s of <%s> is given twice", name, n.name)
			}
		}
		n.attrs = append(n.attrs, attr{name, a.Value})
	}
	t.size += 1 + len(n.attrs)
	if t.size > MaxNodes {
		return nil, refuse(file, line, "xml_too_large", "the file has more than %d elements and attributes", MaxNodes)
	}
	return n, nil
}

func refuse(file string, line int, code, format string, args ...any) error {
	return fault.New(fault.Invalid, code, format, args...).At(fmt.Sprintf("%s:%d", file, line))
}

// reader takes values out of trees and remembers what it took. Its first error stays; every later read gives zero values.
type reader struct {
	env   *env
	seen  map[*tree][]bool
	tree  *tree
	mark  []bool
	err   error
	count *Coverage // nil: do not count
}

// Coverage counts what of the files was read and what was ignored on purpose, by "Element" and "Element@attribute".
type Coverage struct {
	Read    map[string]int
	Ignored map[string]int
}

// NewCoverage returns a Coverage with nothing counted.
func NewCoverage() *Coverage {
	return &Coverage{Read: map[string]int{}, Ignored: map[string]int{}}
}

// enter begins to read a tree and returns how to get back to the one before.
func (r *reader) enter(t *tree) (back func()) {
	if r.seen == nil {
		r.seen = map[*tree][]bool{}
	}
	old, mark := r.tree, r.mark
	m := r.seen[t]
	if m == nil {
		m = make([]bool, t.size)
		r.seen[t] = m
	} else {
		clear(m)
	}
	r.tree, r.mark = t, m
	return func() { r.tree, r.mark = old, mark }
}

func (r *reader) fail(n *node, code, format string, args ...any) {
	if r.err == nil {
		r.err = refuse(n.file, n.line, code, format, args...)
	}
}

func (r *reader) took(n *node) *node {
	r.mark[n.id] = true
	if r.count != nil {
		r.count.Read[n.name]++
	}
	return n
}

// text returns an attribute with parameters and expressions replaced; ok is false if it is absent.
func (r *reader) text(n *node, name string) (s string, ok bool) {
	if n == nil || r.err != nil {
		return "", false
	}
	for i := range n.attrs {
		if n.attrs[i].name != name {
			continue
		}
		r.mark[n.id+1+i] = true
		if r.count != nil {
			r.count.Read[n.name+"@"+name]++
		}
		s, err := r.env.resolve(n.attrs[i].value)
		if err != nil {
			r.fail(n, "expression_malformed", "attribute %s of <%s>: %v", name, n.name, err)
		}
		return s, true
	}
	return "", false
}

// str returns a required attribute.
func (r *reader) str(n *node, name string) string {
	s, ok := r.text(n, name)
	if !ok && n != nil {
		r.fail(n, "attribute_missing", "<%s> has no attribute %s", n.name, name)
	}
	return s
}

// num returns a required number.
func (r *reader) num(n *node, name string) float64 {
	if n == nil || r.err != nil {
		return 0
	}
	s := r.str(n, name)
	if r.err != nil {
		return 0
	}
	v, err := number(s)
	if err != nil {
		r.fail(n, "number_malformed", "attribute %s of <%s> is %.40q: %v", name, n.name, s, err)
	}
	return v
}

// opt returns a number, or a default where the attribute is absent.
func (r *reader) opt(n *node, name string, def float64) float64 {
	if n == nil || !n.has(name) {
		return def
	}
	return r.num(n, name)
}

// is demands a value of an attribute: the others are not supported.
func (r *reader) is(n *node, name string, supported ...string) string {
	s := r.str(n, name)
	for _, v := range supported {
		if s == v {
			return s
		}
	}
	if n != nil {
		r.fail(n, "value_unsupported", "attribute %s of <%s> is %.40q: supported is %s", name, n.name, s, strings.Join(supported, ", "))
	}
	return s
}

func (n *node) has(name string) bool {
	for i := range n.attrs {
		if n.attrs[i].name == name {
			return true
		}
	}
	return false
}

// kid returns the child of a name, or nil. A second one stays unread and is refused by done.
func (r *reader) kid(n *node, name string) *node {
	if n == nil || r.err != nil {
		return nil
	}
	for _, k := range n.kids {
		if k.name == name {
			return r.took(k)
		}
	}
	return nil
}

// must returns the required child of a name.
func (r *reader) must(n *node, name string) *node {
	k := r.kid(n, name)
	if k == nil && n != nil {
		r.fail(n, "element_missing", "<%s> has no <%s>", n.name, name)
	}
	return k
}

// down follows a path of required children.
func (r *reader) down(n *node, path ...string) *node {
	for _, p := range path {
		n = r.must(n, p)
	}
	return n
}

// all calls f for every child of a name.
func (r *reader) all(n *node, name string, f func(*node)) {
	if n == nil {
		return
	}
	for _, k := range n.kids {
		if r.err != nil {
			return
		}
		if k.name == name {
			f(r.took(k))
		}
	}
}

// ignore marks the children of a name, with all that they hold, as read and without effect.
func (r *reader) ignore(n *node, names ...string) {
	if n == nil || r.err != nil {
		return
	}
	for _, k := range n.kids {
		for _, name := range names {
			if k.name == name {
				r.skip(k)
			}
		}
	}
}

func (r *reader) skip(n *node) {
	r.mark[n.id] = true
	if r.count != nil {
		r.count.Ignored[n.name]++
	}
	for i := range n.attrs {
		r.drop(n, i)
	}
	for _, k := range n.kids {
		r.skip(k)
	}
}

// without marks attributes as read and without effect.
func (r *reader) without(n *node, names ...string) {
	if n == nil || r.err != nil {
		return
	}
	for i := range n.attrs {
		for _, name := range names {
			if n.attrs[i].name == name {
				r.drop(n, i)
			}
		}
	}
}

func (r *reader) drop(n *node, i int) {
	r.mark[n.id+1+i] = true
	if r.count != nil {
		r.count.Ignored[n.name+"@"+n.attrs[i].name]++
	}
}

// done refuses the first element or attribute below n that nobody has read.
func (r *reader) done(n *node) error {
	if r.err == nil {
		r.unread(n)
	}
	return r.err
}

func (r *reader) unread(n *node) {
	if !r.mark[n.id] {
		r.fail(n, "element_unsupported", "element <%s> is not supported here", n.name)
		return
	}
	for i := range n.attrs {
		if !r.mark[n.id+1+i] {
			r.fail(n, "attribute_unsupported", "attribute %s of <%s> is not supported", n.attrs[i].name, n.name)
			return
		}
	}
	for _, k := range n.kids {
		if r.unread(k); r.err != nil {
			return
		}
	}
}
