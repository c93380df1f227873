package highway

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"roadbook/car/flash"
	"roadbook/pilot/dssad"
	"roadbook/pilot/r157"
)

// recorder keeps the DSSAD on the flash: two logs that are appended to in turn. When one is full the other, older one begins
// anew, so that at least dssad.Capacity of the newest records are there at every moment. What a crash tears off is cut.
type recorder struct {
	dir   string
	ring  *dssad.Ring
	file  *os.File
	which int // the log under way, 0 or 1
	n     int // records in it
}

func logName(dir string, which int) string {
	return filepath.Join(dir, fmt.Sprintf("dssad-%d.log", which))
}

// readRing reads the records of a folder. It changes nothing on the disk.
func readRing(dir, software, swin string) (r *dssad.Ring, newest int, whole int, err error) {
	if r, err = dssad.New(software, swin, 0); err != nil {
		return nil, 0, 0, err
	}
	var logs [2][]byte
	var first [2]uint64
	for i := range logs {
		if logs[i], err = os.ReadFile(logName(dir, i)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, 0, 0, err
		}
		if len(logs[i]) >= dssad.LogHeaderSize+dssad.RecordSize {
			first[i] = binary.BigEndian.Uint64(logs[i][dssad.LogHeaderSize:])
		}
	}
	order := [2]int{0, 1}
	if first[1] > 0 && (first[0] == 0 || first[0] > first[1]) { // 0: it holds no record
		order = [2]int{1, 0}
	}
	for _, i := range order {
		if len(logs[i]) == 0 {
			continue
		}
		n, err := r.Replay(logs[i])
		if err != nil {
			return nil, 0, 0, fmt.Errorf("%s: %w", logName(dir, i), err)
		}
		newest, whole = i, n
	}
	return r, newest, whole, nil
}

// ReadDSSAD reads and verifies the records in a car's folder, as a reader at the car's socket does. The car need not run.
func ReadDSSAD(dir string) (*dssad.Ring, error) {
	r, _, _, err := readRing(dir, "reader", "reader")
	if err != nil {
		return nil, err
	}
	return r, r.Verify(0, dssad.Hash{})
}

func openRecorder(dir, software, swin string) (*recorder, error) {
	ring, which, whole, err := readRing(dir, software, swin)
	if err != nil {
		return nil, err
	}
	r := &recorder{dir: dir, ring: ring, which: which, n: max(0, whole-dssad.LogHeaderSize) / dssad.RecordSize}
	if whole < dssad.LogHeaderSize {
		return r, r.begin(which)
	}
	if err := os.Truncate(logName(dir, which), int64(whole)); err != nil {
		return nil, err
	}
	r.file, err = os.OpenFile(logName(dir, which), os.O_WRONLY|os.O_APPEND, 0o600)
	return r, err
}

// begin starts a log anew.
func (r *recorder) begin(which int) error {
	if r.file != nil {
		if err := errors.Join(r.file.Sync(), r.file.Close()); err != nil {
			return err
		}
		r.file = nil
	}
	if err := flash.Replace(logName(r.dir, which), dssad.LogHeader(nil)); err != nil {
		return err
	}
	f, err := os.OpenFile(logName(r.dir, which), os.O_WRONLY|os.O_APPEND, 0o600)
	r.file, r.which, r.n = f, which, 0
	return err
}

// append stores an event. It is on the disk when append returns if a crash of the car may follow.
func (r *recorder) append(unix int64, e r157.Event) error {
	if r.n >= dssad.MaxLogRecords {
		if err := r.begin(1 - r.which); err != nil {
			return err
		}
	}
	b, err := r.ring.Append(unix, e)
	if err != nil {
		return err
	}
	if _, err := r.file.Write(b); err != nil {
		return err
	}
	r.n++
	switch e.Kind {
	case r157.EDRTrigger, r157.Collision, r157.MinimumRisk, r157.SystemFailure, r157.VehicleFailure, r157.EmergencyStart:
		return r.file.Sync()
	}
	return nil
}

func (r *recorder) sync() error { return r.file.Sync() }

func (r *recorder) close() error {
	if r == nil || r.file == nil {
		return nil
	}
	err := errors.Join(r.file.Sync(), r.file.Close())
	r.file = nil
	return err
}
