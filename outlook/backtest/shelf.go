package backtest

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"roadbook/fault"
	"roadbook/period"
)

const registrationEnd = ".registration.json"

// Shelf reads the backtests that Run has kept in a folder.
type Shelf struct{ Dir string }

// Kept is one backtest on the shelf.
type Kept struct {
	Name       string      `json:"name"`
	Title      string      `json:"title,omitempty"`
	Registered time.Time   `json:"registered"`
	SHA256     string      `json:"sha256"`
	Forecasts  int         `json:"forecasts"`
	Scored     period.Date `json:"scored_as_of,omitempty"` // by the newest score
}

// List returns the kept backtests in the order of their names. A registration that was changed is an error, not left out.
func (s Shelf) List(ctx context.Context) ([]Kept, error) {
	entries, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Kept
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), registrationEnd)
		if !ok {
			continue
		}
		r, err := s.Report(ctx, name)
		if err != nil {
			return nil, err
		}
		k := Kept{Name: r.Registration.Name, Title: r.Registration.Spec.Title, Registered: r.Registration.Registered, SHA256: r.Registration.SHA256,
			Forecasts: len(r.Registration.Forecasts)}
		if r.Score != nil {
			k.Scored = r.Score.AsOf
		}
		out = append(out, k)
	}
	return out, nil
}

// Report returns a kept registration with its newest score, if there is one, and the earlier ones.
func (s Shelf) Report(ctx context.Context, name string) (Report, error) {
	if err := ctx.Err(); err != nil {
		return Report{}, err
	}
	if !nameForm.MatchString(name) {
		return Report{}, fault.New(fault.NotFound, "backtest_unknown", "there is no backtest %.80q", name)
	}
	r := Report{File: filepath.Join(s.Dir, name+registrationEnd), Kept: true}
	var err error
	if r.Registration, err = Load(r.File); err != nil {
		if fault.KindOf(err) == fault.NotFound {
			err = fault.New(fault.NotFound, "backtest_unknown", "there is no backtest %.80q", name)
		}
		return Report{}, err
	}
	scores, files, err := scoresOf(s.Dir, r.Registration)
	if err != nil || len(scores) == 0 {
		return r, err
	}
	last := len(scores) - 1
	r.Score, r.ScoreFile, r.Earlier = &scores[last], files[last], scores[:last]
	return r, nil
}

// scoresOf reads the kept scores of a registration, the oldest day first.
func scoresOf(dir string, r Registration) (scores []Score, files []string, err error) {
	names, err := filepath.Glob(filepath.Join(escapeGlob(dir), r.Name+".score.*.json"))
	if err != nil {
		return nil, nil, err
	}
	type kept struct {
		Score
		file string
	}
	var all []kept
	for _, n := range names {
		var s Score
		if err := readJSON(n, &s); err != nil {
			return nil, nil, err
		}
		if s.Registration == r.SHA256 {
			all = append(all, kept{s, n})
		}
	}
	slices.SortStableFunc(all, func(a, b kept) int { return cmp.Compare(a.AsOf, b.AsOf) })
	for _, k := range all {
		scores, files = append(scores, k.Score), append(files, k.file)
	}
	return scores, files, nil
}

func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}
