// Package runs does long work that somebody asked for: one replica claims it, others see how far it is, it survives the
// death of a process, and it may be stopped and keep what it has found.
package runs

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"roadbook/fault"
	"roadbook/id"
	"roadbook/platform/sqldb"
)

// Limits of a run.
const (
	MaxInput    = 1 << 20          // bytes
	MaxResult   = 16 << 20         // bytes
	MaxAttempts = 3                // beginnings, after which work that kills its process is given up
	MaxList     = 100              // runs of one list
	Lease       = 30 * time.Second // after which another replica may take a run whose process is silent
	Beat        = time.Second      // how often progress is written and a wish to stop is read
	PollEvery   = 2 * time.Second  // how soon what other replicas were asked is seen
)

// State says how far a run is.
type State string

// The states. A run ends as Done, Stopped or Failed.
const (
	Waiting State = "waiting"
	Running State = "running"
	Done    State = "done"
	Stopped State = "stopped" // on demand; Result holds what was found until then, if anything
	Failed  State = "failed"
)

// Ended reports whether nothing more will happen.
func (s State) Ended() bool { return s == Done || s == Stopped || s == Failed }

// Run is one piece of long work.
type Run struct {
	ID     string          `json:"id"`
	Kind   string          `json:"kind"` // "forecast"
	Title  string          `json:"title"`
	State  State           `json:"state"`
	Asked  time.Time       `json:"asked"`
	Began  time.Time       `json:"began,omitzero"`
	Ended  time.Time       `json:"ended,omitzero"`
	Done   int             `json:"done"` // of Total, in the work's own unit
	Total  int             `json:"total"`
	Doing  string          `json:"doing,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Code   string          `json:"code,omitempty"`  // of the error
	Error  string          `json:"error,omitempty"` // why it failed
}

// Progress is told how far the work is. It may be called as often as one likes.
type Progress func(done, total int, doing string)

// Work does one kind of run. When ctx ends because somebody asked to stop, it returns what it has found, or ctx's error.
// It may be begun again after a process died: the same input must give the same result.
type Work func(ctx context.Context, input []byte, progress Progress) (result any, err error)

// errStopped is the cause with which a run's context ends when somebody asked to stop.
var errStopped = errors.New("asked to stop")

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the files that make the table.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Runs keeps runs in a database and does those that wait, one at a time per process.
type Runs struct {
	db    *sqldb.DB
	log   *slog.Logger
	kinds map[string]kind
	wake  chan struct{}
	stop  context.CancelFunc
	done  sync.WaitGroup
}

type kind struct {
	title func(input []byte) (string, error)
	work  Work
}

// New returns runs over a database; name the kinds with On before Start.
func New(db *sqldb.DB, log *slog.Logger) *Runs {
	return &Runs{db: db, log: log, kinds: map[string]kind{}, wake: make(chan struct{}, 1)}
}

// On says what is done for a kind. Title reads an input's name, and refuses an input that is not worth to wait for.
func (r *Runs) On(name string, title func(input []byte) (string, error), work Work) {
	r.kinds[name] = kind{title, work}
}

// Ask records a run that is to be done. The same request again answers the run that it made; with another input it is refused.
func (r *Runs) Ask(ctx context.Context, request, name string, input []byte) (Run, error) {
	k, ok := r.kinds[name]
	switch {
	case !ok:
		return Run{}, fault.New(fault.NotFound, "run_kind", "there is no work of the kind %.40q", name)
	case len(input) > MaxInput:
		return Run{}, fault.New(fault.Invalid, "run_input", "an input has at most %d bytes, this one %d", MaxInput, len(input))
	case len(request) > id.MaxKey:
		return Run{}, fault.New(fault.Invalid, "run_request", "a request has a name of at most %d bytes", id.MaxKey)
	}
	title, err := k.title(input)
	if err != nil {
		return Run{}, err
	}
	if request == "" {
		request = id.New("req")
	}
	var out Run
	err = r.db.Tx(ctx, func(tx *sqldb.Tx) error {
		var had, hadKind string
		row := tx.QueryRow(ctx, `SELECT `+columns+`, input FROM runs_run WHERE request = $1`, request)
		stored, err := scan(row.Scan, &had)
		if err == nil {
			hadKind = stored.Kind
			if had != string(input) || hadKind != name {
				return fault.New(fault.Conflict, "idempotency_mismatch", "request %.40q has asked for another run", request)
			}
			out = stored
			return nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		out = Run{ID: id.New("run"), Kind: name, Title: title, State: Waiting, Asked: time.Now().UTC().Truncate(time.Microsecond)}
		_, err = tx.Exec(ctx, `INSERT INTO runs_run (id, request, kind, title, input, state, stop, attempts, due, asked, began, ended, done, total, doing, result, code, error)
			VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, $7, 0, 0, 0, 0, '', '', '', '')`,
			out.ID, request, name, title, string(input), string(Waiting), out.Asked.UnixMicro())
		return err
	})
	if err != nil {
		return Run{}, err
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
	return out, nil
}

// columns are read by scan, in this order.
const columns = `id, kind, title, state, asked, began, ended, done, total, doing, result, code, error`

func scan(from func(...any) error, more ...any) (Run, error) {
	var r Run
	var asked, began, ended int64
	var result string
	err := from(append([]any{&r.ID, &r.Kind, &r.Title, &r.State, &asked, &began, &ended, &r.Done, &r.Total, &r.Doing, &result, &r.Code, &r.Error}, more...)...)
	for _, t := range []struct {
		into *time.Time
		at   int64
	}{{&r.Asked, asked}, {&r.Began, began}, {&r.Ended, ended}} {
		if t.at > 0 {
			*t.into = time.UnixMicro(t.at).UTC()
		}
	}
	if result != "" {
		r.Result = json.RawMessage(result)
	}
	return r, err
}

// Get returns a run with its result.
func (r *Runs) Get(ctx context.Context, id string) (Run, error) {
	run, err := scan(r.db.Read().QueryRow(ctx, `SELECT `+columns+` FROM runs_run WHERE id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Run{}, fault.New(fault.NotFound, "run", "there is no run %.60q", id)
	}
	return run, err
}

