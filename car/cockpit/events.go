package cockpit

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// Rates of the stream to the screen.
const (
	Tick      = 250 * time.Millisecond // a speed older than this looks late
	Heartbeat = 2 * time.Second        // the screen treats a longer silence as a lost speed
	WriteWait = 5 * time.Second
)

// reading is what the screen shows of the car's state. Speed is null when the signal is lost.
type reading struct {
	Speed     *int  `json:"speed"`
	Charge    int   `json:"charge"`
	RangeKm   int64 `json:"range_km"`
	Stands    bool  `json:"stands"`
	Connected bool  `json:"connected"`
}

func read(s State) reading {
	r := reading{Charge: int(math.Round(s.Charge)), RangeKm: s.RangeKm, Stands: s.Stands(), Connected: s.Connected}
	if s.SpeedKnown {
		v := int(math.Round(s.Speed))
		r.Speed = &v
	}
	return r
}

// events streams readings until the request's context ends. Each is the whole state, numbered on from Last-Event-ID, so
// a screen that comes back is current at once and never sees a number twice.
func (c *cockpit) events(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	seq, err := strconv.ParseUint(r.Header.Get("Last-Event-ID"), 10, 63)
	if err != nil {
		seq = 0 // a first visit
	}
	send := func(text string) bool {
		_ = out.SetWriteDeadline(time.Now().Add(WriteWait)) // the server's write timeout is for screens
		_, err := w.Write([]byte(text))
		return err == nil && out.Flush() == nil
	}
	tick := time.NewTicker(Tick)
	defer tick.Stop()
	last, quiet := "", Heartbeat
	for {
		data, err := json.Marshal(read(c.state(r.Context())))
		if err != nil {
			return
		}
		if string(data) != last || quiet >= Heartbeat { // repeated when quiet: silence means lost
			seq++
			if !send(fmt.Sprintf("event: reading\nid: %d\ndata: %s\n\n", seq, data)) {
				return
			}
			last, quiet = string(data), 0
		}
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
			quiet += Tick
		}
	}
}
