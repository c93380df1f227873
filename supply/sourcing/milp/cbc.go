package milp

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"roadbook/fault"
)

const (
	cbcProbe  = 10 * time.Second // for cbc to tell its version
	cbcGrace  = 20 * time.Second // for cbc to write its incumbent after an interrupt
	maxCBCLog = 64 << 20         // bytes of output that are read
)

// CBC is a cbc executable that was found.
type CBC struct{ Path, Version string }

// FindCBC looks for cbc in PATH and asks for its version. NotFound when there is none.
func FindCBC(ctx context.Context) (CBC, error) {
	path, err := exec.LookPath("cbc")
	if err != nil {
		return CBC{}, fault.New(fault.NotFound, "cbc_not_found", "no cbc executable in PATH (Debian: coinor-cbc)")
	}
	ctx, cancel := context.WithTimeout(ctx, cbcProbe)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "-quit").CombinedOutput()
	m := cbcVersion.FindSubmatch(out)
	if m == nil {
		return CBC{}, fault.New(fault.NotFound, "cbc_not_found", "%s does not say its version like cbc: %v", path, err)
	}
	return CBC{Path: path, Version: string(m[1])}, nil
}

var cbcVersion = regexp.MustCompile(`(?m)^Version:\s*(\S+)`)

// Solve runs cbc on p: Gap, Nodes, Seconds, Threads, Start (complete in its integers) and Cutoff of o count. The
// answer is checked against p as the built-in engine's is; the bound is what cbc says it has proven, printed
// digits and all. When ctx ends, cbc is interrupted and its incumbent is still returned if it wrote one.
func (c CBC) Solve(ctx context.Context, p *Problem, o Options) (Result, error) {
	if err := p.Check(); err != nil {
		return Result{}, err
	}
	dir, err := os.MkdirTemp("", "roadbook-cbc-")
	if err != nil {
		return Result{}, err
	}
	defer os.RemoveAll(dir)
	model, solution := filepath.Join(dir, "model.mps"), filepath.Join(dir, "solution.txt")
	q := c.prepared(p)
	if err := toFile(model, func(f *os.File) error { return WriteMPS(f, q) }); err != nil {
		return Result{}, err
	}
	args := []string{model, "-ratioGap", number(o.gap()), "-allowableGap", "0"}
	if o.Threads > 1 {
		args = append(args, "-threads", strconv.Itoa(o.Threads))
	}
	if o.Seconds > 0 {
		args = append(args, "-timeMode", "elapsed", "-seconds", number(o.Seconds))
	}
	if o.Nodes > 0 {
		args = append(args, "-maxNodes", strconv.Itoa(o.Nodes))
	}
	if v := o.cutoff(); !math.IsInf(v, 1) {
		args = append(args, "-cutoff", number(v))
	}
	if o.Start != nil && p.Integers() > 0 {
		start := filepath.Join(dir, "start.txt")
		if err := toFile(start, func(f *os.File) error { return writeStart(f, q, o.Start) }); err != nil {
			return Result{}, err
		}
		args = append(args, "-mipstart", start)
	}
	args = append(args, "-solve", "-solution", solution, "-quit")

	cmd := exec.CommandContext(ctx, c.Path, args...)
	cmd.Dir = dir
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = cbcGrace
	var log limitedBuffer
	cmd.Stdout, cmd.Stderr = &log, &log
	dieWithUs(cmd)
	runErr := cmd.Run()
	r := Result{Status: Limit, Objective: math.Inf(1), Bound: math.Inf(-1), Engine: "cbc " + c.Version}
	if cmd.ProcessState == nil {
		return Result{}, fault.New(fault.Unavailable, "cbc_failed", "%s did not start: %v", c.Path, runErr)
	}
	r.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if runErr != nil && ctx.Err() == nil {
		return Result{}, fault.New(fault.Unavailable, "cbc_failed", "%s: %v: %s", c.Path, runErr, lastLine(log.Bytes()))
	}
	said := parseCBCLog(log.Bytes())
	r.Nodes, r.Iterations = said.nodes, said.iterations
	head, x, err := readSolution(solution, q, len(p.Cols))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Result{}, err
	}
	c.judge(&r, p, o, said, head, x)
	if said.unsure && (r.Status == Infeasible || r.Status == Unbounded) {
		return c.unsure(ctx, p, o, r)
	}
	return r, nil
}

