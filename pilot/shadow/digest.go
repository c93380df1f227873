package shadow

import (
	"crypto/sha256"
	"encoding/binary"
	"math"

	"roadbook/pilot/motion"
)

// Sizes of the encoding: eight bytes for every number.
const (
	egoWords    = 11
	roadWords   = 7 + len(motion.Road{}.Curvature)
	objectWords = 9
	inputSize   = 8 * (egoWords + roadWords + 3 + objectWords*motion.MaxObjects)
)

// Digest is SHA-256 of the time, the car, the road and the object list, as big-endian words of eight bytes in the order of motion's
// fields. A recorded drive is searched for it.
func Digest(in *motion.Input) [32]byte {
	var buf [inputSize]byte
	return digest(in, &buf)
}

// digest is Digest in a buffer of the caller's.
func digest(in *motion.Input, buf *[inputSize]byte) [32]byte {
	w := words{buf: buf}
	e, r := &in.Ego, &in.Road
	w.int(int64(in.Now))
	for _, v := range [egoWords]float64{e.S, e.D, e.Heading, e.V, e.A, e.Steer, e.Length, e.Width, e.Wheelbase, e.Friction, e.BrakeMax} {
		w.float(v)
	}
	w.int(int64(r.Lanes))
	w.float(r.LaneWidth)
	w.float(r.Limit)
	for _, v := range r.Curvature {
		w.float(v)
	}
	w.float(r.CurveStep)
	w.bool(r.LeftCrossable)
	w.bool(r.RightCrossable)
	w.float(r.BlockedAt)
	if in.Objects != nil {
		w.int(int64(in.Objects.At))
		n := max(0, min(in.Objects.N, motion.MaxObjects))
		w.int(int64(n))
		for i := range n {
			o := &in.Objects.List[i]
			w.int(int64(o.ID))
			w.int(int64(o.Kind))
			for _, v := range [objectWords - 2]float64{o.S, o.D, o.VS, o.VD, o.AS, o.Length, o.Width} {
				w.float(v)
			}
		}
	}
	return sha256.Sum256(buf[:w.n])
}

// words writes into a buffer that is large enough by construction.
type words struct {
	buf *[inputSize]byte
	n   int
}

func (w *words) int(v int64) {
	binary.BigEndian.PutUint64(w.buf[w.n:], uint64(v))
	w.n += 8
}

func (w *words) float(v float64) { w.int(int64(math.Float64bits(v))) }

func (w *words) bool(v bool) {
	if v {
		w.int(1)
		return
	}
	w.int(0)
}
