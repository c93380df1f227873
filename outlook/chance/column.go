package chance

import "math"

// Functions over columns. Each computes dst[i] from x[i] alone, so the result does not depend on how a long column is cut;
// dst may be x itself and must be at least as long as x. They allocate nothing.

const (
	ln2Hi = 6.93147180369123816490e-01 // the first 33 bits of ln 2: a product with a whole number below 2¹⁹ is exact
	ln2Lo = 1.90821492927058770002e-10
	// roundMagic added and taken away again rounds to a whole number and leaves it in the low bits.
	roundMagic = 3 << 51
)

// Exp sets dst[i] = e^x[i] with a relative error below 5e-16, for results from 1e-307 to the largest float; outside, and for
// infinities and NaN, it answers as math.Exp does.
//
// x = (64·k + j)·ln2/64 + r with |r| ≤ ln2/128: 2^(j/64) from a table, e^r by its series to r⁵/120, k into the exponent.
func Exp(dst, x []float64) {
	dst = dst[:len(x)]
	for i, v := range x {
		if !(v > -706 && v < 709.7) { // never for the figures of a model
			dst[i] = math.Exp(v)
			continue
		}
		t := v*(64/math.Ln2) + roundMagic
		k := int64(math.Float64bits(t)<<12) >> 12
		kf := t - roundMagic
		r := (v - kf*(ln2Hi/64)) - kf*(ln2Lo/64)
		r2 := r * r
		p := r + r2*((0.5+r*(1.0/6))+r2*((1.0/24)+r*(1.0/120)))
		s := math.Float64frombits(exp2Table[k&63] + uint64(k>>6)<<52)
		dst[i] = s + s*p
	}
}

// Log sets dst[i] = ln x[i] with a relative error below 2.5e-16 for positive normal floats; otherwise it answers as math.Log does.
//
// x = 2^k·(1+f) with √½ ≤ 1+f < √2; with s = f/(2+f), ln(1+f) = 2s + s·R(s²) (the minimax form of FreeBSD's e_log.c).
func Log(dst, x []float64) {
	const (
		l1 = 6.666666666666735130e-01
		l2 = 3.999999999940941908e-01
		l3 = 2.857142874366239149e-01
		l4 = 2.222219843214978396e-01
		l5 = 1.818357216161805012e-01
		l6 = 1.531383769920937332e-01
		l7 = 1.479819860511658591e-01

		sqrtHalf = 0x3fe6a09e667f3bcd // bits of √½
		one      = 0x3ff0000000000000
	)
	dst = dst[:len(x)]
	for i, v := range x {
		if !(v >= 0x1p-1022 && v <= math.MaxFloat64) {
			dst[i] = math.Log(v)
			continue
		}
		u := math.Float64bits(v) - sqrtHalf
		k := float64(int64(u) >> 52)
		f := math.Float64frombits((u&(1<<52-1))+sqrtHalf) - 1
		s := f / (2 + f)
		s2 := s * s
		s4 := s2 * s2
		t1 := s2 * (l1 + s4*(l3+s4*(l5+s4*l7)))
		t2 := s4 * (l2 + s4*(l4+s4*l6))
		h := 0.5 * f * f
		dst[i] = k*ln2Hi - ((h - (s*(h+t1+t2) + k*ln2Lo)) - f)
	}
}

// NormQuantile sets dst[i] = Φ⁻¹(u[i]) by Wichura's AS 241 (PPND16): the absolute error is below 2e-15 for 0.001 ≤ u ≤ 0.999, the
// relative one below 1e-15 further out. It is −∞ at 0, +∞ at 1, and NaN outside.
//
// The centre (|u−½| ≤ 0.425) is computed for every element without a branch; the fifteen in a hundred that lie outside are
// gathered, done as a short column of their own, and put back.
func NormQuantile(dst, u []float64) {
	dst = dst[:len(u)]
	for len(u) > 0 {
		n := min(len(u), 256)
		normQuantile(dst[:n], u[:n])
		dst, u = dst[n:], u[n:]
	}
}