// List returns runs without their results, the newest first: of one kind, or of all; those asked for before the run that is
// named, or from the newest on.
func (r *Runs) List(ctx context.Context, kind, before string, limit int) ([]Run, error) {
	rows, err := r.db.Read().Query(ctx, `SELECT id, kind, title, state, asked, began, ended, done, total, doing, '', code, error FROM runs_run
		WHERE (kind = $1 OR $1 = '') AND (id < $2 OR $2 = '') ORDER BY id DESC LIMIT $3`, kind, before, max(1, min(limit, MaxList)))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Run
	for rows.Next() {
		run, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, run)
	}
	return out, rows.Err()
}

// Latest returns the newest run of a kind that has a result.
func (r *Runs) Latest(ctx context.Context, kind string) (Run, error) {
	run, err := scan(r.db.Read().QueryRow(ctx, `SELECT `+columns+` FROM runs_run WHERE kind = $1 AND result <> '' ORDER BY id DESC LIMIT 1`, kind).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Run{}, fault.New(fault.NotFound, "run", "no %s has been made yet", kind)
	}
	return run, err
}

// Inputs returns what the runs of a kind that have a result were asked with, the newest first.
func (r *Runs) Inputs(ctx context.Context, kind string, limit int) ([][]byte, error) {
	rows, err := r.db.Read().Query(ctx, `SELECT input FROM runs_run WHERE kind = $1 AND result <> '' ORDER BY id DESC LIMIT $2`, kind, max(1, min(limit, MaxList)))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out [][]byte
	for rows.Next() {
		var input string
		if err := rows.Scan(&input); err != nil {
			return nil, err
		}
		out = append(out, []byte(input))
	}
	return out, rows.Err()
}

// Stop asks a run to end with what it has found. One that has ended stays as it is.
func (r *Runs) Stop(ctx context.Context, id string) (Run, error) {
	err := r.db.Tx(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE runs_run SET state = $1, ended = $2 WHERE id = $3 AND state = $4`,
			string(Stopped), time.Now().UnixMicro(), id, string(Waiting)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE runs_run SET stop = 1 WHERE id = $1 AND state = $2`, id, string(Running))
		return err
	})
	if err != nil {
		return Run{}, err
	}
	return r.Get(ctx, id)
}

