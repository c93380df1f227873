// Package directions holds the direction numbers of the Sobol sequence, and the search that found them.
//
// # Owns
//
// The primitive polynomials (computed), the initial numbers (initial.go, written by this package's own search), the generating
// matrices that follow from both, and the quality of pairs of coordinates.
//
// # Does not own
//
// Points and their scramble: chance makes those.
//
// # Always true
//
//   - Coordinate d is the same whatever the number of coordinates asked for.
//   - Sobol's Property A holds for the first d coordinates, for every d up to Max.
//   - The table is what the search finds: the same seed gives the same table on every machine, for all of it is integer arithmetic.
//
// # How the numbers were chosen
//
// Initial numbers m_1 … m_s of a coordinate with a polynomial of degree s are free as long as m_i is odd and below 2^i. Bad ones leave
// pairs of coordinates that fill the unit square in stripes until very many points are drawn; how to avoid that is the subject of Joe
// and Kuo, Constructing Sobol sequences with better two-dimensional projections (SIAM J. Sci. Comput. 30, 2008). The search here
// shares their aim and their method of fixing one coordinate after another, and nothing else: criterion, candidates and numbers are its own.
//
// For each coordinate in turn, all candidates are tried if its free bits are at most 15 (degrees up to 6), else Candidates of them: half
// random, from a PCG seeded by (Seed, coordinate), half made by flipping one to three bits of the best so far. Those that break Property A
// are dropped, and those that leave the next coordinate no way to keep it. The best has the least sum, over all earlier
// coordinates j and over 2^m points for m = 1…Levels, of
//
//	w · (2^t / (m−t+1))³
//
// where t is the quality parameter of the two-dimensional net (see pair): 2^t grows with the area of the boxes that may stay
// unbalanced, m−t is the number of halvings of the square that are balanced for sure. The weight w is 4 if j is among the first 16
// coordinates or at most 16 away, 2 if 64, else 1: what matters most is put first, and what belongs together lies together.
//
// # Quality reached
//
// Mean and worst t of all pairs, with those of Joe and Kuo's new-joe-kuo-6 computed by the same program for comparison:
//
//	                   first 84 coordinates        all 337 coordinates
//	points             here         theirs         here          theirs
//	2^10            2.61  7       2.71  7       2.86   8       2.88   8
//	2^12            2.84  7       2.96  7       3.14   9       3.20   9
//	2^14            3.03  7       3.09  7       3.37   9       3.44   9
//	2^17            3.29  8       3.32  8       3.66  10       3.70  10
//
// Of the 3,486 pairs of the first 84 coordinates, 2 have t = 7 at 2^10 points (theirs 5) and 7 at 2^12 (theirs 30). Integrals over 84
// coordinates, 400 scrambles: the variance of Σ_(i<j) (u_i−½)(u_j−½) is 37 times smaller than by chance at 2^10 points (theirs 20) and 310
// times at 2^12 (140); a product of 84 factors, an exponential, a call and a probability of a sum of normals agree with theirs to
// within a quarter, to either side.
//
// # Says
//
// Nothing.
//
// # Start reading at
//
// Generators for the result, Search for how it was found; `go generate` in this folder runs the search and writes initial.go again.
package directions
