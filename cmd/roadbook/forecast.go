package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"roadbook/console"
	"roadbook/evidence"
	"roadbook/money"
	"roadbook/outlook/forecast"
	"roadbook/period"
	"roadbook/supply"
)

type forecastCmd struct {
	asked      `embed:""`
	Paths      int     `help:"How many paths in all; rounded up so that each scramble has a power of two." default:"65536"`
	Scrambles  int     `help:"Independent scrambles of the points, for the error bars." default:"16"`
	Seed       uint64  `help:"Of the scrambles: the same seed gives the same bits." default:"1"`
	Workers    int     `help:"How many blocks of paths at once; the result does not depend on it. 0 is one per processor."`
	Indices    int     `help:"Points behind the Sobol indices; --indices=-1 leaves them out." default:"2048"`
	Credit     string  `help:"Record on the server what a model's software is worth at --confidence: it lowers the model's price floor. CASE_MODEL=MODEL, or MODEL when the case has the same name." placeholder:"MODEL"`
	Confidence float64 `help:"Of the credit: one of the case's." default:"0.9"`
	Who        string  `help:"Who answers for the credit." default:"operator"`
	Before     string  `help:"An earlier case: say what changed since, input by input." placeholder:"FILE" type:"existingfile"`
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
	if c.Credit != "" && c.Server == "" {
		return fmt.Errorf("--credit is recorded on a server: give --server")
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
	if c.Credit != "" {
		if err := c.credit(ctx, r, out); err != nil {
			return err
		}
	}
	return c.write(out, r, func(w io.Writer) error { return forecast.WriteText(w, r) }, func(w io.Writer) error {
		return console.Report{Title: titleOr(r.Title, r.Case), Made: time.Now(), Command: "roadbook forecast -f " + c.File, Forecast: &r}.Write(ctx, w)
	})
}

// credit records the software value that is exceeded with the confidence. The statistic becomes money once, downward.
func (c forecastCmd) credit(ctx context.Context, r forecast.Result, out io.Writer) error {
	inCase, model, renamed := strings.Cut(c.Credit, "=")
	if !renamed {
		model = inCase
	}
	for _, f := range r.Floors {
		for _, l := range f.List {
			if f.Model != inCase || l.Confidence != c.Confidence {
				continue
			}
			exp, err := r.Currency.Exponent()
			if err != nil {
				return err
			}
			minor := math.Floor(l.Credit.Value * math.Pow10(exp))
			if math.Abs(minor) > math.MaxInt64/2 {
				return fmt.Errorf("a credit of %g is no amount", l.Credit.Value)
			}
			cl, err := c.client()
			if err != nil {
				return err
			}
			var clock struct{ Now time.Time }
			if err := cl.Get(ctx, "/v1/clock", &clock); err != nil {
				return err
			}
			in := supply.Credit{Amount: money.Of(int64(minor), r.Currency), Confidence: money.Decimal(strconv.FormatFloat(l.Confidence, 'f', -1, 64)), Valid: period.Span{From: r.AsOf},
				Evidence: evidence.Evidence{Source: fmt.Sprintf("roadbook forecast of %s, case %.12s, seed %d, %d paths", r.Case, r.Run.CaseHash, r.Run.Seed, r.Run.Paths),
					Date: r.AsOf, Vintage: period.DateOf(clock.Now), Who: c.Who, Level: evidence.Derived}}
			if err := cl.Post(ctx, "/v1/models/"+url.PathEscape(model)+"/credits", uuid.NewString(), in, nil); err != nil {
				return fmt.Errorf("credit of %s: %w", model, err)
			}
			fmt.Fprintf(out, "Credited to %s: %s per car at a confidence of %s.\n\n", model, in.Amount, in.Confidence)
			return nil
		}
	}
	return fmt.Errorf("the case values no model %q at a confidence of %g", inCase, c.Confidence)
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
