package forecast

import "testing"

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
			for b.Loop() {
				f.draw(k, i%64)
				f.run()
				i++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/Width, "ns/path")
		})
	}
}
