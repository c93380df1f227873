package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/goccy/go-yaml"
)

// Decode reads one YAML document into a value and refuses unknown keys. The error shows the place. What the YAML library
// cannot stand is an error too: it panics on some malformed tags, and such a file may come from anywhere.
func Decode(b []byte, into any) (err error) {
	defer func() {
		if p := recover(); p != nil {
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
