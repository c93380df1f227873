package scene

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Options of a run. None of them changes a result.
type Options struct {
	Workers  int                                 // 0: one per processor
	Progress func(done, total int, doing string) // nil: silent
}

// RunCases runs the cases and returns their outcomes in the same order: the same for any number of workers.
func RunCases(ctx context.Context, cases []Case, s Stack, o Options) ([]Outcome, error) {
	n := o.Workers
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	n = max(1, min(n, len(cases)))
	tell := o.Progress
	if tell == nil {
		tell = func(int, int, string) {}
	}
	out := make([]Outcome, len(cases))
	errs := make([]error, n)
	rigs := make([]*Rig, n)
	for i := range rigs {
		var err error
		if rigs[i], err = NewRig(s); err != nil {
			return nil, err
		}
	}
	var next, done atomic.Int64
	var mu sync.Mutex // of the progress
	told := 0
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	for k := range n {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(cases) {
					return
				}
				var err error
				if out[i], err = rigs[k].Run(&cases[i]); err != nil {
					errs[k] = err
					cancel()
					return
				}
				if d := int(done.Add(1)); d%64 == 0 || d == len(cases) {
					mu.Lock()
					if d > told {
						told = d
						tell(d, len(cases), "cases")
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return out, nil
}
