package forecast

import (
	"math"
	"os"
	"testing"
)

// load reads a case of testdata.
func load(t testing.TB, file string) Case {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// drawn is path j of a block as Plain wants it.
func (f *frame) drawn(j int, regimes [][]float64) Draw {
	var d Draw
	for _, col := range f.in {
		d.Inputs = append(d.Inputs, col[j])
	}
	for _, u := range regimes {
		d.Regimes = append(d.Regimes, u[j])
	}
	base := len(f.p.uncertain) + len(f.p.regimes)
	for i := range f.p.processes {
		z := make([][]float64, f.p.quarters)
		for k := range z {
			z[k] = f.raw[base+k*len(f.p.processes)+i]
		}
		dw := columns(f.p.quarters)
		f.bridge.Increments(dw, z)
		shocks := make([]float64, f.p.quarters)
		for t := range shocks {
			shocks[t] = dw[t][j]
		}
		d.Shocks = append(d.Shocks, shocks)
	}
	return d
}

// The column engine gives what the plain model gives, for everything that a case can say.
func TestColumnsEqualPlain(t *testing.T) {
	c := load(t, "full.yaml")
	p, err := compile(&c, nil)
	if err != nil {
		t.Fatal(err)
	}
	src, err := newSource(p.dims(), 7)
	if err != nil {
		t.Fatal(err)
	}
	f := newFrame(p)
	f.value()
	f.wide = true
	type row struct{ q [MaxQuarters]quarterCols }
	got := new(row)
	f.detail = func(t int, q *quarterCols) { got.q[t] = *q }
	for _, scale := range []float64{1, 1.3} {
		f.volume = scale
		for block := range 2 {
			f.draw(src.scramble(block), block)
			f.run()
			n := len(p.uncertain)
			for j := 0; j < Width; j += 17 {
				scaled := c
				d := f.drawn(j, f.raw[n:n+len(p.regimes)])
				want := plainScaled(&scaled, d, scale)
				compare(t, &got.q, f, want, j)
			}
		}
	}
}

// plainScaled is Plain with all volumes multiplied.
func plainScaled(c *Case, d Draw, scale float64) Flows {
	if scale == 1 {
		return Plain(c, d)
	}
	own := *c
	own.Inputs = append(append([]Input{}, c.Inputs...), Input{Name: "scale"}, Input{Name: "one"})
	own.Processes = append(append([]Process{}, c.Processes...), Process{Name: "scale", Start: "scale", Mean: "scale", Kappa: "one", Sigma: "zero"})
	own.Inputs = append(own.Inputs, Input{Name: "zero"})
	own.Models = append([]Model{}, c.Models...)
	for i := range own.Models {
		own.Models[i].Volume.Times = append(append([]string{}, own.Models[i].Volume.Times...), "scale")
	}
	d.Inputs = append(append([]float64{}, d.Inputs...), scale, 1, 0)
	d.Shocks = append(append([][]float64{}, d.Shocks...), make([]float64, c.Quarters))
	return Plain(&own, d)
}

func compare(t *testing.T, got *[MaxQuarters]quarterCols, f *frame, want Flows, j int) {
	t.Helper()
	for q := range f.p.quarters {
		g := &got[q]
		size := math.Abs(want.Revenue[q]) + math.Abs(want.Fixed[q])
		for _, x := range []struct {
			name      string
			got, want float64
			size      float64
		}{
			{"deliveries", g.deliveries[j], want.Deliveries[q], 0}, {"vehicle revenue", g.vehicle[j], want.VehicleRevenue[q], 0},
			{"revenue", g.revenue[j], want.Revenue[q], 0}, {"pack", g.pack[j], want.Pack[q], 0}, {"fleet", g.fleet[j], want.Fleet[q], 0},
			{"hardware", g.hardware[j], want.Hardware[q], size}, {"software", g.software[j], want.Software[q], want.Recognised[q] + want.Fleet[q]},
			{"licence", g.licence[j], want.Licence[q], 0}, {"fixed", g.fixed[j], want.Fixed[q], 0}, {"profit", g.profit[j], want.Profit[q], size},
			{"cash", g.cash[j], want.Cash[q], size}, {"billed", g.billed[j], want.Billed[q], 0}, {"recognised", g.recognised[j], want.Recognised[q], 0},
			{"deferred", g.deferred[j], want.Deferred[q], want.Billed[q]}, {"net", g.net[j], want.Net[q], 0},
		} {
			near(t, x.name+" "+string(f.p.c.Start.Add(q)), x.got, x.want, x.size)
		}
	}
	size := 0.0
	for _, v := range want.Revenue {
		size += v
	}
	near(t, "npv", f.yearly.npv[j], want.NPV, size)
	near(t, "npv of profit", f.yearly.profitNPV[j], want.ProfitNPV, size)
	near(t, "peak cash", -f.yearly.least[j], want.PeakCash, size)
	for i, l := range want.Lives {
		m := &f.life.models[i]
		for _, x := range []struct {
			name      string
			got, want float64
		}{{"price", m.price[j], l.Price}, {"pack", m.pack[j], l.Pack}, {"bom", m.bom[j], l.BOM}, {"assembly", m.assembly[j], l.Assembly},
			{"logistics", m.logistics[j], l.Logistics}, {"warranty", m.warranty[j], l.Warranty}, {"revenue", m.revenue[j], l.Revenue},
			{"partner", m.partner[j], l.Partner}, {"payment", m.payment[j], l.Payment}, {"inference", m.inference[j], l.Inference},
			{"connectivity", m.connectivity[j], l.Connectivity}, {"ota", m.ota[j], l.OTA}, {"store", m.store[j], l.Store}} {
			near(t, "life "+x.name, x.got, x.want, 0)
		}
	}
}

// near compares within 1e-9 of the larger of the value and the size of what it is a difference of.
func near(t *testing.T, name string, got, want, size float64) {
	t.Helper()
	if d := math.Abs(got - want); !(d <= 1e-9*math.Max(math.Abs(want), size)) {
		t.Fatalf("%s: %v, want %v", name, got, want)
	}
}
