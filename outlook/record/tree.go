package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"roadbook/fault"
)

// Limits of an import.
const (
	MaxImport = 1 << 20 // bytes of a file
	MaxDepth  = 12      // of nesting
)

// node is a JSON value whose object keeps the order of its keys: a source counts for what stands before it.
type node struct {
	kind kind
	keys []string // of an object
	list []*node  // the values of an object, or the elements of an array
	text string
	num  float64
}

type kind byte

const (
	null kind = iota
	boolean
	number
	text
	array
	object
)

func bad(at, format string, args ...any) error {
	return fault.New(fault.Invalid, "import", format, args...).At(at)
}

// parseTree reads one JSON value and nothing after it. A key that comes twice is refused.
func parseTree(b []byte) (*node, error) {
	if len(b) > MaxImport {
		return nil, bad("/", "a file to import has at most %d bytes, this one %d", MaxImport, len(b))
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	n, err := readNode(d, "", 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, bad("/", "something follows the JSON value")
	}
	return n, nil
}

func readNode(d *json.Decoder, at string, depth int) (*node, error) {
	if depth > MaxDepth {
		return nil, bad(at, "the file is nested deeper than %d", MaxDepth)
	}
	tok, err := d.Token()
	if err != nil {
		return nil, bad(at, "not JSON at byte %d: %v", d.InputOffset(), err)
	}
	switch v := tok.(type) {
	case nil:
		return &node{kind: null}, nil
	case bool:
		return &node{kind: boolean, text: fmt.Sprint(v)}, nil
	case string:
		if len(v) > MaxText {
			return nil, bad(at, "a text has at most %d bytes, this one %d", MaxText, len(v))
		}
		return &node{kind: text, text: v}, nil
	case json.Number:
		f, err := v.Float64()
		if err != nil || math.IsInf(f, 0) {
			return nil, bad(at, "%.40q is not a finite number", v.String())
		}
		return &node{kind: number, num: f, text: v.String()}, nil
	case json.Delim:
		if v == '[' {
			return readArray(d, at, depth)
		}
		return readObject(d, at, depth)
	}
	return nil, bad(at, "not JSON at byte %d", d.InputOffset())
}

func readArray(d *json.Decoder, at string, depth int) (*node, error) {
	n := &node{kind: array}
	for d.More() {
		v, err := readNode(d, fmt.Sprintf("%s/%d", at, len(n.list)), depth+1)
		if err != nil {
			return nil, err
		}
		n.list = append(n.list, v)
	}
	return n, closed(d, at)
}

func readObject(d *json.Decoder, at string, depth int) (*node, error) {
	n := &node{kind: object}
	seen := map[string]bool{}
	for d.More() {
		tok, err := d.Token()
		if err != nil {
			return nil, bad(at, "not JSON at byte %d: %v", d.InputOffset(), err)
		}
		k, ok := tok.(string)
		if !ok || k == "" || len(k) > MaxKey {
			return nil, bad(at, "a name has 1 to %d bytes", MaxKey)
		}
		if seen[k] {
			return nil, bad(at, "the name %.60q comes twice", k)
		}
		seen[k] = true
		v, err := readNode(d, at+"/"+escape(k), depth+1)
		if err != nil {
			return nil, err
		}
		n.keys, n.list = append(n.keys, k), append(n.list, v)
	}
	return n, closed(d, at)
}

// closed takes the closing bracket, which the decoder has found to match.
func closed(d *json.Decoder, at string) error {
	if _, err := d.Token(); err != nil {
		return bad(at, "not JSON at byte %d: %v", d.InputOffset(), err)
	}
	return nil
}

// escape writes a name into a JSON pointer (RFC 6901, 4).
func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// get returns the value of a name, or nil.
func (n *node) get(name string) *node {
	if n == nil || n.kind != object {
		return nil
	}
	for i, k := range n.keys {
		if k == name {
			return n.list[i]
		}
	}
	return nil
}

// str returns the text of a name, or "".
func (n *node) str(name string) string {
	if v := n.get(name); v != nil && (v.kind == text || v.kind == number) {
		return v.text
	}
	return ""
}
