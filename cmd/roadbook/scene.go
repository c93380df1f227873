package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"roadbook/fault"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/reference"
	"roadbook/pilot/scene/suites"
	"roadbook/pilot/scene/world"
)

type sceneCmd struct {
	Run  sceneRunCmd  `cmd:"" help:"Drive the highway pilot through suites of scenarios, or through your own cases."`
	List sceneListCmd `cmd:"" help:"Name the suites and what each is for."`

	Generate sceneGenerateCmd `cmd:"" help:"Write generated cases as CSV: the grid's distribution with a seed of your own."`

	sceneProofs `embed:""`
}

// eachProgress draws a bar for each suite: what begins again is another one.
func eachProgress(to *os.File) func(done, total int, doing string) {
	tell, last := progress(to), 0
	return func(done, total int, doing string) {
		if done < last {
			tell = progress(to)
		}
		last = done
		tell(done, total, doing)
	}
}

type sceneListCmd struct{}

// Run prints the suites.
func (sceneListCmd) Run(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "suite\tcases\twhat it is")
	for _, s := range suites.All() {
		n := ""
		if s.Cases > 0 {
			n = strconv.Itoa(s.Cases)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Name, n, s.About)
	}
	return w.Flush()
}

type sceneGenerateCmd struct {
	Kinds []string `arg:"" optional:"" help:"cut_in, cut_out, deceleration (default: all three)."`
	Seed  uint64   `help:"Of the generator; the same seed gives the same cases." default:"1"`
	Count int      `help:"How many of each kind." default:"1000" placeholder:"N"`
	Out   string   `help:"The file (default: standard output)." short:"o" placeholder:"FILE.csv"`
}

// Help tells what the cases are for.
func (sceneGenerateCmd) Help() string {
	return `Speeds of 10 to 130 km/h, varied gaps, lateral speeds, sizes and rates, spread evenly
for every count. The pilot was not looked at with your seed while it was made.

    roadbook scene generate --seed 777 --count 8000 -o cases.csv
    roadbook scene run --cases cases.csv --out results.csv`
}

// Run writes the cases.
func (c *sceneGenerateCmd) Run(out io.Writer) error {
	if c.Count < 1 || c.Count > scene.MaxCases/3 {
		return fmt.Errorf("--count: %d is out of range: expected 1 to %d", c.Count, scene.MaxCases/3)
	}
	kinds := c.Kinds
	if len(kinds) == 0 {
		kinds = []string{reference.CutIn.String(), reference.CutOut.String(), reference.Deceleration.String()}
	}
	var cases []scene.Case
	for i, name := range kinds {
		k, ok := reference.KindOf(name)
		if !ok || slices.Contains(kinds[:i], name) {
			return fmt.Errorf("%.40q: expected cut_in, cut_out or deceleration, each once", name)
		}
		cases = append(cases, scene.Generate(k, c.Seed, c.Count)...)
	}
	if c.Out == "" {
		return scene.WriteCases(out, cases)
	}
	return toFile(c.Out, func(w io.Writer) error { return scene.WriteCases(w, cases) })
}

type sceneRunCmd struct {
	Suites  []string `arg:"" optional:"" help:"Suites to run; see: roadbook scene list. A FILE.xosc runs by its path."`
	Cases   string   `help:"Run the cases of this CSV file (pilot/scene/FORMAT.md)." placeholder:"FILE.csv" type:"existingfile"`
	Grid    string   `help:"Run the cases of this JSON grid (pilot/scene/FORMAT.md)." placeholder:"FILE.json" type:"existingfile"`
	Drive   []string `help:"Follow the lead of this recorded drive (CSV with the columns cycSecs and cycMps); again for more." placeholder:"FILE.csv" type:"existingfile" sep:"none"`
	Out     string   `help:"Write the result: of cases a CSV, of suites the part of an evidence bundle as JSON." short:"o" placeholder:"FILE"`
	Against string   `help:"The JSON part that the shipped version gave for the same suites: nothing may be worse." placeholder:"FILE" type:"existingfile"`
	Planner string   `help:"What drives: pilot, or constant_throttle to see what the checker does alone." default:"pilot" enum:"pilot,constant_throttle"`
	Failing int      `help:"How many failing cases to name." default:"10"`
	suiteFlags
}

// suiteFlags say what of the suites runs, and where it finds what it needs.
type suiteFlags struct {
	Data    string  `help:"The folder of the OpenSCENARIO files, with their roads and catalogues." placeholder:"DIR" type:"existingdir"`
	Sample  int     `help:"Run only so many cases of each family; what is run is then no evidence." placeholder:"N"`
	Workers int     `help:"How many cases at once; the result does not depend on it. 0 is one per processor."`
	Seeds   int     `help:"Suite soak: how many simulations." default:"20"`
	Seconds float64 `help:"Suite soak: how long the pilot drives in each, simulated seconds." default:"1800"`
}

