package forecast

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os/exec"

	"roadbook/fault"
	"roadbook/outlook/chance"
)

//go:embed bench.yaml
var benchCase []byte

//go:embed numpy_model.py
var numpyModel string

// Python is Debian's interpreter, for which python3-numpy is installed.
const Python = "/usr/bin/python3"

// BenchCase returns the load of the benchmark: 60 quarters, a cohort each, 24 correlated inputs, 60 shocks.
func BenchCase() (Case, error) { return Parse(benchCase) }

// numpyChunk is how many paths numpy computes side by side: its best on the machines measured.
const numpyChunk = 2_048

// numpyLoad tells the numpy model about a case.
type numpyLoad struct {
	Quarters   int          `json:"quarters"`
	Inputs     []numpyInput `json:"inputs"`
	Cholesky   [][]float64  `json:"cholesky"`
	SeasonFrom int          `json:"season_from"`
	Paths      int          `json:"paths"`
	Chunk      int          `json:"chunk"`
	Seed       uint64       `json:"seed"`
	Given      bool         `json:"given"`
}

type numpyInput struct {
	Name  string  `json:"name"`
	Law   string  `json:"law"`
	Mu    float64 `json:"mu"`
	Sigma float64 `json:"sigma"`
}

// numpyAnswer is what the numpy model says.
type numpyAnswer struct {
	CPU    float64 `json:"cpu"`
	Paths  int     `json:"paths"`
	Mean   float64 `json:"mean"`
	SD     float64 `json:"sd"`
	P5     float64 `json:"p5"`
	P95    float64 `json:"p95"`
	P      float64 `json:"p"`
	Numpy  string  `json:"numpy"`
	Python string  `json:"python"`
}

func numpyLoadOf(p *plan, paths int, seed uint64) numpyLoad {
	l := numpyLoad{Quarters: p.quarters, SeasonFrom: p.c.Start.Index() % 4, Paths: paths, Chunk: numpyChunk, Seed: seed}
	for i, in := range p.c.Inputs {
		o := numpyInput{Name: in.Name, Law: "fixed", Mu: p.known[i]}
		switch d := p.laws[i].(type) {
		case chance.Normal:
			o.Law, o.Mu, o.Sigma = "normal", d.Mu, d.Sigma
		case chance.LogNormal:
			o.Law, o.Mu, o.Sigma = "lognormal", d.Mu, d.Sigma
		}
		l.Inputs = append(l.Inputs, o)
	}
	n := len(p.uncertain)
	lower := p.copula.Lower()
	for i := range n {
		l.Cholesky = append(l.Cholesky, make([]float64, n))
		l.Cholesky[i][i] = 1
	}
	for i, row := range lower {
		for j, v := range row {
			l.Cholesky[p.joined[i]][p.joined[j]] = v
		}
	}
	return l
}

// runNumpy runs the numpy model and returns its output.
func runNumpy(ctx context.Context, l numpyLoad, normals []byte) ([]byte, error) {
	head, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, Python, "-c", numpyModel)
	// One core: the Go engine is measured on one too.
	cmd.Env = []string{"OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "PATH=/usr/bin:/bin"}
	cmd.Stdin = bytes.NewReader(append(append(head, '\n'), normals...))
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return nil, fault.New(fault.Unavailable, "numpy", "%s with numpy did not run (Debian: apt-get install python3-numpy): %v: %.300s", Python, err, complaint.String())
	}
	return out.Bytes(), nil
}

// numpyOwn lets numpy draw its own paths.
func numpyOwn(ctx context.Context, p *plan, paths int, seed uint64) (a numpyAnswer, err error) {
	out, err := runNumpy(ctx, numpyLoadOf(p, paths, seed), nil)
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(out, &a)
}

// numpyGiven returns both engines' NPV of the very same normals: blocks of one scramble.
func numpyGiven(ctx context.Context, p *plan, seed uint64, blocks int) (ours, theirs []float64, err error) {
	src, err := newSource(p.dims(), seed)
	if err != nil {
		return nil, nil, err
	}
	f, k := newFrame(p), src.scramble(0)
	var normals []byte
	put := func(cols [][]float64) {
		for _, col := range cols {
			for _, v := range col {
				normals = binary.LittleEndian.AppendUint64(normals, math.Float64bits(v))
			}
		}
	}
	n := len(p.uncertain)
	for b := range blocks {
		f.draw(k, b)
		put(f.raw[:n])
		f.run()
		put(f.shocks) // the bridge's increments, which are independent standard normals
		ours = append(ours, f.yearly.npv[:]...)
	}
	l := numpyLoadOf(p, blocks*Width, seed)
	l.Given, l.Chunk = true, Width
	out, err := runNumpy(ctx, l, normals)
	if err != nil {
		return nil, nil, err
	}
	if len(out) != 8*len(ours) {
		return nil, nil, fmt.Errorf("numpy answered %d bytes for %d paths", len(out), len(ours))
	}
	for i := range ours {
		theirs = append(theirs, math.Float64frombits(binary.LittleEndian.Uint64(out[8*i:])))
	}
	return ours, theirs, nil
}
