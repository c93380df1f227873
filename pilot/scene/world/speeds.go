package world

import (
	"bufio"
	"io"
	"slices"
	"strconv"
	"strings"

	"roadbook/fault"
	"roadbook/pilot/motion"
)

// Limits of a recorded drive.
const (
	MaxSpeedsBytes = 8 << 20
	MaxSpeeds      = 100_000
)

// ReadSpeeds reads a recorded drive for Script.Trace: CSV with the columns cycSecs (s) and cycMps (m/s) among others, the
// time rising. An error names the line.
func ReadSpeeds(r io.Reader) ([]Speed, error) {
	bad := func(line int, format string, args ...any) error {
		return fault.New(fault.Invalid, "trace_malformed", format, args...).At("line " + strconv.Itoa(line))
	}
	in := io.LimitedReader{R: r, N: MaxSpeedsBytes + 1}
	scan := bufio.NewScanner(&in)
	var out []Speed
	at, speed := -1, -1
	line := 0
	for scan.Scan() {
		line++
		text := strings.TrimSpace(strings.TrimPrefix(scan.Text(), "\ufeff"))
		cells := strings.Split(text, ",")
		switch {
		case line == 1:
			at, speed = slices.Index(cells, "cycSecs"), slices.Index(cells, "cycMps")
			if at < 0 || speed < 0 {
				return nil, bad(1, "the header is %.100q, expected the columns cycSecs and cycMps", text)
			}
			continue
		case text == "":
			continue
		case len(cells) <= max(at, speed):
			return nil, bad(line, "%d cells, expected at least %d", len(cells), max(at, speed)+1)
		case len(out) == MaxSpeeds:
			return nil, bad(line, "more than %d rows", MaxSpeeds)
		}
		sec, err1 := strconv.ParseFloat(cells[at], 64)
		v, err2 := strconv.ParseFloat(cells[speed], 64)
		if err1 != nil || err2 != nil || !(sec >= 0 && sec <= 1e6 && v >= 0 && v <= 120) {
			return nil, bad(line, "time %.30q and speed %.30q, expected 0 to 1,000,000 s and 0 to 120 m/s", cells[at], cells[speed])
		}
		tick := motion.Tick(float64(sec*float64(motion.Second)) + 0.5)
		if n := len(out); n > 0 && tick <= out[n-1].At {
			return nil, bad(line, "time %.30q does not rise by a hundredth of a second", cells[at])
		}
		out = append(out, Speed{tick, v})
	}
	switch {
	case scan.Err() != nil:
		return nil, bad(line+1, "cannot be read: %v", scan.Err())
	case in.N == 0:
		return nil, bad(line, "the file is larger than %d bytes", MaxSpeedsBytes)
	case len(out) == 0:
		return nil, bad(line, "no speed, expected at least one row")
	}
	return out, nil
}