// Validate is asked before anything runs.
func (f *suiteFlags) Validate() error {
	switch {
	case f.Sample < 0:
		return fmt.Errorf("--sample: %d is less than 0", f.Sample)
	case f.Workers < 0:
		return fmt.Errorf("--workers: %d is less than 0", f.Workers)
	case f.Seeds < 1:
		return fmt.Errorf("--seeds: %d is less than 1", f.Seeds)
	case !(f.Seconds > 0):
		return fmt.Errorf("--seconds: %g is not more than 0", f.Seconds)
	}
	return nil
}

func (f *suiteFlags) options() suites.Options {
	return suites.Options{Data: f.Data, Sample: f.Sample, Seeds: f.Seeds, Seconds: f.Seconds, Workers: f.Workers, Progress: eachProgress(os.Stderr)}
}

// Help is shown by roadbook scene run --help.
func (sceneRunCmd) Help() string {
	return `Runs sensors, pilot, checker and car at 100 Hz in a simulated world, and beside every case what four reference drivers
of UN R157 would have done and whether physics leaves a way out. A suite fails, and the exit code is not 0, when a target
is missed. Passing is engineering evidence, not a type approval.

    roadbook scene run grid ncap
    roadbook scene run alks --data osc-alks --sample 100
    roadbook scene run cut_in.xosc
    roadbook scene run soak --seeds 20 --seconds 1800
    roadbook scene run --cases cases.csv --out results.csv
    roadbook scene run --drive us06.csv
    roadbook scene run grid --out grid.json --against shipped-grid.json

The table counts cases: avoidable are those that a reference model avoids; of all that collided, how many were of avoidable,
and how many physics would have let avoid (of bound); in keep safe keeping the speed is safe, in harmless nobody ever cuts in,
and each hard is braking above 3 m/s² in the column before it.`
}

// Run runs suites or cases.
func (c *sceneRunCmd) Run(ctx context.Context, out io.Writer) error {
	stack := scene.DefaultStack()
	stack.Planner = scene.Planner(c.Planner)
	if err := place(c.Out); err != nil {
		return err
	}
	switch {
	case len(c.Drive) > 0 && (c.Cases+c.Grid != "" || len(c.Suites) > 0 || c.Out != "" || c.Against != ""):
		return errors.New("--drive goes alone: it prints what came of each drive")
	case len(c.Drive) > 0:
		return c.follow(ctx, stack, out)
	case c.Cases != "" && c.Grid != "", (c.Cases != "" || c.Grid != "") && len(c.Suites) > 0:
		return errors.New("give suites, --cases or --grid: one of them")
	case c.Cases != "" || c.Grid != "":
		return c.cases(ctx, stack, out)
	case len(c.Suites) == 0:
		return errors.New("nothing to run: give suites (roadbook scene list), or --cases FILE.csv")
	case c.Planner != string(scene.FullPilot):
		return errors.New("--planner goes with --cases or --grid; the suite checker runs the checker alone")
	}
	return c.suites(ctx, stack, out)
}

// follow lets the pilot follow recorded drives.
func (c *sceneRunCmd) follow(ctx context.Context, stack scene.Stack, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "drive\tmin\tkm\tmin TTC s\tmin gap m\tgap short %\tmax m/s²\thard %\tjerk m/s³\tEM\tchecker\tcollision\t")
	var failed []string
	for _, file := range c.Drive {
		if err := ctx.Err(); err != nil {
			return err
		}
		f, err := followFile(file, stack)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if f.Collision || f.Left {
			failed = append(failed, f.ID)
		}
		share := func(n int) float64 { return 100 * float64(n) / float64(f.Ticks) }
		fmt.Fprintf(w, "%s\t%.1f\t%.2f\t%.2f\t%.2f\t%.1f\t%.2f\t%.2f\t%.1f\t%t\t%t\t%s\t\n", f.ID, float64(f.Ticks)/6000, f.Metres/1000, f.MinTTC, f.MinGap,
			share(f.Short), f.MaxDecel, share(f.HardTicks), f.MaxJerk, f.Emergency, f.Checker, f.Type)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(failed) > 0 {
		return fmt.Errorf("a collision, or the pilot gave up: %s", strings.Join(failed, ", "))
	}
	return nil
}

