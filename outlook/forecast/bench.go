package forecast

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"syscall"
	"text/tabwriter"
	"time"

	"roadbook/fault"
	"roadbook/outlook/chance"
)

// BenchConfig says how long to measure.
type BenchConfig struct {
	Paths int    // of each engine and round; 0: 131,072
	Runs  int    // rounds, the engines in turn; the median counts; 0: 5
	Seed  uint64 // of all draws
}

// benchPlainPaths is how many paths the plain engine gets: it takes some hundred times as long for one.
const benchPlainPaths = 512

// Bench measures, side by side in one run and on one core, the column engine, the plain engine (one number at a time) and the
// same model in numpy; compares what they find; checks that the answers do not depend on the number of workers; and shows the
// memory at two numbers of paths. It returns an error when engines disagree beyond their errors, or bits differ.
func Bench(ctx context.Context, out io.Writer, o BenchConfig) error {
	if o.Paths == 0 {
		o.Paths = 131_072
	}
	if o.Runs == 0 {
		o.Runs = 5
	}
	c, err := BenchCase()
	if err != nil {
		return err
	}
	p, err := compile(&c, nil)
	if err != nil {
		return err
	}
	names, _ := p.groups()
	fmt.Fprintf(out, "load: %d quarters, each quarter's sale a cohort of its own (%d), %d correlated inputs, %d shocks\n",
		p.quarters, p.quarters, len(p.uncertain), len(p.processes)*p.quarters)
	fmt.Fprintf(out, "Go %s, GOAMD64=%s; one core each, CPU time, median of %d rounds in turn; %d factors\n\n", runtime.Version(), goamd64(), o.Runs, len(names))

	var columns, answers, naive, peer []benchAnswer
	for run := range o.Runs {
		seed := o.Seed + uint64(run)
		a, err := benchColumns(ctx, p, o.Paths, seed, "Go columns of 256", true)
		if err != nil {
			return err
		}
		columns = append(columns, a)
		if a, err = benchColumns(ctx, p, o.Paths, seed, "the same with all answers by year", false); err != nil {
			return err
		}
		answers = append(answers, a)
		if a, err = benchPlain(ctx, p, min(o.Paths, benchPlainPaths), seed); err != nil {
			return err
		}
		naive = append(naive, a)
		n, err := numpyOwn(ctx, p, o.Paths, seed)
		if err != nil {
			return err
		}
		peer = append(peer, benchAnswer{name: "numpy " + n.Numpy + ", chunks of 2,048", paths: n.Paths, cpu: time.Duration(n.CPU * float64(time.Second)), mean: n.Mean, p5: n.P5, p95: n.P95, p: n.P, sd: n.SD})
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "engine\tµs/path\tpaths/s/core\tmean NPV bn\t5 % bn\t95 % bn\tP(NPV>0)\t")
	var med []benchAnswer
	for _, rounds := range [][]benchAnswer{columns, answers, naive, peer} {
		m := median(rounds)
		med = append(med, m)
		fmt.Fprintf(w, "%s\t%.2f\t%s\t%.3f\t%.2f\t%.2f\t%.4f\t\n", m.name, m.micros(), thousands(math.Round(1e6/m.micros())), m.mean/1e9, m.p5/1e9, m.p95/1e9, m.p)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\ncolumns to numpy: %.2f times as fast; to plain: %.1f times\n", med[3].micros()/med[0].micros(), med[2].micros()/med[0].micros())

	if err := agree(out, columns, naive, peer); err != nil {
		return err
	}
	if err := given(ctx, out, p, o.Seed); err != nil {
		return err
	}
	if err := sameBits(ctx, out, c, o.Seed); err != nil {
		return err
	}
	return flatMemory(ctx, out, c, o.Seed)
}

// benchAnswer is what one round of an engine took and found.
type benchAnswer struct {
	name                 string
	paths                int
	cpu                  time.Duration
	mean, p5, p95, p, sd float64
}

func (a benchAnswer) micros() float64 { return float64(a.cpu.Nanoseconds()) / 1e3 / float64(a.paths) }

// median is the round with the median time, with what all rounds found on average.
func median(rounds []benchAnswer) benchAnswer {
	order := append([]benchAnswer{}, rounds...)
	for i := range order { // few
		for j := i; j > 0 && order[j].cpu < order[j-1].cpu; j-- {
			order[j], order[j-1] = order[j-1], order[j]
		}
	}
	m := order[len(order)/2]
	m.mean, m.p5, m.p95, m.p = 0, 0, 0, 0
	for _, r := range rounds {
		n := float64(len(rounds))
		m.mean, m.p5, m.p95, m.p = m.mean+r.mean/n, m.p5+r.p5/n, m.p95+r.p95/n, m.p+r.p/n
	}
	return m
}

// cpuTime is what this process has had of the processors.
func cpuTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

func goamd64() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "GOAMD64" {
				return s.Value
			}
		}
	}
	return "unset"
}

