package partnerhttp_test

import (
	"testing"

	"roadbook/partner/partnerhttp"
)

func FuzzParseCursor(f *testing.F) {
	f.Add("")
	f.Add("MTI")
	f.Fuzz(func(t *testing.T, s string) {
		if key, err := partnerhttp.ParseCursor(s); err == nil && len(key) > len(s) {
			t.Errorf("%q grew to %q", s, key)
		}
	})
}
