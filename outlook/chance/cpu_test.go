package chance

import (
	"syscall"
	"testing"
)

// perItem reports the processor time of a benchmark per item: on a shared machine the clock on the wall counts the neighbours' work too.
func perItem(b *testing.B, items int, unit string, loop func()) {
	b.Helper()
	start := cpuTime()
	loop()
	b.ReportMetric(float64(cpuTime()-start)/float64(b.N)/float64(items), "cpu-ns/"+unit)
}

func cpuTime() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
