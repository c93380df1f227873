package backtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"roadbook/fault"
	"roadbook/outlook/record"
	"roadbook/period"
)

// MaxRegistration is the largest registration or score that is read back, in bytes.
const MaxRegistration = 64 << 20

// Options says how a backtest is run.
type Options struct {
	Dir          string                              // where registrations and scores are kept; "": nowhere, and nothing is compared with earlier runs
	Model        Forecaster                          // nil: Model
	Known        Loader                              // of history, such as a record.Service; nil: the specification's file
	Actuals      func() ([]record.Record, error)     // opened after the registration is kept; nil: the specification's file
	RegisterOnly bool                                // do not score
	AsOf         period.Date                         // of the score; "": the day of Now
	Now          time.Time                           // of the registration
	Expect       string                              // SHA-256 that the registration must have; "": any
	Progress     func(done, total int, doing string) // nil: silent
}

// Report is what a run says. Score is nil when it only registered.
type Report struct {
	Registration Registration `json:"registration"`
	File         string       `json:"file,omitempty"`
	Kept         bool         `json:"kept,omitempty"` // the registration is one of an earlier run
	Score        *Score       `json:"score,omitempty"`
	ScoreFile    string       `json:"score_file,omitempty"`
	Earlier      []Score      `json:"earlier,omitempty"` // other kept scores of this registration, the oldest day first
}

// Run reads a specification beside its cases, registers it, keeps the registration, and only then opens the actuals and
// scores. Both files are written once: the registration as NAME.registration.json, a score as NAME.score.DAY.HASH.json.
// A registration of that name with other content is a Conflict.
func Run(ctx context.Context, files fs.FS, spec string, o Options) (Report, error) {
	if o.Model == nil {
		o.Model = Model{}
	}
	text, err := fs.ReadFile(files, spec)
	if err != nil {
		return Report{}, fault.New(fault.NotFound, "backtest_file", "%v", err)
	}
	s, err := Parse(text)
	if err != nil {
		return Report{}, err
	}
	beside, err := fs.Sub(files, path.Dir(spec))
	if err != nil {
		return Report{}, err
	}
	r, err := register(ctx, s, beside, o)
	if err != nil {
		return Report{}, err
	}
	if o.Expect != "" && o.Expect != r.Registration.SHA256 {
		return Report{}, fault.New(fault.Refused, "backtest_hash", "the registration has the SHA-256 %s, not the expected %.64s", r.Registration.SHA256, o.Expect)
	}
	if o.RegisterOnly || o.Actuals == nil && s.Actuals == "" { // of a time to come
		return r, nil
	}
	actuals := o.Actuals
	if actuals == nil {
		actuals = func() ([]record.Record, error) { return readRecords(beside, s.Actuals, "/actuals") }
	}
	records, err := actuals()
	if err != nil {
		return Report{}, err
	}
	if o.AsOf == "" {
		o.AsOf = period.DateOf(o.Now)
	}
	score, err := r.Registration.Score(records, o.AsOf)
	if err != nil {
		return Report{}, err
	}
	r.Score = &score
	return r, r.keep(o.Dir)
}

func register(ctx context.Context, s Spec, beside fs.FS, o Options) (Report, error) {
	known := o.Known
	if known == nil && s.History != "" {
		rs, err := readRecords(beside, s.History, "/history")
		if err != nil {
			return Report{}, err
		}
		known = List(rs)
	}
	r := Report{}
	src := Source{Files: beside, Known: known, Model: o.Model, Now: o.Now, Progress: o.Progress}
	if o.Dir != "" {
		r.File = filepath.Join(o.Dir, s.Name+registrationEnd)
		src.Kept = func(inputs string) (Registration, error) {
			had, err := Load(r.File)
			if err != nil {
				return had, err
			}
			if had.Inputs != inputs {
				return had, fault.New(fault.Conflict, "backtest_registered", "%s holds another registration of %q, of %s: it is not overwritten; name the changed backtest anew, or register it in another folder",
					r.File, had.Name, had.Registered.Format(time.DateOnly))
			}
			r.Kept = true
			return had, nil
		}
	}
	var err error
	if r.Registration, err = Register(ctx, s, src); err != nil {
		return Report{}, err
	}
	if r.File != "" && !r.Kept {
		if err := once(r.File, r.Registration); err != nil {
			return Report{}, err
		}
	}
	return r, nil
}

// keep writes the score beside the registration and reads the earlier ones.
func (r *Report) keep(dir string) error {
	if dir == "" {
		return nil
	}
	sum, err := digest(r.Score)
	if err != nil {
		return err
	}
	r.ScoreFile = filepath.Join(dir, fmt.Sprintf("%s.score.%s.%s.json", r.Score.Name, r.Score.AsOf, sum[:12]))
	if err := once(r.ScoreFile, r.Score); err != nil && fault.KindOf(err) != fault.Conflict { // named by its content: the same again
		return err
	}
	scores, files, err := scoresOf(dir, r.Registration)
	if err != nil {
		return err
	}
	for i, n := range files {
		if n != r.ScoreFile {
			r.Earlier = append(r.Earlier, scores[i])
		}
	}
	return nil
}

// List is records in memory. As a Loader it gives what was known on the day and no more.
type List []record.Record

// AsOf returns the records with no later vintage.
func (l List) AsOf(_ context.Context, asOf period.Date) ([]record.Record, error) {
	var out []record.Record
	for _, r := range l {
		if r.Known(asOf) {
			out = append(out, r)
		}
	}
	return out, nil
}

func readRecords(files fs.FS, name, at string) ([]record.Record, error) {
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, bad(at, "%v", err)
	}
	rs, err := record.Read(b)
	if err != nil {
		return nil, within(err, at)
	}
	return rs, nil
}

// Load reads a registration back and verifies it. It is NotFound when there is none.
func Load(file string) (Registration, error) {
	var r Registration
	if err := readJSON(file, &r); err != nil {
		return Registration{}, err
	}
	return r, r.Verify()
}

func readJSON(file string, into any) error {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.NotFound, "backtest_file", "%v", err)
	}
	if err != nil {
		return err
	}
	if info.Size() > MaxRegistration {
		return fault.New(fault.Invalid, "backtest_file", "%s has %d bytes, at most %d are read", file, info.Size(), MaxRegistration)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fault.New(fault.Invalid, "backtest_file", "%s: %v", file, err)
	}
	return nil
}

// once writes a file whole or not at all, and never over another: it appears by a link, which fails where one is.
func once(file string, v any) (err error) {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // results are no secret
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".backtest-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(tmp.Name())) }()
	_, err = tmp.Write(append(b, '\n'))
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Chmod(tmp.Name(), 0o644); err != nil { //nolint:gosec // results are no secret
		return err
	}
	err = os.Link(tmp.Name(), file)
	if errors.Is(err, fs.ErrExist) {
		return fault.New(fault.Conflict, "backtest_exists", "%s is there and is not overwritten", file)
	}
	return err
}
