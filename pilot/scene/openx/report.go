package openx

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"roadbook/pilot/scene"
	"roadbook/pilot/scene/reference"
)

// sum counts the results, in the order of the jobs.
func (rep *Report) sum() {
	none := scene.Least(math.Inf(1))
	rep.Total = Counts{MinTTC: none, MinGap: none}
	for i := range rep.Files {
		f := &rep.Files[i]
		f.MinTTC, f.MinGap = none, none
		rep.Total.Product += f.Product
		rep.Total.Sampled += f.Sampled
	}
	h := scene.NewTrail()
	for k, j := range rep.jobs {
		r := &rep.results[k]
		rep.Files[j.file].count(r)
		rep.Total.count(r)
		h.Add(math.Float64frombits(r.Hash))
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
	add(&c.Judged, r.Judged)
	add(&c.CC, r.References[reference.CC])
	add(&c.FSM, r.References[reference.FSM])
	add(&c.Unavoidable, r.Unavoidable())
	add(&c.Crossed, r.Crossed > 0)
	add(&c.Open, r.Open)
	add(&c.Standing, r.Standing)
	add(&c.Emergency, r.Emergency)
	add(&c.Demand, r.Transition)
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

// WriteText writes the counts as a table, and what of the formats was used.
func (rep *Report) WriteText(w io.Writer) error {
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
	_, err := fmt.Fprintf(w, "%d elements and attributes of the formats read, %d ignored on purpose; everything else is refused. Hash %016x.\n",
		len(rep.Coverage.Read), len(rep.Coverage.Ignored), rep.Hash)
	return err
}

func least(l scene.Least) string {
	if math.IsInf(float64(l), 1) {
		return "never"
	}
	return fmt.Sprintf("%.2f", float64(l))
}