// Start begins to work until Close. Where one process at a time has the database, what runs was left by one that died.
func (r *Runs) Start(ctx context.Context) error {
	if r.db.Exclusive() {
		err := r.db.Tx(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE runs_run SET due = 0 WHERE state = $1`, string(Running))
			return err
		})
		if err != nil {
			return err
		}
	}
	ctx, r.stop = context.WithCancel(ctx)
	r.done.Go(func() {
		tick := time.NewTicker(PollEvery)
		defer tick.Stop()
		for {
			if err := r.drain(ctx); err != nil && ctx.Err() == nil {
				r.log.Error("long work", "err", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-r.wake:
			case <-tick.C:
			}
		}
	})
	return nil
}

// Close ends the work under way, which begins again at the next Start, here or elsewhere. Twice is fine.
func (r *Runs) Close() {
	if r.stop != nil {
		r.stop()
		r.done.Wait()
	}
}

// drain does runs until none waits.
func (r *Runs) drain(ctx context.Context) error {
	for ctx.Err() == nil {
		run, input, err := r.claim(ctx)
		if err != nil || run.ID == "" {
			return err
		}
		if err := r.do(ctx, run, input); err != nil {
			return err
		}
	}
	return nil
}

// claim takes the oldest run that waits, or that was left by a process that is silent since a lease.
func (r *Runs) claim(ctx context.Context) (run Run, input string, err error) {
	now := time.Now()
	err = r.db.Tx(ctx, func(tx *sqldb.Tx) error {
		run, input = Run{}, ""
		if _, err := tx.Exec(ctx, `UPDATE runs_run SET state = $1, ended = $2, code = 'run_died', error = $3 WHERE state = $4 AND due <= $2 AND attempts >= $5`,
			string(Failed), now.UnixMicro(), fmt.Sprintf("the work ended its process %d times", MaxAttempts), string(Running), MaxAttempts); err != nil {
			return err
		}
		found, err := scan(tx.QueryRow(ctx, `SELECT `+columns+`, input FROM runs_run WHERE state IN ($1, $2) AND due <= $3 ORDER BY id LIMIT 1`+tx.Claim(),
			string(Waiting), string(Running), now.UnixMicro()).Scan, &input)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		run = found
		_, err = tx.Exec(ctx, `UPDATE runs_run SET state = $1, attempts = attempts + 1, due = $2, began = $3 WHERE id = $4`,
			string(Running), now.Add(Lease).UnixMicro(), now.UnixMicro(), run.ID)
		return err
	})
	return run, input, err
}

// do works on one run and records how it ended.
func (r *Runs) do(ctx context.Context, run Run, input string) error {
	work, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	done, total, doing := 0, 0, ""
	beat := r.beat(work, cancel, run.ID, func() (int, int, string) {
		mu.Lock()
		defer mu.Unlock()
		return done, total, doing
	})
	var result any
	var err error = fault.New(fault.Unavailable, "run_kind", "this server does no %s", run.Kind)
	if k, ok := r.kinds[run.Kind]; ok {
		result, err = guard(work, k.work, []byte(input), func(d, t int, what string) {
			mu.Lock()
			defer mu.Unlock()
			done, total, doing = d, t, what
		})
	}
	stopped := context.Cause(work) == errStopped //nolint:errorlint // it is our own cause
	cancel(nil)
	<-beat
	if ctx.Err() != nil {
		return r.release(context.WithoutCancel(ctx), run.ID)
	}
	state, code, text, body := Done, "", "", ""
	switch {
	case stopped && errors.Is(err, context.Canceled):
		state = Stopped
	case err != nil:
		state, code, text = Failed, fault.CodeOf(err), err.Error()
		if fault.KindOf(err) == fault.Unknown {
			r.log.Error("long work", "run", run.ID, "kind", run.Kind, "err", err)
		}
	default:
		b, merr := json.Marshal(result)
		switch {
		case merr != nil:
			state, code, text = Failed, "run_result", merr.Error()
		case len(b) > MaxResult:
			state, code, text = Failed, "run_result", fmt.Sprintf("the result has %d bytes, more than %d", len(b), MaxResult)
		default:
			if body = string(b); stopped {
				state = Stopped
			}
		}
	}
	mu.Lock()
	defer mu.Unlock()
	return r.db.Tx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE runs_run SET state = $1, ended = $2, done = $3, total = $4, doing = $5, result = $6, code = $7, error = $8 WHERE id = $9 AND state = $10`,
			string(state), time.Now().UnixMicro(), done, total, doing, body, code, text, run.ID, string(Running))
		return err
	})
}

// guard turns a panic of the work into its error: one bad case must not end the server.
func guard(ctx context.Context, work Work, input []byte, progress Progress) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the work panicked: %v", p)
		}
	}()
	return work(ctx, input, progress)
}

// beat writes progress, keeps the lease and listens for a wish to stop, until ctx ends. The channel closes when it has ended.
func (r *Runs) beat(ctx context.Context, cancel context.CancelCauseFunc, id string, progress func() (int, int, string)) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(Beat)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			done, total, doing := progress()
			var stop int
			err := r.db.Tx(ctx, func(tx *sqldb.Tx) error {
				if _, err := tx.Exec(ctx, `UPDATE runs_run SET due = $1, done = $2, total = $3, doing = $4 WHERE id = $5 AND state = $6`,
					time.Now().Add(Lease).UnixMicro(), done, total, doing, id, string(Running)); err != nil {
					return err
				}
				return tx.QueryRow(ctx, `SELECT stop FROM runs_run WHERE id = $1`, id).Scan(&stop)
			})
			if err != nil && ctx.Err() == nil {
				r.log.Warn("long work: progress", "run", id, "err", err)
			}
			if stop == 1 {
				cancel(errStopped)
			}
		}
	}()
	return ended
}

// release puts a run back that this process cannot finish; the attempt does not count.
func (r *Runs) release(ctx context.Context, id string) error {
	return r.db.Tx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE runs_run SET state = $1, due = 0, attempts = attempts - 1 WHERE id = $2 AND state = $3`, string(Waiting), id, string(Running))
		return err
	})
}
