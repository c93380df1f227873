package ledgerhttp

import "testing"

// CheckCursor: a cursor is refused, or it is a number that is written back as it was read.
func CheckCursor(t *testing.T, s string) {
	seq, err := parseCursor(s)
	if err != nil {
		return
	}
	if again, err := parseCursor(cursor(seq)); seq < 0 || err != nil || again != seq {
		t.Fatalf("cursor %q is read as %d, written back as %d (%v)", s, seq, again, err)
	}
}