func followFile(name string, stack scene.Stack) (scene.Followed, error) {
	f, err := os.Open(name)
	if err != nil {
		return scene.Followed{}, err
	}
	defer f.Close()
	trace, err := world.ReadSpeeds(f)
	if err != nil {
		return scene.Followed{}, err
	}
	return scene.Follow(filepath.Base(name), trace, stack)
}

// cases runs a file of cases and writes a line for each, in their order.
func (c *sceneRunCmd) cases(ctx context.Context, stack scene.Stack, out io.Writer) error {
	file := c.Cases + c.Grid
	cases, err := readCases(c.Cases, c.Grid)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if c.Sample > 0 {
		cases = scene.Part{Cases: cases}.Sample(c.Sample)
	}
	outcomes, err := scene.RunCases(ctx, cases, stack, scene.Options{Workers: c.Workers, Progress: progress(os.Stderr)})
	if err != nil {
		return err
	}
	if c.Out == "" {
		return scene.WriteResults(out, outcomes)
	}
	if err := toFile(c.Out, func(w io.Writer) error { return scene.WriteResults(w, outcomes) }); err != nil {
		return err
	}
	count := bundle.NewCounter(filepath.Base(file), "1", int64(len(cases)), nil)
	for i := range outcomes {
		count.Add(&outcomes[i])
	}
	flags := " --cases " + word(file)
	if c.Grid != "" {
		flags = " --grid " + word(file)
	}
	s := count.Suite(0, 0)
	return c.table(out, []bundle.Suite{s}, map[string]string{s.Name: flags})
}

func readCases(csv, grid string) ([]scene.Case, error) {
	f, err := os.Open(csv + grid)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if grid != "" {
		_, cases, err := scene.ReadGrid(f)
		return cases, err
	}
	return scene.ReadCases(f)
}

// suites runs suites by name and holds what they found against the targets.
func (c *sceneRunCmd) suites(ctx context.Context, stack scene.Stack, out io.Writer) error {
	part, err := suites.Stack()
	if err != nil {
		return err
	}
	if part.Runner, err = thisRunner(); err != nil {
		return err
	}
	var missed []string                                                                                                           // beside the targets
	shows := map[string]string{bundle.ALKS: " --data " + word(c.Data), bundle.SoakSuite: fmt.Sprintf(" --seconds %g", c.Seconds)} // what scene show needs to find a suite's cases
	o := c.options()
	shipped, err := c.ready(o)
	if err != nil {
		return err
	}
	for _, name := range c.Suites {
		if strings.HasSuffix(name, scenarioEnding) {
			found, fails, err := c.scenarioFile(ctx, name, out)
			if err != nil {
				return err
			}
			if fails != "" {
				missed = append(missed, fails)
			}
			part.Suites = append(part.Suites, found)
			if shows[found.Name] = " --data " + word(c.Data); c.Data == "" {
				shows[found.Name] = " --data " + word(filepath.Dir(name))
			}
			continue
		}
		s, err := suites.Named(name)
		if err != nil {
			return err
		}
		found, err := s.Run(ctx, o, out)
		if err != nil {
			return err
		}
		part.Suites = append(part.Suites, found...)
	}
	if err := c.table(out, part.Suites, shows); err != nil {
		return err
	}
	if c.Out != "" {
		if err := writePart(c.Out, &part); err != nil {
			return err
		}
	}
	return c.judge(out, part.Suites, shipped, missed)
}

// ready refuses, before anything runs, what would be refused when it is its turn, and reads what to compare with.
func (c *sceneRunCmd) ready(o suites.Options) (shipped *bundle.Bundle, err error) {
	for i, name := range c.Suites {
		if slices.Contains(c.Suites[:i], name) {
			return nil, fault.New(fault.Invalid, "suite", "%.80q is named twice", name)
		}
		if strings.HasSuffix(name, scenarioEnding) {
			if _, err := os.Stat(name); err != nil {
				return nil, fault.New(fault.NotFound, "file_missing", "there is no file %s", name)
			}
			continue
		}
		s, err := suites.Named(name)
		if err != nil {
			return nil, err
		}
		if err := s.Ready(o); err != nil {
			return nil, err
		}
	}
	if c.Against == "" {
		return nil, nil
	}
	p, err := readPart(c.Against)
	if err != nil {
		return nil, err
	}
	shipped = &bundle.Bundle{Suites: p.Suites}
	shipped.Sort()
	return shipped, nil
}

