package economics

import "math"

// Logistic returns ceiling/(1 + e^(−rate·(t−mid))): half the ceiling at mid, rate per unit of t.
func Logistic(ceiling, rate, mid, t float64) (float64, error) {
	if err := check(atLeast0("ceiling", ceiling), finite("rate", rate), finite("mid", mid), finite("t", t)); err != nil {
		return 0, err
	}
	return ceiling / (1 + math.Exp(-rate*(t-mid))), nil
}

// Bass is the diffusion of an innovation: Innovation p > 0 and Imitation q ≥ 0, per unit of time.
type Bass struct {
	Innovation float64 `json:"p"`
	Imitation  float64 `json:"q"`
}

// Check refuses p ≤ 0 and q < 0.
func (b Bass) Check() error { return check(positive("p", b.Innovation), atLeast0("q", b.Imitation)) }

// Adopted returns F(t) = (1−e^−(p+q)t)/(1+(q/p)·e^−(p+q)t), the part that has adopted by t ≥ 0.
func (b Bass) Adopted(t float64) (float64, error) {
	if err := b.Check(); err != nil {
		return 0, err
	}
	if err := check(atLeast0("t", t)); err != nil {
		return 0, err
	}
	x := (b.Innovation + b.Imitation) * t
	return -math.Expm1(-x) / (1 + b.Imitation/b.Innovation*math.Exp(-x)), nil
}

// Rate returns F'(t) = (p + q·F)(1−F), the part that adopts per unit of time.
func (b Bass) Rate(t float64) (float64, error) {
	f, err := b.Adopted(t)
	return (b.Innovation + b.Imitation*f) * (1 - f), err
}

// Peak returns when most adopt, ln(q/p)/(p+q); 0 when imitation is the weaker force.
func (b Bass) Peak() (float64, error) {
	if err := b.Check(); err != nil {
		return 0, err
	}
	if b.Imitation <= b.Innovation {
		return 0, nil
	}
	return math.Log(b.Imitation/b.Innovation) / (b.Innovation + b.Imitation), nil
}
