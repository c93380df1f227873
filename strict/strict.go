// Package strict reads YAML, and JSON as its subset, that comes from outside: unknown keys are refused, an error shows its
// place, and input that the library cannot stand is an error and no panic.
package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/goccy/go-yaml"
)

// YAML reads one document into a value. Its error is a text for whoever wrote the document.
func YAML(b []byte, into any) (err error) {
	defer func() {
		if p := recover(); p != nil { // a tag without a value, a list too long for an array
			err = fmt.Errorf("the YAML is malformed in a way that cannot be read: %v", p)
		}
	}()
	err = yaml.NewDecoder(bytes.NewReader(b), yaml.DisallowUnknownField()).Decode(into)
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("the file is empty")
	case err != nil:
		return errors.New(yaml.FormatError(err, false, true))
	}
	return nil
}
