package forecast

// Sums over cohorts, out[t] += Σ_c values[c]·weight[t−c], are most of the model's arithmetic. They are taken in squares of four
// quarters by four cohorts, so that each column is read once for four cells. A square needs seven neighbouring ages, some of
// them below zero: weights lie behind pad zeros, and values and sums are padded with zeros to a multiple of four.

// pad is the number of zeros before age 0.
const pad = 3

// quads rounds up to a multiple of four.
func quads(n int) int { return (n + 3) &^ 3 }

// convolve sums over ages from lo to below hi; weights outside them must be zero. The slices hold quads(n) columns, the weights pad more.
func convolve(out, values, weight []column, n, lo, hi int) {
	for t := 0; t < n; t += 4 {
		o := (*[4]column)(out[t : t+4])
		for c := 0; c <= t; c += 4 {
			if youngest := t - c - 3; youngest >= hi || youngest+6 < lo {
				continue
			}
			square(o, (*[4]column)(values[c:c+4]), (*[7]column)(weight[t-c:t-c+7]))
		}
	}
}

// square adds four quarters by four cohorts: w[k] is the weight at the age of quarter i and cohort c with i − c + 3 = k.
func square(o, v *[4]column, w *[7]column) {
	for j := range Width {
		w0, w1, w2, w3, w4, w5, w6 := w[0][j], w[1][j], w[2][j], w[3][j], w[4][j], w[5][j], w[6][j]
		v0, v1, v2, v3 := v[0][j], v[1][j], v[2][j], v[3][j]
		o[0][j] += (v0*w3 + v1*w2) + (v2*w1 + v3*w0)
		o[1][j] += (v0*w4 + v1*w3) + (v2*w2 + v3*w1)
		o[2][j] += (v0*w5 + v1*w4) + (v2*w3 + v3*w2)
		o[3][j] += (v0*w6 + v1*w5) + (v2*w4 + v3*w3)
	}
}

// convolveKnown is convolve with weights that are the same on all paths.
func convolveKnown(out, values []column, weight []float64, n int) {
	for t := 0; t < n; t += 4 {
		o := (*[4]column)(out[t : t+4])
		for c := 0; c <= t; c += 4 {
			squareKnown(o, (*[4]column)(values[c:c+4]), (*[7]float64)(weight[t-c:t-c+7]))
		}
	}
}

func squareKnown(o, v *[4]column, w *[7]float64) {
	w0, w1, w2, w3, w4, w5, w6 := w[0], w[1], w[2], w[3], w[4], w[5], w[6]
	for j := range Width {
		v0, v1, v2, v3 := v[0][j], v[1][j], v[2][j], v[3][j]
		o[0][j] += (v0*w3 + v1*w2) + (v2*w1 + v3*w0)
		o[1][j] += (v0*w4 + v1*w3) + (v2*w2 + v3*w1)
		o[2][j] += (v0*w5 + v1*w4) + (v2*w3 + v3*w2)
		o[3][j] += (v0*w6 + v1*w5) + (v2*w4 + v3*w3)
	}
}
