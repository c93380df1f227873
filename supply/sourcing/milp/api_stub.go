package milp

import (
	"context"
	"io"
)

func WriteMPS(w io.Writer, p *Problem) error { panic("soon") }
func WriteLP(w io.Writer, p *Problem) error  { panic("soon") }
func ReadMPS(r io.Reader) (*Problem, error)  { panic("soon") }

// CBC is a cbc executable that was found.
type CBC struct{ Path, Version string }

func FindCBC(ctx context.Context) (CBC, error)                                 { panic("soon") }
func (c CBC) Solve(ctx context.Context, p *Problem, o Options) (Result, error) { panic("soon") }
func Conflict(ctx context.Context, p *Problem) ([]string, error)               { panic("soon") }
