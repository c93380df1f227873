// Package drive makes a car move where there is no road: speed traces, replayed or generated, and a longitudinal model of
// an electric car that turns them into battery, energy and distance.
package drive

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of a trace file.
const (
	MaxTraceBytes = 64 << 20
	MaxSamples    = 200_000 // more than two days at 1 Hz
	MaxSpeed      = 100.0   // m/s
	MaxTraceFiles = 1000
)

const mphToMps = 0.44704 // exact, by definition of the mile

// Sample is the speed, in m/s, At seconds after the start of the trace.
type Sample struct {
	At    float64
	Speed float64
}

// Trace is a drive: samples in strictly rising order of time.
type Trace []Sample

// Meters returns the distance by the trapezoidal rule. A gap of more than 5 s counts as standing.
func (t Trace) Meters() float64 {
	var m float64
	for i := 1; i < len(t); i++ {
		if dt := t[i].At - t[i-1].At; dt <= 5 {
			m += dt * (t[i].Speed + t[i-1].Speed) / 2
		}
	}
	return m
}

// Read reads a CSV of one of two forms, told apart by the header: cycSecs,cycMps (seconds and m/s) or
// timestamp,…,speed_mph (local time and miles per hour). An error names the line.
func Read(r io.Reader) (Trace, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxTraceBytes+1))
	if err != nil {
		return nil, err
	}
	if len(b) > MaxTraceBytes {
		return nil, fmt.Errorf("the trace is larger than %d bytes", MaxTraceBytes)
	}
	c := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))))
	head, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("line 1: no header: %w", err)
	}
	c.ReuseRecord = true
	find := func(name string) int { return slices.Index(head, name) }
	at, speed, scale, clock := find("cycSecs"), find("cycMps"), 1.0, false
	if at < 0 || speed < 0 {
		at, speed, scale, clock = find("timestamp"), find("speed_mph"), mphToMps, true
	}
	if at < 0 || speed < 0 {
		return nil, fmt.Errorf("line 1: expected the columns cycSecs,cycMps or timestamp,speed_mph, found %.100q", strings.Join(head, ","))
	}
	var out Trace
	var start time.Time
	for line := 2; ; line++ {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err // csv names the line
		}
		var s Sample
		if clock {
			t, err := time.Parse(time.DateTime, rec[at])
			if err != nil {
				return nil, fmt.Errorf("line %d: time %.40q is not YYYY-MM-DD hh:mm:ss", line, rec[at])
			}
			if len(out) == 0 {
				start = t
			}
			s.At = t.Sub(start).Seconds()
		} else if s.At, err = strconv.ParseFloat(rec[at], 64); err != nil || math.IsNaN(s.At) || math.IsInf(s.At, 0) {
			return nil, fmt.Errorf("line %d: %.40q is not a number of seconds", line, rec[at])
		}
		v, err := strconv.ParseFloat(rec[speed], 64)
		if err != nil || !(v*scale >= 0 && v*scale <= MaxSpeed) {
			return nil, fmt.Errorf("line %d: speed %.40q is not within 0 and %g m/s", line, rec[speed], MaxSpeed)
		}
		s.Speed = v * scale
		if n := len(out); n > 0 && s.At <= out[n-1].At {
			return nil, fmt.Errorf("line %d: time does not rise", line)
		}
		if len(out) == MaxSamples {
			return nil, fmt.Errorf("line %d: more than %d samples", line, MaxSamples)
		}
		out = append(out, s)
	}
	if len(out) < 2 {
		return nil, fmt.Errorf("a trace has at least 2 samples, this one %d", len(out))
	}
	return out, nil
}

// ReadDir reads every trace below dir, in the order of their names. Tables that are not traces (trips.csv) are passed over.
func ReadDir(dir string) ([]Trace, error) {
	var out []Trace
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(p) != ".csv" || d.Name() == "trips.csv" {
			return err
		}
		if len(out) == MaxTraceFiles {
			return fmt.Errorf("more than %d traces", MaxTraceFiles)
		}
		f, err := os.Open(p)
		if err != nil {
			return err
		}
		defer f.Close()
		t, err := Read(f)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		out = append(out, t)
		return nil
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("%s holds no speed trace (*.csv)", dir)
	}
	return out, err
}

// Generate makes a drive of about km kilometres, the given share of them on a highway at about 110 km/h and the rest in
// town, sampled every 10 s. The same seed makes the same drive.
func Generate(seed uint64, km, highway float64) Trace {
	rng := rand.New(rand.NewPCG(seed, 0x64726976))
	t := Trace{{0, 0}}
	speed, left := 0.0, km*1000
	for left > 50 && len(t) < MaxSamples {
		target := 13 + 4*rng.NormFloat64() // town, m/s
		if left < highway*km*1000 {
			target = 30.5 + 1.5*rng.NormFloat64()
		} else if rng.Float64() < 0.12 {
			target = 0 // a light
		}
		target = min(max(target, 0), MaxSpeed)
		next := speed + min(max(target-speed, -18), 12) // within 10 s
		left -= 10 * (speed + next) / 2
		speed = next
		t = append(t, Sample{t[len(t)-1].At + 10, speed})
	}
	return append(t, Sample{t[len(t)-1].At + 10, 0})
}
