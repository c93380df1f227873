package forecast

import (
	"syscall"
	"testing"
	"time"
)

// cpuNow is what this process has had of the processors.
func cpuNow(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkFrame(b *testing.B) {
	for _, file := range []string{"full.yaml", "bench.yaml"} {
		b.Run(file, func(b *testing.B) {
			c, err := BenchCase()
			if err != nil {
				b.Fatal(err)
			}
			if file != "bench.yaml" {
				c = load(b, file)
			}
			p, err := compile(&c, nil)
			if err != nil {
				b.Fatal(err)
			}
			src, err := newSource(p.dims(), 1)
			if err != nil {
				b.Fatal(err)
			}
			f, k := newFrame(p), src.scramble(0)
			b.ReportAllocs()
			i := 0
			began := cpuNow(b)
			for b.Loop() {
				f.draw(k, i%64)
				f.run()
				i++
			}
			b.ReportMetric(float64((cpuNow(b)-began).Nanoseconds())/float64(b.N)/Width, "cpu-ns/path")
		})
	}
}
