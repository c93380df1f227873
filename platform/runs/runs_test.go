package runs_test

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"roadbook/fault"
	"roadbook/platform/runs"
	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
)

// patience bounds every wait of these tests.
const patience = 30 * time.Second

func titled(b []byte) (string, error) {
	if len(b) == 0 {
		return "", fault.New(fault.Invalid, "case", "an empty case")
	}
	return string(b), nil
}

func service(t *testing.T, db *sqldb.DB, work runs.Work) *runs.Runs {
	t.Helper()
	r := runs.New(db, slog.New(slog.DiscardHandler))
	r.On("sum", titled, work)
	t.Cleanup(r.Close)
	return r
}

func start(t *testing.T, r *runs.Runs) {
	t.Helper()
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// until waits for a run to be as wanted.
func until(t *testing.T, r *runs.Runs, id string, want func(runs.Run) bool) runs.Run {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		run, err := r.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if want(run) {
			return run
		}
		if time.Now().After(deadline) {
			t.Fatalf("the run is still %+v", run)
		}
	}
}

func ended(r runs.Run) bool { return r.State.Ended() }

func ask(t *testing.T, r *runs.Runs, request, input string) runs.Run {
	t.Helper()
	run, err := r.Ask(t.Context(), request, "sum", []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestRuns(t *testing.T) {
	sqldbtest.Engines(t, "runs", runs.Migrations(), func(t *testing.T, db *sqldb.DB) {
		t.Run("a run is done and keeps its result", func(t *testing.T) {
			r := service(t, db, func(_ context.Context, input []byte, progress runs.Progress) (any, error) {
				progress(3, 3, "adding")
				return map[string]string{"of": string(input)}, nil
			})
			start(t, r)
			run := until(t, r, ask(t, r, "a", "one").ID, ended)
			if run.State != runs.Done || string(run.Result) != `{"of":"one"}` || run.Done != 3 || run.Doing != "adding" || run.Title != "one" {
				t.Fatalf("%+v", run)
			}
			again := ask(t, r, "a", "one")
			if again.ID != run.ID {
				t.Error("the same request made a second run")
			}
			if _, err := r.Ask(t.Context(), "a", "sum", []byte("two")); fault.CodeOf(err) != "idempotency_mismatch" {
				t.Errorf("the same request with another input: %v", err)
			}
			if latest, err := r.Latest(t.Context(), "sum"); err != nil || latest.ID != run.ID {
				t.Errorf("latest %+v, %v", latest, err)
			}
			if inputs, err := r.Inputs(t.Context(), "sum", 10); err != nil || len(inputs) != 1 || string(inputs[0]) != "one" {
				t.Errorf("inputs %q, %v", inputs, err)
			}
			list, err := r.List(t.Context(), "sum", "", 10)
			if err != nil || len(list) != 1 || list[0].Result != nil {
				t.Errorf("list %+v, %v", list, err)
			}
			r.Close()
		})
		t.Run("refused before it waits", func(t *testing.T) {
			r := service(t, db, nil)
			for _, row := range []struct{ kind, input, code string }{{"nothing", "x", "run_kind"}, {"sum", "", "case"}, {"sum", strings.Repeat("x", runs.MaxInput+1), "run_input"}} {
				if _, err := r.Ask(t.Context(), "", row.kind, []byte(row.input)); fault.CodeOf(err) != row.code {
					t.Errorf("%.20s of %s: %v, want %s", row.input, row.kind, err, row.code)
				}
			}
		})
		t.Run("what fails says why, and a panic ends the run alone", func(t *testing.T) {
			r := service(t, db, func(_ context.Context, input []byte, _ runs.Progress) (any, error) {
				if string(input) == "panics" {
					panic("a bad case")
				}
				return nil, fault.New(fault.Refused, "no_root", "there is no root")
			})
			start(t, r)
			if run := until(t, r, ask(t, r, "f", "fails").ID, ended); run.State != runs.Failed || run.Code != "no_root" || !strings.Contains(run.Error, "no root") {
				t.Fatalf("%+v", run)
			}
			if run := until(t, r, ask(t, r, "p", "panics").ID, ended); run.State != runs.Failed || !strings.Contains(run.Error, "a bad case") {
				t.Fatalf("%+v", run)
			}
			r.Close()
		})
		t.Run("stopped, it keeps what it found", func(t *testing.T) {
			r := service(t, db, func(ctx context.Context, input []byte, progress runs.Progress) (any, error) {
				progress(1, 100, "looking")
				<-ctx.Done()
				if string(input) == "empty-handed" {
					return nil, ctx.Err()
				}
				return "incumbent", nil
			})
			start(t, r)
			for input, want := range map[string]string{"anytime": `"incumbent"`, "empty-handed": ""} {
				run := ask(t, r, "stop "+input, input)
				until(t, r, run.ID, func(r runs.Run) bool { return r.State == runs.Running && r.Doing == "looking" })
				if _, err := r.Stop(t.Context(), run.ID); err != nil {
					t.Fatal(err)
				}
				if run = until(t, r, run.ID, ended); run.State != runs.Stopped || string(run.Result) != want {
					t.Fatalf("%+v", run)
				}
			}
			r.Close()
		})
		t.Run("a run outlives the process that did it", func(t *testing.T) {
			var began atomic.Int32
			hang := func(ctx context.Context, _ []byte, _ runs.Progress) (any, error) {
				if began.Add(1) == 1 {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return "second time", nil
			}
			first := service(t, db, hang)
			start(t, first)
			run := ask(t, first, "outlives", "x")
			until(t, first, run.ID, func(r runs.Run) bool { return r.State == runs.Running })
			first.Close()
			second := service(t, db, hang)
			start(t, second)
			if run = until(t, second, run.ID, ended); run.State != runs.Done || string(run.Result) != `"second time"` {
				t.Fatalf("%+v", run)
			}
			second.Close()
		})
		t.Run("work that kills its process again and again is given up", func(t *testing.T) {
			var times atomic.Int32
			r := service(t, db, func(context.Context, []byte, runs.Progress) (any, error) { times.Add(1); return 1, nil })
			run := ask(t, r, "kills", "x")
			err := db.Tx(t.Context(), func(tx *sqldb.Tx) error { // as processes leave it that died
				_, err := tx.Exec(t.Context(), `UPDATE runs_run SET state = 'running', attempts = $1, due = 0 WHERE id = $2`, runs.MaxAttempts, run.ID)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			start(t, r)
			if run = until(t, r, run.ID, ended); run.State != runs.Failed || run.Code != "run_died" || times.Load() != 0 {
				t.Fatalf("%+v after %d times", run, times.Load())
			}
			r.Close()
		})
		t.Run("two workers share the work and do none twice", func(t *testing.T) {
			var times atomic.Int32
			work := func(context.Context, []byte, runs.Progress) (any, error) { times.Add(1); return 1, nil }
			a, b := service(t, db, work), service(t, db, work)
			var asked []string
			for _, name := range strings.Split("abcdefghij", "") {
				asked = append(asked, ask(t, a, "share "+name, name).ID)
			}
			start(t, a)
			start(t, b)
			for _, id := range asked {
				until(t, a, id, ended)
			}
			if n := times.Load(); n != int32(len(asked)) {
				t.Errorf("%d runs were done %d times", len(asked), n)
			}
			a.Close()
			b.Close()
		})
	})
}

func TestUnknownRun(t *testing.T) {
	r := service(t, sqldbtest.SQLite(t, "runs", runs.Migrations()), nil)
	if _, err := r.Get(t.Context(), "run_none"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	if _, err := r.Latest(t.Context(), "sum"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	if _, err := r.Stop(t.Context(), "run_none"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
}
