package forecast

import (
	"context"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"

	"roadbook/fault"
	"roadbook/outlook/chance"
)

// sim runs a plan: scramble by scramble, the blocks of each shared among workers. What is summed is summed per segment, a run
// of blocks that one worker takes in order, and segments are added in order: no result depends on who did what.
type sim struct {
	p         *plan
	src       *source
	workers   int
	scrambles int
	points    int // of each scramble, a power of two
	detail    int // the same of further analyses
	frames    []*frame
	tell      *teller
}

// maxSegments is how many parts of a scramble are summed apart.
const maxSegments = 16

// teller reports progress: never backwards, one call at a time.
type teller struct {
	mu    sync.Mutex
	done  int
	total int
	say   func(done, total int, doing string)
}

func (t *teller) add(n int, doing string) {
	if t == nil || t.say == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done = min(t.done+n, t.total)
	t.say(t.done, t.total, doing)
}

// finish reports that all is done.
func (t *teller) finish() {
	if t.say != nil && t.done < t.total {
		t.add(t.total-t.done, "done")
	}
}

// settle fills in the options' defaults and refuses what cannot be run.
func (o Options) settle() (Options, error) {
	bad := func(at, format string, args ...any) (Options, error) {
		return o, fault.New(fault.Invalid, "options", format, args...).At(at)
	}
	if o.Scrambles == 0 {
		o.Scrambles = DefaultScrambles
	}
	if o.Paths == 0 {
		o.Paths = DefaultPaths
	}
	if o.Detail == 0 {
		o.Detail = DefaultDetail
	}
	if o.Indices == 0 {
		o.Indices = DefaultIndices
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	switch {
	case o.Scrambles < 2 || o.Scrambles > MaxScrambles:
		return bad("/scrambles", "an error bar takes 2 to %d scrambles, not %d", MaxScrambles, o.Scrambles)
	case o.Paths < 1 || o.Paths > MaxPaths:
		return bad("/paths", "a run has 1 to %d paths, not %d", MaxPaths, o.Paths)
	case o.Detail < 1 || o.Detail > 1<<20:
		return bad("/detail", "a further analysis has 1 to %d paths, not %d", 1<<20, o.Detail)
	case o.Indices > 1<<17:
		return bad("/indices", "Sobol indices take at most %d points, not %d", 1<<17, o.Indices)
	case powerOfTwo(o.Paths, o.Scrambles) > chance.MaxPoints:
		return bad("/paths", "a scramble has at most %d points: spread %d paths over more than %d scrambles", chance.MaxPoints, o.Paths, o.Scrambles)
	case o.Workers < 1 || o.Workers > 1024:
		return bad("/workers", "a run has 1 to 1024 workers, not %d", o.Workers)
	}
	return o, nil
}

// minPoints is the least number of points of a scramble.
const minPoints = 32

// powerOfTwo is the least one at which so many scrambles have so many paths in all.
func powerOfTwo(paths, scrambles int) int {
	per := max((paths+scrambles-1)/scrambles, minPoints)
	return 1 << bits.Len(uint(per-1))
}

func newSim(p *plan, o Options) (*sim, error) {
	s := &sim{p: p, workers: o.Workers, scrambles: o.Scrambles, points: powerOfTwo(o.Paths, o.Scrambles), detail: powerOfTwo(o.Detail, o.Scrambles)}
	var err error
	if s.src, err = newSource(p.dims(), o.Seed); err != nil {
		return nil, err
	}
	for w := range s.workers {
		s.frames = append(s.frames, newFrame(p))
		s.frames[w].worker = w
	}
	return s, nil
}

func blocksOf(points int) int { return max(1, points/Width) }

// widthOf is how many paths of a block count.
func widthOf(points int) int { return min(points, Width) }

func segmentsOf(points int) int { return min(blocksOf(points), maxSegments) }

// sweep draws and computes every block of every scramble and calls do with it, from the worker that did; after each scramble it
// calls end, alone. do may be called for segments in any order, for the blocks of one in order. Frames compute quarters in
// detail and lives in the first wide points of a scramble.
func (s *sim) sweep(ctx context.Context, points, wide int, doing string, do func(f *frame, scramble, block int), end func(scramble int)) error {
	blocks, segments := blocksOf(points), segmentsOf(points)
	for r := range s.scrambles {
		k := s.src.scramble(r)
		var next atomic.Int64
		var wait sync.WaitGroup
		for w := range min(s.workers, segments) {
			wait.Go(func() {
				f := s.frames[w]
				for {
					f.segment = int(next.Add(1)) - 1
					if f.segment >= segments {
						return
					}
					for b := f.segment * blocks / segments; b < (f.segment+1)*blocks/segments; b++ {
						if ctx.Err() != nil {
							return
						}
						f.wide = b*Width < wide
						f.draw(k, b)
						f.run()
						do(f, r, b)
						s.tell.add(widthOf(points), doing)
					}
				}
			})
		}
		wait.Wait()
		if err := ctx.Err(); err != nil {
			return err
		}
		if end != nil {
			end(r)
		}
	}
	return nil
}
