package scene

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Options of a run. Workers and Progress change no result.
type Options struct {
	Workers  int                                 // 0: one per processor
	Progress func(done, total int, doing string) // nil: silent
	Prepare  func(*Rig)                          // does something to each worker's rig before its first case; nil: nothing
}

// RunCases runs the cases and returns their outcomes in the same order: the same for any number of workers.
func RunCases(ctx context.Context, cases []Case, s Stack, o Options) ([]Outcome, error) {
	out := make([]Outcome, len(cases))
	err := Each(ctx, len(cases), o.Workers, o.Progress, func() (func(int) (string, error), error) {
		rig, err := NewRig(s)
		if err != nil {
			return nil, err
		}
		if o.Prepare != nil {
			o.Prepare(rig)
		}
		return func(i int) (doing string, err error) {
			out[i], err = rig.Run(&cases[i])
			return "cases", err
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// told is after how many pieces of work the progress is told.
const told = 16

// Each does the pieces of work 0 to n-1, each once, by so many workers at a time; 0 is one per processor. hire makes a worker,
// which also says what it is doing. The first error ends it all. progress, which may be nil, is told by one worker at a time.
func Each(ctx context.Context, n, workers int, progress func(done, total int, doing string), hire func() (work func(i int) (doing string, err error), err error)) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	crew := make([]func(int) (string, error), max(1, min(workers, n)))
	for k := range crew {
		var err error
		if crew[k], err = hire(); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next, done atomic.Int64
	var mu sync.Mutex // of the progress
	last := 0
	var wg sync.WaitGroup
	for _, work := range crew {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				doing, err := work(i)
				if err != nil {
					cancel(err)
					return
				}
				if d := int(done.Add(1)); progress != nil && (d%told == 0 || d == n) {
					mu.Lock()
					if d > last {
						last = d
						progress(d, n, doing)
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if int(done.Load()) < n {
		return context.Cause(ctx)
	}
	return nil
}
