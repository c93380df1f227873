package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"roadbook/console"
	"roadbook/outlook/forecast"
)

type forecastCmd struct {
	asked     `embed:""`
	Paths     int    `help:"How many paths in all; rounded up so that each scramble has a power of two." default:"65536"`
	Scrambles int    `help:"Independent scrambles of the points, for the error bars." default:"16"`
	Seed      uint64 `help:"Of the scrambles: the same seed gives the same bits." default:"1"`
	Workers   int    `help:"How many blocks of paths at once; the result does not depend on it. 0 is one per processor."`
	Indices   int    `help:"Points behind the Sobol indices; --indices=-1 leaves them out." default:"2048"`
	Before    string `help:"An earlier case: say what changed since, input by input." placeholder:"FILE" type:"existingfile"`
}

// Help is shown by roadbook forecast --help.
func (forecastCmd) Help() string {
	return `Answers whether software will carry the car: the probability of a profit by year with its error, fans, break-even
volume and fleet, what a car-month must bring beside what others disclosed, one car's life, what moves the answer, and
the price floor that credits uncertain software. When the answer is no, the first sentence says so. Every input carries
its source; the format of a case is in outlook/forecast/FORMAT.md.

    roadbook forecast -f examples/xiaomi-2023/forecast.yaml
    roadbook forecast -f case.yaml --paths 1048576 --html forecast.html
    roadbook forecast -f this-quarter.yaml --before last-quarter.yaml`
}

// Run computes and writes.
func (c forecastCmd) Run(ctx context.Context, out io.Writer) error {
	b, err := readFile(c.File)
	if err != nil {
		return err
	}
	kase, err := forecast.Parse(b)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	var r forecast.Result
	if c.Server != "" {
		err = c.remote(ctx, "forecast", b, &r)
	} else {
		o := forecast.Options{Paths: c.Paths, Scrambles: c.Scrambles, Seed: c.Seed, Workers: c.Workers, Indices: c.Indices, Progress: progress(os.Stderr)}
		if c.Before != "" {
			if o.Before, err = earlier(c.Before); err != nil {
				return err
			}
		}
		r, err = forecast.Run(ctx, kase, o)
	}
	if err != nil {
		return err
	}
	return c.write(out, r, func(w io.Writer) error { return forecast.WriteText(w, r) }, func(w io.Writer) error {
		return console.Report{Title: titleOr(r.Title, r.Case), Made: time.Now(), Command: "roadbook forecast -f " + c.File, Forecast: &r}.Write(ctx, w)
	})
}

func earlier(file string) (*forecast.Case, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	c, err := forecast.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &c, nil
}

func titleOr(title, name string) string {
	if title != "" {
		return title
	}
	return name
}
