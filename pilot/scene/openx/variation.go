package openx

import (
	"math"
	"strconv"
)

// Limits of a variation.
const (
	MaxAxes  = 64
	MaxSteps = 100_000    // of one axis
	MaxCases = 10_000_000 // of the product
)

// Variation is a scenario file with the values that its parameters take.
type Variation struct {
	File     string
	Scenario string // path of the scenario file
	axes     []axis
	Cases    int // of the full product, with those that break constraints
}

// axis is one independent choice: each option sets one parameter or several.
type axis [][]Assignment

// Variation reads a ParameterValueDistribution.
func (l *Library) Variation(file string) (*Variation, error) {
	t, err := l.tree(file)
	if err != nil {
		return nil, err
	}
	r := &reader{env: &env{}, count: l.cov}
	r.enter(t)
	root := r.took(t.root)
	if root.name != "OpenSCENARIO" {
		r.fail(root, "element_unsupported", "the root element is <%s>, expected <OpenSCENARIO>", root.name)
	}
	head(r, root)
	p := r.must(root, "ParameterValueDistribution")
	v := &Variation{File: file, Cases: 1}
	v.Scenario = beside(file, r.str(r.must(p, "ScenarioFile"), "filepath"))
	d := r.must(p, "Deterministic")
	if d != nil {
		for _, k := range d.kids { // in the order of the file
			switch k.name {
			case "DeterministicSingleParameterDistribution":
				v.add(r, k, single(r, r.took(k)))
			case "DeterministicMultiParameterDistribution":
				v.add(r, k, multi(r, r.took(k)))
			}
		}
	}
	if err := r.done(root); err != nil {
		return nil, err
	}
	return v, nil
}

func (v *Variation) add(r *reader, at *node, a axis) {
	if r.err != nil {
		return
	}
	if len(a) == 0 {
		r.fail(at, "element_missing", "<%s> gives no value", at.name)
		return
	}
	for _, b := range v.axes {
		for _, x := range b[0] {
			for _, y := range a[0] {
				if x.Name == y.Name {
					r.fail(at, "name_twice", "parameter %s is varied twice", x.Name)
				}
			}
		}
	}
	if len(v.axes) >= MaxAxes || v.Cases > MaxCases/len(a) {
		r.fail(at, "variation_too_large", "more than %d axes or %d cases", MaxAxes, MaxCases)
		return
	}
	v.axes = append(v.axes, a)
	v.Cases *= len(a)
}

func single(r *reader, k *node) axis {
	name := r.str(k, "parameterName")
	var a axis
	if s := r.kid(k, "DistributionSet"); s != nil {
		r.all(s, "Element", func(e *node) { a = append(a, []Assignment{{name, r.str(e, "value")}}) })
		return a
	}
	d := r.must(k, "DistributionRange")
	step := r.num(d, "stepWidth")
	g := r.must(d, "Range")
	lo, hi := r.num(g, "lowerLimit"), r.num(g, "upperLimit")
	if r.err != nil {
		return nil
	}
	if !(step > 0 && hi >= lo && (hi-lo)/step < MaxSteps) {
		r.fail(d, "value_out_of_range", "a range from %g to %g by %g: expected rising limits and at most %d steps", lo, hi, step, MaxSteps)
		return nil
	}
	n := int(math.Floor((hi-lo)/step + 1e-9)) // both limits are included
	for i := 0; i <= n; i++ {
		x := lo + float64(float64(i)*step)
		x = math.Round(x*1e9) / 1e9 // 0.1 + 0.2 is 0.3 here
		a = append(a, []Assignment{{name, strconv.FormatFloat(x, 'g', -1, 64)}})
	}
	return a
}

func multi(r *reader, k *node) axis {
	var a axis
	r.all(r.must(k, "ValueSetDistribution"), "ParameterValueSet", func(s *node) {
		var set []Assignment
		r.all(s, "ParameterAssignment", func(p *node) {
			set = append(set, Assignment{r.str(p, "parameterRef"), r.str(p, "value")})
		})
		if r.err == nil && (len(set) == 0 || len(a) > 0 && len(set) != len(a[0])) {
			r.fail(s, "element_missing", "<ParameterValueSet> assigns %d parameters, others more or less", len(set))
		}
		a = append(a, set)
	})
	return a
}

// Case returns the assignments of case i of the product, 0 <= i < Cases; the last axis turns fastest.
func (v *Variation) Case(i int) []Assignment {
	out := make([]Assignment, 0, len(v.axes)+4)
	for k := range v.axes { // most significant first
		rest := 1
		for _, a := range v.axes[k+1:] {
			rest *= len(a)
		}
		out = append(out, v.axes[k][i/rest%len(v.axes[k])]...)
	}
	return out
}
