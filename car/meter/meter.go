package meter

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"roadbook/fault"
	"roadbook/period"
	"roadbook/wire/command"
)

// MaxStep is the largest quantity that one Add may count, in thousandths: a million kilometres.
const MaxStep = 1_000_000_000

// Use is what one feature used of one meter on one day (UTC).
type Use struct {
	Feature string      `json:"feature"`
	Meter   string      `json:"meter"`
	Day     period.Date `json:"day"`
	Milli   int64       `json:"milli"` // thousandths: metres of a kilometre meter
	At      time.Time   `json:"at"`    // of the last use that day
}

// Quantity is the exact decimal text: "12.400".
func (u Use) Quantity() string { return fmt.Sprintf("%d.%03d", u.Milli/1000, u.Milli%1000) }

type slot struct {
	feature, meter string
	day            period.Date
}

// Meter counts. It is safe for concurrent use.
type Meter struct {
	dir string
	log *os.File // of additions since the checkpoint
	bad []string // files that were set aside

	mu   sync.Mutex
	size int64 // of log, up to the last whole line
	cp   checkpoint
	open map[slot]Use // counted since the last batch
}

// Open loads the counters from dir.
func Open(dir string) (*Meter, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("meter: %w", err)
	}
	m := &Meter{dir: dir}
	if err := m.load(); err != nil {
		return nil, err
	}
	return m, nil
}

// Close closes the log. Nothing is lost without it.
func (m *Meter) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.log == nil {
		return nil
	}
	err := m.log.Close()
	m.log = nil
	return err
}

var name = regexp.MustCompile(`^[a-z][a-z0-9._-]{0,47}$`)

// check refuses a use that no batch could carry.
func (u Use) check() error {
	if !name.MatchString(u.Feature) || !name.MatchString(u.Meter) {
		return fault.New(fault.Invalid, "meter_name", "feature %.60q and meter %.60q: expected names like pilot.km", u.Feature, u.Meter)
	}
	if u.Milli <= 0 {
		return fault.New(fault.Invalid, "meter_quantity", "a counter moves by 1 to %d thousandths at a time, not %d", int64(MaxStep), u.Milli)
	}
	if y := u.At.Year(); y < 2020 || y >= 2120 || u.Day != period.DateOf(u.At) {
		return fault.New(fault.Invalid, "meter_time", "use at %s: the clock is not set", u.At.Format(time.RFC3339))
	}
	return nil
}

// Add counts milli thousandths of a meter, used by a feature. When it fails nothing was counted.
func (m *Meter) Add(feature, meter string, milli int64, at time.Time) error {
	at = at.UTC().Truncate(time.Millisecond)
	u := Use{Feature: feature, Meter: meter, Day: period.DateOf(at), Milli: milli, At: at}
	if err := u.check(); err != nil {
		return err
	}
	if milli > MaxStep {
		return fault.New(fault.Invalid, "meter_quantity", "a counter moves by 1 to %d thousandths at a time, not %d", int64(MaxStep), milli)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open[u.slot()].Milli > math.MaxInt64-milli {
		return fault.New(fault.Refused, "meter_overflow", "the counter of %s is full", meter)
	}
	if err := m.append(u); err != nil {
		return fault.New(fault.Unavailable, "meter_disk", "%d thousandths of %s were not counted: %v", milli, meter, err)
	}
	m.count(u)
	return nil
}

func (u Use) slot() slot { return slot{u.Feature, u.Meter, u.Day} }

func (m *Meter) count(u Use) {
	had := m.open[u.slot()]
	u.Milli += had.Milli
	if had.At.After(u.At) {
		u.At = had.At
	}
	m.open[u.slot()] = u
}

// Pending lists what was counted and is in no batch yet, by day.
func (m *Meter) Pending() []Use {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pending()
}

func (m *Meter) pending() []Use {
	return slices.SortedFunc(maps.Values(m.open), func(a, b Use) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Meter, b.Meter), cmp.Compare(a.Feature, b.Feature))
	})
}

// Seal returns the batch to be sent: the one under way until it is acknowledged, else a new one of what was counted since.
// The batch is on the disk when Seal returns. There is nothing to send when ok is false.
func (m *Meter) Seal() (batch command.UsageBatch, ok bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.cp.Sealed) == 0 {
		uses := m.pending()
		if len(uses) == 0 {
			return command.UsageBatch{}, false, nil
		}
		n := min(len(uses), command.MaxUsageItems)
		if err := m.save(checkpoint{Seq: m.cp.Seq + 1, Sealed: uses[:n], Open: uses[n:]}); err != nil {
			return command.UsageBatch{}, false, err
		}
	}
	return m.cp.batch(), true, nil
}

// Ack says that the maker's side has batch seq for good. An older number again changes nothing.
func (m *Meter) Ack(seq uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if seq > m.cp.Seq {
		return fault.New(fault.Invalid, "meter_seq", "batch %d was never sent; the last is %d", seq, m.cp.Seq)
	}
	if seq < m.cp.Seq || len(m.cp.Sealed) == 0 {
		return nil
	}
	return m.save(checkpoint{Seq: m.cp.Seq, Open: m.pending()})
}

// SetAside names the files that could not be read since Open and were set aside. What they held is not counted.
func (m *Meter) SetAside() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.bad)
}

// Seq is the number of the last batch that was made, 0 before the first.
func (m *Meter) Seq() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cp.Seq
}

// checkpoint is the state at one moment; what was added since is in the log of the same generation.
type checkpoint struct {
	Gen    uint64 `json:"gen"`
	Seq    uint64 `json:"seq"`
	Sealed []Use  `json:"sealed,omitempty"` // batch Seq, not acknowledged yet
	Open   []Use  `json:"open,omitempty"`
}

func (c checkpoint) batch() command.UsageBatch {
	b := command.UsageBatch{Seq: c.Seq}
	for _, u := range c.Sealed {
		b.Items = append(b.Items, command.UsageItem{Meter: u.Meter, Quantity: u.Quantity(), At: u.At})
	}
	return b
}

func (m *Meter) logPath(gen uint64) string {
	return filepath.Join(m.dir, "use-"+strconv.FormatUint(gen, 10)+".log")
}

var errClosed = errors.New("the meter is closed")
