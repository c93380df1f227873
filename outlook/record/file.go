package record

import (
	"bytes"
	"encoding/json"

	"roadbook/fault"
	"roadbook/id"
	"roadbook/strict"
)

// MaxFile is the largest file of records, in bytes.
const MaxFile = MaxImport

// file is records as people write them.
type file struct {
	Who     string   `yaml:"who"` // of the records that name none
	Records []Record `yaml:"records"`
}

// Read reads a file of figures: the calibration file (JSON with a day on which it was made), or YAML with a list of
// records. A record without an id gets one from its content.
func Read(b []byte) ([]Record, error) {
	if len(b) > MaxFile {
		return nil, fault.New(fault.Invalid, "records_size", "a file of records has at most %d bytes, this one %d", MaxFile, len(b))
	}
	if bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n\xef\xbb\xbf"), []byte("{")) {
		return Import(b)
	}
	var f file
	if err := strict.YAML(b, &f); err != nil {
		return nil, fault.New(fault.Invalid, "records_yaml", "%v", err)
	}
	if len(f.Records) == 0 || len(f.Records) > MaxBatch {
		return nil, fault.New(fault.Invalid, "records", "a file of records holds 1 to %d, this one %d", MaxBatch, len(f.Records)).At("/records")
	}
	seen := map[string]bool{}
	for i := range f.Records {
		r := &f.Records[i]
		if r.Who == "" {
			r.Who = f.Who
		}
		if r.ID == "" {
			content, err := json.Marshal(r)
			if err != nil { // a number that is none
				return nil, fault.New(fault.Invalid, "record", "%v", err).At("/records" + pointer(i))
			}
			r.ID = id.From("rec", string(content))
		}
		if err := r.Check(); err != nil {
			return nil, prefixed(err, "/records"+pointer(i))
		}
		if seen[r.ID] {
			return nil, fault.New(fault.Invalid, "record", "record %q is given twice", r.ID).At("/records" + pointer(i) + "/id")
		}
		seen[r.ID] = true
	}
	return f.Records, nil
}
