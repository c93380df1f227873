package console

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Rates of the live stream.
const (
	Tick      = time.Second      // how often the counters are asked for
	Heartbeat = 15 * time.Second // longest silence: a proxy or browser that waits longer gives up
	WriteWait = 10 * time.Second // a page that does not read for so long is gone
)

// events streams the counters as server-sent events until the request's context ends. Every event is the whole state and
// its id is the state's digest, so a page that comes back with Last-Event-ID gets nothing that it has and misses nothing.
func (c *console) events(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	send := func(text string) bool {
		// The server's write timeout is for pages; here each write has its own.
		_ = out.SetWriteDeadline(time.Now().Add(WriteWait))
		_, err := w.Write([]byte(text))
		return err == nil && out.Flush() == nil
	}
	if !send("retry: 2000\n\n") {
		return
	}
	last := r.Header.Get("Last-Event-ID")
	quiet := time.Duration(0)
	tick := time.NewTicker(Tick)
	defer tick.Stop()
	for {
		id, data, err := c.snapshot(r)
		switch {
		case err != nil: // said once in the log by the next page; the stream stays open and tries again
			quiet += Tick
		case id != last:
			if !send(fmt.Sprintf("event: counters\nid: %s\ndata: %s\n\n", id, data)) {
				return
			}
			last, quiet = id, 0
		default:
			quiet += Tick
		}
		if quiet >= Heartbeat {
			if !send(": still here\n\n") {
				return
			}
			quiet = 0
		}
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}

func (c *console) snapshot(r *http.Request) (id string, data []byte, err error) {
	now, err := c.live.Counters(r.Context())
	if err != nil {
		return "", nil, err
	}
	if data, err = json.Marshal(now); err != nil {
		return "", nil, err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8]), bytes.TrimSpace(data), nil
}
