package car

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"roadbook/car/drive"
	"roadbook/car/flash"
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
	return flash.Replace(filepath.Join(dir, "journal.json"), b)
}
