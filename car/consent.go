package car

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"roadbook/car/flash"
	"roadbook/fault"
	"roadbook/wire/command"
	"roadbook/wire/uptane"
)

// consentFile holds the driver's answers, by release.
const consentFile = "consent.json"

func (s *Screen) answer(release string) (yes, answered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	yes, answered = s.consent[release]
	return yes, answered
}

// Consent keeps the driver's answer to the release that waits; after a yes the next Sync installs it.
func (s *Screen) Consent(_ context.Context, release string, yes bool) error {
	if was, ok := s.answer(release); ok && was == yes {
		return nil
	}
	if st := s.update.Status(); st.State != stateWaiting || st.Release.ID != release {
		return fault.New(fault.Conflict, "release", "this release does not wait for an answer any more")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	given := maps.Clone(s.consent)
	given[release] = yes
	b, err := json.Marshal(given)
	if err == nil {
		err = flash.Replace(filepath.Join(s.agent.cfg.Dir, consentFile), b)
	}
	if err != nil {
		return fmt.Errorf("consent: %w", err)
	}
	s.consent = given
	if yes {
		s.agent.hint(command.Hint{Kind: command.Update})
	}
	return nil
}

// DriversConsent is a Config.Consent that asks the driver of the car in dir: only what was agreed to on its screen is
// installed. An answer that cannot be read is no yes.
func DriversConsent(dir string) func(context.Context, uptane.Release) bool {
	return func(_ context.Context, r uptane.Release) bool {
		given, err := readConsent(dir)
		return err == nil && given[r.ID]
	}
}

func readConsent(dir string) (map[string]bool, error) {
	given := map[string]bool{}
	b, err := os.ReadFile(filepath.Join(dir, consentFile))
	if errors.Is(err, fs.ErrNotExist) {
		return given, nil
	}
	if err != nil {
		return nil, fmt.Errorf("consent: %w", err)
	}
	if json.Unmarshal(b, &given) != nil || given == nil {
		return map[string]bool{}, nil // spoiled: the driver is asked again
	}
	return given, nil
}
