package milp

import (
	"context"
	"io"
)

// LP is a linear program that is solved again and again from where it stands (warm).
type LP struct{}

// Basis is a saved state of an LP.
type Basis struct{}

func NewLP(p *Problem) (*LP, error)                     { panic("soon") }
func (l *LP) SetBounds(col int, lo, hi float64)         { panic("soon") }
func (l *LP) Bounds(col int) (lo, hi float64)           { panic("soon") }
func (l *LP) SetCost(col int, cost float64)             { panic("soon") }
func (l *LP) SetRowBounds(row int, lo, hi float64)      { panic("soon") }
func (l *LP) SetIterationLimit(n int)                   { panic("soon") } // per Solve; 0 means none
func (l *LP) SetCutoff(v float64)                       { panic("soon") } // Solve stops with Infeasible once the bound is proven above v
func (l *LP) Solve(ctx context.Context) (Status, error) { panic("soon") }
func (l *LP) Objective() float64                        { panic("soon") }
func (l *LP) Bound() float64                            { panic("soon") }
func (l *LP) X(dst []float64) []float64                 { panic("soon") } // appends to dst[:0]
func (l *LP) Duals(dst []float64) []float64             { panic("soon") }
func (l *LP) ReducedCosts(dst []float64) []float64      { panic("soon") }
func (l *LP) Iterations() int                           { panic("soon") } // all Solves so far
func (l *LP) Save() *Basis                              { panic("soon") }
func (l *LP) Load(b *Basis) error                       { panic("soon") }

func Solve(ctx context.Context, p *Problem, o Options) (Result, error) { panic("soon") }
func WriteMPS(w io.Writer, p *Problem) error                           { panic("soon") }
func WriteLP(w io.Writer, p *Problem) error                            { panic("soon") }
func ReadMPS(r io.Reader) (*Problem, error)                            { panic("soon") }

// CBC is a cbc executable that was found.
type CBC struct{ Path, Version string }

func FindCBC(ctx context.Context) (CBC, error)                                 { panic("soon") }
func (c CBC) Solve(ctx context.Context, p *Problem, o Options) (Result, error) { panic("soon") }
func Conflict(ctx context.Context, p *Problem) ([]string, error)               { panic("soon") }
