package car

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"sync"
	"time"

	"roadbook/car/flash"
	"roadbook/fault"
)

// lookWithin is how long the maker's side has to answer before what was last seen is shown.
const lookWithin = 3 * time.Second

// seen is a list of the maker's side that can be read offline: as it was last seen.
type seen[T any] struct {
	file, path string

	mu   sync.Mutex
	raw  []byte
	data []T // nil: never seen
}

func openSeen[T any](file, path string) (*seen[T], error) {
	s := &seen[T]{file: file, path: path}
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	if data, err := parseList[T](b); err == nil { // else it was never seen: a copy that the disk has spoiled is worth nothing
		s.raw, s.data = b, data
	}
	return s, nil
}

func parseList[T any](b []byte) ([]T, error) {
	var in struct {
		Data []T `json:"data"`
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, err
	}
	return append([]T{}, in.Data...), nil
}

func (s *seen[T]) last() []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data
}

// look asks the maker's side once; when it is away or in trouble, the list is the one last seen.
func (s *seen[T]) look(ctx context.Context, a *Agent) ([]T, error) {
	asking, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	b, err := a.once(asking, http.MethodGet, s.path, "", nil)
	if err == nil {
		var data []T
		if data, err = parseList[T](b); err == nil {
			return data, s.keep(b, data)
		}
	}
	if k := fault.KindOf(err); k != fault.Unavailable && k != fault.Unknown {
		return nil, err
	}
	if data := s.last(); data != nil {
		return data, nil
	}
	return nil, fault.New(fault.Unavailable, codeUnreachable, "the maker's side does not answer, and this was never seen before: %v", err)
}

// keep writes the list to the disk when it has changed.
func (s *seen[T]) keep(raw []byte, data []T) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if string(raw) == string(s.raw) {
		return nil
	}
	if err := flash.Replace(s.file, raw); err != nil {
		return err
	}
	s.raw, s.data = raw, data
	return nil
}