// table prints what was found, and how to look at what failed: shows has, by suite, what scene show needs beside the id.
func (c *sceneRunCmd) table(out io.Writer, suites []bundle.Suite, shows map[string]string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "suite\tego\tcases\tavoidable\tcollided\tof avoidable\tof bound\tkeep safe\thard\tharmless\thard\t")
	for i := range suites {
		s := &suites[i]
		for _, row := range []struct {
			name string
			k    *bundle.Counts
		}{{"<= 60 km/h", &s.Slow}, {"> 60 km/h", &s.Fast}} {
			k := row.k
			if k.Cases == 0 {
				continue
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", s.Name, row.name, k.Cases, k.Avoidable, k.Collided, k.CollidedAvoidable,
				k.CollidedBound, k.Safe, k.HardSafe, k.Harmless, k.HardHarmless)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for i := range suites {
		s := &suites[i]
		n := s.Slow.Safe + s.Fast.Safe
		if n > 0 {
			hard := s.Slow.HardSafe + s.Fast.HardSafe
			low, high := bundle.Wilson(hard, n, bundle.Z95)
			fmt.Fprintf(out, "%s: hard braking in %.2f %% of the cases in which keeping speed is safe", s.Name, 100*float64(hard)/float64(n))
			if s.Seeds > 0 {
				fmt.Fprintf(out, " (95 %%: %.2f to %.2f)", 100*low, 100*high)
			}
			fmt.Fprintln(out)
		}
		var models []string
		for _, m := range s.Models {
			models = append(models, fmt.Sprintf("%s %d", m.Name, m.Collided))
		}
		for _, k := range s.Checks {
			if k.Failed > 0 {
				fmt.Fprintf(out, "%s: %s: holds in %d, fails in %d\n", s.Name, k.Name, k.Passed, k.Failed)
			}
		}
		if len(models) > 0 {
			fmt.Fprintf(out, "%s: the reference models collide: %s\n", s.Name, strings.Join(models, ", "))
		}
		fmt.Fprintf(out, "%s: transition demand %d, minimum risk manoeuvre %d, emergency manoeuvre %d, checker stepped in %d\n",
			s.Name, s.Mode.Transition, s.Mode.Minimum, s.Mode.Emergency, s.Mode.Checker)
		if k := s.Comfort; k != nil && k.Ticks > 0 {
			fmt.Fprintf(out, "%s: comfort: braking above 3 m/s² in %.2f %% of the time; outside of emergency manoeuvres jerk of up to %.1f m/s³ in 95 %% of the cases (%.1f in all); %.2f m/s² sideways (%.2f)\n",
				s.Name, 100*float64(k.Hard)/float64(k.Ticks), k.Jerk, k.JerkMost, k.Side, k.SideMost)
		}
		for k, f := range s.Failing {
			if k == c.Failing {
				fmt.Fprintf(out, "  and %d more\n", len(s.Failing)-k)
				break
			}
			fmt.Fprintf(out, "  %s: %s\n", f.ID, f.What)
		}
		if len(s.Failing) > 0 && c.Failing > 0 {
			fmt.Fprintf(out, "  look at one: roadbook scene show%s %s -o page.html\n", shows[s.Name], word(s.Failing[0].ID))
		}
	}
	return nil
}

// word is a word of a command line: quoted, when a shell would take it apart.
func word(s string) string {
	if strings.ContainsAny(s, " \t'\"$`\\&|;()<>*?[#~!") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// judge holds the suites against the targets that are theirs, and against the shipped version; texts is what they miss already.
func (c *sceneRunCmd) judge(out io.Writer, suites []bundle.Suite, shipped *bundle.Bundle, texts []string) error {
	b := &bundle.Bundle{Suites: suites}
	b.Sort()
	policy := bundle.Default()
	policy.Suites = nil
	policy.Limits = slices.DeleteFunc(policy.Limits, func(l bundle.Limit) bool { return l.Figure == "speed" || l.Figure == "allocs" })
	v := policy.Judge(b, shipped)
	for _, f := range v.Figures {
		if f.Told && f.Regressed {
			fmt.Fprintf(out, "%s: %s: %s; the shipped version has %s\n", f.Suite, f.Title, f.Text(), f.ShippedText())
		}
	}
	for _, f := range v.Findings {
		if f.Code != "suite_partial" { // a sample is no evidence, but its figures count
			texts = append(texts, f.Text)
		}
	}
	if len(texts) > 0 {
		return errors.New(strings.Join(texts, "\n          "))
	}
	return nil
}

// writePart writes a part of a bundle.
func writePart(file string, p *bundle.Part) error {
	return toFile(file, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(p)
	})
}

// thisRunner is this program.
func thisRunner() (*bundle.Runner, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(self)
	if err != nil {
		return nil, err
	}
	return &bundle.Runner{Program: bundle.Sum(b), Go: runtime.Version(), Arch: runtime.GOOS + "/" + runtime.GOARCH}, nil
}
