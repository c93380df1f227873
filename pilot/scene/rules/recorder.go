package rules

import (
	"bytes"

	"roadbook/pilot/dssad"
	"roadbook/pilot/motion"
	"roadbook/pilot/r157"
)

// required is how many events the recorder must be able to hold (8.4), written here apart from dssad.Capacity.
const required = 2500

// section8 are the kinds of 8.2.1 by their names in records, written here apart from the engagement's list.
var section8 = []string{"activation", "deactivation", "transition_demand", "input_suppressed", "emergency_start", "emergency_end", "edr_trigger", "collision",
	"minimum_risk", "system_failure", "vehicle_failure", "lane_change_start", "lane_change_end", "lane_change_abort", "crossing_start", "crossing_end"}

// began is the date that the recorder is told at the first tick, s since 1970 UTC.
const began = 1_700_000_000

// recording is a log on a flash, and the ring in memory.
type recording struct {
	ring *dssad.Ring
	log  []byte
}

func record() (*recording, bool) {
	ring, err := dssad.New("1.0.0", "R157 RB-HWP 1", 1)
	return &recording{ring, dssad.LogHeader(nil)}, err == nil
}

// take stores an event as the car does: into the ring, then behind the log.
func (r *recording) take(e r157.Event) bool {
	b, err := r.ring.Append(began+int64(e.At)/100, e)
	r.log = append(r.log, b...)
	return err == nil
}

// reread is the ring after a restart that finds this much of the log.
func reread(log []byte) (*dssad.Ring, bool) {
	ring, err := dssad.New("1.0.0", "R157 RB-HWP 1", 2)
	if err != nil {
		return nil, false
	}
	_, err = ring.Replay(log)
	return ring, err == nil && ring.Verify(0, dssad.Hash{}) == nil
}

// told is a drive from activation over a demand that nobody answers to standstill, recorded as the machine tells it.
func told(o *r157.ODD, p r157.Params) (*recording, bool) {
	r, ok := record()
	if !ok {
		return nil, false
	}
	d := engaged(o, p, false)
	for tick := range 4000 {
		switch {
		case tick == 500:
			d.in.Driver.Engage = true
		case tick == 505:
			d.in.Driver.Engage = false
		case tick == 600:
			d.asks.Emergency, d.asks.Brake = true, 6
		case tick == 640:
			d.asks = r157.Asks{}
		case tick == 1000:
			d.in.Driver.InSeat = false
		case tick == 3000:
			d.in.Ego.V = 0
		}
		d.step()
		for _, e := range d.out.Events[:d.out.N] {
			if e.Kind.Recorded() && !r.take(e) {
				return nil, false
			}
		}
	}
	for _, k := range []r157.Kind{r157.Activation, r157.EmergencyStart, r157.EmergencyEnd, r157.TransitionDemand, r157.MinimumRisk} {
		if d.said[k] == 0 {
			return nil, false
		}
	}
	return r, true
}

// recorderDuties is the list for the recorder of section 8.
func recorderDuties() []duty {
	return []duty{
		{"every event of section 8 has a record with its date, time and software (8.2, 8.3)", func(*r157.ODD, r157.Params) bool {
			r, ok := record()
			kinds := map[string]r157.Kind{}
			for k := r157.NoEvent + 1; k.Known(); k++ {
				kinds[k.String()] = k
			}
			for i, name := range section8 {
				ok = ok && kinds[name].Recorded() && r.take(r157.Event{At: motion.Tick(100 * i), Kind: kinds[name]})
			}
			back, readable := reread(r.log)
			if !ok || !readable || back.Len() != len(section8) {
				return false
			}
			for i, rec := range back.Records() {
				ok = ok && rec.Event.Kind.String() == section8[i] && rec.Unix == began+int64(i) && rec.Event.At == motion.Tick(100*i) &&
					rec.Software == "1.0.0" && rec.SWIN == "R157 RB-HWP 1"
			}
			return ok
		}},
		{"a drive to standstill is read back after a restart, and its chain holds (8.4)", func(o *r157.ODD, p r157.Params) bool {
			r, ok := told(o, p)
			if !ok {
				return false
			}
			back, readable := reread(r.log)
			return readable && back.Head() == r.ring.Head() && back.Len() == r.ring.Len() && back.Verify(r.ring.Last(), r.ring.Head()) == nil
		}},
		{"a write that power loss has torn costs that record and no other (8.4)", func(o *r157.ODD, p r157.Params) bool {
			r, ok := told(o, p)
			if !ok {
				return false
			}
			for cut := dssad.LogHeaderSize; cut < len(r.log); cut += 3 {
				back, readable := reread(r.log[:cut])
				if !readable || back.Len() != (cut-dssad.LogHeaderSize)/dssad.RecordSize {
					return false
				}
			}
			return true
		}},
		{"a changed or removed record shows (8.5)", func(o *r157.ODD, p r157.Params) bool {
			r, ok := told(o, p)
			if !ok {
				return false
			}
			size, body := dssad.RecordSize, len(r.log)-dssad.LogHeaderSize
			for at := dssad.LogHeaderSize; at < len(r.log)-size; at += 3 { // the last record may be torn instead
				b := bytes.Clone(r.log)
				b[at] ^= 1
				if _, readable := reread(b); readable {
					return false
				}
			}
			for i := 1; i < body/size-1; i++ {
				at := dssad.LogHeaderSize + i*size
				if _, readable := reread(append(bytes.Clone(r.log[:at]), r.log[at+size:]...)); readable {
					return false
				}
			}
			return true
		}},
		{"at least 2,500 events are held, and the oldest go first (8.4)", func(*r157.ODD, r157.Params) bool {
			r, ok := record()
			const more = 700
			for i := range 2*required + more {
				if ok = ok && r.take(r157.Event{At: motion.Tick(i), Kind: r157.Activation, Reason: r157.Button}); i < required && (!ok || r.ring.Len() != i+1) {
					return false
				}
			}
			if !ok || r.ring.Len() < required || r.ring.Last() != 2*required+more {
				return false
			}
			all := r.ring.Records()
			return all[len(all)-1].Event.At == 2*required+more-1 && all[0].Event.At == motion.Tick(2*required+more-len(all)) && r.ring.Verify(0, dssad.Hash{}) == nil
		}},
	}
}
