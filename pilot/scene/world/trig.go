package world

import "math"

// The functions of this file give the same bits on every processor: every product is rounded before it is added, because
// the compiler fuses a product and a sum where the processor can (arm64, ppc64le, s390x, riscv64, amd64 v3), also across an
// assignment and an inlined call. Sine and cosine err by less than 1.5 units in the last place (trig_test.go).

// Pi is the ratio of a circle's circumference to its diameter.
const Pi = math.Pi

// MaxAngle bounds the argument of Sin, Cos, SinCos and Tan, rad; beyond it they return NaN.
const MaxAngle = 1 << 20

// Parts of π/2: the first two have 33 bits, so that their product with a quarter count below 2²⁰ is exact.
const (
	halfPi1 = 1.57079632673412561417e+00
	halfPi2 = 6.07710050630396597660e-11
	halfPi3 = 2.02226624879595063154e-21
)

// Sin returns the sine of x rad.
func Sin(x float64) float64 { s, _ := SinCos(x); return s }

// Cos returns the cosine of x rad.
func Cos(x float64) float64 { _, c := SinCos(x); return c }

// Tan returns the tangent of x rad.
func Tan(x float64) float64 {
	s, c := SinCos(x)
	return s / c
}

// SinCos returns the sine and the cosine of x rad.
func SinCos(x float64) (sin, cos float64) {
	if x <= Pi/4 && x >= -Pi/4 {
		return sinKernel(x), cosKernel(x)
	}
	if !(x <= MaxAngle && x >= -MaxAngle) {
		return math.NaN(), math.NaN()
	}
	n := math.Floor(float64(x*(2/Pi)) + 0.5)
	y := x - float64(n*halfPi1)
	y -= float64(n * halfPi2)
	y -= float64(n * halfPi3)
	s, c := sinKernel(y), cosKernel(y)
	switch int64(n) & 3 {
	case 1:
		return c, -s
	case 2:
		return -s, -c
	case 3:
		return -c, s
	}
	return s, c
}

// sinKernel is a polynomial of degree 13 on [-π/4, π/4].
func sinKernel(x float64) float64 {
	z := float64(x * x)
	p := 1.58969099521155010221e-10
	p = float64(p*z) - 2.50507602534068634195e-08
	p = float64(p*z) + 2.75573137070700676789e-06
	p = float64(p*z) - 1.98412698298579493134e-04
	p = float64(p*z) + 8.33333333332248946124e-03
	p = float64(p*z) - 1.66666666666666324348e-01
	return x + float64(float64(x*z)*p)
}

// cosKernel is a polynomial of degree 14 on [-π/4, π/4].
func cosKernel(x float64) float64 {
	z := float64(x * x)
	p := -1.13596475577881948265e-11
	p = float64(p*z) + 2.08757232129817482790e-09
	p = float64(p*z) - 2.75573143513906633035e-07
	p = float64(p*z) + 2.48015872894767294178e-05
	p = float64(p*z) - 1.38888888888741095749e-03
	p = float64(p*z) + 4.16666666666666019037e-02
	h := float64(0.5 * z)
	w := 1 - h
	return w + ((1 - w - h) + float64(float64(z*z)*p))
}

// Atan returns the angle, in (-π/2, π/2), whose tangent is x.
func Atan(x float64) float64 {
	switch {
	case x != x:
		return x
	case x < 0:
		return -atanPositive(-x)
	}
	return atanPositive(x)
}

// Atan2 returns the angle of the point (x, y), in [-π, π]. Both zero gives 0.
func Atan2(y, x float64) float64 {
	switch {
	case x != x || y != y:
		return math.NaN()
	case x == 0 && y == 0:
		return 0
	case x == 0 && y > 0:
		return Pi / 2
	case x == 0:
		return -Pi / 2
	case x > 0:
		return Atan(y / x)
	case y >= 0:
		return Atan(y/x) + Pi
	}
	return Atan(y/x) - Pi
}

// atanPositive reduces x to an interval around 0 by the angles whose tangents are 1/2, 1 and 3/2, and by π/2.
func atanPositive(x float64) float64 {
	var base, low float64
	switch {
	case x < 7.0/16:
		return atanKernel(x)
	case x < 11.0/16:
		base, low = 4.63647609000806093515e-01, 2.26987774529616870924e-17
		x = (float64(2*x) - 1) / (2 + x)
	case x < 19.0/16:
		base, low = 7.85398163397448278999e-01, 3.06161699786838301793e-17
		x = (x - 1) / (x + 1)
	case x < 39.0/16:
		base, low = 9.82793723247329054082e-01, 1.39033110312309984516e-17
		x = (x - 1.5) / (1 + float64(1.5*x))
	default:
		base, low = 1.57079632679489655800e+00, 6.12323399573676603587e-17
		x = -1 / x
	}
	return base + (atanKernel(x) + low)
}

// atanKernel is a polynomial of degree 23 on [-7/16, 7/16].
func atanKernel(x float64) float64 {
	z := float64(x * x)
	p := 1.62858201153657823623e-02
	p = float64(p*z) - 3.65315727442169155270e-02
	p = float64(p*z) + 4.97687799461593236017e-02
	p = float64(p*z) - 5.83357013379057348645e-02
	p = float64(p*z) + 6.66107313738753120669e-02
	p = float64(p*z) - 7.69187620504482999495e-02
	p = float64(p*z) + 9.09088713343650656196e-02
	p = float64(p*z) - 1.11111104054623557880e-01
	p = float64(p*z) + 1.42857142725034663711e-01
	p = float64(p*z) - 1.99999999998764832476e-01
	p = float64(p*z) + 3.33333333333329318027e-01
	return x - float64(float64(x*z)*p)
}
