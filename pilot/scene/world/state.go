package world

import (
	"encoding/binary"
	"math"
)

// AppendState appends the bits of the whole state of this tick, for hashes of a drive: equal bits, equal drive.
func (w *World) AppendState(b []byte) []byte {
	put := func(list ...float64) {
		for _, x := range list {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		}
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(w.Now))
	e, c := &w.Ego, &w.car
	put(e.S, e.D, e.Heading, e.V, e.A, e.Steer, c.accel, c.slide, c.yaw, w.laneError[0], w.laneError[1])
	for i := range w.Actors {
		a := &w.Actors[i]
		put(a.S, a.D, a.VS, a.VD, a.A, a.Heading)
	}
	l := w.list(w.given)
	b = binary.LittleEndian.AppendUint64(b, uint64(l.N))
	for i := range l.N {
		o := &l.List[i]
		b = binary.LittleEndian.AppendUint32(b, uint32(o.ID))
		put(o.S, o.D, o.VS, o.VD, o.AS, o.Length, o.Width)
	}
	return append(b, byte(w.contact))
}
