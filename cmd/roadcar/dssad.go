package main

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"roadbook/car"
	"roadbook/car/highway"
)

type dssadCLI struct {
	Dir  string `help:"Folder of the car." required:"" type:"existingdir" placeholder:"DIR"`
	Out  string `help:"Write the verified records in their binary form to this file." placeholder:"FILE"`
	Last int    `help:"Print only so many of the newest records; 0: all." default:"0"`
}

// readDSSAD verifies and prints what the pilot's recorder holds.
func readDSSAD(args []string, out io.Writer) error {
	var c dssadCLI
	parser, err := kong.New(&c, kong.Name("roadcar dssad"), kong.Description("Verify and print the recorder of the highway pilot (UN R157, 8)."), kong.UsageOnError())
	if err != nil {
		return err
	}
	if _, err := parser.Parse(args); err != nil {
		return err
	}
	if c.Last < 0 {
		return fmt.Errorf("--last: %d is less than 0", c.Last)
	}
	if _, err := os.Stat(car.PilotDir(c.Dir)); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s holds no recorder: it is the folder of no car, or of one that has not driven yet", c.Dir)
	}
	ring, err := highway.ReadDSSAD(car.PilotDir(c.Dir))
	if err != nil {
		return err
	}
	if c.Out != "" {
		if err := os.WriteFile(c.Out, ring.Encode(nil), 0o600); err != nil {
			return fmt.Errorf("--out: %w", err)
		}
	}
	all := ring.Records()
	if c.Last > 0 {
		all = all[max(0, len(all)-c.Last):]
	}
	w := bufio.NewWriter(out)
	for _, r := range all {
		fmt.Fprintf(w, "%6d  %s  cycle %d  %9.2f s  %-18s %-18s %s  %s\n", r.Seq, time.Unix(r.Unix, 0).UTC().Format(time.RFC3339), r.Cycle,
			float64(r.Event.At)/100, r.Event.Kind, r.Event.Reason, r.Software, r.SWIN)
	}
	head := ring.Head()
	fmt.Fprintf(w, "%d records, the newest %d, chain verified, head %s\n", ring.Len(), ring.Last(), hex.EncodeToString(head[:]))
	return w.Flush()
}
