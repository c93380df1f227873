// Package fault gives every refusal one shape that answers the caller's questions:
// what kind of answer is this, which rule said no, and which field of the request was it?
//
// Domains return a *fault.Error; platform/web maps its Kind to an HTTP status in one table.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what the caller can do about an error.
type Kind int

// The kinds. The zero value is Unknown: the effect may or may not have happened; ask again with the same id.
const (
	Unknown      Kind = iota // may have happened
	Invalid                  // the request is malformed; it will never work as it is
	NotFound                 // no such thing
	Refused                  // well-formed, but a rule says no
	Conflict                 // the same id was used before with another content, or the state moved on
	Unauthorized             // who are you?
	Forbidden                // I know you, and you may not
	Unavailable              // nothing happened; try again later
)

var kindNames = [...]string{"unknown", "invalid", "not_found", "refused", "conflict", "unauthorized", "forbidden", "unavailable"}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kindNames[k]
}

// Error is a refusal with a stable machine-readable Code ("below_floor") and, where one field is
// to blame, the JSON pointer (RFC 6901) to it.
type Error struct {
	Kind    Kind
	Code    string
	Detail  string // one sentence for a person: what is wrong and what was expected
	Pointer string // "/lines/0/price", or empty
}

func (e *Error) Error() string {
	if e.Pointer != "" {
		return e.Code + " at " + e.Pointer + ": " + e.Detail
	}
	return e.Code + ": " + e.Detail
}

// At returns a copy of e that blames the field at the JSON pointer.
func (e *Error) At(pointer string) *Error {
	c := *e
	c.Pointer = pointer
	return &c
}

// New returns an error of the given kind.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// KindOf returns the kind of the first *Error in err's chain, or Unknown.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Unknown
}

// CodeOf returns the code of the first *Error in err's chain, or "".
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}