// unsure tells infeasible from unbounded by a solve without costs: cbc mixes them up.
func (c CBC) unsure(ctx context.Context, p *Problem, o Options, r Result) (Result, error) {
	q := p.Clone()
	costs := 0
	for j := range q.Cols {
		if q.Cols[j].Cost != 0 {
			q.Cols[j].Cost = 0
			costs++
		}
	}
	if costs == 0 {
		return r, nil
	}
	o.Start, o.Cutoff, o.CutoffSet = nil, 0, false
	s, err := c.Solve(ctx, q, o)
	if err != nil {
		return Result{}, err
	}
	r.CPU += s.CPU
	switch {
	case s.X != nil:
		r.Status, r.Bound = Unbounded, math.Inf(-1)
	case s.Status == Infeasible:
		r.Status, r.Bound = Infeasible, math.Inf(1)
	default:
		r.Status, r.Bound = Limit, math.Inf(-1)
	}
	return r, nil
}

// prepared is p as cbc should see it: integer bounds rounded, the constant as the cost of a fixed column (cbc's log
// leaves it out otherwise), and at least one column and row.
func (c CBC) prepared(p *Problem) *Problem {
	q := p.Clone()
	for j := range q.Cols {
		if k := &q.Cols[j]; k.Integer {
			k.Lo, k.Hi = bounds(k.Lo, k.Hi, true)
		}
	}
	one := q.AddCol(constantName, 1, 1, q.Offset, false)
	q.Offset = 0
	q.AddRow(constantName, 0, 1, Term{one, 1})
	return q
}

// judge turns what cbc said into a result of ours.
func (c CBC) judge(r *Result, p *Problem, o Options, said cbcSaid, head string, x []float64) {
	h := strings.ToLower(head)
	if !said.stopped && (strings.HasPrefix(h, "infeasible") || strings.HasPrefix(h, "integer infeasible")) {
		said.infeasible = true
	}
	switch {
	case said.infeasible:
		r.Status, r.Bound = Infeasible, math.Inf(1)
		if v := o.cutoff(); !math.IsInf(v, 1) {
			r.Bound = v
		}
		return
	case said.unbounded:
		r.Status = Unbounded
		return
	}
	r.Bound = said.bound
	if x == nil || strings.Contains(h, "infeasible") {
		return
	}
	for j := range p.Cols {
		if k := &p.Cols[j]; k.Integer {
			x[j] = math.Round(x[j])
		} else {
			x[j] = math.Min(math.Max(x[j], k.Lo), k.Hi)
		}
	}
	if rule, _ := p.Violation(x); rule > FeasibilityTol*cbcLoose {
		return // cbc's tolerance let through what ours does not: no claim
	}
	r.X, r.Objective, r.Status = x, p.Objective(x), Feasible
	if v := o.cutoff(); r.Objective >= v {
		r.X, r.Objective, r.Status = nil, math.Inf(1), Limit
		return
	}
	if said.optimal { // the search was completed: what it cut off is above objective − gap
		r.Bound = math.Max(r.Bound, r.Objective-o.gap()*math.Abs(r.Objective))
	}
	r.Bound = math.Min(r.Bound, r.Objective)
	if r.Gap() <= o.gap()*(1+1e-9) {
		r.Status = Optimal
	}
}

// cbcLoose: cbc's primal tolerance is absolute on scaled rows; its answers are accepted at this multiple of ours.
const cbcLoose = 10

