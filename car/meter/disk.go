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

	"roadbook/car/flash"
	"roadbook/fault"
)

// The disk holds a checkpoint and a log of the additions since. A checkpoint begins a new generation with an empty log of
// its own name, so that a program killed between the two neither loses nor repeats an addition.

const checkpointName = "meter.json"

// load reads the checkpoint, replays its log and cuts a torn last line off.
func (m *Meter) load() error {
	var cp checkpoint
	b, err := os.ReadFile(filepath.Join(m.dir, checkpointName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("meter: %w", err)
	}
	if err == nil {
		if err := json.Unmarshal(b, &cp); err != nil { // never half written: somebody else wrote it
			return fault.New(fault.Refused, "meter_state", "%s cannot be read: %v", checkpointName, err)
		}
	}
	m.cp, m.open = cp, map[slot]Use{}
	for _, u := range cp.Open {
		m.count(u)
	}
	if m.log != nil {
		_ = m.log.Close() // it is read again by its name
		m.log = nil
	}
	path := filepath.Join(m.dir, m.logName(cp.Gen))
	log, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("meter: %w", err)
	}
	lines, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("meter: %w", errors.Join(err, log.Close()))
	}
	m.log, m.size = log, 0
	for {
		line, rest, whole := bytes.Cut(lines, []byte("\n"))
		u, ok := decode(line)
		if !whole || !ok {
			break
		}
		m.count(u)
		m.size += int64(len(line)) + 1
		lines = rest
	}
	if len(lines) > 0 {
		if err := log.Truncate(m.size); err != nil {
			return fmt.Errorf("meter: %w", err)
		}
	}
	return m.sweep()
}

// sweep removes the logs of other generations.
func (m *Meter) sweep() error {
	logs, err := filepath.Glob(filepath.Join(m.dir, "use-*.log"))
	if err != nil {
		return fmt.Errorf("meter: %w", err)
	}
	for _, l := range logs {
		if filepath.Base(l) != m.logName(m.cp.Gen) {
			if err := os.Remove(l); err != nil {
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
	b, err := json.Marshal(cp)
	if err != nil {
		return fmt.Errorf("meter: %w", err)
	}
	if err := flash.Replace(filepath.Join(m.dir, checkpointName), b); err != nil {
		return errors.Join(fault.New(fault.Unavailable, "meter_disk", "the counters could not be stored: %v", err), m.load())
	}
	return m.load()
}

// encode writes a line: checksum, space, JSON.
func encode(u Use) ([]byte, error) {
	b, err := json.Marshal(u)
	if err != nil {
		return nil, fmt.Errorf("meter: %w", err)
	}
	return fmt.Appendf(nil, "%08x %s\n", crc32.ChecksumIEEE(b), b), nil
}

func decode(line []byte) (Use, bool) {
	sum, b, ok := bytes.Cut(line, []byte(" "))
	want, err := strconv.ParseUint(string(sum), 16, 32)
	if !ok || err != nil || uint32(want) != crc32.ChecksumIEEE(b) {
		return Use{}, false
	}
	var u Use
	if err := json.Unmarshal(b, &u); err != nil || u.Milli <= 0 || u.Milli > MaxStep {
		return Use{}, false
	}
	return u, true
}
