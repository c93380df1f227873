package uptanetest

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"roadbook/wire/uptane"
)

// Lie is something that a car must refuse, told after release 1 was installed and release 2 honestly offered.
type Lie struct {
	Name   string
	Reason string        // why it is an attack, or which clause forbids it
	Attack uptane.Attack // as which it must be named
	Tell   func(w *World)
	Image  bool // seen only when the image is fetched
}

// Lies lists them all.
var Lies = []Lie{
	{"arbitrary: Director's keys stolen, foreign image", "the Image repository has never signed it", uptane.ArbitrarySoftware, func(w *World) {
		evil := []byte("evil")
		w.AddImage(666, evil)
		w.Director.Targets = map[string]*metadata.TargetFiles{Name(666): Entry(666, evil, ECU, Hardware)}
		w.Director.Publish(w.Now())
	}, false},
	{"arbitrary: Director's keys stolen, foreign content under a known name", "the repositories disagree on the hash", uptane.MixAndMatch, func(w *World) {
		w.Director.Targets = map[string]*metadata.TargetFiles{Name(2): Entry(2, []byte("evil"), ECU, Hardware)}
		w.Director.Publish(w.Now())
	}, false},
	{"arbitrary: Image repository's keys stolen, foreign content", "the Director directs to another hash", uptane.MixAndMatch, func(w *World) {
		w.Image.Targets[Name(2)] = Entry(2, []byte("evil"), "", Hardware)
		w.Image.Publish(w.Now())
	}, false},
	{"arbitrary: Director's timestamp by an unknown key", "5.4.4.4: signatures", uptane.ArbitrarySoftware, func(w *World) {
		w.Director.Keys[metadata.TIMESTAMP] = key("attacker")
		w.Director.Publish(w.Now())
	}, false},
	{"arbitrary: Director's targets by an unknown key", "5.4.4.6: threshold of the role's keys", uptane.ArbitrarySoftware, func(w *World) {
		w.Director.Keys[metadata.TARGETS] = key("attacker")
		w.Director.Publish(w.Now())
	}, false},
	{"arbitrary: Image repository's targets by an unknown key", "5.4.4.6: threshold of the role's keys", uptane.ArbitrarySoftware, func(w *World) {
		w.Image.Keys[metadata.TARGETS] = key("attacker")
		w.Image.Publish(w.Now())
	}, false},
	{"arbitrary: a root that only its own key has signed", "5.4.4.3: signed by the keys of N and of N+1", uptane.ArbitrarySoftware, func(w *World) {
		w.Director.Keys[metadata.ROOT] = key("attacker")
		w.Director.PublishRoot(w.Now())
	}, false},
	{"arbitrary: not JSON", "a parser must not be the way in", uptane.ArbitrarySoftware, func(w *World) {
		w.Director.Files["timestamp.json"] = []byte(`{"signed":`)
	}, false},
	{"arbitrary: a stolen key signs null where an object belongs", "a crash would be a way to stop the car", uptane.ArbitrarySoftware, func(w *World) {
		ts := metadata.Timestamp(w.Now().Add(Life).Truncate(time.Second))
		ts.Signed.Version = w.Director.Version[metadata.TIMESTAMP] + 1
		ts.Signed.Meta["snapshot.json"] = nil
		w.Director.Files["timestamp.json"] = Sign(ts, w.Director.Keys[metadata.TIMESTAMP])
	}, false},
	{"arbitrary: another ECU", "5.4.4.6: every ECU is in this car", uptane.ArbitrarySoftware, func(w *World) {
		w.Director.Targets = map[string]*metadata.TargetFiles{Name(2): Entry(2, Content(2), "other-ecu", Hardware)}
		w.Director.Publish(w.Now())
	}, false},
	{"arbitrary: other hardware", "5.4.3.4: hardware id", uptane.ArbitrarySoftware, func(w *World) {
		w.Image.Targets[Name(2)] = Entry(2, Content(2), "", "brake-9")
		w.Director.Targets = map[string]*metadata.TargetFiles{Name(2): Entry(2, Content(2), ECU, "brake-9")}
		w.Image.Publish(w.Now())
		w.Director.Publish(w.Now())
	}, false},
	{"arbitrary: one ECU twice", "5.4.4.6: no ECU id twice", uptane.ArbitrarySoftware, func(w *World) {
		w.Director.Targets[Name(1)] = Entry(1, Content(1), ECU, Hardware)
		w.Director.Publish(w.Now())
	}, false},
	{"arbitrary: the Director delegates", "5.1: Director Targets never delegates", uptane.ArbitrarySoftware, func(w *World) {
		w.Director.Change = func(t *metadata.Metadata[metadata.TargetsType]) {
			t.Signed.Delegations = &metadata.Delegations{Keys: map[string]*metadata.Key{}}
		}
		w.Director.Publish(w.Now())
	}, false},
	{"arbitrary: a name that climbs", "5.2.7: path traversal", uptane.ArbitrarySoftware, func(w *World) {
		w.Director.Targets = map[string]*metadata.TargetFiles{"../../etc/passwd": Entry(2, Content(2), ECU, Hardware)}
		w.Director.Publish(w.Now())
	}, false},
	{"rollback: timestamp", "5.4.4.4: version not lower", uptane.Rollback, func(w *World) {
		w.Director.Version[metadata.TIMESTAMP] = 0
		w.Director.Publish(w.Now())
	}, false},
	{"rollback: older targets in a new snapshot", "5.4.4.5: each Targets version not lower", uptane.Rollback, func(w *World) {
		w.Director.Version[metadata.TARGETS] = 0
		w.Director.Publish(w.Now())
	}, false},
	{"rollback: older release", "5.4.3.4: release counter not lower", uptane.Rollback, func(w *World) {
		w.AddImage(0, Content(0))
		w.Image.Targets[Name(0)] = Entry(0, Content(0), "", Hardware)
		w.Director.Targets = map[string]*metadata.TargetFiles{Name(0): Entry(0, Content(0), ECU, Hardware)}
		w.Image.Publish(w.Now())
		w.Director.Publish(w.Now())
	}, false},
	{"freeze: Director", "5.4.4.4: not expired", uptane.Freeze, func(w *World) { w.Pass(Life + time.Hour) }, false},
	{"freeze: Image repository", "5.4.4.4: not expired", uptane.Freeze, func(w *World) {
		w.Pass(Life + time.Hour)
		w.Director.Publish(w.Now())
	}, false},
	{"mix-and-match: targets of another release", "5.4.4.5: as the snapshot says", uptane.MixAndMatch, func(w *World) {
		v := w.Director.Version[metadata.TARGETS]
		w.Director.Files[fmt.Sprintf("%d.targets.json", v)] = w.Director.Files[fmt.Sprintf("%d.targets.json", v-1)]
	}, false},
	{"mix-and-match: snapshot of another release", "5.4.4.5: as the timestamp says", uptane.MixAndMatch, func(w *World) {
		v := w.Image.Version[metadata.SNAPSHOT]
		w.Image.Files[fmt.Sprintf("%d.snapshot.json", v)] = w.Image.Files[fmt.Sprintf("%d.snapshot.json", v-1)]
	}, false},
	{"mix-and-match: another car's Director", "5.2.3.1: the Targets hold the vehicle id", uptane.MixAndMatch, func(w *World) {
		w.Director.VIN = "LRB1EV0X3TA000099"
		w.Director.Publish(w.Now())
	}, false},
	{"mix-and-match: another release counter", "5.2.3.1.1: must match in both", uptane.MixAndMatch, func(w *World) {
		w.Director.Targets = map[string]*metadata.TargetFiles{Name(2): Entry(3, Content(2), ECU, Hardware)}
		w.Director.Publish(w.Now())
	}, false},
	{"endless data: root", "5.4.4.3: at most X bytes", uptane.EndlessData, func(w *World) {
		w.Director.Files["2.root.json"] = endless(uptane.MaxRoot)
	}, false},
	{"endless data: timestamp", "5.4.4.4: at most Y bytes", uptane.EndlessData, func(w *World) {
		w.Director.Files["timestamp.json"] = endless(uptane.MaxTimestamp)
	}, false},
	{"endless data: targets", "5.4.4.6: at most Z bytes", uptane.EndlessData, func(w *World) {
		w.Image.Files[fmt.Sprintf("%d.targets.json", w.Image.Version[metadata.TARGETS])] = endless(uptane.MaxTargets)
	}, false},
	{"drop-request: no targets", "4.3: an ECU gets nothing", uptane.DropRequest, func(w *World) {
		w.Director.Files = maps.Clone(w.Director.Files)
		delete(w.Director.Files, fmt.Sprintf("%d.targets.json", w.Director.Version[metadata.TARGETS]))
	}, false},

	{"arbitrary: image tampered on the way", "5.4.3.4: all hashes", uptane.ArbitrarySoftware, func(w *World) {
		w.SetServe(func(rw http.ResponseWriter, r *http.Request, content []byte) bool {
			evil := bytes.Clone(content)
			evil[len(evil)/2] ^= 1
			http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(evil))
			return true
		})
	}, true},
	{"endless data: image", "5.4.3: at most the signed length", uptane.EndlessData, func(w *World) {
		w.SetServe(func(rw http.ResponseWriter, r *http.Request, content []byte) bool {
			for r.Context().Err() == nil {
				if _, err := rw.Write(content); err != nil {
					return true
				}
			}
			return true
		})
	}, true},
	{"slow retrieval: image", "5.4: speed is watched", uptane.SlowRetrieval, func(w *World) {
		w.SetServe(func(rw http.ResponseWriter, r *http.Request, content []byte) bool {
			rw.Header().Set("Content-Length", fmt.Sprint(len(content)))
			_, _ = rw.Write(content[:1])
			_ = http.NewResponseController(rw).Flush()
			<-r.Context().Done()
			return true
		})
	}, true},
	{"drop-request: image", "4.3: an ECU gets nothing", uptane.DropRequest, func(w *World) {
		w.SetServe(func(rw http.ResponseWriter, r *http.Request, _ []byte) bool {
			http.NotFound(rw, r)
			return true
		})
	}, true},
}

func endless(limit int64) []byte { return bytes.Repeat([]byte(" "), int(limit)+1) }
