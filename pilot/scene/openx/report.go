package openx

import (
	"fmt"
	"io"
	"math"
	"path"
	"strings"
	"text/tabwriter"

	"roadbook/pilot/scene"
)

// sum counts the results, in the order of the jobs.
func (rep *Report) sum(plans []*Variation, jobs []job, results []result) {
	none := scene.Least(math.Inf(1))
	rep.Total = Counts{MinTTC: none, MinGap: none}
	for i := range rep.Files {
		f := &rep.Files[i]
		f.MinTTC, f.MinGap = none, none
		rep.Total.Product += f.Product
		rep.Total.Sampled += f.Sampled
	}
	h := mix(1)
	lanes := make([][]Failure, len(rep.Files)) // after the collisions
	for k, j := range jobs {
		f, r := &rep.Files[j.file], &results[k]
		f.count(r)
		rep.Total.count(r)
		h.add(math.Float64frombits(r.Hash))
		if r.discarded || !r.Failed() && r.Crossed == 0 {
			continue
		}
		x := Failure{Case: j.index, Params: plans[j.file].Case(j.index), Outcome: r.Outcome}
		if list := &lanes[j.file]; !r.Failed() && len(*list) < MaxFailures {
			*list = append(*list, x)
		} else if r.Failed() && len(f.Failures) < MaxFailures {
			f.Failures = append(f.Failures, x)
		}
	}
	for i := range rep.Files {
		f := &rep.Files[i]
		f.Failures = append(f.Failures, lanes[i][:min(len(lanes[i]), MaxFailures-len(f.Failures))]...)
	}
	rep.Hash = uint64(h)
}

func (c *Counts) count(r *result) {
	if r.discarded {
		c.Discarded++
		return
	}
	add := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	c.Run++
	c.Ticks += int64(r.Ticks)
	add(&c.Collided, r.Collision)
	add(&c.Failed, r.Failed())
	add(&c.Judged, r.Kind != "")
	add(&c.CC, r.CC)
	add(&c.FSM, r.FSM)
	add(&c.Unavoidable, r.Unavoidable())
	add(&c.Crossed, r.Crossed > 0)
	add(&c.Open, r.Open)
	add(&c.Standing, r.Standing)
	add(&c.Emergency, r.Emergency)
	add(&c.Demand, r.Demand)
	add(&c.Minimum, r.Minimum)
	add(&c.Checker, r.Checker)
	add(&c.Hard, r.MaxDecel > scene.Hard)
	if !r.Collision {
		c.MinTTC, c.MinGap = min(c.MinTTC, r.MinTTC), min(c.MinGap, r.MinGap)
	}
	c.MaxDecel = max(c.MaxDecel, r.MaxDecel)
}

// Passed reports that no case failed: wherever the ego collided, both models do.
func (rep *Report) Passed() bool { return rep.Total.Run > 0 && rep.Total.Failed == 0 }

// WriteText writes the counts as a table, so many of the cases to look at, and what of the formats was used.
func (rep *Report) WriteText(w io.Writer, failing int) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "file\tproduct\trun\tdiscarded\tcollided\tfailed\tCC\tFSM\tlane\topen\thard\tEM\tchecker\tmin TTC s\tmin gap m\tmax m/s²\t")
	row := func(name string, c *Counts) {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%.2f\t\n", name, c.Product, c.Run, c.Discarded, c.Collided, c.Failed,
			c.CC, c.FSM, c.Crossed, c.Open, c.Hard, c.Emergency, c.Checker, least(c.MinTTC), least(c.MinGap), c.MaxDecel)
	}
	for i := range rep.Files {
		f := &rep.Files[i]
		row(short(f.File), &f.Counts)
	}
	row("all", &rep.Total)
	if err := t.Flush(); err != nil {
		return err
	}
	for i := range rep.Files {
		f := &rep.Files[i]
		for _, x := range f.Failures {
			if failing--; failing < 0 {
				break
			}
			what := "left its lane"
			if !x.Outcome.Engaged {
				what = "did not engage"
			}
			if x.Outcome.Collision {
				what = fmt.Sprintf("collided with %s (%s)", x.Outcome.With, x.Outcome.Type)
			}
			var list []string
			for _, p := range x.Params {
				list = append(list, p.Name+"="+p.Value)
			}
			fmt.Fprintf(w, "%s case %d: %s after %.2f s; CC %v, FSM %v; %s\n", short(f.File), x.Case, what, float64(x.Outcome.Ticks)/100, x.Outcome.CC, x.Outcome.FSM, strings.Join(list, " "))
		}
	}
	_, err := fmt.Fprintf(w, "%d elements and attributes of the formats read, %d ignored on purpose; everything else is refused. Hash %016x.\n",
		len(rep.Coverage.Read), len(rep.Coverage.Ignored), rep.Hash)
	return err
}

func short(file string) string {
	return strings.TrimPrefix(strings.TrimSuffix(path.Base(file), ".xosc"), "alks_scenario_")
}

func least(l scene.Least) string {
	if math.IsInf(float64(l), 1) {
		return "never"
	}
	return fmt.Sprintf("%.2f", float64(l))
}