// benchColumns runs the column engine from scrambled points to the histogram of NPV, or of all answers by year.
func benchColumns(ctx context.Context, p *plan, paths int, seed uint64, name string, onlyNPV bool) (benchAnswer, error) {
	a := benchAnswer{name: name, paths: powerOfTwo(paths, DefaultScrambles) * DefaultScrambles}
	s, err := newSim(p, Options{Paths: paths, Scrambles: DefaultScrambles, Detail: 1, Seed: seed, Workers: 1})
	if err != nil {
		return a, err
	}
	m := newMainPass(s, make([]float64, p.years))
	began, err := cpuTime()
	if err != nil {
		return a, err
	}
	if err := m.lean(ctx, onlyNPV); err != nil {
		return a, err
	}
	ended, err := cpuTime()
	if err != nil {
		return a, err
	}
	x := m.spread(m.npv)
	a.cpu, a.mean, a.p5, a.p95, a.p = ended-began, x.Mean.Value, x.P5.Value, x.P95.Value, m.chanceAbove(m.npv).Value
	return a, nil
}

// benchPlain runs the plain engine on pseudo-random draws.
func benchPlain(ctx context.Context, p *plan, paths int, seed uint64) (benchAnswer, error) {
	a := benchAnswer{name: "Go plain: names, Pow, Exp per cell", paths: paths}
	rng := rand.New(chance.NewPCG(seed, 1<<40))
	lower := p.copula.Lower()
	npv := make([]float64, paths)
	began, err := cpuTime()
	if err != nil {
		return a, err
	}
	z := make([]float64, len(p.uncertain))
	d := Draw{Inputs: append([]float64{}, p.known...), Shocks: make([][]float64, len(p.processes))}
	for i := range d.Shocks {
		d.Shocks[i] = make([]float64, p.quarters)
	}
	for k := range npv {
		if err := ctx.Err(); err != nil {
			return a, err
		}
		for i := range z {
			z[i] = rng.NormFloat64()
		}
		for row := len(lower) - 1; row >= 0; row-- {
			v := 0.0
			for j, l := range lower[row] {
				v += l * z[p.joined[j]]
			}
			z[p.joined[row]] = v
		}
		for i, in := range p.uncertain {
			switch law := p.laws[in].(type) {
			case chance.Normal:
				d.Inputs[in] = law.Mu + law.Sigma*z[i]
			case chance.LogNormal:
				d.Inputs[in] = math.Exp(law.Mu + law.Sigma*z[i])
			}
		}
		for i := range d.Shocks {
			for t := range d.Shocks[i] {
				d.Shocks[i][t] = rng.NormFloat64()
			}
		}
		npv[k] = Plain(p.c, d).NPV
	}
	ended, err := cpuTime()
	if err != nil {
		return a, err
	}
	a.cpu, a.mean, a.p = ended-began, chance.MeanOf(npv), above(npv)
	s := chance.Sorted(npv)
	a.p5, a.p95 = chance.QuantileOf(s, 0.05), chance.QuantileOf(s, 0.95)
	return a, nil
}