func toFile(path string, write func(*os.File) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func writeStart(f *os.File, q *Problem, x []float64) error {
	cols, _ := q.fileNames()
	b := bufio.NewWriter(f)
	b.WriteString("Stopped on iterations - objective value 0\n")
	for j := range x {
		if q.Cols[j].Integer && !math.IsNaN(x[j]) {
			fmt.Fprintf(b, "%d %s %s 0\n", j, cols[j], number(math.Round(x[j])))
		}
	}
	return b.Flush()
}

type cbcSaid struct {
	optimal, infeasible, unbounded bool
	stopped                        bool
	unsure                         bool // infeasible or unbounded, cbc does not know which
	bound                          float64
	nodes, iterations              int
}

var (
	cbcLower = regexp.MustCompile(`(?m)^Lower bound:\s+(\S+)`)
	cbcBest  = regexp.MustCompile(`best possible ([-+0-9.eE]+)`)
	cbcNodes = regexp.MustCompile(`(?m)^Enumerated nodes:\s+(\d+)`)
	cbcIters = regexp.MustCompile(`(?m)^Total iterations:\s+(\d+)`)
)

// parseCBCLog reads the status, the last bound that cbc has proven, nodes and iterations from its log.
func parseCBCLog(log []byte) cbcSaid {
	s := cbcSaid{bound: math.Inf(-1)}
	text := string(log)
	has := func(t string) bool { return strings.Contains(text, t) }
	switch {
	case has("Result - Problem proven infeasible"), has("Problem is infeasible"), has("Result - Linear relaxation infeasible"),
		has("problem is infeasible"), has("PrimalInfeasible"), has("Primal infeasible"):
		s.infeasible = true
	case has("Result - Problem proven unbounded"), has("Problem is unbounded"), has("Result - Linear relaxation unbounded"), has("Dual infeasible"), has("DualInfeasible"):
		s.unbounded = true
	case has("Result - Optimal solution found"), has("Optimal objective"), has("Optimal - objective value"):
		s.optimal = true
	}
	s.unsure = has("infeasible or unbounded") && !has("Continuous objective value") || has("thinks problem is unbounded")
	s.stopped = has("Stopped on") || has("Exiting on")
	if m := cbcLower.FindStringSubmatch(text); m != nil {
		s.bound = lowered(m[1])
	} else if all := cbcBest.FindAllStringSubmatch(text, -1); len(all) > 0 {
		s.bound = lowered(all[len(all)-1][1])
	}
	if m := cbcNodes.FindStringSubmatch(text); m != nil {
		s.nodes, _ = strconv.Atoi(m[1])
	}
	if m := cbcIters.FindStringSubmatch(text); m != nil {
		s.iterations, _ = strconv.Atoi(m[1])
	}
	return s
}

// lowered reads a printed number and takes off what rounding may have added.
func lowered(s string) float64 {
	v, err := strconv.ParseFloat(strings.TrimRight(s, ".,"), 64)
	if err != nil || math.Abs(v) >= infinite {
		return math.Inf(-1)
	}
	digits := 0
	if k := strings.IndexByte(s, '.'); k >= 0 && !strings.ContainsAny(s, "eE") {
		digits = len(strings.TrimRight(s[k+1:], ".,"))
		return v - math.Pow(10, -float64(digits))/2
	}
	return v - 1e-6*math.Abs(v)
}

// readSolution reads cbc's solution file: a head line, then index, name, value, reduced cost of what is not zero.
func readSolution(path string, q *Problem, n int) (head string, x []float64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	if !sc.Scan() {
		return "", nil, sc.Err()
	}
	head = sc.Text()
	cols, _ := q.fileNames()
	index := make(map[string]int, len(cols))
	for j, s := range cols {
		index[s] = j
	}
	x = make([]float64, n)
	for sc.Scan() {
		w := strings.Fields(strings.TrimPrefix(strings.TrimSpace(sc.Text()), "**"))
		if len(w) < 3 {
			continue
		}
		j, ok := index[w[1]]
		v, err := strconv.ParseFloat(w[2], 64)
		if !ok || err != nil {
			return head, nil, fault.New(fault.Invalid, "bad_solution", "cbc's solution has the line %q; index, column and value were expected", short(sc.Text()))
		}
		if j < n {
			x[j] = v
		}
	}
	return head, x, sc.Err()
}

func lastLine(b []byte) string {
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	return short(string(lines[len(lines)-1]))
}

// limitedBuffer keeps the first maxCBCLog bytes; cbc talks on unheard.
type limitedBuffer struct{ bytes.Buffer }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if room := maxCBCLog - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}
