// Command roadbook is the maker's side: it builds, sells, connects, updates, bills and accounts for cars.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type cli struct {
	Demo     demoCmd     `cmd:"" help:"Send a small fleet down its whole road, and show what each car earned."`
	Serve    serveCmd    `cmd:"" help:"Run the maker's side."`
	Forecast forecastCmd `cmd:"" help:"Answer whether software will carry the car, with error bars."`
	Source   sourceCmd   `cmd:"" help:"Decide from whom to buy the battery packs, and what every rule costs."`
	Backtest backtestCmd `cmd:"" help:"Freeze forecasts before their actuals are read, and score them."`
	Report   reportCmd   `cmd:"" help:"Write a case with its pictures and sources into one HTML file, and PDF."`
	Scene    sceneCmd    `cmd:"" help:"Test the highway pilot in simulated traffic, and keep the evidence."`
	Bench    benchCmd    `cmd:"" help:"Measure."`
	Log      string      `help:"What to log to standard error: debug, info, warn, error." default:"warn" enum:"debug,info,warn,error"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "roadbook:", err)
		os.Exit(1)
	}
}

// run parses the command line and runs one command.
func run(ctx context.Context, args []string, out io.Writer) error {
	var c cli
	options := []kong.Option{
		kong.Name("roadbook"),
		kong.Description("The software of an electric car's maker, and the book that says what every single car earns.\n\nStart with: roadbook demo"),
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindTo(out, (*io.Writer)(nil)),
	}
	for _, n := range nouns {
		options = append(options, kong.DynamicCommand(n.name, n.help, "Admin commands (they ask a running server)", &adminCmd{noun: n}))
	}
	parser, err := kong.New(&c, options...)
	if err != nil {
		return err
	}
	k, err := parser.Parse(args)
	if err != nil {
		return err
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log)); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	k.Bind(log)
	return k.Run()
}
