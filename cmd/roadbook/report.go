package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"roadbook/console"
	"roadbook/outlook/backtest"
	"roadbook/outlook/forecast"
	"roadbook/supply/sourcing"
)

type reportCmd struct {
	Case  string `arg:"" help:"Folder of the case: forecast.yaml, source.yaml and backtest.yaml, those that are there." type:"existingdir"`
	Out   string `short:"o" help:"The report, one HTML file." default:"report.html" placeholder:"FILE"`
	PDF   string `name:"pdf" help:"Print it as PDF too; wants Chromium or Chrome on this machine." placeholder:"FILE"`
	Paths int    `help:"Paths of the forecast." default:"65536"`
	Seed  uint64 `help:"Of the forecast." default:"1"`
}

// Help is shown by roadbook report --help.
func (reportCmd) Help() string {
	return `Makes one self-contained report of a case: whether software carries the car, where to buy the battery, how far such
forecasts were off; with every picture and the source of every assumption. The HTML loads nothing from anywhere.

    roadbook report examples/xiaomi-2023 -o xiaomi.html --pdf xiaomi.pdf`
}

// browsers are the programs that can print, in the order in which they are looked for.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}

// printPatience is how long a browser may take to print.
const printPatience = 2 * time.Minute

// Run computes what the folder asks and writes the report.
func (c reportCmd) Run(ctx context.Context, out io.Writer) error {
	browser := ""
	if c.PDF != "" { // before minutes of work, not after
		var err error
		if browser, err = findBrowser(); err != nil {
			return err
		}
	}
	r := console.Report{Title: filepath.Base(filepath.Clean(c.Case)), Made: time.Now(), Command: "roadbook report " + c.Case}
	tell := progress(os.Stderr)
	for _, part := range []struct {
		file string
		make func([]byte) error
	}{
		{"forecast.yaml", func(b []byte) error {
			kase, err := forecast.Parse(b)
			if err != nil {
				return err
			}
			res, err := forecast.Run(ctx, kase, forecast.Options{Paths: c.Paths, Seed: c.Seed, Progress: tell})
			r.Forecast, r.Title = &res, titleOr(res.Title, r.Title)
			return err
		}},
		{"source.yaml", func(b []byte) error {
			kase, err := sourcing.Parse(b)
			if err != nil {
				return err
			}
			plan, err := sourcing.Solve(ctx, kase, sourcing.Options{Progress: func(p sourcing.Progress) { tell(p.Done, max(1, p.Of), p.Words()) }})
			r.Award = &plan
			return err
		}},
		{"backtest.yaml", func([]byte) error {
			rep, err := backtest.Run(ctx, os.DirFS(c.Case), "backtest.yaml", backtest.Options{Now: time.Now(), Progress: tell})
			r.Backtest = &rep
			return err
		}},
	} {
		b, err := os.ReadFile(filepath.Join(c.Case, part.file))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := part.make(b); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(c.Case, part.file), err)
		}
	}
	if r.Forecast == nil && r.Award == nil && r.Backtest == nil {
		return fmt.Errorf("%s holds none of forecast.yaml, source.yaml and backtest.yaml", c.Case)
	}
	if err := toFile(c.Out, func(w io.Writer) error { return r.Write(ctx, w) }); err != nil {
		return err
	}
	fmt.Fprintln(out, c.Out)
	if browser == "" {
		return nil
	}
	if err := printPDF(ctx, browser, c.Out, c.PDF); err != nil {
		return err
	}
	fmt.Fprintln(out, c.PDF)
	return nil
}

func findBrowser() (string, error) {
	for _, b := range browsers {
		if p, err := exec.LookPath(b); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("--pdf wants one of %s on this machine; the HTML prints to PDF from any browser", strings.Join(browsers, ", "))
}

// printPDF lets a browser print a file that it needs nothing else for: it is kept from the network.
func printPDF(ctx context.Context, browser, html, pdf string) error {
	from, err := filepath.Abs(html)
	if err != nil {
		return err
	}
	to, err := filepath.Abs(pdf)
	if err != nil {
		return err
	}
	profile, err := os.MkdirTemp("", "roadbook-print-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(profile)
	ctx, cancel := context.WithTimeout(ctx, printPatience)
	defer cancel()
	args := []string{"--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=" + profile, "--no-pdf-header-footer", "--print-to-pdf=" + to, "file://" + from}
	if os.Geteuid() == 0 { // Chromium's sandbox does not run as root
		args = append([]string{"--no-sandbox"}, args...)
	}
	if said, err := exec.CommandContext(ctx, browser, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s could not print: %w\n%.2000s", filepath.Base(browser), err, said)
	}
	if info, err := os.Stat(to); err != nil || info.Size() == 0 {
		return fmt.Errorf("%s printed nothing", filepath.Base(browser))
	}
	return nil
}