func normQuantile(dst, u []float64) {
	const (
		a0, a1, a2, a3 = 3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4
		a4, a5, a6, a7 = 4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3
		b1, b2, b3     = 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3
		b4, b5, b6, b7 = 2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3
	)
	var (
		at   [256]uint8 // which elements are outside the centre
		tail [256]float64
		n    int
	)
	dst = dst[:len(u)]
	for i, p := range u {
		q := p - 0.5
		r := 0.180625 - q*q
		at[n&255] = uint8(i)
		tail[n&255] = p
		n += int(math.Float64bits(r) >> 63)
		r2 := r * r
		r4 := r2 * r2
		num := ((a0 + a1*r) + r2*(a2+a3*r)) + r4*((a4+a5*r)+r2*(a6+a7*r))
		den := ((1 + b1*r) + r2*(b2+b3*r)) + r4*((b4+b5*r)+r2*(b6+b7*r))
		dst[i] = q * num / den
	}
	if n > 0 {
		var low [256]float64
		normTail(dst, at[:n], tail[:n], low[:n])
	}
}

// normTail replaces dst[at[i]] by the answer for tail[i], a probability outside [0.075, 0.925].
func normTail(dst []float64, at []uint8, tail, low []float64) {
	const (
		c0, c1, c2, c3 = 1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0
		c4, c5, c6, c7 = 1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4
		d1, d2, d3     = 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1
		d4, d5, d6, d7 = 1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9

		e0, e1, e2, e3 = 6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1
		e4, e5, e6, e7 = 2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7
		f1, f2, f3     = 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2
		f4, f5, f6, f7 = 7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15
	)
	for i, p := range tail {
		low[i] = min(p, 1-p) // exact above one half
	}
	Log(low, low)
	low = low[:len(tail)]
	for i, j := range at[:len(tail)] {
		r := math.Sqrt(-low[i])
		var z float64
		if r <= 5 {
			r -= 1.6
			num := ((((((c7*r+c6)*r+c5)*r+c4)*r+c3)*r+c2)*r+c1)*r + c0
			den := ((((((d7*r+d6)*r+d5)*r+d4)*r+d3)*r+d2)*r+d1)*r + 1
			z = num / den
		} else if math.IsInf(r, 1) {
			z = r
		} else {
			r -= 5
			num := ((((((e7*r+e6)*r+e5)*r+e4)*r+e3)*r+e2)*r+e1)*r + e0
			den := ((((((f7*r+f6)*r+f5)*r+f4)*r+f3)*r+f2)*r+f1)*r + 1
			z = num / den
		}
		dst[j] = math.Copysign(z, tail[i]-0.5)
	}
}

// NormCDF sets dst[i] = Φ(x[i]) with an absolute error below 1e-15 (Hart's rational form of the tail, as given by West 2005).
// NaN stays NaN.
func NormCDF(dst, x []float64) {
	dst = dst[:len(x)]
	for len(x) > 0 {
		n := min(len(x), 256)
		normCDF(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

func normCDF(dst, x []float64) {
	const (
		n0, n1, n2, n3 = 220.206867912376, 221.213596169931, 112.079291497871, 33.912866078383
		n4, n5, n6     = 6.37396220353165, 0.700383064443688, 3.52624965998911e-02
		d0, d1, d2, d3 = 440.413735824752, 793.826512519948, 637.333633378831, 296.564248779674
		d4, d5, d6, d7 = 86.7807322029461, 16.064177579207, 1.75566716318264, 8.83883476483184e-02
	)
	var buf [256]float64
	e := buf[:len(x)]
	for i, v := range x {
		e[i] = -0.5 * v * v
	}
	Exp(e, e)
	dst = dst[:len(x)]
	for i, v := range x {
		a := math.Abs(v)
		var q float64 // the upper tail beyond a
		if a < 7.07106781186547 {
			num := (((((n6*a+n5)*a+n4)*a+n3)*a+n2)*a+n1)*a + n0
			den := ((((((d7*a+d6)*a+d5)*a+d4)*a+d3)*a+d2)*a+d1)*a + d0
			q = e[i] * num / den
		} else if math.IsInf(a, 1) {
			q = 0
		} else { // the tail's continued fraction
			q = e[i] / (a + 1/(a+2/(a+3/(a+4/(a+0.65))))) / 2.506628274631000502
		}
		if v > 0 {
			q = 1 - q
		}
		dst[i] = q
	}
}

// Probit returns Φ⁻¹(u) as NormQuantile does, for one u.
func Probit(u float64) float64 {
	x := [1]float64{u}
	normQuantile(x[:], x[:])
	return x[0]
}

// Phi returns the standard normal's distribution function Φ(x), accurate relative to the answer also far in the lower tail.
func Phi(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

// Density returns the standard normal's density φ(x).
func Density(x float64) float64 { return math.Exp(-x*x/2) / 2.506628274631000502 }
