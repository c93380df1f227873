package meter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"roadbook/car/flash"
	"roadbook/fault"
	"roadbook/wire/command"
)

// The disk holds a checkpoint and a log of the additions since, each line with its checksum. A checkpoint begins a new generation
// with an empty log of its own name, so that a program killed between the two neither loses nor repeats an addition.
//
// What a disk has spoiled is set aside by name (flash.Aside) and the rest goes on: a line of the log alone; a checkpoint with the
// batch under way and what was counted before it. Batches then go on above the newest log's generation, which is never below the
// number of a batch, so that no number is told twice.

const checkpointName = "meter.json"

// load reads the checkpoint, replays its log and cuts a torn last line off.
func (m *Meter) load() error {
	cp, lost, err := m.readCheckpoint()
	if err != nil {
		return fmt.Errorf("meter: %w", err)
	}
	m.cp, m.open = cp, map[slot]Use{}
	for _, u := range cp.Open {
		m.count(u)
	}
	bad, err := m.replay()
	if err != nil {
		return fmt.Errorf("meter: %w", err)
	}
	if len(bad) > 0 {
		if err := m.aside(flash.AsideBytes(m.logPath(cp.Gen), bad)); err != nil {
			return err
		}
	}
	if lost || len(bad) > 0 {
		return m.save(checkpoint{Seq: m.cp.Seq, Sealed: m.cp.Sealed, Open: m.pending()})
	}
	return m.sweep(os.Remove)
}

// aside notes what was set aside.
func (m *Meter) aside(name string, err error) error {
	if err != nil {
		return fmt.Errorf("meter: %w", err)
	}
	m.bad = append(m.bad, name)
	return nil
}

// readCheckpoint reads the checkpoint. lost: there was one, it cannot be read, and what comes back only goes on after it.
func (m *Meter) readCheckpoint() (cp checkpoint, lost bool, err error) {
	path := filepath.Join(m.dir, checkpointName)
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cp, false, err
	}
	there := err == nil
	gen, err := m.newestLog()
	if err != nil || !there && gen == 0 {
		return cp, false, err // nothing was ever sealed
	}
	if there {
		if cp, ok := parseCheckpoint(b); ok {
			return cp, false, nil
		}
		if gen == 0 { // no generation to go on from: the second at which it was written is above any count of batches
			info, err := os.Stat(path)
			if err != nil {
				return cp, false, err
			}
			gen = uint64(max(info.ModTime().Unix(), 1))
		}
		if err := m.aside(flash.Aside(path)); err != nil {
			return cp, false, err
		}
	}
	m.cp.Gen = gen
	return checkpoint{Gen: gen, Seq: gen}, true, m.sweep(func(log string) error { return m.aside(flash.Aside(log)) })
}

// newestLog is the highest generation of which there is a log, 0 without one.
func (m *Meter) newestLog() (gen uint64, err error) {
	logs, err := filepath.Glob(filepath.Join(m.dir, "use-*.log"))
	for _, l := range logs {
		if n, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(l), "use-"), ".log"), 10, 62); err == nil {
			gen = max(gen, n)
		}
	}
	return gen, err
}

// replay counts the log's lines and returns those that cannot be read. A last line without an end was being written: it is cut off.
func (m *Meter) replay() (bad []byte, err error) {
	if m.log != nil {
		_ = m.log.Close() // it is read again by its name
		m.log = nil
	}
	path := m.logPath(m.cp.Gen)
	log, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	lines, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	m.log, m.size = log, 0
	for {
		line, rest, whole := bytes.Cut(lines, []byte("\n"))
		if !whole {
			break
		}
		if u, ok := decode(line); ok {
			m.count(u)
		} else {
			bad = append(append(bad, line...), '\n')
		}
		m.size += int64(len(line)) + 1
		lines = rest
	}
	if len(lines) > 0 {
		return bad, log.Truncate(m.size)
	}
	return bad, nil
}

// sweep does away with the logs of other generations.
func (m *Meter) sweep(away func(log string) error) error {
	logs, err := filepath.Glob(filepath.Join(m.dir, "use-*.log"))
	if err != nil {
		return fmt.Errorf("meter: %w", err)
	}
	for _, l := range logs {
		if l != m.logPath(m.cp.Gen) {
			if err := away(l); err != nil {
				return fmt.Errorf("meter: %w", err)
			}
		}
	}
	return nil
}

// append writes one addition; a write that fails half way is taken back.
func (m *Meter) append(u Use) error {
	if m.log == nil {
		return errClosed
	}
	line, err := encode(u)
	if err != nil {
		return err
	}
	if _, err := m.log.Write(line); err != nil {
		return errors.Join(err, m.log.Truncate(m.size))
	}
	m.size += int64(len(line))
	return nil
}

// save replaces the checkpoint. Whether it succeeds or not, the state is then what the disk says.
func (m *Meter) save(cp checkpoint) error {
	if m.log == nil {
		return errClosed
	}
	cp.Gen = m.cp.Gen + 1
	b, err := encode(cp)
	if err == nil {
		err = touch(m.logPath(cp.Gen)) // its name comes to the disk with the checkpoint's
	}
	if err != nil {
		return fmt.Errorf("meter: %w", err)
	}
	if err := flash.Replace(filepath.Join(m.dir, checkpointName), b); err != nil {
		return errors.Join(fault.New(fault.Unavailable, "meter_disk", "the counters could not be stored: %v", err), m.load())
	}
	return m.load()
}

func touch(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// encode writes a line: checksum, space, JSON.
func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("meter: %w", err)
	}
	return fmt.Appendf(nil, "%08x %s\n", crc32.ChecksumIEEE(b), b), nil
}

// checked gives a line's JSON if the checksum holds.
func checked(line []byte) ([]byte, bool) {
	sum, b, ok := bytes.Cut(line, []byte(" "))
	want, err := strconv.ParseUint(string(sum), 16, 32)
	return b, ok && err == nil && uint32(want) == crc32.ChecksumIEEE(b)
}

func decode(line []byte) (Use, bool) {
	var u Use
	b, ok := checked(line)
	return u, ok && json.Unmarshal(b, &u) == nil && u.Milli <= MaxStep && u.check() == nil
}

// parseCheckpoint reads a checkpoint that can be gone on from: every batch of it can be sent. Before there was a checksum it was
// the JSON alone.
func parseCheckpoint(b []byte) (cp checkpoint, ok bool) {
	if !bytes.HasPrefix(b, []byte("{")) {
		if b, ok = checked(bytes.TrimSuffix(b, []byte("\n"))); !ok {
			return cp, false
		}
	}
	if json.Unmarshal(b, &cp) != nil || len(cp.Sealed) > command.MaxUsageItems || len(cp.Sealed) > 0 && cp.Seq == 0 || cp.Gen > 1<<62 || cp.Seq > 1<<62 {
		return cp, false
	}
	for _, uses := range [][]Use{cp.Sealed, cp.Open} {
		for _, u := range uses {
			if u.check() != nil {
				return cp, false
			}
		}
	}
	return cp, true
}