// agree compares what the engines found, within four standard errors of the rounds' differences and a floor for their number.
func agree(out io.Writer, columns, naive, peer []benchAnswer) error {
	fmt.Fprintln(out, "\nagreement over the rounds, differences in standard errors:")
	for _, x := range []struct {
		name  string
		pick  func(a benchAnswer) float64
		error func(a benchAnswer) float64 // of one round, were its paths independent
	}{
		{"mean", func(a benchAnswer) float64 { return a.mean }, func(a benchAnswer) float64 { return a.sd }},
		{"5 %", func(a benchAnswer) float64 { return a.p5 }, func(a benchAnswer) float64 { return 2.2 * a.sd }},
		{"95 %", func(a benchAnswer) float64 { return a.p95 }, func(a benchAnswer) float64 { return 2.2 * a.sd }},
		{"P", func(a benchAnswer) float64 { return a.p }, func(a benchAnswer) float64 { return math.Sqrt(a.p * (1 - a.p)) }},
	} {
		spread := x.error(peer[0])
		for _, other := range [][]benchAnswer{peer, naive} {
			a, b := chance.MeanOf(list(columns, x.pick)), chance.MeanOf(list(other, x.pick))
			// The columns' own error is smaller than that of as many independent paths, so this is cautious.
			se := spread * math.Sqrt(1/float64(columns[0].paths*len(columns))+1/float64(other[0].paths*len(other)))
			z := (a - b) / se
			fmt.Fprintf(out, "  %-5s columns − %-34s %+.2f\n", x.name, other[0].name, z)
			if math.Abs(z) > 4.5 {
				return fault.New(fault.Conflict, "bench", "%s of the columns is %g and of %s is %g: %.1f standard errors apart", x.name, a, other[0].name, b, z)
			}
		}
	}
	return nil
}

func list(rounds []benchAnswer, pick func(a benchAnswer) float64) (out []float64) {
	for _, r := range rounds {
		out = append(out, pick(r))
	}
	return out
}

// given compares the columns with numpy path by path on the very same normals.
func given(ctx context.Context, out io.Writer, p *plan, seed uint64) error {
	ours, theirs, err := numpyGiven(ctx, p, seed, 8)
	if err != nil {
		return err
	}
	worst, size := 0.0, 0.0
	for i := range ours {
		size += math.Abs(ours[i]) / float64(len(ours))
		worst = max(worst, math.Abs(ours[i]-theirs[i]))
	}
	fmt.Fprintf(out, "\nsame normals, path by path (%d paths): largest difference to numpy %.1e of the mean size\n", len(ours), worst/size)
	if worst > 1e-9*size {
		return fault.New(fault.Conflict, "bench", "columns and numpy differ by %g of %g on the same normals", worst, size)
	}
	return nil
}

// sameBits runs the case with 1, 2 and 3 workers.
func sameBits(ctx context.Context, out io.Writer, c Case, seed uint64) error {
	var first Spread
	for _, workers := range []int{1, 2, 3} {
		r, err := Run(ctx, c, Options{Paths: 16 * 1024, Seed: seed, Workers: workers, Detail: 512, Indices: -1})
		if err != nil {
			return err
		}
		r.NPV.Records = nil
		if workers == 1 {
			first = r.NPV
		} else if fmt.Sprint(first) != fmt.Sprint(r.NPV) {
			return fault.New(fault.Conflict, "bench", "%d workers find other bits than one", workers)
		}
	}
	fmt.Fprintln(out, "1, 2 and 3 workers: the same bits")
	return nil
}

// flatMemory shows what a run allocates at two numbers of paths.
func flatMemory(ctx context.Context, out io.Writer, c Case, seed uint64) error {
	var took [2]uint64
	for i, paths := range []int{1 << 16, 1 << 19} {
		p, err := compile(&c, nil)
		if err != nil {
			return err
		}
		s, err := newSim(p, Options{Paths: paths, Scrambles: DefaultScrambles, Detail: 1, Seed: seed, Workers: 1})
		if err != nil {
			return err
		}
		m := newMainPass(s, make([]float64, p.years))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := m.lean(ctx, false); err != nil {
			return err
		}
		runtime.ReadMemStats(&after)
		took[i] = after.TotalAlloc - before.TotalAlloc
		fmt.Fprintf(out, "%d paths allocate %.1f MB in all\n", s.points*s.scrambles, float64(took[i])/1e6)
	}
	if float64(took[1]) > 1.1*float64(took[0]) {
		return fault.New(fault.Conflict, "bench", "memory grows with the paths: %d and %d bytes", took[0], took[1])
	}
	return nil
}
