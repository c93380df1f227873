package car

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"roadbook/car/drive"
	"roadbook/period"
)

// journal remembers how far the car's day is, so that a day is driven once: it is written before the day's first frame
// with the sequence number that this frame will get, and again when the day is done.
type journal struct {
	Day   period.Date `json:"day"`
	Done  bool        `json:"done"`
	First uint64      `json:"first"` // sequence number of the day's first frame
	State drive.State `json:"state"` // at the start of the day, or at its end when Done
}

func readJournal(dir string) (journal, error) {
	b, err := os.ReadFile(filepath.Join(dir, "journal.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return journal{Done: true, State: drive.State{SoC: 80, Temp: 20}}, nil
	}
	if err != nil {
		return journal{}, err
	}
	var j journal
	return j, json.Unmarshal(b, &j)
}

// write replaces the journal: after a crash it is the old or the new one.
func (j journal) write(dir string) error {
	b, err := json.Marshal(j)
	if err != nil {
		return err
	}
	return replace(filepath.Join(dir, "journal.json"), b)
}

// replace writes a file through a temporary one, durably.
func replace(name string, b []byte) error {
	tmp := name + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(tmp, name)
}
